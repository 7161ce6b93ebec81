"""
Where resources are kept: one SQLite file, safe for many threads and several processes.

Every resource is a row with the few columns that are searched and a JSON document for the rest. Writers take SQLite's
write lock at once (`BEGIN IMMEDIATE`): a check and the change it allows can never be separated by another writer.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from provisioner.sandbox.cloud.errors import OutdatedError
from provisioner.sandbox.sqlite import connect

VISIBLE_AT = "VisibleAt"
"""Key in a resource's document: seconds since the epoch from which reading actions see it."""

INHERENT = "Inherent"
"""Key in a resource's document: true for what comes and goes with another one, which `counts` leaves out."""

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

_MOST_QUESTIONS, _MOST_ROWS = 1000, 100
"""How much a connection remembers of what was read: answers, and rows in each."""

_Row: TypeAlias = tuple[Any, ...]
_Question: TypeAlias = tuple[str, tuple[str, ...]]
_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().raw_decode
_COLUMNS = "kind, id, account, region, parent, name, created_at, ready_at, gone_at, document"
_GONE_AT = _COLUMNS.split(", ").index("gone_at")


@dataclass(slots=True)
class Resource:
    """One thing the cloud holds."""

    kind: str
    """As `Cloud.counts` names it: `vpc`, `vswitch`, `nat_gateway` ..."""
    id: str
    account: str
    region: str
    parent: str
    """Id of what it cannot exist without, or empty."""
    name: str
    """What the service calls its name; kept apart from the document because it is searched."""
    created_at: float
    ready_at: float
    """Until then the resource shows its transitional state."""
    gone_at: float | None
    """Set while it is being deleted; from then on it does not exist."""
    document: dict[str, Any]

    def is_visible(self, now: float) -> bool:
        """Return whether readers see it at `now`, in seconds since the epoch; only a fault delays that."""
        return bool(self.document.get(VISIBLE_AT, 0.0) <= now)

    def status(self, now: float) -> str:
        """Return the state a reader sees at `now`, in seconds since the epoch."""
        if self.gone_at is not None:
            return "Deleting"
        settled = str(self.document.get("Status", "Available"))
        if now < self.ready_at:
            return str(self.document.get("TransitionalStatus", settled))
        return settled


class Transaction:
    """A consistent view of the store; changes made through it become visible together or not at all."""

    def __init__(
        self, connection: sqlite3.Connection, now: float, *, lags: bool, known: dict[_Question, list[_Row]] | None
    ) -> None:
        """
        Look at the store through `connection` as of `now`; one that `lags` misses what is not visible yet.

        `known` is what was read before and still holds; None when the transaction is about to change it.
        """
        self._connection = connection
        self._lags = lags
        self._known = known
        self.now = now

    def select(
        self,
        kind: str,
        *,
        account: str | None = None,
        region: str | None = None,
        parent: str | None = None,
        name: str | None = None,
        id: str | None = None,
        linked_to: str | None = None,
    ) -> list[Resource]:
        """Return the existing resources of one kind that match everything given, oldest first."""
        asked = {
            "kind": kind,
            "id": id,
            "parent": parent,
            "account": account,
            "region": region,
            "name": name,
            "linked_to": linked_to,
        }
        given = {column: value for column, value in asked.items() if value is not None}
        rows = self._read(_selection(*given), *given.values())
        # What is gone is left out here: a question that holds the time would never be asked twice.
        found = [
            Resource(*row[:-1], document=_decode(row[-1])[0])  # type: ignore[misc] # rows are untyped
            for row in rows
            if row[_GONE_AT] is None or row[_GONE_AT] > self.now
        ]
        return [one for one in found if one.is_visible(self.now)] if self._lags else found

    def count(self, kind: str, *, account: str, region: str) -> int:
        """Return how many resources of one kind an account has in a region."""
        # Kept with every insert and delete: looking at each of thousands would take longer than the rest of a call.
        query = (
            "SELECT coalesce((SELECT rows FROM tally WHERE kind = ?1 AND account = ?2 AND region = ?3), 0)"
            " - (SELECT count(*) FROM resource WHERE kind = ?1 AND account = ?2 AND region = ?3 AND gone_at <= ?4)"
        )
        row = self._connection.execute(query, (kind, account, region, self.now)).fetchone()
        return int(row[0])

    def counts(self) -> dict[str, int]:
        """Return how many resources exist by kind, without what is inherent in others."""
        query = (
            "SELECT kind, count(*) FROM resource WHERE (gone_at IS NULL OR gone_at > ?)"  # noqa: S608 - constants
            f" AND json_extract(document, '$.{INHERENT}') IS NULL GROUP BY kind"
        )
        return {str(kind): int(number) for kind, number in self._connection.execute(query, (self.now,))}

    def insert(self, resource: Resource, links: Iterable[str] = ()) -> None:
        """Add a resource that can be found by `links`; one of the same kind, account, region and id must not exist."""
        cursor = self._connection.execute(
            f"INSERT INTO resource ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
            (
                resource.kind,
                resource.id,
                resource.account,
                resource.region,
                resource.parent,
                resource.name,
                resource.created_at,
                resource.ready_at,
                resource.gone_at,
                _encode(resource.document),
            ),
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO link VALUES (?, ?)", [(link, cursor.lastrowid) for link in links]
        )

    def relink(self, resource: Resource, links: Iterable[str]) -> None:
        """Replace what a resource can be found by."""
        key = (resource.kind, resource.account, resource.region, resource.id)
        (number,) = self._connection.execute(
            "SELECT number FROM resource WHERE kind = ? AND account = ? AND region = ? AND id = ?", key
        ).fetchone()
        self._connection.execute("DELETE FROM link WHERE number = ?", (number,))
        self._connection.executemany("INSERT INTO link VALUES (?, ?)", [(link, number) for link in links])

    def update(self, resource: Resource) -> None:
        """Write back everything but kind, id, account and region."""
        self._connection.execute(
            "UPDATE resource SET parent = ?, name = ?, created_at = ?, ready_at = ?, gone_at = ?, document = ?"
            " WHERE kind = ? AND account = ? AND region = ? AND id = ?",
            (
                resource.parent,
                resource.name,
                resource.created_at,
                resource.ready_at,
                resource.gone_at,
                _encode(resource.document),
                resource.kind,
                resource.account,
                resource.region,
                resource.id,
            ),
        )

    def remove(self, resources: Iterable[Resource]) -> None:
        """Delete resources for good."""
        self._connection.executemany(
            "DELETE FROM resource WHERE kind = ? AND account = ? AND region = ? AND id = ?",
            [(one.kind, one.account, one.region, one.id) for one in resources],
        )

    def sweep(self) -> None:
        """Drop what has finished being deleted."""
        self._connection.execute("DELETE FROM resource WHERE gone_at <= ?", (self.now,))

    def clear(self) -> None:
        """Forget all but the seed and the id counter: resources, access keys, client tokens, quotas, faults."""
        for table in ("resource", "access_key", "client_token", "fault"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        self._connection.execute("DELETE FROM setting WHERE name LIKE 'quota/%'")

    def next_number(self) -> int:
        """Return a number that was never returned before, not even before a reset."""
        row = self._connection.execute(
            "INSERT INTO setting (name, value) VALUES ('counter', '1')"
            " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value"
        ).fetchone()
        return int(row[0])

    def setting(self, name: str) -> str | None:
        """Return a stored setting."""
        row = self._connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        self._connection.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))

    def access_key(self, access_key_id: str) -> tuple[str, str] | None:
        """Return an access key's account and sealed secret."""
        rows = self._read("SELECT account, sealed_secret FROM access_key WHERE id = ?", access_key_id)
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def add_access_key(self, access_key_id: str, account: str, sealed_secret: str) -> None:
        """Register an access key."""
        self._connection.execute("INSERT INTO access_key VALUES (?, ?, ?)", (access_key_id, account, sealed_secret))

    def remembered(self, account: str, action: str, token: str) -> tuple[str, dict[str, Any]] | None:
        """Return the fingerprint and the answer of the call that first used a client token."""
        row = self._connection.execute(
            "SELECT fingerprint, answer FROM client_token WHERE account = ? AND action = ? AND token = ?",
            (account, action, token),
        ).fetchone()
        return None if row is None else (str(row[0]), json.loads(row[1]))

    def remember(self, account: str, action: str, token: str, fingerprint: str, answer: dict[str, Any]) -> None:
        """Keep the answer of a call for its client token."""
        self._connection.execute(
            "INSERT INTO client_token VALUES (?, ?, ?, ?, ?)", (account, action, token, fingerprint, json.dumps(answer))
        )

    def faults(self) -> list[tuple[int, str, int, int]]:
        """Return every fault, oldest first: its number, its document, how often it was drawn and how often it hit."""
        return self._connection.execute("SELECT number, document, drawn, hits FROM fault ORDER BY number").fetchall()

    def add_fault(self, document: str) -> int:
        """Add a fault and return its number."""
        cursor = self._connection.execute("INSERT INTO fault (document, drawn, hits) VALUES (?, 0, 0)", (document,))
        return int(cursor.lastrowid or 0)

    def count_fault(self, number: int, drawn: int, hits: int) -> None:
        """Set how often a fault was drawn and how often it hit."""
        self._connection.execute("UPDATE fault SET drawn = ?, hits = ? WHERE number = ?", (drawn, hits, number))

    def clear_faults(self) -> int:
        """Remove every fault, and return how many there were."""
        return self._connection.execute("DELETE FROM fault").rowcount

    def _read(self, query: str, *values: str) -> list[_Row]:
        """Return the rows of a query, which are not asked for again while the database stays as it is."""
        if self._known is None:
            return self._connection.execute(query, values).fetchall()
        rows = self._known.get((query, values))
        if rows is None:
            rows = self._connection.execute(query, values).fetchall()
            if len(rows) <= _MOST_ROWS:
                self._known[query, values] = rows
        return rows


@cache
def _selection(*columns: str) -> str:
    """Return the query for the resources that have given values in these columns."""
    linked = "number IN (SELECT number FROM link WHERE target = ?)"
    where = " AND ".join(linked if column == "linked_to" else f"{column} = ?" for column in columns)
    return f"SELECT {_COLUMNS} FROM resource WHERE {where} ORDER BY number"  # noqa: S608 - constants


def _clear_older(connection: sqlite3.Connection, *, discards_older: bool) -> None:
    """Drop the resources of an earlier layout, if there are none or the user wants that."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'resource'").fetchone() is None:
        return
    if not discards_older and connection.execute("SELECT 1 FROM resource LIMIT 1").fetchone() is not None:
        raise OutdatedError("it holds resources of an earlier version of the sandbox, which this one cannot read")
    connection.executescript(
        "BEGIN IMMEDIATE; DROP TABLE resource; DROP TABLE IF EXISTS link; DROP TABLE IF EXISTS tally; COMMIT;"
    )


@dataclass(slots=True)
class _Lent:
    """A connection, and what was read through it while the database was at one version."""

    connection: sqlite3.Connection
    known: dict[_Question, list[_Row]]
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
