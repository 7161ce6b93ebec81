from __future__ import annotations

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.place import Place
from provisioner.state import StateLog
from tests.unit.state.shared_store import SharedStore, state


def test_an_empty_log_has_no_newest_version(shared: SharedStore) -> None:
    assert shared.log().newest() is None


def test_the_first_version_has_number_one_and_the_documented_key(shared: SharedStore) -> None:
    shared.log().append(state(1), shared.lease(), "run-1")
    key = "shoot--foo--bar--uid/provisioner/infrastructure/state/0000000001.tfstate"
    assert shared.store.get(key).body == state(1)


def test_a_version_names_who_wrote_it(shared: SharedStore) -> None:
    shared.log().append(state(7), shared.lease(place=Place()), "run-1")
    newest = shared.log().newest()
    assert newest is not None
    assert newest.metadata == {
        "run": "run-1",
        "lease": "1",
        "operation": "apply",
        "number": "1",
        "serial": "7",
        "lineage": "lineage-1",
    }


def test_versions_follow_each_other(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    assert [log.append(state(serial), lease, "run-1") for serial in (1, 2, 5)] == [1, 2, 3]


def test_the_newest_version_is_the_last_one_appended(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    log.append(state(1), lease, "run-1")
    log.append(state(2), lease, "run-1")
    newest = log.newest()
    assert newest is not None
    assert (newest.number, newest.serial, newest.body) == (2, 2, state(2))


def test_an_unchanged_state_appends_nothing(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    log.append(state(1), lease, "run-1")
    assert log.append(state(1), lease, "run-1") == 1
    assert len(log.history()) == 1


def test_two_roots_of_an_entry_have_two_logs(shared: SharedStore) -> None:
    shared.log("infrastructure").append(state(1), shared.lease(), "run-1")
    assert shared.log("worker").newest() is None


def test_a_lease_is_for_one_log_only(shared: SharedStore) -> None:
    with pytest.raises(ValueError, match="does not allow"):
        shared.log("worker").append(state(1), shared.lease(), "run-1")


def test_an_entry_name_cannot_reach_into_another_entry(shared: SharedStore) -> None:
    with pytest.raises(ValueError, match="BackupEntry"):
        StateLog(shared.store, "shoot--a/provisioner", "worker")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (state(3, "lineage-2"), "lineage lineage-2 is not lineage-1"),
        (state(1), "serial 1 is older than 2"),
        (state(2, note="forked"), "serial 2 is already stored with different content"),
    ],
)
def test_what_cannot_follow_the_newest_version_is_refused(shared: SharedStore, body: bytes, reason: str) -> None:
    log, lease = shared.log(), shared.lease()
    log.append(state(2), lease, "run-1")
    with pytest.raises(StateError, match=reason) as caught:
        log.append(body, lease, "run-1")
    assert caught.value.problem.type == "NotASuccessor"


def test_a_torn_state_is_never_stored(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    with pytest.raises(StateError):
        log.append(state(1)[:-5], lease, "run-1")
    assert log.history() == []


def test_history_lists_numbers_and_sizes_ascending(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    for serial in (1, 2, 3):
        log.append(state(serial, note="x" * serial), lease, "run-1")
    assert [(info.number, info.size) for info in log.history()] == [
        (serial, len(state(serial, note="x" * serial))) for serial in (1, 2, 3)
    ]


def test_a_version_that_does_not_exist_says_so(shared: SharedStore) -> None:
    with pytest.raises(StateError, match="there is no version 9"):
        shared.log().read(9)


def test_second_writer_gets_a_conflict(shared: SharedStore) -> None:
    """Put-if-absent is the last line of defence: it holds even if two leases existed."""
    first, second = shared.log(), shared.log()
    lease = shared.lease("run-1")
    first.append(state(1), lease, "run-1")
    shared.elapsed += 1000
    taker = shared.lease("run-2", log=second)
    second.append(state(2, note="by the second"), taker, "run-2")
    with pytest.raises(StateError, match="another writer appended version 2 first") as caught:
        first.append(state(2, note="by the first"), lease, "run-1")
    assert (caught.value.problem.type, lease.lost) == ("Conflict", True)


def test_reading_the_newest_version_does_not_revive_an_outdated_holder(shared: SharedStore) -> None:
    log = shared.log()
    lease = shared.lease("run-1", log=log)
    log.append(state(1), lease, "run-1")
    shared.elapsed += 1000
    taker = shared.lease("run-2")
    shared.log().append(state(2), taker, "run-2")
    log.newest()
    with pytest.raises(StateError, match="another writer"):
        log.append(state(3), lease, "run-1")


def test_a_lost_lease_refuses_every_append(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    lease.lose("another run took it over")
    with pytest.raises(StateError, match="another run took it over"):
        log.append(state(1), lease, "run-1")


def test_an_append_given_up_that_arrived_after_all_does_not_block_the_next(shared: SharedStore) -> None:
    """The store stopped answering, the append failed, and its bytes landed later."""
    log, lease = shared.log(), shared.lease()
    log.append(state(1), lease, "run-1")
    metadata = {"run": "run-1", "lease": "1", "operation": "apply", "serial": "2", "lineage": "lineage-1"}
    shared.store.put_if_absent(log.prefix + "state/0000000002.tfstate", state(2), metadata)
    assert log.append(state(3), lease, "run-1") == 3
    assert lease.lost is False


def test_a_takeover_repeats_the_newest_version_as_a_fence(shared: SharedStore) -> None:
    shared.log().append(state(4), shared.lease("run-1"), "run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    newest = shared.log().newest()
    assert newest is not None
    assert (newest.number, newest.is_fence, newest.body) == (2, True, state(4))


def test_a_takeover_before_the_first_state_seals_the_log_too(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    with pytest.raises(StateError, match="another writer"):
        log.append(state(1), lease, "run-1")
    assert shared.log().newest() is None


def test_the_first_state_follows_an_empty_fence(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    taker = shared.lease("run-2")
    assert shared.log().append(state(1), taker, "run-2") == 2


def test_an_append_that_slips_in_before_the_fence_is_kept(shared: SharedStore) -> None:
    log = shared.log()
    lease = shared.lease("run-1", log=log)
    log.append(state(1), lease, "run-1")
    shared.elapsed += 1000

    def slip_in(key: str) -> None:
        if "/state/" in key:
            log.append(state(2), lease, "run-1")
        else:
            shared.before_put = slip_in

    shared.before_put = slip_in
    taker = shared.lease("run-2")
    assert [taker.position.number, taker.position.serial] == [3, 2]


def test_an_unreadable_newest_version_names_a_good_one(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    log.append(state(1), lease, "run-1")
    log.append(state(2), lease, "run-1")
    shared.store.put_if_absent(log.prefix + "state/0000000003.tfstate", b'{"cut', {})
    with pytest.raises(StateError) as caught:
        log.newest()
    assert caught.value.problem.fix == "version 2 (serial 2) is good: return to it"


def test_an_unreadable_newest_version_does_not_keep_the_lease_from_being_taken(shared: SharedStore) -> None:
    """A rollback needs the lease."""
    log = shared.log()
    with shared.lease() as lease:
        log.append(state(1), lease, "run-1")
    shared.store.put_if_absent(log.prefix + "state/0000000002.tfstate", b"{", {"serial": "2", "lineage": "lineage-1"})
    lease = shared.lease("run-2")
    assert log.append(state(3), lease, "run-2") == 3


def test_a_state_cannot_be_appended_without_the_lease(shared: SharedStore) -> None:
    shared.lease("run-1")
    with pytest.raises(StateLockedError):
        shared.lease("run-2")
