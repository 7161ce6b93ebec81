"""VPCs, vSwitches, NAT gateways, EIPs and SNAT entries: states, refusals and what depends on what."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "10.250.0.0/28"])
def test_a_private_range_makes_a_vpc(account: Any, cidr: str) -> None:
    vpc_id = account.a_vpc(cidr)
    assert account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["CidrBlock"] == cidr


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0/7", "10.250.0.0/29", "8.8.8.0/24", "172.32.0.0/16", "10.250.0.1/16", "10.250.0.0", "nonsense"]
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


def test_a_nat_gateway_has_every_container_the_provider_reads(account: Any) -> None:
    vpc_id = account.a_vpc()
    vswitch_id = account.a_vswitch(vpc_id)
    gateway_id, table_id = account.a_nat_gateway(vpc_id, vswitch_id)
    shown = account.vpc("DescribeNatGateways", NatGatewayId=gateway_id)["NatGateways"]["NatGateway"][0]
    assert shown["SnatTableIds"] == {"SnatTableId": [table_id]}
    assert shown["NatGatewayPrivateInfo"]["VswitchId"] == vswitch_id
    assert (shown["NatType"], shown["InstanceChargeType"], shown["Status"]) == ("Enhanced", "PostPaid", "Available")
    assert len(shown["ForwardTableIds"]["ForwardTableId"]) == 1


def test_a_nat_gateway_needs_a_vswitch_of_its_vpc(account: Any, refused: Any) -> None:
    foreign = account.a_vswitch(account.a_vpc("192.168.0.0/16"), "192.168.0.0/24")
    error = refused(account.vpc, "CreateNatGateway", VpcId=account.a_vpc(), VSwitchId=foreign)
    assert (error.code, error.http_status) == ("InvalidVSwitchId.NotFound", 404)


def test_an_eip_is_bound_once(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    gateway_id, _ = account.a_nat_gateway(vpc_id, account.a_vswitch(vpc_id))
    eip_id, _ = account.an_eip(gateway_id)
    error = refused(account.vpc, "AssociateEipAddress", AllocationId=eip_id, InstanceId=gateway_id, InstanceType="Nat")
    assert (error.code, error.http_status) == ("IncorrectEipStatus", 400)


def test_a_binding_is_visible_at_once_and_shows_only_what_was_sent(account: Any) -> None:
    vpc_id = account.a_vpc()
    gateway_id, _ = account.a_nat_gateway(vpc_id, account.a_vswitch(vpc_id))
    eip_id, _ = account.an_eip()
    account.vpc("AssociateEipAddress", AllocationId=eip_id, InstanceId=gateway_id, InstanceType="Nat")
    shown = account.vpc("DescribeEipAddresses", AllocationId=eip_id)["EipAddresses"]["EipAddress"][0]
    assert (shown["InstanceId"], shown["InstanceType"], shown["Status"]) == (gateway_id, "Nat", "Associating")
    assert not {"VpcId", "PrivateIpAddress"} & shown.keys()


def test_a_bound_eip_is_not_released(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    gateway_id, _ = account.a_nat_gateway(vpc_id, account.a_vswitch(vpc_id))
    eip_id, _ = account.an_eip(gateway_id)
    assert refused(account.vpc, "ReleaseEipAddress", AllocationId=eip_id).code == "IncorrectEipStatus"
    account.vpc("UnassociateEipAddress", AllocationId=eip_id, InstanceId=gateway_id)
    account.settle()
    account.vpc("ReleaseEipAddress", AllocationId=eip_id)
    error = refused(account.vpc, "ReleaseEipAddress", AllocationId=eip_id)
    assert (error.code, error.http_status) == ("InvalidAllocationId.NotFound", 404)


def test_a_gateway_with_an_eip_is_not_deleted(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    gateway_id, _ = account.a_nat_gateway(vpc_id, account.a_vswitch(vpc_id))
    account.an_eip(gateway_id)
    assert refused(account.vpc, "DeleteNatGateway", NatGatewayId=gateway_id).code == "DependencyViolation.EIPS"


def test_addresses_differ(account: Any) -> None:
    assert len({account.an_eip()[1] for _ in range(20)}) == 20


def test_a_bandwidth_beyond_the_limit_is_refused(account: Any, refused: Any) -> None:
    error = refused(account.vpc, "AllocateEipAddress", Bandwidth="201", InternetChargeType="PayByTraffic")
    assert error.code == "InvalidParameter"


@pytest.fixture
def network(account: Any) -> dict[str, str]:
    """Return the ids of a VPC with a vSwitch, a NAT gateway and an EIP bound to it."""
    vpc_id = account.a_vpc()
    vswitch_id = account.a_vswitch(vpc_id)
    gateway_id, table_id = account.a_nat_gateway(vpc_id, vswitch_id)
    eip_id, address = account.an_eip(gateway_id)
    return {
        "vpc": vpc_id,
        "vswitch": vswitch_id,
        "gateway": gateway_id,
        "table": table_id,
        "eip": eip_id,
        "address": address,
    }


def an_entry(account: Any, network: dict[str, str], **parameters: object) -> str:
    """Return the id of a new SNAT entry for the network's vSwitch."""
    given = {"SnatTableId": network["table"], "SnatIp": network["address"], **parameters}
    if "SourceCIDR" not in given:
        given["SourceVSwitchId"] = network["vswitch"]
    return str(account.vpc("CreateSnatEntry", **given)["SnatEntryId"])


def test_an_entry_shows_the_vswitch_and_its_range(account: Any, network: dict[str, str]) -> None:
    entry_id = an_entry(account, network, SnatEntryName="snat")
    shown = account.vpc("DescribeSnatTableEntries", SnatTableId=network["table"], SnatEntryId=entry_id)
    entry = shown["SnatTableEntries"]["SnatTableEntry"][0]
    assert (entry["SourceVSwitchId"], entry["SourceCIDR"]) == (network["vswitch"], "10.250.0.0/19")
    assert (entry["Status"], entry["SnatEntryName"]) == ("Pending", "snat")


def test_an_address_that_is_not_bound_to_the_gateway_is_refused(
    account: Any, network: dict[str, str], refused: Any
) -> None:
    _, unbound = account.an_eip()
    assert refused(an_entry, account, network, SnatIp=unbound).code == "EIP_NOT_IN_GATEWAY"


def test_an_address_that_is_still_being_bound_is_refused(account: Any, network: dict[str, str], refused: Any) -> None:
    eip_id, address = account.an_eip()
    account.vpc("AssociateEipAddress", AllocationId=eip_id, InstanceId=network["gateway"], InstanceType="Nat")
    assert refused(an_entry, account, network, SnatIp=address).code == "OperationUnsupported.EipInBinding"


def test_an_unknown_table_is_refused(account: Any, network: dict[str, str], refused: Any) -> None:
    error = refused(an_entry, account, {**network, "table": "stb-missing"})
    assert (error.code, error.http_status) == ("InvalidSnatTableId.NotFound", 404)


def test_a_vswitch_has_one_entry(account: Any, network: dict[str, str], refused: Any) -> None:
    an_entry(account, network)
    assert refused(an_entry, account, network).code == "Forbidden.SourceVSwitchId.Duplicated"


def test_an_address_in_use_is_not_unbound(account: Any, network: dict[str, str], refused: Any) -> None:
    entry_id = an_entry(account, network)
    account.settle()
    unbind = {"AllocationId": network["eip"], "InstanceId": network["gateway"]}
    error = refused(account.vpc, "UnassociateEipAddress", **unbind)
    assert error.code == "InvalidIpStatus.HasBeenUsedBySnatTable"
    account.vpc("DeleteSnatEntry", SnatTableId=network["table"], SnatEntryId=entry_id)
    assert refused(account.vpc, "UnassociateEipAddress", **unbind).code == "InvalidIpStatus.HasBeenUsedBySnatTable"
    account.settle()
    account.vpc("UnassociateEipAddress", **unbind)


def test_an_entry_that_is_pending_is_not_deleted(account: Any, network: dict[str, str], refused: Any) -> None:
    entry_id = an_entry(account, network)
    error = refused(account.vpc, "DeleteSnatEntry", SnatTableId=network["table"], SnatEntryId=entry_id)
    assert error.code == "IncorretSnatEntryStatus"


def test_a_gateway_with_an_entry_is_not_deleted_without_force(
    account: Any, network: dict[str, str], refused: Any
) -> None:
    an_entry(account, network)
    error = refused(account.vpc, "DeleteNatGateway", NatGatewayId=network["gateway"])
    assert error.code == "DependencyViolation.SnatEntry"
    account.vpc("DeleteNatGateway", NatGatewayId=network["gateway"], Force="true")
    account.settle()
    assert account.cloud.counts() == {"vpc": 1, "vswitch": 1, "eip": 1}


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


def test_an_empty_name_or_description_clears_it(account: Any, network: dict[str, str]) -> None:
    eip_id, _ = account.an_eip()
    cases = [
        ("ModifyVpcAttribute", "VpcName", {"VpcId": network["vpc"]}, ("DescribeVpcs", "Vpcs", "Vpc")),
        (
            "ModifyVSwitchAttribute",
            "VSwitchName",
            {"VSwitchId": network["vswitch"]},
            ("DescribeVSwitches", "VSwitches", "VSwitch"),
        ),
        (
            "ModifyNatGatewayAttribute",
            "Name",
            {"NatGatewayId": network["gateway"]},
            ("DescribeNatGateways", "NatGateways", "NatGateway"),
        ),
        (
            "ModifyEipAddressAttribute",
            "Name",
            {"AllocationId": eip_id},
            ("DescribeEipAddresses", "EipAddresses", "EipAddress"),
        ),
    ]
    for modify, name, target, (describe, container, element) in cases:
        for value in ("text", ""):
            account.vpc(modify, **target, **{name: value, "Description": value})
            account.settle()
            (shown,) = account.vpc(describe, **target)[container][element]
            assert (shown[name], shown["Description"]) == (value, value)


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


def test_a_gateway_moves_into_another_vswitch(account: Any, network: dict[str, str]) -> None:
    other = account.a_vswitch(network["vpc"], "10.250.32.0/19", "eu-central-1b")
    account.vpc("UpdateNatGatewayNatType", NatGatewayId=network["gateway"], NatType="Enhanced", VSwitchId=other)
    shown = account.vpc("DescribeNatGateways", NatGatewayId=network["gateway"])["NatGateways"]["NatGateway"][0]
    assert (shown["NatGatewayPrivateInfo"]["VswitchId"], shown["Status"]) == (other, "Modifying")


def test_a_protected_eip_is_not_released(account: Any, refused: Any) -> None:
    eip_id, _ = account.an_eip()
    account.vpc("DeletionProtection", InstanceId=eip_id, Type="EIP", ProtectionEnable="true")
    error = refused(account.vpc, "ReleaseEipAddress", AllocationId=eip_id)
    assert error.code == "InvalidOperation.DeletionProtection"
