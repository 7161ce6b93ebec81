"""A destroy after a run that was cut off: when its look proves that nothing is left, and its messages before that."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from provisioner.errors import InterruptedRunError, StateError
from provisioner.run.apply_loop import ApplyLoop
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.shoot_stand_ins import NOTHING, TAGS, Shoot


class Run(Shoot):
    """A destroy whose Worker was cut off a moment ago; its settling time is over in 25 seconds."""

    def __init__(self, simulated: SimulatedAccount) -> None:  # noqa: F811
        super().__init__(simulated)
        self.loop = ApplyLoop(self.session, self.planned, destroys=True)
        self.worker.settles_at = self.now() + timedelta(seconds=25)

    def finish(self, *, waits: bool = True) -> None:
        """Do the last steps of a destroy, when all known objects are gone."""
        self.loop.finish(always=True)
        self.loop.settle(waits=waits)


@pytest.fixture
def run(simulated: SimulatedAccount) -> Run:  # noqa: F811
    return Run(simulated)


def looks(run: Run) -> int:
    return run.simulated.asked().count("DescribeVpcs")


def test_destroy_looks_once_more_when_the_settling_time_is_over(run: Run) -> None:
    run.finish()
    assert (looks(run), run.waited) == (2, 25)
    assert all(root.is_vouched for root in run.roots)


def test_destroy_says_how_long_it_waits(run: Run) -> None:
    run.finish()
    waits = [step for step in run.said.steps if "looking again" in step]
    assert [wait.split(" in ")[1] for wait in waits] == [
        "25 s: an earlier run was cut off, and objects that it began to create may still appear",
        "15 s",
        "5 s",
    ]


def test_object_that_appears_in_the_settling_time_is_destroyed(run: Run) -> None:
    before, wait = run.waited, run.session.context.interruption.wait

    def appear(seconds: float) -> None:
        if run.waited == before:
            run.a_vpc()
        wait(seconds)

    run.session.context.interruption.wait = appear
    run.finish()
    assert [claim.resource.type for found in run.loop.adopted for claim in found.claims] == ["alicloud_vpc"]


def test_destroy_that_does_not_wait_says_when_another_one_can_be_sure(run: Run) -> None:
    with pytest.raises(StateError, match=r"may still appear.*destroy again after 20") as caught:
        run.finish(waits=False)
    assert (caught.value.problem.type, run.waited, run.worker.is_doubted) == ("Unsettled", 0, True)


def test_signal_ends_the_wait_with_the_same_words(run: Run) -> None:
    def interrupted(seconds: float) -> None:
        raise InterruptedRunError(2, "stopped by SIGINT")

    run.session.context.interruption.wait = interrupted
    with pytest.raises(InterruptedRunError) as caught:
        run.finish()
    assert "destroy again after 20" in caught.value.__notes__[0]
    assert run.worker.is_doubted


def test_destroy_does_not_wait_for_ever_for_a_run_that_keeps_working(run: Run) -> None:
    def not_yet(looked_at: datetime) -> None:
        run.worker.settles_at = run.now() + timedelta(seconds=25)

    run.worker.vouch = not_yet
    with pytest.raises(StateError, match="is still working"):
        run.finish()
    assert run.waited == 3 * 25


def test_destroy_of_a_shoot_that_was_never_cut_off_waits_for_nothing(run: Run) -> None:
    run.worker.settles_at = None
    run.finish()
    assert (looks(run), run.waited) == (1, 0)


def test_destroy_never_succeeds_while_more_objects_keep_appearing(run: Run) -> None:
    def plan() -> object:
        run.simulated.account.a_vpc(VpcName="shoot--foo--bar-vpc", **TAGS)
        return NOTHING

    run.planned[0].find = plan
    run.a_vpc()
    with pytest.raises(StateError, match="keep appearing in the cloud while this run destroys it, last alicloud_vpc"):
        run.loop.finish(always=True)
