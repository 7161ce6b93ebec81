"""VPCs and vSwitches: states, refusals, what depends on what, and what all lists of the product have in common."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "10.250.0.0/28", "30.4.0.0/15"])
def test_a_range_makes_a_vpc(account: Any, cidr: str) -> None:
    vpc_id = account.a_vpc(cidr)
    assert account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["CidrBlock"] == cidr


@pytest.mark.parametrize(
    "cidr",
    [
        "10.0.0.0/7",
        "10.250.0.0/29",
        "100.64.0.0/16",
        "127.0.0.0/8",
        "99.0.0.0/7",
        "10.250.0.1/16",
        "10.250.0.0",
        "nonsense",
    ],
)
def test_any_other_range_is_refused(account: Any, refused: Any, cidr: str) -> None:
    error = refused(account.vpc, "CreateVpc", CidrBlock=cidr)
    assert (error.code, error.http_status) == ("InvalidParameter", 400)


def test_a_vpc_is_pending_until_it_has_settled(account: Any) -> None:
    vpc_id = account.vpc("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    assert account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["Status"] == "Pending"
    account.settle(0.2)
    assert account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["Status"] == "Available"


def test_a_new_vpc_has_its_system_route_table_at_once(account: Any) -> None:
    vpc_id = account.vpc("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    tables = account.vpc("DescribeRouteTableList", VpcId=vpc_id)["RouterTableList"]["RouterTableListType"]
    assert [(table["RouteTableType"], table["VpcId"]) for table in tables] == [("System", vpc_id)]


def test_a_pending_vpc_takes_no_vswitch(account: Any, refused: Any) -> None:
    vpc_id = account.vpc("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    error = refused(account.vpc, "CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1a", CidrBlock="10.0.0.0/16")
    assert error.code == "IncorrectVpcStatus"


def test_two_vpcs_may_have_the_same_name(account: Any) -> None:
    assert account.a_vpc(VpcName="twin") != account.a_vpc(VpcName="twin")


def test_a_bad_name_is_refused(account: Any, refused: Any) -> None:
    assert refused(account.vpc, "CreateVpc", VpcName="http://x").code == "InvalidVpcName.Malformed"


def test_the_eleventh_vpc_of_a_region_is_refused(account: Any, refused: Any) -> None:
    for _ in range(10):
        account.a_vpc()
    assert refused(account.vpc, "CreateVpc").code == "QuotaExceeded.Vpc"
    account.region = "cn-hangzhou"
    assert account.a_vpc()


def test_what_was_not_sent_is_not_invented(account: Any) -> None:
    shown = account.vpc("DescribeVpcAttribute", VpcId=account.a_vpc())
    assert (shown["Description"], shown["VpcName"], shown["Tags"]) == ("", "", {"Tag": []})


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"ZoneId": "eu-central-1z"}, "InvalidZoneId.NotFound", 404),
        ({"ZoneId": "cn-hangzhou-b"}, "InvalidZoneId.NotFound", 404),
        ({"VpcId": "vpc-missing"}, "InvalidVpcId.NotFound", 404),
        ({"CidrBlock": "10.251.0.0/19"}, "InvalidParameter", 400),
        ({"CidrBlock": "10.250.0.0/15"}, "InvalidParameter", 400),
        ({"CidrBlock": "10.250.0.0/30"}, "InvalidParameter", 400),
        ({"CidrBlock": "10.250.0.1/24"}, "InvalidParameter", 400),
        ({"VSwitchName": "1st"}, "InvalidVSwitchName.Malformed", 400),
        ({"ZoneId": ""}, "MissingZoneId", 400),
    ],
)
def test_a_wrong_vswitch_is_refused(
    account: Any, refused: Any, parameters: dict[str, str], code: str, status: int
) -> None:
    given = {"VpcId": account.a_vpc(), "ZoneId": "eu-central-1a", "CidrBlock": "10.250.0.0/19", **parameters}
    error = refused(account.vpc, "CreateVSwitch", **given)
    assert (error.code, error.http_status) == (code, status)


def test_overlapping_vswitches_are_refused(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    account.a_vswitch(vpc_id, "10.250.0.0/19")
    error = refused(account.vpc, "CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1b", CidrBlock="10.250.16.0/20")
    assert (error.code, error.http_status) == ("InvalidCidrBlock.Overlapped", 400)


def test_a_vswitch_shows_no_ipv6_range(account: Any) -> None:
    """The provider takes an absent key for an enabled IPv6."""
    shown = account.vpc("DescribeVSwitchAttributes", VSwitchId=account.a_vswitch(account.a_vpc()))
    assert (shown["Ipv6CidrBlock"], shown["Status"], shown["ZoneId"]) == ("", "Available", "eu-central-1a")


def test_a_missing_vswitch_has_the_code_the_provider_knows(account: Any, refused: Any) -> None:
    error = refused(account.vpc, "DeleteVSwitch", VSwitchId="vsw-missing")
    assert (error.code, error.http_status) == ("InvalidVswitchID.NotFound", 404)


def test_a_vpc_goes_only_after_everything_in_it(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    vswitch_id = account.a_vswitch(vpc_id)
    gateway_id, _ = account.a_nat_gateway(vpc_id, vswitch_id)
    group_id = account.a_security_group(vpc_id)
    assert refused(account.vpc, "DeleteVpc", VpcId=vpc_id).code == "DependencyViolation.VSwitch"
    assert refused(account.vpc, "DeleteVSwitch", VSwitchId=vswitch_id).code == "DependencyViolation.EnhancedNatgw"
    account.vpc("DeleteNatGateway", NatGatewayId=gateway_id)
    assert refused(account.vpc, "DeleteVSwitch", VSwitchId=vswitch_id).code == "DependencyViolation.EnhancedNatgw"
    account.settle()
    account.vpc("DeleteVSwitch", VSwitchId=vswitch_id)
    assert refused(account.vpc, "DeleteVpc", VpcId=vpc_id).code == "DependencyViolation.SecurityGroup"
    account.ecs("DeleteSecurityGroup", SecurityGroupId=group_id)
    account.vpc("DeleteVpc", VpcId=vpc_id)
    assert account.cloud.counts() == {}


def test_tags_are_set_listed_and_removed(account: Any) -> None:
    vswitch_id = account.a_vswitch(account.a_vpc())
    named = {"ResourceType": "VSWITCH", "ResourceId__1": vswitch_id}
    account.vpc("TagResources", **named, Tag__1__Key="a", Tag__1__Value="1", Tag__2__Key="b", Tag__2__Value="2")
    account.vpc("UnTagResources", **named, TagKey__1="a")
    rows = account.vpc("ListTagResources", **named)["TagResources"]["TagResource"]
    assert [(row["TagKey"], row["TagValue"]) for row in rows] == [("b", "2")]
    found = account.vpc("DescribeVSwitches", Tag__1__Key="b")["VSwitches"]["VSwitch"]
    assert [one["VSwitchId"] for one in found] == [vswitch_id]
    assert account.vpc("DescribeVSwitches", Tag__1__Key="a")["VSwitches"]["VSwitch"] == []


def test_vpcs_are_found_by_the_tags_they_were_created_with(account: Any) -> None:
    vpc_id = account.a_vpc(Tag__1__Key="provisioner/owner", Tag__1__Value="one")
    account.a_vpc(Tag__1__Key="provisioner/owner", Tag__1__Value="two")
    found = account.vpc("DescribeVpcs", Tag__1__Key="provisioner/owner", Tag__1__Value="one")["Vpcs"]["Vpc"]
    assert [vpc["VpcId"] for vpc in found] == [vpc_id]


@pytest.mark.parametrize(
    ("key", "code"), [("acs:x", "InvalidTagKey.Malformed"), ("aliyunx", "InvalidTagKey.Malformed")]
)
def test_reserved_tags_are_refused(account: Any, refused: Any, key: str, code: str) -> None:
    assert refused(account.vpc, "CreateVpc", Tag__1__Key=key).code == code


def test_tags_of_something_missing_are_refused(account: Any, refused: Any) -> None:
    error = refused(account.vpc, "TagResources", ResourceType="VPC", ResourceId__1="vpc-missing", Tag__1__Key="a")
    assert error.http_status == 404


def test_lists_come_in_pages(account: Any) -> None:
    vpc_id = account.a_vpc()
    for number in range(7):
        account.a_vswitch(vpc_id, f"10.250.{number}.0/24")
    pages = [account.vpc("DescribeVSwitches", PageNumber=number, PageSize=3) for number in (1, 2, 3, 4)]
    assert [len(page["VSwitches"]["VSwitch"]) for page in pages] == [3, 3, 1, 0]
    assert pages[0]["TotalCount"] == 7


def test_a_page_that_is_too_large_is_refused(account: Any, refused: Any) -> None:
    assert refused(account.vpc, "DescribeVpcs", PageSize=51).code == "InvalidParameter"


def test_a_name_and_a_description_can_be_changed(account: Any) -> None:
    vpc_id = account.a_vpc(VpcName="before")
    account.vpc("ModifyVpcAttribute", VpcId=vpc_id, VpcName="after", Description="text")
    shown = account.vpc("DescribeVpcAttribute", VpcId=vpc_id)
    assert (shown["VpcName"], shown["Description"]) == ("after", "text")


def test_an_empty_value_anywhere_else_counts_as_not_sent(account: Any) -> None:
    vpc_id = account.a_vpc(VpcName="name", Description="text", ResourceGroupId="")
    account.vpc("ModifyVpcAttribute", VpcId=vpc_id, CidrBlock="", VpcName="other")
    shown = account.vpc("DescribeVpcAttribute", VpcId=vpc_id, IsDefault="")
    assert (shown["CidrBlock"], shown["VpcName"], shown["Description"]) == ("10.250.0.0/16", "other", "text")


def test_a_secondary_range_takes_vswitches_and_stays_while_it_has_any(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    secondary = {"VpcId": vpc_id, "SecondaryCidrBlock": "192.168.0.0/16"}
    account.vpc("AssociateVpcCidrBlock", **secondary)
    vswitch_id = account.a_vswitch(vpc_id, "192.168.1.0/24")
    assert refused(account.vpc, "UnassociateVpcCidrBlock", **secondary).code == "OperationFailed.CidrInUse"
    account.vpc("DeleteVSwitch", VSwitchId=vswitch_id)
    account.vpc("UnassociateVpcCidrBlock", **secondary)
    shown = account.vpc("DescribeVpcAttribute", VpcId=vpc_id)
    assert shown["SecondaryCidrBlocks"] == {"SecondaryCidrBlock": []}


def test_a_region_has_one_default_vpc(account: Any, refused: Any) -> None:
    account.a_vpc()
    default = account.vpc("CreateDefaultVpc")["VpcId"]
    assert refused(account.vpc, "CreateDefaultVpc").code == "OperationFailed.DefaultVpcExist"
    found = account.vpc("DescribeVpcs", IsDefault="true")["Vpcs"]["Vpc"]
    assert [(vpc["VpcId"], vpc["CidrBlock"]) for vpc in found] == [(default, "172.31.0.0/16")]
    others = account.vpc("DescribeVpcs", IsDefault="false")["Vpcs"]["Vpc"]
    assert [vpc["IsDefault"] for vpc in others] == [False]


def test_a_zone_has_one_default_vswitch(account: Any, refused: Any) -> None:
    zone = {"ZoneId": "eu-central-1a"}
    error = refused(account.vpc, "CreateDefaultVSwitch", **zone)
    assert (error.code, error.http_status) == ("InvalidDefaultVpc.NotFound", 404)
    account.vpc("CreateDefaultVpc")
    account.settle()
    account.vpc("CreateDefaultVSwitch", **zone)
    assert refused(account.vpc, "CreateDefaultVSwitch", **zone).code == "OperationFailed.DefaultVSwitchExist"
    account.vpc("CreateDefaultVSwitch", ZoneId="eu-central-1b")
    found = account.vpc("DescribeVSwitches", IsDefault="true")["VSwitches"]["VSwitch"]
    assert [one["CidrBlock"] for one in found] == ["172.31.0.0/20", "172.31.16.0/20"]


def test_a_vpc_has_five_secondary_ranges(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    for number in range(5):
        account.vpc("AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock=f"192.168.{number}.0/24")
    error = refused(account.vpc, "AssociateVpcCidrBlock", VpcId=vpc_id, SecondaryCidrBlock="192.168.5.0/24")
    assert error.code == "QuotaExceeded.CidrBlock"


FILTERS = [
    ("DescribeVpcs", "Vpc", {"ResourceGroupId": "rg-1"}, {"ResourceGroupId": "rg-2"}),
    ("DescribeVpcs", "Vpc", {"IsDefault": "false"}, {"VpcOwnerId": "1"}),
    ("DescribeVpcs", "Vpc", {"VpcName": "network"}, {"DhcpOptionsSetId": "dopt-1"}),
    ("DescribeVSwitches", "VSwitch", {"ZoneId": "eu-central-1a"}, {"ResourceGroupId": "rg-1"}),
    ("DescribeVSwitches", "VSwitch", {"IsDefault": "false"}, {"VSwitchOwnerId": "1"}),
    ("DescribeVSwitches", "VSwitch", {}, {"RouteTableId": "vtb-other"}),
    ("DescribeNatGateways", "NatGateway", {"InstanceChargeType": "PostPaid"}, {"InstanceChargeType": "PrePaid"}),
    ("DescribeNatGateways", "NatGateway", {"NetworkType": "internet"}, {"NetworkType": "intranet"}),
    ("DescribeNatGateways", "NatGateway", {"Status": "Available"}, {"ResourceGroupId": "rg-1"}),
    ("DescribeNatGateways", "NatGateway", {"NatType": "Enhanced"}, {"Spec": "Small"}),
    ("DescribeEipAddresses", "EipAddress", {"AssociatedInstanceType": "Nat"}, {"ResourceGroupId": "rg-1"}),
    ("DescribeEipAddresses", "EipAddress", {"ChargeType": "PostPaid"}, {"ChargeType": "PrePaid"}),
    ("DescribeEipAddresses", "EipAddress", {"ISP": "BGP"}, {"LockReason": "financial"}),
    ("DescribeEipAddresses", "EipAddress", {"Status": "InUse"}, {"SegmentInstanceId": "eipsg-1"}),
]


@pytest.mark.parametrize(("action", "element", "fitting", "other"), FILTERS)
def test_filters_are_honoured(
    account: Any, action: str, element: str, fitting: dict[str, str], other: dict[str, str]
) -> None:
    vpc_id = account.a_vpc(VpcName="network", ResourceGroupId="rg-1")
    gateway_id, _ = account.a_nat_gateway(vpc_id, account.a_vswitch(vpc_id))
    account.an_eip(gateway_id)
    counts = []
    for filters in (fitting, other):
        answer = account.vpc(action, **filters)
        (container,) = (value for value in answer.values() if isinstance(value, dict))
        counts.append((len(container[element]), answer["TotalCount"]))
    assert counts == [(1, 1), (0, 0)]
