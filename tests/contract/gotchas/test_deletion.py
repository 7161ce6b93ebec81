"""An object that another one needs cannot be deleted, and everything goes in the right order."""

from __future__ import annotations

import json

import pytest

from provisioner.sandbox.cloud import Cloud
from tests.contract.gotchas.door import ECS, ESS, RAM, VPC, wait_for
from tests.contract.gotchas.network import Network, look

OUT_OF_ORDER = [
    (VPC, "DeleteVpc", {"VpcId": "vpc"}, "DependencyViolation.VSwitch"),
    (VPC, "DeleteVSwitch", {"VSwitchId": "vswitch"}, "DependencyViolation.EnhancedNatgw"),
    (VPC, "DeleteNatGateway", {"NatGatewayId": "nat gateway"}, "DependencyViolation.SnatEntry"),
    (VPC, "ReleaseEipAddress", {"AllocationId": "eip"}, "IncorrectEipStatus"),
    (
        VPC,
        "UnassociateEipAddress",
        {"AllocationId": "eip", "InstanceId": "nat gateway"},
        "InvalidIpStatus.HasBeenUsedBySnatTable",
    ),
    (ECS, "DeleteSecurityGroup", {"SecurityGroupId": "security group"}, "DependencyViolation"),
    (ESS, "DeleteScalingGroup", {"ScalingGroupId": "scaling group"}, "InstanceInUse"),
    (
        ESS,
        "DeleteScalingConfiguration",
        {"ScalingConfigurationId": "scaling configuration"},
        "IncorrectScalingConfigurationLifecycleState",
    ),
]


@pytest.mark.parametrize(("version", "action", "ids", "code"), OUT_OF_ORDER, ids=[row[1] for row in OUT_OF_ORDER])
def test_what_something_else_needs_is_not_deleted(
    fleet: Network, version: str, action: str, ids: dict[str, str], code: str
) -> None:
    wait_for(lambda: (fleet.read("eip") or {})["Status"] == "InUse")
    wait_for(lambda: (fleet.read("snat entry") or {})["Status"] == "Available")
    assert fleet.door.refused(version, action, **{name: fleet.ids[id] for name, id in ids.items()})[1] == code


def test_a_key_pair_that_machines_have_is_not_deleted(fleet: Network) -> None:
    names = json.dumps([fleet.ids["key pair"]])
    refused = fleet.door.refused(ECS, "DeleteKeyPairs", KeyPairNames=names)
    assert refused[1] == "InvalidParameter.KeypairAlreadyAttachedInstance"


def test_an_address_that_is_not_bound_to_the_gateway_takes_no_entry(network: Network) -> None:
    made = network.door.ok(VPC, "AllocateEipAddress")
    given = {"SnatTableId": network.ids["snat table"], "SourceCIDR": "10.250.0.0/24", "SnatIp": made["EipAddress"]}
    assert network.door.refused(VPC, "CreateSnatEntry", **given)[1] == "EIP_NOT_IN_GATEWAY"


def test_in_the_right_order_everything_goes(fleet: Network, cloud: Cloud) -> None:
    ids, door = fleet.ids, fleet.door
    routes = len(look(fleet.read("routes"), "RouteEntrys.RouteEntry"))
    door.ok(ESS, "DeleteScalingGroup", ScalingGroupId=ids["scaling group"], ForceDelete="true")
    wait_for(lambda: cloud.counts().get("instance") is None)
    door.make(VPC, "DeleteSnatEntry", SnatTableId=ids["snat table"], SnatEntryId=ids["snat entry"])
    wait_for(lambda: fleet.read("snat entry") is None)
    door.make(VPC, "UnassociateEipAddress", **fleet.bound)
    door.make(VPC, "ReleaseEipAddress", AllocationId=ids["eip"])
    door.make(VPC, "DeleteRouteEntry", **fleet.route)
    wait_for(lambda: len(look(fleet.read("routes"), "RouteEntrys.RouteEntry")) < routes)
    door.make(VPC, "UnassociateRouteTable", RouteTableId=ids["route table"], VSwitchId=ids["vswitch"])
    door.make(VPC, "DeleteRouteTable", RouteTableId=ids["route table"])
    door.make(VPC, "DeleteIpv6Gateway", Ipv6GatewayId=ids["ipv6 gateway"])
    door.make(VPC, "DeleteNatGateway", NatGatewayId=ids["nat gateway"])
    wait_for(lambda: fleet.read("nat gateway") is None)
    door.ok(ECS, "DeleteSecurityGroup", SecurityGroupId=ids["security group"])
    door.ok(ECS, "DeleteKeyPairs", KeyPairNames=json.dumps([ids["key pair"]]))
    door.ok(ECS, "DeleteLaunchTemplate", LaunchTemplateId=ids["launch template"])
    door.ok(RAM, "DeleteRole", RoleName=ids["role"])
    door.make(VPC, "DeleteVSwitch", VSwitchId=ids["vswitch"])
    door.make(VPC, "DeleteVpc", VpcId=ids["vpc"])
    assert cloud.counts() == {}
