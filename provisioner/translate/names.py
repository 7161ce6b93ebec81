"""
Names and tags in the cloud: the Alicloud extension's own, so that its operators recognise every resource.

Source: gardener-extension-provider-alicloud pkg/controller/infrastructure/infraflow, read 2026-07.
"""

from __future__ import annotations

import hashlib

from provisioner.gardener.node_labels import untaggable_labels
from provisioner.ids import EntryName, TechnicalId

VPC_NAME_LIMIT = 128
"""VPC, vSwitch, NAT gateway, EIP and SNAT entry names (API documents of CreateVpc and its siblings, read 2026-11)."""
ECS_NAME_LIMIT = 128
"""Security group and key pair names (CreateSecurityGroup, ImportKeyPair, read 2026-11)."""
ESS_NAME_LIMIT = 64
"""Scaling group names (CreateScalingGroup, read 2026-11)."""
TAG_LIMIT = 128
"""Tag keys and values (TagResources of VPC, ECS and ESS, read 2026-11)."""

OWNER_TAG = "provisioner/owner"
"""Value: the entry name. It says which state a resource belongs to."""

CLUSTER_TAG_PREFIX = "kubernetes.io/cluster/"
"""Beginning of the key of every cluster's tag."""

_OWNER_MARK = "provisioner-owner_"
"""
Beginning of the description of objects that are tagged in a second call. The value of the owner tag follows, with
underscores for its dots: for an IPv6 gateway the provider takes only letters, digits, `_` and `-` (1.289.0), and no
name of an entry has an underscore.
"""

_HASH_CHARACTERS = 8


def fit_name(name: str, limit: int) -> str:
    """
    Return `name` if it has at most `limit` characters, else its beginning and 8 hex digits of its SHA-256.

    Two long names that differ only at the end stay different, and the same name always gives the same result.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_CHARACTERS]
    return f"{name[: limit - _HASH_CHARACTERS - 1]}-{digest}"


def cluster_tag(technical_id: TechnicalId) -> str:
    """Return the key of the tag that says which cluster a resource is for; its value is "1"."""
    return fit_name(f"{CLUSTER_TAG_PREFIX}{technical_id}", TAG_LIMIT)


def owner_value(entry_name: EntryName) -> str:
    """Return the value of the owner tag."""
    return fit_name(entry_name, TAG_LIMIT)


def owner_description(entry_name: EntryName) -> str:
    """Return the description that names the owner of an object from the call that creates it."""
    return _OWNER_MARK + owner_value(entry_name).replace(".", "_")


def described_owner(description: str) -> str | None:
    """Return the value of the owner tag that a description stands for, or None if it is not one of ours."""
    mark, value = description[: len(_OWNER_MARK)], description[len(_OWNER_MARK) :]
    return value.replace("_", ".") if mark == _OWNER_MARK and value else None


def cluster_tags(technical_id: TechnicalId, entry_name: EntryName) -> dict[str, str]:
    """Return the tags that every taggable resource of the shoot carries; `Name` and the logical key come on top."""
    return {cluster_tag(technical_id): "1", OWNER_TAG: owner_value(entry_name)}


def instance_tags(technical_id: TechnicalId, entry_name: EntryName, labels: dict[str, str]) -> dict[str, str]:
    """
    Return the tags of a pool's instances: cluster, role, owner, and the labels that have a value.

    A label that ECS takes for no tag is left out, and so is what goes beyond the number of tags; `untaggable_labels`
    names them.

    Source: gardener-extension-provider-alicloud pkg/controller/worker/machines.go, read 2026-07.
    """
    own = {
        fit_name(f"kubernetes.io/role/worker/{technical_id}", TAG_LIMIT): "1",
        **cluster_tags(technical_id, entry_name),
    }
    dropped = set(untaggable_labels(labels))
    chosen = {
        fit_name(key, TAG_LIMIT): fit_name(value, TAG_LIMIT)
        for key, value in labels.items()
        if value and key not in dropped
    }
    return {**chosen, **own}


def name_prefix(technical_id: TechnicalId) -> str:
    """Return what every name of the shoot's scaling groups and EIPs begins with, also where it had to be cut."""
    # fit_name cuts a scaling group's name first, at 55 characters before the hash.
    return f"{technical_id}-"[: ESS_NAME_LIMIT - 9]
