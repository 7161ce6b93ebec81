"""
Keeps the tags that users and other programs gave to a shoot's resources.

The provider replaces all tags of a resource at once, so a plan removes each tag that the configuration does not name.
`render` writes the tags of the last state into the configuration. A plan that still updates a resource may do so for a
tag that came or went since then, so the run asks the cloud for the tags of these resources only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from provisioner.cloud import CloudClient
from provisioner.cloud.resource import tags_by_id
from provisioner.ids import TechnicalId
from provisioner.tfstate import Address, Instance, State, StateDocument
from provisioner.translate.names import OWNER_TAG, cluster_tag
from provisioner.translate.resource_types import KEY_TAG, RESOURCE_TYPES

KeptTags = dict[str, dict[str, str]]
"""Tags by the logical key of their resource."""

_HIDDEN: Final = re.compile(r"aliyun|acs:|https?://", re.IGNORECASE)
"""Keys that the provider never shows; it would add them in each plan if the configuration named them (1.289.0)."""


def known_tags(state: State, technical_id: TechnicalId) -> KeptTags:
    """Return the foreign tags of everything in a state."""
    return {
        _key(instance.address): kept
        for instance in _tagged(state)
        if (kept := _foreign(instance.attributes.get("tags"), technical_id))
    }


def current_tags(
    client: CloudClient, state: State, technical_id: TechnicalId, addresses: Collection[str]
) -> dict[Address, dict[str, str]]:
    """
    Return the foreign tags of a state's resources at `addresses`, as they are in the cloud now.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    found: dict[Address, dict[str, str]] = {}
    wanted = [instance for instance in _tagged(state) if str(instance.address) in addresses]
    for row in RESOURCE_TYPES.values():
        ids = {instance.id: instance.address for instance in wanted if instance.address.type == row.type}
        tags = tags_by_id(client, *row.tag_kind, list(ids)) if row.tag_kind else {}
        found |= {address: _foreign(tags.get(id), technical_id) for id, address in ids.items()}
    return found


def merge(known: KeptTags, current: Mapping[Address, dict[str, str]]) -> KeptTags:
    """Return the tags to keep: the `current` ones, and the `known` ones of resources that are not among these."""
    merged = {**known, **{_key(address): tags for address, tags in current.items()}}
    return {key: tags for key, tags in merged.items() if tags}


def remember(document: StateDocument, current: Mapping[Address, dict[str, str]], technical_id: TechnicalId) -> None:
    """Write the current tags into a state, so that the next plan knows them."""
    for instance in document.state.instances():
        if instance.address not in current or instance.is_deposed or instance.is_tainted:
            continue
        tags = instance.attributes.get("tags") or {}
        own = {name: value for name, value in tags.items() if _is_ours(name, technical_id)}
        document.complete(instance, {"tags": own | current[instance.address]})


def _tagged(state: State) -> list[Instance]:
    return [
        instance
        for instance in state.instances()
        if (row := RESOURCE_TYPES.get(instance.address.type)) is not None
        and row.can_be_tagged
        and instance.id
        and not instance.is_deposed
    ]


def _key(address: Address) -> str:
    """Return the value that the modules give the tag `provisioner/key`."""
    return RESOURCE_TYPES[address.type].key_of(address)


def _foreign(tags: Mapping[str, str] | None, technical_id: TechnicalId) -> dict[str, str]:
    return {
        name: value
        for name, value in (tags or {}).items()
        if not _is_ours(name, technical_id) and not _HIDDEN.match(name)
    }


def _is_ours(name: str, technical_id: TechnicalId) -> bool:
    return name in ("Name", KEY_TAG, OWNER_TAG, cluster_tag(technical_id))
