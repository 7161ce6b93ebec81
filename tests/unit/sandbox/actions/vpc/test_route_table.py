"""Route tables: the system's and custom ones, what they route, and which vSwitch uses which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from provisioner.sandbox.cloud.faults import Fault


@dataclass
class Network:
    """A VPC with two vSwitches, a NAT gateway in the second, and a custom route table."""

    account: Any
    vpc: str
    vswitch: str
    other_vswitch: str
    gateway: str
    table: str

    def tables(self, **filters: object) -> list[dict[str, Any]]:
        """Return the route tables as the newer action lists them."""
        answer = self.account.vpc("DescribeRouteTableList", **{"VpcId": self.vpc, **filters})
        return list(answer["RouterTableList"]["RouterTableListType"])

    def system_table(self) -> str:
        """Return the id of the system table."""
        return next(table["RouteTableId"] for table in self.tables() if table["RouteTableType"] == "System")

    def routes(self, table_id: str = "") -> dict[str, dict[str, Any]]:
        """Return what a table routes (the custom one by default), by destination."""
        answer = self.account.vpc("DescribeRouteTables", RouteTableId=table_id or self.table)
        (table,) = answer["RouteTables"]["RouteTable"]
        return {route["DestinationCidrBlock"]: route for route in table["RouteEntrys"]["RouteEntry"]}

    def add(self, destination: str = "0.0.0.0/0", table_id: str = "", **parameters: object) -> str:
        """Add a route to the NAT gateway and return its id."""
        given = {"NextHopType": "NatGateway", "NextHopId": self.gateway, **parameters}
        return str(
            self.account.vpc(
                "CreateRouteEntry", RouteTableId=table_id or self.table, DestinationCidrBlock=destination, **given
            )["RouteEntryId"]
        )

    def remove(self, destination: str = "0.0.0.0/0", table_id: str = "", **parameters: object) -> None:
        """Remove a route to the NAT gateway."""
        given = {"NextHopId": self.gateway, **parameters}
        self.account.vpc(
            "DeleteRouteEntry", RouteTableId=table_id or self.table, DestinationCidrBlock=destination, **given
        )

    def bind(self, verb: str = "Associate", **parameters: str) -> None:
        """Bind the first vSwitch to the custom table, or with `Unassociate` no longer."""
        given = {"RouteTableId": self.table, "VSwitchId": self.vswitch, **parameters}
        self.account.vpc(f"{verb}RouteTable", **given)


@pytest.fixture
def network(account: Any) -> Network:
    """Return the network; everything in it is available."""
    vpc = account.a_vpc()
    vswitch, other = account.a_vswitch(vpc), account.a_vswitch(vpc, "10.250.32.0/19", "eu-central-1b")
    gateway, _ = account.a_nat_gateway(vpc, other)
    made = account.vpc("CreateRouteTable", VpcId=vpc, RouteTableName="nodes", Description="text", Tag__1__Key="a")
    account.settle()
    return Network(account, vpc, vswitch, other, gateway, made["RouteTableId"])


def test_a_custom_table_is_pending_until_it_has_settled(account: Any) -> None:
    vpc = account.a_vpc()
    table = account.vpc("CreateRouteTable", VpcId=vpc)["RouteTableId"]
    rows = account.vpc("DescribeRouteTableList", RouteTableId=table)["RouterTableList"]["RouterTableListType"]
    assert [(row["Status"], row["RouteTableType"], row["VSwitchIds"]) for row in rows] == [
        ("Pending", "Custom", {"VSwitchId": []})
    ]


def test_a_custom_table_shows_what_was_sent(network: Network) -> None:
    (shown,) = network.tables(RouteTableId=network.table)
    names = ("RouteTableName", "Description", "AssociateType", "Status", "RoutePropagationEnable", "Tags")
    tags = {"Tag": [{"Key": "a", "Value": ""}]}
    assert [shown[name] for name in names] == ["nodes", "text", "VSwitch", "Available", True, tags]


def test_custom_tables_are_counted_and_system_tables_are_not(network: Network) -> None:
    counts = network.account.cloud.counts()
    assert (counts["route_table"], "route_entry" in counts) == (1, False)


@pytest.mark.parametrize(
    ("filters", "types"),
    [
        ({"RouteTableType": "System"}, ["System"]),
        ({"RouteTableName": "nodes"}, ["Custom"]),
        ({"Tag__1__Key": "a"}, ["Custom"]),
        ({"RouterType": "VBR"}, []),
        ({"ResourceGroupId": "rg-other"}, []),
        ({"PageSize": 1, "PageNumber": 2}, ["Custom"]),
    ],
)
def test_tables_are_filtered_and_come_in_pages(network: Network, filters: dict[str, object], types: list[str]) -> None:
    assert [table["RouteTableType"] for table in network.tables(**filters)] == types


def test_a_table_changes_its_name_its_propagation_and_its_resource_group(network: Network) -> None:
    account, table = network.account, network.table
    change = {"RouteTableName": "other", "Description": "", "RoutePropagationEnable": "false"}
    account.vpc("ModifyRouteTableAttributes", RouteTableId=table, **change)
    account.vpc("MoveResourceGroup", ResourceType="ROUTETABLE", ResourceId=table, NewResourceGroupId="rg-1")
    (shown,) = network.tables(RouteTableId=table)
    names = ("RouteTableName", "Description", "RoutePropagationEnable", "ResourceGroupId")
    assert [shown[name] for name in names] == ["other", "", False, "rg-1"]


def test_the_tenth_custom_table_of_a_vpc_is_refused(account: Any, refused: Any) -> None:
    vpc = account.a_vpc()
    for _ in range(9):
        account.vpc("CreateRouteTable", VpcId=vpc)
    assert refused(account.vpc, "CreateRouteTable", VpcId=vpc).code == "QuotaExceeded.RouteTable"


@pytest.mark.parametrize("action", ["DeleteRouteTable", "ModifyRouteTableAttributes"])
def test_a_missing_table_is_a_404(account: Any, refused: Any, action: str) -> None:
    error = refused(account.vpc, action, RouteTableId="vtb-missing")
    assert (error.code, error.http_status) == ("InvalidRouteTableId.NotFound", 404)


def test_the_system_table_is_not_deleted(network: Network, refused: Any) -> None:
    error = refused(network.account.vpc, "DeleteRouteTable", RouteTableId=network.system_table())
    assert error.code == "OperationDenied.SystemRouteTable"


def test_a_custom_table_keeps_its_vpc(account: Any, refused: Any) -> None:
    vpc = account.a_vpc()
    table = account.vpc("CreateRouteTable", VpcId=vpc)["RouteTableId"]
    account.settle()
    assert refused(account.vpc, "DeleteVpc", VpcId=vpc).code == "DependencyViolation.RouteTable"
    account.vpc("DeleteRouteTable", RouteTableId=table)
    account.settle()
    account.vpc("DeleteVpc", VpcId=vpc)
    assert account.cloud.counts() == {}


def test_a_bound_vswitch_is_pending_and_leaves_the_system_table(network: Network) -> None:
    network.bind()
    shown = network.account.vpc("DescribeVSwitchAttributes", VSwitchId=network.vswitch)
    assert shown["Status"] == "Pending"
    assert shown["RouteTable"] == {"RouteTableId": network.table, "RouteTableType": "Custom"}
    bound = {table["RouteTableType"]: table["VSwitchIds"]["VSwitchId"] for table in network.tables()}
    assert bound == {"System": [network.other_vswitch], "Custom": [network.vswitch]}


def test_vswitches_are_found_by_their_table(network: Network) -> None:
    network.bind()
    for table, vswitch in ((network.table, network.vswitch), (network.system_table(), network.other_vswitch)):
        found = network.account.vpc("DescribeVSwitches", RouteTableId=table)["VSwitches"]["VSwitch"]
        assert [one["VSwitchId"] for one in found] == [vswitch]


def test_an_unbound_vswitch_uses_the_system_table_again(network: Network) -> None:
    network.bind()
    network.account.settle()
    network.bind("Unassociate")
    (shown,) = network.tables(RouteTableId=network.table)
    assert shown["VSwitchIds"] == {"VSwitchId": []}


def test_a_vswitch_is_bound_once(network: Network, refused: Any) -> None:
    network.bind()
    assert refused(network.bind).code == "IncorrectVSwitchStatus"
    network.account.settle()
    second = network.account.vpc("CreateRouteTable", VpcId=network.vpc)["RouteTableId"]
    network.account.settle()
    assert refused(network.bind, RouteTableId=second).code == "OperationDenied.VSwitchAssociated"


def test_a_vswitch_is_bound_to_no_system_or_pending_table(network: Network, refused: Any) -> None:
    assert refused(network.bind, RouteTableId=network.system_table()).code == "OperationDenied.RouteTableType"
    pending = network.account.vpc("CreateRouteTable", VpcId=network.vpc)["RouteTableId"]
    assert refused(network.bind, RouteTableId=pending).code == "IncorrectStatus.RouteTable"


def test_a_binding_names_a_table_and_a_vswitch_of_one_vpc(network: Network, refused: Any) -> None:
    foreign = network.account.a_vswitch(network.account.a_vpc("192.168.0.0/16"), "192.168.0.0/24")
    for named in ({"VSwitchId": foreign}, {"VSwitchId": "vsw-missing"}, {"RouteTableId": "vtb-missing"}):
        assert refused(network.bind, **named).http_status == 404


def test_what_is_not_bound_cannot_be_unbound(network: Network, refused: Any) -> None:
    assert refused(network.bind, "Unassociate").http_status == 404


def test_a_table_in_use_is_not_deleted_and_neither_is_its_vswitch(network: Network, refused: Any) -> None:
    network.bind()
    network.account.settle()
    error = refused(network.account.vpc, "DeleteRouteTable", RouteTableId=network.table)
    assert error.code == "DependencyViolation.VSwitch"
    error = refused(network.account.vpc, "DeleteVSwitch", VSwitchId=network.vswitch)
    assert error.code == "DependencyViolation.RouteTable"


def test_every_table_routes_the_vswitches_and_the_services(network: Network) -> None:
    local = {"10.250.0.0/19", "10.250.32.0/19", "100.64.0.0/10"}
    routes = network.routes()
    assert routes.keys() == local
    assert {(route["Type"], route["NextHopType"], route["Status"]) for route in routes.values()} == {
        ("System", "local", "Available")
    }
    assert network.routes(network.system_table()).keys() == local | {"0.0.0.0/0"}


def test_a_vswitch_with_ipv6_is_routed_as_well(account: Any) -> None:
    vpc = account.a_vpc(EnableIpv6="true")
    given = {"VpcId": vpc, "ZoneId": "eu-central-1a", "CidrBlock": "10.250.0.0/19", "Ipv6CidrBlock": 0}
    account.vpc("CreateVSwitch", **given)
    (table,) = account.vpc("DescribeRouteTables", VpcId=vpc)["RouteTables"]["RouteTable"]
    assert len([one for one in table["RouteEntrys"]["RouteEntry"] if "::/64" in one["DestinationCidrBlock"]]) == 1


def test_a_route_is_pending_until_it_has_settled(network: Network) -> None:
    entry_id = network.add(RouteEntryName="internet", Description="text")
    shown = network.routes()["0.0.0.0/0"]
    assert {name: shown[name] for name in ("Type", "Status", "NextHopType", "InstanceId", "RouteEntryId")} == {
        "Type": "Custom",
        "Status": "Pending",
        "NextHopType": "NatGateway",
        "InstanceId": network.gateway,
        "RouteEntryId": entry_id,
    }
    assert (shown["RouteEntryName"], shown["Description"]) == ("internet", "text")
    network.account.settle()
    assert network.routes()["0.0.0.0/0"]["Status"] == "Available"
    assert network.account.cloud.counts()["route_entry"] == 1


def test_routes_of_a_vpc_are_made_one_at_a_time(network: Network, refused: Any) -> None:
    network.add()
    error = refused(network.add, "172.16.0.0/12", network.system_table())
    assert error.code == "TaskConflict"


def test_a_destination_is_routed_once(network: Network, refused: Any) -> None:
    network.add()
    network.account.settle()
    error = refused(network.add)
    assert (error.code, error.message) == (
        "RouterEntryConflict.Duplicated",
        "A route entry already exists, which CIDR is '0.0.0.0/0'",
    )


def test_the_route_that_came_with_a_gateway_is_in_the_way_of_another(network: Network, refused: Any) -> None:
    error = refused(network.add, "0.0.0.0/0", network.system_table())
    assert error.code == "RouterEntryConflict.Duplicated"


def test_the_route_that_came_with_a_gateway_makes_way_for_another(network: Network) -> None:
    system = network.system_table()
    network.remove("0.0.0.0/0", system)
    network.account.settle()
    entry_id = network.add("0.0.0.0/0", system)
    assert network.routes(system)["0.0.0.0/0"]["RouteEntryId"] == entry_id
    assert network.account.cloud.counts()["route_entry"] == 1


@pytest.mark.parametrize(
    ("destination", "code"),
    [
        ("10.250.0.0/19", "InvalidCIDRBlock.Duplicate"),
        ("10.250.1.0/24", "InvalidCIDRBlock.Duplicate"),
        ("100.64.0.0/10", "InvalidCIDRBlock.Duplicate"),
        ("10.0.0.1/8", "InvalidParameter"),
        ("nonsense", "InvalidParameter"),
        ("::/0", "InvalidParameter"),
    ],
)
def test_a_wrong_destination_is_refused(network: Network, refused: Any, destination: str, code: str) -> None:
    assert refused(network.add, destination).code == code


def test_an_address_alone_is_a_range_of_one(network: Network) -> None:
    network.add("172.16.0.1")
    assert "172.16.0.1/32" in network.routes()


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"NextHopId": "ngw-missing"}, "InvalidNextHopId.NotFound", 404),
        ({"NextHopType": "HaVip", "NextHopId": "havip-1"}, "InvalidNextHopId.NotFound", 404),
        ({"NextHopType": "Nonsense"}, "InvalidParameter", 400),
        ({"NextHopId": ""}, "MissingNextHopId", 400),
    ],
)
def test_a_wrong_next_hop_is_refused(
    network: Network, refused: Any, parameters: dict[str, str], code: str, status: int
) -> None:
    error = refused(network.add, **parameters)
    assert (error.code, error.http_status) == (code, status)


def test_a_next_hop_lies_in_the_vpc_of_the_table(network: Network, refused: Any) -> None:
    account = network.account
    foreign = account.a_vpc("192.168.0.0/16")
    gateway, _ = account.a_nat_gateway(foreign, account.a_vswitch(foreign, "192.168.0.0/24"))
    assert refused(network.add, NextHopId=gateway).code == "InvalidNextHopId.NotFound"


def test_a_route_is_removed_in_its_own_time(network: Network, refused: Any) -> None:
    network.add()
    assert refused(network.remove).code == "IncorrectRouteEntryStatus"
    network.account.settle()
    network.remove()
    assert network.routes()["0.0.0.0/0"]["Status"] == "Deleting"
    network.account.settle()
    assert "0.0.0.0/0" not in network.routes()
    error = refused(network.remove)
    assert (error.code, error.http_status) == ("InvalidRouteEntry.NotFound", 404)


def test_a_route_can_be_removed_by_its_id(network: Network) -> None:
    entry_id = network.add()
    network.account.settle()
    network.account.vpc("DeleteRouteEntry", RouteEntryId=entry_id)
    network.account.settle()
    assert "0.0.0.0/0" not in network.routes()


def test_a_route_to_another_next_hop_is_not_removed(network: Network, refused: Any) -> None:
    network.add()
    network.account.settle()
    assert refused(network.remove, NextHopId="ngw-other").code == "InvalidRouteEntry.NotFound"


def test_a_local_route_is_not_removed(network: Network, refused: Any) -> None:
    assert refused(network.remove, "10.250.0.0/19").code == "Forbbiden"


def test_a_table_with_custom_routes_is_not_deleted(network: Network, refused: Any) -> None:
    network.add()
    error = refused(network.account.vpc, "DeleteRouteTable", RouteTableId=network.table)
    assert error.code == "DependencyViolation.RouteEntry"


def test_a_gateway_that_is_routed_to_is_not_deleted_without_force(network: Network, refused: Any) -> None:
    network.add()
    network.account.settle()
    error = refused(network.account.vpc, "DeleteNatGateway", NatGatewayId=network.gateway)
    assert error.code == "DependencyViolation.RouteEntry"
    network.account.vpc("DeleteNatGateway", NatGatewayId=network.gateway, Force="true")
    network.account.settle()
    assert "0.0.0.0/0" not in network.routes()


def test_a_gateway_takes_away_the_route_that_came_with_it(network: Network) -> None:
    assert network.routes(network.system_table())["0.0.0.0/0"]["InstanceId"] == network.gateway
    network.account.vpc("DeleteNatGateway", NatGatewayId=network.gateway)
    network.account.settle()
    assert "0.0.0.0/0" not in network.routes(network.system_table())


def test_a_second_gateway_brings_no_route(network: Network) -> None:
    network.account.a_nat_gateway(network.vpc, network.vswitch)
    assert network.routes(network.system_table())["0.0.0.0/0"]["InstanceId"] == network.gateway


def test_a_vswitch_does_not_hide_a_route(network: Network, refused: Any) -> None:
    network.add("10.250.64.0/24")
    error = refused(network.account.a_vswitch, network.vpc, "10.250.64.0/19")
    assert error.code == "InvalidCidrBlock.Overlapped"


def test_ipv6_is_routed_to_the_ipv6_gateway(network: Network, refused: Any) -> None:
    account = network.account
    account.vpc("ModifyVpcAttribute", VpcId=network.vpc, EnableIPv6="true")
    gateway = account.vpc("CreateIpv6Gateway", VpcId=network.vpc)["Ipv6GatewayId"]
    account.settle()
    network.add("::/0", NextHopType="Ipv6Gateway", NextHopId=gateway)
    account.settle()
    assert network.routes()["::/0"]["InstanceId"] == gateway
    assert network.routes(network.system_table())["::/0"]["InstanceId"] == gateway
    error = refused(account.vpc, "DeleteIpv6Gateway", Ipv6GatewayId=gateway)
    assert error.code == "DependencyViolation.RouteEntry"


def test_a_vswitch_of_a_vpc_that_is_not_visible_yet_shows_no_table(account: Any) -> None:
    account.cloud.faults.add(Fault("CreateVpc", "invisible", delay_ms=60_000))
    vswitch = account.a_vswitch(account.a_vpc())
    shown = account.vpc("DescribeVSwitchAttributes", VSwitchId=vswitch)
    assert shown["RouteTable"]["RouteTableId"] == ""


def test_a_reset_forgets_tables_and_routes(network: Network) -> None:
    network.add()
    network.account.cloud.reset()
    assert network.account.cloud.counts() == {}
