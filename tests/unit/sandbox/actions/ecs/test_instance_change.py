"""What can be changed about an instance, and in which state."""

from __future__ import annotations

from typing import Any

from tests.unit.sandbox.conftest import USER_DATA, Place


def test_an_attribute_is_changed(place: Place, account: Any) -> None:
    instance_id = place.an_instance(InstanceName="node", Description="a node")
    account.ecs("ModifyInstanceAttribute", InstanceId=instance_id, InstanceName="other", UserData=USER_DATA)
    shown = place.shown(instance_id)
    assert (shown["InstanceName"], shown["Description"]) == ("other", "a node")
    assert account.ecs("DescribeUserData", InstanceId=instance_id)["UserData"] == USER_DATA
    account.ecs("ModifyInstanceAttribute", InstanceId=instance_id, Description="")
    assert account.ecs("DescribeInstanceAttribute", InstanceId=instance_id)["Description"] == ""


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


def test_metadata_and_maintenance_options_are_changed(place: Place, account: Any) -> None:
    instance_id = place.an_instance()
    account.ecs("ModifyInstanceMetadataOptions", InstanceId=instance_id, HttpEndpoint="enabled", HttpTokens="required")
    account.ecs("ModifyInstanceMaintenanceAttributes", InstanceId__1=instance_id, ActionOnMaintenance="Stop")
    answer = account.ecs("DescribeInstanceMaintenanceAttributes", InstanceId__1=instance_id)
    (maintenance,) = answer["MaintenanceAttributes"]["MaintenanceAttribute"]
    assert maintenance["ActionOnMaintenance"]["Value"] == "Stop"
    assert place.shown(instance_id)["MetadataOptions"]["HttpTokens"] == "required"


def test_resource_group_and_tags_of_an_instance_are_set(place: Place, account: Any) -> None:
    instance_id = place.an_instance()
    account.ecs("JoinResourceGroup", ResourceType="instance", ResourceId=instance_id, ResourceGroupId="rg-one")
    account.ecs("TagResources", ResourceType="instance", ResourceId__1=instance_id, Tag__1__Key="a", Tag__1__Value="1")
    assert [one["InstanceId"] for one in place.list(ResourceGroupId="rg-one", Tag__1__Key="a")] == [instance_id]
