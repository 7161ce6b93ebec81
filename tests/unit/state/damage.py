"""Damage to a log behind the program's back, and runs of the version before."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from provisioner.objectstore import StoredObject
from provisioner.objectstore.clock import DATE_RESOLUTION
from tests.unit.state.shared_store import TTL, SharedStore, state

FAR = 9_999_999_999


def key(shared: SharedStore, folder: str, number: int) -> str:
    return f"{shared.log().prefix}{folder}/{number:010}.{'tfstate' if folder == 'state' else 'json'}"


def numbers(shared: SharedStore, folder: str) -> list[int]:
    found = shared.store.list(f"{shared.log().prefix}{folder}/")
    return [int(info.key.rpartition("/")[2].partition(".")[0]) for info in found]


def stored(shared: SharedStore, folder: str, number: int) -> StoredObject:
    return shared.store.get(key(shared, folder, number))


def remove(shared: SharedStore, folder: str, *gone: int) -> None:
    shared.store.delete([key(shared, folder, number) for number in gone])


def cut(shared: SharedStore, folder: str, number: int) -> None:
    """Cut an object in half; its metadata stays."""
    whole = stored(shared, folder, number)
    replace(shared, folder, number, whole.body[: len(whole.body) // 2])


def replace(shared: SharedStore, folder: str, number: int, body: bytes) -> None:
    metadata = stored(shared, folder, number).metadata
    remove(shared, folder, number)
    shared.store.put_if_absent(key(shared, folder, number), body, metadata)


def copy(shared: SharedStore, folder: str, number: int, target: int, *, by_hand: bool = False) -> None:
    """Copy an object over another one or beside it; a copy by hand loses the metadata."""
    found = stored(shared, folder, number)
    remove(shared, folder, target)
    shared.store.put_if_absent(key(shared, folder, target), found.body, {} if by_hand else found.metadata)


def ran(shared: SharedStore, run: str, *serials: int) -> None:
    """Let a run append versions, and end clean."""
    lease = shared.lease(run)
    for serial in serials:
        shared.elapsed += 1
        lease.writer.append(state(serial))
    lease.release("clean")
    shared.elapsed += 10


class FormerProgram:
    """
    A run of the version before, as far as the bucket shows it.

    It goes on after the highest number, and knows neither own numbers, nor places, nor digests.
    """

    def __init__(self, shared: SharedStore, run: str = "run-former") -> None:
        self._shared = shared
        self._run = run
        self._serial = 0
        now = shared.now()
        newest = (numbers(shared, "lock") or [0])[-1]
        former = json.loads(stored(shared, "lock", newest).body) if newest else {}
        is_free = not newest or former.get("repeats", former["event"]) == "release"
        self._lease = newest + 1
        self._event: dict[str, object] = {
            "event": "acquire" if is_free else "takeover",
            "run": run,
            "host": "h",
            "boot_id": "b",
            "operation": "apply",
            "since": _text(now),
            "ttl_seconds": TTL.total_seconds(),
            "state": former.get("state"),
            "unclean_since": former.get("unclean_since"),
        }
        self._write({"expires": _text(now + TTL + DATE_RESOLUTION)})

    def append(self, serial: int) -> int:
        number = (numbers(self._shared, "state") or [0])[-1] + 1
        metadata = {"run": self._run, "lease": str(self._lease), "operation": "apply", "serial": str(serial)}
        body = state(serial)
        self._shared.store.put_if_absent(key(self._shared, "state", number), body, metadata | {"lineage": "lineage-1"})
        self._event["state"] = number
        return number

    def renew(self) -> None:
        self._write({"event": "renew", "expires": _text(self._shared.now() + TTL + DATE_RESOLUTION)})

    def release(self) -> None:
        self._event.pop("unclean_since")
        self._write({"event": "release", "outcome": "clean", "expires": _text(self._shared.now())})

    def _write(self, changes: dict[str, object]) -> None:
        number = (numbers(self._shared, "lock") or [0])[-1] + 1
        event = {"at": _text(self._shared.now()), **self._event, **changes}
        body = json.dumps({name: value for name, value in event.items() if value is not None}).encode()
        self._shared.store.put_if_absent(key(self._shared, "lock", number), body, {"run": self._run})


def _text(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def expire(shared: SharedStore) -> None:
    shared.elapsed += (TTL + TTL / 6 + timedelta(seconds=2)).total_seconds()
