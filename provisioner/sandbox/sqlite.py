"""How the sandbox opens its SQLite files, which several threads and processes use at once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Literal

_BUSY_TIMEOUT_SECONDS = 30.0
_PAUSE_SECONDS = 0.005


def connect(path: Path, synchronous: Literal["OFF", "NORMAL"]) -> sqlite3.Connection:
    """
    Return a connection in write-ahead mode, without implicit transactions, that one thread at a time may use.

    A killed process loses nothing in either mode of `synchronous`; only a power cut could, and this is a simulation.
    """
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    deadline = time.monotonic() + _BUSY_TIMEOUT_SECONDS
    while True:
        try:
            # Switching to WAL ignores the busy timeout when another process is switching as well.
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                connection.close()
                raise
            time.sleep(_PAUSE_SECONDS)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection
