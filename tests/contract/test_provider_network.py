"""
A network with everything the Vpc product simulates, made by the real aliyun/alicloud provider.

One long test, because each run of terraform takes seconds: what it made is then updated, imported and destroyed.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.real_provider import CONVERGED, RealProvider

NETWORK = """
locals {
  name        = "@NAME@"
  description = "@DESCRIPTION@"
  tags        = { @TAGS@ }
}

resource "alicloud_vpc" "main" {
  vpc_name    = local.name
  description = local.description
  cidr_block  = "10.250.0.0/16"
  enable_ipv6 = true
  tags        = local.tags
}

resource "alicloud_vpc_ipv4_cidr_block" "more" {
  vpc_id               = alicloud_vpc.main.id
  secondary_cidr_block = "192.168.0.0/16"
}

resource "alicloud_vswitch" "nodes" {
  vpc_id               = alicloud_vpc.main.id
  vswitch_name         = local.name
  description          = local.description
  zone_id              = "eu-central-1a"
  cidr_block           = "10.250.0.0/19"
  enable_ipv6          = true
  ipv6_cidr_block_mask = 1
  tags                 = local.tags
}

resource "alicloud_vswitch" "gateways" {
  vpc_id       = alicloud_vpc.main.id
  vswitch_name = local.name
  zone_id      = "eu-central-1b"
  cidr_block   = "192.168.0.0/24"
  depends_on   = [alicloud_vpc_ipv4_cidr_block.more]
}

resource "alicloud_nat_gateway" "main" {
  vpc_id               = alicloud_vpc.main.id
  vswitch_id           = alicloud_vswitch.gateways.id
  nat_gateway_name     = local.name
  description          = local.description
  nat_type             = "Enhanced"
  payment_type         = "PayAsYouGo"
  internet_charge_type = "PayByLcu"
  tags                 = local.tags
}

resource "alicloud_eip_address" "main" {
  address_name         = local.name
  description          = local.description
  bandwidth            = @BANDWIDTH@
  internet_charge_type = "PayByTraffic"
  tags                 = local.tags
}

resource "alicloud_eip_association" "main" {
  allocation_id = alicloud_eip_address.main.id
  instance_id   = alicloud_nat_gateway.main.id
  instance_type = "Nat"
}

resource "alicloud_vpc_ipv6_gateway" "main" {
  vpc_id            = alicloud_vpc.main.id
  ipv6_gateway_name = local.name
  description       = local.description
  tags              = local.tags
  depends_on        = [alicloud_vswitch.nodes]
}

resource "alicloud_route_table" "nodes" {
  vpc_id           = alicloud_vpc.main.id
  route_table_name = local.name
  description      = local.description
  tags             = local.tags
}

resource "alicloud_route_table_attachment" "nodes" {
  route_table_id = alicloud_route_table.nodes.id
  vswitch_id     = alicloud_vswitch.nodes.id
}

resource "alicloud_route_entry" "ipv4" {
  route_table_id        = alicloud_route_table.nodes.id
  name                  = "internet"
  description           = "to the internet"
  destination_cidrblock = "0.0.0.0/0"
  nexthop_type          = "NatGateway"
  nexthop_id            = alicloud_nat_gateway.main.id
}

resource "alicloud_route_entry" "ipv6" {
  route_table_id        = alicloud_route_table.nodes.id
  destination_cidrblock = "::/0"
  nexthop_type          = "Ipv6Gateway"
  nexthop_id            = alicloud_vpc_ipv6_gateway.main.id
}

data "alicloud_vpcs" "all" {
  ids        = [alicloud_vpc.main.id]
  vpc_name   = local.name
  is_default = false
  depends_on = [alicloud_vswitch.gateways]
}

data "alicloud_vswitches" "all" {
  vpc_id         = alicloud_vpc.main.id
  route_table_id = alicloud_route_table_attachment.nodes.route_table_id
}

data "alicloud_nat_gateways" "all" {
  vpc_id     = alicloud_nat_gateway.main.vpc_id
  status     = "Available"
  depends_on = [alicloud_eip_association.main]
}

data "alicloud_eip_addresses" "all" {
  ids                      = [alicloud_eip_association.main.allocation_id]
  associated_instance_id   = alicloud_eip_association.main.instance_id
  associated_instance_type = "Nat"
}

data "alicloud_route_tables" "all" {
  vpc_id = alicloud_route_table.nodes.vpc_id
}

data "alicloud_route_entries" "nodes" {
  route_table_id = alicloud_route_entry.ipv4.route_table_id
  type           = "Custom"
  depends_on     = [alicloud_route_entry.ipv6]
}

data "alicloud_vpc_ipv6_gateways" "all" {
  vpc_id = alicloud_vpc_ipv6_gateway.main.vpc_id
}

data "alicloud_enhanced_nat_available_zones" "all" {}
"""

UPDATED = {
    "alicloud_vpc.main": "description, tags, vpc_name",
    "alicloud_vswitch.nodes": "description, tags, vswitch_name",
    "alicloud_vswitch.gateways": "vswitch_name",
    "alicloud_nat_gateway.main": "description, nat_gateway_name, tags",
    "alicloud_eip_address.main": "address_name, bandwidth, description, tags",
    "alicloud_vpc_ipv6_gateway.main": "description, ipv6_gateway_name, tags",
    "alicloud_route_table.nodes": "description, route_table_name, tags",
}


def network(name: str, description: str, tags: str, bandwidth: int) -> str:
    """Return the configuration with what an update changes filled in."""
    hcl = NETWORK.replace("@NAME@", name).replace("@DESCRIPTION@", description).replace("@TAGS@", tags)
    return hcl.replace("@BANDWIDTH@", str(bandwidth))


def found_by_data_sources(attributes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what the data sources say, in short."""

    def of(name: str) -> dict[str, Any]:
        return attributes[f"data.alicloud_{name}"]

    (vpc,), (vswitch,) = of("vpcs.all")["vpcs"], of("vswitches.all")["vswitches"]
    (gateway,), (eip,) = of("nat_gateways.all")["gateways"], of("eip_addresses.all")["addresses"]
    return {
        "vpc": (vpc["vpc_name"], vpc["secondary_cidr_blocks"], len(vpc["vswitch_ids"]), vpc["route_table_id"] != ""),
        "vswitch": (vswitch["id"], vswitch["ipv6_cidr_block"]),
        "gateway": (gateway["id"], gateway["vswitch_id"], gateway["ip_lists"]),
        "eip": (eip["id"], eip["description"], eip["instance_id"]),
        "tables": sorted(table["route_table_type"] for table in of("route_tables.all")["tables"]),
        "entries": sorted(entry["cidr_block"] for entry in of("route_entries.nodes")["entries"]),
        "ipv6 gateways": of("vpc_ipv6_gateways.all")["ids"],
        "zones": of("enhanced_nat_available_zones.all")["ids"],
    }


@pytest.mark.timeout(600)  # a minute and a half by itself; the provider's start alone is slow on a busy machine
def test_the_real_provider_makes_updates_imports_and_destroys_a_network(real_provider: RealProvider) -> None:
    real_provider.write(network("one", "first", 'a = "1", b = "2"', bandwidth=5))
    assert real_provider.converge() == CONVERGED
    assert real_provider.cloud.counts() == {
        **{"vpc": 1, "vswitch": 2, "route_table": 1, "route_entry": 2, "ipv6_gateway": 1},
        **{"nat_gateway": 1, "eip": 1},
    }
    made, ids = real_provider.attributes(), real_provider.ids()
    assert found_by_data_sources(made) == {
        "vpc": ("one", ["192.168.0.0/16"], 2, True),
        "vswitch": (ids["alicloud_vswitch.nodes"], made["alicloud_vswitch.nodes"]["ipv6_cidr_block"]),
        "gateway": (
            ids["alicloud_nat_gateway.main"],
            ids["alicloud_vswitch.gateways"],
            [made["alicloud_eip_address.main"]["ip_address"]],
        ),
        "eip": (ids["alicloud_eip_address.main"], "first", ids["alicloud_nat_gateway.main"]),
        "tables": ["Custom", "System"],
        "entries": ["0.0.0.0/0", "::/0"],
        "ipv6 gateways": [ids["alicloud_vpc_ipv6_gateway.main"]],
        "zones": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    }

    real_provider.write(network("two", "second", 'a = "3", c = "4"', bandwidth=10))
    plan = real_provider.plan()
    assert plan.changes == {address: f"update: {names}" for address, names in UPDATED.items()}
    assert real_provider.converge() == CONVERGED

    imported = real_provider.plan_import(ids)
    # The provider does not read the number back; the range that it stands for is released and taken again.
    assert imported.changes == dict.fromkeys(ids, "import") | {"alicloud_vswitch.nodes": "update: ipv6_cidr_block_mask"}
    assert real_provider.converge() == CONVERGED

    assert real_provider.destroy() == []
    assert real_provider.cloud.counts() == {}
