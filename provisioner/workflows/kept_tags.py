"""
Tags that somebody else gave to a shoot's resources: a plan leaves them as they are.

The provider takes the tags of a resource as a whole, so a plan removes each that the configuration does not name. What
the last state tells is named there beforehand. A plan that changes something all the same may be about a tag that came
or went since then; only for what it changes is the cloud asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from provisioner.cloud import CloudClient
from provisioner.cloud.client import Product
from provisioner.cloud.resource import tags_by_id
from provisioner.state.document import Address, Instance, StateDocument, state_instances
from provisioner.translate.names import OWNER_TAG, cluster_tag
from provisioner.workflows.places import KEY_TAG, pool_of

KeptTags = dict[str, dict[str, str]]
"""Tags by the logical key of their resource."""

_KINDS: Final[Mapping[str, tuple[Product, str, str]]] = {
    "alicloud_vpc": ("vpc", "VPC", "vpc"),
    "alicloud_vswitch": ("vpc", "VSWITCH", "vswitch"),
    "alicloud_nat_gateway": ("vpc", "NATGATEWAY", "nat-gateway"),
    "alicloud_eip_address": ("vpc", "EIP", "eip"),
    "alicloud_route_table": ("vpc", "ROUTETABLE", "route-table"),
    "alicloud_vpc_ipv6_gateway": ("vpc", "IPV6GATEWAY", "ipv6-gateway"),
    "alicloud_security_group": ("ecs", "securitygroup", "security-group"),
    "alicloud_ecs_key_pair": ("ecs", "keypair", "key-pair"),
    "alicloud_ess_scaling_group": ("ess", "scalinggroup", "scaling-group"),
}
"""Product and resource type of its tags, and how the logical key begins; of every type that has tags of its own."""
_PER_ZONE: Final = ("alicloud_vswitch", "alicloud_eip_address")
_HIDDEN: Final = re.compile(r"aliyun|acs:|https?://", re.IGNORECASE)
"""Keys that the provider never shows, and would add in each plan if they were named (provider 1.289.0)."""


def known_tags(state: Mapping[str, Any], technical_id: str) -> KeptTags:
    """Return somebody else's tags of everything in a state."""
    return {
        _key(instance.address): kept
        for instance in _tagged(state)
        if (kept := _foreign((instance.content.get("attributes") or {}).get("tags"), technical_id))
    }


def current_tags(
    client: CloudClient, state: Mapping[str, Any], technical_id: str, addresses: Collection[str]
) -> dict[Address, dict[str, str]]:
    """
    Return somebody else's tags of what a state has at `addresses`, as the cloud tells them now.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    found: dict[Address, dict[str, str]] = {}
    wanted = [instance for instance in _tagged(state) if str(instance.address) in addresses]
    for type, (product, kind, _) in _KINDS.items():
        ids = {instance.id: instance.address for instance in wanted if instance.address.type == type}
        tags = tags_by_id(client, product, kind, list(ids))
        found |= {address: _foreign(tags.get(id), technical_id) for id, address in ids.items()}
    return found


def merge(known: KeptTags, current: Mapping[Address, dict[str, str]]) -> KeptTags:
    """Return what is to be kept by what was known and what is there now."""
    merged = {**known, **{_key(address): tags for address, tags in current.items()}}
    return {key: tags for key, tags in merged.items() if tags}


def remember(document: StateDocument, current: Mapping[Address, dict[str, str]], technical_id: str) -> None:
    """Write into a state what is there now, so that the next plan knows it."""
    for instance in list(document.instances()):
        if instance.address not in current or instance.is_deposed or instance.is_tainted:
            continue
        tags = (instance.content.get("attributes") or {}).get("tags") or {}
        own = {name: value for name, value in tags.items() if _is_ours(name, technical_id)}
        document.complete(instance, {"tags": own | current[instance.address]})


def _tagged(state: Mapping[str, Any]) -> list[Instance]:
    return [it for it in state_instances(state) if it.address.type in _KINDS and it.id and not it.is_deposed]


def _key(address: Address) -> str:
    """Return the value that the modules give the tag `provisioner/key`."""
    beginning = _KINDS[address.type][2]
    pool = pool_of(address)
    if pool is not None:
        return f"{beginning}/{pool}/{address.key}"
    return f"{beginning}/{address.key}" if address.type in _PER_ZONE else beginning


def _foreign(tags: Mapping[str, str] | None, technical_id: str) -> dict[str, str]:
    return {
        name: value
        for name, value in (tags or {}).items()
        if not _is_ours(name, technical_id) and not _HIDDEN.match(name)
    }


def _is_ours(name: str, technical_id: str) -> bool:
    return name in ("Name", KEY_TAG, OWNER_TAG, cluster_tag(technical_id))
