"""NAT gateways, EIPs and SNAT entries: states, refusals and what depends on what."""

from __future__ import annotations

from typing import Any

import pytest


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


def test_only_a_gateway_that_is_paid_by_size_changes_its_size(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    place = {"VpcId": vpc_id, "VSwitchId": account.a_vswitch(vpc_id)}
    by_size = account.vpc("CreateNatGateway", **place, InternetChargeType="PayBySpec", Spec="Small")["NatGatewayId"]
    by_use = account.vpc("CreateNatGateway", **place)["NatGatewayId"]
    account.settle()
    account.vpc("ModifyNatGatewaySpec", NatGatewayId=by_size, Spec="Large")
    shown = account.vpc("DescribeNatGateways", NatGatewayId=by_size)["NatGateways"]["NatGateway"][0]
    assert (shown["Spec"], shown["Status"]) == ("Large", "Modifying")
    error = refused(account.vpc, "ModifyNatGatewaySpec", NatGatewayId=by_size, Spec="Huge")
    assert error.code == "InvalidParameter.Spec"
    error = refused(account.vpc, "ModifyNatGatewaySpec", NatGatewayId=by_use, Spec="Large")
    assert error.code == "OperationUnsupported.PayByLcu"


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
