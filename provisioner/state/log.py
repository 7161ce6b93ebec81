"""The versions of one state: reading them, and appending under a lease."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from provisioner.errors import StateError
from provisioner.ids import EntryName, Root
from provisioner.objectstore import ObjectExistsError, ObjectNotFoundError, ObjectStore, StoredObject
from provisioner.place import Place
from provisioner.state.advice import Advice
from provisioner.state.record import StateVersion, StateVersionInfo
from provisioner.state.sequence import Sequence
from provisioner.state.soundness import LOOK_BACK, find_fault, good_version
from provisioner.tfstate import ParsedState, parse_state

_SEAL_ATTEMPTS = 20


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

    def require_end(self, sequence: Sequence, number: int) -> None:
        """Raise StateError if what was just written is not the end of the sequence, and lose the lease then."""
        ...

    def lose(self, reason: str) -> None:
        """Note that somebody else writes."""
        ...


class StateLog:
    """
    The log of one root module's state in one entry.

    `root` is `infrastructure` or `worker`. Reading needs no lease. The end of the log that an append builds on belongs
    to the lease and not to this object: reading the newest version never makes an outdated holder a current one.
    """

    def __init__(self, store: ObjectStore, entry_name: EntryName, root: Root, advice: Advice | None = None) -> None:
        if not entry_name or "/" in entry_name:
            raise ValueError(f"{entry_name!r} cannot be the name of a BackupEntry")
        self.store = store
        self.root = root
        self.advice = advice or Advice()
        self.prefix = f"{entry_name}/provisioner/{root}/"
        self.states = Sequence(store, f"{self.prefix}state/", ".tfstate")
        self._known_number = 0

    def describe(self) -> str:
        """Return the log's place for messages, for example `oss://bucket/entry/provisioner/worker`."""
        return f"{self.store.describe()}/{self.prefix.removesuffix('/')}"

    def newest(self) -> StateVersion | None:
        """
        Return the newest version, or None when no state was ever stored.

        Raises:
            StateError: it cannot be read, or cannot follow the versions before it; the message names one to return to.
        """
        return self.version(*self.newest_stored())

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

    def append(self, body: bytes, lease: Holder, run_id: str, fence: bool = False) -> int:
        """
        Append a version and return its number; the bytes of the newest version append nothing and return its number.

        A `fence` may repeat the newest serial.

        Raises:
            StateError: the body is not a readable state, has another lineage or an older serial than the newest
                version, the lease is lost, or another writer was there first (then the lease is lost from now on).
        """
        if lease.prefix != self.prefix:
            raise ValueError(f"the lease of {lease.prefix} does not allow to append to {self.prefix}")
        with lease.append_lock:
            lease.require_held()
            state = parse_state(body, f"{self.describe()} (new version)")
            while True:
                position = lease.position
                digest = hashlib.sha256(body).digest()
                if not fence:
                    if digest == position.digest:
                        return position.number
                    self._check_successor(state, position)
                number = position.number + 1
                try:
                    self._put(number, body, lease, run_id, state=state, fence=fence)
                except ObjectExistsError as error:
                    landed = self._own_append(number, lease, run_id)
                    if landed is None:
                        lease.lose(f"another writer appended version {number} of {self.describe()}")
                        raise StateError(
                            f"another writer appended version {number} first; this run's state builds on version "
                            f"{position.number} and was not stored",
                            object=self.describe(),
                            type="Conflict",
                        ) from error
                    lease.position = landed
                    fence = fence and landed.digest != digest
                    continue
                lease.require_end(self.states, number)
                lease.position = Position(number, state.serial, state.lineage, digest)
                self._known_number = number
                return number

    # For the lease

    def newest_stored(self, hint: int = 0) -> tuple[int, StoredObject | None]:
        """Return the newest number and what is stored there; 0 and None for an empty log."""
        entry = self.states.newest(max(hint, self._known_number))
        if entry is None:
            return 0, None
        self._known_number = entry.number
        return entry.number, self.raw(entry.number)

    def version(self, number: int, stored: StoredObject | None) -> StateVersion | None:
        """Return what was found as the newest version, or None when that is no state."""
        if stored is None or _is_empty_fence(stored):
            return None
        try:
            state = parse_state(stored.body, self._object(number))
        except StateError as error:
            raise self._bad_version(number, error.problem.detail, "UnreadableState") from error
        fault = find_fault(self.read, number, stored, state)
        if fault:
            raise self._bad_version(number, fault, "NotASuccessor")
        return _version(number, stored, state)

    def position(self, number: int, stored: StoredObject | None) -> Position:
        """Return where the log ends, from the newest version as it is stored; it need not be readable."""
        if stored is None or _is_empty_fence(stored):
            return Position(number)
        digest = hashlib.sha256(stored.body).digest()
        try:
            state = parse_state(stored.body)
        except StateError:
            # What its writer knew still holds: a rollback has to come after it and belong to it.
            serial = stored.metadata.get("serial", "")
            lineage = stored.metadata.get("lineage")
            return Position(number, int(serial) if serial.isdecimal() else None, lineage, digest)
        return Position(number, state.serial, state.lineage, digest)

    def seal(self, lease: Holder, run_id: str, hint: int = 0) -> tuple[int, StoredObject | None]:
        """
        Append the newest version once more, marked as a fence, and return it.

        From then on an append by the former holder finds its number taken. Before the first state the fence is empty.

        Raises:
            StateError: the former holder kept appending.
        """
        for _ in range(_SEAL_ATTEMPTS):
            number, stored = self.newest_stored(hint)
            body = b"" if stored is None else stored.body
            known = {} if stored is None else stored.metadata
            metadata = {name: value for name, value in known.items() if name in ("serial", "lineage")}
            metadata |= self._metadata(number + 1, lease, run_id, fence=True)
            try:
                self.store.put_if_absent(self.states.key(number + 1), body, metadata)
            except ObjectExistsError:
                continue  # the former holder lives and was quicker once more
            self._known_number = number + 1
            return number + 1, self.raw(number + 1)
        raise StateError(
            "the former holder of the lease keeps appending", object=self.describe(), type="Busy", is_retryable=True
        )

    def _put(self, number: int, body: bytes, lease: Holder, run_id: str, *, state: ParsedState, fence: bool) -> None:
        metadata = {"serial": str(state.serial), "lineage": state.lineage}
        self.store.put_if_absent(
            self.states.key(number), body, metadata | self._metadata(number, lease, run_id, fence=fence)
        )

    @staticmethod
    def _metadata(number: int, lease: Holder, run_id: str, *, fence: bool) -> dict[str, str]:
        metadata = {"run": run_id, "lease": str(lease.number), "operation": lease.operation, "number": str(number)}
        return metadata | lease.place.to_metadata() | ({"fence": "true"} if fence else {})

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

    def _own_append(self, number: int, lease: Holder, run_id: str) -> Position | None:
        """Return the position after an append of this tenure that was given up and arrived after all, or None."""
        stored = self.raw(number)
        if stored.metadata.get("run") != run_id or stored.metadata.get("lease") != str(lease.number):
            return None
        return self.position(number, stored)

    def _bad_version(self, number: int, detail: str, type: str) -> StateError:
        return StateError(
            f"the newest version cannot be used: {detail}",
            object=self._object(number),
            type=type,
            fix=self.advice.return_to(self.root, good_version(self.read, number), LOOK_BACK),
        )

    def _object(self, number: int) -> str:
        return f"{self.store.describe()}/{self.states.key(number)}"


def _is_empty_fence(stored: StoredObject) -> bool:
    return not stored.body and stored.metadata.get("fence") == "true"


def _version(number: int, stored: StoredObject, state: ParsedState) -> StateVersion:
    metadata: Mapping[str, str] = dict(stored.metadata)
    return StateVersion(number, stored.body, state.serial, state.lineage, metadata, stored.last_modified)
