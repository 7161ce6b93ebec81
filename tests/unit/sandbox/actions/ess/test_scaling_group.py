"""Scaling groups: their sizes, their states, their refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.actions.ess.shown import instances, shown_configuration, shown_group


def test_a_group_is_born_inactive_and_without_instances(account: Any, vswitch_id: str) -> None:
    group_id = account.a_scaling_group(vswitch_id)
    group = shown_group(account, group_id)
    assert (group["LifecycleState"], group["TotalCapacity"], group["MinSize"]) == ("Inactive", 0, 1)
    assert group_id.startswith("asg-")


def test_a_group_has_every_container_the_provider_reads(account: Any, vswitch_id: str) -> None:
    group = shown_group(account, account.a_scaling_group(vswitch_id))
    assert group["DBInstanceIds"] == {"DBInstanceId": []}
    assert group["LoadBalancerIds"] == {"LoadBalancerId": []}
    assert group["RemovalPolicies"]["RemovalPolicy"]
    assert group["VSwitchIds"] == {"VSwitchId": [vswitch_id]}


def test_a_group_shows_no_desired_capacity_that_was_not_sent(account: Any, vswitch_id: str) -> None:
    assert "DesiredCapacity" not in shown_group(account, account.a_scaling_group(vswitch_id))


def test_a_group_s_name_is_unique_in_its_region(
    account: Any, other_account: Any, vswitch_id: str, refused: Any
) -> None:
    account.a_scaling_group(vswitch_id, "same")
    error = refused(account.a_scaling_group, vswitch_id, "same")
    assert (error.code, error.http_status) == ("InvalidScalingGroupName.Duplicate", 400)
    assert other_account.a_scaling_group(other_account.a_vswitch(other_account.a_vpc()), "same")


def test_a_group_without_a_vswitch_is_refused(account: Any, refused: Any) -> None:
    error = refused(account.ess, "CreateScalingGroup", ScalingGroupName="group", MinSize=0, MaxSize=1)
    assert error.code == "ResourceNotAvailable.ClassicNetwork"


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"MinSize": 4}, "InvalidParameter.Conflict", 400),
        ({"DesiredCapacity": 4}, "InvalidParameter", 400),
        ({"DesiredCapacity": 0}, "InvalidParameter", 400),
        ({"MaxSize": 2001}, "InvalidParameter", 400),
        ({"MinSize": -1}, "InvalidParameter", 400),
        ({"MinSize": "one"}, "InvalidParameter", 400),
        ({"MinSize": ""}, "MissingMinSize", 400),
        ({"VSwitchIds__1": "vsw-missing"}, "InvalidVSwitchId.NotFound", 404),
        ({"ScalingGroupName": "x" * 65}, "InvalidParameter", 400),
    ],
)
def test_a_wrong_group_is_refused(
    account: Any, vswitch_id: str, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    given = {"MinSize": 1, "MaxSize": 3, "ScalingGroupName": "group", "VSwitchIds__1": vswitch_id, **parameters}
    error = refused(account.ess, "CreateScalingGroup", **given)
    assert (error.code, error.http_status) == (code, status)


def test_a_region_has_no_more_groups_than_its_quota(account: Any, vswitch_id: str, refused: Any) -> None:
    account.cloud.set_quota("scaling_group", 1)
    account.a_scaling_group(vswitch_id, "one")
    assert refused(account.a_scaling_group, vswitch_id, "two").code == "QuotaExceeded.ScalingGroup"


def test_a_group_without_an_active_configuration_is_not_enabled(
    account: Any, vswitch_id: str, security_group_id: str, refused: Any
) -> None:
    group_id = account.a_scaling_group(vswitch_id)
    account.a_configuration(group_id, security_group_id)
    error = refused(account.ess, "EnableScalingGroup", ScalingGroupId=group_id)
    assert error.code == "MissingActiveScalingConfiguration"


def test_activation_alone_enables_nothing(account: Any, vswitch_id: str, security_group_id: str) -> None:
    group_id = account.a_scaling_group(vswitch_id)
    configuration_id = account.a_configuration(group_id, security_group_id)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    assert shown_configuration(account, configuration_id)["LifecycleState"] == "Active"
    assert shown_group(account, group_id)["LifecycleState"] == "Inactive"
    assert instances(account, group_id) == []


def test_without_a_desired_capacity_the_size_stays_within_the_limits(
    account: Any, vswitch_id: str, security_group_id: str
) -> None:
    group_id = account.a_scaling_group(vswitch_id)
    configuration_id = account.a_configuration(group_id, security_group_id)
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    assert len(instances(account, group_id)) == 1
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, MinSize=2)
    assert len(instances(account, group_id)) == 2


def test_a_group_with_instances_is_deleted_by_force_only(account: Any, running: tuple[str, str], refused: Any) -> None:
    group_id, configuration_id = running
    assert refused(account.ess, "DeleteScalingGroup", ScalingGroupId=group_id).code == "InstanceInUse"
    account.ess("DeleteScalingGroup", ScalingGroupId=group_id, ForceDelete="true")
    assert shown_group(account, group_id)["LifecycleState"] == "Deleting"
    account.settle()
    error = refused(account.ess, "DeleteScalingGroup", ScalingGroupId=group_id, ForceDelete="true")
    assert (error.code, error.http_status) == ("InvalidScalingGroupId.NotFound", 404)
    answer = account.ess("DescribeScalingConfigurations", ScalingConfigurationId__1=configuration_id)
    assert answer["ScalingConfigurations"] == {"ScalingConfiguration": []}
    assert account.cloud.counts() == {"vpc": 1, "vswitch": 1, "security_group": 1}


def test_calls_without_a_region_find_the_group(account: Any, running: tuple[str, str]) -> None:
    """The provider leaves the region out of these."""
    account.cloud.call(
        account.caller, "2014-08-28", "ModifyScalingGroup", {"ScalingGroupId": running[0], "MaxSize": "5"}
    )
    assert shown_group(account, running[0])["MaxSize"] == 5


def test_a_group_is_modified_as_a_whole_or_not_at_all(account: Any, running: tuple[str, str], refused: Any) -> None:
    refused(account.ess, "ModifyScalingGroup", ScalingGroupId=running[0], MaxSize=5, MinSize=6)
    assert shown_group(account, running[0])["MaxSize"] == 3


def test_a_disabled_group_keeps_its_instances(account: Any, running: tuple[str, str]) -> None:
    account.ess("DisableScalingGroup", ScalingGroupId=running[0])
    assert shown_group(account, running[0])["LifecycleState"] == "Inactive"
    assert len(instances(account, running[0])) == 2


def test_a_full_vswitch_stops_the_group_not_the_caller(account: Any, vpc_id: str, security_group_id: str) -> None:
    small = account.a_vswitch(vpc_id, "10.250.64.0/29")
    group_id = account.a_scaling_group(small, MaxSize=10, DesiredCapacity=10)
    configuration_id = account.a_configuration(group_id, security_group_id)
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    assert len(instances(account, group_id)) == 4


def test_group_tags_are_listed_through_the_service(account: Any, vswitch_id: str) -> None:
    named = {"ResourceType": "scalinggroup", "ResourceId__1": account.a_scaling_group(vswitch_id)}
    account.ess("TagResources", **named, Tag__1__Key="a", Tag__1__Value="1")
    rows = account.ess("ListTagResources", **named)["TagResources"]["TagResource"]
    assert [(row["TagKey"], row["TagValue"]) for row in rows] == [("a", "1")]
