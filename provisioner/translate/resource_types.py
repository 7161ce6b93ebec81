"""
Every type of resource that the modules manage, one row each: what it is called, and how it is told from others.

A contract test holds the rows against the modules (tests/contract/test_resource_types.py). What a row says of the cloud
and of the provider was read in the provider 1.289.0 and in the API documents, 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from provisioner.cloud.endpoints import Product
from provisioner.ids import INFRASTRUCTURE, WORKER, Root, TechnicalId
from provisioner.tfstate import Address, Instance, State
from provisioner.translate.names import ECS_NAME_LIMIT, ESS_NAME_LIMIT, VPC_NAME_LIMIT, fit_name

KEY_TAG: Final = "provisioner/key"
"""Value: the logical key. Says which of a shoot's objects a resource is, whatever its address in the modules."""

Instances: TypeAlias = Literal["one", "one or none", "per zone", "per key"]
"""How many there are of a resource in its module: the form of `count` and `for_each`."""
Tagging: TypeAlias = Literal["at birth", "later", "never"]
"""Whether the call that creates an object carries its tags, or the provider adds them in a second call."""
Finding: TypeAlias = Literal["tag", "name", "VPC", "gateway", "parent"]
"""By what an object is found of which no state knows; `gateway`: it is bound to a NAT gateway that is found."""

_MODULES: Final[Mapping[Root, str]] = {INFRASTRUCTURE: "module.infrastructure", WORKER: "module.worker_pool"}
_POOL: Final = re.compile(r"module\.worker_pool\[(\".*\")\]")
_FIELD: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Name:
    """How objects of a type are called in the cloud."""

    pattern: str
    """With `{technical_id}`, and what tells a shoot's objects apart: `{zone}`, `{pool}` or the zone's `{position}`."""
    limit: int
    """Characters; a longer name is cut (`fit_name`)."""

    def make(self, technical_id: TechnicalId, *, zone: str = "", position: int = 0, pool: str = "") -> str:
        """Return the name of one object."""
        text = self.pattern.format(technical_id=technical_id, zone=zone, position=position, pool=pool)
        return fit_name(text, self.limit)

    def has(self, field: str) -> bool:
        """Return whether the name tells the `zone`, `pool` or `position`."""
        return f"{{{field}}}" in self.pattern


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What there is to know of one type of resource."""

    type: str
    """Terraform's, for example `alicloud_vswitch`."""
    root: Root
    labels: tuple[str, ...]
    """Its names in the module; the first one is meant where nothing else tells."""
    instances: Instances
    found: tuple[Finding, ...]
    tagged: Tagging
    tag_kind: tuple[Product, str] | None = None
    """Product and resource type of its tags, as ListTagResources takes them; None when it has no tags of its own."""
    logical_key: str = ""
    """Value of the tag `provisioner/key`, with `{zone}` and `{pool}`; empty when it cannot be tagged."""
    name: Name | None = None
    """None when it has no name, or one that the cloud gives it."""
    parent: str = ""
    """Type of what it is in and cannot exist without; empty for what stands alone."""
    needs: tuple[str, ...] = ()
    """Attributes that hold the ids of what else it cannot exist without."""
    depends_on: tuple[str, ...] = ()
    """Types that it depends on, as terraform writes it into a state: the order of a destroy."""
    loss: str = ""
    """
    What it means when a plan takes it away, with `{id}`, `{key}`, `{address}` and `{done}`: such a plan is carried out
    only if the operator consents to it. Empty when nothing is lost that the next apply does not bring back.
    """
    is_part: bool = False
    """Whether it is but a part of its parent, which is not in use for having it."""
    is_under_workers: bool = False
    """Whether workers use it and lose their ground without it: a plan that takes it away from them is refused."""

    @property
    def can_be_tagged(self) -> bool:
        """Whether it has tags of its own."""
        return self.tagged != "never"

    def name_of(self, technical_id: TechnicalId, *, zone: str = "", position: int = 0, pool: str = "") -> str:
        """Return what an object is called in the cloud; the type has names of ours."""
        assert self.name is not None, f"{self.type} has no name of ours"
        return self.name.make(technical_id, zone=zone, position=position, pool=pool)

    def key_of(self, address: Address) -> str:
        """Return the logical key of the object at an address, which is the value of its tag `provisioner/key`."""
        return self.logical_key.format(zone=address.key, pool=pool_of(address))

    def read_key(self, key: str) -> Mapping[str, str]:
        """Return zone and pool as far as a logical key tells them; nothing if it is none of this type."""
        pattern = _FIELD.sub(r"(?P<\1>[^/]+)", self.logical_key)
        match = re.fullmatch(pattern, key)
        return match.groupdict() if match else {}

    def dependencies(self, module: str) -> list[str]:
        """Return what a resource in a module depends on, as terraform writes it into a state."""
        return [Address(module, type, RESOURCE_TYPES[type].labels[0]).resource for type in self.depends_on]


_ROWS: Final = (
    ResourceType(
        "alicloud_vpc",
        INFRASTRUCTURE,
        ("this",),
        "one or none",
        found=("tag",),
        tagged="at birth",
        tag_kind=("vpc", "VPC"),
        logical_key="vpc",
        name=Name("{technical_id}-vpc", VPC_NAME_LIMIT),
        loss="VPC {id} would be {done}, with everything in it",
        is_under_workers=True,
    ),
    ResourceType(
        "alicloud_vswitch",
        INFRASTRUCTURE,
        ("nodes",),
        "per zone",
        found=("parent",),
        tagged="later",
        tag_kind=("vpc", "VSWITCH"),
        logical_key="vswitch/{zone}",
        name=Name("{technical_id}-{zone}-vsw", VPC_NAME_LIMIT),
        parent="alicloud_vpc",
        depends_on=("alicloud_vpc",),
        loss="vSwitch {id} of zone {key} would be {done}: no machine can be in it meanwhile",
        is_under_workers=True,
    ),
    ResourceType(
        "alicloud_nat_gateway",
        INFRASTRUCTURE,
        ("this",),
        "one or none",
        found=("parent",),
        tagged="later",
        tag_kind=("vpc", "NATGATEWAY"),
        logical_key="nat-gateway",
        name=Name("{technical_id}-natgw", VPC_NAME_LIMIT),
        parent="alicloud_vpc",
        depends_on=("alicloud_vpc", "alicloud_vswitch"),
        loss="NAT gateway {id} would be {done}: the nodes have no way out without it",
    ),
    ResourceType(
        "alicloud_vpc_ipv6_gateway",
        INFRASTRUCTURE,
        ("this",),
        "one or none",
        found=("parent",),
        tagged="later",
        tag_kind=("vpc", "IPV6GATEWAY"),
        logical_key="ipv6-gateway",
        name=Name("{technical_id}-ipv6gw", VPC_NAME_LIMIT),
        parent="alicloud_vpc",
        depends_on=("alicloud_vpc",),
    ),
    ResourceType(
        "alicloud_route_table",
        INFRASTRUCTURE,
        ("this",),
        "one or none",
        found=("parent",),
        tagged="at birth",
        tag_kind=("vpc", "ROUTETABLE"),
        logical_key="route-table",
        name=Name("{technical_id}-rt", VPC_NAME_LIMIT),
        parent="alicloud_vpc",
        depends_on=("alicloud_vpc",),
    ),
    ResourceType(
        "alicloud_route_entry",
        INFRASTRUCTURE,
        ("default", "ipv6"),
        "one or none",
        found=("parent",),
        tagged="never",
        parent="alicloud_route_table",
        is_part=True,
        depends_on=(
            "alicloud_nat_gateway",
            "alicloud_route_table",
            "alicloud_vpc",
            "alicloud_vpc_ipv6_gateway",
            "alicloud_vswitch",
        ),
    ),
    ResourceType(
        "alicloud_route_table_attachment",
        INFRASTRUCTURE,
        ("nodes",),
        "per zone",
        found=("parent",),
        tagged="never",
        parent="alicloud_route_table",
        needs=("vswitch_id",),
        depends_on=(
            "alicloud_nat_gateway",
            "alicloud_route_entry",
            "alicloud_route_table",
            "alicloud_vpc",
            "alicloud_vpc_ipv6_gateway",
            "alicloud_vswitch",
        ),
    ),
    ResourceType(
        "alicloud_security_group",
        INFRASTRUCTURE,
        ("nodes",),
        "one",
        found=("parent",),
        tagged="at birth",
        tag_kind=("ecs", "securitygroup"),
        logical_key="security-group",
        name=Name("{technical_id}-sg", ECS_NAME_LIMIT),
        parent="alicloud_vpc",
        depends_on=("alicloud_vpc",),
        is_under_workers=True,
    ),
    ResourceType(
        "alicloud_security_group_rule",
        INFRASTRUCTURE,
        ("ingress",),
        "per key",
        found=("parent",),
        tagged="never",
        parent="alicloud_security_group",
        is_part=True,
        depends_on=("alicloud_security_group", "alicloud_vpc"),
    ),
    ResourceType(
        "alicloud_eip_address",
        INFRASTRUCTURE,
        ("nat",),
        "per zone",
        found=("tag", "name", "gateway"),
        tagged="later",
        tag_kind=("vpc", "EIP"),
        logical_key="eip/{zone}",
        name=Name("{technical_id}-eip-natgw-z{position}", VPC_NAME_LIMIT),
        loss="EIP {id} ({address}) of zone {key} would be {done}: the shoot's egress address changes",
    ),
    ResourceType(
        "alicloud_eip_association",
        INFRASTRUCTURE,
        ("nat",),
        "per zone",
        found=("parent",),
        tagged="never",
        parent="alicloud_nat_gateway",
        needs=("allocation_id",),
        depends_on=("alicloud_eip_address", "alicloud_nat_gateway", "alicloud_vpc", "alicloud_vswitch"),
    ),
    ResourceType(
        "alicloud_snat_entry",
        INFRASTRUCTURE,
        ("nodes",),
        "per zone",
        found=("parent",),
        tagged="never",
        name=Name("{technical_id}-snat-z{position}", VPC_NAME_LIMIT),
        parent="alicloud_nat_gateway",
        needs=("source_vswitch_id",),
        depends_on=(
            "alicloud_eip_address",
            "alicloud_eip_association",
            "alicloud_nat_gateway",
            "alicloud_vpc",
            "alicloud_vswitch",
        ),
    ),
    ResourceType(
        "alicloud_ecs_key_pair",
        INFRASTRUCTURE,
        ("nodes",),
        "per key",
        found=("tag",),
        tagged="at birth",
        tag_kind=("ecs", "keypair"),
        logical_key="key-pair",
        name=Name("{technical_id}-ssh-publickey", ECS_NAME_LIMIT),
    ),
    ResourceType(
        "alicloud_ess_scaling_group",
        WORKER,
        ("nodes",),
        "per zone",
        found=("name", "VPC"),
        tagged="later",
        tag_kind=("ess", "scalinggroup"),
        logical_key="scaling-group/{pool}/{zone}",
        name=Name("{technical_id}-{pool}-{zone}", ESS_NAME_LIMIT),
        parent="alicloud_vpc",
    ),
    ResourceType(
        "alicloud_ess_scaling_configuration",
        WORKER,
        ("nodes",),
        "per zone",
        found=("parent",),
        tagged="never",
        parent="alicloud_ess_scaling_group",
        is_part=True,
        depends_on=("alicloud_ess_scaling_group",),
    ),
)

RESOURCE_TYPES: Final[Mapping[str, ResourceType]] = {row.type: row for row in _ROWS}
"""By Terraform's type. What others are in or refer to comes before them."""

VPC: Final = RESOURCE_TYPES["alicloud_vpc"]
VSWITCH: Final = RESOURCE_TYPES["alicloud_vswitch"]
NAT_GATEWAY: Final = RESOURCE_TYPES["alicloud_nat_gateway"]
IPV6_GATEWAY: Final = RESOURCE_TYPES["alicloud_vpc_ipv6_gateway"]
ROUTE_TABLE: Final = RESOURCE_TYPES["alicloud_route_table"]
SECURITY_GROUP: Final = RESOURCE_TYPES["alicloud_security_group"]
EIP: Final = RESOURCE_TYPES["alicloud_eip_address"]
EIP_ASSOCIATION: Final = RESOURCE_TYPES["alicloud_eip_association"]
SNAT_ENTRY: Final = RESOURCE_TYPES["alicloud_snat_entry"]
KEY_PAIR: Final = RESOURCE_TYPES["alicloud_ecs_key_pair"]
SCALING_GROUP: Final = RESOURCE_TYPES["alicloud_ess_scaling_group"]
SCALING_CONFIGURATION: Final = RESOURCE_TYPES["alicloud_ess_scaling_configuration"]


def module_of(root: Root, pool: str = "") -> str:
    """Return the address of the module that a resource is in; one of the worker root is a pool's."""
    key = f"[{json.dumps(pool, ensure_ascii=False)}]" if root == WORKER else ""
    return f"{_MODULES[root]}{key}"


def pool_of(address: Address) -> str | None:
    """Return the worker pool that an address is of, or None when it is the infrastructure's."""
    module = _POOL.fullmatch(address.module)
    return str(json.loads(module[1])) if module else None


def pool_instances(state: State, row: ResourceType) -> Iterator[tuple[str, Instance]]:
    """Yield what a worker state has of a type, each with its pool; deposed objects aside."""
    for instance in state.instances():
        pool = pool_of(instance.address)
        if instance.address.type == row.type and pool is not None and not instance.is_deposed:
            yield pool, instance
