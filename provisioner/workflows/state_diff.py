"""State diff: what changed from one version of a state to another."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.errors import StateError
from provisioner.ids import Root
from provisioner.state import StateVersion
from provisioner.tfstate import State
from provisioner.tfstate.diff import ResourceChange, diff_states
from provisioner.workflows.session import Session


@dataclass(frozen=True, slots=True)
class StateDiff:
    """The way from one version to another."""

    root: Root
    before: StateVersion | None
    """None: what was there before cannot be read."""
    after: StateVersion
    changes: tuple[ResourceChange, ...]

    def count(self, action: str) -> int:
        """Return how many resources were `added`, `removed` or `changed`."""
        return sum(change.action == action for change in self.changes)


def diff_versions(session: Session, root: Root, before: int, after: int | None, *, reveal: bool) -> StateDiff:
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


def make_diff(root: Root, before: StateVersion | None, after: StateVersion, *, reveal: bool) -> StateDiff:
    """Return what changed between two versions; without the first one everything was added."""
    return StateDiff(root, before, after, diff_states(_state(before), _state(after), reveal=reveal))


def _state(version: StateVersion | None) -> State:
    return State() if version is None else version.state()
