"""
Whether the newest version can be what follows the versions before it.

A version that a run appended was held against its predecessor then, and its metadata says what was stored. One that was
put by hand, and a fence that repeats one, were held against nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from provisioner.errors import StateError
from provisioner.objectstore import StoredObject
from provisioner.state.record import StateVersion
from provisioner.tfstate import ParsedState

LOOK_BACK = 10
"""How many versions before a bad one are looked at to name a good one."""

Accepts = Callable[[StateVersion], bool]
ReadVersion = Callable[[int], StateVersion]
"""Returns the version of a number; raises StateError when there is none or it cannot be read."""


def is_vouched(stored: StoredObject | StateVersion, state: ParsedState) -> bool:
    """Return whether a run appended this version, and it still is what that run appended."""
    metadata = stored.metadata
    return (
        "run" in metadata and metadata.get("serial") == str(state.serial) and metadata.get("lineage") == state.lineage
    )


def find_fault(read: ReadVersion, number: int, stored: StoredObject | StateVersion, state: ParsedState) -> str:
    """
    Return why this version cannot follow those before it, or "" when it can.

    Asks the store for nothing in the usual case, a version that a run appended.
    """
    if is_vouched(stored, state):
        return ""
    former: list[StateVersion] = []
    for version, is_trusted in _before(read, number):
        former.append(version)
        if is_trusted:
            break
    if not former:
        return ""
    # What a run vouches for, or else what is oldest, says whose log this is.
    known = former[-1]
    if known.lineage != state.lineage:
        return (
            f"it has lineage {state.lineage}, version {known.number} has {known.lineage}: "
            "it is the state of something else"
        )
    highest = max((it for it in former if it.lineage == state.lineage), key=lambda it: it.serial)
    if highest.serial > state.serial:
        return f"its serial {state.serial} is older than {highest.serial} of version {highest.number}"
    return ""


def good_version(read: ReadVersion, number: int, accepts: Accepts = lambda _: True) -> StateVersion | None:
    """
    Return the newest version before `number` that a run may start from, or None when the last ones are no better.

    A version that was put by hand is good only when it follows those before it. `accepts` may refuse more of them.
    """
    for version, is_trusted in _before(read, number):
        if not accepts(version):
            continue
        if is_trusted or not find_fault(read, version.number, version, _parsed(version)):
            return version
    return None


def _before(read: ReadVersion, number: int) -> Iterator[tuple[StateVersion, bool]]:
    """Yield the readable ones among the last versions before `number`, and whether a run vouches for each."""
    for candidate in range(number - 1, max(0, number - 1 - LOOK_BACK), -1):
        try:
            version = read(candidate)
        except StateError:
            continue
        yield version, is_vouched(version, _parsed(version))


def _parsed(version: StateVersion) -> ParsedState:
    return ParsedState(version.serial, version.lineage)
