"""A store with a clock that only the test advances, and runs that share it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.ids import AccountId, RegionId
from provisioner.objectstore import MemoryStore
from provisioner.place import CloudPlace, Place, StorePlace
from provisioner.state import Lease, LeaseEvent, StateLog

TTL = timedelta(seconds=60)
GRACE = TTL / 6
EXPIRY = TTL + timedelta(seconds=1)
"""When a lease ends without a renewal: the TTL, and the second by which a store's date may be off."""
PLACE = Place(
    CloudPlace("alibabacloud", AccountId("1000000000000001"), RegionId("eu-central-1")),
    StorePlace("bucket", "1000000000000001", "2026-11-01T00:00:00.000Z", "oss-eu-central-1"),
)


class SharedStore:
    """One store, its time, and the boot clock of the machine; both advance together."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.store = MemoryStore(self.now, name="oss://bucket")
        self.before_put: Callable[[str], None] | None = None
        plain_put = self.store.put_if_absent

        def put(key: str, body: bytes, metadata: Mapping[str, str]) -> None:
            if self.before_put is not None:
                hook, self.before_put = self.before_put, None
                hook(key)
            plain_put(key, body, metadata)

        self.store.put_if_absent = put  # type: ignore[method-assign] # a seam between two writers

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, 0, tzinfo=UTC) + timedelta(seconds=self.elapsed)

    def boot_clock(self) -> float:
        return 5000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds

    def log(self, root: str = "infrastructure") -> StateLog:
        return StateLog(self.store, "shoot--foo--bar--uid", root)

    def lease(
        self,
        run: str = "run-1",
        operation: str = "apply",
        *,
        log: StateLog | None = None,
        is_holder_dead: Callable[[LeaseEvent], bool] | None = None,
        place: Place = PLACE,
        accept: Callable[[Place], None] = lambda _: None,
        **hooks: Any,
    ) -> Lease:
        """Take the lease in a `place`, completed by what the log knows; `accept` may refuse that."""

        def decide(known: Place) -> Place:
            accept(known)
            return place.or_else(known)

        return Lease.acquire(
            log or self.log(),
            run,
            operation,
            f"host-of-{run}",
            TTL,
            boot_id="boot-1",
            boot_clock=self.boot_clock,
            is_holder_dead=is_holder_dead,
            renewing=False,
            decide_place=decide,
            **hooks,
        )

    def events(self) -> list[dict[str, object]]:
        """Return the events of the lease on the infrastructure, in their order."""
        keys = [item.key for item in self.store.list(f"{self.log().prefix}lock/")]
        return [json.loads(self.store.get(key).body) for key in keys]

    def kinds(self) -> list[object]:
        """Return the kind of each of these events."""
        return [event["event"] for event in self.events()]


def state(serial: int, lineage: str = "lineage-1", note: str = "") -> bytes:
    return json.dumps(
        {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage, "note": note}, indent=2
    ).encode()


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> bool:
    """Return whether a condition came true in time, by the real clock."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)
    return condition()
