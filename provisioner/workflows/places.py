"""
Which address of the root modules an object of the cloud belongs to, told by its name, its tags and its parents.

Every name here is one that `translate` gives. What such a name proves is not decided here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from provisioner.cloud import CloudResource
from provisioner.state.document import Address, Instance, state_instances
from provisioner.translate.names import ECS_NAME_LIMIT, ESS_NAME_LIMIT, VPC_NAME_LIMIT, fit_name

KEY_TAG: Final = "provisioner/key"
_NETWORK: Final = "module.infrastructure"
_POOL: Final = re.compile(r"module\.worker_pool\[(\".*\")\]")
_ANY_IPV6: Final = "::/0"
_ZONES: Final = 26
"""Zones that a region can have: they are letters."""
CONFIGURATION: Final = "alicloud_ess_scaling_configuration"
NAMES: Final[Mapping[str, str]] = {
    "alicloud_vpc": "this",
    "alicloud_vswitch": "nodes",
    "alicloud_nat_gateway": "this",
    "alicloud_vpc_ipv6_gateway": "this",
    "alicloud_route_table": "this",
    "alicloud_route_entry": "default",
    "alicloud_route_table_attachment": "nodes",
    "alicloud_security_group": "nodes",
    "alicloud_security_group_rule": "ingress",
    "alicloud_eip_address": "nat",
    "alicloud_eip_association": "nat",
    "alicloud_snat_entry": "nodes",
    "alicloud_ecs_key_pair": "nodes",
}
"""Name of each resource in the infrastructure module; what others are in or refer to comes before them."""

DEPENDENCIES: Final[Mapping[str, tuple[str, ...]]] = {
    "alicloud_vswitch": ("alicloud_vpc",),
    "alicloud_nat_gateway": ("alicloud_vpc", "alicloud_vswitch"),
    "alicloud_vpc_ipv6_gateway": ("alicloud_vpc",),
    "alicloud_route_table": ("alicloud_vpc",),
    "alicloud_route_entry": (
        "alicloud_nat_gateway",
        "alicloud_route_table",
        "alicloud_vpc",
        "alicloud_vpc_ipv6_gateway",
        "alicloud_vswitch",
    ),
    "alicloud_route_table_attachment": (
        "alicloud_nat_gateway",
        "alicloud_route_entry",
        "alicloud_route_table",
        "alicloud_vpc",
        "alicloud_vpc_ipv6_gateway",
        "alicloud_vswitch",
    ),
    "alicloud_eip_association": ("alicloud_eip_address", "alicloud_nat_gateway", "alicloud_vpc", "alicloud_vswitch"),
    "alicloud_snat_entry": (
        "alicloud_eip_address",
        "alicloud_eip_association",
        "alicloud_nat_gateway",
        "alicloud_vpc",
        "alicloud_vswitch",
    ),
    "alicloud_security_group": ("alicloud_vpc",),
    "alicloud_security_group_rule": ("alicloud_security_group", "alicloud_vpc"),
}
"""What the infrastructure's resources depend on, as terraform writes it into a state: the order of a destroy."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The shoot that is looked for, and what its manifests say about names."""

    technical_id: str
    entry_name: str
    zones: tuple[str, ...] = ()
    """The infrastructure's zones at their original positions, which are part of names."""
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Pool and zone by the name of their scaling group."""
    pod_cidr: str | None = None
    vpc_ids: AbstractSet[str] = frozenset()
    """VPCs that are the shoot's, or used by it, whatever they are tagged with."""
    vswitch_ids: AbstractSet[str] = frozenset()
    """The same for vSwitches that no state lists: those of an infrastructure that somebody else manages."""
    unclean_since: datetime | None = None
    """When the first run began that may have left something behind; None if none did."""
    recorded: AbstractSet[tuple[str, str]] = frozenset()
    """Type and id of what a run has noted in a state that never got into the log."""
    eip_zones: Mapping[str, str] = field(default_factory=dict)
    """Zones by the id of the EIP that the user brought for them."""
    brought: AbstractSet[str] = frozenset()
    """Ids of what the user brought, the VPC and EIPs: never the shoot's, though somebody tagged them with its name."""
    includes_unproven: bool = False
    """Whether what has the right name or cluster tag but no proof counts as the shoot's: the operator says so."""


def name_prefix(technical_id: str) -> str:
    """Return what every name of the shoot's scaling groups and EIPs begins with, also where it had to be cut."""
    # fit_name cuts a scaling group's name first, at 55 characters before the hash.
    return f"{technical_id}-"[: ESS_NAME_LIMIT - 9]


def has_our_name(resource: CloudResource, scope: Scope) -> bool:
    """Return whether an object has exactly the name that a run gives to one of its type."""
    base, name = scope.technical_id, resource.name
    match resource.type:
        case "alicloud_eip_address":
            return _position(name, f"{base}-eip-natgw-z") is not None
        case "alicloud_snat_entry":
            return _position(name, f"{base}-snat-z") is not None
        case "alicloud_ess_scaling_group":
            # The pool of a group that no manifest names any more is not known.
            return name in scope.groups or name.startswith(name_prefix(base))
    names = {
        "alicloud_vpc": fit_name(f"{base}-vpc", VPC_NAME_LIMIT),
        "alicloud_vswitch": fit_name(f"{base}-{resource.zone}-vsw", VPC_NAME_LIMIT),
        "alicloud_nat_gateway": fit_name(f"{base}-natgw", VPC_NAME_LIMIT),
        "alicloud_vpc_ipv6_gateway": fit_name(f"{base}-ipv6gw", VPC_NAME_LIMIT),
        "alicloud_route_table": fit_name(f"{base}-rt", VPC_NAME_LIMIT),
        "alicloud_security_group": fit_name(f"{base}-sg", ECS_NAME_LIMIT),
    }
    return name == names.get(resource.type)


def address_of(resource: CloudResource, scope: Scope, places: Mapping[str, Address]) -> Address:
    """Return the address for an object of the shoot; `places` has those of what it belongs to, by id."""
    kind = resource.type
    if kind == "alicloud_ess_scaling_group":
        pool, zone = _pool_and_zone(resource, scope)
        return Address(f"module.worker_pool[{json.dumps(pool, ensure_ascii=False)}]", kind, "nodes", zone)
    if kind == "alicloud_ess_scaling_configuration":
        group = places[resource.parent]
        return Address(group.module, kind, "nodes", group.key)
    name = "ipv6" if resource.attributes.get("destination_cidrblock") == _ANY_IPV6 else NAMES[kind]
    return Address(_NETWORK, kind, name, _key(resource, scope, places))


def pool_of(address: Address) -> str | None:
    """Return the worker pool that an address is of, or None when it is the infrastructure's."""
    module = _POOL.fullmatch(address.module)
    return str(json.loads(module[1])) if module else None


def pool_instances(state: Mapping[str, Any], type: str) -> Iterator[tuple[str, Instance]]:
    """Yield what a worker state has of a type, each with its pool; doubles that wait for their deletion aside."""
    for instance in state_instances(state):
        pool = pool_of(instance.address)
        if instance.address.type == type and pool is not None and not instance.is_deposed:
            yield pool, instance


def rule_key(resource: CloudResource, scope: Scope) -> str | None:
    """Return the key that the infrastructure module gives such a security group rule, or None if it makes none."""
    attributes = resource.attributes
    protocol, ports, cidr = attributes["ip_protocol"], str(attributes["port_range"]), attributes["cidr_ip"]
    if attributes["policy"] != "accept" or attributes["priority"] != 1:
        return None
    if (protocol, ports) == ("all", "-1/-1"):
        return "all-pods" if cidr == scope.pod_cidr else None
    if protocol == "tcp" and ports == "30000/32767" and cidr == "0.0.0.0/0":
        return "tcp-30000-32767"
    if protocol in ("tcp", "udp") and ports in ("1/22", "24/513", "515/65535"):
        # The same ports for another range are somebody's own rule.
        return f"{protocol}-{ports.replace('/', '-')}" if cidr == resource.facts["vpc_cidr"] else None
    return None


def _key(resource: CloudResource, scope: Scope, places: Mapping[str, Address]) -> str | int | None:
    match resource.type:
        case "alicloud_vswitch":
            key: str | int | None = resource.zone
        case "alicloud_eip_address":
            key = _zone_of_address(resource, scope) or resource.id
        case "alicloud_eip_association":
            allocation_id = resource.attributes["allocation_id"]
            key = scope.eip_zones.get(allocation_id) or places[allocation_id].key
        case "alicloud_snat_entry":
            key = places[resource.attributes["source_vswitch_id"]].key
        case "alicloud_route_table_attachment":
            key = places[resource.attributes["vswitch_id"]].key
        case "alicloud_security_group_rule":
            key = rule_key(resource, scope)
        case "alicloud_ecs_key_pair":
            key = resource.name
        case "alicloud_security_group":
            key = None
        case _:
            key = 0  # of those that exist once or not at all
    return key


def _zone_of_address(resource: CloudResource, scope: Scope) -> str:
    """Return the zone an EIP is for, empty when nothing tells: it is about to be deleted then, whatever its address."""
    tagged = resource.tags.get(KEY_TAG, "")
    if tagged.startswith("eip/"):
        return tagged.removeprefix("eip/")
    position = _position(resource.name, f"{scope.technical_id}-eip-natgw-z")
    return scope.zones[position] if position is not None and position < len(scope.zones) else ""


def _position(name: str, beginning: str) -> int | None:
    """Return the zone's position that a name ends in, also where the name had to be cut."""
    names = (fit_name(f"{beginning}{number}", VPC_NAME_LIMIT) for number in range(_ZONES))
    return next((number for number, known in enumerate(names) if name == known), None)


def _pool_and_zone(resource: CloudResource, scope: Scope) -> tuple[str, str]:
    tagged = re.fullmatch(r"scaling-group/([^/]+)/([^/]+)", resource.tags.get(KEY_TAG, ""))
    if tagged:
        return tagged[1], tagged[2]
    # A pool that no manifest names any more: any address will do for what is going to be deleted.
    return scope.groups.get(resource.name, (resource.name, resource.id))
