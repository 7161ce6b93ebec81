"""
Recovery: stores the states of a root module that earlier runs on this machine could not store.

It stores the state of a working copy if the log still ends where that run began. Otherwise it never stores it, because
the log knows things that the state does not; the run looks in the cloud for the objects that the state lists, and keeps
the working copy until a run that looked has ended clean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from provisioner.errors import Problem, StateError
from provisioner.folders import shown
from provisioner.run.reporter import Reporter
from provisioner.run.working_copy.journal import Journal, Leftover, Leftovers
from provisioner.runner.terraform import BACKUP_FILE, EMERGENCY_FILE, STATE_FILE
from provisioner.state import Lease, StateLog, StateVersion
from provisioner.state.chain import find_event
from provisioner.tfstate import ParsedState, State, parse_state

_MOST_FENCES = 50
"""How many versions after a journal's base it reads: each is a take-over by a run that stored nothing itself."""

Objects = frozenset[tuple[str, str]]
"""Type and id of each object that a state lists."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """A readable state."""

    body: bytes
    parsed: ParsedState
    objects: Objects


class Recovery:
    """Deals with the working copies of one root module that ended runs left; for the holder of its lease."""

    def __init__(self, leftovers: Leftovers, log: StateLog, lease: Lease, reporter: Reporter) -> None:
        self.since: datetime | None = None
        """When the first run began whose working copy stays; None if none stays."""
        self._leftovers = leftovers
        self._log = log
        self._lease = lease
        self._reporter = reporter
        self._kept: list[Leftover] = []
        self._candidates: set[tuple[str, str]] = set()

    @property
    def candidates(self) -> Objects:
        """Objects that the kept working copies list and the log does not; they may exist in the cloud."""
        return frozenset(self._candidates)

    def store(self, found: Iterable[Leftover]) -> StateVersion | None:
        """
        Store the states that may follow the log, and return its newest version.

        Raises:
            StateError, CloudError: the log is not readable or writable, or its newest version is not usable.
        """
        newest = self._lease.state
        for leftover in found:
            if self._is_of_this_log(leftover.journal):
                newest = self._store_or_keep(leftover, newest)
            else:
                self._reporter.warn(
                    Problem(
                        str(shown(leftover.folder)),
                        "",
                        "NotStored",
                        f"run {leftover.journal.run} left a state of another log with the same name; it is left alone",
                        "run again where that run worked; remove the folder when that shoot is gone",
                    )
                )
        return newest

    def forget(self) -> None:
        """Remove the kept working copies: the run has looked for everything in them and ended clean."""
        while self._kept:
            self._leftovers.remove(self._kept.pop())

    def _is_of_this_log(self, journal: Journal) -> bool:
        """
        Return whether a run wrote its journal under a lease of this log.

        If the journal says where the run worked, `Leftovers.find` has already compared the places. An older program's
        journal has only the names of bucket and entry, which exist in several clouds.
        """
        if journal.place.is_whole or journal.lease is None:
            return True
        event = find_event(self._log, journal.lease)
        if event is not None:
            return event.run == journal.run
        return self._lease.writer.position.lineage == journal.lineage  # retention has deleted the event

    def _store_or_keep(self, leftover: Leftover, newest: StateVersion | None) -> StateVersion | None:
        known = frozenset() if newest is None else newest.state().objects()
        noted, damage = _read(leftover)
        if noted is not None and not damage:
            reason = self._objection(leftover.journal, noted.parsed)
            if not reason:
                number = self._lease.writer.append(noted.body)
                self._reporter.step(
                    f"stored version {number} of the {leftover.journal.root} state, which run {leftover.journal.run} "
                    "could not store"
                )
                self._leftovers.remove(leftover)
                return self._log.read(number)
            if noted.objects <= known:
                self._leftovers.remove(leftover)  # the log has it all: the run was killed after it had stored its state
                return newest
            damage = reason
        if noted is None and not damage:
            self._leftovers.remove(leftover)  # the run was killed before it had anything to note
            return newest
        lost = frozenset() if noted is None else noted.objects - known
        self._keep(leftover, damage, lost)
        return newest

    def _keep(self, leftover: Leftover, reason: str, lost: Objects) -> None:
        journal = leftover.journal
        self._kept.append(leftover)
        self._candidates |= lost
        since = journal.since or self._lease.since
        self.since = since if self.since is None else min(self.since, since)
        listed = ", ".join(f"{type} {id}" for type, id in sorted(lost))
        self._reporter.warn(
            Problem(
                str(shown(leftover.folder)),
                "",
                "NotStored",
                f"run {journal.run} left a state of the {journal.root} that is not stored: {reason}"
                + (f"; it lists {listed}, which the log does not" if lost else ""),
                "this run looks in the cloud for what it lists; a run that ends clean removes the folder",
            )
        )

    def _objection(self, journal: Journal, state: ParsedState) -> str:
        """Return why the state must not follow the log; empty if it may."""
        position = self._lease.writer.position
        if position.lineage is not None and state.lineage != position.lineage:
            return f"its lineage is {state.lineage}, that of the log {position.lineage}"
        if position.serial is not None and state.serial <= position.serial:
            return f"its serial is {state.serial}, and the log has {position.serial} already"
        if journal.base is None:
            return "the run had not read the log yet"
        if not self._ends_at_base(journal, position.number):
            return f"it follows version {journal.base}, and the log has gone on to version {position.number}"
        return ""

    def _ends_at_base(self, journal: Journal, newest: int) -> bool:
        """Return whether only repetitions of the base and the run's own versions came after the base."""
        assert journal.base is not None
        if not 0 <= newest - journal.base <= _MOST_FENCES:
            return False
        for number in range(journal.base + 1, newest + 1):
            try:
                metadata = self._log.raw(number).metadata
            except StateError as error:
                if error.problem.type != "NotFound":
                    raise
                return False  # retention has deleted it
            is_own = (metadata.get("run"), metadata.get("lease")) == (journal.run, str(journal.lease))
            if metadata.get("fence") != "true" and not is_own:
                return False
        return True


def _read(leftover: Leftover) -> tuple[_Noted | None, str]:
    """Return the working copy's newest readable state, and what is wrong with its file; both may be empty."""
    noted: list[_Noted] = []
    damage = ""
    # Terraform writes the emergency file when it cannot write the state file.
    for name in (STATE_FILE, EMERGENCY_FILE):
        try:
            body = leftover.read(name)
            if body is not None and (body.strip() or leftover.journal.serial is not None):
                noted.append(_note(body))
            elif body is None and name == STATE_FILE and leftover.journal.serial is not None:
                damage = "the state file is gone"
        except StateError as error:
            damage = error.problem.detail
        except OSError as error:
            damage = f"{name} cannot be read: {error.strerror}"
    if noted:
        return max(noted, key=lambda one: one.parsed.serial), ""
    if damage:
        # Older than the damaged file, but it may list objects that an even older log does not.
        try:
            backup = leftover.read(BACKUP_FILE)
            return (None if backup is None else _note(backup)), damage
        except (StateError, OSError):
            pass
    return None, damage


def _note(body: bytes) -> _Noted:
    return _Noted(body, parse_state(body), State.from_bytes(body).objects())
