"""The progress of an instance refresh: its pace, its pauses, its end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.actions.ess.refreshed_group import LONG, STEP, Group


@pytest.mark.parametrize(
    ("lowest", "highest", "fewest_in_service", "most"),
    [(100, 150, 4, 6), (50, 100, 2, 4), (75, 125, 3, 5), (0, 200, 0, 8)],
)
def test_it_stays_within_the_percentages(
    group: Group, *, lowest: int, highest: int, fewest_in_service: int, most: int
) -> None:
    group.start(
        DesiredConfiguration__ScalingConfigurationId=group.another(),
        MinHealthyPercentage=lowest,
        MaxHealthyPercentage=highest,
    )
    in_service, total = [], []
    while group.task()["Status"] in ("Pending", "InProgress"):
        group.account.settle(STEP / 2)
        states = group.states()
        in_service.append(states.count("InService"))
        total.append(len(states))
    assert (min(in_service), max(total), group.states()) == (fewest_in_service, most, ["InService"] * 4)


def test_without_room_one_instance_is_replaced_at_a_time(group: Group) -> None:
    group.start(
        DesiredConfiguration__ScalingConfigurationId=group.another(), MinHealthyPercentage=100, MaxHealthyPercentage=100
    )
    in_service = set()
    while group.task()["Status"] in ("Pending", "InProgress"):
        group.account.settle(STEP / 2)
        in_service.add(group.states().count("InService"))
    assert in_service == {3, 4}


def test_it_goes_on_without_a_look(group: Group) -> None:
    """Steps happen at their time even if no caller looks: the end does not wait for a question."""
    group.start(
        DesiredConfiguration__ScalingConfigurationId=group.another(), MinHealthyPercentage=0, MaxHealthyPercentage=200
    )
    group.account.settle(3600.0)
    task = group.task()
    assert (task["Status"], task["EndTime"][:16]) == ("Successful", task["StartTime"][:16])


def test_its_progress_is_counted(group: Group) -> None:
    group.start(
        DesiredConfiguration__ScalingConfigurationId=group.another(), MinHealthyPercentage=75, MaxHealthyPercentage=100
    )
    finished = []
    while group.task()["Status"] in ("Pending", "InProgress"):
        finished.append(group.task()["FinishedUpdateCapacity"])
        group.account.settle(STEP)
    assert (finished == sorted(finished), group.task()["FinishedUpdateCapacity"]) == (True, 4)
    assert {1, 2, 3} <= set(finished)


def test_a_suspended_refresh_goes_on_when_it_is_resumed(group: Group) -> None:
    second = group.another()
    task_id = group.start(DesiredConfiguration__ScalingConfigurationId=second)
    group.account.settle(4 * STEP)
    group.call("SuspendInstanceRefresh", InstanceRefreshTaskId=task_id)
    group.account.settle(LONG)
    assert (group.task()["Status"], group.first in group.made_of()) == ("Paused", True)
    group.call("ResumeInstanceRefresh", InstanceRefreshTaskId=task_id)
    group.account.settle(LONG)
    assert (group.task()["Status"], group.made_of()) == ("Successful", [second] * 4)


def test_it_pauses_at_a_checkpoint(group: Group) -> None:
    group.start(
        DesiredConfiguration__ScalingConfigurationId=group.another(),
        MinHealthyPercentage=75,
        MaxHealthyPercentage=100,
        Checkpoints__1__Percentage=50,
        Checkpoints__2__Percentage=100,
        CheckpointPauseTime=10,
    )
    group.account.settle(LONG)
    task = group.task()
    assert (task["Status"], task["FinishedUpdateCapacity"]) == ("CheckpointPause", 2)
    group.account.settle(10 * 60.0)
    assert group.task()["Status"] == "Successful"


def test_the_group_may_change_its_size_meanwhile(group: Group) -> None:
    second = group.another()
    group.start(DesiredConfiguration__ScalingConfigurationId=second)
    group.account.settle(2 * STEP)
    group.call("ModifyScalingGroup", DesiredCapacity=6)
    group.account.settle(LONG)
    assert (group.task()["Status"], group.made_of()) == ("Successful", [second] * 6)


def test_a_group_may_become_empty_meanwhile(group: Group) -> None:
    group.start(DesiredConfiguration__ScalingConfigurationId=group.another())
    group.account.settle(2 * STEP)
    group.call("ModifyScalingGroup", DesiredCapacity=0)
    group.account.settle(LONG)
    assert (group.task()["Status"], group.instances()) == ("Successful", [])


def test_it_fails_when_no_instance_can_be_started(account: Any) -> None:
    vpc_id = account.a_vpc()
    small = account.a_vswitch(vpc_id, "10.250.64.0/29")
    group_id = account.a_scaling_group(small, MinSize=0, MaxSize=10, DesiredCapacity=4)
    configuration_id = account.a_configuration(group_id, account.a_security_group(vpc_id))
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    account.settle()
    account.ess("StartInstanceRefresh", ScalingGroupId=group_id, SkipMatching="false", MinHealthyPercentage=100)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=6)
    account.settle(LONG)
    answer = account.ess("DescribeInstanceRefreshes", ScalingGroupId=group_id)
    (task,) = answer["InstanceRefreshTasks"]["InstanceRefreshTask"]
    assert (task["Status"], task["Detail"]) == ("Failed", "No instance can be started.")


def test_its_activities_are_recorded(group: Group) -> None:
    task_id = group.start(SkipMatching="false", MinHealthyPercentage=0, MaxHealthyPercentage=200)
    group.account.settle(LONG)
    found = group.call("DescribeScalingActivities", InstanceRefreshTaskId=task_id)
    activities = found["ScalingActivities"]["ScalingActivity"]
    assert sum(activity["CreatedCapacity"] for activity in activities) == 4
    assert sum(activity["DestroyedCapacity"] for activity in activities) == 4
