"""What the verbs of `provision state` report, as documents and as lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from provisioner.reports.text import to_table

if TYPE_CHECKING:
    from provisioner.state import LeaseEvent, StateVersion
    from provisioner.state.diff import StateDiff
    from provisioner.workflows.state.history import HistoryEntry
    from provisioner.workflows.state.place import Placed
    from provisioner.workflows.state.rollback import RolledBack
    from provisioner.workflows.state.show import StateResource
    from provisioner.workflows.state.unlock import Unlocked

_SYMBOLS = {"added": "+", "removed": "-", "changed": "~"}


def listed_document(resources: Sequence[StateResource]) -> dict[str, Any]:
    """Return which resources a state has."""
    return {
        "resources": [
            {"root": resource.root, "address": resource.address, "type": resource.type, "id": resource.id}
            for resource in resources
        ]
    }


def listed_lines(resources: Sequence[StateResource]) -> list[str]:
    """Return which resources a state has, as a table."""
    rows = [(resource.root, resource.address, resource.id) for resource in resources]
    return to_table(("ROOT", "ADDRESS", "ID"), rows)


def shown_document(resources: Sequence[StateResource]) -> dict[str, Any]:
    """Return resources of a state with all their attributes."""
    return {
        "resources": [
            {"root": resource.root, "address": resource.address, "attributes": resource.attributes}
            for resource in resources
        ]
    }


def shown_manifests(resources: Sequence[StateResource]) -> list[dict[str, Any]]:
    """Return a document of each resource with those of its attributes that are set."""
    return [
        {resource.address: {name: value for name, value in resource.attributes.items() if value not in (None, [], {})}}
        for resource in resources
    ]


def history_document(entries: Sequence[HistoryEntry]) -> dict[str, Any]:
    """Return every version of the states."""
    return {"versions": [_version(entry) for entry in entries]}


def _version(entry: HistoryEntry) -> dict[str, Any]:
    changes = entry.changes
    return {
        "root": entry.root,
        "number": entry.number,
        "serial": entry.serial,
        "time": entry.time.isoformat(),
        "operation": entry.operation,
        "run": entry.run,
        "host": entry.host,
        "lease": entry.lease,
        "size": entry.size,
        "readable": entry.is_readable,
        "resources": entry.resources,
        "added": None if changes is None else changes.added,
        "removed": None if changes is None else changes.removed,
        "changed": None if changes is None else changes.changed,
    }


def history_lines(entries: Sequence[HistoryEntry]) -> list[str]:
    """Return every version of the states as a table."""
    headings = ("ROOT", "NUMBER", "SERIAL", "TIME", "OPERATION", "RUN", "HOST", "RESOURCES", "CHANGES")
    return to_table(headings, [_row(entry) for entry in entries])


def _row(entry: HistoryEntry) -> tuple[str, ...]:
    changes = entry.changes
    return (
        entry.root,
        str(entry.number),
        "" if entry.serial is None else str(entry.serial),
        entry.time.isoformat(),
        entry.operation,
        entry.run,
        entry.host,
        "" if entry.resources is None else str(entry.resources),
        "unreadable" if changes is None else f"+{changes.added} -{changes.removed} ~{changes.changed}",
    )


def diff_document(diff: StateDiff) -> dict[str, Any]:
    """Return what changed from one version to another."""
    return {
        "root": diff.root,
        "from": None if diff.before is None else _end(diff.before),
        "to": _end(diff.after),
        "resources": [
            {
                "address": change.address,
                "action": change.action,
                "attributes": {name: {"old": old, "new": new} for name, (old, new) in change.attributes.items()},
            }
            for change in diff.changes
        ],
    }


def _end(version: StateVersion) -> dict[str, int]:
    return {"number": version.number, "serial": version.serial}


def diff_lines(diff: StateDiff) -> list[str]:
    """Return a diff as lines: a summary, then a line for each resource and each of its attributes."""
    before = "an unreadable version" if diff.before is None else f"version {diff.before.number}"
    counts = ", ".join(f"{diff.count(action)} {action}" for action in _SYMBOLS)
    lines = [f"{diff.root.capitalize()}: from {before} to version {diff.after.number}: {counts}"]
    for change in diff.changes:
        lines.append(f"  {_SYMBOLS[change.action]} {change.address}")
        lines += [f"      {name}: {_value(old)} -> {_value(new)}" for name, (old, new) in change.attributes.items()]
    return lines


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def rolled_back_document(result: RolledBack) -> dict[str, Any]:
    """Return what a rollback led to."""
    return {
        "technicalID": result.technical_id,
        "number": result.number,
        "serial": result.serial,
        "diff": diff_document(result.diff),
        "beyond": [
            {
                "type": unlisted.resource.type,
                "id": unlisted.resource.id,
                "address": "" if unlisted.address is None else str(unlisted.address),
            }
            for unlisted in result.beyond
        ],
    }


def rolled_back_lines(result: RolledBack) -> list[str]:
    """Return what a rollback led to: the new version, and a table of what the cloud holds beyond the states."""
    target = result.diff.after.number
    if result.number is None:
        return [f"version {target} is the newest already; nothing was changed"]
    lines = [f"version {result.number} (serial {result.serial}) has what version {target} had"]
    if result.beyond:
        rows = [
            (
                unlisted.resource.type,
                unlisted.resource.id,
                "(left alone)" if unlisted.address is None else str(unlisted.address),
            )
            for unlisted in result.beyond
        ]
        lines.append(
            "the cloud holds more than the states list; the next run takes what has an address into the state:"
        )
        lines += to_table(("TYPE", "ID", "ADDRESS"), rows)
    return lines


def placed_document(placed: Sequence[Placed]) -> dict[str, Any]:
    """Return where states belong and lie, before and from now on."""
    return {
        "states": [
            {"root": one.root, "before": one.before.to_document(), "after": one.after.to_document()} for one in placed
        ]
    }


def placed_lines(placed: Sequence[Placed]) -> list[str]:
    """Return where states belong and lie from now on."""
    return [f"the {one.root} state belongs to {one.after.cloud}, and lies in {one.after.store}" for one in placed]


def unlocked_document(unlocked: Sequence[Unlocked]) -> dict[str, Any]:
    """Return whose the leases were."""
    return {
        "leases": [
            {"root": one.root, "holder": None if one.holder is None else _holder(one.holder)} for one in unlocked
        ]
    }


def _holder(holder: LeaseEvent) -> dict[str, str]:
    return {
        "run": holder.run,
        "host": holder.host,
        "operation": holder.operation,
        "since": holder.since.isoformat(),
        "expires": holder.expires.isoformat(),
    }


def unlocked_lines(unlocked: Sequence[Unlocked]) -> list[str]:
    """Return that each lease is free, and whose it was."""
    return [f"the lease of the {one.root} state {_becomes_free(one.holder)}" for one in unlocked]


def _becomes_free(holder: LeaseEvent | None) -> str:
    return "is free: no run holds it" if holder is None else f"is taken from run {holder.run} and free"
