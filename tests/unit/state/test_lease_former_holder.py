"""A holder that stood still: what it does to the lease that others have had since, and to the log."""

from __future__ import annotations

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.state import Lease, StateLog
from tests.unit.state.world import EXPIRY, GRACE, World, state


def taken_over(world: World) -> tuple[Lease, Lease]:
    """A holder that lost its lease without noticing, and the one that has it."""
    former = world.lease("run-1")
    world.elapsed += 1000
    return former, world.lease("run-2")


def test_a_former_holder_makes_the_next_run_look_from_its_own_start(world: World) -> None:
    start = world.now()
    former, holder = taken_over(world)
    holder.release("clean")
    former.disturb()
    assert world.lease("run-3").unclean_since == start


def test_a_disturbed_lease_is_still_held(world: World) -> None:
    former, _ = taken_over(world)
    former.disturb()
    with pytest.raises(StateLockedError, match="run run-2 on host-of-run-2 holds the state"):
        world.lease("run-3")


def test_a_disturbance_does_not_keep_the_lease_longer(world: World) -> None:
    former, _ = taken_over(world)
    world.elapsed += (EXPIRY + GRACE).total_seconds() - 1
    former.disturb()
    world.elapsed += 1
    assert world.lease("run-3").is_takeover


def test_the_holder_renews_after_a_disturbance_and_knows_of_it(world: World) -> None:
    start = world.now()
    former, holder = taken_over(world)
    holder.release("clean")
    holder = world.lease("run-3")
    former.disturb()
    holder.renew()
    assert (world.kinds()[-2:], holder.lost, holder.unclean_since) == (["disturb", "renew"], False, start)


def test_the_holder_of_a_disturbed_lease_cannot_end_clean(world: World) -> None:
    """It may have looked for the last time before the former holder's last call took effect."""
    start = world.now()
    former, holder = taken_over(world)
    former.disturb()
    holder.release("clean")
    assert (world.events()[-1]["outcome"], world.lease("run-3").unclean_since) == ("failed", start)


def test_the_run_after_a_disturbed_one_can_end_clean(world: World) -> None:
    former, holder = taken_over(world)
    former.disturb()
    holder.release("clean")
    world.lease("run-3").release("clean")
    assert world.lease("run-4").unclean_since is None


def test_a_lease_that_nobody_took_is_not_disturbed(world: World) -> None:
    """Whoever takes it over will look for what its holder left."""
    lease = world.lease("run-1")
    world.elapsed += 1000
    lease.disturb()
    assert world.kinds() == ["acquire"]


def test_a_disturbance_and_a_renewal_compete_for_the_same_number(world: World) -> None:
    former, holder = taken_over(world)
    world.before_put = lambda key: holder.renew()
    former.disturb()
    assert world.kinds() == ["acquire", "takeover", "renew", "disturb"]


def test_a_second_former_holder_disturbs_as_well(world: World) -> None:
    start = world.now()
    first, second = taken_over(world)
    world.elapsed += 1000
    world.lease("run-3").release("clean")
    second.disturb()
    first.disturb()
    assert world.lease("run-4").unclean_since == start


def test_a_disturbance_says_who_wrote_it(world: World) -> None:
    former, _ = taken_over(world)
    former.disturb()
    last = world.events()[-1]
    assert (last["run"], last["disturbed_by"], last["repeats"]) == ("run-2", "run-1", "takeover")


def outlived(world: World) -> tuple[StateLog, Lease]:
    """A log and a former holder of its lease, whose next numbers are free again, because they are long past."""
    log = world.log()
    former = world.lease("run-1", log=log)
    log.append(state(1), former, "run-1")
    world.elapsed += 1000
    successor = world.lease("run-2")
    for serial in (2, 3):
        world.log().append(state(serial), successor, "run-2")
        successor.renew()
    world.store.delete([f"{log.prefix}lock/0000000002.json", f"{log.prefix}state/0000000002.tfstate"])
    return log, former


def test_a_renewal_under_a_number_that_is_free_again_loses_the_lease(world: World) -> None:
    _, former = outlived(world)
    with pytest.raises(StateError, match="others have written since"):
        former.renew()
    assert former.lost


def test_an_append_under_a_number_that_is_free_again_is_a_failure(world: World) -> None:
    log, former = outlived(world)
    with pytest.raises(StateError, match="others have written since"):
        log.append(state(2, note="late"), former, "run-1")
    assert former.lost


def test_an_acquisition_under_a_number_that_is_free_again_is_tried_again(world: World) -> None:
    world.lease("run-1").release("clean")

    def meanwhile(key: str) -> None:
        world.elapsed += 1000
        world.lease("run-2").release("clean")
        world.lease("run-3")
        world.store.delete([key])

    world.before_put = meanwhile
    with pytest.raises(StateLockedError, match="run-3"):
        world.lease("run-4")
