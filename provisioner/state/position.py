"""Where a log ends: as it is stored, and as the holder of its lease knows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self

from provisioner.errors import StateError
from provisioner.objectstore import StoredObject
from provisioner.state.record import LeaseEvent, is_empty_fence
from provisioner.tfstate import parse_state


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

    @classmethod
    def of(cls, end: LogEnd) -> Self:
        """Return where the log ends, from the newest version as it is stored; it need not be readable."""
        number, stored = end.number, end.stored
        if stored is None or is_empty_fence(stored):
            return cls(number, last=end.last)
        digest = hashlib.sha256(stored.body).digest()
        try:
            state = parse_state(stored.body)
        except StateError:
            # What its writer knew still holds: a rollback has to come after it and belong to it.
            serial = stored.metadata.get("serial", "")
            lineage = stored.metadata.get("lineage")
            return cls(number, int(serial) if serial.isdecimal() else None, lineage, digest, end.last)
        return cls(number, state.serial, state.lineage, digest, end.last)
