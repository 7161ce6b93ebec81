"""The cells of the place matrix: a command, what has changed before it runs, and what it has to do."""

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
    """What a command has to do, and why."""

    is_refused: bool
    reason: str

    def __str__(self) -> str:
        return f"{'it is refused' if self.is_refused else 'it works'}: {self.reason}"


def expect(changes: tuple[str, ...]) -> Expectation:
    """Return what every command has to do after these changes: the rule of this matrix."""
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
    """A command, and what has changed before it runs."""

    command: str
    changes: tuple[str, ...] = ()
    has_old_log: bool = False
    """Whether the log holds only what the previous version wrote."""
    caller: str = ""
    """Another caller of the same account, one of CALLERS; empty for the one that applied the example."""

    @property
    def expectation(self) -> Expectation:
        """What the command has to do."""
        return expect(self.changes)

    def __str__(self) -> str:
        """Return it as a test's name."""
        different = [f"another {name}" for name in self.changes]
        different += ["an old log"] if self.has_old_log else []
        different += [f"as {self.caller}"] if self.caller else []
        return f"{self.command}: {', '.join(different) or 'unchanged'}"


def cells() -> list[Cell]:
    """Return all cells, those without changes included."""
    changes = [(name,) for name in CHANGES] + list(combinations(CHANGES, 2))
    found = [Cell(command, changed) for changed in changes for command in COMMANDS]
    for command in COMMANDS:
        found += [Cell(command), *(Cell(command, caller=caller) for caller in CALLERS)]
        found.append(Cell(command, has_old_log=True))
        if command != "status":
            # An old log does not say where it belongs, and objects that it lists and that are missing prove nothing.
            # A status only repeats what is stored.
            found += [Cell(command, (name,), has_old_log=True) for name in ("account", "region", "cloud")]
    return found
