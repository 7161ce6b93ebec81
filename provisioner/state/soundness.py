"""
Checks whether the newest version can follow the versions before it.

When a run appends a version, it compares it with its predecessor, its metadata says what the run stored, and the
lease's chain names the newest one and its digest. A version that an operator put there or put back, and a fence that
repeats one, are not compared with anything yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from provisioner.objectstore import StoredObject
from provisioner.state.record import LeaseEvent, StateVersion
from provisioner.tfstate import ParsedState

LOOK_BACK = 10
"""How many versions before a bad one it reads to name a good one."""

Accepts = Callable[[StateVersion], bool]
ReadBefore = Callable[[int], Iterator[StateVersion]]
"""Yields the readable ones among the last versions before a number, the newest first."""


def is_vouched(
    number: int, stored: StoredObject | StateVersion, state: ParsedState, event: LeaseEvent | None = None
) -> bool:
    """
    Return whether a run appended this version, and it is unchanged since.

    `event` is the newest event of the lease; without it only the version's metadata counts. After a release no run
    appends, so an operator put a version there that is beyond the one that the release names; a run that is still
    working, or was killed, may have appended more than its last event names.
    """
    metadata = stored.metadata
    is_intact = (
        "run" in metadata
        and metadata.get("serial") == str(state.serial)
        and metadata.get("lineage") == state.lineage
        and metadata.get("number", str(number)) == str(number)
    )
    if event is None or not is_intact:
        return is_intact
    if number > (event.state or 0):
        return "number" in metadata and not event.is_free
    return not is_replaced(number, stored, event)


def is_replaced(number: int, stored: StoredObject | StateVersion, event: LeaseEvent | None) -> bool:
    """Return whether a version is not the one that the newest event of the lease names under this number."""
    if event is None or event.state != number or event.state_digest is None:
        return False
    return event.state_digest != hashlib.sha256(stored.body).hexdigest()


def find_fault(
    before: ReadBefore,
    number: int,
    stored: StoredObject | StateVersion,
    state: ParsedState,
    event: LeaseEvent | None = None,
) -> str:
    """
    Return why this version cannot follow those before it, or "" if it can.

    In the usual case, a version that a run appended, this asks the store for nothing.
    """
    if is_vouched(number, stored, state, event):
        return ""
    former: list[StateVersion] = []
    for version in before(number):
        former.append(version)
        if is_vouched(version.number, version, _parsed(version), event):
            break
    if not former:
        return ""
    # The version that a run vouches for, or else the oldest one, decides which lineage the log has.
    known = former[-1]
    if known.lineage != state.lineage:
        return (
            f"it has lineage {state.lineage}, version {known.number} has {known.lineage}: "
            "it is the state of something else"
        )
    highest = max(
        (version for version in former if version.lineage == state.lineage), key=lambda version: version.serial
    )
    fault = ""
    if highest.serial > state.serial:
        fault = f"its serial {state.serial} is older than {highest.serial} of version {highest.number}"
    elif highest.serial == state.serial and highest.body != stored.body:
        fault = f"its serial {state.serial} is that of version {highest.number}, whose content is another"
    elif highest.serial == state.serial and is_replaced(number, stored, event):
        fault = f"it is not what a run stored there, but the same as version {highest.number}"
    return fault


def good_version(
    before: ReadBefore, number: int, accepts: Accepts = lambda _: True, event: LeaseEvent | None = None
) -> StateVersion | None:
    """
    Return the newest version before `number` from which a run may start, or None if the last ones are bad, too.

    A version that an operator put there is good only if it can follow those before it. `accepts` may refuse more of
    them.
    """
    for version in before(number):
        if accepts(version) and not find_fault(before, version.number, version, _parsed(version), event):
            return version
    return None


def _parsed(version: StateVersion) -> ParsedState:
    return ParsedState(version.serial, version.lineage)
