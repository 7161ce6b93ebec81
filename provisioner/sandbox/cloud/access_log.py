"""The access log: every call, whether or not it was answered."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path
from typing import NamedTuple


class AccessRecord(NamedTuple):
    """One line of the access log."""

    time: float
    """Seconds since the epoch at the start of the call."""
    account: str
    version: str
    action: str
    region: str
    http_status: int
    """0 for a call that was not answered."""
    code: str
    """Empty for a call that succeeded."""
    request_id: str
    duration_ms: float
    fault: str = ""
    """The faults that hit the call, by kind and number: `latency#1,throttling#3`."""


class AccessLog:
    """One file of one line per call, to which several processes may write."""

    def __init__(self, path: Path) -> None:
        """Append to `path`, which is made when it is missing."""
        self._path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._descriptor < 0

    def append(self, record: AccessRecord) -> None:
        """Add a call that has ended."""
        # One write of one line to a file opened for appending: whole lines, also from several processes.
        os.write(self._descriptor, json.dumps(record).encode() + b"\n")

    def read(self) -> list[AccessRecord]:
        """Return every call, in the order in which they ended."""
        with self._path.open(encoding="utf-8") as lines:
            return [AccessRecord(*json.loads(line)) for line in lines]

    def clear(self) -> None:
        """Forget every call."""
        os.truncate(self._path, 0)

    def close(self) -> None:
        """Let go of the file."""
        if not self.is_closed:
            os.close(self._descriptor)
            self._descriptor = -1


def new_request_id() -> str:
    """Return a name for a call that no other call has."""
    return str(uuid.uuid4()).upper()
