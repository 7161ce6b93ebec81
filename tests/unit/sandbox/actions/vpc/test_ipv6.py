"""IPv6: a range for a VPC, one of it for each vSwitch that wants one, and the gateway."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import Any

import pytest


def ipv6_of(account: Any, vpc_id: str) -> str:
    """Return the IPv6 range that a VPC shows."""
    return str(account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["Ipv6CidrBlock"])


def a_dual_vswitch(account: Any, vpc_id: str, number: int, cidr: str = "10.250.0.0/19") -> str:
    """Return the id of a new, available vSwitch with an IPv6 range."""
    given = {"VpcId": vpc_id, "ZoneId": "eu-central-1a", "CidrBlock": cidr, "Ipv6CidrBlock": number}
    vswitch_id = str(account.vpc("CreateVSwitch", **given)["VSwitchId"])
    account.settle()
    return vswitch_id


def shown(account: Any, vswitch_id: str) -> dict[str, Any]:
    """Return what a vSwitch shows."""
    answer: dict[str, Any] = account.vpc("DescribeVSwitchAttributes", VSwitchId=vswitch_id)
    return answer


@pytest.fixture
def vpc_id(account: Any) -> str:
    """Return the id of a VPC with an IPv6 range."""
    return str(account.a_vpc(EnableIpv6="true"))


def test_a_vpc_has_an_ipv6_range_only_if_it_wants_one(account: Any) -> None:
    for parameters in ({}, {"EnableIpv6": "false"}):
        answer = account.vpc("DescribeVpcAttribute", VpcId=account.a_vpc(**parameters))
        assert (answer["EnabledIpv6"], answer["Ipv6CidrBlock"]) == (False, "")
        assert answer["Ipv6CidrBlocks"] == {"Ipv6CidrBlock": []}


def test_a_vpc_shows_its_ipv6_range_and_whose_addresses_they_are(account: Any, vpc_id: str) -> None:
    answer = account.vpc("DescribeVpcAttribute", VpcId=vpc_id)
    (block,) = answer["Ipv6CidrBlocks"]["Ipv6CidrBlock"]
    assert answer["EnabledIpv6"]
    assert block == {"Ipv6CidrBlock": answer["Ipv6CidrBlock"], "Ipv6Isp": "BGP"}
    assert IPv6Network(answer["Ipv6CidrBlock"]).prefixlen == 56


def test_ipv6_ranges_differ(account: Any) -> None:
    ranges = {ipv6_of(account, account.a_vpc(EnableIpv6="true")) for _ in range(10)}
    assert len(ranges) == 10


def test_a_vpc_gets_its_ipv6_range_later_and_keeps_it(account: Any) -> None:
    vpc_id = account.a_vpc()
    account.vpc("ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="true")
    first = ipv6_of(account, vpc_id)
    account.vpc("ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="true")
    assert (bool(first), ipv6_of(account, vpc_id)) == (True, first)


def test_a_vpc_gives_its_ipv6_range_back(account: Any, vpc_id: str) -> None:
    account.vpc("ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="false")
    assert ipv6_of(account, vpc_id) == ""


def test_an_ipv6_range_in_use_stays(account: Any, refused: Any, vpc_id: str) -> None:
    a_dual_vswitch(account, vpc_id, 0)
    error = refused(account.vpc, "ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="false")
    assert error.code == "DependencyViolation.VSwitch"


@pytest.mark.parametrize("number", [0, 18, 255])
def test_a_vswitch_has_the_numbered_part_of_the_vpcs_range(account: Any, vpc_id: str, number: int) -> None:
    vswitch_id = a_dual_vswitch(account, vpc_id, number)
    parts = list(IPv6Network(ipv6_of(account, vpc_id)).subnets(new_prefix=64))
    assert shown(account, vswitch_id)["Ipv6CidrBlock"] == str(parts[number])


@pytest.mark.parametrize("number", [-1, 256, "a"])
def test_another_number_is_refused(account: Any, refused: Any, vpc_id: str, number: object) -> None:
    assert refused(a_dual_vswitch, account, vpc_id, number).code == "InvalidParameter"


def test_a_part_is_used_once(account: Any, refused: Any, vpc_id: str) -> None:
    a_dual_vswitch(account, vpc_id, 7)
    error = refused(a_dual_vswitch, account, vpc_id, 7, "10.250.32.0/19")
    assert (error.code, error.http_status) == ("InvalidIpv6CidrBlock.Overlapped", 400)


def test_a_vpc_without_ipv6_has_no_such_vswitch(account: Any, refused: Any) -> None:
    assert refused(a_dual_vswitch, account, account.a_vpc(), 1).code == "OperationFailed.VpcNotEnableIpv6"


def test_a_vswitch_gets_and_loses_its_part_later(account: Any, vpc_id: str) -> None:
    vswitch_id = account.a_vswitch(vpc_id)
    account.vpc("ModifyVSwitchAttribute", VSwitchId=vswitch_id, EnableIPv6="true", Ipv6CidrBlock=3)
    answer = shown(account, vswitch_id)
    assert (answer["Status"], answer["Ipv6CidrBlock"] != "") == ("Pending", True)
    account.settle()
    account.vpc("ModifyVSwitchAttribute", VSwitchId=vswitch_id, EnableIPv6="false")
    assert shown(account, vswitch_id)["Ipv6CidrBlock"] == ""


def test_a_part_has_to_be_named_and_released_before_another(account: Any, refused: Any, vpc_id: str) -> None:
    modify = {"VSwitchId": account.a_vswitch(vpc_id), "EnableIPv6": "true"}
    assert refused(account.vpc, "ModifyVSwitchAttribute", **modify).code == "MissingParam.Ipv6CidrBlock"
    account.vpc("ModifyVSwitchAttribute", **modify, Ipv6CidrBlock=1)
    error = refused(account.vpc, "ModifyVSwitchAttribute", **modify, Ipv6CidrBlock=2)
    assert error.code == "IncorrectStatus.VSwitch"
    account.settle()
    error = refused(account.vpc, "ModifyVSwitchAttribute", **modify, Ipv6CidrBlock=2)
    assert error.code == "OperationDenied.Ipv6CidrBlockExists"


@pytest.fixture
def gateway_id(account: Any, vpc_id: str) -> str:
    """Return the id of an available IPv6 gateway."""
    made = account.vpc("CreateIpv6Gateway", VpcId=vpc_id, Name="gateway", Description="text")
    account.settle()
    return str(made["Ipv6GatewayId"])


def test_an_ipv6_gateway_is_pending_until_it_has_settled(account: Any, vpc_id: str) -> None:
    gateway_id = account.vpc("CreateIpv6Gateway", VpcId=vpc_id)["Ipv6GatewayId"]
    answer = account.vpc("DescribeIpv6GatewayAttribute", Ipv6GatewayId=gateway_id)
    assert (answer["Status"], answer["VpcId"], answer["Name"], answer["Description"]) == ("Pending", vpc_id, "", "")
    account.settle()
    assert account.vpc("DescribeIpv6GatewayAttribute", Ipv6GatewayId=gateway_id)["Status"] == "Available"


@pytest.mark.usefixtures("gateway_id")
def test_a_vpc_has_one_ipv6_gateway(account: Any, refused: Any, vpc_id: str) -> None:
    assert refused(account.vpc, "CreateIpv6Gateway", VpcId=vpc_id).code == "QuotaExceeded.Ipv6Gateway"


def test_an_ipv6_gateway_needs_an_ipv6_range(account: Any, refused: Any) -> None:
    error = refused(account.vpc, "CreateIpv6Gateway", VpcId=account.a_vpc())
    assert error.code == "OperationFailed.VpcNotEnableIpv6"


@pytest.mark.parametrize("action", ["DescribeIpv6GatewayAttribute", "ModifyIpv6GatewayAttribute", "DeleteIpv6Gateway"])
def test_a_missing_ipv6_gateway_is_a_404(account: Any, refused: Any, action: str) -> None:
    error = refused(account.vpc, action, Ipv6GatewayId="ipv6gw-missing")
    assert (error.code, error.http_status) == ("InvalidIpv6GatewayId.NotFound", 404)


def test_ipv6_gateways_are_found_by_vpc_name_and_tag(account: Any, vpc_id: str, gateway_id: str) -> None:
    account.vpc("TagResources", ResourceType="IPV6GATEWAY", ResourceId__1=gateway_id, Tag__1__Key="a")
    wanted = [{}, {"VpcId": vpc_id}, {"Name": "gateway"}, {"Tag__1__Key": "a"}, {"VpcId": "other"}, {"Name": "other"}]
    found = [account.vpc("DescribeIpv6Gateways", **filters)["Ipv6Gateways"]["Ipv6Gateway"] for filters in wanted]
    assert [[row["Ipv6GatewayId"] for row in rows] for rows in found] == [[gateway_id]] * 4 + [[], []]


def test_an_ipv6_gateway_is_renamed_and_changes_its_resource_group(account: Any, gateway_id: str) -> None:
    account.vpc("ModifyIpv6GatewayAttribute", Ipv6GatewayId=gateway_id, Name="other", Description="")
    account.vpc("MoveResourceGroup", ResourceType="IPV6GATEWAY", ResourceId=gateway_id, NewResourceGroupId="rg-1")
    answer = account.vpc("DescribeIpv6GatewayAttribute", Ipv6GatewayId=gateway_id)
    assert (answer["Name"], answer["Description"], answer["ResourceGroupId"]) == ("other", "", "rg-1")


def test_an_ipv6_gateway_keeps_its_vpc_unless_forced(account: Any, refused: Any, vpc_id: str, gateway_id: str) -> None:
    assert refused(account.vpc, "DeleteVpc", VpcId=vpc_id).code == "DependencyViolation.Ipv6Gateway"
    error = refused(account.vpc, "ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="false")
    assert error.code == "DependencyViolation.Ipv6Gateway"
    assert account.cloud.counts() == {"vpc": 1, "ipv6_gateway": 1}
    account.vpc("DeleteVpc", VpcId=vpc_id, ForceDelete="true")
    assert account.cloud.counts() == {}


def test_an_ipv6_gateway_is_deleted_with_the_route_that_came_with_it(
    account: Any, vpc_id: str, gateway_id: str
) -> None:
    account.vpc("DeleteIpv6Gateway", Ipv6GatewayId=gateway_id)
    assert account.vpc("DescribeIpv6GatewayAttribute", Ipv6GatewayId=gateway_id)["Status"] == "Deleting"
    account.settle()
    account.vpc("DeleteVpc", VpcId=vpc_id)
    assert account.cloud.counts() == {}
