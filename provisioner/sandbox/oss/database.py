"""
Keeps the sandbox's buckets and objects in one SQLite file in write-ahead mode.

Several processes and threads use the file at once; SQLite's lock is the only arbiter. Every change is one
`BEGIN IMMEDIATE` transaction, which is what makes "create unless it exists" atomic between processes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.sandbox.sqlite import connect

_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS buckets (
        name TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        location TEXT NOT NULL,
        storage_class TEXT NOT NULL,
        redundancy TEXT NOT NULL,
        acl TEXT NOT NULL,
        created REAL NOT NULL,
        encryption TEXT,          -- the SSE algorithm, NULL when none was set
        lifecycle TEXT,           -- the LifecycleConfiguration document as it was put
        versioning TEXT,          -- Enabled | Suspended, NULL when it was never configured
        worm_id TEXT,
        worm_days INTEGER,
        worm_locked INTEGER,
        worm_created REAL
    )""",
    """
    CREATE TABLE IF NOT EXISTS objects (
        bucket TEXT NOT NULL REFERENCES buckets(name),
        key TEXT NOT NULL,        -- BINARY collation of UTF-8 is the order in which OSS lists
        size INTEGER NOT NULL,
        md5 TEXT NOT NULL,        -- hexadecimal
        created REAL NOT NULL,
        headers TEXT NOT NULL,    -- JSON: what a GET gives back besides the body
        tags TEXT,                -- JSON, NULL when there are none
        body BLOB NOT NULL,       -- last, so that a listing never reads it
        PRIMARY KEY (bucket, key)
    )""",
)
_OBJECT_COLUMNS = "key, size, md5, created, headers, tags"


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket and its settings."""

    name: str
    owner: str
    location: str
    storage_class: str
    redundancy: str
    acl: str
    created: float
    encryption: str | None = None
    lifecycle: str | None = None
    versioning: str | None = None
    worm_id: str | None = None
    worm_days: int | None = None
    worm_locked: int | None = None
    worm_created: float | None = None


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object without its body."""

    key: str
    size: int
    md5: str
    created: float
    headers: Mapping[str, str]
    tags: Mapping[str, str]


class Session:
    """The queries and changes of one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def bucket(self, name: str) -> Bucket | None:
        """Return the bucket, or None."""
        row = self._connection.execute("SELECT * FROM buckets WHERE name = ?", (name,)).fetchone()
        return Bucket(*row) if row else None

    def buckets(self, owner: str) -> list[Bucket]:
        """Return the account's buckets in order of name."""
        rows = self._connection.execute("SELECT * FROM buckets WHERE owner = ? ORDER BY name", (owner,))
        return [Bucket(*row) for row in rows]

    def add_bucket(self, bucket: Bucket) -> None:
        """Store a new bucket."""
        self._connection.execute(
            "INSERT INTO buckets (name, owner, location, storage_class, redundancy, acl, created)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                bucket.name,
                bucket.owner,
                bucket.location,
                bucket.storage_class,
                bucket.redundancy,
                bucket.acl,
                bucket.created,
            ),
        )

    def set_bucket(self, name: str, **columns: str | float | None) -> None:
        """Change settings of a bucket; the names are this module's own column names, never input."""
        assignments = ", ".join(f"{column} = ?" for column in columns)
        self._connection.execute(f"UPDATE buckets SET {assignments} WHERE name = ?", (*columns.values(), name))  # noqa: S608 - keyword names of our own calls

    def remove_bucket(self, name: str) -> None:
        """Forget an (empty) bucket."""
        self._connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    def has_objects(self, bucket: str) -> bool:
        """Return whether the bucket holds anything."""
        return (
            self._connection.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (bucket,)).fetchone() is not None
        )

    def usage(self, bucket: str) -> tuple[int, int]:
        """Return the number of objects and their bytes."""
        row = self._connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM objects WHERE bucket = ?", (bucket,)
        ).fetchone()
        return int(row[0]), int(row[1])

    def head(self, bucket: str, key: str) -> ObjectRow | None:
        """Return an object without its body, or None."""
        row = self._connection.execute(
            f"SELECT {_OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key = ?",  # noqa: S608 - a constant
            (bucket, key),
        ).fetchone()
        return _object(row) if row else None

    def body(self, bucket: str, key: str) -> bytes:
        """Return the body of an object that exists."""
        row = self._connection.execute(
            "SELECT body FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
        ).fetchone()
        return bytes(row[0])

    def put(self, bucket: str, row: ObjectRow, body: bytes) -> None:
        """Store an object, replacing what was there."""
        self._connection.execute(
            "INSERT OR REPLACE INTO objects (bucket, key, size, md5, created, headers, tags, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (bucket, row.key, row.size, row.md5, row.created, json.dumps(dict(row.headers)), _tags(row.tags), body),
        )

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        """Replace the tags of an object."""
        self._connection.execute("UPDATE objects SET tags = ? WHERE bucket = ? AND key = ?", (_tags(tags), bucket, key))

    def clear(self) -> None:
        """Remove everything."""
        self._connection.execute("DELETE FROM objects")
        self._connection.execute("DELETE FROM buckets")

    def remove(self, bucket: str, key: str) -> None:
        """Remove an object if it exists."""
        self._connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))

    def objects(self, bucket: str, prefix: str, after: str) -> Iterator[ObjectRow]:
        """Yield the objects with this prefix whose key comes after `after`, in order, as they are needed."""
        query = f"SELECT {_OBJECT_COLUMNS} FROM objects WHERE bucket = ? AND key >= ? AND key > ?"  # noqa: S608 - a constant
        values: list[str] = [bucket, prefix, after]
        if bound := _after_all_with(prefix):
            query += " AND key < ?"
            values.append(bound)
        for row in self._connection.execute(query + " ORDER BY key", values):
            yield _object(row)


class Database:
    """The file. Connections are kept and lent out, one to each transaction that is under way."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = directory / "oss.db"
        # Objects may hold user data: no other user may read the file. SQLite gives its journal the same mode.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._is_closed = False
        with self.change() as session:
            for statement in _SCHEMA:
                session._connection.execute(statement)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Lend a connection with a snapshot of the data."""
        with self._lend("BEGIN") as session:
            yield session

    @contextmanager
    def change(self) -> Iterator[Session]:
        """Lend a connection that holds the write lock; everything or nothing is stored."""
        with self._lend("BEGIN IMMEDIATE") as session:
            yield session

    def clear(self) -> None:
        """Forget every bucket and object, of all accounts."""
        with self.change() as session:
            session.clear()

    def close(self) -> None:
        """Close the idle connections, and the others when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _lend(self, begin: str) -> Iterator[Session]:
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = connect(self._path, "NORMAL")
        try:
            connection.execute(begin)
            try:
                yield Session(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        finally:
            with self._lock:
                keep = not self._is_closed
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()


def _object(row: tuple[str, int, str, float, str, str | None]) -> ObjectRow:
    return ObjectRow(row[0], row[1], row[2], row[3], json.loads(row[4]), json.loads(row[5]) if row[5] else {})


def _tags(tags: Mapping[str, str]) -> str | None:
    return json.dumps(dict(tags)) if tags else None


def _after_all_with(prefix: str) -> str:
    """Return the smallest string above every string with this prefix, or "" when there is none."""
    for index in range(len(prefix) - 1, -1, -1):
        point = ord(prefix[index])
        if point < sys.maxunicode:
            successor = point + 1
            # Surrogates are no characters and do not exist in UTF-8.
            return prefix[:index] + chr(0xE000 if 0xD800 <= successor <= 0xDFFF else successor)  # noqa: PLR2004
    return ""
