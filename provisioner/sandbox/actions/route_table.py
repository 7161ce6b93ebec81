"""Route tables (Vpc 2016-04-28): each VPC's system table, with the routes the cloud itself puts there."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import check_description, check_name
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.store import Resource

_CLOUD_SERVICES_CIDR = "100.64.0.0/10"


def create_system_route_table(call: Call, vpc: Resource) -> Resource:
    """Add the table that a VPC is born with; no action of its own."""
    document = {"RouteTableType": "System", "VRouterId": vpc.document["VRouterId"], "Tags": {}}
    return call.create(
        "route_table", call.new_id("vtb", vpc.region), region=vpc.region, parent=vpc.id, document=document
    )


def describe_route_table_list(call: Call) -> Answer:
    """Return route tables, filtered by table and VPC."""
    return answer_page(
        call, _found(call), lambda one: _show_in_list(call, one), "RouterTableList", "RouterTableListType"
    )


def describe_route_tables(call: Call) -> Answer:
    """Return route tables with their routes; an older action with another shape."""
    return answer_page(call, _found(call), lambda one: _show_with_routes(call, one), "RouteTables", "RouteTable")


def modify_route_table_attributes(call: Call) -> Answer:
    """Change a route table's name or description."""
    missing = ActionError("InvalidRouteTableId.NotFound", "Specified route table does not exist.", 404)
    table = call.get("route_table", call.params.required("RouteTableId"), missing)
    check_name(
        call.params.text("RouteTableName"),
        ActionError("InvalidRouteTableName.Malformed", "The specified route table name is not valid."),
    )
    check_description(
        call.params.text("Description"),
        ActionError("InvalidDescription.Malformed", "The specified description is not valid."),
    )
    table.name = call.params.changed("RouteTableName", table.name)
    table.document["Description"] = call.params.changed("Description", table.document.get("Description", ""))
    call.tx.update(table)
    return {}


def _found(call: Call) -> list[Resource]:
    table_id = call.params.text("RouteTableId")
    router_id = call.params.text("VRouterId") or call.params.text("RouterId")
    return [
        table
        for table in call.list("route_table", parent=call.params.text("VpcId") or None)
        if table_id in ("", table.id) and router_id in ("", table.document["VRouterId"])
    ]


def _show_in_list(call: Call, table: Resource) -> dict[str, Any]:
    document = table.document
    vpc = call.tx.select("vpc", id=table.parent, account=call.account)[0]
    return {
        "RouteTableId": table.id,
        "RouteTableName": table.name,
        "RouteTableType": document["RouteTableType"],
        "Description": document.get("Description", ""),
        "AssociateType": "VSwitch",
        "CreationTime": timestamp(table.created_at),
        "OwnerId": int(table.account),
        # The provider overwrites the VPC's resource group with this one, so they have to agree.
        "ResourceGroupId": vpc.document.get("ResourceGroupId", ""),
        "RoutePropagationEnable": True,
        "RouterId": document["VRouterId"],
        "RouterType": "VRouter",
        "Status": call.status(table),
        "VpcId": table.parent,
        "GatewayIds": {"GatewayIds": []},
        "VSwitchIds": {"VSwitchId": [one.id for one in call.list("vswitch", parent=table.parent)]},
        "Tags": {"Tag": show_tags(table, "Key", "Value")},
    }


def _show_with_routes(call: Call, table: Resource) -> dict[str, Any]:
    routes = [
        _system_route(table, vswitch.document["CidrBlock"]) for vswitch in call.list("vswitch", parent=table.parent)
    ]
    routes.append(_system_route(table, _CLOUD_SERVICES_CIDR))
    # An Enhanced NAT gateway brings a default route to itself when the VPC has none.
    for gateway in call.list("nat_gateway", parent=table.parent)[:1]:
        routes.append({**_system_route(table, "0.0.0.0/0"), "Type": "Custom", "InstanceId": gateway.id})
        routes[-1]["NextHopType"] = "NatGateway"
    return {
        "RouteTableId": table.id,
        "RouteTableType": table.document["RouteTableType"],
        "VRouterId": table.document["VRouterId"],
        "CreationTime": timestamp(table.created_at),
        "ResourceGroupId": "",
        "Status": call.status(table),
        "VSwitchIds": {"VSwitchId": [one.id for one in call.list("vswitch", parent=table.parent)]},
        "RouteEntrys": {"RouteEntry": routes},
    }


def _system_route(table: Resource, cidr: str) -> dict[str, Any]:
    return {
        "RouteTableId": table.id,
        "DestinationCidrBlock": cidr,
        "Type": "System",
        "Status": "Available",
        "NextHopType": "local",
        "InstanceId": "",
        "RouteEntryId": "",
        "RouteEntryName": "",
        "Description": "",
        "NextHops": {"NextHop": []},
    }


READS = {"DescribeRouteTableList": describe_route_table_list, "DescribeRouteTables": describe_route_tables}
WRITES = {"ModifyRouteTableAttributes": modify_route_table_attributes}
