"""The difference between two versions of a state."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.ids import Root
from provisioner.state.record import StateVersion
from provisioner.tfstate import State
from provisioner.tfstate.diff import ResourceChange, diff_states


@dataclass(frozen=True, slots=True)
class StateDiff:
    """The changes from one version to another."""

    root: Root
    before: StateVersion | None
    """None if the version before is unreadable."""
    after: StateVersion
    changes: tuple[ResourceChange, ...]

    def count(self, action: str) -> int:
        """Return how many resources were `added`, `removed` or `changed`."""
        return sum(change.action == action for change in self.changes)


def make_diff(root: Root, before: StateVersion | None, after: StateVersion, *, reveal: bool) -> StateDiff:
    """Return the changes between two versions; without the first one everything counts as added."""
    return StateDiff(root, before, after, diff_states(_state(before), _state(after), reveal=reveal))


def _state(version: StateVersion | None) -> State:
    return State() if version is None else version.state()
