"""The versions of one state: reading them, and appending under a lease."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Protocol

from provisioner.errors import Problem, StateError
from provisioner.ids import EntryName, Root
from provisioner.objectstore import ObjectExistsError, ObjectNotFoundError, ObjectStore, StoredObject
from provisioner.objectstore.clock import DATE_RESOLUTION
from provisioner.place import Place
from provisioner.state.advice import Advice
from provisioner.state.record import LeaseEvent, StateVersion, StateVersionInfo
from provisioner.state.sequence import HIGHEST_OLD, NumberedObject, Sequence
from provisioner.state.soundness import LOOK_BACK, find_fault, good_version
from provisioner.tfstate import ParsedState, parse_state

_LOG = logging.getLogger(__name__)
_SEAL_ATTEMPTS = 20
_UNUSABLE = frozenset({"MissingVersion", "NotASuccessor", "UnreadableState"})
"""Types of the errors of a newest version that cannot be worked on."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Where a log ends, as it is stored."""

    number: int = 0
    """Of the newest version; 0 when there is none."""
    stored: StoredObject | None = None
    """That version; it need not be readable as a state."""
    last: int = 0
    """The number after which the next version comes: the newest version's, unless that of an object that was passed
    over, or of a version that is missing, follows it."""
    event: LeaseEvent | None = None
    """The newest one of the lease, which the versions are held against."""

    @property
    def missing(self) -> int | None:
        """
        The number of the newest version that the chain of the lease knows, where that is not there; else None.

        No crash leads to this: a run announces a version only when the store has confirmed it, and the newest version
        is never deleted. So the log has lost it, and whatever that run made is in no version any more.
        """
        event = self.event
        # A fence before the first state is announced without a digest: nothing is lost with it.
        if event is None or event.state is None or (event.number is not None and event.state_digest is None):
            return None
        return event.state if event.state > self.number else None


@dataclass(frozen=True, slots=True)
class Position:
    """Where the log ends, as the holder of the lease knows it. Only its next number may be appended."""

    number: int = 0
    """Of the newest version; 0 when there is none."""
    serial: int | None = None
    lineage: str | None = None
    """Both None while no state was ever stored."""
    digest: bytes | None = None
    """SHA-256 of the newest body."""
    last: int = 0
    """As in LogEnd: the next version comes after it."""


class Holder(Protocol):
    """What appending needs of a lease."""

    position: Position
    append_lock: threading.RLock

    @property
    def prefix(self) -> str:
        """The prefix of the log that the lease is for."""
        ...

    @property
    def number(self) -> int:
        """The number of the event that began the tenure."""
        ...

    @property
    def since(self) -> datetime:
        """When the tenure began, by the object store's clock."""
        ...

    @property
    def operation(self) -> str:
        """What the run does."""
        ...

    @property
    def place(self) -> Place:
        """Which cloud the state is true for, and which store it lies in."""
        ...

    def require_held(self) -> None:
        """Raise StateError if the lease is lost."""
        ...

    def require_end(self, number: int, newest: Callable[[], int]) -> None:
        """Raise StateError if what was just written is not the newest of its sequence, and lose the lease then."""
        ...

    def lose(self, reason: str) -> None:
        """Note that somebody else writes."""
        ...


class StateLog:
    """
    The log of one root module's state in one entry.

    `root` is `infrastructure` or `worker`. `on_passed` is told of each object that lies among the others and counts
    for nothing, whenever it is come across. Reading needs no lease. The end of the log that an append builds on belongs
    to the lease and not to this object: reading the newest version never makes an outdated holder a current one.
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
        """Return the log's place for messages, for example `oss://bucket/entry/provisioner/worker`."""
        return f"{self.store.describe()}/{self.prefix.removesuffix('/')}"

    def newest(self) -> StateVersion | None:
        """
        Return the newest version there is, or None when there is none; `read_log` holds it against the lease's chain.

        Raises:
            StateError: it cannot be read, or cannot follow the versions before it; the message names one to return to.
        """
        return self.version(self.find_end(None))

    def read(self, number: int) -> StateVersion:
        """
        Return one version.

        Raises:
            StateError: there is no such version, or it is not a readable state.
        """
        stored = self.raw(number)
        if _is_empty_fence(stored):
            raise StateError(
                f"version {number} marks a take-over before the first state and holds none",
                object=self._object(number),
                type="NotFound",
            )
        state = parse_state(stored.body, self._object(number))
        return _version(number, stored, state)

    def raw(self, number: int) -> StoredObject:
        """
        Return one version as it is stored, readable as a state or not.

        Raises:
            StateError: there is no such version.
        """
        try:
            return self.store.get(self.states.key(number))
        except ObjectNotFoundError as error:
            raise StateError(f"there is no version {number}", object=self.describe(), type="NotFound") from error

    def history(self) -> list[StateVersionInfo]:
        """Return every version there is, ascending, by listing only."""
        return [
            StateVersionInfo(entry.number, None, entry.info.size, entry.info.last_modified)
            for entry in self.states.all()
        ]

    def before(self, number: int) -> Iterator[StateVersion]:
        """Yield the versions that can be read among the last ones before a number, the newest first."""
        for entry in islice(self.states.descending(below=number), LOOK_BACK):
            try:
                version = self.read(entry.number)
            except StateError as error:
                if error.problem.type not in ("UnreadableState", "NotFound"):
                    raise
                continue
            if version.metadata.get("number", str(entry.number)) == str(entry.number) and not _fault(version):
                yield version

    def append(self, body: bytes, lease: Holder, run_id: str) -> int:
        """
        Append a version and return its number; the bytes of the newest version append nothing and return its number.

        Raises:
            StateError: the body is not a readable state, has another lineage or an older serial than the newest
                version, the lease is lost, or another writer was there first (then the lease is lost from now on).
        """
        if lease.prefix != self.prefix:
            raise ValueError(f"the lease of {lease.prefix} does not allow to append to {self.prefix}")
        with lease.append_lock:
            lease.require_held()
            state = parse_state(body, f"{self.describe()} (new version)")
            digest = hashlib.sha256(body).digest()
            while True:
                position = lease.position
                if digest == position.digest:
                    return position.number
                self._check_successor(state, position)
                number = position.last + 1
                try:
                    metadata = {"serial": str(state.serial), "lineage": state.lineage}
                    self._put(number, body, metadata, lease, run_id)
                except ObjectExistsError as error:
                    lease.position = self._position_after(number, lease, run_id, error)
                    continue
                lease.require_end(number, lambda: self.find_end(None).number)
                lease.position = Position(number, state.serial, state.lineage, digest, number)
                self._known_number = number
                return number

    # For the lease

    def find_end(self, event: LeaseEvent | None) -> LogEnd:
        """
        Return where the log ends, by the newest event of its lease if that is known.

        Objects that are no version of it are named and passed over.
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
        fix = "nothing has to be done about it; while no run is under way it may be deleted"
        self._on_passed(Problem(object, "", "PassedOver", f"this object counts for nothing: {reason}", fix))

    def version(self, end: LogEnd) -> StateVersion | None:
        """
        Return the newest version, or None when that is no state.

        Raises:
            StateError: it is missing or cannot be used; the message says what to do.
        """
        try:
            state = self._parse(end)
        except StateError as error:
            if error.problem.type not in _UNUSABLE:
                raise
            is_there = end.missing is None
            good = self.good_version(end)
            raise StateError(
                f"the newest version cannot be used: {error.problem.detail}" if is_there else error.problem.detail,
                object=self._object(end.number) if is_there else self.describe(),
                type=error.problem.type,
                fix=self.advice.begin_anew() if good is None else self.advice.return_to(self.root, good, LOOK_BACK),
            ) from error
        return None if state is None or end.stored is None else _version(end.number, end.stored, state)

    def good_version(self, end: LogEnd) -> StateVersion | None:
        """Return the version to return to when the newest one is missing or cannot be used; None without any."""
        below = end.number if end.missing is None else end.missing
        return good_version(self.before, below, event=end.event)

    def is_usable(self, end: LogEnd) -> bool:
        """Return whether the newest version can be worked on; so can a log without any."""
        try:
            self._parse(end)
        except StateError as error:
            if error.problem.type not in _UNUSABLE:
                raise
            return False
        return True

    def is_lost(self, end: LogEnd) -> bool:
        """Return whether the newest version cannot be worked on, and none is there to return to."""
        return not self.is_usable(end) and self.good_version(end) is None

    def position(self, end: LogEnd) -> Position:
        """Return where the log ends, from the newest version as it is stored; it need not be readable."""
        number, stored = end.number, end.stored
        if stored is None or _is_empty_fence(stored):
            return Position(number, last=end.last)
        digest = hashlib.sha256(stored.body).digest()
        try:
            state = parse_state(stored.body)
        except StateError:
            # What its writer knew still holds: a rollback has to come after it and belong to it.
            serial = stored.metadata.get("serial", "")
            lineage = stored.metadata.get("lineage")
            return Position(number, int(serial) if serial.isdecimal() else None, lineage, digest, end.last)
        return Position(number, state.serial, state.lineage, digest, end.last)

    def seal(self, lease: Holder, run_id: str, event: LeaseEvent | None = None) -> LogEnd:
        """
        Append the newest version once more, marked as a fence, and return where the log ends then.

        From then on an append by the former holder finds its number taken. Before the first state the fence is empty.
        It does not make a version good that is not: it says what is wrong. `event` is the newest one before the lease.

        Raises:
            StateError: the former holder kept appending.
        """
        for _ in range(_SEAL_ATTEMPTS):
            end = self.find_end(event)
            number, body = end.last + 1, b"" if end.stored is None else end.stored.body
            try:
                state = self._parse(end)
                metadata = {} if state is None else {"serial": str(state.serial), "lineage": state.lineage}
            except StateError as error:
                if error.problem.type not in _UNUSABLE:
                    raise
                known = {} if end.stored is None else end.stored.metadata
                metadata = {name: value for name, value in known.items() if name in ("serial", "lineage")}
                metadata["fault"] = error.problem.detail.encode("ascii", "replace").decode()
            try:
                self._put(number, body, metadata | {"fence": "true"}, lease, run_id)
            except ObjectExistsError:
                continue  # the former holder lives and was quicker once more
            self._known_number = number
            return LogEnd(number, self.raw(number), number, event)
        raise StateError(
            "the former holder of the lease keeps appending", object=self.describe(), type="Busy", is_retryable=True
        )

    def _put(self, number: int, body: bytes, metadata: Mapping[str, str], lease: Holder, run_id: str) -> None:
        whose = {"run": run_id, "lease": str(lease.number), "operation": lease.operation, "number": str(number)}
        self.store.put_if_absent(self.states.key(number), body, {**metadata, **whose, **lease.place.to_metadata()})

    def _find_doubt(self, entry: NumberedObject, stored: StoredObject, event: LeaseEvent | None) -> str:
        """Return why an object is no version of the log, or ""; whether it can be used as one is another question."""
        own = stored.metadata.get("number")
        if own is not None:
            return "" if own == str(entry.number) else f"it is a copy of version {own}"
        # An older program wrote it, or it was put by hand.
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

    def _parse(self, end: LogEnd) -> ParsedState | None:
        """
        Return what the newest version says about itself; None when there is none, or no state yet.

        Raises:
            StateError: it is missing or cannot be used (`_UNUSABLE`); the detail says why, and nothing else.
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
        if _is_empty_fence(stored):
            return None
        state = parse_state(stored.body)
        fault = find_fault(self.before, end.number, stored, state, end.event)
        if fault:
            raise StateError(fault, type="NotASuccessor")
        return state

    def _check_successor(self, state: ParsedState, position: Position) -> None:
        reason = ""
        if position.lineage is not None and state.lineage != position.lineage:
            reason = f"lineage {state.lineage} is not {position.lineage}: it is the state of something else"
        elif position.serial is not None and state.serial < position.serial:
            reason = f"serial {state.serial} is older than {position.serial}"
        elif position.serial is not None and state.serial == position.serial:
            reason = f"serial {state.serial} is already stored with different content"
        if reason:
            raise StateError(
                f"the state cannot follow version {position.number}: {reason}",
                object=self.describe(),
                type="NotASuccessor",
            )

    def _position_after(self, number: int, lease: Holder, run_id: str, error: ObjectExistsError) -> Position:
        """
        Return where the log ends, the number of the next version being taken.

        It may be by an append of this tenure that was given up and arrived after all, or by what is no version.

        Raises:
            StateError: another writer was there first.
        """
        stored = self.raw(number)
        metadata = stored.metadata
        if (metadata.get("run"), metadata.get("lease")) == (run_id, str(lease.number)):
            return self.position(LogEnd(number, stored, number))
        own = metadata.get("number")
        # Without a number it is another writer's, unless it was there before this tenure: then it was passed over. A
        # store's times are cut to seconds.
        is_old = own is None and stored.last_modified + DATE_RESOLUTION <= lease.since
        if is_old or own not in (None, str(number)):
            self.pass_over(stored.key, "it lies where the next version should")
            return replace(lease.position, last=number)
        lease.lose(f"another writer appended version {number} of {self.describe()}")
        raise StateError(
            f"another writer appended version {number} first; this run's state builds on version "
            f"{lease.position.number} and was not stored",
            object=self.describe(),
            type="Conflict",
        ) from error

    def _object(self, number: int) -> str:
        return f"{self.store.describe()}/{self.states.key(number)}"


def _fault(stored: StoredObject | StateVersion) -> str:
    return stored.metadata.get("fault", "")


def _is_empty_fence(stored: StoredObject) -> bool:
    return not stored.body and stored.metadata.get("fence") == "true"


def _version(number: int, stored: StoredObject, state: ParsedState) -> StateVersion:
    metadata: Mapping[str, str] = dict(stored.metadata)
    return StateVersion(number, stored.body, state.serial, state.lineage, metadata, stored.last_modified)
