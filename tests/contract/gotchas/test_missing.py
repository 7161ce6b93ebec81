"""A missing object is a 404 with the code that the provider knows for it."""

from __future__ import annotations

import pytest

from tests.contract.gotchas.door import ECS, ESS, RAM, SLB, VPC, Door
from tests.contract.gotchas.network import Network

MISSING = [
    (VPC, "DescribeVpcAttribute", {"VpcId": "vpc-1"}, "InvalidVpcId.NotFound"),
    (VPC, "DeleteVpc", {"VpcId": "vpc-1"}, "InvalidVpcId.NotFound"),
    (VPC, "DescribeVSwitchAttributes", {"VSwitchId": "vsw-1"}, "InvalidVswitchID.NotFound"),
    (VPC, "DeleteVSwitch", {"VSwitchId": "vsw-1"}, "InvalidVswitchID.NotFound"),
    (VPC, "DeleteNatGateway", {"NatGatewayId": "ngw-1"}, "InvalidNatGatewayId.NotFound"),
    (VPC, "ReleaseEipAddress", {"AllocationId": "eip-1"}, "InvalidAllocationId.NotFound"),
    (VPC, "UnassociateEipAddress", {"AllocationId": "eip-1"}, "InvalidAllocationId.NotFound"),
    (VPC, "DescribeSnatTableEntries", {"SnatTableId": "stb-1"}, "InvalidSnatTableId.NotFound"),
    (VPC, "DeleteSnatEntry", {"SnatTableId": "stb-1", "SnatEntryId": "snat-1"}, "InvalidSnatTableId.NotFound"),
    (VPC, "DescribeIpv6GatewayAttribute", {"Ipv6GatewayId": "ipv6gw-1"}, "InvalidIpv6GatewayId.NotFound"),
    (VPC, "DeleteIpv6Gateway", {"Ipv6GatewayId": "ipv6gw-1"}, "InvalidIpv6GatewayId.NotFound"),
    (ECS, "DeleteLaunchTemplate", {"LaunchTemplateId": "lt-1"}, "InvalidLaunchTemplate.NotFound"),
    (ECS, "DescribeLaunchTemplateVersions", {"LaunchTemplateId": "lt-1"}, "InvalidLaunchTemplate.NotFound"),
    (ECS, "DescribeImageSharePermission", {"ImageId": "m-1"}, "InvalidImageId.NotFound"),
    (RAM, "GetRole", {"RoleName": "missing"}, "EntityNotExist.Role"),
    (RAM, "DeleteRole", {"RoleName": "missing"}, "EntityNotExist.Role"),
    (ESS, "DeleteScalingRule", {"ScalingRuleId": "asr-1"}, "InvalidScalingRuleId.NotFound"),
    (ECS, "DescribeSecurityGroupAttribute", {"SecurityGroupId": "sg-1"}, "InvalidSecurityGroupId.NotFound"),
    (ECS, "DeleteSecurityGroup", {"SecurityGroupId": "sg-1"}, "InvalidSecurityGroupId.NotFound"),
    (ECS, "RevokeSecurityGroup", {"SecurityGroupId": "sg-1"}, "InvalidSecurityGroupId.NotFound"),
    (ESS, "ModifyScalingGroup", {"ScalingGroupId": "asg-1"}, "InvalidScalingGroupId.NotFound"),
    (ESS, "EnableScalingGroup", {"ScalingGroupId": "asg-1"}, "InvalidScalingGroupId.NotFound"),
    (ESS, "DeleteScalingGroup", {"ScalingGroupId": "asg-1"}, "InvalidScalingGroupId.NotFound"),
    (
        ESS,
        "DeleteScalingConfiguration",
        {"ScalingConfigurationId": "asc-1"},
        "InvalidScalingConfigurationId.NotFound",
    ),
    (SLB, "DescribeLoadBalancerAttribute", {"LoadBalancerId": "lb-1"}, "InvalidLoadBalancerId.NotFound"),
    (SLB, "DeleteLoadBalancer", {"LoadBalancerId": "lb-1"}, "InvalidLoadBalancerId.NotFound"),
]


@pytest.mark.parametrize(("version", "action", "given", "code"), MISSING, ids=[row[1] for row in MISSING])
def test_what_is_missing_is_404_with_its_own_code(
    door: Door, version: str, action: str, given: dict[str, str], code: str
) -> None:
    assert door.refused(version, action, **given) == (404, code)


def test_an_entry_that_is_missing_in_a_table_that_is_there_has_a_code_of_its_own(network: Network) -> None:
    given = {"SnatTableId": network.ids["snat table"], "SnatEntryId": "snat-1"}
    assert network.door.refused(VPC, "DeleteSnatEntry", **given) == (404, "InvalidSnatEntryId.NotFound")
