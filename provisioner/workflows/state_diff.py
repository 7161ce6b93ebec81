"""State diff: what changed from one version of a state to another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from provisioner.errors import StateError
from provisioner.state import StateVersion
from provisioner.state.document import state_instances
from provisioner.workflows.sensitive import MASK, sensitive_names
from provisioner.workflows.session import Session


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource instance that is not the same in both versions."""

    address: str
    action: Literal["added", "removed", "changed"]
    attributes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Of one that changed: old and new value by attribute."""


@dataclass(frozen=True, slots=True)
class StateDiff:
    """The way from one version to another."""

    root: str
    before: StateVersion | None
    """None: what was there before cannot be read."""
    after: StateVersion
    changes: tuple[ResourceChange, ...]

    def count(self, action: str) -> int:
        """Return how many resources were `added`, `removed` or `changed`."""
        return sum(change.action == action for change in self.changes)


def diff_versions(session: Session, root: str, before: int, after: int | None, *, reveal: bool) -> StateDiff:
    """
    Return what changed from version `before` to version `after`, or to the newest.

    Raises:
        StateError: one of them is missing or cannot be read.
    """
    log = session.log(root)
    newest = log.newest() if after is None else log.read(after)
    if newest is None:
        raise StateError(f"there is no {root} state", object=log.describe(), type="NotFound")
    return make_diff(root, log.read(before), newest, reveal=reveal)


def make_diff(root: str, before: StateVersion | None, after: StateVersion, *, reveal: bool) -> StateDiff:
    """Return what changed between two versions; without the first one everything was added."""
    return StateDiff(root, before, after, diff_states(_state(before), _state(after), reveal=reveal))


def diff_states(before: Mapping[str, Any], after: Mapping[str, Any], *, reveal: bool) -> tuple[ResourceChange, ...]:
    """Return the changes in the order of their addresses; sensitive values are masked unless `reveal`."""
    old, new = instances_by_address(before), instances_by_address(after)
    changes: list[ResourceChange] = []
    for address in sorted(old.keys() | new.keys()):
        if address not in old:
            changes.append(ResourceChange(address, "added"))
        elif address not in new:
            changes.append(ResourceChange(address, "removed"))
        elif comparable(old[address]) != comparable(new[address]):
            attributes = _attributes(old[address], new[address], reveal=reveal)
            changes.append(ResourceChange(address, "changed", attributes))
    return tuple(changes)


def instances_by_address(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what a state holds of each managed object; one that waits for its deletion is named as such."""
    found: dict[str, Mapping[str, Any]] = {}
    for instance in state_instances(state):
        deposed = f" (deposed {instance.content['deposed']})" if instance.is_deposed else ""
        found[f"{instance.address}{deposed}"] = instance.content
    return found


def comparable(instance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what counts as a change: not what the provider keeps for itself, nor what is marked sensitive."""
    status = instance.get("status")
    return {**(instance.get("attributes") or {}), **({"(status)": status} if status else {})}


def _attributes(old: Mapping[str, Any], new: Mapping[str, Any], *, reveal: bool) -> dict[str, tuple[Any, Any]]:
    sensitive = set() if reveal else sensitive_names(old) | sensitive_names(new)
    before, after = comparable(old), comparable(new)
    changed: dict[str, tuple[Any, Any]] = {}
    for name in sorted(before.keys() | after.keys()):
        pair = before.get(name), after.get(name)
        if pair[0] != pair[1]:
            masked = tuple(MASK if name in sensitive and value is not None else value for value in pair)
            changed[name] = (masked[0], masked[1])
    return changed


def _state(version: StateVersion | None) -> dict[str, Any]:
    return {} if version is None else dict(json.loads(version.body))
