"""Writes versions of a state: appends under a lease, and seals the log against the former holder."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace

from provisioner.errors import StateError
from provisioner.objectstore import ObjectExistsError
from provisioner.objectstore.clock import DATE_RESOLUTION
from provisioner.state.log import UNUSABLE, StateLog
from provisioner.state.notes import Notes
from provisioner.state.position import LogEnd, Position
from provisioner.state.record import LeaseEvent
from provisioner.state.tenure import Tenure
from provisioner.tfstate import ParsedState, parse_state

_SEAL_ATTEMPTS = 20


class LogWriter:
    """
    Appends to a log under one lease; safe for several threads.

    It tracks by itself where the log ends: reading the newest version never makes a former holder the current one.
    """

    def __init__(self, log: StateLog, tenure: Tenure, notes: Notes) -> None:
        self.log = log
        """The log that it writes."""
        self._tenure = tenure
        self._notes = notes
        self._lock = threading.RLock()
        self._position = Position()

    @property
    def position(self) -> Position:
        """Where the log ends."""
        return self._position

    def follow(self, position: Position) -> None:
        """Let the next version come after this position."""
        self._position = position

    def append(self, body: bytes) -> int:
        """
        Append a version and return its number; the bytes of the newest version append nothing and return its number.

        Raises:
            StateError: the body is not a readable state, has another lineage or an older serial than the newest
                version, the lease is lost, or another writer was quicker (then the lease is lost from now on).
        """
        with self._lock:
            self._tenure.require_held()
            state = parse_state(body, f"{self.log.describe()} (new version)")
            digest = hashlib.sha256(body).digest()
            while True:
                position = self._position
                if digest == position.digest:
                    return position.number
                self._check_successor(state, position)
                number = position.last + 1
                try:
                    metadata = {"serial": str(state.serial), "lineage": state.lineage}
                    self._put(number, body, metadata)
                except ObjectExistsError as error:
                    self._position = self._position_after(number, error)
                    continue
                self._tenure.require_end(number, lambda: self.log.find_end(None).number)
                self._position = Position(number, state.serial, state.lineage, digest, number)
                self.log.expect(number)
                return number

    def seal(self, event: LeaseEvent | None = None) -> LogEnd:
        """
        Append the newest version once more, marked as a fence, and return where the log ends then.

        From then on an append by the former holder finds its number taken. Before the first state the fence is empty.
        The fence of a bad version says what is wrong, and is bad, too. `event` is the newest event before the lease.

        Raises:
            StateError: the former holder kept appending.
        """
        for _ in range(_SEAL_ATTEMPTS):
            end = self.log.find_end(event)
            number, body = end.last + 1, b"" if end.stored is None else end.stored.body
            try:
                state = self.log.parse(end)
                metadata = {} if state is None else {"serial": str(state.serial), "lineage": state.lineage}
            except StateError as error:
                if error.problem.type not in UNUSABLE:
                    raise
                known = {} if end.stored is None else end.stored.metadata
                metadata = {name: value for name, value in known.items() if name in ("serial", "lineage")}
                metadata["fault"] = error.problem.detail.encode("ascii", "replace").decode()
            try:
                self._put(number, body, metadata | {"fence": "true"})
            except ObjectExistsError:
                continue  # the former holder is alive and was quicker again
            self.log.expect(number)
            return LogEnd(number, self.log.raw(number), number, event)
        raise StateError(
            "the former holder of the lease keeps appending",
            object=self.log.describe(),
            type="Busy",
            is_retryable=True,
        )

    def _put(self, number: int, body: bytes, metadata: Mapping[str, str]) -> None:
        noted = self._notes.event
        whose = {
            "run": noted.run,
            "lease": str(self._tenure.number),
            "operation": noted.operation,
            "number": str(number),
            **noted.place.to_metadata(),
        }
        self.log.store.put_if_absent(self.log.states.key(number), body, {**metadata, **whose})

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
                object=self.log.describe(),
                type="NotASuccessor",
            )

    def _position_after(self, number: int, error: ObjectExistsError) -> Position:
        """
        Return where the log ends, now that an object has the number of the next version.

        It may be an append that this run gave up and that arrived after all, or an object that is no version.

        Raises:
            StateError: another writer was quicker.
        """
        stored = self.log.raw(number)
        metadata = stored.metadata
        if (metadata.get("run"), metadata.get("lease")) == (self._notes.event.run, str(self._tenure.number)):
            return Position.of(LogEnd(number, stored, number))
        own = metadata.get("number")
        # Without a number it is another writer's, unless it is older than this tenure: then `find_end` passed it over.
        # A store cuts times to seconds.
        is_old = own is None and stored.last_modified + DATE_RESOLUTION <= self._notes.event.since
        if is_old or own not in (None, str(number)):
            self.log.pass_over(stored.key, "it has the number of the next version")
            return replace(self._position, last=number)
        self._tenure.lose(f"another writer appended version {number} of {self.log.describe()}")
        raise StateError(
            f"another writer appended version {number} first; this run's state builds on version "
            f"{self._position.number} and was not stored",
            object=self.log.describe(),
            type="Conflict",
        ) from error
