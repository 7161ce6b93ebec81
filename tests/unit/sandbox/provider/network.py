"""A dual stack network with routes of its own: everything an infrastructure has beyond `world.Shoot`."""

from __future__ import annotations

import time
from typing import Any

from provisioner.sandbox.cloud import Caller
from provisioner.sandbox.provider.calls import VPC
from tests.unit.sandbox.provider.terraform_side import REGION, Parts, Terraform, WatchedCloud


class Network(Parts):
    """The parts of the network, and what happens to them."""

    def __init__(self, terraform: Terraform, watched: WatchedCloud, caller: Caller) -> None:
        super().__init__(terraform)
        self.watched = watched
        self._caller = caller
        vpc = self.add("vpc", "alicloud_vpc", vpc_name="C-vpc", cidr_block="10.250.0.0/16", enable_ipv6=True)
        vswitch = self.add(
            "vswitch",
            "alicloud_vswitch",
            vpc_id=vpc["id"],
            zone_id="eu-central-1a",
            cidr_block="10.250.0.0/19",
            vswitch_name="C-vsw",
            enable_ipv6=True,
            ipv6_cidr_block_mask=0,
            tags={"Name": "C"},
        )
        nat = self.add("nat", "alicloud_nat_gateway", vpc_id=vpc["id"], vswitch_id=vswitch["id"], nat_type="Enhanced")
        table = self.add(
            "table",
            "alicloud_route_table",
            vpc_id=vpc["id"],
            route_table_name="C-rt",
            description="of C",
            tags={"Name": "C"},
        )
        self.add("attachment", "alicloud_route_table_attachment", route_table_id=table["id"], vswitch_id=vswitch["id"])
        self.add(
            "route",
            "alicloud_route_entry",
            route_table_id=table["id"],
            name="internet",
            description="to the internet",
            destination_cidrblock="0.0.0.0/0",
            nexthop_type="NatGateway",
            nexthop_id=nat["id"],
        )
        gateway = self.add(
            "gateway",
            "alicloud_vpc_ipv6_gateway",
            vpc_id=vpc["id"],
            ipv6_gateway_name="C-ipv6",
            description="of-C",
            tags={"Name": "C"},
        )
        self.add(
            "ipv6 route",
            "alicloud_route_entry",
            route_table_id=table["id"],
            destination_cidrblock="::/0",
            nexthop_type="Ipv6Gateway",
            nexthop_id=gateway["id"],
        )
        watched.calls.clear()

    def id_of(self, name: str) -> str:
        """Return the id of a part."""
        return str(self.parts[name][2]["id"])

    def update(self, name: str, /, **changes: Any) -> dict[str, Any]:
        """Change a part and return its state."""
        type_name, values, state = self.parts[name]
        after = self.terraform.update(type_name, state, **{**values, **changes})
        self.parts[name] = (type_name, {**values, **changes}, after)
        return after

    def behind_its_back(self, action: str, **parameters: str) -> None:
        """Call the cloud beside the provider, and let what that changes settle."""
        self.watched.cloud.call(self._caller, VPC, action, {"RegionId": REGION, **parameters})
        time.sleep(2 * self.watched.settle_seconds)

    def remove_routes(self) -> None:
        """Remove what leads to the gateways, and forget it."""
        for name in ("ipv6 route", "route"):
            type_name, _values, state = self.parts.pop(name)
            self.terraform.destroy(type_name, state)
        self.watched.calls.clear()
