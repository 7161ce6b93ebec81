"""What starts instances, what they are given, and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.sandbox.conftest import IMAGE, PUBLIC_KEY, USER_DATA, Place


def test_what_an_instance_was_given_is_shown(place: Place, account: Any) -> None:
    account.ecs("ImportKeyPair", KeyPairName="pair", PublicKeyBody=PUBLIC_KEY)
    instance_id = place.an_instance(
        InstanceName="node", HostName="node-1", Description="a node", KeyPairName="pair", Tag__1__Key="a"
    )
    shown = place.shown(instance_id)
    names = ("InstanceName", "HostName", "Description", "KeyPairName", "ZoneId", "ImageId", "Cpu", "Memory")
    assert [shown[name] for name in names] == [
        *("node", "node-1", "a node", "pair", "eu-central-1a", IMAGE),
        *(2, 8192),
    ]
    assert shown["SecurityGroupIds"] == {"SecurityGroupId": [place.group_id]}
    assert shown["Tags"] == {"Tag": [{"TagKey": "a", "TagValue": ""}]}
    assert (shown["VpcAttributes"]["VpcId"], shown["VpcAttributes"]["VSwitchId"]) == (place.vpc_id, place.vswitch_id)


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"ImageId": None}, "MissingParameter", 400),
        ({"ImageId": "m-missing"}, "InvalidImageId.NotFound", 404),
        ({"InstanceType": None}, "MissingParameter", 400),
        ({"InstanceType": "ecs.g7.gigantic"}, "InvalidInstanceType.ValueNotSupported", 400),
        ({"InstanceType": "ecs.g8y.large"}, "ImageNotSupportInstanceType", 403),
        ({"VSwitchId": None}, "MissingParameter", 400),
        ({"VSwitchId": "vsw-missing"}, "InvalidVSwitchId.NotExist", 404),
        ({"ZoneId": "eu-central-1z"}, "InvalidZoneId.NotFound", 404),
        ({"ZoneId": "eu-central-1b"}, "InvalidParameter.NotMatch", 403),
        ({"SecurityGroupId": None}, "MissingParameter", 400),
        ({"SecurityGroupId": "sg-missing"}, "InvalidSecurityGroupId.NotFound", 404),
        ({"KeyPairName": "missing"}, "InvalidKeyPairName.NotFound", 404),
        ({"LaunchTemplateId": "lt-missing"}, "InvalidLaunchTemplate.NotFound", 404),
        ({"InstanceName": "1"}, "InvalidInstanceName.Malformed", 400),
        ({"HostName": "a..b"}, "InvalidHostName.Malformed", 400),
        ({"Description": "http://"}, "InvalidDescription.Malformed", 400),
        ({"Password": "too-simple"}, "InvalidPassword.Malformed", 400),
        ({"UserData": "not base64!"}, "InvalidUserData.Base64FormatInvalid", 400),
        ({"UserData": base64.b64encode(bytes(32 * 1024 + 1)).decode()}, "InvalidUserData.SizeExceeded", 400),
        ({"SystemDisk__Size": 19}, "InvalidSystemDiskSize.LessThanImageSize", 404),
        ({"SystemDisk__Size": 2049}, "InvalidSystemDiskSize.ValueNotSupported", 400),
        ({"SystemDisk__Category": "floppy"}, "InvalidSystemDiskCategory.ValueNotSupported", 400),
        ({"DataDisk__1__Size": 19}, "InvalidDataDiskSize.ValueNotSupported", 400),
        (
            {"DataDisk__1__Size": 20, "DataDisk__1__Category": "floppy"},
            "InvalidDataDiskCategory.ValueNotSupported",
            400,
        ),
        ({"PrivateIpAddress": "10.251.0.1"}, "InvalidVSwitchId.IpInvalid", 403),
        ({"Amount": 101}, "InvalidParam.Amount", 403),
        ({"InstanceChargeType": "PrePaid"}, "InvalidInstanceChargeType.NotFound", 404),
        ({"SpotStrategy": "Cheap"}, "InvalidSpotStrategy", 400),
        ({"SpotPriceLimit": "little"}, "InvalidSpotPriceLimit", 400),
        ({"NetworkInterface__1__InstanceType": "Secondary"}, "InvalidParam.NetworkInterface", 400),
        ({"DryRun": True}, "DryRunOperation", 400),
    ],
)
def test_what_cannot_be_started_is_refused(
    place: Place, refused: Any, *, changes: dict[str, object], code: str, status: int
) -> None:
    error = refused(place.run, **changes)
    assert (error.code, error.http_status) == (code, status)
    assert "instance" not in place.account.cloud.counts()


def test_a_type_is_sold_where_it_is_sold(place: Place, account: Any, refused: Any) -> None:
    elsewhere = account.a_vswitch(place.vpc_id, "10.250.32.0/19", "eu-central-1b")
    error = refused(place.run, InstanceType="ecs.g9i.large", VSwitchId=elsewhere)
    assert (error.code, error.http_status) == ("InvalidInstanceType.ZoneNotSupported", 403)


def test_a_security_group_of_another_vpc_is_refused(place: Place, account: Any, refused: Any) -> None:
    foreign = account.a_security_group(account.a_vpc("192.168.0.0/16"))
    error = refused(place.run, SecurityGroupId=foreign)
    assert (error.code, error.http_status) == ("OperationDenied.InconsistentNetwork", 403)


def test_several_instances_are_started_at_once(place: Place) -> None:
    ids = place.run(Amount=3)
    addresses = {instance["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0] for instance in place.list()}
    assert (len(set(ids)), len(addresses)) == (3, 3)


def test_an_address_is_given_once(place: Place, refused: Any) -> None:
    place.run(PrivateIpAddress="10.250.0.77")
    assert refused(place.run, PrivateIpAddress="10.250.0.77").code == "InvalidIp.IpAssigned"


def test_bandwidth_brings_a_public_address(place: Place) -> None:
    with_bandwidth, without = place.an_instance(InternetMaxBandwidthOut=5), place.an_instance()
    assert len(place.shown(with_bandwidth)["PublicIpAddress"]["IpAddress"]) == 1
    assert place.shown(without)["PublicIpAddress"] == {"IpAddress": []}


def test_the_same_token_starts_nothing_twice(place: Place) -> None:
    assert place.run(ClientToken="one") == place.run(ClientToken="one")
    assert place.account.cloud.counts()["instance"] == 1


def test_user_data_and_passwords_are_readable_in_no_file(place: Place, account: Any) -> None:
    instance_id = place.an_instance(UserData=USER_DATA, Password="Correct-Horse-1")
    account.ecs("ModifyInstanceAttribute", InstanceId=instance_id, Password="Another-Horse-2")
    shown = account.ecs("DescribeUserData", InstanceId=instance_id)
    assert (shown["InstanceId"], shown["UserData"]) == (instance_id, USER_DATA)
    files = account.on_disk()
    secrets = (USER_DATA.encode(), b"a secret of mine", b"Correct-Horse-1", b"Another-Horse-2")
    assert [secret for secret in secrets if secret in files] == []


def test_an_instance_without_user_data_has_an_empty_one(place: Place, account: Any) -> None:
    assert account.ecs("DescribeUserData", InstanceId=place.an_instance())["UserData"] == ""


def test_a_primary_interface_may_say_where_an_instance_is(place: Place) -> None:
    instance_id = place.an_instance(
        VSwitchId=None,
        SecurityGroupId=None,
        NetworkInterface__1__InstanceType="Primary",
        NetworkInterface__1__VSwitchId=place.vswitch_id,
        NetworkInterface__1__SecurityGroupIds__1=place.group_id,
    )
    shown = place.shown(instance_id)
    assert (shown["VpcAttributes"]["VSwitchId"], shown["SecurityGroupIds"]["SecurityGroupId"]) == (
        place.vswitch_id,
        [place.group_id],
    )
