"""The threads that renew a lease and watch over it, in real time with a short TTL."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import timedelta

from provisioner.errors import StateError
from provisioner.objectstore import MemoryStore
from provisioner.state import Lease, StateLog
from tests.unit.state.shared_store import wait_for

SHORT = timedelta(milliseconds=900)


class Flaky(MemoryStore):
    """Fails renewals while `is_down`."""

    is_down = False
    delay_seconds = 0.0

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        time.sleep(self.delay_seconds)
        if self.is_down:
            raise StateError("OSS does not answer", is_retryable=True)
        super().put_if_absent(key, body, metadata)


class Run:
    """A real lease that records its callbacks."""

    def __init__(self) -> None:
        self.store = Flaky()
        self.told: list[tuple[str, float]] = []
        self.lease = Lease.acquire(
            StateLog(self.store, "entry", "worker"),
            "run-1",
            "apply",
            "host",
            SHORT,
            on_lost=lambda reason: self.note("lost"),
            on_endangered=lambda reason: self.note("endangered"),
        )
        self.started_at = time.monotonic()

    def note(self, what: str) -> None:
        self.told.append((what, self.lease.remaining() / SHORT))


def test_the_lease_is_renewed_as_long_as_it_is_held() -> None:
    run = Run()
    time.sleep(SHORT.total_seconds() * 1.8)
    run.lease.release("clean")
    # On a busy machine a thread may come 150 ms late, which "endangers" a lease as short as this one.
    assert (run.lease.lost, [what for what, _ in run.told if what == "lost"]) == (False, [])


def test_release_ends_the_threads() -> None:
    before = set(threading.enumerate())
    run = Run()
    started = set(threading.enumerate()) - before
    run.lease.release("clean")
    assert (len(started), started & set(threading.enumerate())) == (2, set())


def test_a_lease_that_cannot_be_renewed_warns_first_and_is_lost_before_it_expires() -> None:
    run = Run()
    run.store.is_down = True
    # Not `run.lease.lost`: it is true a moment before the run hears of it.
    assert wait_for(lambda: len(run.told) == 2)
    (first, at_warning), (second, at_loss) = run.told
    assert (first, second) == ("endangered", "lost")
    assert at_loss <= 1 / 6 < at_warning <= 2 / 3


def test_a_store_that_hangs_endangers_the_lease_too() -> None:
    run = Run()
    run.store.delay_seconds = 1.0
    assert wait_for(lambda: len(run.told) == 2)
    assert [what for what, _ in run.told] == ["endangered", "lost"]
    run.lease.release("failed")


def test_a_lease_recovers_when_the_store_answers_again_in_time() -> None:
    run = Run()
    run.store.is_down = True
    assert wait_for(lambda: bool(run.told))
    run.store.is_down = False
    time.sleep(SHORT.total_seconds())
    assert not run.lease.lost
    run.lease.release("clean")


def test_the_run_may_release_when_it_hears_of_the_loss() -> None:
    store = Flaky()
    released = threading.Event()
    holder: list[Lease] = []

    def on_lost(reason: str) -> None:
        holder[0].release("failed")
        released.set()

    log = StateLog(store, "entry", "worker")
    holder.append(Lease.acquire(log, "run-1", "apply", "host", SHORT, on_lost=on_lost))
    store.is_down = True
    assert released.wait(5)
