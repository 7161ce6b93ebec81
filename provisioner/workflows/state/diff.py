"""State diff: the changes from one version of a state to another."""

from __future__ import annotations

from provisioner.errors import StateError
from provisioner.ids import Root
from provisioner.run.session import Session
from provisioner.state.diff import StateDiff, make_diff


def diff_versions(session: Session, root: Root, before: int, after: int | None, *, reveal: bool) -> StateDiff:
    """
    Return the changes from version `before` to version `after`, or to the newest.

    Raises:
        StateError: one of them is missing or unreadable.
    """
    log = session.log(root)
    newest = log.newest() if after is None else log.read(after)
    if newest is None:
        raise StateError(f"there is no {root} state", object=log.describe(), type="NotFound")
    return make_diff(root, log.read(before), newest, reveal=reveal)
