"""Instances: what starts one, the states it passes through, what can be changed about it, and what it holds back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

PUBLIC_KEY = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + bytes(64)).decode()
IMAGE = "coreos_2023_4_0_64_30G_alibase_20190319.vhd"
USER_DATA = base64.b64encode(b"#!/bin/sh\necho a secret of mine").decode()


class Place:
    """A VPC with a vSwitch and a security group, and instances in it."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.vpc_id = account.a_vpc()
        self.vswitch_id = account.a_vswitch(self.vpc_id)
        self.group_id = account.a_security_group(self.vpc_id)

    def run(self, **parameters: object) -> list[str]:
        """Run instances and return their ids."""
        given: dict[str, object] = {
            "ImageId": IMAGE,
            "InstanceType": "ecs.g7.large",
            "VSwitchId": self.vswitch_id,
            "SecurityGroupId": self.group_id,
            **parameters,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return list(self.account.ecs("RunInstances", **given)["InstanceIdSets"]["InstanceIdSet"])

    def an_instance(self, **parameters: object) -> str:
        """Return the id of a running instance."""
        (instance_id,) = self.run(**parameters)
        self.account.settle()
        return instance_id

    def a_stopped_instance(self, **parameters: object) -> str:
        """Return the id of a stopped instance."""
        instance_id = self.an_instance(**parameters)
        self.account.ecs("StopInstance", InstanceId=instance_id)
        self.account.settle()
        return instance_id

    def list(self, **parameters: object) -> list[dict[str, Any]]:
        """Return what DescribeInstances finds."""
        return list(self.account.ecs("DescribeInstances", **parameters)["Instances"]["Instance"])

    def shown(self, instance_id: str) -> dict[str, Any]:
        """Return how an instance is shown."""
        (instance,) = self.list(InstanceIds=json.dumps([instance_id]))
        return instance


@pytest.fixture
def place(account: Any) -> Place:
    return Place(account)


def test_an_instance_is_pending_then_running_then_stopping_then_gone(place: Place, account: Any) -> None:
    (instance_id,) = place.run()
    seen = [place.shown(instance_id)["Status"]]
    account.settle()
    seen.append(place.shown(instance_id)["Status"])
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    seen.append(place.shown(instance_id)["Status"])
    account.settle()
    assert (seen, place.list()) == (["Pending", "Running", "Stopping"], [])


def test_an_instance_goes_off_and_on(place: Place, account: Any) -> None:
    instance_id = place.an_instance()
    seen = []
    for action in ("StopInstance", "StartInstance", "RebootInstance"):
        account.ecs(action, InstanceId=instance_id)
        seen.append(place.shown(instance_id)["Status"])
        account.settle()
        seen.append(place.shown(instance_id)["Status"])
    assert seen == ["Stopping", "Stopped", "Starting", "Running", "Starting", "Running"]


@pytest.mark.parametrize("action", ["StartInstance", "AllocatePublicIpAddress"])
def test_a_stopping_instance_has_to_be_waited_for(place: Place, account: Any, refused: Any, action: str) -> None:
    instance_id = place.an_instance()
    account.ecs("StopInstance", InstanceId=instance_id)
    error = refused(account.ecs, action, InstanceId=instance_id)
    assert (error.code, error.http_status) == ("IncorrectInstanceStatus", 403)


def test_a_stopped_instance_shows_whether_it_is_charged(place: Place, account: Any) -> None:
    instance_id = place.an_instance()
    assert place.shown(instance_id)["StoppedMode"] == "Not-applicable"
    account.ecs("StopInstance", InstanceId=instance_id, StoppedMode="StopCharging")
    account.settle()
    assert place.shown(instance_id)["StoppedMode"] == "StopCharging"


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
    files = b"".join(path.read_bytes() for path in account.cloud.directory.rglob("*") if path.is_file())
    secrets = (USER_DATA.encode(), b"a secret of mine", b"Correct-Horse-1", b"Another-Horse-2")
    assert [secret for secret in secrets if secret in files] == []


def test_an_instance_without_user_data_has_an_empty_one(place: Place, account: Any) -> None:
    assert account.ecs("DescribeUserData", InstanceId=place.an_instance())["UserData"] == ""


def test_instances_are_found_by_what_they_are(place: Place, account: Any) -> None:
    account.ecs("ImportKeyPair", KeyPairName="pair", PublicKeyBody=PUBLIC_KEY)
    wanted = place.an_instance(
        InstanceName="node-a", KeyPairName="pair", Tag__1__Key="a", Tag__1__Value="1", PrivateIpAddress="10.250.0.77"
    )
    place.a_stopped_instance(InstanceName="other", Tag__1__Key="a", Tag__1__Value="2", InstanceType="ecs.g7.xlarge")
    filters: list[dict[str, object]] = [
        {"InstanceIds": json.dumps([wanted])},
        {"InstanceName": "node-a"},
        {"InstanceName": "node*"},
        {"InstanceType": "ecs.g7.large"},
        {"KeyPairName": "pair"},
        {"Status": "Running"},
        {"PrivateIpAddresses": '["10.250.0.77"]'},
        {"Tag__1__Key": "a", "Tag__1__Value": "1"},
    ]
    found = [[instance["InstanceId"] for instance in place.list(**one)] for one in filters]
    assert found == [[wanted]] * len(filters)
    assert [len(place.list(**one)) for one in ({"VSwitchId": place.vswitch_id}, {"VpcId": "vpc-other"})] == [2, 0]


def test_instances_are_paged_by_number_and_by_token(place: Place, account: Any) -> None:
    ids = set(place.run(Amount=5))
    by_number = [account.ecs("DescribeInstances", PageNumber=number, PageSize=2) for number in (1, 2, 3)]
    assert [page["TotalCount"] for page in by_number] == [5, 5, 5]
    by_token, token = [], ""
    while not by_token or token:
        by_token.append(account.ecs("DescribeInstances", MaxResults=2, NextToken=token))
        token = by_token[-1]["NextToken"]
    for pages in (by_number, by_token):
        shown = [instance["InstanceId"] for page in pages for instance in page["Instances"]["Instance"]]
        assert (set(shown), len(shown)) == (ids, 5)


def test_other_accounts_do_not_see_an_instance(place: Place, other_account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    assert other_account.ecs("DescribeInstances")["Instances"]["Instance"] == []
    error = refused(other_account.ecs, "DeleteInstance", InstanceId=instance_id)
    assert (error.code, error.http_status) == ("InvalidInstanceId.NotFound", 404)


def test_an_attribute_is_changed(place: Place, account: Any) -> None:
    instance_id = place.an_instance(InstanceName="node", Description="a node")
    account.ecs("ModifyInstanceAttribute", InstanceId=instance_id, InstanceName="other", UserData=USER_DATA)
    shown = place.shown(instance_id)
    assert (shown["InstanceName"], shown["Description"]) == ("other", "a node")
    assert account.ecs("DescribeUserData", InstanceId=instance_id)["UserData"] == USER_DATA
    account.ecs("ModifyInstanceAttribute", InstanceId=instance_id, Description="")
    assert account.ecs("DescribeInstanceAttribute", InstanceId=instance_id)["Description"] == ""


def test_a_protected_instance_is_not_released(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance(DeletionProtection=True)
    error = refused(account.ecs, "DeleteInstance", InstanceId=instance_id, Force=True)
    assert (error.code, error.http_status) == ("InvalidOperation.DeletionProtection", 403)
    account.ecs("ModifyInstanceAttribute", InstanceId=instance_id, DeletionProtection=False)
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()
    assert place.list() == []


def test_a_running_instance_is_released_by_force_alone(place: Place, account: Any, refused: Any) -> None:
    error = refused(account.ecs, "DeleteInstance", InstanceId=place.an_instance())
    assert (error.code, error.http_status) == ("IncorrectInstanceStatus", 403)
    assert account.ecs("DeleteInstance", InstanceId=place.a_stopped_instance()).keys() == {"RequestId"}


def test_the_type_of_a_stopped_instance_is_changed(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    change = {"InstanceId": instance_id, "InstanceType": "ecs.g7.xlarge"}
    assert refused(account.ecs, "ModifyInstanceSpec", **change).code == "IncorrectInstanceStatus"
    account.ecs("StopInstance", InstanceId=instance_id)
    account.settle()
    account.ecs("ModifyInstanceSpec", **change)
    assert place.shown(instance_id)["Cpu"] == 4
    error = refused(account.ecs, "ModifyInstanceSpec", InstanceId=instance_id, InstanceType="ecs.g8y.large")
    assert error.code == "ImageNotSupportInstanceType"


def test_a_stopped_instance_moves_within_its_vpc_and_zone(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.a_stopped_instance()
    near = account.a_vswitch(place.vpc_id, "10.250.32.0/19")
    far = account.a_vswitch(place.vpc_id, "10.250.64.0/19", "eu-central-1b")
    error = refused(account.ecs, "ModifyInstanceVpcAttribute", InstanceId=instance_id, VSwitchId=far)
    assert (error.code, error.http_status) == ("OperationDenied", 403)
    account.ecs("ModifyInstanceVpcAttribute", InstanceId=instance_id, VSwitchId=near, PrivateIpAddress="10.250.32.9")
    attributes = place.shown(instance_id)["VpcAttributes"]
    assert (attributes["VSwitchId"], attributes["PrivateIpAddress"]["IpAddress"]) == (near, ["10.250.32.9"])


def test_bandwidth_is_changed_and_then_takes_an_address(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    account.ecs(
        "ModifyInstanceNetworkSpec",
        InstanceId=instance_id,
        InternetMaxBandwidthOut=7,
        NetworkChargeType="PayByBandwidth",
    )
    address = account.ecs("AllocatePublicIpAddress", InstanceId=instance_id)["IpAddress"]
    shown = place.shown(instance_id)
    assert (shown["InternetMaxBandwidthOut"], shown["InternetChargeType"]) == (7, "PayByBandwidth")
    assert shown["PublicIpAddress"] == {"IpAddress": [address]}
    assert refused(account.ecs, "AllocatePublicIpAddress", InstanceId=instance_id).code == "AllocatedAlready"


def test_membership_in_security_groups_changes(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    second = account.a_security_group(place.vpc_id)
    target = {"InstanceId": instance_id, "SecurityGroupId": second}
    account.ecs("JoinSecurityGroup", **target)
    assert refused(account.ecs, "JoinSecurityGroup", **target).code == "InvalidInstanceId.AlreadyExists"
    assert refused(account.ecs, "DeleteSecurityGroup", SecurityGroupId=second).code == "DependencyViolation"
    account.ecs("LeaveSecurityGroup", **target)
    error = refused(account.ecs, "LeaveSecurityGroup", InstanceId=instance_id, SecurityGroupId=place.group_id)
    assert (error.code, error.http_status) == ("InstanceLastSecurityGroup", 403)
    account.ecs("DeleteSecurityGroup", SecurityGroupId=second)
    assert place.shown(instance_id)["SecurityGroupIds"] == {"SecurityGroupId": [place.group_id]}


def test_an_instance_is_in_five_security_groups_at_most(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    groups = [account.a_security_group(place.vpc_id) for _ in range(5)]
    for group_id in groups[:4]:
        account.ecs("JoinSecurityGroup", InstanceId=instance_id, SecurityGroupId=group_id)
    error = refused(account.ecs, "JoinSecurityGroup", InstanceId=instance_id, SecurityGroupId=groups[4])
    assert (error.code, error.http_status) == ("InstanceSecurityGroupLimitExceeded", 403)


def test_a_security_group_of_another_vpc_cannot_be_joined(place: Place, account: Any, refused: Any) -> None:
    foreign = account.a_security_group(account.a_vpc("192.168.0.0/16"))
    error = refused(account.ecs, "JoinSecurityGroup", InstanceId=place.an_instance(), SecurityGroupId=foreign)
    assert (error.code, error.http_status) == ("InvalidInstanceId.Mismatch", 400)


def test_a_key_pair_is_attached_and_detached_and_held_back(place: Place, account: Any, refused: Any) -> None:
    account.ecs("ImportKeyPair", KeyPairName="pair", PublicKeyBody=PUBLIC_KEY)
    instance_id = place.an_instance()
    target = {"KeyPairName": "pair", "InstanceIds": json.dumps([instance_id, "i-missing"])}
    answer = account.ecs("AttachKeyPair", **target)
    codes = [result["Code"] for result in answer["Results"]["Result"]]
    assert (answer["TotalCount"], answer["FailCount"], codes) == (2, 1, ["200", "InvalidInstanceId.NotFound"])
    assert place.shown(instance_id)["KeyPairName"] == "pair"
    error = refused(account.ecs, "DeleteKeyPairs", KeyPairNames='["pair"]')
    assert error.code == "InvalidParameter.KeypairAlreadyAttachedInstance"
    account.ecs("DetachKeyPair", **target)
    account.ecs("DeleteKeyPairs", KeyPairNames='["pair"]')
    assert place.shown(instance_id)["KeyPairName"] == ""


def test_a_key_pair_that_does_not_exist_is_not_attached(place: Place, account: Any, refused: Any) -> None:
    error = refused(account.ecs, "AttachKeyPair", KeyPairName="pair", InstanceIds=json.dumps([place.an_instance()]))
    assert (error.code, error.http_status) == ("InvalidKeyPairName.NotFound", 404)


@pytest.mark.parametrize("status", ["Running", "Stopped"])
def test_what_an_instance_is_in_cannot_be_deleted(place: Place, account: Any, refused: Any, status: str) -> None:
    _ = place.an_instance() if status == "Running" else place.a_stopped_instance()
    assert refused(account.vpc, "DeleteVSwitch", VSwitchId=place.vswitch_id).code == "DependencyViolation"
    error = refused(account.ecs, "DeleteSecurityGroup", SecurityGroupId=place.group_id)
    assert (error.code, error.http_status) == ("DependencyViolation", 403)


def test_disks_come_and_go_with_their_instance(place: Place, account: Any) -> None:
    instance_id = place.an_instance(
        SystemDisk__Category="cloud_essd", SystemDisk__Size=60, DataDisk__1__Size=20, DataDisk__1__DiskName="data"
    )

    def disks(**parameters: object) -> list[tuple[object, ...]]:
        found = account.ecs("DescribeDisks", InstanceId=instance_id, **parameters)["Disks"]["Disk"]
        assert {disk["InstanceId"] for disk in found} <= {instance_id}
        return [(disk["Type"], disk["Category"], disk["Size"], disk["DiskName"]) for disk in found]

    system, data = ("system", "cloud_essd", 60, ""), ("data", "cloud_efficiency", 20, "data")
    assert (disks(), disks(DiskType="system")) == ([system, data], [system])
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()
    assert disks() == []


def test_a_disk_that_is_to_stay_outlives_its_instance(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance(DataDisk__1__Size=20, DataDisk__1__DeleteWithInstance=False)
    (disk,) = account.ecs("DescribeDisks", DiskType="data")["Disks"]["Disk"]
    error = refused(account.ecs, "DeleteDisk", DiskId=disk["DiskId"])
    assert (error.code, error.http_status) == ("IncorrectDiskStatus", 403)
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    (left,) = account.ecs("DescribeDisks", DiskType="data")["Disks"]["Disk"]
    assert (left["DiskId"], left["Status"], left["InstanceId"]) == (disk["DiskId"], "Available", "")
    account.settle()
    assert account.cloud.counts()["disk"] == 1
    account.ecs("ResizeDisk", DiskId=disk["DiskId"], NewSize=30)
    account.ecs("DeleteDisk", DiskId=disk["DiskId"])
    assert refused(account.ecs, "DeleteDisk", DiskId=disk["DiskId"]).code == "InvalidDiskId.NotFound"


def test_a_disk_that_is_no_longer_to_stay_goes(place: Place, account: Any) -> None:
    instance_id = place.an_instance(DataDisk__1__Size=20, DataDisk__1__DeleteWithInstance=False)
    (disk,) = account.ecs("DescribeDisks", DiskType="data")["Disks"]["Disk"]
    account.ecs("ModifyDiskAttribute", DiskId=disk["DiskId"], DeleteWithInstance=True)
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()
    assert account.ecs("DescribeDisks")["Disks"]["Disk"] == []


def test_a_disk_is_renamed_and_grows_but_never_shrinks(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()

    def disk() -> dict[str, Any]:
        (found,) = account.ecs("DescribeDisks", InstanceId=instance_id)["Disks"]["Disk"]
        return dict(found)

    disk_id = disk()["DiskId"]
    account.ecs("ResizeDisk", DiskId=disk_id, NewSize=50)
    account.ecs("ModifyDiskAttribute", DiskId=disk_id, DiskName="root", Description="")
    assert (disk()["DiskId"], disk()["Size"], disk()["DiskName"]) == (disk_id, 50, "root")
    assert refused(account.ecs, "ResizeDisk", DiskId=disk_id, NewSize=40).code == "InvalidDiskSize.NotSupported"
    error = refused(account.ecs, "ResizeDisk", DiskId="d-missing", NewSize=40)
    assert (error.code, error.http_status) == ("InvalidDiskId.NotFound", 404)


def test_an_instance_has_one_network_interface(place: Place, account: Any) -> None:
    instance_id = place.an_instance(PrivateIpAddress="10.250.0.77")
    place.an_instance()
    (listed,) = place.shown(instance_id)["NetworkInterfaces"]["NetworkInterface"]
    found = account.ecs("DescribeNetworkInterfaces", NetworkInterfaceId__1=listed["NetworkInterfaceId"])
    (interface,) = found["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert (interface["InstanceId"], interface["PrivateIpAddress"], interface["Type"]) == (
        *(instance_id, "10.250.0.77", "Primary"),
    )


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


def a_role(account: Any, name: str, service: str) -> None:
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}
    document = json.dumps({"Statement": [statement], "Version": "1"})
    account.call("2015-05-01", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)


def test_ram_roles_are_attached_shown_and_detached(place: Place, account: Any) -> None:
    a_role(account, "worker", "ecs.aliyuncs.com")
    instance_id = place.an_instance()
    target = {"InstanceIds": json.dumps([instance_id])}

    def roles() -> list[str]:
        found = account.ecs("DescribeInstanceRamRole", **target)["InstanceRamRoleSets"]["InstanceRamRoleSet"]
        return [role["RamRoleName"] for role in found]

    before = roles()
    account.ecs("AttachInstanceRamRole", RamRoleName="worker", **target)
    attached = roles()
    again = account.ecs("AttachInstanceRamRole", RamRoleName="worker", **target)
    account.ecs("DetachInstanceRamRole", RamRoleName="worker", **target)
    assert (before, attached, again["FailCount"], roles()) == ([""], ["worker"], 1, [""])


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [("missing", "InvalidRamRole.NotFound", 404), ("functions", "InvalidRamRole.NotEcsRole", 401)],
)
def test_a_ram_role_exists_and_trusts_ecs(
    place: Place, account: Any, refused: Any, *, name: str, code: str, status: int
) -> None:
    a_role(account, "functions", "fc.aliyuncs.com")
    ids = json.dumps([place.an_instance()])
    errors = [
        refused(place.run, RamRoleName=name),
        refused(account.ecs, "AttachInstanceRamRole", RamRoleName=name, InstanceIds=ids),
    ]
    assert [(error.code, error.http_status) for error in errors] == [(code, status)] * 2


def test_metadata_and_maintenance_options_are_changed(place: Place, account: Any) -> None:
    instance_id = place.an_instance()
    account.ecs("ModifyInstanceMetadataOptions", InstanceId=instance_id, HttpEndpoint="enabled", HttpTokens="required")
    account.ecs("ModifyInstanceMaintenanceAttributes", InstanceId__1=instance_id, ActionOnMaintenance="Stop")
    answer = account.ecs("DescribeInstanceMaintenanceAttributes", InstanceId__1=instance_id)
    (maintenance,) = answer["MaintenanceAttributes"]["MaintenanceAttribute"]
    assert maintenance["ActionOnMaintenance"]["Value"] == "Stop"
    assert place.shown(instance_id)["MetadataOptions"]["HttpTokens"] == "required"


def test_an_instance_of_a_scaling_group_is_one_too(place: Place, account: Any) -> None:
    group_id = account.a_scaling_group(place.vswitch_id)
    configuration_id = account.a_configuration(group_id, place.group_id, UserData=USER_DATA)
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    account.settle()
    (instance,) = place.list()
    account.ecs("StopInstance", InstanceId=instance["InstanceId"])
    account.settle()
    account.ecs("ModifyInstanceAttribute", InstanceId=instance["InstanceId"], InstanceName="renamed")
    found = account.ess("DescribeScalingInstances", ScalingGroupId=group_id)["ScalingInstances"]["ScalingInstance"]
    assert [one["InstanceId"] for one in found] == [instance["InstanceId"]]
    (disk,) = account.ecs("DescribeDisks", InstanceId=instance["InstanceId"])["Disks"]["Disk"]
    assert disk["Type"] == "system"
    assert account.ecs("DescribeUserData", InstanceId=instance["InstanceId"])["UserData"] == USER_DATA


def test_resource_group_and_tags_of_an_instance_are_set(place: Place, account: Any) -> None:
    instance_id = place.an_instance()
    account.ecs("JoinResourceGroup", ResourceType="instance", ResourceId=instance_id, ResourceGroupId="rg-one")
    account.ecs("TagResources", ResourceType="instance", ResourceId__1=instance_id, Tag__1__Key="a", Tag__1__Value="1")
    assert [one["InstanceId"] for one in place.list(ResourceGroupId="rg-one", Tag__1__Key="a")] == [instance_id]
