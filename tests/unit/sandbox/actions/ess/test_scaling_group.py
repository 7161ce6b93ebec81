"""Scaling groups, their configurations and their instances."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.sandbox.conftest import IMAGE, PUBLIC_KEY

ARM_IMAGE = "aliyun_3_arm64_20G_alibase_20240528.vhd"


@pytest.fixture
def vpc_id(account: Any) -> str:
    return str(account.a_vpc())


@pytest.fixture
def vswitch_id(account: Any, vpc_id: str) -> str:
    return str(account.a_vswitch(vpc_id))


@pytest.fixture
def security_group_id(account: Any, vpc_id: str) -> str:
    return str(account.a_security_group(vpc_id))


def shown_group(account: Any, group_id: str) -> dict[str, Any]:
    (group,) = account.ess("DescribeScalingGroups", ScalingGroupId__1=group_id)["ScalingGroups"]["ScalingGroup"]
    return dict(group)


def shown_configuration(account: Any, configuration_id: str) -> dict[str, Any]:
    answer = account.ess("DescribeScalingConfigurations", ScalingConfigurationId__1=configuration_id)
    (configuration,) = answer["ScalingConfigurations"]["ScalingConfiguration"]
    return dict(configuration)


def instances(account: Any, group_id: str) -> list[dict[str, Any]]:
    answer = account.ess("DescribeScalingInstances", ScalingGroupId=group_id)
    return list(answer["ScalingInstances"]["ScalingInstance"])


@pytest.fixture
def running(account: Any, vswitch_id: str, security_group_id: str) -> tuple[str, str]:
    """Return the ids of an enabled group of 2 and of its active configuration."""
    group_id = account.a_scaling_group(vswitch_id, DesiredCapacity=2)
    configuration_id = account.a_configuration(group_id, security_group_id)
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    account.settle()
    return group_id, configuration_id


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


def test_a_configuration_shows_what_was_sent_and_nothing_else(
    account: Any, vswitch_id: str, security_group_id: str
) -> None:
    sent = {
        "SystemDisk__Category": "cloud_essd",
        "SystemDisk__Size": 50,
        "SystemDisk__Encrypted": "true",
        "DataDisk__1__Category": "cloud_essd",
        "DataDisk__1__Size": 100,
        "DataDisk__1__Encrypted": "true",
        "DataDisk__1__Description": "kubelet",
        "Tags": '{"role": "worker"}',
        "InstanceName": "C-pool",
        "UserData": "aGVsbG8=",
    }
    shown = shown_configuration(
        account, account.a_configuration(account.a_scaling_group(vswitch_id), security_group_id, **sent)
    )
    assert (shown["LifecycleState"], shown["ImageId"], shown["InstanceType"]) == ("Inactive", IMAGE, "ecs.g7.large")
    assert (shown["SystemDiskCategory"], shown["SystemDiskSize"], shown["SystemDisk.Encrypted"]) == (
        "cloud_essd",
        50,
        True,
    )
    assert shown["DataDisks"]["DataDisk"] == [
        {"Category": "cloud_essd", "Description": "kubelet", "Encrypted": "true", "Size": 100}
    ]
    assert shown["Tags"] == {"Tag": [{"Key": "role", "Value": "worker"}]}
    assert shown["UserData"] == "aGVsbG8="


def test_a_plain_configuration_invents_nothing(account: Any, vswitch_id: str, security_group_id: str) -> None:
    shown = shown_configuration(
        account, account.a_configuration(account.a_scaling_group(vswitch_id), security_group_id)
    )
    invented = {"SpotStrategy", "SystemDiskSize", "UserData", "KeyPairName", "ImageName", "HostName"} & shown.keys()
    assert not invented
    assert shown["ScalingConfigurationName"] == shown["ScalingConfigurationId"]


def test_user_data_is_not_readable_on_disk(account: Any, vswitch_id: str, security_group_id: str) -> None:
    user_data = base64.b64encode(b"a very secret cloud-config").decode()
    account.a_configuration(account.a_scaling_group(vswitch_id), security_group_id, UserData=user_data)
    assert user_data.encode() not in account.on_disk()


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"ImageId": "m-missing"}, "InvalidImageId.NotFound", 404),
        ({"InstanceTypes__1": "ecs.t1.nothing"}, "InvalidParameter", 400),
        ({"InstanceTypes__1": "ecs.g8y.large"}, "InvalidImageId.InstanceTypeMismatch", 400),
        ({"SecurityGroupId": "sg-missing"}, "InvalidSecurityGroupId.NotFound", 404),
        ({"KeyPairName": "missing"}, "InvalidKeyPairName.NotFound", 404),
        ({"UserData": "not base64!"}, "InvalidUserData.Base64FormatInvalid", 400),
        ({"UserData": base64.b64encode(bytes(40000)).decode()}, "InvalidUserData.SizeExceeded", 400),
        ({"SystemDisk__Category": "floppy"}, "InvalidParameter", 400),
        ({"SystemDisk__Size": 10}, "InvalidParameter", 400),
        ({"DataDisk__1__Category": "cloud_efficiency", "DataDisk__1__Size": 10}, "InvalidParameter", 400),
        ({"Tags": "{"}, "InvalidParameter", 400),
        ({"ScalingGroupId": "asg-missing"}, "InvalidScalingGroupId.NotFound", 404),
    ],
)
def test_a_wrong_configuration_is_refused(
    account: Any,
    vswitch_id: str,
    security_group_id: str,
    refused: Any,
    *,
    parameters: dict[str, object],
    code: str,
    status: int,
) -> None:
    given = {
        "ScalingGroupId": account.a_scaling_group(vswitch_id),
        "SecurityGroupId": security_group_id,
        "ImageId": IMAGE,
        "InstanceTypes__1": "ecs.g7.large",
        **parameters,
    }
    error = refused(account.ess, "CreateScalingConfiguration", **given)
    assert (error.code, error.http_status) == (code, status)


def test_an_image_of_another_region_is_not_found(
    account: Any, vswitch_id: str, security_group_id: str, refused: Any
) -> None:
    account.cloud.add_image("m-elsewhere", "cn-hangzhou")
    group_id = account.a_scaling_group(vswitch_id)
    error = refused(account.a_configuration, group_id, security_group_id, ImageId="m-elsewhere")
    assert error.code == "InvalidImageId.NotFound"


def test_a_type_that_is_not_sold_in_the_group_s_zones_is_refused(
    account: Any, vpc_id: str, security_group_id: str, refused: Any
) -> None:
    third_zone = account.a_vswitch(vpc_id, "10.250.32.0/19", "eu-central-1c")
    group_id = account.a_scaling_group(third_zone)
    error = refused(
        account.a_configuration, group_id, security_group_id, InstanceTypes__1="ecs.g8y.large", ImageId=ARM_IMAGE
    )
    assert (error.code, error.http_status) == ("InvalidResourceType.NotSupported", 403)


def test_a_security_group_of_another_vpc_is_refused(account: Any, vswitch_id: str, refused: Any) -> None:
    foreign = account.a_security_group(account.a_vpc("192.168.0.0/16"))
    error = refused(account.a_configuration, account.a_scaling_group(vswitch_id), foreign)
    assert error.code == "InvalidSecurityGroupId.VPCMismatch"


def test_a_configuration_s_name_is_unique_in_its_group(
    account: Any, vswitch_id: str, security_group_id: str, refused: Any
) -> None:
    first, second = (account.a_scaling_group(vswitch_id, name) for name in ("first", "second"))
    account.a_configuration(first, security_group_id, ScalingConfigurationName="same")
    account.a_configuration(second, security_group_id, ScalingConfigurationName="same")
    error = refused(account.a_configuration, first, security_group_id, ScalingConfigurationName="same")
    assert error.code == "InvalidScalingConfigurationName.Duplicate"


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


def test_without_a_desired_capacity_the_size_stays_within_the_limits(
    account: Any, vswitch_id: str, security_group_id: str
) -> None:
    group_id = account.a_scaling_group(vswitch_id)
    configuration_id = account.a_configuration(group_id, security_group_id)
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    assert len(instances(account, group_id)) == 1
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, MinSize=2)
    assert len(instances(account, group_id)) == 2


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


def test_an_active_configuration_is_not_deleted(account: Any, running: tuple[str, str], refused: Any) -> None:
    error = refused(account.ess, "DeleteScalingConfiguration", ScalingConfigurationId=running[1])
    assert error.code == "IncorrectScalingConfigurationLifecycleState"


def test_a_configuration_with_instances_is_not_deleted(
    account: Any, running: tuple[str, str], security_group_id: str, refused: Any
) -> None:
    group_id, first = running
    second = account.a_configuration(group_id, security_group_id)
    account.ess("ModifyScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=second)
    error = refused(account.ess, "DeleteScalingConfiguration", ScalingConfigurationId=first)
    assert error.code == "InstanceInUse"


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
