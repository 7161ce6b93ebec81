"""The points at which a run can be killed: before and after every call that changes something."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

When = Literal["before", "after"]
_Item = TypeVar("_Item")
_KEY_TAG = "provisioner/key"
_GOLDEN = (5**0.5 - 1) / 2
_IDENTITY = (
    "VpcName",
    "VSwitchName",
    "Name",
    "SecurityGroupName",
    "ScalingGroupName",
    "SnatEntryName",
    "InstanceName",
    "KeyPairName",
    "Permissions.1.IpProtocol",
    "Permissions.1.PortRange",
    "IpProtocol",
    "PortRange",
    "ResourceType",
)
"""Parameters that identify a call in every run; ids do not, since they differ from run to run."""


@dataclass(frozen=True, slots=True)
class Point:
    """One call of a run, and the moment before or after it took effect."""

    action: str
    when: When
    match: tuple[tuple[str, str], ...] = ()
    """Parameters with their regular expressions, as the sandbox's stop takes them."""
    occurrence: int = 1
    label: str = ""

    @property
    def is_oss(self) -> bool:
        """Whether the call is one to the object store."""
        return self.action.isupper()

    def __str__(self) -> str:
        number = f"#{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.when} {self.action} {self.label}{number}".rstrip()

    def document(self, marker: Path) -> dict[str, Any]:
        """Return the content of the file that `PROVISION_SANDBOX_STOP` names."""
        return {
            "action": self.action,
            "when": self.when,
            "match": dict(self.match),
            "occurrence": self.occurrence,
            "marker": str(marker),
        }


def read_points(record: Path) -> list[Point]:
    """Return the points of a recorded run, in its order."""
    calls = [(line["action"], line["parameters"]) for line in map(json.loads, record.read_text().splitlines())]
    used: dict[str, set[str]] = {}
    for action, parameters in calls:
        used.setdefault(action, set()).update(parameters.keys() & set(_IDENTITY))
    seen: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
    points = []
    for action, parameters in calls:
        if action.isupper():
            match, label = _oss_identity(parameters)
        else:
            match, label = _identity(parameters, used[action])
        seen[action, match] += 1
        for when in ("before", "after"):
            points.append(Point(action, when, match, seen[action, match], label))
    return points


def mix(items: Sequence[_Item]) -> list[_Item]:
    """Return the items in an order whose every beginning is spread evenly over all, both sides of calls included."""
    order = sorted(range(len(items)), key=lambda index: index * _GOLDEN % 1)
    return [items[index] for index in order]


def _identity(parameters: Mapping[str, str], used: set[str]) -> tuple[tuple[tuple[str, str], ...], str]:
    given = {name: parameters.get(name, "") for name in _IDENTITY if name in used}
    given |= dict(_key_tag(parameters))
    # A missing parameter tells calls apart as well.
    match = tuple((name, f"^{re.escape(value)}$") for name, value in given.items())
    return match, " ".join(value for value in given.values() if value)


def _key_tag(parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if value == _KEY_TAG:
            # Terraform's maps have no order, so the number of a tag differs from run to run.
            yield "Tag.*.Value", parameters[name.removesuffix("Key") + "Value"]


def _oss_identity(parameters: Mapping[str, str]) -> tuple[tuple[tuple[str, str], ...], str]:
    key, body = parameters["Key"], parameters["Body"]
    kept = re.search(r"/provisioner/(\w+)/(state|lock)/\d+", key)
    if kept is None:
        return (("Key", f"^{re.escape(key)}$"),), key
    place = f"/provisioner/{kept[1]}/{kept[2]}/"
    event = re.search(r'"event": "(\w+)"', body) if kept[2] == "lock" else None
    if event is None:
        return (("Key", place),), f"{kept[1]} {kept[2]}"
    return (("Key", place), ("Body", re.escape(event[0]))), f"{kept[1]} {event[1]}"
