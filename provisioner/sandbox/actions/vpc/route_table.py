"""Route tables (Vpc 2016-04-28): each VPC's system table, and custom ones for some of its vSwitches."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import change_texts, check_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.system_routes import is_system
from provisioner.sandbox.actions.vpc.vpc import check_vpc_available, get_vpc
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

_ASSOCIATE_TYPES = ("VSwitch", "Gateway")


def create_route_table(call: Call) -> Answer:
    """Create a custom route table."""
    region = call.region
    params = call.params
    _check_texts(call)
    if params.text("AssociateType") not in ("", *_ASSOCIATE_TYPES):
        raise params.invalid("AssociateType")
    vpc = get_vpc(call)
    tags = new_tags(call)
    check_vpc_available(call, vpc)
    custom = [table for table in call.list("route_table", parent=vpc.id) if not is_system(table)]
    call.check_quota("route_table", len(custom), ActionError("QuotaExceeded.RouteTable", "Route table quota exceeded."))
    document = {
        **params.echo("Description", "AssociateType"),
        "RouteTableType": "Custom",
        "VRouterId": vpc.document["VRouterId"],
        "Tags": tags,
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    table_id = call.new_id("vtb", region)
    call.create(
        "route_table",
        table_id,
        region=region,
        parent=vpc.id,
        name=params.text("RouteTableName"),
        document=document,
        settles=True,
    )
    return {"RouteTableId": table_id}


def describe_route_table_list(call: Call) -> Answer:
    """Return route tables, filtered by id, name, type, VPC, router, resource group and tags."""
    return answer_page(
        call, find_route_tables(call), lambda one: _show(call, one), "RouterTableList", "RouterTableListType"
    )


def modify_route_table_attributes(call: Call) -> Answer:
    """Change a route table's name, description or whether it takes routes over from elsewhere."""
    table = get_route_table(call)
    _check_texts(call)
    change_texts(call.params, table, "RouteTableName")
    propagates = call.params.boolean("RoutePropagationEnable")
    if propagates is not None:
        table.document["RoutePropagationEnable"] = propagates
    call.tx.update(table)
    return {}


def delete_route_table(call: Call) -> Answer:
    """Delete a custom route table that no vSwitch uses and that has no custom routes."""
    table = get_route_table(call)
    if is_system(table):
        raise ActionError("OperationDenied.SystemRouteTable", "The system route table cannot be deleted.")
    if call.status(table) != "Available":
        raise ActionError("IncorrectRouteTableStatus", "Current route table status does not support this operation.")
    if vswitches_of(call, table):
        raise ActionError("DependencyViolation.VSwitch", "Specified object has dependent resources.")
    if call.list("route_entry", parent=table.id):
        raise ActionError("DependencyViolation.RouteEntry", "Specified object has dependent resources RouteEntry.")
    call.vanish([table])
    return {}


def get_route_table(call: Call) -> Resource:
    """Return the route table the call names or refuse."""
    missing = ActionError("InvalidRouteTableId.NotFound", "Specified route table does not exist.", 404)
    return call.get("route_table", call.params.required("RouteTableId"), missing)


def find_route_tables(call: Call) -> list[Resource]:
    """Return the route tables that the call filters for; no action of its own."""
    params = call.params
    router_id = params.text("VRouterId") or params.text("RouterId")
    return [
        table
        for table in call.list(
            "route_table", parent=params.text("VpcId") or None, name=params.text("RouteTableName") or None
        )
        if params.text("RouteTableId") in ("", table.id)
        and router_id in ("", table.document["VRouterId"])
        and params.text("RouterType") in ("", "VRouter")
        and params.text("RouteTableType") in ("", table.document["RouteTableType"])
        and params.text("ResourceGroupId") in ("", _resource_group(call, table))
        and matches_tags(call, table)
    ]


def vswitches_of(call: Call, table: Resource) -> list[str]:
    """Return the ids of the vSwitches that use a route table; no action of its own."""
    bound_to = "" if is_system(table) else table.id
    vswitches = call.list("vswitch", parent=table.parent)
    return [vswitch.id for vswitch in vswitches if vswitch.document.get("RouteTableId", "") == bound_to]


def _show(call: Call, table: Resource) -> dict[str, Any]:
    document = table.document
    return {
        "RouteTableId": table.id,
        "RouteTableName": table.name,
        "RouteTableType": document["RouteTableType"],
        "Description": document.get("Description", ""),
        "AssociateType": document.get("AssociateType", "VSwitch"),
        "CreationTime": timestamp(table.created_at),
        "OwnerId": int(table.account),
        "ResourceGroupId": _resource_group(call, table),
        "RoutePropagationEnable": document.get("RoutePropagationEnable", True),
        "RouterId": document["VRouterId"],
        "RouterType": "VRouter",
        "Status": call.status(table),
        "VpcId": table.parent,
        "GatewayIds": {"GatewayIds": []},
        "VSwitchIds": {"VSwitchId": vswitches_of(call, table)},
        "Tags": {"Tag": show_tags(table, "Key", "Value")},
    }


def _resource_group(call: Call, table: Resource) -> str:
    own = table.document.get("ResourceGroupId", "")
    if own and not is_system(table):
        return str(own)
    # The provider overwrites the VPC's resource group with the system table's, so they have to agree.
    vpc = call.find("vpc", table.parent)
    return "" if vpc is None else str(vpc.document.get("ResourceGroupId", ""))


def _check_texts(call: Call) -> None:
    malformed = ActionError("InvalidRouteTableName.Malformed", "The specified route table name is not valid.")
    check_texts(call.params, "RouteTableName", malformed)


READS = {"DescribeRouteTableList": describe_route_table_list}
WRITES = {
    "CreateRouteTable": create_route_table,
    "ModifyRouteTableAttributes": modify_route_table_attributes,
    "DeleteRouteTable": delete_route_table,
}
