"""Since when a run has to look for what others may have left."""

from __future__ import annotations

from tests.unit.state.shared_store import SharedStore


def test_the_first_run_has_nothing_to_clean_up(shared: SharedStore) -> None:
    assert shared.lease().unclean_since is None


def test_after_a_clean_run_there_is_nothing_to_clean_up(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")
    assert shared.lease("run-2").unclean_since is None


def test_after_a_failed_run_its_start_is_known(shared: SharedStore) -> None:
    start = shared.now()
    lease = shared.lease("run-1")
    shared.elapsed += 30
    lease.renew()
    lease.release("failed")
    assert shared.lease("run-2").unclean_since == start


def test_the_first_of_several_unclean_runs_counts(shared: SharedStore) -> None:
    start = shared.now()
    shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    shared.elapsed += 1000
    shared.lease("run-3").release("failed")
    assert shared.lease("run-4").unclean_since == start


def test_a_clean_release_ends_what_was_unclean(shared: SharedStore) -> None:
    shared.lease("run-1").release("failed")
    shared.lease("run-2").release("clean")
    assert shared.lease("run-3").unclean_since is None
