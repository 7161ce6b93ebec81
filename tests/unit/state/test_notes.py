"""A run's notes: since when earlier runs may have left objects, and which addresses it is about to bind."""

from __future__ import annotations

from tests.unit.state.shared_store import SharedStore


def test_the_first_run_has_nothing_to_clean_up(shared: SharedStore) -> None:
    assert shared.lease().notes.unclean_since is None


def test_after_a_clean_run_there_is_nothing_to_clean_up(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")
    assert shared.lease("run-2").notes.unclean_since is None


def test_after_a_failed_run_its_start_counts(shared: SharedStore) -> None:
    start = shared.now()
    lease = shared.lease("run-1")
    shared.elapsed += 30
    lease.renew()
    lease.release("failed")
    assert shared.lease("run-2").notes.unclean_since == start


def test_the_first_of_several_unclean_runs_counts(shared: SharedStore) -> None:
    start = shared.now()
    shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    shared.elapsed += 1000
    shared.lease("run-3").release("failed")
    assert shared.lease("run-4").notes.unclean_since == start


def test_a_clean_release_removes_unclean_since(shared: SharedStore) -> None:
    shared.lease("run-1").release("failed")
    shared.lease("run-2").release("clean")
    assert shared.lease("run-3").notes.unclean_since is None


def test_bindings_that_a_run_is_about_to_make_are_known_until_one_ends_clean(shared: SharedStore) -> None:
    shared.lease("run-1").note_binds(["eip-1:ngw-1"])
    shared.elapsed += 1000
    lease = shared.lease("run-2")
    lease.note_binds(["eip-1:ngw-1", "eip-2:ngw-1"])
    assert lease.notes.binds == ("eip-1:ngw-1", "eip-2:ngw-1")
    lease.release("failed")
    shared.lease("run-3").release("clean")
    assert shared.lease("run-4").notes.binds == ()
    known = [event.get("binds") for event in shared.events()]
    both = ["eip-1:ngw-1", "eip-2:ngw-1"]
    assert known == [None, both[:1], both[:1], both, both, both, None, None]


def test_noted_bindings_are_in_the_chain_at_once_and_noted_once(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    before = len(shared.events())
    lease.note_binds([])
    assert len(shared.events()) == before
    lease.note_binds(["eip-1:ngw-1"])
    lease.note_binds(["eip-1:ngw-1"])
    assert [event.get("binds") for event in shared.events()[before:]] == [["eip-1:ngw-1"]]
