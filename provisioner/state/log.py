"""Reads the versions of one state."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from provisioner.errors import Problem, StateError
from provisioner.ids import EntryName, Root
from provisioner.objectstore import ObjectNotFoundError, ObjectStore, StoredObject
from provisioner.state.advice import Advice
from provisioner.state.position import LogEnd
from provisioner.state.record import LeaseEvent, StateVersion, StateVersionInfo, is_empty_fence
from provisioner.state.sequence import HIGHEST_OLD, NumberedObject, Sequence
from provisioner.state.soundness import LOOK_BACK, find_fault, good_version
from provisioner.tfstate import ParsedState, parse_state

_LOG = logging.getLogger(__name__)
UNUSABLE = frozenset({"MissingVersion", "NotASuccessor", "UnreadableState"})
"""Error types of a newest version that is not usable."""


class StateLog:
    """
    The log of one root module's state in one entry.

    `root` is `infrastructure` or `worker`. The log calls `on_passed` for each object in it that counts for nothing,
    whenever it meets one. The holder of the lease appends with the lease's writer (`writer.LogWriter`).
    """

    def __init__(
        self,
        store: ObjectStore,
        entry_name: EntryName,
        root: Root,
        advice: Advice | None = None,
        on_passed: Callable[[Problem], None] | None = None,
    ) -> None:
        if not entry_name or "/" in entry_name:
            raise ValueError(f"{entry_name!r} cannot be the name of a BackupEntry")
        self.store = store
        self.root = root
        self.advice = advice or Advice()
        self.prefix = f"{entry_name}/provisioner/{root}/"
        self.states = Sequence(store, f"{self.prefix}state/", ".tfstate")
        self._on_passed = on_passed or (lambda problem: _LOG.warning("%s", problem))
        self._known_number = 0

    def describe(self) -> str:
        """Return the log's location for messages, for example `oss://bucket/entry/provisioner/worker`."""
        return f"{self.store.describe()}/{self.prefix.removesuffix('/')}"

    def newest(self) -> StateVersion | None:
        """
        Return the newest version, or None when there is none; `read_log` compares it with the lease's chain, too.

        Raises:
            StateError: it is unreadable, or cannot follow the versions before it; the message names one to return to.
        """
        return self.version(self.find_end(None))

    def read(self, number: int) -> StateVersion:
        """
        Return one version.

        Raises:
            StateError: there is no such version, or it is not a readable state.
        """
        stored = self.raw(number)
        if is_empty_fence(stored):
            raise StateError(
                f"version {number} marks a take-over before the first state and holds none",
                object=self._object(number),
                type="NotFound",
            )
        state = parse_state(stored.body, self._object(number))
        return _version(number, stored, state)

    def raw(self, number: int) -> StoredObject:
        """
        Return one version as it is stored, even if it is not a readable state.

        Raises:
            StateError: there is no such version.
        """
        try:
            return self.store.get(self.states.key(number))
        except ObjectNotFoundError as error:
            raise StateError(f"there is no version {number}", object=self.describe(), type="NotFound") from error

    def history(self) -> list[StateVersionInfo]:
        """Return every version, ascending, from listings alone."""
        return [
            StateVersionInfo(entry.number, None, entry.info.size, entry.info.last_modified)
            for entry in self.states.all()
        ]

    def before(self, number: int) -> Iterator[StateVersion]:
        """Yield the readable ones among the last versions before a number, the newest first."""
        for entry in islice(self.states.descending(below=number), LOOK_BACK):
            try:
                version = self.read(entry.number)
            except StateError as error:
                if error.problem.type not in ("UnreadableState", "NotFound"):
                    raise
                continue
            if version.metadata.get("number", str(entry.number)) == str(entry.number) and not _fault(version):
                yield version

    # For the lease and its writer

    def expect(self, number: int) -> None:
        """Note that there is a version with this number: `find_end` starts to look there."""
        self._known_number = number

    def find_end(self, event: LeaseEvent | None) -> LogEnd:
        """
        Return where the log ends, according to the newest event of its lease if the caller knows that.

        This names objects that are not versions of the log and passes them over.
        """
        number, stored = 0, None
        passed: set[int] = set()
        known = 0 if event is None else event.state or 0
        for entry in self.states.descending(max(known, self._known_number)):
            try:
                candidate = self.store.get(entry.info.key)
            except ObjectNotFoundError:
                continue  # retention has deleted it since it was listed
            doubt = self._find_doubt(entry, candidate, event)
            if not doubt:
                number, stored = entry.number, candidate
                break
            passed.add(entry.number)
            self.pass_over(entry.info.key, doubt)
        self._known_number = number
        last = max(number, known)
        while last + 1 in passed:
            last += 1
        return LogEnd(number, stored, last, event)

    def pass_over(self, key: str, reason: str) -> None:
        """Name an object that counts for nothing."""
        object = f"{self.store.describe()}/{key}"
        fix = "you do not have to do anything about it; you may delete it while no run is under way"
        self._on_passed(Problem(object, "", "PassedOver", f"this object counts for nothing: {reason}", fix))

    def version(self, end: LogEnd) -> StateVersion | None:
        """
        Return the newest version, or None if it is no state.

        Raises:
            StateError: it is missing or not usable; the message says what to do.
        """
        try:
            state = self.parse(end)
        except StateError as error:
            if error.problem.type not in UNUSABLE:
                raise
            is_there = end.missing is None
            good = self.good_version(end)
            raise StateError(
                f"the newest version cannot be used: {error.problem.detail}" if is_there else error.problem.detail,
                object=self._object(end.number) if is_there else self.describe(),
                type=error.problem.type,
                fix=self.advice.start_over() if good is None else self.advice.return_to(self.root, good, LOOK_BACK),
            ) from error
        return None if state is None or end.stored is None else _version(end.number, end.stored, state)

    def good_version(self, end: LogEnd) -> StateVersion | None:
        """Return the version to return to when the newest one is missing or not usable; None if there is none."""
        below = end.number if end.missing is None else end.missing
        return good_version(self.before, below, event=end.event)

    def parse(self, end: LogEnd) -> ParsedState | None:
        """
        Return serial and lineage of the newest version; None when there is none, or no state yet.

        Raises:
            StateError: it is missing or not usable (its type is in `UNUSABLE`); the detail says only why.
        """
        stored = end.stored
        if end.missing is not None:
            rest = f"the log ends with version {end.number}" if end.number else "no version is left"
            raise StateError(
                f"version {end.missing}, which a run has stored, is missing: {rest}", type="MissingVersion"
            )
        if stored is None:
            return None
        if _fault(stored):
            raise StateError(_fault(stored), type="NotASuccessor")
        if is_empty_fence(stored):
            return None
        state = parse_state(stored.body)
        fault = find_fault(self.before, end.number, stored, state, end.event)
        if fault:
            raise StateError(fault, type="NotASuccessor")
        return state

    def is_usable(self, end: LogEnd) -> bool:
        """Return whether a run can work on the newest version, or on a log without any."""
        try:
            self.parse(end)
        except StateError as error:
            if error.problem.type not in UNUSABLE:
                raise
            return False
        return True

    def is_lost(self, end: LogEnd) -> bool:
        """Return whether the newest version is not usable, and there is none to return to."""
        return not self.is_usable(end) and self.good_version(end) is None

    def _find_doubt(self, entry: NumberedObject, stored: StoredObject, event: LeaseEvent | None) -> str:
        """Return why an object is no version of the log, or ""; a version may still be unusable."""
        own = stored.metadata.get("number")
        if own is not None:
            return "" if own == str(entry.number) else f"it is a copy of version {own}"
        # An older program wrote it, or an operator put it there.
        if event is None or event.state is None:
            return "" if entry.number <= HIGHEST_OLD else "no log is that long"
        lowest = entry.number
        if lowest > event.state:
            for lower in self.states.descending(below=entry.number):
                if lower.number != lowest - 1:
                    break
                if lowest == entry.number and lower.info.last_modified > entry.info.last_modified:
                    return f"it was there before version {lower.number}"
                lowest = lower.number
                if lowest <= event.state:
                    break
        return "" if lowest <= event.state + 1 else f"it does not follow version {event.state}"

    def _object(self, number: int) -> str:
        return f"{self.store.describe()}/{self.states.key(number)}"


def _fault(stored: StoredObject | StateVersion) -> str:
    return stored.metadata.get("fault", "")


def _version(number: int, stored: StoredObject, state: ParsedState) -> StateVersion:
    metadata: Mapping[str, str] = dict(stored.metadata)
    return StateVersion(number, stored.body, state.serial, state.lineage, metadata, stored.last_modified)
