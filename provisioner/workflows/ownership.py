"""
Whose an object of the cloud is, and which address of the root modules it belongs to.

An object is the shoot's if it carries the shoot's owner tag, or if it carries no tag of any owner yet, has exactly the
name and the parent that a run gives it, and was created after the first run began that did not end clean. What cannot
be tagged is the shoot's through its parents. Everything else is somebody else's until an operator says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from provisioner.cloud import CloudResource, Inventory
from provisioner.state.document import Address, Instance
from provisioner.translate.names import ESS_NAME_LIMIT, OWNER_TAG, VPC_NAME_LIMIT, cluster_tag, fit_name, owner_value
from provisioner.workflows.session import INFRASTRUCTURE, WORKER

KEY_TAG: Final = "provisioner/key"
_NETWORK: Final = "module.infrastructure"
NAMES: Final = {
    "alicloud_vpc": "this",
    "alicloud_vswitch": "nodes",
    "alicloud_nat_gateway": "this",
    "alicloud_eip_address": "nat",
    "alicloud_eip_association": "nat",
    "alicloud_snat_entry": "nodes",
    "alicloud_security_group": "nodes",
    "alicloud_security_group_rule": "ingress",
    "alicloud_ecs_key_pair": "nodes",
}
"""Name of each resource in the infrastructure module."""

DEPENDENCIES: Final[Mapping[str, tuple[str, ...]]] = {
    "alicloud_vswitch": ("alicloud_vpc",),
    "alicloud_nat_gateway": ("alicloud_vpc", "alicloud_vswitch"),
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

_TAGGED_LATER: Final = frozenset(
    {"alicloud_vswitch", "alicloud_nat_gateway", "alicloud_eip_address", "alicloud_ess_scaling_group"}
)
"""Types that the provider creates first and tags in a second call."""
_CLOCK_DIFFERENCE: Final = timedelta(minutes=2)
"""Between the object store's clock, which says when a run began, and the services' own."""
_EIP_NAME = re.compile(r"-eip-natgw-z(\d+)$")


@dataclass(frozen=True, slots=True)
class Scope:
    """The shoot that is looked for, and what its manifests say about names."""

    technical_id: str
    entry_name: str
    zones: tuple[str, ...] = ()
    """The infrastructure's zones at their original positions, which are part of names."""
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Pool and zone by the name of their scaling group."""
    vpc_ids: AbstractSet[str] = frozenset()
    """VPCs that are the shoot's, or used by it, whatever they are tagged with."""
    unclean_since: datetime | None = None
    """When the first run began that may have left something behind; None if none did."""
    recorded: AbstractSet[tuple[str, str]] = frozenset()
    """Type and id of what a run has noted in a state that never got into the log."""
    includes_unproven: bool = False
    """Whether what has the right name or cluster tag but no proof counts as the shoot's: the operator says so."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An object that is the shoot's and in no state."""

    resource: CloudResource
    root: str
    address: Address
    is_surplus: bool
    """Whether the address has another object already, so that this one has to go."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What was found of a shoot beyond its states."""

    claims: tuple[Claim, ...]
    strangers: tuple[CloudResource, ...]
    """What looks like the shoot's without proof. It is left alone."""


def decide_ownership(inventory: Inventory, scope: Scope, states: Mapping[str, tuple[Instance, ...]]) -> Ownership:
    """Return whose the found objects are; `states` has the managed instances by root."""
    known = {(instance.address.type, instance.id) for instances in states.values() for instance in instances}
    ours = {resource.id: resource for resource in inventory if (resource.type, resource.id) in known}
    vpcs = {resource.id for resource in ours.values() if resource.type == "alicloud_vpc"} | set(scope.vpc_ids)
    found: dict[tuple[str, Address], list[CloudResource]] = {}
    strangers: list[CloudResource] = []
    places: dict[str, Address] = {
        instance.id: instance.address for instances in states.values() for instance in instances
    }
    for resource in inventory:
        is_known = (resource.type, resource.id) in known
        if not is_known and not _is_ours(resource, scope, vpcs, places):
            if _looks_like_ours(resource, scope, vpcs):
                strangers.append(resource)
            continue
        address = places[resource.id] if is_known else _address(resource, scope, places)
        if resource.type == "alicloud_vpc":
            vpcs.add(resource.id)
        if not is_known:
            places[resource.id] = address
            root = WORKER if address.module.startswith("module.worker_pool") else INFRASTRUCTURE
            found.setdefault((root, address), []).append(resource)
    return Ownership(tuple(_claims(found, inventory, states)), tuple(strangers))


def _claims(
    found: Mapping[tuple[str, Address], list[CloudResource]],
    inventory: Inventory,
    states: Mapping[str, tuple[Instance, ...]],
) -> Iterator[Claim]:
    existing = {(resource.type, resource.id) for resource in inventory}
    parents = {resource.parent for resource in inventory} | {
        str(resource.attributes.get("allocation_id", "")) for resource in inventory
    }
    for (root, address), resources in found.items():
        # A state whose object is gone has nothing at this address: what was found takes its place.
        is_taken = any(
            instance.address == address and not instance.is_deposed and (address.type, instance.id) in existing
            for instance in states.get(root, ())
        )
        ranked = sorted(
            resources,
            key=lambda resource: (
                not resource.facts.get("is_active", False),
                resource.id not in parents,
                resource.created.timestamp() if resource.created else 0.0,
                resource.id,
            ),
        )
        for number, resource in enumerate(ranked):
            yield Claim(resource, root, address, is_surplus=is_taken or number > 0)


def _is_ours(resource: CloudResource, scope: Scope, vpcs: AbstractSet[str], places: Mapping[str, Address]) -> bool:
    if resource.type in _CHILDREN:
        return resource.parent in places and _CHILDREN[resource.type](resource, places)
    owner = resource.tags.get(OWNER_TAG)
    if owner is not None:
        return owner == owner_value(scope.entry_name)
    if (resource.type, resource.id) in scope.recorded:
        return True
    if scope.includes_unproven:
        return _looks_like_ours(resource, scope, vpcs)
    return _is_fresh(resource, scope, vpcs)


def _is_fresh(resource: CloudResource, scope: Scope, vpcs: AbstractSet[str]) -> bool:
    """Return whether a run created it and came no further: no tag yet, exact name and parent, and new enough."""
    if resource.type not in _TAGGED_LATER or resource.tags or not _has_our_name(resource, scope, vpcs):
        return False
    if resource.type != "alicloud_eip_address" and resource.parent not in vpcs:
        return False
    since = scope.unclean_since
    return since is not None and resource.created is not None and resource.created >= since - _CLOCK_DIFFERENCE


def _is_our_binding(resource: CloudResource, places: Mapping[str, Address]) -> bool:
    return resource.attributes["allocation_id"] in places


def _is_our_entry(resource: CloudResource, places: Mapping[str, Address]) -> bool:
    return resource.attributes["source_vswitch_id"] in places


def _is_our_rule(resource: CloudResource, places: Mapping[str, Address]) -> bool:
    return rule_key(resource.attributes) is not None


def _is_our_configuration(resource: CloudResource, places: Mapping[str, Address]) -> bool:
    return True


_CHILDREN: Final = {
    "alicloud_eip_association": _is_our_binding,
    "alicloud_snat_entry": _is_our_entry,
    "alicloud_security_group_rule": _is_our_rule,
    "alicloud_ess_scaling_configuration": _is_our_configuration,
}
"""What cannot be tagged: by type, what makes it the shoot's beyond having a parent that is."""


def rule_key(attributes: Mapping[str, object]) -> str | None:
    """Return the key that the infrastructure module gives such a rule, or None if it makes none like it."""
    protocol, ports = attributes["ip_protocol"], str(attributes["port_range"])
    if attributes["policy"] != "accept" or attributes["priority"] != 1:
        return None
    if (protocol, ports) == ("all", "-1/-1"):
        return "all-pods"
    if protocol == "tcp" and ports == "30000/32767" and attributes["cidr_ip"] == "0.0.0.0/0":
        return "tcp-30000-32767"
    if protocol in ("tcp", "udp") and ports in ("1/22", "24/513", "515/65535"):
        return f"{protocol}-{ports.replace('/', '-')}"
    return None


def _looks_like_ours(resource: CloudResource, scope: Scope, vpcs: AbstractSet[str]) -> bool:
    """Return whether an object without proof could be the shoot's: it has the cluster's tag or one of its names."""
    if resource.type in _CHILDREN or resource.tags.get(OWNER_TAG, owner_value(scope.entry_name)) != owner_value(
        scope.entry_name
    ):
        return False
    return cluster_tag(scope.technical_id) in resource.tags or _has_our_name(resource, scope, vpcs)


def _has_our_name(resource: CloudResource, scope: Scope, vpcs: AbstractSet[str]) -> bool:
    base, name = scope.technical_id, resource.name
    match resource.type:
        case "alicloud_vpc":
            return name == fit_name(f"{base}-vpc", VPC_NAME_LIMIT)
        case "alicloud_vswitch":
            return name == fit_name(f"{base}-{resource.zone}-vsw", VPC_NAME_LIMIT)
        case "alicloud_nat_gateway":
            return name == fit_name(f"{base}-natgw", VPC_NAME_LIMIT)
        case "alicloud_eip_address":
            return re.fullmatch(rf"{re.escape(base)}-eip-natgw-z\d+", name) is not None
        case "alicloud_ess_scaling_group":
            # The pool of a group that no manifest names any more is not known.
            return name in scope.groups or (name.startswith(name_prefix(base)) and resource.parent in vpcs)
    return False


def name_prefix(technical_id: str) -> str:
    """Return what every name of the shoot's scaling groups and EIPs begins with, also where it had to be cut."""
    # fit_name cuts a scaling group's name first, at 55 characters before the hash.
    return f"{technical_id}-"[: ESS_NAME_LIMIT - 9]


def _address(resource: CloudResource, scope: Scope, places: Mapping[str, Address]) -> Address:
    kind = resource.type
    if kind == "alicloud_ess_scaling_group":
        pool, zone = _pool_and_zone(resource, scope)
        return Address(f"module.worker_pool[{_quoted(pool)}]", kind, "nodes", zone)
    if kind == "alicloud_ess_scaling_configuration":
        group = places[resource.parent]
        return Address(group.module, kind, "nodes", group.key)
    return Address(_NETWORK, kind, NAMES[kind], _key(resource, scope, places))


def _key(resource: CloudResource, scope: Scope, places: Mapping[str, Address]) -> str | int | None:
    match resource.type:
        case "alicloud_vswitch":
            key: str | int | None = resource.zone
        case "alicloud_eip_address":
            key = _zone_of_address(resource, scope) or resource.id
        case "alicloud_eip_association":
            key = places[resource.attributes["allocation_id"]].key
        case "alicloud_snat_entry":
            key = places[resource.attributes["source_vswitch_id"]].key
        case "alicloud_security_group_rule":
            key = rule_key(resource.attributes)
        case "alicloud_ecs_key_pair":
            key = resource.name
        case _:
            key = None
    return key


def _zone_of_address(resource: CloudResource, scope: Scope) -> str:
    """Return the zone an EIP is for, empty when nothing tells: it is about to be deleted then, whatever its address."""
    _, _, zone = resource.tags.get(KEY_TAG, "").partition("eip/")
    number = _EIP_NAME.search(resource.name)
    if not zone and number and int(number[1]) < len(scope.zones):
        zone = scope.zones[int(number[1])]
    return zone


def _pool_and_zone(resource: CloudResource, scope: Scope) -> tuple[str, str]:
    tagged = re.fullmatch(r"scaling-group/([^/]+)/([^/]+)", resource.tags.get(KEY_TAG, ""))
    if tagged:
        return tagged[1], tagged[2]
    # A pool that no manifest names any more: any address will do for what is going to be deleted.
    return scope.groups.get(resource.name, (resource.name, resource.id))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
