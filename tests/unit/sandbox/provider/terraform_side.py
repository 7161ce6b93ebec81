"""Terraform's side of the gRPC protocol, a cloud that is watched, and a whole shoot."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import grpc
import msgpack  # type: ignore[import-untyped]  # has no type information
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from provisioner.sandbox.cloud import ActionError, Caller, Cloud

REGION = "eu-central-1"
IMAGE = "coreos_2023_4_0_64_30G_alibase_20190319.vhd"
USER_DATA = "c2VjcmV0IHVzZXIgZGF0YQ=="
ADDRESS = "registry.terraform.io/aliyun/alicloud"
ALL_TYPES = {
    "alicloud_vpc",
    "alicloud_vswitch",
    "alicloud_nat_gateway",
    "alicloud_eip_address",
    "alicloud_eip_association",
    "alicloud_snat_entry",
    "alicloud_route_table",
    "alicloud_route_table_attachment",
    "alicloud_route_entry",
    "alicloud_vpc_ipv6_gateway",
    "alicloud_security_group",
    "alicloud_security_group_rule",
    "alicloud_ecs_key_pair",
    "alicloud_ess_scaling_group",
    "alicloud_ess_scaling_configuration",
}


class Unknown:
    """A value terraform does not know yet."""

    def __repr__(self) -> str:
        return "unknown"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown)

    __hash__ = None  # type: ignore[assignment]  # compared only


UNKNOWN = Unknown()


def pack(value: Any) -> Any:
    packed = msgpack.packb(value, default=lambda _value: msgpack.ExtType(0, b"\0"))
    return pb.DynamicValue(msgpack=packed)


def unpack(message: Any) -> Any:
    return msgpack.unpackb(message.msgpack, ext_hook=lambda _code, _data: UNKNOWN)


def known(value: Any) -> Any:
    if isinstance(value, Unknown):
        return None
    if isinstance(value, dict):
        return {key: known(element) for key, element in value.items()}
    return [known(element) for element in value] if isinstance(value, list) else value


class RefusedError(Exception):
    """Terraform was given an error; `state` is what it keeps."""

    def __init__(self, summary: str, detail: str, state: Any = None) -> None:
        super().__init__(summary)
        self.summary, self.detail, self.state = summary, detail, state


class Plan:
    """A planned change."""

    def __init__(self, config: dict[str, Any], response: Any) -> None:
        self.config = config
        self.after = unpack(response.planned_state)
        self.private = response.planned_private
        self.replaced = [[step.attribute_name for step in path.steps] for path in response.requires_replace]


class Terraform:
    """Does what terraform core does with one provider, as far as these tests need it."""

    def __init__(self, socket: str) -> None:
        self.channel = grpc.insecure_channel(f"unix:{socket}")
        self.stub = rpc.ProviderStub(self.channel)
        self.schema = self.stub.GetProviderSchema(pb.GetProviderSchema.Request())
        provider = self.empty(self.schema.provider)
        self.configure({**provider, "region": REGION})

    def configure(self, config: dict[str, Any]) -> list[Any]:
        return list(self.stub.ConfigureProvider(pb.ConfigureProvider.Request(config=pack(config))).diagnostics)

    @staticmethod
    def empty(schema: Any) -> dict[str, Any]:
        value: dict[str, Any] = {attribute.name: None for attribute in schema.block.attributes}
        for nested in schema.block.block_types:
            value[nested.type_name] = None if nested.type_name == "timeouts" else []
        return value

    def config(self, type_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        schema = self.schema.resource_schemas[type_name]
        config = self.empty(schema)
        assert set(values) <= set(config)
        config.update(values)
        for nested in schema.block.block_types:
            if config[nested.type_name] and nested.type_name != "timeouts":
                blank = {attribute.name: None for attribute in nested.block.attributes}
                config[nested.type_name] = [{**blank, **element} for element in config[nested.type_name]]
        return config

    def validate(self, type_name: str, **values: Any) -> list[tuple[str, str]]:
        request = pb.ValidateResourceConfig.Request(type_name=type_name, config=pack(self.config(type_name, values)))
        found = self.stub.ValidateResourceConfig(request).diagnostics
        return [(pb.Diagnostic.Severity.Name(shown.severity), shown.summary) for shown in found]

    def plan(self, type_name: str, values: Mapping[str, Any], prior: Mapping[str, Any] | None = None) -> Plan:
        config = self.config(type_name, values)
        proposed = dict(config)
        for attribute in self.schema.resource_schemas[type_name].block.attributes:
            if prior is not None and attribute.computed and proposed[attribute.name] is None:
                proposed[attribute.name] = prior[attribute.name]
        response = self.stub.PlanResourceChange(
            pb.PlanResourceChange.Request(
                type_name=type_name, prior_state=pack(prior), proposed_new_state=pack(proposed), config=pack(config)
            )
        )
        assert not response.diagnostics
        assert response.legacy_type_system
        return Plan(config, response)

    def apply(self, type_name: str, plan: Plan | None, prior: Mapping[str, Any] | None = None) -> Any:
        response = self.stub.ApplyResourceChange(
            pb.ApplyResourceChange.Request(
                type_name=type_name,
                prior_state=pack(prior),
                planned_state=pack(plan.after if plan else None),
                config=pack(plan.config if plan else None),
                planned_private=plan.private if plan else b"",
            )
        )
        state = unpack(response.new_state)
        if response.diagnostics:
            shown = response.diagnostics[0]
            raise RefusedError(shown.summary, shown.detail, state)
        return state

    def create(self, type_name: str, **values: Any) -> dict[str, Any]:
        state: dict[str, Any] = self.apply(type_name, self.plan(type_name, values))
        return state

    def update(self, type_name: str, prior: Mapping[str, Any], **values: Any) -> dict[str, Any]:
        state: dict[str, Any] = self.apply(type_name, self.plan(type_name, values, prior), prior)
        return state

    def destroy(self, type_name: str, prior: Mapping[str, Any]) -> None:
        assert self.apply(type_name, None, prior) is None

    def read(self, type_name: str, state: Mapping[str, Any]) -> Any:
        response = self.stub.ReadResource(pb.ReadResource.Request(type_name=type_name, current_state=pack(state)))
        if response.diagnostics:
            raise RefusedError(response.diagnostics[0].summary, response.diagnostics[0].detail)
        return unpack(response.new_state)

    def import_(self, type_name: str, identifier: str) -> Any:
        response = self.stub.ImportResourceState(pb.ImportResourceState.Request(type_name=type_name, id=identifier))
        if response.diagnostics:
            raise RefusedError(response.diagnostics[0].summary, response.diagnostics[0].detail)
        (imported,) = response.imported_resources
        return self.read(type_name, unpack(imported.state))


class WatchedCloud:
    """A cloud that remembers what it was asked, and refuses what it is told to refuse."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.settle_seconds = cloud.settle_seconds
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.refusals: dict[str, list[Exception]] = {}

    def call(self, caller: Caller, version: str, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        self.calls.append((action, dict(params)))
        if self.refusals.get(action):
            raise self.refusals[action].pop(0)
        return self.cloud.call(caller, version, action, params)

    def actions(self) -> list[str]:
        """Return the actions called, a repeated one once."""
        return [action for action, _same in itertools.groupby(action for action, _params in self.calls)]

    def sent(self, action: str) -> list[dict[str, str]]:
        """Return the parameters of every call of an action."""
        return [params for name, params in self.calls if name == action]

    def changing(self) -> list[tuple[str, dict[str, str]]]:
        """Return the calls that are not reads, without what differs from run to run."""
        volatile = ("ClientToken", "RegionId")
        return [
            (action, {key: value for key, value in params.items() if key not in volatile})
            for action, params in self.calls
            if not action.startswith(("Describe", "List"))
        ]


class Parts:
    """What was created one after the other: by name (type, configuration, state)."""

    def __init__(self, terraform: Terraform) -> None:
        self.terraform = terraform
        self.parts: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}

    def add(self, name: str, type_name: str, /, **values: Any) -> dict[str, Any]:
        """Create a part and return its state."""
        state = self.terraform.create(type_name, **values)
        self.parts[name] = (type_name, values, state)
        return state

    def destroy(self) -> None:
        """Destroy every part that is still there, the last one first."""
        for type_name, _values, state in reversed(self.parts.values()):
            current = self.terraform.read(type_name, state)
            if current is not None:
                self.terraform.destroy(type_name, current)


class Shoot(Parts):
    """Everything a shoot consists of."""

    def __init__(self, terraform: Terraform) -> None:
        super().__init__(terraform)
        vpc = self.add("vpc", "alicloud_vpc", vpc_name="C-vpc", cidr_block="10.250.0.0/16", tags={"Name": "C"})
        vswitch = self.add(
            "vswitch",
            "alicloud_vswitch",
            vpc_id=vpc["id"],
            zone_id="eu-central-1a",
            cidr_block="10.250.0.0/19",
            vswitch_name="C-vsw",
            tags={"Name": "C"},
        )
        nat = self.add(
            "nat",
            "alicloud_nat_gateway",
            vpc_id=vpc["id"],
            vswitch_id=vswitch["id"],
            nat_gateway_name="C-natgw",
            nat_type="Enhanced",
            payment_type="PayAsYouGo",
            internet_charge_type="PayByLcu",
            tags={"Name": "C"},
        )
        eip = self.add(
            "eip",
            "alicloud_eip_address",
            address_name="C-eip",
            bandwidth="100",
            internet_charge_type="PayByTraffic",
            payment_type="PayAsYouGo",
            tags={"Name": "C"},
        )
        self.add("binding", "alicloud_eip_association", allocation_id=eip["id"], instance_id=nat["id"])
        self.add(
            "snat",
            "alicloud_snat_entry",
            snat_table_id=nat["snat_table_ids"],
            source_vswitch_id=vswitch["id"],
            snat_ip=eip["ip_address"],
            snat_entry_name="C-snat",
        )
        group = self.add(
            "group",
            "alicloud_security_group",
            vpc_id=vpc["id"],
            security_group_name="C-sg",
            description="of C",
            tags={"Name": "C"},
        )
        self.add(
            "rule",
            "alicloud_security_group_rule",
            security_group_id=group["id"],
            type="ingress",
            ip_protocol="tcp",
            port_range="1/22",
            nic_type="intranet",
            cidr_ip="10.250.0.0/16",
        )
        self.add(
            "key",
            "alicloud_ecs_key_pair",
            key_pair_name="C-ssh",
            public_key="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me\n",
            tags={"Name": "C"},
        )
        pool = self.add(
            "pool",
            "alicloud_ess_scaling_group",
            scaling_group_name="C-pool",
            min_size=0,
            max_size=2,
            desired_capacity=0,
            vswitch_ids=[vswitch["id"]],
            removal_policies=["OldestScalingConfiguration", "OldestInstance"],
            tags={"Name": "C"},
        )
        self.add(
            "configuration",
            "alicloud_ess_scaling_configuration",
            scaling_group_id=pool["id"],
            image_id=IMAGE,
            instance_type="ecs.g7.large",
            security_group_id=group["id"],
            system_disk_category="cloud_essd",
            system_disk_size=50,
            instance_name="C-pool",
            user_data=USER_DATA,
            key_name="C-ssh",
            active=True,
            enable=True,
            force_delete=True,
            tags={"role": "worker"},
            data_disk=[{"name": "kubelet", "category": "cloud_essd", "size": 100}],
        )


def refusal(code: str, message: str = "Not now.", status: int = 400) -> ActionError:
    return ActionError(code, message, status, "REQ-1")
