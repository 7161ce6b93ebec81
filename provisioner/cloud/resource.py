"""One object of the cloud, and how to read its tags and its age from the services' answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from provisioner.cloud.client import CloudClient
from provisioner.cloud.endpoints import Product
from provisioner.cloud.scaling import IDS_PER_CALL

_GOING: Final = frozenset({"Deleting", "Deleted", "Releasing"})


@dataclass(frozen=True, slots=True)
class CloudResource:
    """One object of the cloud that terraform could manage."""

    type: str
    """Terraform's resource type, for example `alicloud_vswitch`."""
    id: str
    """The id that terraform knows it by, as the provider documents it for `import`."""
    name: str = ""
    parent: str = ""
    """Id of the VPC, NAT gateway, security group or scaling group it is in; empty for what stands alone."""
    zone: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    """None where the service does not tell."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of the resource type that are known from finding it; its required ones are among them."""
    status: str = ""
    """As the service's listing tells it; empty where it tells none."""
    holds: tuple[str, ...] = ()
    """The objects in or on it, as its own answer lists them: ids, or a count for objects without ids."""
    description: str = ""
    """As far as the service's listing has it; read where it names an object's owner."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Further facts, which depend on the type."""

    @property
    def is_going(self) -> bool:
        """Whether the service is deleting it already."""
        return self.status in _GOING


def tags_by_id(client: CloudClient, product: Product, kind: str, ids: list[str]) -> dict[str, dict[str, str]]:
    """Return the tags of objects whose own answer does not carry them."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(ids), IDS_PER_CALL):
        batch = ids[start : start + IDS_PER_CALL]
        given = {"ResourceType": kind, **{f"ResourceId.{number}": id for number, id in enumerate(batch, 1)}}
        while True:
            answer = client.call(product, "ListTagResources", given)
            for row in answer["TagResources"]["TagResource"]:
                found.setdefault(row["ResourceId"], {})[row["TagKey"]] = row["TagValue"]
            if not answer.get("NextToken"):
                break
            given = {**given, "NextToken": answer["NextToken"]}
    return found


def row_tags(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an answer's row, whose spelling differs between products."""
    return {
        str(tag.get("Key", tag.get("TagKey", ""))): str(tag.get("Value", tag.get("TagValue", "")))
        for tag in (row.get("Tags") or {}).get("Tag") or ()
    }


def row_time(row: Mapping[str, Any], key: str) -> datetime | None:
    """Return the time that an answer tells; the services leave the seconds out here and there."""
    text = str(row.get(key) or "")
    for pattern in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
