"""The cells of the place matrix: a command, what is different when it is given, and what has to happen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from tests.crash.place_manifests import CALLERS, CHANGES

COMMANDS = {
    "plan": ("plan",),
    "apply": ("apply",),
    "destroy": ("destroy",),
    "adopt": ("adopt",),
    "status": ("status",),
    "rollback": ("state", "rollback", "--root", "infrastructure", "--to", "VERSION"),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to happen, and why."""

    is_refused: bool
    reason: str

    def __str__(self) -> str:
        return f"{'it is refused' if self.is_refused else 'it works'}: {self.reason}"


def expect(changes: tuple[str, ...]) -> Expectation:
    """Return what has to happen to every command after these changes: the rule of this matrix."""
    changed = set(changes)
    if not changed:
        return Expectation(False, "it is the shoot that was applied")
    if {"technical ID", "uid"} <= changed:
        return Expectation(False, "another shoot: nothing anywhere has its technical ID or its uid")
    what = "technical ID" if "technical ID" not in changed else "uid"
    if "bucket" not in changed:
        return Expectation(True, f"the bucket holds an entry of this {what}")
    if not changed & {"account", "region", "cloud"}:
        return Expectation(True, f"account and region hold objects of this {what}, and the bucket nothing")
    return Expectation(False, "another shoot: the bucket is empty, and so are account and region")


@dataclass(frozen=True, slots=True)
class Cell:
    """A command, and what is different when it is given."""

    command: str
    changes: tuple[str, ...] = ()
    has_old_log: bool = False
    """Whether the log says as little as the version before wrote."""
    caller: str = ""
    """Who else of the same account gives it: one of CALLERS, or empty."""

    @property
    def expectation(self) -> Expectation:
        """What has to happen."""
        return expect(self.changes)

    def __str__(self) -> str:
        """Return it as a test's name."""
        different = [f"another {name}" for name in self.changes]
        different += ["an old log"] if self.has_old_log else []
        different += [f"as {self.caller}"] if self.caller else []
        return f"{self.command}: {', '.join(different) or 'unchanged'}"


def cells() -> list[Cell]:
    """Return all cells and controls."""
    changes = [(name,) for name in CHANGES] + list(combinations(CHANGES, 2))
    found = [Cell(command, changed) for changed in changes for command in COMMANDS]
    for command in COMMANDS:
        found += [Cell(command), *(Cell(command, caller=caller) for caller in CALLERS)]
        found.append(Cell(command, has_old_log=True))
        if command != "status":
            # Nothing says where an old log belongs. What it lists is not there, which proves nothing; a status only
            # repeats what is stored.
            found += [Cell(command, (name,), has_old_log=True) for name in ("account", "region", "cloud")]
    return found
