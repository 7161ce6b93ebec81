"""The attempts of a run: what follows a failure, what it may delete, and when it vouches for everything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.errors import CloudError, InterruptedRunError, ProvisionError, StateError, TerraformError
from provisioner.run.apply_loop import ApplyLoop
from provisioner.sandbox.cloud.faults import Fault
from provisioner.translate.names import owner_description
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.shoot_stand_ins import ENTRY, ID, NOTHING, Shoot, a_plan

VPC = "module.infrastructure.alicloud_vpc.this[0]"
THROTTLED = CloudError("slow down", codes=("ERR_INFRA_RATE_LIMITS_EXCEEDED",), is_retryable=True)
BROKEN = TerraformError("wrong")


class Tries:
    """Attempts that last for so many waits."""

    def __init__(self, most: int) -> None:
        self.left, self.progress = most, 0

    def begin(self) -> Tries:
        return self

    def note_progress(self) -> None:
        self.progress += 1

    def wait_after(self, error: ProvisionError) -> None:
        if not error.is_retryable or not self.left:
            raise error
        self.left -= 1


class Run(Shoot):
    """A shoot with a loop over both roots."""

    def __init__(self, simulated: SimulatedAccount, *, destroys: bool = False) -> None:  # noqa: F811
        self.tries = Tries(3)
        super().__init__(simulated, self.tries)
        self.loop = ApplyLoop(self.session, self.planned, destroys=destroys)

    def carry_out(self, *outcomes: object, plan=None) -> None:
        """Carry out a plan; each attempt does or raises the next outcome, and the last one again and again."""
        left = list(outcomes)

        def work() -> None:
            outcome = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(outcome, Exception):
                raise outcome
            if isinstance(outcome, Callable):
                outcome()

        self.infrastructure.work = work
        plan = plan or a_plan((VPC, "create"))
        self.loop.carry_out(self.planned[0], plan)


@pytest.fixture
def run(simulated: SimulatedAccount) -> Run:  # noqa: F811
    return Run(simulated)


def lost_answer(run: Run, error: Exception) -> Callable[[], None]:
    """Create a VPC, and fail as if nothing had happened."""

    def work() -> None:
        run.a_vpc()
        raise error

    return work


def an_eip(run: Run) -> None:
    """Allocate an EIP at an address of its own: no manifest has its zone any more."""
    run.simulated.account.vpc(
        "AllocateEipAddress",
        InternetChargeType="PayByTraffic",
        Name=f"{ID}-eip-natgw-z9",
        Description=owner_description(ENTRY),
    )


def test_plan_that_works_is_carried_out_once_and_nothing_is_looked_for(run):
    run.carry_out(None, plan=a_plan((VPC, "create"), ("b", "update")))
    assert (run.infrastructure.applied, run.simulated.asked()) == (1, [])


def test_failure_that_does_not_pass_is_reported_after_a_look(run):
    with pytest.raises(TerraformError, match="wrong"):
        run.carry_out(BROKEN)
    assert (run.infrastructure.applied, "DescribeVpcs" in run.simulated.asked()) == (1, True)


def test_rest_of_a_throttled_attempt_is_tried_again(run):
    run.infrastructure.plans = [a_plan((VPC, "create"))]
    run.carry_out(THROTTLED, None)
    assert (run.infrastructure.applied, run.infrastructure.planned) == (2, [((), False)])


def test_patience_ends(run):
    run.infrastructure.plans = [a_plan((VPC, "create")) for _ in range(9)]
    with pytest.raises(CloudError, match="slow down"):
        run.carry_out(THROTTLED)
    assert run.infrastructure.applied == 4


def test_object_of_a_lost_answer_is_adopted_and_the_rest_tried_again(run):
    """After any error: the created object itself may have taken a name."""
    run.infrastructure.plans = [a_plan((VPC, "update"))]
    run.carry_out(lost_answer(run, BROKEN), None)
    assert list(run.infrastructure.instances()) == [VPC]
    assert (run.infrastructure.applied, run.tries.left) == (2, 3)


def test_only_what_was_adopted_is_read_again_after_throttling(run):
    run.carry_out(lost_answer(run, THROTTLED), None)
    assert run.infrastructure.planned == [((VPC,), False)]


def test_nothing_left_to_do_after_an_adoption_ends_the_attempts(run):
    run.infrastructure.plans = [NOTHING]
    run.carry_out(lost_answer(run, BROKEN))
    assert run.infrastructure.applied == 1


def test_adoption_excuses_no_more_than_two_failures(run):
    def work() -> None:
        an_eip(run)
        raise BROKEN

    run.infrastructure.plans = [a_plan((VPC, "update")) for _ in range(9)]
    with pytest.raises(TerraformError):
        run.carry_out(work)
    assert run.infrastructure.applied == 3


@pytest.mark.parametrize("action", ["delete", "replace"])
def test_second_plan_deletes_nothing_that_the_first_did_not_show(run, action):
    run.infrastructure.plans = [a_plan((VPC, "create"), ("c", action))]
    with pytest.raises(CloudError, match="slow down"):
        run.carry_out(THROTTLED, None)
    assert run.infrastructure.applied == 1


def test_second_plan_may_delete_what_the_first_showed(run):
    run.infrastructure.plans = [a_plan(("c", "replace"))]
    run.carry_out(THROTTLED, None, plan=a_plan(("c", "replace"), (VPC, "create")))
    assert run.infrastructure.applied == 2


def twice(run: Run) -> Callable[[], None]:
    """Create two VPCs, and fail as if nothing had happened."""

    def work() -> None:
        run.a_vpc()
        lost_answer(run, BROKEN)()

    return work


def test_the_run_that_made_a_surplus_object_does_not_record_it(run):
    run.infrastructure.plans = [a_plan((VPC, "update"))]
    run.carry_out(twice(run), None)
    assert not any(it.is_deposed for it in run.infrastructure.state().instances())
    assert len(run.loop.adopted[-1].postponed) == 1


def test_rest_is_done_then_the_run_fails_and_says_what_the_next_one_shows(run):
    run.infrastructure.plans = [a_plan((VPC, "update"))]
    run.carry_out(twice(run), None)
    run.loop.finish()
    with pytest.raises(StateError) as caught:
        run.loop.require_nothing_left()
    surplus = run.loop.adopted[-1].postponed[0].resource.id
    assert (run.infrastructure.applied, run.infrastructure.is_vouched, run.infrastructure.is_doubted) == (
        2,
        False,
        True,
    )
    assert (caught.value.problem.type, caught.value.is_retryable) == ("LeftBehind", True)
    assert f"this run did not delete alicloud_vpc {surplus} ({ID}-vpc), because" in caught.value.problem.detail


def test_next_run_records_the_surplus_object_before_it_plans(run):
    first, second = run.a_vpc(), run.a_vpc()
    run.loop.adopt_leftovers()
    assert {it.id: it.is_deposed for it in run.infrastructure.state().instances()} in (
        {first: False, second: True},
        {first: True, second: False},
    )


def test_retry_deletes_no_more_objects_of_an_address_than_were_shown(run):
    """A deposed object goes at the address of the one that stays."""
    run.infrastructure.plans = [a_plan((VPC, "replace"), (VPC, "delete"))]
    with pytest.raises(CloudError) as caught:
        run.carry_out(THROTTLED, None, plan=a_plan((VPC, "replace")))
    assert (run.infrastructure.applied, f"would delete {VPC}" in str(caught.value.__notes__)) == (1, True)


def test_second_plan_without_a_failure_deletes_no_more_than_the_first(run):
    run.carry_out(None, plan=a_plan(("c", "delete")))
    with pytest.raises(StateError, match="would delete d, which the first plan did not show"):
        run.carry_out(None, plan=a_plan(("d", "delete")))
    assert run.infrastructure.applied == 1


def test_last_look_deletes_nothing(run):
    run.a_vpc()
    run.planned[0].find = lambda: a_plan((VPC, "delete"))
    run.loop.finish()
    with pytest.raises(StateError, match="this run did not delete"):
        run.loop.require_nothing_left()
    assert run.infrastructure.applied == 0


def test_destroy_deletes_what_its_last_look_finds(simulated):  # noqa: F811
    run = Run(simulated, destroys=True)
    run.a_vpc()
    run.planned[0].find = lambda: a_plan((VPC, "delete"))
    run.loop.finish()
    assert run.infrastructure.applied == 1


def test_run_that_left_nothing_ends_well(run):
    run.loop.finish()
    run.loop.require_nothing_left()
    assert not run.infrastructure.is_doubted


def test_surplus_object_that_stays_makes_every_run_fail_until_the_operator_deletes_it(run):
    vpc_id = run.a_vpc()
    run.loop.adopt()
    surplus = run.a_vpc()
    run.simulated.account.a_vswitch(surplus)
    run.loop.finish()
    with pytest.raises(StateError) as caught:
        run.loop.require_nothing_left()
    assert (vpc_id in str(caught.value), caught.value.is_retryable) == (False, False)
    assert f"alicloud_vpc {surplus} ({ID}-vpc), which holds or serves vsw-" in caught.value.problem.detail
    assert [problem.type for problem in run.said.warnings] == ["LeftAlone"]


def test_every_further_plan_is_checked(run):
    rest = a_plan((VPC, "create"))
    run.infrastructure.plans = [rest]
    run.carry_out(THROTTLED, None)
    assert [root.checked for root in run.planned] == [[rest], []]


def test_destroy_goes_on_destroying(simulated):  # noqa: F811
    run = Run(simulated, destroys=True)
    run.carry_out(THROTTLED, None, plan=a_plan((VPC, "delete")))
    assert run.infrastructure.planned == [((), True)]


def test_progress_resets_the_attempts(run):
    def progress() -> None:
        run.infrastructure.content = {"resources": [{"instances": [], "mode": "data"}]}
        raise THROTTLED

    run.infrastructure.plans = [a_plan((VPC, "create")), a_plan((VPC, "create"))]
    run.carry_out(THROTTLED, progress, None)
    assert run.tries.progress == 1


def test_look_that_fails_does_not_hide_the_failure(run):
    run.simulated.cloud.faults.add(Fault("DescribeVpcs", "forbidden"))
    with pytest.raises(TerraformError, match="wrong") as caught:
        run.carry_out(BROKEN)
    assert "objects that it left behind failed: DescribeVpcs: Forbidden.RAM" in str(caught.value.__notes__)


def test_signal_ends_the_attempts_without_a_look(run):
    with pytest.raises(InterruptedRunError):
        run.carry_out(InterruptedRunError(2, "stopped by SIGINT"))
    assert run.simulated.asked() == []


def test_clean_past_needs_no_look_before_planning(run):
    run.infrastructure.unclean_since = run.worker.unclean_since = None
    assert run.loop.adopt_leftovers() is False
    assert run.simulated.asked() == []


def test_unclean_past_of_one_root_is_reason_enough_to_look(run):
    run.infrastructure.unclean_since = None
    run.a_vpc()
    assert run.loop.adopt_leftovers() is True


def test_end_of_a_clean_run_costs_no_call(run):
    run.infrastructure.unclean_since = run.worker.unclean_since = None
    run.loop.finish()
    assert (run.simulated.asked(), run.infrastructure.is_vouched) == ([], False)


def test_end_of_an_unclean_run_vouches_after_one_more_look(run):
    run.loop.finish()
    assert [root.is_vouched for root in run.roots] == [True, True]
    assert run.simulated.asked().count("DescribeVpcs") == 1


def test_late_object_is_adopted_and_changed_before_the_run_vouches(run):
    run.a_vpc()
    run.planned[0].find = lambda: a_plan((VPC, "update"))
    run.loop.finish()
    assert (run.infrastructure.applied, run.infrastructure.is_vouched) == (1, True)


def test_no_run_vouches_while_more_objects_keep_appearing(run, caplog):
    def plan() -> object:
        an_eip(run)
        return NOTHING

    run.planned[0].find = plan
    run.a_vpc()
    run.loop.finish()
    assert (run.infrastructure.is_vouched, run.infrastructure.is_doubted) == (False, True)
    assert "the next run will look again" in caplog.text


def test_loop_tells_what_was_recorded_and_what_is_unproven(run):
    vpc_id = run.a_vpc()
    tag = "kubernetes.io/cluster/shoot--foo--bar"
    stranger = run.simulated.account.a_vpc(VpcName="other", Tag__1__Key=tag, Tag__1__Value="1")
    run.loop.adopt()
    assert [(claim.resource.id, str(claim.address)) for claim in run.loop.recorded] == [(vpc_id, VPC)]
    assert [(resource.id, resource.name) for resource in run.loop.unproven] == [(stranger, "other")]


def test_run_warns_once_of_an_object_that_it_leaves_alone(run):
    tag = "kubernetes.io/cluster/shoot--foo--bar"
    run.simulated.account.a_vpc(VpcName="other", Tag__1__Key=tag, Tag__1__Value="1")
    run.loop.adopt()
    run.loop.adopt()
    assert [problem.type for problem in run.said.warnings] == ["NotAdopted"]


def test_run_with_a_failed_attempt_is_unclean_until_a_run_vouches(run):
    """Otherwise objects that the attempt left behind would be too old for a run to delete."""
    run.infrastructure.plans = [a_plan((VPC, "create"))]
    run.carry_out(THROTTLED, None)
    assert run.infrastructure.is_doubted
    run.loop.finish()
    assert not run.infrastructure.is_doubted


def test_after_a_signal_during_an_apply_the_next_run_looks_for_surplus_objects(run):
    """Terraform may have finished by itself, and a lost answer may have left a surplus object."""
    with pytest.raises(InterruptedRunError):
        run.carry_out(InterruptedRunError(2, "stopped by SIGINT"))
    assert run.infrastructure.is_doubted


def test_run_that_cannot_count_what_it_created_does_not_vouch(run, monkeypatch):
    def refuse(*_: object) -> bool:
        raise CloudError("DescribeNatGateways: Forbidden.RAM")

    monkeypatch.setattr("provisioner.run.apply_loop.may_have_surplus", refuse)
    with pytest.raises(CloudError):
        run.carry_out(None)
    assert run.infrastructure.is_doubted


def test_run_that_created_something_twice_looks_at_its_end(run, monkeypatch):
    monkeypatch.setattr("provisioner.run.apply_loop.may_have_surplus", lambda *_: True)
    run.carry_out(None)
    assert run.infrastructure.is_doubted
