"""The instances of a scaling group."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.actions.ess.shown import instances, shown_configuration
from tests.unit.sandbox.conftest import IMAGE, PUBLIC_KEY


def test_an_enabled_group_starts_its_instances(account: Any, vswitch_id: str, security_group_id: str) -> None:
    group_id = account.a_scaling_group(vswitch_id, DesiredCapacity=2)
    configuration_id = account.a_configuration(group_id, security_group_id, Tags='{"role": "worker"}')
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    assert [one["LifecycleState"] for one in instances(account, group_id)] == ["Pending", "Pending"]
    account.settle()
    assert [one["LifecycleState"] for one in instances(account, group_id)] == ["InService", "InService"]
    machines = account.ecs("DescribeInstances", Tag__1__Key="role")["Instances"]["Instance"]
    assert {(one["ImageId"], one["InstanceType"], one["Status"]) for one in machines} == {
        (IMAGE, "ecs.g7.large", "Running")
    }
    assert {one["VpcAttributes"]["VSwitchId"] for one in machines} == {vswitch_id}
    assert len({one["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0] for one in machines}) == 2


def test_a_smaller_size_removes_instances_in_time(account: Any, running: tuple[str, str]) -> None:
    group_id, _ = running
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=1)
    assert sorted(one["LifecycleState"] for one in instances(account, group_id)) == ["InService", "Removing"]
    account.settle()
    assert [one["LifecycleState"] for one in instances(account, group_id)] == ["InService"]


def test_a_protected_instance_is_not_removed(account: Any, running: tuple[str, str]) -> None:
    group_id, _ = running
    protected = instances(account, group_id)[0]["InstanceId"]
    account.ess("SetInstancesProtection", ScalingGroupId=group_id, InstanceId__1=protected, ProtectedFromScaleIn="true")
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=1)
    account.settle()
    assert [(one["InstanceId"], one["LifecycleState"]) for one in instances(account, group_id)] == [
        (protected, "Protected")
    ]


def test_an_instance_deleted_behind_the_group_is_replaced(account: Any, running: tuple[str, str]) -> None:
    group_id, _ = running
    before = {one["InstanceId"] for one in instances(account, group_id)}
    account.ecs("DeleteInstance", InstanceId=min(before), Force="true")
    account.settle()
    after = {one["InstanceId"] for one in instances(account, group_id)}
    assert len(after) == 2
    assert min(before) not in after


def test_new_instances_are_made_of_the_active_configuration(
    account: Any, running: tuple[str, str], security_group_id: str
) -> None:
    group_id, first = running
    second = account.a_configuration(group_id, security_group_id, InstanceTypes__1="ecs.g7.xlarge")
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=second, DesiredCapacity=3)
    used = [one["ScalingConfigurationId"] for one in instances(account, group_id)]
    assert used == [first, first, second]
    assert shown_configuration(account, first)["LifecycleState"] == "Inactive"


@pytest.mark.usefixtures("running")
def test_what_instances_use_is_not_deleted(account: Any, vswitch_id: str, security_group_id: str, refused: Any) -> None:
    assert refused(account.vpc, "DeleteVSwitch", VSwitchId=vswitch_id).code == "DependencyViolation"
    assert refused(account.ecs, "DeleteSecurityGroup", SecurityGroupId=security_group_id).code == "DependencyViolation"


def test_a_key_pair_of_instances_is_not_deleted(
    account: Any, vswitch_id: str, security_group_id: str, refused: Any
) -> None:
    account.ecs("ImportKeyPair", KeyPairName="pair", PublicKeyBody=PUBLIC_KEY)
    group_id = account.a_scaling_group(vswitch_id)
    configuration_id = account.a_configuration(group_id, security_group_id, KeyPairName="pair")
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    error = refused(account.ecs, "DeleteKeyPairs", KeyPairNames='["pair"]')
    assert error.code == "InvalidParameter.KeypairAlreadyAttachedInstance"


def test_a_tag_that_propagates_goes_to_new_instances(account: Any, running: tuple[str, str]) -> None:
    group_id, _ = running
    tags = {"Tag__1__Key": "team", "Tag__1__Value": "a", "Tag__1__Propagate": "true", "Tag__2__Key": "own"}
    account.ess("TagResources", ResourceType="scalinggroup", ResourceId__1=group_id, **tags)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, DesiredCapacity=3)
    machines = account.ecs("DescribeInstances")["Instances"]["Instance"]
    keys = [{tag["TagKey"] for tag in one["Tags"]["Tag"]} & {"team", "own"} for one in machines]
    assert sorted(keys, key=len) == [set(), set(), {"team"}]
