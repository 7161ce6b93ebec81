"""
Keeps resources in one SQLite file, safe for many threads and several processes.

Every resource is a row with the few columns that are searched and a JSON document for the rest. Writers take SQLite's
write lock at once (`BEGIN IMMEDIATE`): a check and the change it allows can never be separated by another writer.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.sandbox.cloud.errors import OutdatedError
from provisioner.sandbox.cloud.transaction import Known, Transaction
from provisioner.sandbox.sqlite import connect

_LAYOUT = 1
"""The number of the layout below, which the file bears; another one when it changes."""

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS access_key (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, sealed_secret TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resource (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
    parent TEXT NOT NULL, name TEXT NOT NULL,
    created_at REAL NOT NULL, ready_at REAL NOT NULL, gone_at REAL,
    document TEXT NOT NULL,
    UNIQUE (kind, id, account, region)
);
CREATE INDEX IF NOT EXISTS resource_place ON resource (kind, account, region, gone_at);
CREATE INDEX IF NOT EXISTS resource_parent ON resource (kind, parent);
CREATE INDEX IF NOT EXISTS resource_gone ON resource (gone_at) WHERE gone_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS link (
    target TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (target, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS link_number ON link (number);
CREATE TRIGGER IF NOT EXISTS unlink AFTER DELETE ON resource BEGIN DELETE FROM link WHERE number = OLD.number; END;
CREATE TABLE IF NOT EXISTS client_token (
    account TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL,
    fingerprint TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (account, action, token)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    number INTEGER PRIMARY KEY, document TEXT NOT NULL, drawn INTEGER NOT NULL, hits INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tally (
    kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (kind, account, region)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS tally_one_more AFTER INSERT ON resource BEGIN
    INSERT INTO tally VALUES (NEW.kind, NEW.account, NEW.region, 1)
    ON CONFLICT (kind, account, region) DO UPDATE SET rows = rows + 1;
END;
CREATE TRIGGER IF NOT EXISTS tally_one_less AFTER DELETE ON resource BEGIN
    UPDATE tally SET rows = rows - 1 WHERE kind = OLD.kind AND account = OLD.account AND region = OLD.region;
END;
PRAGMA user_version = {layout};
COMMIT;
"""

_MOST_QUESTIONS = 1000
"""How many answers a connection remembers of what was read."""


@dataclass(slots=True)
class _Lent:
    """A connection, and what was read through it while the database was at one version."""

    connection: sqlite3.Connection
    known: Known
    version: int = -1


class Store:
    """The database file; hands out read and write transactions to any number of threads."""

    def __init__(self, path: Path, clock: Callable[[], float], *, discards_older: bool = False) -> None:
        """
        Open the file, creating it and its tables when missing.

        Raises:
            OutdatedError: an earlier version keeps resources there; with `discards_older` they go instead.
        """
        self._path = path
        self._clock = clock
        # Threads of one process queue here: SQLite's own waiting polls, with pauses of up to 100 ms.
        self._writing = threading.Lock()
        self._process = os.getpid()
        self._idle: deque[_Lent] = deque()
        self._closed = False
        with self._borrowed() as lent:
            if lent.connection.execute("PRAGMA user_version").fetchone()[0] < _LAYOUT:
                _clear_older(lent.connection, discards_older=discards_older)
                lent.connection.executescript(_SCHEMA.format(layout=_LAYOUT))

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Give a consistent view to read from."""
        with self._borrowed() as lent:
            lent.connection.execute("BEGIN")
            try:
                # Changes with every commit of another connection, be it in another process; this one's are in write().
                (version,) = lent.connection.execute("PRAGMA data_version").fetchone()
                if version != lent.version or len(lent.known) > _MOST_QUESTIONS:
                    lent.known.clear()
                    lent.version = version
                yield Transaction(lent.connection, self._clock(), lags=True, known=lent.known)
            finally:
                lent.connection.execute("COMMIT")

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Give a view to change; an exception undoes everything done through it."""
        with self._writing, self._borrowed() as lent:
            lent.connection.execute("BEGIN IMMEDIATE")
            lent.known.clear()
            try:
                # The clock is read under the lock, so times follow the order of the changes.
                yield Transaction(lent.connection, self._clock(), lags=False, known=None)
            except BaseException:
                lent.connection.execute("ROLLBACK")
                raise
            lent.connection.execute("COMMIT")

    def access_key(self, access_key_id: str) -> tuple[str, str] | None:
        """Return what a transaction does; asked on every call, so it takes none of its own."""
        with self._borrowed() as lent:
            return Transaction(lent.connection, self._clock(), lags=False, known=None).access_key(access_key_id)

    def has_faults(self) -> bool:
        """Return whether there are faults; asked on every call, so it takes no transaction of its own."""
        with self._borrowed() as lent:
            return lent.connection.execute("SELECT 1 FROM fault LIMIT 1").fetchone() is not None

    def close(self) -> None:
        """Close every idle connection; later use is an error."""
        self._closed = True
        while self._idle:
            self._idle.pop().connection.close()

    @contextmanager
    def _borrowed(self) -> Iterator[_Lent]:
        """Lend a connection to one thread at a time; more threads make more connections."""
        if self._closed:
            raise RuntimeError("the sandbox cloud is closed")
        if self._process != os.getpid():
            # SQLite connections do not survive a fork; the parent's are left alone.
            self._process, self._idle, self._writing = os.getpid(), deque(), threading.Lock()
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = _Lent(connect(self._path, "OFF"), {})
        try:
            yield lent
        except sqlite3.Error:
            lent.connection.close()
            raise
        except BaseException:
            self._give_back(lent)
            raise
        self._give_back(lent)

    def _give_back(self, lent: _Lent) -> None:
        if self._closed:
            lent.connection.close()
        else:
            self._idle.append(lent)


def _clear_older(connection: sqlite3.Connection, *, discards_older: bool) -> None:
    """Drop the resources of an earlier layout, if there are none or the user wants that."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'resource'").fetchone() is None:
        return
    if not discards_older and connection.execute("SELECT 1 FROM resource LIMIT 1").fetchone() is not None:
        raise OutdatedError("it holds resources of an earlier version of the sandbox, which this one cannot read")
    connection.executescript(
        "BEGIN IMMEDIATE; DROP TABLE resource; DROP TABLE IF EXISTS link; DROP TABLE IF EXISTS tally; COMMIT;"
    )
