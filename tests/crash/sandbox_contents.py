"""Reads what a sandbox holds: by name, to compare two sandboxes, or by id, to follow one object."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.sandbox.cloud.resource import COUNTED_KINDS, INHERENT, Resource
from provisioner.sandbox.sandbox import open_cloud
from tests.e2e.conftest import ENTRY, finish_rolling

_OWNER_TAG = "provisioner/owner"
_TAGGED = frozenset({"vpc", "vswitch", "nat_gateway", "eip", "security_group", "key_pair", "scaling_group"})

Key = tuple[str, str, str, str]
"""Kind, account, region and id of a resource."""


@dataclass
class Contents:
    """Resources by type and name."""

    resources: Counter[tuple[str, str]] = field(default_factory=Counter)
    unowned: list[str] = field(default_factory=list)
    """Resources without the owner tag of the shoot."""

    def surplus(self, expected: Contents) -> list[str]:
        """Return what exists and is not expected."""
        return [
            f"{kind} {name}"
            for (kind, name), number in (self.resources - expected.resources).items()
            for _ in range(number)
            if (kind, name) not in expected.resources
        ]

    def doubles(self, expected: Contents) -> list[str]:
        """Return what exists more often than expected."""
        return [
            f"{kind} {name}: {self.resources[kind, name]} instead of {number}"
            for (kind, name), number in expected.resources.items()
            if self.resources[kind, name] > number
        ]

    def missing(self, expected: Contents) -> list[str]:
        """Return what is expected and does not exist."""
        return [f"{kind} {name}" for kind, name in expected.resources - self.resources]


def read_contents(folder: Path) -> Contents:
    """Return what the sandbox in `folder` holds, by type and name."""
    cloud = open_cloud(folder, environment={})
    contents = Contents()
    try:
        finish_rolling(cloud)
        groups = {group.id: group.name for group in cloud.resources("scaling_group")}
        for kind in COUNTED_KINDS:
            for resource in cloud.resources(kind):
                if resource.document.get(INHERENT):
                    continue
                parent = resource.document.get("ScalingGroupId") or resource.parent
                contents.resources[kind, _name(resource, groups.get(parent, ""))] += 1
                if resource.document.get("LifecycleState") == "Active" and kind == "scaling_group":
                    contents.resources["enabled", resource.name] += 1
                tags = resource.document.get("Tags", {})
                if kind in _TAGGED and tags.get(_OWNER_TAG) != ENTRY:
                    contents.unowned.append(f"{kind} {resource.id} {resource.name}")
    finally:
        cloud.close()
    return contents


def _name(resource: Resource, group: str) -> str:
    document = resource.document
    if resource.kind in ("scaling_configuration", "instance"):
        return f"of {group}"
    if resource.kind == "security_group_rule":
        return f"{document['IpProtocol']} {document['PortRange']} {document['Cidr']}"
    return resource.name


def read_resources(folder: Path) -> dict[Key, Resource]:
    """Return everything that the sandbox in `folder` holds, what the cloud adds by itself included."""
    with closing(open_cloud(folder, environment={})) as cloud:
        finish_rolling(cloud)
        return {
            (found.kind, found.account, found.region, found.id): found
            for kind in COUNTED_KINDS
            for found in cloud.resources(kind)
        }
