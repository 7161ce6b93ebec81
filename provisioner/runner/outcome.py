"""A terraform's plan and outcome, from its events."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.runner.diagnostics import leaves_open
from provisioner.runner.events import Change, Event, planned_change

_TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that terraform plans. `has_changes` is also true if only outputs change."""

    has_changes: bool
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()

    def count(self, action: str) -> int:
        """Return how many resources get `action`; a replacement counts as one create and one delete."""
        return sum(
            change.action == action or (change.action == "replace" and action in ("create", "delete"))
            for change in self.changes
        )


@dataclass(slots=True)
class Outcome:
    """The reports and results of one terraform."""

    exit_code: int
    changes: list[Change] = field(default_factory=list)
    drift: list[Change] = field(default_factory=list)
    diagnostics: list[Mapping[str, Any]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    """Address by id of changed or destroyed objects: terraform leaves the address out of a failed destroy's error."""
    failed_updates: list[str] = field(default_factory=list)
    was_interrupted: bool = False
    """Whether the watchdog has stopped it."""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=_TAIL_LINES))

    def leaves_open(self, exit_code: int) -> bool:
        """Return whether the result of some of its calls is unknown."""
        return exit_code < 0 or any(leaves_open(diagnostic) for diagnostic in self.diagnostics)

    def take(self, event: Event) -> None:
        """Add an event."""
        if event.type == "text":
            self.tail.append(event.message)
        elif event.type == "diagnostic":
            diagnostic = event.record.get("diagnostic")
            if isinstance(diagnostic, Mapping) and diagnostic.get("severity") == "error":
                self.diagnostics.append(diagnostic)
        elif event.type == "planned_change":
            change = planned_change(event)
            if change is not None:
                self.changes.append(change)
        elif event.type == "apply_start":
            hook = event.record.get("hook")
            if isinstance(hook, Mapping) and hook.get("id_value"):
                self.addresses[str(hook["id_value"])] = event.address
        elif event.type == "apply_errored" and event.action == "update":
            self.failed_updates.append(event.address)
        elif event.type == "resource_drift":
            self.drift.append(Change(event.address, event.action))

    def plan(self, *, has_changes: bool | None = None) -> Plan:
        """Return its plan; without `has_changes`, the announced changes decide."""
        # Terraform announces changes in the order in which it finished planning them, which varies from run to run.
        changes = sorted(self.changes, key=lambda change: change.address)
        drift = sorted(self.drift, key=lambda change: change.address)
        return Plan(bool(changes) if has_changes is None else has_changes, tuple(changes), tuple(drift))
