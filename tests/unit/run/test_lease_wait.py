"""Waiting for leases, with a clock that the wait itself moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provisioner.errors import InterruptedRunError, StateLockedError
from provisioner.run.lease_wait import LeaseWait
from tests.unit.run.reporter import Said


class Interruption:
    """Waits no real time, and is interrupted at the wait with this number."""

    def __init__(self, interrupted_at: int = 0) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self._interrupted_at = interrupted_at

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        if len(self.waits) == self._interrupted_at:
            raise InterruptedRunError(15, "stopped by SIGTERM")


class Taker:
    """Gets its lease after so many refusals."""

    def __init__(self, refusals: int, name: str = "infrastructure") -> None:
        self.asked = 0
        self._refusals = refusals
        self._name = name

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self._refusals:
            raise StateLockedError("run run-1 on host holds the state", object=self._name)
        return "lease"


ENDLESS = 10**9


def wait_of(reporter: Said, interruption: Interruption, timeout: timedelta) -> LeaseWait:
    """Return a wait on the clock that it moves."""
    return LeaseWait(reporter, interruption, timeout, clock=lambda: interruption.now)


@pytest.fixture
def reporter() -> Said:
    return Said()


def test_a_free_lease_is_taken_without_a_message(reporter):
    interruption = Interruption()
    assert wait_of(reporter, interruption, timedelta(seconds=30)).acquire(Taker(0)) == "lease"
    assert (interruption.waits, reporter.warnings) == ([], [])


def test_without_a_timeout_a_held_lease_is_refused_at_once(reporter):
    interruption, taker = Interruption(), Taker(ENDLESS)
    with pytest.raises(StateLockedError):
        wait_of(reporter, interruption, timedelta(0)).acquire(taker)
    assert (taker.asked, interruption.waits, reporter.warnings) == (1, [], [])


def test_a_lease_that_becomes_free_is_taken(reporter):
    wait = wait_of(reporter, Interruption(), timedelta(seconds=60))
    assert wait.acquire(Taker(8)) == "lease"


def test_the_holder_is_named_once(reporter):
    wait_of(reporter, Interruption(), timedelta(seconds=60)).acquire(Taker(8))
    assert [problem.detail for problem in reporter.warnings] == [
        "run run-1 on host holds the state; waiting up to 60 s"
    ]


def test_two_leases_share_one_timeout(reporter):
    interruption = Interruption()
    wait = wait_of(reporter, interruption, timedelta(seconds=60))
    wait.acquire(Taker(12))
    with pytest.raises(StateLockedError):
        wait.acquire(Taker(ENDLESS, "worker"))
    assert interruption.now == pytest.approx(1060)


def test_the_last_try_is_at_the_very_end(reporter):
    interruption, taker = Interruption(), Taker(ENDLESS)
    with pytest.raises(StateLockedError):
        wait_of(reporter, interruption, timedelta(seconds=10)).acquire(taker)
    assert (interruption.now, taker.asked) == (pytest.approx(1010), len(interruption.waits) + 1)


def test_the_least_wait_holds_without_a_timeout(reporter):
    interruption = Interruption()
    with pytest.raises(StateLockedError):
        wait_of(reporter, interruption, timedelta(0)).acquire(Taker(ENDLESS), least=timedelta(seconds=0.5))
    assert (interruption.now, reporter.warnings) == (pytest.approx(1000.5), [])


def test_polls_are_spread_and_never_far_apart(reporter):
    interruption = Interruption()
    wait_of(reporter, interruption, timedelta(seconds=600)).acquire(Taker(50))
    assert len(set(interruption.waits)) == 50
    assert max(interruption.waits) <= 3


def test_a_signal_ends_the_wait(reporter):
    interruption = Interruption(interrupted_at=3)
    with pytest.raises(InterruptedRunError):
        wait_of(reporter, interruption, timedelta(seconds=600)).acquire(Taker(ENDLESS))
    assert len(interruption.waits) == 3
