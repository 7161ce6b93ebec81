"""Reads and changes the sandbox's object storage below its API, which would refuse to damage a log."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.sandbox.oss.database import Database, ObjectRow, Session

BUCKET = "demo-garden-backups"
"""The example's."""
OTHER_BUCKET = "other-garden-backups"
_WORM_DAYS = 30


@dataclass(frozen=True, slots=True)
class Stored:
    """One object."""

    headers: Mapping[str, str]
    """They include the metadata, as `x-oss-meta-...`."""
    body: bytes = field(repr=False)
    created: float
    """When, in seconds since the epoch."""


def read_bucket(sandbox: Path, bucket: str = BUCKET) -> dict[str, Stored]:
    """Return every object of a bucket by its key; nothing if the bucket does not exist."""
    with _open(sandbox) as session:
        return {
            row.key: Stored(row.headers, session.body(bucket, row.key), row.created)
            for row in list(session.objects(bucket, "", ""))
        }


def change_bucket(sandbox: Path, changes: Mapping[str, Stored | None], bucket: str = BUCKET) -> None:
    """Put these objects into a bucket, and remove those whose value is None."""
    with _open(sandbox) as session:
        for key, stored in changes.items():
            if stored is None:
                session.remove(bucket, key)
                continue
            digest = hashlib.md5(stored.body, usedforsecurity=False).hexdigest().upper()
            row = ObjectRow(key, len(stored.body), digest, stored.created, stored.headers, {})
            session.put(bucket, row, stored.body)


def lock_bucket(sandbox: Path, bucket: str = BUCKET) -> None:
    """Give a bucket a locked retention policy (WORM)."""
    with _open(sandbox) as session:
        session.set_bucket(bucket, worm_id="F" * 32, worm_days=_WORM_DAYS, worm_locked=1, worm_created=time.time())


@contextmanager
def _open(sandbox: Path) -> Iterator[Session]:
    with closing(Database(sandbox)) as database, database.change() as session:
        yield session
