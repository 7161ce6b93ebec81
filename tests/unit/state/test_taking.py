"""Which run gets a lease, and when a run takes it over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provisioner.errors import StateLockedError
from provisioner.state import Lease, LeaseEvent
from tests.unit.state.shared_store import EXPIRY, GRACE, SharedStore


def test_the_first_event_has_number_one_and_the_documented_key(shared: SharedStore) -> None:
    shared.lease()
    key = "shoot--foo--bar--uid/provisioner/infrastructure/lock/0000000001.json"
    assert LeaseEvent.from_json(shared.store.get(key).body, key).event == "acquire"


def test_a_released_lease_can_be_acquired(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")
    assert shared.lease("run-2").number == 3
    assert shared.kinds() == ["acquire", "release", "acquire"]


def test_a_held_lease_says_which_run_where_since_when_doing_what_and_until_when(shared: SharedStore) -> None:
    lease = shared.lease("run-1", "destroy")
    shared.elapsed += 30
    lease.renew()
    with pytest.raises(StateLockedError) as caught:
        shared.lease("run-2")
    assert str(caught.value) == (
        "oss://bucket/shoot--foo--bar--uid/provisioner/infrastructure: run run-1 on host-of-run-1 holds the state: "
        "destroy since 2026-11-22T12:00:00Z, until 2026-11-22T12:01:31Z unless it renews; "
        "wait until that run is done; if it died, its lease runs out at the time above"
    )


def test_a_held_lease_is_worth_trying_again(shared: SharedStore) -> None:
    shared.lease("run-1")
    with pytest.raises(StateLockedError) as caught:
        shared.lease("run-2")
    assert (caught.value.is_retryable, caught.value.exit_code) == (True, 4)


@pytest.mark.parametrize("early", [EXPIRY, EXPIRY + GRACE - timedelta(milliseconds=1)])
def test_an_expired_lease_is_left_alone_for_a_sixth_of_its_ttl(shared: SharedStore, early: timedelta) -> None:
    shared.lease("run-1")
    shared.elapsed += early.total_seconds()
    with pytest.raises(StateLockedError):
        shared.lease("run-2")


def test_an_expired_lease_is_taken_over_after_the_grace(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += (EXPIRY + GRACE).total_seconds()
    assert shared.lease("run-2").is_takeover
    assert shared.kinds() == ["acquire", "takeover"]


def test_the_holders_ttl_counts_and_not_the_takers(shared: SharedStore) -> None:
    Lease.acquire(shared.log(), "run-1", "apply", "h", timedelta(hours=1), boot_clock=shared.boot_clock, renewing=False)
    shared.elapsed += 1800
    with pytest.raises(StateLockedError):
        shared.lease("run-2")


def test_a_lease_proven_dead_is_taken_over_at_once(shared: SharedStore) -> None:
    shared.lease("run-1")
    taker = shared.lease("run-2", is_holder_dead=lambda event: event.run == "run-1" and event.boot_id == "boot-1")
    assert taker.is_takeover


def test_the_proof_is_not_asked_for_a_free_lease(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")

    def never(event: LeaseEvent) -> bool:
        raise AssertionError(event)

    assert not shared.lease("run-2", is_holder_dead=never).is_takeover


def test_a_renewal_that_was_quicker_keeps_the_lease(shared: SharedStore) -> None:
    """The renewal and the take-over compete for the same number."""
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    shared.before_put = lambda key: lease.renew()
    with pytest.raises(StateLockedError):
        shared.lease("run-2")
    assert shared.kinds() == ["acquire", "renew"]


def test_of_two_takers_one_gets_the_lease(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    shared.before_put = lambda key: shared.lease("run-3") and None
    with pytest.raises(StateLockedError, match="run-3"):
        shared.lease("run-2")
