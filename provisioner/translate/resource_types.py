"""
Every type of resource that the modules manage, one row each: its names, and how to tell it from others.

A contract test compares the rows with the modules (tests/contract/test_resource_types.py). Facts about the cloud and
the provider come from the provider 1.289.0 and the API documents, read 2026-11.
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
"""Value: the logical key. It says which of a shoot's objects a resource is, independent of its address."""

Instances: TypeAlias = Literal["one", "one or none", "per zone", "per key"]
"""How many there are of a resource in its module: the form of `count` and `for_each`."""
Tagging: TypeAlias = Literal["at birth", "later", "never"]
"""Whether the call that creates an object carries its tags, or the provider adds them in a second call."""
Finding: TypeAlias = Literal["tag", "name", "VPC", "gateway", "parent"]
"""How an object is found that no state lists; `gateway`: it is bound to a NAT gateway that was found."""

_MODULES: Final[Mapping[Root, str]] = {INFRASTRUCTURE: "module.infrastructure", WORKER: "module.worker_pool"}
_POOL: Final = re.compile(r"module\.worker_pool\[(\".*\")\]")
_FIELD: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Name:
    """The names of a type's objects in the cloud."""

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
    """The facts about one type of resource."""

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
    """Type of the object that contains it; empty for an object that stands alone."""
    needs: tuple[str, ...] = ()
    """Attributes with the ids of other objects that it cannot exist without."""
    depends_on: tuple[str, ...] = ()
    """Types that it depends on, as terraform writes it into a state: the order of a destroy."""
    loss: str = ""
    """
    The consequence when a plan removes it, with `{id}`, `{key}`, `{address}` and `{done}`: such a plan needs the
    operator's consent. Empty when the next apply brings everything back.
    """
    is_part: bool = False
    """Whether it is only a part of its parent: having it does not mean that the parent is in use."""
    is_under_workers: bool = False
    """Whether workers depend on it: a plan that removes it while they use it is refused."""

    @property
    def can_be_tagged(self) -> bool:
        """Whether it has tags of its own."""
        return self.tagged != "never"

    def name_of(self, technical_id: TechnicalId, *, zone: str = "", position: int = 0, pool: str = "") -> str:
        """Return an object's name in the cloud; only for types that we name."""
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
        loss="vSwitch {id} of zone {key} would be {done}: meanwhile no machine can use it",
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
        loss="NAT gateway {id} would be {done}: without it the nodes have no egress",
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
"""By Terraform's type. An object comes after those that contain it or that it refers to."""

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
