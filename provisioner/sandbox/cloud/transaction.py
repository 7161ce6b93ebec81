"""Queries and changes of the store at one moment, all of them or none."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeAlias

from provisioner.sandbox.cloud.resource import INHERENT, Resource

Row: TypeAlias = tuple[Any, ...]
Known: TypeAlias = dict[tuple[str, tuple[str, ...]], list[Row]]
"""The rows that were read, by the query and its values."""

_MOST_ROWS = 100
"""An answer that is longer is not kept."""
_COLUMNS = "kind, id, account, region, parent, name, created_at, ready_at, gone_at, document"
_GONE_AT = _COLUMNS.split(", ").index("gone_at")
_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().raw_decode


class Transaction:
    """A consistent view of the store; changes made through it become visible together or not at all."""

    def __init__(self, connection: sqlite3.Connection, now: float, *, lags: bool, known: Known | None) -> None:
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
        """Forget all but the seed, the id and the id counter; what was changed of quotas and offer goes, too."""
        for table in ("resource", "access_key", "client_token", "fault"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
        self._connection.execute("DELETE FROM setting WHERE name LIKE 'quota/%' OR name LIKE 'offer/%'")

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

    def settings(self, prefix: str) -> dict[str, str]:
        """Return the stored settings whose names begin with `prefix`."""
        rows = self._connection.execute("SELECT name, value FROM setting WHERE name GLOB ?", (f"{prefix}*",))
        return {str(name): str(value) for name, value in rows}

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

    def remove_access_key(self, access_key_id: str) -> None:
        """Forget an access key."""
        self._connection.execute("DELETE FROM access_key WHERE id = ?", (access_key_id,))

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

    def _read(self, query: str, *values: str) -> list[Row]:
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
