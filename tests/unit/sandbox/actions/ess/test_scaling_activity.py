"""What groups did, single instances that leave them, and what they register their instances with."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def group_id(account: Any) -> str:
    return str(account.a_scaling_group(account.a_vswitch(account.a_vpc()), MinSize=1, MaxSize=5))


@pytest.fixture
def enabled(account: Any) -> str:
    """Return the id of an enabled group of two between 1 and 5."""
    return str(account.an_enabled_group(MinSize=1, MaxSize=5, DesiredCapacity=2))


def activities(account: Any, group_id: str) -> list[dict[str, Any]]:
    answer = account.ess("DescribeScalingActivities", ScalingGroupId=group_id)
    return list(answer["ScalingActivities"]["ScalingActivity"])


def test_a_group_s_activities_are_shown_the_latest_first(account: Any, enabled: str) -> None:
    account.ess("ModifyScalingGroup", ScalingGroupId=enabled, DesiredCapacity=1)
    found = activities(account, enabled)
    account.settle()
    assert [(one["StatusCode"], one["CreatedCapacity"], one["DestroyedCapacity"]) for one in found] == [
        ("InProgress", 0, 1),
        ("Successful", 2, 0),
    ]
    assert activities(account, enabled)[0]["StatusCode"] == "Successful"


def test_an_instance_names_the_activity_that_started_it(account: Any, enabled: str) -> None:
    instances = account.ess("DescribeScalingInstances", ScalingGroupId=enabled)["ScalingInstances"]["ScalingInstance"]
    (activity,) = activities(account, enabled)
    assert {one["ScalingActivityId"] for one in instances} == {activity["ScalingActivityId"]}
    assert set(activity["CreatedInstances"]["CreatedInstance"]) == {one["InstanceId"] for one in instances}


def test_what_could_not_be_started_is_an_activity_that_failed(account: Any) -> None:
    vpc_id = account.a_vpc()
    group_id = account.a_scaling_group(account.a_vswitch(vpc_id, "10.250.64.0/29"), MaxSize=9, DesiredCapacity=5)
    configuration_id = account.a_configuration(group_id, account.a_security_group(vpc_id))
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=6)
    assert [one["StatusCode"] for one in activities(account, group_id)] == ["Failed", "Warning"]


def instance_ids(account: Any, group_id: str) -> list[str]:
    answer = account.ess("DescribeScalingInstances", ScalingGroupId=group_id)
    return [one["InstanceId"] for one in answer["ScalingInstances"]["ScalingInstance"]]


def test_a_removed_instance_is_released_and_the_group_smaller(account: Any, enabled: str) -> None:
    removed, kept = instance_ids(account, enabled)
    account.ess("RemoveInstances", ScalingGroupId=enabled, InstanceId__1=removed)
    account.settle()
    assert (instance_ids(account, enabled), account.size(enabled)) == ([kept], (1, 1))
    assert account.cloud.counts()["instance"] == 1


def test_a_group_that_keeps_its_size_starts_another(account: Any, enabled: str) -> None:
    removed, kept = instance_ids(account, enabled)
    account.ess("RemoveInstances", ScalingGroupId=enabled, InstanceId__1=removed, DecreaseDesiredCapacity="false")
    account.settle()
    left = instance_ids(account, enabled)
    assert (len(left), kept in left, removed in left, account.size(enabled)) == (2, True, False, (2, 2))


def test_a_detached_instance_goes_on_running(account: Any, enabled: str) -> None:
    detached, kept = instance_ids(account, enabled)
    account.ess("DetachInstances", ScalingGroupId=enabled, InstanceId__1=detached)
    account.settle()
    machines = account.ecs("DescribeInstances")["Instances"]["Instance"]
    assert instance_ids(account, enabled) == [kept]
    assert {one["InstanceId"]: one["Status"] for one in machines} == {detached: "Running", kept: "Running"}


@pytest.mark.parametrize("action", ["RemoveInstances", "DetachInstances"])
def test_a_group_does_not_fall_below_its_smallest_size(
    account: Any, enabled: str, refused: Any, *, action: str
) -> None:
    first, second = instance_ids(account, enabled)
    error = refused(account.ess, action, ScalingGroupId=enabled, InstanceId__1=first, InstanceId__2=second)
    assert (error.code, error.http_status) == ("IncorrectCapacity.MinSize", 400)


def test_an_instance_of_another_group_is_not_found(account: Any, enabled: str, refused: Any) -> None:
    error = refused(account.ess, "RemoveInstances", ScalingGroupId=enabled, InstanceId__1="i-missing")
    assert (error.code, error.http_status) == ("InvalidInstanceId.NotFound", 404)


@pytest.mark.parametrize(
    ("name", "parameter", "container", "element"),
    [
        ("LoadBalancers", "LoadBalancer", "LoadBalancerIds", "LoadBalancerId"),
        ("DBInstances", "DBInstance", "DBInstanceIds", "DBInstanceId"),
    ],
)
def test_what_is_attached_is_shown_until_it_is_detached(
    account: Any, group_id: str, *, name: str, parameter: str, container: str, element: str
) -> None:
    def attached() -> list[str]:
        (group,) = account.ess("DescribeScalingGroups", ScalingGroupId__1=group_id)["ScalingGroups"]["ScalingGroup"]
        return list(group[container][element])

    first, second = {f"{parameter}__1": "one"}, {f"{parameter}__1": "two"}
    for given in (first, second, first):
        account.ess(f"Attach{name}", ScalingGroupId=group_id, **given)
    seen = [sorted(attached())]
    account.ess(f"Detach{name}", ScalingGroupId=group_id, **first)
    assert [*seen, attached()] == [["one", "two"], ["two"]]


def test_server_groups_are_attached_by_their_port(account: Any, group_id: str) -> None:
    for port in (80, 443):
        account.ess(
            "AttachAlbServerGroups",
            ScalingGroupId=group_id,
            AlbServerGroup__1__AlbServerGroupId="sgp-1",
            AlbServerGroup__1__Port=port,
            AlbServerGroup__1__Weight=50,
        )
    account.ess(
        "DetachAlbServerGroups",
        ScalingGroupId=group_id,
        AlbServerGroup__1__AlbServerGroupId="sgp-1",
        AlbServerGroup__1__Port=80,
    )
    (group,) = account.ess("DescribeScalingGroups", ScalingGroupId__1=group_id)["ScalingGroups"]["ScalingGroup"]
    assert group["AlbServerGroups"]["AlbServerGroup"] == [{"AlbServerGroupId": "sgp-1", "Port": 443, "Weight": 50}]
