"""Since when a run has to look for what others may have left."""

from __future__ import annotations

from tests.unit.state.world import World


def test_the_first_run_has_nothing_to_clean_up(world: World) -> None:
    assert world.lease().unclean_since is None


def test_after_a_clean_run_there_is_nothing_to_clean_up(world: World) -> None:
    world.lease("run-1").release("clean")
    assert world.lease("run-2").unclean_since is None


def test_after_a_failed_run_its_start_is_known(world: World) -> None:
    start = world.now()
    lease = world.lease("run-1")
    world.elapsed += 30
    lease.renew()
    lease.release("failed")
    assert world.lease("run-2").unclean_since == start


def test_the_first_of_several_unclean_runs_counts(world: World) -> None:
    start = world.now()
    world.lease("run-1")
    world.elapsed += 1000
    world.lease("run-2")
    world.elapsed += 1000
    world.lease("run-3").release("failed")
    assert world.lease("run-4").unclean_since == start


def test_a_clean_release_ends_what_was_unclean(world: World) -> None:
    world.lease("run-1").release("failed")
    world.lease("run-2").release("clean")
    assert world.lease("run-3").unclean_since is None
