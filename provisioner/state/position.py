"""The end of a log: as it is stored, and as the holder of its lease knows it."""

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
    """The end of a log, as it is stored."""

    number: int = 0
    """The number of the newest version; 0 when there is none."""
    stored: StoredObject | None = None
    """That version, which may be unreadable as a state."""
    last: int = 0
    """The number after which the next version comes: the newest version's, or that of a passed-over object or a missing
    version after it."""
    event: LeaseEvent | None = None
    """The newest event of the lease, with which a reader compares the versions."""

    @property
    def missing(self) -> int | None:
        """
        The number of the newest version that the chain of the lease knows, if that version is missing; else None.

        No crash leads to this: a run announces a version only after the store has confirmed it, and no run deletes the
        newest version. So the log has lost it, and the objects of that run are in no version any more.
        """
        event = self.event
        # A run announces a fence before the first state without a digest: losing that fence loses nothing.
        if event is None or event.state is None or (event.number is not None and event.state_digest is None):
            return None
        return event.state if event.state > self.number else None


@dataclass(frozen=True, slots=True)
class Position:
    """The end of a log, as the holder of the lease knows it. The holder may append only its next number."""

    number: int = 0
    """The number of the newest version; 0 when there is none."""
    serial: int | None = None
    lineage: str | None = None
    """Both are None until a run has stored a state."""
    digest: bytes | None = None
    """SHA-256 of the newest body."""
    last: int = 0
    """As in LogEnd: the next version comes after it."""

    @classmethod
    def of(cls, end: LogEnd) -> Self:
        """Return where the log ends, from the newest version as it is stored, which may be unreadable."""
        number, stored = end.number, end.stored
        if stored is None or is_empty_fence(stored):
            return cls(number, last=end.last)
        digest = hashlib.sha256(stored.body).digest()
        try:
            state = parse_state(stored.body)
        except StateError:
            # Its metadata still counts: a rollback has to come after it and have its lineage.
            serial = stored.metadata.get("serial", "")
            lineage = stored.metadata.get("lineage")
            return cls(number, int(serial) if serial.isdecimal() else None, lineage, digest, end.last)
        return cls(number, state.serial, state.lineage, digest, end.last)
