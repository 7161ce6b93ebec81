"""Leases: how they are renewed, lost and given back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.state import LeaseEvent
from provisioner.state.position import LogEnd
from tests.unit.state.shared_store import SharedStore, state


def test_renewing_extends_the_lease(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 50
    lease.renew()
    shared.elapsed += 50
    with pytest.raises(StateLockedError):
        shared.lease("run-2")


def test_a_renewal_after_a_takeover_loses_the_lease(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    with pytest.raises(StateError, match="run run-2 on host-of-run-2 took it over"):
        lease.renew()
    assert lease.lost


def test_an_own_renewal_that_arrives_after_all_counts(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    first = shared.events()[0]
    late = json.dumps(first | {"event": "renew", "expires": "2026-11-22T12:00:40Z"}).encode()
    shared.store.put_if_absent(
        "shoot--foo--bar--uid/provisioner/infrastructure/lock/0000000002.json", late, {"run": "run-1"}
    )
    shared.elapsed += 20
    lease.renew()
    assert (shared.kinds(), lease.lost) == (["acquire", "renew", "renew"], False)


def test_a_release_records_outcome_and_newest_state(shared: SharedStore) -> None:
    lease = shared.lease()
    number = lease.writer.append(state(1))
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
        lease.writer.append(state(1))


def test_the_state_comes_with_the_lease(shared: SharedStore) -> None:
    with shared.lease("run-1") as lease:
        lease.writer.append(state(1))
    newest = shared.lease("run-2").state
    assert newest is not None
    assert newest.body == state(1)


def test_an_unreadable_state_raises_when_the_run_asks_for_it(shared: SharedStore) -> None:
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


def test_a_holder_counts_from_the_start_of_its_call(shared: SharedStore) -> None:
    """A slow store must not make the holder believe in a longer lease than other runs see."""
    lease = shared.lease()
    shared.before_put = lambda key: shared.sleep(20)
    lease.renew()
    assert lease.remaining() == timedelta(seconds=40)


def test_a_merely_late_renewal_counts(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    lease.renew()
    assert not lease.lost
