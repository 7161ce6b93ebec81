"""Leases: which run gets one, and how it renews it, takes it over and gives it back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.state import Lease, LeaseEvent
from provisioner.state.log import LogEnd
from tests.unit.state.shared_store import EXPIRY, GRACE, SharedStore, state


def test_the_first_event_has_number_one_and_the_documented_key(shared: SharedStore) -> None:
    shared.lease()
    key = "shoot--foo--bar--uid/provisioner/infrastructure/lock/0000000001.json"
    assert LeaseEvent.from_json(shared.store.get(key).body, key).event == "acquire"


def test_a_released_lease_can_be_acquired(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")
    assert shared.lease("run-2").number == 3
    assert shared.kinds() == ["acquire", "release", "acquire"]


def test_a_held_lease_says_who_where_since_when_doing_what_and_until_when(shared: SharedStore) -> None:
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


def test_renewing_extends_the_lease(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 50
    lease.renew()
    shared.elapsed += 50
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


def test_a_renewal_after_a_takeover_loses_the_lease(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    with pytest.raises(StateError, match="run run-2 on host-of-run-2 took it over"):
        lease.renew()
    assert lease.lost


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


def test_a_renewal_given_up_that_arrived_after_all_is_our_own(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    first = shared.events()[0]
    late = json.dumps(first | {"event": "renew", "expires": "2026-11-22T12:00:40Z"}).encode()
    shared.store.put_if_absent(
        "shoot--foo--bar--uid/provisioner/infrastructure/lock/0000000002.json", late, {"run": "run-1"}
    )
    shared.elapsed += 20
    lease.renew()
    assert (shared.kinds(), lease.lost) == (["acquire", "renew", "renew"], False)


def test_a_release_tells_outcome_and_newest_state(shared: SharedStore) -> None:
    lease = shared.lease()
    number = shared.log().append(state(1), lease, "run-1")
    lease.release("clean", number)
    assert {key: shared.events()[-1].get(key) for key in ("outcome", "state")} == {"outcome": "clean", "state": 1}


def test_a_second_release_does_nothing(shared: SharedStore) -> None:
    lease = shared.lease()
    lease.release("failed")
    lease.release("clean")
    assert shared.kinds() == ["acquire", "release"]


def test_leaving_the_context_without_a_release_counts_as_failed(shared: SharedStore) -> None:
    with shared.lease():
        pass
    assert shared.events()[-1]["outcome"] == "failed"


def test_a_lost_lease_cannot_be_released_as_clean(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    with pytest.raises(StateError, match="took it over"):
        lease.release("clean")


def test_a_lost_lease_is_released_as_failed_in_silence(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    lease.release("failed")
    assert shared.kinds() == ["acquire", "takeover"]


def test_nothing_is_appended_after_the_release(shared: SharedStore) -> None:
    lease = shared.lease()
    lease.release("clean")
    with pytest.raises(StateError, match="released"):
        shared.log().append(state(1), lease, "run-1")


def test_the_state_comes_with_the_lease(shared: SharedStore) -> None:
    with shared.lease("run-1") as lease:
        shared.log().append(state(1), lease, "run-1")
    newest = shared.lease("run-2").state
    assert newest is not None
    assert newest.body == state(1)


def test_an_unreadable_state_shows_when_it_is_asked_for(shared: SharedStore) -> None:
    shared.store.put_if_absent(shared.log().prefix + "state/0000000001.tfstate", b"{", {})
    lease = shared.lease()
    with pytest.raises(StateError, match="newest version cannot be used"):
        _ = lease.state


def test_a_run_that_cannot_read_the_log_gives_the_lease_back(shared: SharedStore) -> None:
    shared.lease().release("clean")
    log = shared.log()

    def broken(event: LeaseEvent | None) -> LogEnd:
        raise StateError("the store is down")

    log.find_end = broken  # type: ignore[assignment] # the one call that is to fail
    with pytest.raises(StateError, match="down"):
        shared.lease(log=log)
    assert (shared.events()[-1]["event"], shared.events()[-1]["outcome"]) == ("release", "clean")


def test_remaining_counts_down_from_the_ttl(shared: SharedStore) -> None:
    lease = shared.lease()
    shared.elapsed += 15
    assert lease.remaining() == timedelta(seconds=45)


def test_a_holder_counts_from_before_its_call(shared: SharedStore) -> None:
    """A slow store must not make the holder believe in a longer lease than others see."""
    lease = shared.lease()
    shared.before_put = lambda key: shared.sleep(20)
    lease.renew()
    assert lease.remaining() == timedelta(seconds=40)


def test_a_renewal_that_is_merely_late_is_one(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    lease.renew()
    assert not lease.lost
