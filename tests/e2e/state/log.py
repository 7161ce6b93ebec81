"""The log of the example's states, read and written behind the program's back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from provisioner.objectstore import StoredObject
from provisioner.state import Lease, LeaseEvent, StateLog
from tests.e2e.conftest import ENTRY, Provision, open_bucket

ROOTS = ("infrastructure", "worker")


def versions(provision: Provision, root: str) -> list[int]:
    """Return the numbers of the versions, read behind the program's back."""
    with open_bucket(provision) as store:
        return [info.number for info in StateLog(store, ENTRY, root).history()]


def stored(provision: Provision, root: str, number: int) -> StoredObject:
    with open_bucket(provision) as store:
        return StateLog(store, ENTRY, root).raw(number)


def put(provision: Provision, root: str, change: Callable[[dict[str, Any]], object] | bytes) -> int:
    """Put a next version by hand, made from the newest one; return the number of the newest before it."""
    newest = versions(provision, root)[-1]
    if isinstance(change, bytes):
        body = change
    else:
        state = json.loads(stored(provision, root, newest).body)
        change(state)
        body = json.dumps(state).encode()
    with open_bucket(provision) as store:
        store.put_if_absent(StateLog(store, ENTRY, root).states.key(newest + 1), body, {})
    return newest


@contextmanager
def held(provision: Provision, root: str = "infrastructure", ttl: timedelta = timedelta(seconds=60)) -> Iterator[Lease]:
    """Hold a lease as another run does."""
    with open_bucket(provision) as store:
        # A minute is enough for any test; what renews it would outlive the store.
        yield Lease.acquire(StateLog(store, ENTRY, root), "run-other", "apply", "elsewhere", ttl, renewing=False)


def events(provision: Provision, root: str = "infrastructure") -> list[LeaseEvent]:
    with open_bucket(provision) as store:
        keys = [info.key for info in store.list(f"{ENTRY}/provisioner/{root}/lock/")]
        return [LeaseEvent.from_json(store.get(key).body, key) for key in keys]
