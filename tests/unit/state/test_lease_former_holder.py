"""A holder that stood still: its effect on the log, and on the lease that other runs have had since."""

from __future__ import annotations

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.state import Lease
from tests.unit.state.shared_store import EXPIRY, GRACE, SharedStore, state


def taken_over(shared: SharedStore) -> tuple[Lease, Lease]:
    """A holder that lost its lease without noticing, and the new holder."""
    former = shared.lease("run-1")
    shared.elapsed += 1000
    return former, shared.lease("run-2")


def test_a_former_holder_makes_the_next_run_look_from_its_own_start(shared: SharedStore) -> None:
    start = shared.now()
    former, holder = taken_over(shared)
    holder.release("clean")
    former.disturb()
    assert shared.lease("run-3").notes.unclean_since == start


def test_a_disturbed_lease_is_still_held(shared: SharedStore) -> None:
    former, _ = taken_over(shared)
    former.disturb()
    with pytest.raises(StateLockedError, match="run run-2 on host-of-run-2 holds the state"):
        shared.lease("run-3")


def test_a_disturbance_does_not_keep_the_lease_longer(shared: SharedStore) -> None:
    former, _ = taken_over(shared)
    shared.elapsed += (EXPIRY + GRACE).total_seconds() - 1
    former.disturb()
    shared.elapsed += 1
    assert shared.lease("run-3").is_takeover


def test_the_holder_renews_after_a_disturbance_and_knows_of_it(shared: SharedStore) -> None:
    start = shared.now()
    former, holder = taken_over(shared)
    holder.release("clean")
    holder = shared.lease("run-3")
    former.disturb()
    holder.renew()
    assert (shared.kinds()[-2:], holder.lost, holder.notes.unclean_since) == (["disturb", "renew"], False, start)


def test_the_holder_of_a_disturbed_lease_cannot_end_clean(shared: SharedStore) -> None:
    """It may have looked for the last time before the former holder's last call took effect."""
    start = shared.now()
    former, holder = taken_over(shared)
    former.disturb()
    holder.release("clean")
    assert (shared.events()[-1]["outcome"], shared.lease("run-3").notes.unclean_since) == ("failed", start)


def test_the_run_after_a_disturbed_one_can_end_clean(shared: SharedStore) -> None:
    former, holder = taken_over(shared)
    former.disturb()
    holder.release("clean")
    shared.lease("run-3").release("clean")
    assert shared.lease("run-4").notes.unclean_since is None


def test_a_lease_that_no_run_took_is_not_disturbed(shared: SharedStore) -> None:
    """The run that takes it over looks for what its holder left."""
    lease = shared.lease("run-1")
    shared.elapsed += 1000
    lease.disturb()
    assert shared.kinds() == ["acquire"]


def test_a_disturbance_and_a_renewal_compete_for_the_same_number(shared: SharedStore) -> None:
    former, holder = taken_over(shared)
    shared.before_put = lambda key: holder.renew()
    former.disturb()
    assert shared.kinds() == ["acquire", "takeover", "renew", "disturb"]


def test_a_second_former_holder_disturbs_as_well(shared: SharedStore) -> None:
    start = shared.now()
    first, second = taken_over(shared)
    shared.elapsed += 1000
    shared.lease("run-3").release("clean")
    second.disturb()
    first.disturb()
    assert shared.lease("run-4").notes.unclean_since == start


def test_a_disturbance_names_the_run_that_wrote_it(shared: SharedStore) -> None:
    former, _ = taken_over(shared)
    former.disturb()
    last = shared.events()[-1]
    assert (last["run"], last["disturbed_by"], last["repeats"]) == ("run-2", "run-1", "takeover")


def outlived(shared: SharedStore) -> Lease:
    """A former holder whose next numbers are free again, because retention has deleted them."""
    log = shared.log()
    former = shared.lease("run-1", log=log)
    former.writer.append(state(1))
    shared.elapsed += 1000
    successor = shared.lease("run-2")
    for serial in (2, 3):
        successor.writer.append(state(serial))
        successor.renew()
    shared.store.delete([f"{log.prefix}lock/0000000002.json", f"{log.prefix}state/0000000002.tfstate"])
    return former


def test_a_renewal_under_a_number_that_is_free_again_loses_the_lease(shared: SharedStore) -> None:
    former = outlived(shared)
    with pytest.raises(StateError, match="another run has written since"):
        former.renew()
    assert former.lost


def test_an_append_under_a_number_that_is_free_again_is_a_failure(shared: SharedStore) -> None:
    former = outlived(shared)
    with pytest.raises(StateError, match="another run has written since"):
        former.writer.append(state(2, note="late"))
    assert former.lost


def test_an_acquisition_under_a_number_that_is_free_again_is_tried_again(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")

    def meanwhile(key: str) -> None:
        shared.elapsed += 1000
        shared.lease("run-2").release("clean")
        shared.lease("run-3")
        shared.store.delete([key])

    shared.before_put = meanwhile
    with pytest.raises(StateLockedError, match="run-3"):
        shared.lease("run-4")
