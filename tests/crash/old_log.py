"""A log as the previous version of provision wrote it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.crash.bucket_contents import Stored, change_bucket, read_bucket

_NEW_KEYS = frozenset(
    {
        "number",
        "place",
        "state_digest",
        "beside",
        "binds",
        "unsettled_since",
        "moved",
        "input_digest",
        "cloud_digest",
        "duration_seconds",
    }
)
_NEW_METADATA = ("x-oss-meta-number", "x-oss-meta-cloud-", "x-oss-meta-store-")


def make_old(sandbox: Path) -> None:
    """Remove everything from the log that the previous version does not write."""
    change_bucket(sandbox, {key: _old(key, stored) for key, stored in read_bucket(sandbox).items()})


def _old(key: str, stored: Stored) -> Stored:
    headers = {name: value for name, value in stored.headers.items() if not name.startswith(_NEW_METADATA)}
    if "/lock/" not in key:
        return replace(stored, headers=headers)
    event = {name: value for name, value in json.loads(stored.body).items() if name not in _NEW_KEYS}
    return replace(stored, headers=headers, body=json.dumps(event, indent=2).encode() + b"\n")
