"""Which vSwitch uses which custom route table (Vpc 2016-04-28); one that is bound to none uses the system table."""

from __future__ import annotations

from provisioner.sandbox.actions.vpc.route_table import get_route_table
from provisioner.sandbox.actions.vpc.system_routes import is_system
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def associate_route_table(call: Call) -> Answer:
    """Let a vSwitch use a custom route table of its VPC."""
    table, vswitch = _table_and_vswitch(call)
    if vswitch.parent != table.parent:
        raise ActionError("InvalidVSwitchId.NotFound", "The specified virtual switch does not exists.", 404)
    if is_system(table) or table.document.get("AssociateType", "VSwitch") != "VSwitch":
        raise ActionError("OperationDenied.RouteTableType", "The type of the route table does not support this.")
    _check_available(call, table, vswitch)
    if vswitch.document.get("RouteTableId"):
        raise ActionError("OperationDenied.VSwitchAssociated", "The vSwitch is associated with a custom route table.")
    vswitch.document["RouteTableId"] = table.id
    call.change_state(vswitch, "Pending", "Available")
    return {}


def unassociate_route_table(call: Call) -> Answer:
    """Let a vSwitch use the system table again."""
    table, vswitch = _table_and_vswitch(call)
    if vswitch.document.get("RouteTableId") != table.id:
        raise ActionError(
            "InvalidAssociation.NotFound", "The vSwitch is not associated with the specified route table.", 404
        )
    _check_available(call, table, vswitch)
    del vswitch.document["RouteTableId"]
    call.change_state(vswitch, "Pending", "Available")
    return {}


def _table_and_vswitch(call: Call) -> tuple[Resource, Resource]:
    vswitch_id = call.params.required("VSwitchId")
    table = get_route_table(call)
    missing = ActionError("InvalidVSwitchId.NotFound", "The specified virtual switch does not exists.", 404)
    return table, call.get("vswitch", vswitch_id, missing)


def _check_available(call: Call, table: Resource, vswitch: Resource) -> None:
    if call.status(table) != "Available":
        raise ActionError("IncorrectStatus.RouteTable", "The status of the route table does not support this.")
    if call.status(vswitch) != "Available":
        raise ActionError("IncorrectVSwitchStatus", "Current virtual switch status does not support this operation.")


WRITES = {"AssociateRouteTable": associate_route_table, "UnassociateRouteTable": unassociate_route_table}
