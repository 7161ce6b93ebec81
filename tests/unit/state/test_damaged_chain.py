"""A chain of lease events with damaged, missing or foreign ones: which run holds the lease, and what comes next."""

from __future__ import annotations

import pytest

from provisioner.errors import Problem, StateError, StateLockedError
from provisioner.state import StateLog
from provisioner.state.chain import read_end
from tests.unit.state.damage import FAR, FormerProgram, copy, cut, expire, key, numbers, ran, remove, stored
from tests.unit.state.shared_store import EXPIRY, GRACE, SharedStore, state


def lease_number(shared: SharedStore, run: str = "run-next") -> int:
    """The number of the event with which the next run takes the lease."""
    return shared.lease(run).number


def put(shared: SharedStore, number: int, body: bytes = b"{") -> None:
    shared.store.put_if_absent(key(shared, "lock", number), body, {})


@pytest.mark.parametrize("number", [5, 4999, 10**9, 10**9 + 1, FAR - 1, FAR])
@pytest.mark.parametrize("event", [1, 2, 3, 4])
def test_a_copy_under_another_number_is_passed_over_and_the_chain_goes_on(
    shared: SharedStore, event: int, number: int
) -> None:
    ran(shared, "run-1")
    ran(shared, "run-2")
    copy(shared, "lock", event, number)
    assert lease_number(shared) == (6 if number == 5 else 5)


@pytest.mark.parametrize("number", [6, 4999, 10**9, FAR - 1, FAR])
def test_rubbish_far_away_is_passed_over_at_once(shared: SharedStore, number: int) -> None:
    """No live run wrote it: a run writes the next number."""
    ran(shared, "run-1")
    ran(shared, "run-2")
    put(shared, number)
    assert lease_number(shared) == 5


@pytest.mark.parametrize("number", [1, 7, 10**9, FAR])
def test_rubbish_alone_blocks_nothing(shared: SharedStore, number: int) -> None:
    put(shared, number)
    expire(shared)
    ran(shared, "run-1", 1)
    assert lease_number(shared, "run-2") == numbers(shared, "lock")[-2 if number == FAR else -1]


def test_every_number_to_the_last_may_hold_rubbish_in_a_bucket_that_keeps_everything(shared: SharedStore) -> None:
    for number in range(FAR - 2000, FAR + 1):
        put(shared, number)
    expire(shared)
    assert [lease_number(shared)] == [1]


def test_an_unreadable_event_may_be_the_sign_of_life_of_a_run(shared: SharedStore) -> None:
    ran(shared, "run-1")
    put(shared, 3)
    with pytest.raises(StateLockedError, match="run unknown on an unknown host holds the state: something since"):
        shared.lease("run-2")


def test_an_unreadable_event_holds_the_lease_for_no_longer_than_a_lease(shared: SharedStore) -> None:
    ran(shared, "run-1")
    put(shared, 3)
    shared.elapsed += (EXPIRY + GRACE).total_seconds()
    lease = shared.lease("run-2")
    assert (lease.number, lease.is_takeover) == (4, True)


def test_after_an_unreadable_event_the_next_run_looks_from_the_last_readable_one_on(shared: SharedStore) -> None:
    start = shared.now()
    ran(shared, "run-1")
    shared.elapsed += 500
    put(shared, 3)
    expire(shared)
    assert shared.lease("run-2").notes.unclean_since == start


def test_an_unreadable_release_leaves_the_lease_to_expire(shared: SharedStore) -> None:
    ran(shared, "run-1")
    cut(shared, "lock", 2)
    with pytest.raises(StateLockedError):
        shared.lease("run-2")
    expire(shared)
    assert shared.lease("run-2").number == 3


def test_a_holder_goes_on_after_rubbish(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    put(shared, 2)
    put(shared, 3)
    lease.renew()
    lease.release("clean")
    assert (numbers(shared, "lock"), lease.lost) == ([1, 2, 3, 4, 5], False)


def test_a_holder_and_a_taker_compete_for_the_number_after_rubbish(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    put(shared, 2)
    expire(shared)
    taker = shared.lease("run-2")
    with pytest.raises(StateError, match="run-2 on host-of-run-2 took it over"):
        lease.renew()
    assert (taker.number, lease.lost) == (3, True)


def test_rubbish_far_away_does_not_separate_a_holder_and_a_taker(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    copy(shared, "lock", 1, 5000)
    expire(shared)
    shared.before_put = lambda key: lease.renew()
    with pytest.raises(StateLockedError, match="run-1"):
        shared.lease("run-2")
    assert numbers(shared, "lock") == [1, 2, 5000]


def test_a_late_renewal_counts_beside_rubbish_too(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    copy(shared, "lock", 1, FAR)
    expire(shared)
    lease.renew()
    assert not lease.lost


def test_a_former_holder_adds_its_event_after_rubbish(shared: SharedStore) -> None:
    start = shared.now()
    former = shared.lease("run-1")
    expire(shared)
    shared.lease("run-2").release("clean")
    put(shared, 4)
    expire(shared)
    former.disturb()
    assert shared.lease("run-3", is_holder_dead=lambda _: True).notes.unclean_since == start


def test_no_run_fills_the_numbers_of_missing_events(shared: SharedStore) -> None:
    for run in ("run-1", "run-2", "run-3"):
        ran(shared, run)
    remove(shared, "lock", 2, 3, 5)
    assert lease_number(shared) == 7


def test_each_passed_over_object_is_named_with_the_reason(shared: SharedStore) -> None:
    ran(shared, "run-1")
    copy(shared, "lock", 1, FAR)
    said: list[Problem] = []
    read_end(StateLog(shared.store, "shoot--foo--bar--uid", "infrastructure", on_passed=said.append))
    assert [str(problem) for problem in said] == [
        f"oss://bucket/{key(shared, 'lock', FAR)}: this object counts for nothing: it is a copy of event 1; "
        "you do not have to do anything about it; you may delete it while no run is under way"
    ]


def test_an_event_of_a_newer_program_is_not_passed_over(shared: SharedStore) -> None:
    """It may say that the lease is not free."""
    ran(shared, "run-1")
    newer = stored(shared, "lock", 2).body.replace(b'"release"', b'"freeze"').replace(b'"number": 2', b'"number": 3')
    put(shared, 3, newer)
    with pytest.raises(StateError, match="a newer version of this program wrote the event 'freeze'"):
        shared.lease("run-2")


# States without a chain, and a chain that does not reach them.


def test_a_state_whose_chain_is_gone_makes_the_next_run_look(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    remove(shared, "lock", *numbers(shared, "lock"))
    newest = stored(shared, "state", 1)
    assert shared.lease("run-2").notes.unclean_since == newest.last_modified


def test_a_run_whose_events_are_gone_makes_the_next_one_look(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    ended = shared.events()[-1]["at"]
    ran(shared, "run-2", 2)
    remove(shared, "lock", 3, 4)
    since = shared.lease("run-3").notes.unclean_since
    assert since is not None
    assert since.isoformat(timespec="milliseconds").replace("+00:00", "Z") == ended


def test_a_log_that_is_whole_makes_no_run_look(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    ran(shared, "run-2")
    assert shared.lease("run-3").notes.unclean_since is None


# The version before on the same log


def test_both_versions_take_turns(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    former = FormerProgram(shared)
    former.append(2)
    former.renew()
    former.release()
    ran(shared, "run-2", 3)
    former = FormerProgram(shared)
    former.release()
    ran(shared, "run-3", 4)
    newest = shared.log().newest()
    assert newest is not None
    assert (numbers(shared, "state"), numbers(shared, "lock"), newest.serial) == (
        [1, 2, 3, 4],
        list(range(1, 12)),
        4,
    )


def test_a_lease_that_the_version_before_holds_is_held(shared: SharedStore) -> None:
    former = FormerProgram(shared)
    with pytest.raises(StateLockedError, match="run run-former on h holds the state"):
        shared.lease("run-1")
    shared.elapsed += 50
    former.renew()
    shared.elapsed += 50
    with pytest.raises(StateLockedError):
        shared.lease("run-1")


def test_a_version_that_a_killed_run_of_the_version_before_stored_counts(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    former = FormerProgram(shared)
    former.append(2)
    former.append(3)
    expire(shared)
    lease = shared.lease("run-2")
    assert lease.state is not None
    assert (lease.state.serial, lease.state.number, lease.notes.unclean_since is not None) == (3, 4, True)


@pytest.mark.parametrize("event", [1, 2, 3, 4])
@pytest.mark.parametrize("number", [5, 4999, FAR])
def test_a_copy_of_an_event_of_the_version_before_is_passed_over(shared: SharedStore, event: int, number: int) -> None:
    for run in ("run-1", "run-2"):
        FormerProgram(shared, run).release()
        shared.elapsed += 60
    copy(shared, "lock", event, number)
    assert lease_number(shared) == (6 if number == 5 else 5)


def test_an_old_copy_that_the_chain_reaches_in_the_end_is_skipped(shared: SharedStore) -> None:
    FormerProgram(shared, "run-1").release()
    copy(shared, "lock", 2, 6)
    shared.elapsed += 60
    ran(shared, "run-2")
    lease = shared.lease("run-3")
    lease.renew()
    assert numbers(shared, "lock") == [1, 2, 3, 4, 5, 6, 7]
    with pytest.raises(StateLockedError, match="run-3"):
        shared.lease("run-4")


def test_a_holder_that_reaches_an_old_copy_goes_on_after_it(shared: SharedStore) -> None:
    FormerProgram(shared, "run-1").release()
    copy(shared, "lock", 1, 5)
    shared.elapsed += 60
    lease = shared.lease("run-2")
    for _ in range(3):
        lease.renew()
    assert (numbers(shared, "lock"), lease.lost) == ([1, 2, 3, 4, 5, 6, 7], False)


def test_an_append_goes_on_as_ever_after_all_that(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    copy(shared, "lock", 1, FAR)
    copy(shared, "state", 1, FAR)
    ran(shared, "run-2", 2)
    assert numbers(shared, "state") == [1, 2, FAR]
    assert stored(shared, "state", 2).body == state(2)
