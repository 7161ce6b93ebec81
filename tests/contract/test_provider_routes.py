"""
Routes, made by the embedded provider and by the real aliyun/alicloud provider, and the one's looked at by the other.

A custom route table for two vSwitches, first with IPv4 to a NAT gateway alone, then with IPv6 to a gateway as well. The
real provider takes its time for each step, so both tests are one long way.
"""

from __future__ import annotations

from ipaddress import IPv6Network

import pytest

from tests.contract.real_provider import CONVERGED, MISSING, NOTHING_TO_DO, REAL_PROVIDER, RealProvider

IPV4 = """
locals {
  name  = "@NAME@"
  tags  = { role = "@NAME@" }
  zones = { a = "10.250.0.0/19", b = "10.250.32.0/19" }
}

resource "alicloud_vpc" "main" {
  vpc_name    = "routed"
  cidr_block  = "10.250.0.0/16"
  @VPC@
}

resource "alicloud_vswitch" "nodes" {
  for_each     = local.zones
  vpc_id       = alicloud_vpc.main.id
  vswitch_name = "nodes-${each.key}"
  zone_id      = "eu-central-1${each.key}"
  cidr_block   = each.value
  @VSWITCH@
}

resource "alicloud_nat_gateway" "main" {
  vpc_id               = alicloud_vpc.main.id
  vswitch_id           = alicloud_vswitch.nodes["a"].id
  nat_gateway_name     = "nat"
  nat_type             = "Enhanced"
  payment_type         = "PayAsYouGo"
  internet_charge_type = "PayByLcu"
}

resource "alicloud_route_table" "nodes" {
  vpc_id           = alicloud_vpc.main.id
  route_table_name = local.name
  description      = "of ${local.name}"
  tags             = local.tags
}

resource "alicloud_route_table_attachment" "nodes" {
  for_each       = alicloud_vswitch.nodes
  route_table_id = alicloud_route_table.nodes.id
  vswitch_id     = each.value.id
}

resource "alicloud_route_entry" "ipv4" {
  route_table_id        = alicloud_route_table.nodes.id
  name                  = "internet"
  description           = "to the internet"
  destination_cidrblock = "0.0.0.0/0"
  nexthop_type          = "NatGateway"
  nexthop_id            = alicloud_nat_gateway.main.id
}
"""
IPV6 = """
resource "alicloud_vpc_ipv6_gateway" "main" {
  vpc_id            = alicloud_vpc.main.id
  ipv6_gateway_name = local.name
  description       = "of-${local.name}"
  tags              = local.tags
}

resource "alicloud_route_entry" "ipv6" {
  route_table_id        = alicloud_route_table.nodes.id
  destination_cidrblock = "::/0"
  nexthop_type          = "Ipv6Gateway"
  nexthop_id            = alicloud_vpc_ipv6_gateway.main.id
}
"""


def network(name: str, numbers: dict[str, int] | None = None) -> str:
    """Return the configuration; `numbers` are the parts of the VPC's IPv6 range that the vSwitches get, if any."""
    vpc = vswitch = ""
    if numbers:
        vpc = "enable_ipv6 = true"
        parts = ", ".join(f"{zone} = {number}" for zone, number in numbers.items())
        vswitch = f"enable_ipv6 = true\n  ipv6_cidr_block_mask = {{ {parts} }}[each.key]"
    hcl = IPV4.replace("@NAME@", name).replace("@VPC@", vpc).replace("@VSWITCH@", vswitch)
    return hcl + IPV6 if numbers else hcl


ONLY_IPV4 = {"vpc": 1, "vswitch": 2, "nat_gateway": 1, "route_table": 1, "route_entry": 1}
DUAL_STACK = {**ONLY_IPV4, "route_entry": 2, "ipv6_gateway": 1}
TO_DUAL_STACK = {
    "alicloud_vpc.main": "update: enable_ipv6",
    'alicloud_vswitch.nodes["a"]': "update: enable_ipv6, ipv6_cidr_block_mask",
    'alicloud_vswitch.nodes["b"]': "update: enable_ipv6, ipv6_cidr_block_mask",
    "alicloud_vpc_ipv6_gateway.main": "create",
    "alicloud_route_entry.ipv6": "create",
}
RENAMED = {
    "alicloud_route_table.nodes": "update: description, route_table_name, tags",
    "alicloud_vpc_ipv6_gateway.main": "update: description, ipv6_gateway_name, tags",
    'alicloud_vswitch.nodes["b"]': "update: ipv6_cidr_block_mask",
}


def ipv6_numbers(provider: RealProvider) -> dict[str, int] | None:
    """Return which parts of the VPC's IPv6 range the vSwitches in the state have; None without a range."""
    attributes = provider.attributes()
    whole = attributes["alicloud_vpc.main"]["ipv6_cidr_block"]
    if not whole:
        return None
    parts = list(IPv6Network(whole).subnets(new_prefix=64))
    ranges = {zone: attributes[f'alicloud_vswitch.nodes["{zone}"]']["ipv6_cidr_block"] for zone in "ab"}
    return {zone: parts.index(IPv6Network(part)) for zone, part in ranges.items()}


def go_all_the_way(routed: RealProvider, *, is_compared: bool) -> None:
    """Make, widen, change and destroy; `is_compared` has the embedded provider look at every state as well."""

    for name, numbers, changes, counts in (
        ("one", None, None, ONLY_IPV4),
        ("one", {"a": 0, "b": 1}, TO_DUAL_STACK, DUAL_STACK),
        ("two", {"a": 0, "b": 18}, RENAMED, DUAL_STACK),
    ):
        routed.write(network(name, numbers))
        if changes is not None:
            assert routed.plan().changes == changes
        assert routed.converge() == CONVERGED
        if is_compared:
            with routed.with_embedded_provider():
                assert routed.plan() == NOTHING_TO_DO
        assert routed.cloud.counts() == counts
        assert ipv6_numbers(routed) == numbers
    assert routed.destroy() == []
    assert routed.cloud.counts() == {}


def test_the_embedded_provider_makes_changes_and_destroys_routes(either_provider: RealProvider) -> None:
    with either_provider.with_embedded_provider():
        go_all_the_way(either_provider, is_compared=False)


@pytest.mark.skipif(not REAL_PROVIDER, reason=MISSING)
@pytest.mark.timeout(900)  # three minutes by itself; the provider's start alone is slow on a busy machine
def test_the_real_provider_does_the_same_and_both_agree_on_every_state(either_provider: RealProvider) -> None:
    go_all_the_way(either_provider, is_compared=True)

    with either_provider.with_embedded_provider():
        either_provider.write(network("one", {"a": 0, "b": 1}))
        assert either_provider.apply() == []
    assert either_provider.plan() == NOTHING_TO_DO
    with either_provider.with_embedded_provider():
        assert either_provider.destroy() == []
    assert either_provider.cloud.counts() == {}
