"""The embedded Terraform provider, spoken to as terraform speaks to it: gRPC over the socket it is attached by."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import msgpack  # type: ignore[import-untyped]  # has no type information
import pytest
from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

from provisioner.sandbox.cloud import ActionError, Caller, Cloud, Latency
from provisioner.sandbox.provider import Reattach, serve_provider
from provisioner.sandbox.provider.calls import Patience

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

    def changing(self) -> list[tuple[str, dict[str, str]]]:
        """Return the calls that are not reads, without what differs from run to run."""
        volatile = ("ClientToken", "RegionId")
        return [
            (action, {key: value for key, value in params.items() if key not in volatile})
            for action, params in self.calls
            if not action.startswith(("Describe", "List"))
        ]


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory whose path leaves room for a socket's name."""
    path = Path(tempfile.mkdtemp(prefix="pv"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedCloud]:
    cloud = Cloud.open(tmp_path / "cloud", latency=Latency())
    yield WatchedCloud(cloud)
    cloud.close()


@pytest.fixture
def caller(watched: WatchedCloud) -> Caller:
    return watched.cloud.enroll("LTAIprovider", "secret of the provider test")


@pytest.fixture
def served(watched: WatchedCloud, caller: Caller, short_dir: Path) -> Iterator[Reattach]:
    with serve_provider(watched, caller, short_dir / "s") as reattach:  # type: ignore[arg-type]  # speaks Cloud.call
        yield reattach


@pytest.fixture
def terraform(served: Reattach) -> Iterator[Terraform]:
    attach = json.loads(served.environment["TF_REATTACH_PROVIDERS"])[ADDRESS]
    terraform = Terraform(attach["Addr"]["String"])
    yield terraform
    terraform.channel.close()


class Shoot:
    """Everything a shoot consists of, created one after the other: by name (type, configuration, state)."""

    def __init__(self, terraform: Terraform) -> None:
        self.terraform = terraform
        self.parts: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}
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

    def add(self, name: str, type_name: str, **values: Any) -> dict[str, Any]:
        state = self.terraform.create(type_name, **values)
        self.parts[name] = (type_name, values, state)
        return state

    def destroy(self) -> None:
        for type_name, _values, state in reversed(self.parts.values()):
            current = self.terraform.read(type_name, state)
            if current is not None:
                self.terraform.destroy(type_name, current)


@pytest.fixture
def shoot(terraform: Terraform, watched: WatchedCloud) -> Shoot:
    shoot = Shoot(terraform)
    watched.calls.clear()
    return shoot


def refusal(code: str, message: str = "Not now.", status: int = 400) -> ActionError:
    return ActionError(code, message, status, "REQ-1")


# --- attaching ---


def test_importing_the_package_loads_neither_grpc_nor_tf() -> None:
    program = "import provisioner.sandbox.provider, sys; print({'grpc', 'tf', 'msgpack'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_terraform_and_tofu_are_told_of_a_running_protocol_6_server(served: Reattach) -> None:
    attach = json.loads(served.environment["TF_REATTACH_PROVIDERS"])
    assert set(attach) == {ADDRESS, "registry.opentofu.org/aliyun/alicloud"}
    expected = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True}
    assert {key: attach[ADDRESS][key] for key in expected} == expected


def test_the_socket_is_in_a_directory_nobody_else_can_enter(served: Reattach) -> None:
    socket = Path(json.loads(served.environment["TF_REATTACH_PROVIDERS"])[ADDRESS]["Addr"]["String"])
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_an_open_directory_gets_a_closed_one_inside(watched: WatchedCloud, caller: Caller, short_dir: Path) -> None:
    short_dir.chmod(0o755)
    with serve_provider(watched, caller, short_dir) as reattach:  # type: ignore[arg-type]  # speaks Cloud.call
        socket = Path(json.loads(reattach.environment["TF_REATTACH_PROVIDERS"])[ADDRESS]["Addr"]["String"])
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert list(short_dir.iterdir()) == []


def test_a_directory_too_long_for_a_socket_is_refused(watched: WatchedCloud, caller: Caller, short_dir: Path) -> None:
    with pytest.raises(ValueError, match="too long for a unix socket"):
        serve_provider(watched, caller, short_dir / ("d" * 100))  # type: ignore[arg-type]  # speaks Cloud.call


def test_closing_twice_is_closing_once(watched: WatchedCloud, caller: Caller, short_dir: Path) -> None:
    reattach = serve_provider(watched, caller, short_dir / "s")  # type: ignore[arg-type]  # speaks Cloud.call
    reattach.close()
    reattach.close()
    assert list((short_dir / "s").iterdir()) == []


def test_an_interrupted_terraform_does_not_end_the_server(terraform: Terraform) -> None:
    terraform.stub.StopProvider(pb.StopProvider.Request())
    grpc_controller_pb2_grpc.GRPCControllerStub(terraform.channel).Shutdown(grpc_controller_pb2.Empty())
    assert terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")["id"]


def test_another_access_key_than_the_served_one_is_refused(terraform: Terraform) -> None:
    config = {**terraform.empty(terraform.schema.provider), "region": REGION, "access_key": "LTAIother"}
    assert [shown.summary for shown in terraform.configure(config)] == [
        "The sandbox provider serves another access key"
    ]


def test_calls_go_to_the_configured_region(terraform: Terraform, watched: WatchedCloud) -> None:
    terraform.configure({**terraform.empty(terraform.schema.provider), "region": "cn-shanghai"})
    assert terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")["region_id"] == "cn-shanghai"
    assert {params["RegionId"] for _action, params in watched.calls} == {"cn-shanghai"}


# --- schema and checks ---


def test_the_schema_has_every_type(terraform: Terraform) -> None:
    assert set(terraform.schema.resource_schemas) == ALL_TYPES


def test_timeouts_are_a_single_block_of_strings_where_the_type_has_them(terraform: Terraform) -> None:
    blocks = {
        nested.type_name: nested for nested in terraform.schema.resource_schemas["alicloud_vpc"].block.block_types
    }
    assert blocks["timeouts"].nesting == pb.Schema.NestedBlock.SINGLE
    assert [attribute.name for attribute in blocks["timeouts"].block.attributes] == ["create", "delete", "update"]
    rule = terraform.schema.resource_schemas["alicloud_security_group_rule"]
    assert [nested.type_name for nested in rule.block.block_types] == []


@pytest.mark.parametrize(
    ("type_name", "values", "expected"),
    [
        (
            "alicloud_nat_gateway",
            {"vpc_id": "vpc-1", "nat_type": "Foo"},
            ("ERROR", "expected nat_type to be one of [Enhanced Normal], got Foo"),
        ),
        (
            "alicloud_nat_gateway",
            {"vpc_id": "vpc-1", "period": 10},
            ("ERROR", "expected period to be in the range (1 - 9), got 10"),
        ),
        (
            "alicloud_nat_gateway",
            {"vpc_id": "vpc-1", "spec": "Small"},
            (
                "ERROR",
                '"spec": [REMOVED] Field `spec` has been removed from provider version 1.121.0. '
                "New field `specification` instead.",
            ),
        ),
        (
            "alicloud_vpc",
            {"vpc_name": "a", "name": "b"},
            ("ERROR", '"vpc_name": conflicts with name'),
        ),
        (
            "alicloud_vswitch",
            {"cidr_block": "10.0.0.0/24"},
            ("ERROR", '"zone_id": one of `availability_zone,zone_id` must be specified'),
        ),
        (
            "alicloud_vpc",
            {"name": "b"},
            (
                "WARNING",
                "\"name\": [DEPRECATED] Field 'name' has been deprecated since provider version 1.119.0. "
                "New field 'vpc_name' instead.",
            ),
        ),
        (
            "alicloud_ess_scaling_configuration",
            {"scaling_group_id": "asg-1", "data_disk": [{"category": "floppy"}]},
            (
                "ERROR",
                "expected data_disk.0.category to be one of "
                "[all cloud ephemeral_ssd cloud_essd cloud_efficiency cloud_ssd local_disk], got floppy",
            ),
        ),
        (
            "alicloud_ess_scaling_configuration",
            {"scaling_group_id": "asg-1", "instance_type": "g7"},
            ("ERROR", 'expected value of instance_type to match regular expression "^ecs\\..*", got g7'),
        ),
        (
            "alicloud_security_group_rule",
            {"security_group_id": "sg-1", "type": "ingress", "ip_protocol": "tcp"},
            (
                "ERROR",
                '"cidr_ip": one of `cidr_ip,ipv6_cidr_ip,prefix_list_id,source_security_group_id` must be specified',
            ),
        ),
        ("alicloud_vpc", {"id": "vpc-1"}, ("ERROR", '"id": this field cannot be set')),
    ],
)
def test_a_configuration_is_refused_with_the_sdks_text(
    terraform: Terraform, type_name: str, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in terraform.validate(type_name, **values)


def test_what_is_not_known_yet_is_not_refused(terraform: Terraform) -> None:
    assert terraform.validate("alicloud_nat_gateway", vpc_id=UNKNOWN, nat_type=UNKNOWN) == []


# --- planning ---


def test_a_default_is_planned_and_what_the_cloud_decides_is_unknown(terraform: Terraform) -> None:
    plan = terraform.plan("alicloud_ess_scaling_group", {"min_size": 0, "max_size": 1})
    assert plan.after["default_cooldown"] == 300
    assert plan.after["scaling_policy"] == UNKNOWN
    assert plan.after["id"] == UNKNOWN
    assert plan.after["scaling_group_name"] is None


def test_a_default_inside_a_block_is_planned(terraform: Terraform) -> None:
    values = {"scaling_group_id": "asg-1", "data_disk": [{"size": 100}]}
    (disk,) = terraform.plan("alicloud_ess_scaling_configuration", values).after["data_disk"]
    assert (disk["delete_with_instance"], disk["encrypted"], disk["name"]) == (True, False, None)


def test_a_set_with_an_unknown_member_is_unknown(terraform: Terraform) -> None:
    values = {"min_size": 0, "max_size": 1, "vswitch_ids": ["vsw-1", UNKNOWN]}
    assert terraform.plan("alicloud_ess_scaling_group", values).after["vswitch_ids"] == UNKNOWN


def test_a_vswitch_is_ignored_for_a_gateway_that_is_not_enhanced(terraform: Terraform) -> None:
    values = {"vpc_id": "vpc-1", "vswitch_id": "vsw-1"}
    assert terraform.plan("alicloud_nat_gateway", values).after["vswitch_id"] is None
    values["nat_type"] = "Enhanced"
    assert terraform.plan("alicloud_nat_gateway", values).after["vswitch_id"] == "vsw-1"


def test_the_public_key_is_stored_trimmed(shoot: Shoot) -> None:
    assert shoot.parts["key"][2]["public_key"] == "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me"


def test_nothing_is_planned_after_everything_was_created(shoot: Shoot, terraform: Terraform) -> None:
    for type_name, values, state in shoot.parts.values():
        current = terraform.read(type_name, state)
        plan = terraform.plan(type_name, values, current)
        assert (type_name, plan.after, plan.replaced) == (type_name, current, [])


def test_reading_again_changes_nothing(shoot: Shoot, terraform: Terraform) -> None:
    for type_name, _values, state in shoot.parts.values():
        current = terraform.read(type_name, state)
        assert terraform.read(type_name, current) == current


def test_a_changed_zone_replaces_the_vswitch(shoot: Shoot, terraform: Terraform) -> None:
    type_name, values, state = shoot.parts["vswitch"]
    plan = terraform.plan(type_name, {**values, "zone_id": "eu-central-1b"}, state)
    assert plan.replaced == [["zone_id"]]


def test_an_attribute_left_out_that_the_cloud_also_decides_keeps_its_value(shoot: Shoot, terraform: Terraform) -> None:
    type_name, values, state = shoot.parts["vpc"]
    without_name = {key: value for key, value in values.items() if key != "vpc_name"}
    assert terraform.plan(type_name, without_name, state).after == state


def test_timeouts_are_kept_beside_the_object_as_the_sdk_keeps_them(terraform: Terraform) -> None:
    timeouts = {"create": "1h30m", "update": None, "delete": None}
    plan = terraform.plan("alicloud_vpc", {"cidr_block": "10.0.0.0/16", "timeouts": timeouts})
    (stored,) = json.loads(plan.private).values()
    assert stored == {"create": 5400 * 10**9, "delete": 300 * 10**9, "update": 300 * 10**9}


# --- creating, changing, deleting ---


def test_a_shoot_leaves_nothing_behind(shoot: Shoot, watched: WatchedCloud) -> None:
    shoot.destroy()
    assert watched.cloud.counts() == {}


def test_a_vpc_is_tagged_in_the_create_call_and_again_afterwards(terraform: Terraform, watched: WatchedCloud) -> None:
    vpc = terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16", vpc_name="v", tags={"a": "1"})
    assert watched.changing() == [
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16", "VpcName": "v", "Tag.1.Key": "a", "Tag.1.Value": "1"}),
        (
            "TagResources",
            {"ResourceId.1": vpc["id"], "ResourceType": "VPC", "Tag.1.Key": "a", "Tag.1.Value": "1"},
        ),
    ]


def test_a_configuration_is_created_activated_enabled_and_sent_again(
    terraform: Terraform, watched: WatchedCloud
) -> None:
    Shoot(terraform)
    actions = [action for action, _params in watched.changing()]
    start = actions.index("CreateScalingConfiguration")
    assert actions[start:] == [
        "CreateScalingConfiguration",
        "ModifyScalingGroup",
        "EnableScalingGroup",
        "ModifyScalingConfiguration",
    ]


def test_only_what_has_changed_is_sent(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["pool"]
    after = terraform.update(type_name, state, **{**values, "max_size": 3})
    assert after["max_size"] == 3
    assert watched.changing() == [("ModifyScalingGroup", {"ScalingGroupId": state["id"], "MaxSize": "3"})]


def test_changed_tags_are_removed_before_all_are_set(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["nat"]
    after = terraform.update(type_name, state, **{**values, "tags": {"Name": "D", "x": "y"}})
    assert after["tags"] == {"Name": "D", "x": "y"}
    assert [action for action, _params in watched.changing()] == ["UnTagResources", "TagResources"]
    assert watched.changing()[0][1]["TagKey.1"] == "Name"


def test_a_changed_rule_description_is_sent_twice_as_the_real_provider_does(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, values, state = shoot.parts["rule"]
    assert terraform.update(type_name, state, **values, description="ssh")["description"] == "ssh"
    assert [action for action, _params in watched.changing()] == ["ModifySecurityGroupRule"] * 2


def test_a_rules_id_says_what_the_rule_says(shoot: Shoot) -> None:
    state = shoot.parts["rule"][2]
    assert state["id"] == f"{state['security_group_id']}:ingress:tcp:1/22:intranet:10.250.0.0/16:accept:1"


def test_user_data_is_kept_as_configured_and_changed_in_place(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, values, state = shoot.parts["configuration"]
    assert state["user_data"] == USER_DATA
    plan = terraform.plan(type_name, {**values, "user_data": "bmV3"}, state)
    assert plan.replaced == []
    assert terraform.apply(type_name, plan, state)["user_data"] == "bmV3"
    assert watched.changing() == [
        ("ModifyScalingConfiguration", {"ScalingConfigurationId": state["id"], "UserData": "bmV3"})
    ]


def test_the_last_configuration_is_not_deleted_without_force(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, _values, state = shoot.parts["configuration"]
    with pytest.raises(RefusedError, match="is the last configuration for the scaling group"):
        terraform.destroy(type_name, {**state, "force_delete": False})
    assert watched.changing() == []


def test_the_last_configuration_takes_its_group_with_it_by_force(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, _values, state = shoot.parts["configuration"]
    terraform.destroy(type_name, state)
    assert watched.changing() == [
        ("DeleteScalingGroup", {"ScalingGroupId": state["scaling_group_id"], "ForceDelete": "true"})
    ]
    terraform.destroy("alicloud_ess_scaling_group", shoot.parts["pool"][2])
    assert "scaling_group" not in watched.cloud.counts()


@pytest.mark.parametrize("name", ["vpc", "nat", "eip", "binding", "snat", "group", "rule", "pool"])
def test_an_object_is_found_by_its_id_alone(shoot: Shoot, terraform: Terraform, name: str) -> None:
    type_name, values, state = shoot.parts[name]
    imported = terraform.import_(type_name, state["id"])
    plan = terraform.plan(type_name, values, imported)
    assert (plan.after, plan.replaced) == (imported, [])


def test_an_imported_configuration_needs_no_replacement(shoot: Shoot, terraform: Terraform) -> None:
    type_name, values, state = shoot.parts["configuration"]
    imported = terraform.import_(type_name, state["id"])
    plan = terraform.plan(type_name, values, imported)
    assert plan.replaced == []
    assert terraform.apply(type_name, plan, imported)["data_disk"][0]["name"] == "kubelet"


def test_an_id_with_missing_parts_is_not_imported(terraform: Terraform) -> None:
    with pytest.raises(RefusedError, match="Expected parts' length 2, got 1"):
        terraform.import_("alicloud_eip_association", "eip-1")


@pytest.mark.parametrize("type_name", sorted(ALL_TYPES))
def test_what_does_not_exist_reads_as_gone(terraform: Terraform, type_name: str) -> None:
    identifiers = {
        "alicloud_eip_association": "eip-1:ngw-1",
        "alicloud_snat_entry": "stb-1:snat-1",
        "alicloud_security_group_rule": "sg-1:ingress:tcp:1/22:intranet:0.0.0.0/0:accept:1",
    }
    assert terraform.import_(type_name, identifiers.get(type_name, "x-1")) is None


def test_a_stored_state_of_another_version_is_completed_without_a_word(terraform: Terraform) -> None:
    stored = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "no_longer_there": 1}
    response = terraform.stub.UpgradeResourceState(
        pb.UpgradeResourceState.Request(
            type_name="alicloud_vpc", version=0, raw_state=pb.RawState(json=json.dumps(stored).encode())
        )
    )
    expected = {**terraform.config("alicloud_vpc", {}), "id": "vpc-1", "cidr_block": "10.0.0.0/16"}
    assert (unpack(response.upgraded_state), list(response.diagnostics)) == (expected, [])


def test_many_operations_run_at_once(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    _type, values, _state = shoot.parts["rule"]

    def add(port: int) -> str:
        state = terraform.create("alicloud_security_group_rule", **{**values, "port_range": f"{port}/{port}"})
        return str(state["id"])

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(add, range(100, 130)))) == 30
    assert watched.cloud.counts()["security_group_rule"] == 31


# --- failing ---


def test_a_refusal_reads_like_the_real_providers(shoot: Shoot, terraform: Terraform) -> None:
    _type, values, _state = shoot.parts["vswitch"]
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_vswitch", **{**values, "cidr_block": "10.250.0.0/20"})
    lines = caught.value.summary.splitlines()
    assert lines[0] == (
        "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_vswitch.go:1: "
        "Resource alicloud_vswitch CreateVSwitch Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:"
    )
    assert lines[1:4] == ["SDKError:", "   StatusCode: 400", "   Code: InvalidCidrBlock.Overlapped"]
    assert lines[4].startswith("   Message: code: 400, ")
    assert json.loads(lines[5].removeprefix("   Data: "))["Code"] == "InvalidCidrBlock.Overlapped"
    assert caught.value.state is None


def test_a_refusal_of_the_typed_client_names_code_and_request(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, _values, state = shoot.parts["pool"]
    watched.refusals["DeleteScalingGroup"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.destroy(type_name, state)
    assert "SDK.ServerError\nErrorCode: Forbidden.RAM\nRecommend: \nRequestId: REQ-1\n" in caught.value.summary
    assert caught.value.state == state


def test_an_object_that_could_not_be_tagged_is_not_lost(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    _type, values, _state = shoot.parts["vswitch"]
    watched.refusals["TagResources"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_vswitch", **{**values, "cidr_block": "10.250.32.0/19"})
    state = caught.value.state
    assert state["cidr_block"] == "10.250.32.0/19"
    assert terraform.read("alicloud_vswitch", state)["status"] == "Available"
    terraform.destroy("alicloud_vswitch", state)


def test_a_failed_update_keeps_the_prior_state(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["pool"]
    watched.refusals["ModifyScalingGroup"] = [refusal("InvalidParameter")]
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, state, **{**values, "max_size": 3})
    assert caught.value.state == state


def test_a_refusal_for_now_is_repeated(terraform: Terraform, watched: WatchedCloud) -> None:
    watched.refusals["CreateVpc"] = [refusal("TaskConflict"), refusal("Throttling.User")]
    terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")
    assert [action for action, _params in watched.calls].count("CreateVpc") == 3


def test_a_repeated_create_of_a_vpc_carries_the_same_token(terraform: Terraform, watched: WatchedCloud) -> None:
    watched.refusals["CreateVpc"] = [refusal("TaskConflict")]
    terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")
    assert len({params["ClientToken"] for action, params in watched.calls if action == "CreateVpc"}) == 1


def test_a_repeated_create_of_a_vswitch_carries_another_token(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    """So does the real provider: when only the answer was lost, a second vSwitch is attempted."""
    type_name, values, _state = shoot.parts["vswitch"]
    watched.refusals["CreateVSwitch"] = [refusal("TaskConflict")]
    terraform.create(type_name, **{**values, "cidr_block": "10.250.64.0/19"})
    assert len({params["ClientToken"] for action, params in watched.calls if action == "CreateVSwitch"}) == 2


def test_a_group_in_use_is_deleted_once_it_is_free(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, _values, state = shoot.parts["group"]
    watched.refusals["DeleteSecurityGroup"] = [refusal("DependencyViolation")] * 3
    terraform.destroy("alicloud_ess_scaling_configuration", shoot.parts["configuration"][2])
    terraform.destroy(type_name, state)


def test_a_repeated_refusal_is_given_up_after_the_operations_timeout(
    terraform: Terraform, watched: WatchedCloud
) -> None:
    watched.refusals["CreateVpc"] = [refusal("TaskConflict")] * 1000
    timeouts = {"create": "50ms", "update": None, "delete": None}
    started = time.monotonic()
    with pytest.raises(RefusedError, match="TaskConflict"):
        terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16", timeouts=timeouts)
    assert time.monotonic() - started < 5


def test_refusals_are_repeated_for_longer_than_anything_settles(tmp_path: Path) -> None:
    for settle_ms, least_seconds in ((5, Patience.repeat_seconds), (8000, 16)):
        cloud = Cloud.open(tmp_path, settle_ms=settle_ms)
        assert Patience.for_cloud(cloud).repeat_seconds == least_seconds
        cloud.close()


def test_user_data_is_in_no_message(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["configuration"]
    watched.refusals["ModifyScalingConfiguration"] = [refusal("InvalidUserData", f"cannot use {USER_DATA}9")]
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, state, **{**values, "instance_name": "D"})
    assert "cannot use (sensitive value)9" in caught.value.summary
    assert USER_DATA not in caught.value.summary + caught.value.detail


@pytest.mark.parametrize("operation", ["create", "read", "update", "destroy"])
def test_a_fault_of_our_own_names_the_type_and_shows_no_traceback(
    terraform: Terraform, watched: WatchedCloud, operation: str
) -> None:
    vpc = terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")
    actions = {"create": "CreateVpc", "read": "DescribeVpcAttribute", "update": "ModifyVpcAttribute"}
    watched.refusals[actions.get(operation, "DeleteVpc")] = [RuntimeError(f"boom {USER_DATA}")]
    steps: dict[str, Callable[[], Any]] = {
        "create": lambda: terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16"),
        "read": lambda: terraform.read("alicloud_vpc", vpc),
        "update": lambda: terraform.update("alicloud_vpc", vpc, cidr_block="10.0.0.0/16", description="d"),
        "destroy": lambda: terraform.destroy("alicloud_vpc", vpc),
    }
    with pytest.raises(RefusedError) as caught:
        steps[operation]()
    assert caught.value.summary == "alicloud_vpc: unexpected error in the sandbox provider"
    assert caught.value.detail.startswith("RuntimeError in ")
    assert "\n" not in caught.value.detail


def test_nothing_is_printed(shoot: Shoot, capfd: pytest.CaptureFixture[str]) -> None:
    shoot.destroy()
    assert capfd.readouterr() == ("", "")
