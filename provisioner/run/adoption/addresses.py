"""
Finds the address in the root modules for an object of the cloud, from its name, its tags and its parents.

Every name here is one that `translate` gives. Another module (`ownership`) decides what such a name proves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from provisioner.cloud import CloudResource
from provisioner.run.adoption.scope import Scope
from provisioner.tfstate import Address
from provisioner.translate.names import ESS_NAME_LIMIT, name_prefix
from provisioner.translate.resource_types import (
    EIP,
    KEY_TAG,
    RESOURCE_TYPES,
    SCALING_CONFIGURATION,
    SCALING_GROUP,
    Name,
    module_of,
)

_ANY_IPV4: Final = "0.0.0.0/0"
_ANY_IPV6: Final = "::/0"
_ZONES: Final = 26
"""How many zones a region can have: their names are letters."""


def has_our_name(resource: CloudResource, scope: Scope) -> bool:
    """Return whether an object has exactly the name that a run gives to one of its type."""
    name = RESOURCE_TYPES[resource.type].name
    if name is None:
        return False
    if name.has("position"):
        return _position(resource.name, name, scope) is not None
    if name.has("pool"):
        # The pool of a group is unknown if no manifest names it any more.
        return resource.name in scope.groups or resource.name.startswith(name_prefix(scope.technical_id))
    return resource.name == name.make(scope.technical_id, zone=resource.zone)


def is_group_name(name: str, zone: str, scope: Scope) -> bool:
    """Return whether a scaling group in a zone has the name of one of the shoot's pools there, or of a former pool."""
    if name in scope.groups:
        return scope.groups[name][1] == zone
    begin, end = f"{scope.technical_id}-", f"-{zone}"
    if name.startswith(begin) and name.endswith(end) and len(name) > len(begin) + len(end):
        return True
    # A name that was too long ends in a hash instead of the zone.
    cut = f"{re.escape(name_prefix(scope.technical_id))}.*-[0-9a-f]{{8}}"
    return len(name) == ESS_NAME_LIMIT and re.fullmatch(cut, name) is not None


def is_default_route(resource: CloudResource) -> bool:
    """Return whether a route is a default route, like those that the modules make."""
    return resource.attributes["destination_cidrblock"] in (_ANY_IPV4, _ANY_IPV6)


def address_of(resource: CloudResource, scope: Scope, places: Mapping[str, Address]) -> Address:
    """Return the address for an object of the shoot; `places` has the addresses of its parents, by id."""
    row = RESOURCE_TYPES[resource.type]
    if row is SCALING_GROUP:
        pool, zone = _pool_and_zone(resource, scope)
        return Address(module_of(row.root, pool), row.type, row.labels[0], zone)
    if row is SCALING_CONFIGURATION:
        group = places[resource.parent]
        return Address(group.module, row.type, row.labels[0], group.key)
    label = "ipv6" if resource.attributes.get("destination_cidrblock") == _ANY_IPV6 else row.labels[0]
    return Address(module_of(row.root), row.type, label, _key(resource, scope, places))


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
        # The same ports for another range are a rule of the user's own.
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
            key = 0  # types with at most one object
    return key


def _zone_of_address(resource: CloudResource, scope: Scope) -> str:
    """Return the zone of an EIP; empty if it is unknown, because then a run deletes the EIP at any address."""
    tagged = EIP.read_key(resource.tags.get(KEY_TAG, ""))
    if tagged:
        return tagged["zone"]
    assert EIP.name is not None
    position = _position(resource.name, EIP.name, scope)
    return scope.zones[position] if position is not None and position < len(scope.zones) else ""


def _position(name: str, rule: Name, scope: Scope) -> int | None:
    """Return the zone's position at the end of a name, even if the name was too long and had to be cut."""
    names = (rule.make(scope.technical_id, position=number) for number in range(_ZONES))
    return next((number for number, known in enumerate(names) if name == known), None)


def _pool_and_zone(resource: CloudResource, scope: Scope) -> tuple[str, str]:
    tagged = SCALING_GROUP.read_key(resource.tags.get(KEY_TAG, ""))
    if tagged:
        return tagged["pool"], tagged["zone"]
    # A pool that no manifest names any more: a run is about to delete the group, so any address will do.
    return scope.groups.get(resource.name, (resource.name, resource.id))
