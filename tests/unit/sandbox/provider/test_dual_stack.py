"""IPv6: the ranges of a VPC and of its vSwitches, from the start or later, and the gateway."""

from __future__ import annotations

import itertools
from ipaddress import IPv6Network
from typing import Any

import pytest

from tests.unit.sandbox.provider.network import Network
from tests.unit.sandbox.provider.terraform_side import RefusedError, Terraform, WatchedCloud, refusal


@pytest.fixture
def vpc(terraform: Terraform) -> dict[str, Any]:
    """Return the state of a VPC with IPv4 alone."""
    return terraform.create("alicloud_vpc", cidr_block="10.250.0.0/16")


def part(vpc: dict[str, Any], number: int) -> str:
    """Return the numbered part of a VPC's IPv6 range."""
    return str(next(itertools.islice(IPv6Network(vpc["ipv6_cidr_block"]).subnets(new_prefix=64), number, None)))


# --- the VPC ---


def test_a_vpc_gets_its_ipv6_range_with_the_create_call(terraform: Terraform, watched: WatchedCloud) -> None:
    made = terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16", enable_ipv6=True, ipv6_isp="ChinaMobile")
    assert watched.changing() == [
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16", "EnableIpv6": "true", "Ipv6Isp": "ChinaMobile"})
    ]
    assert IPv6Network(made["ipv6_cidr_block"]).prefixlen == 56
    assert made["ipv6_cidr_blocks"] == [{"ipv6_cidr_block": made["ipv6_cidr_block"], "ipv6_isp": "ChinaMobile"}]


def test_a_vpc_without_ipv6_has_no_range(vpc: dict[str, Any]) -> None:
    shown = {name: vpc[name] for name in ("enable_ipv6", "ipv6_cidr_block", "ipv6_cidr_blocks", "ipv6_isp")}
    assert shown == {"enable_ipv6": False, "ipv6_cidr_block": "", "ipv6_cidr_blocks": [], "ipv6_isp": None}


def test_a_vpc_gets_its_ipv6_range_later_in_place(
    vpc: dict[str, Any], terraform: Terraform, watched: WatchedCloud
) -> None:
    watched.calls.clear()
    wanted = {"cidr_block": "10.250.0.0/16", "enable_ipv6": True, "ipv6_isp": "BGP"}
    plan = terraform.plan("alicloud_vpc", wanted, vpc)
    assert plan.replaced == []
    after = terraform.apply("alicloud_vpc", plan, vpc)
    assert watched.changing() == [("ModifyVpcAttribute", {"VpcId": vpc["id"], "EnableIPv6": "true", "Ipv6Isp": "BGP"})]
    assert (after["enable_ipv6"], IPv6Network(after["ipv6_cidr_block"]).prefixlen) == (True, 56)
    assert terraform.plan("alicloud_vpc", wanted, after).after == after


# --- a vSwitch ---


def test_a_vswitch_gets_its_part_with_the_create_call(network: Network) -> None:
    assert network.parts["vswitch"][2]["ipv6_cidr_block"] == part(network.parts["vpc"][2], 0)


@pytest.mark.parametrize("number", [0, 18])
def test_a_vswitch_gets_its_part_later_in_place(
    network: Network, terraform: Terraform, watched: WatchedCloud, number: int
) -> None:
    values = {"vpc_id": network.id_of("vpc"), "zone_id": "eu-central-1b", "cidr_block": "10.250.32.0/19"}
    vswitch = terraform.create("alicloud_vswitch", **values)
    assert (vswitch["enable_ipv6"], vswitch["ipv6_cidr_block"]) == (False, "")
    network.update("vswitch", ipv6_cidr_block_mask=255)
    watched.calls.clear()

    wanted = {**values, "enable_ipv6": True, "ipv6_cidr_block_mask": number}
    after = terraform.update("alicloud_vswitch", vswitch, **wanted)
    assert watched.changing() == [
        ("ModifyVSwitchAttribute", {"VSwitchId": vswitch["id"], "EnableIPv6": "true", "Ipv6CidrBlock": str(number)})
    ]
    assert after["ipv6_cidr_block"] == part(network.parts["vpc"][2], number)
    assert terraform.plan("alicloud_vswitch", wanted, after).after == after


def test_a_vswitch_needs_a_number_to_get_its_part_later(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    values = {"vpc_id": network.id_of("vpc"), "zone_id": "eu-central-1b", "cidr_block": "10.250.32.0/19"}
    vswitch = terraform.create("alicloud_vswitch", **values)
    watched.calls.clear()
    with pytest.raises(RefusedError, match="`ipv6_cidr_block_mask` is required when enabling `enable_ipv6`"):
        terraform.update("alicloud_vswitch", vswitch, **values, enable_ipv6=True)
    assert watched.calls == []


def test_a_vswitch_gives_its_part_back_before_it_gets_another(network: Network, watched: WatchedCloud) -> None:
    after = network.update("vswitch", ipv6_cidr_block_mask=7)
    named = {"VSwitchId": after["id"]}
    assert watched.changing() == [
        ("ModifyVSwitchAttribute", {**named, "EnableIPv6": "false"}),
        ("ModifyVSwitchAttribute", {**named, "EnableIPv6": "true", "Ipv6CidrBlock": "7"}),
    ]
    assert after["ipv6_cidr_block"] == part(network.parts["vpc"][2], 7)


def test_giving_a_part_back_is_not_repeated_when_it_is_refused_for_now(network: Network, watched: WatchedCloud) -> None:
    """The real provider repeats the other modifications of a vSwitch for this code, but not that one."""
    watched.refusals["ModifyVSwitchAttribute"] = [refusal("OperationConflict")]
    with pytest.raises(RefusedError, match="OperationConflict"):
        network.update("vswitch", ipv6_cidr_block_mask=7)


def test_a_vswitch_loses_its_part_in_place(network: Network, watched: WatchedCloud) -> None:
    after = network.update("vswitch", enable_ipv6=False)
    assert watched.changing() == [("ModifyVSwitchAttribute", {"VSwitchId": after["id"], "EnableIPv6": "false"})]
    assert (after["enable_ipv6"], after["ipv6_cidr_block"]) == (False, "")


def test_a_vswitch_whose_tags_were_refused_counts_as_renamed_but_not_as_renumbered(
    network: Network, watched: WatchedCloud
) -> None:
    """So the SDK of the real provider notes it, although both were sent in one call."""
    watched.refusals["TagResources"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        network.update("vswitch", vswitch_name="other", ipv6_cidr_block_mask=7, tags={"Name": "D"})
    state = caught.value.state
    assert (state["vswitch_name"], state["ipv6_cidr_block_mask"], state["tags"]) == ("other", 0, {"Name": "C"})


# --- the gateway ---


def test_a_gateway_is_tagged_after_it_was_created(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    network.remove_routes()
    type_name, values, state = network.parts.pop("gateway")
    terraform.destroy(type_name, state)
    watched.calls.clear()
    again = terraform.create(type_name, **values)
    assert watched.changing() == [
        ("CreateIpv6Gateway", {"VpcId": values["vpc_id"], "Description": "of-C", "Name": "C-ipv6"}),
        (
            "TagResources",
            {"ResourceId.1": again["id"], "ResourceType": "IPV6GATEWAY", "Tag.1.Key": "Name", "Tag.1.Value": "C"},
        ),
    ]
    assert watched.actions()[:2] == ["CreateIpv6Gateway", "DescribeIpv6GatewayAttribute"]


def test_what_the_cloud_decides_about_a_gateway_is_read(network: Network) -> None:
    state = network.parts["gateway"][2]
    assert {name: state[name] for name in ("business_status", "instance_charge_type", "ipv6_gateway_id", "status")} == {
        "business_status": "Normal",
        "instance_charge_type": "PayAsYouGo",
        "ipv6_gateway_id": state["id"],
        "status": "Available",
    }


def test_only_what_has_changed_about_a_gateway_is_sent(network: Network, watched: WatchedCloud) -> None:
    after = network.update("gateway", ipv6_gateway_name="other", resource_group_id="rg-1")
    assert (after["ipv6_gateway_name"], after["resource_group_id"]) == ("other", "rg-1")
    assert watched.changing() == [
        ("ModifyIpv6GatewayAttribute", {"Ipv6GatewayId": after["id"], "Name": "other"}),
        ("MoveResourceGroup", {"ResourceId": after["id"], "NewResourceGroupId": "rg-1", "ResourceType": "IPV6GATEWAY"}),
    ]


def test_a_failed_update_of_a_gateway_keeps_what_was_not_reached(network: Network, watched: WatchedCloud) -> None:
    watched.refusals["MoveResourceGroup"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        network.update("gateway", ipv6_gateway_name="other", resource_group_id="rg-1", tags={"Name": "D"})
    state = caught.value.state
    assert (state["ipv6_gateway_name"], state["resource_group_id"], state["tags"]) == ("other", "", {"Name": "C"})


def test_a_gateway_renamed_elsewhere_is_renamed_back(network: Network, terraform: Terraform) -> None:
    type_name, values, state = network.parts["gateway"]
    network.behind_its_back("ModifyIpv6GatewayAttribute", Ipv6GatewayId=state["id"], Name="other")
    current = terraform.read(type_name, state)
    plan = terraform.plan(type_name, values, current)
    assert (current["ipv6_gateway_name"], plan.after["ipv6_gateway_name"], plan.replaced) == ("other", "C-ipv6", [])


def test_a_second_gateway_is_refused(network: Network, terraform: Terraform) -> None:
    type_name, values, _state = network.parts["gateway"]
    with pytest.raises(RefusedError, match=r"Code: QuotaExceeded\.Ipv6Gateway") as caught:
        terraform.create(type_name, **values)
    assert caught.value.state is None


def test_a_repeated_create_of_a_gateway_carries_another_token(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    network.remove_routes()
    type_name, values, state = network.parts.pop("gateway")
    terraform.destroy(type_name, state)
    watched.refusals["CreateIpv6Gateway"] = [refusal("IncorrectStatus.Vpc")]
    terraform.create(type_name, **values)
    assert len({params["ClientToken"] for params in watched.sent("CreateIpv6Gateway")}) == 2


def test_a_gateway_that_is_gone_reads_as_gone_and_is_not_deleted(
    network: Network, terraform: Terraform, watched: WatchedCloud
) -> None:
    """The real provider takes no refusal of the deletion for "gone already"."""
    network.remove_routes()
    type_name, _values, state = network.parts["gateway"]
    network.behind_its_back("DeleteIpv6Gateway", Ipv6GatewayId=state["id"])
    assert terraform.read(type_name, state) is None
    with pytest.raises(RefusedError, match=r"Code: InvalidIpv6GatewayId\.NotFound"):
        terraform.destroy(type_name, state)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("ipv6_gateway_name", "1st", "invalid value for ipv6_gateway_name (The name of the IPv6 gateway. The name"),
        ("description", "of C", "invalid value for description (The description of the IPv6 gateway. The desc"),
    ],
)
def test_a_text_the_real_provider_refuses_is_refused(terraform: Terraform, name: str, value: str, text: str) -> None:
    ((severity, summary),) = terraform.validate("alicloud_vpc_ipv6_gateway", vpc_id="vpc-1", **{name: value})
    assert (severity, summary[: len(text)]) == ("ERROR", text)
