"""Instances: the states they pass through, how they are found, and how they go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.sandbox.conftest import PUBLIC_KEY, USER_DATA, Place


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


def test_an_instance_has_one_network_interface(place: Place, account: Any) -> None:
    instance_id = place.an_instance(PrivateIpAddress="10.250.0.77")
    place.an_instance()
    (listed,) = place.shown(instance_id)["NetworkInterfaces"]["NetworkInterface"]
    found = account.ecs("DescribeNetworkInterfaces", NetworkInterfaceId__1=listed["NetworkInterfaceId"])
    (interface,) = found["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert (interface["InstanceId"], interface["PrivateIpAddress"], interface["Type"]) == (
        *(instance_id, "10.250.0.77", "Primary"),
    )


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
