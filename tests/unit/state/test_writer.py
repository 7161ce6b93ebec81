from __future__ import annotations

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.place import Place
from tests.unit.state.shared_store import SharedStore, state


def test_the_first_version_has_number_one_and_the_documented_key(shared: SharedStore) -> None:
    shared.lease().writer.append(state(1))
    key = "shoot--foo--bar--uid/provisioner/infrastructure/state/0000000001.tfstate"
    assert shared.store.get(key).body == state(1)


def test_a_version_names_its_run(shared: SharedStore) -> None:
    shared.lease(place=Place()).writer.append(state(7))
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
    lease = shared.lease()
    assert [lease.writer.append(state(serial)) for serial in (1, 2, 5)] == [1, 2, 3]


def test_an_unchanged_state_appends_nothing(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    lease.writer.append(state(1))
    assert lease.writer.append(state(1)) == 1
    assert len(log.history()) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (state(3, "lineage-2"), "lineage lineage-2 is not lineage-1"),
        (state(1), "serial 1 is older than 2"),
        (state(2, note="forked"), "serial 2 is already stored with different content"),
    ],
)
def test_a_state_that_cannot_follow_the_newest_is_refused(shared: SharedStore, body: bytes, reason: str) -> None:
    lease = shared.lease()
    lease.writer.append(state(2))
    with pytest.raises(StateError, match=reason) as caught:
        lease.writer.append(body)
    assert caught.value.problem.type == "NotASuccessor"


def test_a_torn_state_is_never_stored(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    with pytest.raises(StateError):
        lease.writer.append(state(1)[:-5])
    assert log.history() == []


def test_second_writer_gets_a_conflict(shared: SharedStore) -> None:
    """Put-if-absent is the last line of defence: it holds even if two leases existed."""
    lease = shared.lease("run-1")
    lease.writer.append(state(1))
    shared.elapsed += 1000
    taker = shared.lease("run-2")
    taker.writer.append(state(2, note="by the second"))
    with pytest.raises(StateError, match="another writer appended version 2 first") as caught:
        lease.writer.append(state(2, note="by the first"))
    assert (caught.value.problem.type, lease.lost) == ("Conflict", True)


def test_reading_the_newest_version_does_not_revive_a_former_holder(shared: SharedStore) -> None:
    log = shared.log()
    lease = shared.lease("run-1", log=log)
    lease.writer.append(state(1))
    shared.elapsed += 1000
    taker = shared.lease("run-2")
    taker.writer.append(state(2))
    log.newest()
    with pytest.raises(StateError, match="another writer"):
        lease.writer.append(state(3))


def test_a_lost_lease_refuses_every_append(shared: SharedStore) -> None:
    lease = shared.lease()
    lease.lose("another run took it over")
    with pytest.raises(StateError, match="another run took it over"):
        lease.writer.append(state(1))


def test_an_own_append_that_arrives_after_all_does_not_block_the_next(shared: SharedStore) -> None:
    """The store stopped answering, the append failed, and its bytes landed later."""
    log, lease = shared.log(), shared.lease()
    lease.writer.append(state(1))
    metadata = {"run": "run-1", "lease": "1", "operation": "apply", "serial": "2", "lineage": "lineage-1"}
    shared.store.put_if_absent(log.prefix + "state/0000000002.tfstate", state(2), metadata)
    assert lease.writer.append(state(3)) == 3
    assert lease.lost is False


def test_a_takeover_repeats_the_newest_version_as_a_fence(shared: SharedStore) -> None:
    shared.lease("run-1").writer.append(state(4))
    shared.elapsed += 1000
    shared.lease("run-2")
    newest = shared.log().newest()
    assert newest is not None
    assert (newest.number, newest.is_fence, newest.body) == (2, True, state(4))


def test_a_takeover_before_the_first_state_seals_the_log_too(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    with pytest.raises(StateError, match="another writer"):
        lease.writer.append(state(1))
    assert shared.log().newest() is None


def test_the_first_state_follows_an_empty_fence(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    taker = shared.lease("run-2")
    assert taker.writer.append(state(1)) == 2


def test_an_append_that_slips_in_before_the_fence_is_kept(shared: SharedStore) -> None:
    log = shared.log()
    lease = shared.lease("run-1", log=log)
    lease.writer.append(state(1))
    shared.elapsed += 1000

    def slip_in(key: str) -> None:
        if "/state/" in key:
            lease.writer.append(state(2))
        else:
            shared.before_put = slip_in

    shared.before_put = slip_in
    taker = shared.lease("run-2")
    assert [taker.writer.position.number, taker.writer.position.serial] == [3, 2]


def test_an_unreadable_newest_version_does_not_keep_the_lease_from_being_taken(shared: SharedStore) -> None:
    """A rollback needs the lease."""
    log = shared.log()
    with shared.lease() as lease:
        lease.writer.append(state(1))
    shared.store.put_if_absent(log.prefix + "state/0000000002.tfstate", b"{", {"serial": "2", "lineage": "lineage-1"})
    lease = shared.lease("run-2")
    assert lease.writer.append(state(3)) == 3


def test_a_state_cannot_be_appended_without_the_lease(shared: SharedStore) -> None:
    shared.lease("run-1")
    with pytest.raises(StateLockedError):
        shared.lease("run-2")
