"""Compares two states."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from provisioner.tfstate.sensitive import MASK, sensitive_names
from provisioner.tfstate.state import Instance, State


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource instance that is not the same in both states."""

    address: str
    action: Literal["added", "removed", "changed"]
    attributes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """Of one that changed: old and new value by attribute."""


def diff_states(before: State, after: State, *, reveal: bool) -> tuple[ResourceChange, ...]:
    """Return the changes in the order of their addresses; sensitive values are masked unless `reveal`."""
    old, new = ({instance.label: instance for instance in state.instances()} for state in (before, after))
    changes: list[ResourceChange] = []
    for address in sorted(old.keys() | new.keys()):
        if address not in old:
            changes.append(ResourceChange(address, "added"))
        elif address not in new:
            changes.append(ResourceChange(address, "removed"))
        elif _comparable(old[address]) != _comparable(new[address]):
            attributes = _attributes(old[address], new[address], reveal=reveal)
            changes.append(ResourceChange(address, "changed", attributes))
    return tuple(changes)


def digest_instances(state: State) -> dict[str, str]:
    """
    Return a digest of each object in a state by its address: equal ones differ in nothing that `diff_states` shows.

    Raises:
        StateError: the state is not built as terraform builds one.
    """
    return {
        instance.label: hashlib.sha256(json.dumps(_comparable(instance), sort_keys=True).encode()).hexdigest()
        for instance in state.instances()
    }


def _comparable(instance: Instance) -> dict[str, Any]:
    """Return the attributes that count as a change, without the provider's private data and sensitive values."""
    return {**instance.attributes, **({"(status)": instance.status} if instance.status else {})}


def _attributes(old: Instance, new: Instance, *, reveal: bool) -> dict[str, tuple[Any, Any]]:
    sensitive = set() if reveal else sensitive_names(old) | sensitive_names(new)
    before, after = _comparable(old), _comparable(new)
    changed: dict[str, tuple[Any, Any]] = {}
    for name in sorted(before.keys() | after.keys()):
        pair = before.get(name), after.get(name)
        if pair[0] != pair[1]:
            masked = tuple(MASK if name in sensitive and value is not None else value for value in pair)
            changed[name] = (masked[0], masked[1])
    return changed
