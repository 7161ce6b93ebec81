"""The configurations of a scaling group."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.sandbox.actions.ess.shown import shown_configuration
from tests.unit.sandbox.conftest import IMAGE

ARM_IMAGE = "aliyun_3_arm64_20G_alibase_20240528.vhd"


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
