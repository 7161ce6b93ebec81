"""Instance refreshes: what is replaced, what is refused, what is shown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.actions.ess.refreshed_group import LONG, OTHER_IMAGE, STEP, Group
from tests.unit.sandbox.conftest import IMAGE


def test_a_refresh_waits_works_and_succeeds(group: Group) -> None:
    group.start(DesiredConfiguration__ScalingConfigurationId=group.another())
    seen = [group.task()["Status"]]
    group.account.settle(STEP)
    seen.append(group.task()["Status"])
    group.account.settle(LONG)
    seen.append(group.task()["Status"])
    assert seen == ["Pending", "InProgress", "Successful"]


def test_every_instance_is_replaced(group: Group) -> None:
    before = {one["InstanceId"] for one in group.instances()}
    second = group.another()
    group.start(DesiredConfiguration__ScalingConfigurationId=second)
    group.account.settle(LONG)
    after = {one["InstanceId"] for one in group.instances()}
    assert (group.made_of(), after & before) == ([second] * 4, set())


def test_what_it_was_made_of_is_active_afterwards_and_not_before(group: Group) -> None:
    second = group.another()
    group.start(DesiredConfiguration__ScalingConfigurationId=second)
    group.account.settle(STEP)
    assert group.active() == group.first
    group.account.settle(LONG)
    assert group.active() == second


def test_another_image_goes_into_the_active_configuration(group: Group) -> None:
    group.start(DesiredConfiguration__ImageId=OTHER_IMAGE)
    group.account.settle(LONG)
    (shown,) = group.call("DescribeScalingConfigurations")["ScalingConfigurations"]["ScalingConfiguration"]
    assert (group.images(), shown["ImageId"], group.active()) == ({OTHER_IMAGE}, OTHER_IMAGE, group.first)


def test_instances_match_by_the_id_of_their_configuration(group: Group, refused: Any) -> None:
    """Documented: a configuration that was modified in place keeps its id, so nothing needs to be refreshed."""
    group.account.ess("ModifyScalingConfiguration", ScalingConfigurationId=group.first, ImageId=OTHER_IMAGE)
    error = refused(group.start)
    assert (error.code, error.http_status) == ("InvalidInstance.NoInstanceNeedBeRefreshed", 400)


def test_without_skipping_all_are_replaced_by_what_the_configuration_is_now(group: Group) -> None:
    group.account.ess("ModifyScalingConfiguration", ScalingConfigurationId=group.first, ImageId=OTHER_IMAGE)
    group.start(SkipMatching="false")
    group.account.settle(LONG)
    assert (group.images(), group.task()["TotalNeedUpdateCapacity"]) == ({OTHER_IMAGE}, 4)


def test_instances_that_match_stay(group: Group) -> None:
    second = group.another()
    group.call("ModifyScalingGroup", ActiveScalingConfigurationId=second, DesiredCapacity=6)
    group.account.settle()
    kept = {one["InstanceId"] for one in group.instances() if one["ScalingConfigurationId"] == second}
    group.start()
    group.account.settle(LONG)
    assert kept < {one["InstanceId"] for one in group.instances()}
    assert (group.made_of(), group.task()["TotalNeedUpdateCapacity"]) == ([second] * 6, 4)


def test_protected_instances_stay(group: Group) -> None:
    protected = group.instances()[0]["InstanceId"]
    group.call("SetInstancesProtection", InstanceId__1=protected, ProtectedFromScaleIn="true")
    second = group.another()
    group.start(DesiredConfiguration__ScalingConfigurationId=second)
    group.account.settle(LONG)
    assert sorted(group.made_of()) == sorted([group.first, second, second, second])
    assert protected in {one["InstanceId"] for one in group.instances()}


def test_a_group_has_one_task_at_a_time(group: Group, refused: Any) -> None:
    group.start(SkipMatching="false")
    error = refused(group.start, SkipMatching="false")
    assert (error.code, error.http_status) == ("ScalingActivityInProgress", 400)
    group.account.settle(LONG)
    assert group.start(SkipMatching="false")


def test_a_group_without_instances_is_not_refreshed(account: Any, refused: Any) -> None:
    assert refused(Group(account, 0).start, SkipMatching="false").code == "InvalidInstance.NoInstanceNeedBeRefreshed"


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"MinHealthyPercentage": 101}, "InvalidParameter", 400),
        ({"MaxHealthyPercentage": 99}, "InvalidParameter", 400),
        ({"MaxHealthyPercentage": 201}, "InvalidParameter", 400),
        ({"CheckpointPauseTime": 0}, "InvalidParameter", 400),
        ({"Checkpoints__1__Percentage": 50}, "InvalidParameter", 400),
        ({"Checkpoints__1__Percentage": 100, "Checkpoints__2__Percentage": 100}, "InvalidParameter", 400),
        ({"ScalingGroupId": "asg-missing"}, "InvalidScalingGroupId.NotFound", 404),
        ({"ScalingGroupId": ""}, "MissingScalingGroupId", 400),
        ({"RegionId": ""}, "MissingRegionId", 400),
        (
            {"DesiredConfiguration__ScalingConfigurationId": "asc-missing"},
            "InvalidScalingConfigurationId.NotFound",
            404,
        ),
        ({"DesiredConfiguration__ImageId": "m-missing"}, "InvalidImageId.NotFound", 404),
        (
            {"DesiredConfiguration__ImageId": IMAGE, "DesiredConfiguration__ScalingConfigurationId": "asc-1"},
            "InvalidParameter.Conflict",
            400,
        ),
        (
            {"DesiredConfiguration__ImageId": "aliyun_3_arm64_20G_alibase_20240528.vhd"},
            "InvalidImageId.InstanceTypeMismatch",
            400,
        ),
    ],
)
def test_a_wrong_refresh_is_refused(
    group: Group, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    given = {"ScalingGroupId": group.id, "SkipMatching": "false", **parameters}
    error = refused(group.account.ess, "StartInstanceRefresh", **given)
    assert (error.code, error.http_status) == (code, status)


def test_a_group_that_is_not_enabled_is_not_refreshed(group: Group, refused: Any) -> None:
    group.call("DisableScalingGroup")
    assert refused(group.start, SkipMatching="false").code == "IncorrectScalingGroupStatus"


def test_a_cancelled_refresh_leaves_what_it_replaced(group: Group) -> None:
    second = group.another()
    group.start(DesiredConfiguration__ScalingConfigurationId=second, MinHealthyPercentage=75, MaxHealthyPercentage=100)
    group.account.settle(4 * STEP)
    group.call("CancelInstanceRefresh", InstanceRefreshTaskId=group.task()["InstanceRefreshTaskId"])
    assert group.task()["Status"] == "Cancelling"
    group.account.settle(LONG)
    assert group.task()["Status"] == "Cancelled"
    assert (second in group.made_of(), group.first in group.made_of()) == (True, True)
    assert (len(group.instances()), group.active()) == (4, group.first)


def test_a_rolled_back_refresh_restores_the_configuration_before(group: Group) -> None:
    second = group.another()
    task_id = group.start(DesiredConfiguration__ScalingConfigurationId=second)
    group.account.settle(6 * STEP)
    assert second in group.made_of()
    group.call("RollbackInstanceRefresh", InstanceRefreshTaskId=task_id)
    assert group.task(task_id)["Status"] == "RollbackInProgress"
    group.account.settle(LONG)
    assert group.task(task_id)["Status"] == "RollbackSuccessful"
    assert (group.made_of(), group.active()) == ([group.first] * 4, group.first)


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        ("CancelInstanceRefresh", "IncorrectInstanceRefreshTaskStatus", 400),
        ("RollbackInstanceRefresh", "IncorrectInstanceRefreshTaskStatus", 400),
        ("SuspendInstanceRefresh", "IncorrectInstanceRefreshTaskStatus", 400),
        ("ResumeInstanceRefresh", "IncorrectInstanceRefreshTaskStatus", 400),
    ],
)
def test_a_task_that_has_ended_stays_as_it_is(
    group: Group, refused: Any, *, action: str, code: str, status: int
) -> None:
    task_id = group.start(SkipMatching="false")
    group.account.settle(LONG)
    error = refused(group.call, action, InstanceRefreshTaskId=task_id)
    assert (error.code, error.http_status) == (code, status)


def test_a_missing_task_is_not_found(group: Group, refused: Any) -> None:
    error = refused(group.call, "CancelInstanceRefresh", InstanceRefreshTaskId="ir-missing")
    assert (error.code, error.http_status) == ("InvalidInstanceRefreshTaskId.NotFound", 404)


def test_tasks_are_shown_the_latest_first_and_by_tokens(group: Group) -> None:
    ids = []
    for _ in range(3):
        ids.append(group.start(SkipMatching="false"))
        group.account.settle(LONG)
    first = group.call("DescribeInstanceRefreshes", MaxResults=2)
    second = group.call("DescribeInstanceRefreshes", MaxResults=2, NextToken=first["NextToken"])
    shown = [
        task["InstanceRefreshTaskId"]
        for answer in (first, second)
        for task in answer["InstanceRefreshTasks"]["InstanceRefreshTask"]
    ]
    assert (shown, first["TotalCount"], second["NextToken"]) == (ids[::-1], 3, "")


def test_only_what_was_sent_is_shown_of_the_wanted_configuration(group: Group) -> None:
    group.start(SkipMatching="false")
    assert group.task()["DesiredConfiguration"] == {
        "LaunchTemplateOverrides": {"LaunchTemplateOverride": []},
        "Containers": {"Container": []},
    }


def test_a_deleted_group_takes_its_task_with_it(group: Group, refused: Any) -> None:
    group.start(SkipMatching="false")
    group.call("DeleteScalingGroup", ForceDelete="true")
    group.account.settle(LONG)
    answer = group.call("DescribeInstanceRefreshes")
    assert (answer["TotalCount"], "instance" in group.account.cloud.counts()) == (0, False)


def test_another_account_sees_no_task(group: Group, other_account: Any) -> None:
    group.start(SkipMatching="false")
    answer = other_account.ess("DescribeInstanceRefreshes", ScalingGroupId=group.id)
    assert answer["InstanceRefreshTasks"] == {"InstanceRefreshTask": []}


def test_a_client_token_starts_one_task(group: Group) -> None:
    sent = {"SkipMatching": "false", "ClientToken": "once"}
    assert group.start(**sent) == group.start(**sent)
