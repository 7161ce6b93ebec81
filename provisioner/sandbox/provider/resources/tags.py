"""Tags: in create calls, in separate calls, and in answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.sandbox.provider.calls import ECS, ESS, Connection
from provisioner.sandbox.provider.failures import Client
from provisioner.sandbox.provider.record import Record

_THE_CLOUDS_OWN = re.compile(r"^(aliyun|acs:|http://|https://)")
_UNTAG_ACTIONS = {ECS: "UntagResources", ESS: "UntagResources"}  # Vpc spells it UnTagResources


def tag_parameters(tags: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """Return the value of a `Tag` parameter; None when there is nothing to send."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())] if tags else None


def read_tags(entries: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Return the tags in an answer, without the cloud's own; products spell the keys differently."""
    tags = {}
    for entry in entries or ():
        prefix = "Tag" if "TagKey" in entry else ""
        tags[entry[f"{prefix}Key"]] = str(entry.get(f"{prefix}Value", ""))
    return {key: value for key, value in tags.items() if not _THE_CLOUDS_OWN.match(key)}


def change_tags(
    record: Record, connection: Connection, version: str, resource_type: str, client: Client = Client.TEA
) -> None:
    """Send the changes of the tags: untag removed and changed ones, then tag everything planned."""
    if not record.has_change("tags"):
        return
    before, after = record.before("tags"), record.get("tags")
    target = {"ResourceId": [record.id], "ResourceType": resource_type, "RegionId": connection.region}
    timeout = record.timeout_seconds("update")
    removed = sorted(key for key in before if before[key] != after.get(key) and not _THE_CLOUDS_OWN.match(key))
    if removed:
        connection.call(
            version,
            _UNTAG_ACTIONS.get(version, "UnTagResources"),
            {**target, "TagKey": removed},
            subject=record.id,
            client=client,
            timeout_seconds=timeout,
        )
    if after:
        connection.call(
            version,
            "TagResources",
            {**target, "Tag": tag_parameters(after)},
            subject=record.id,
            client=client,
            timeout_seconds=timeout,
        )


def nested(answer: Mapping[str, Any], container: str, item: str) -> list[Any]:
    """Return `answer[container][item]`; an empty list when either is missing."""
    inner = answer.get(container)
    return list(inner.get(item) or []) if isinstance(inner, Mapping) else []
