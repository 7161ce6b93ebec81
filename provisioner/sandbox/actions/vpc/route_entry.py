"""Custom routes, and route tables with everything they route (Vpc 2016-04-28)."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from provisioner.sandbox.actions.naming import check_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.vpc.route_table import find_route_tables, get_route_table, vswitches_of
from provisioner.sandbox.actions.vpc.system_routes import CLOUD_SERVICES_CIDR, add_route, local_ranges
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

_NEXT_HOPS = {"Instance": "instance", "NatGateway": "nat_gateway", "Ipv6Gateway": "ipv6_gateway"}
_NEXT_HOPS_NOT_SIMULATED = frozenset(
    {
        *("RouterInterface", "VpnGateway", "HaVip", "NetworkInterface", "Attachment", "Ipv4Gateway"),
        *("TransitRouter", "VpcPeer", "Ecr", "GatewayLoadBalancerEndpoint", "GatewayEndpoint"),
    }
)
_USABLE = ("Available", "Running", "Stopped")


def create_route_entry(call: Call) -> Answer:
    """Add a custom route to a table; one at a time in a VPC."""
    params = call.params
    _ = call.region
    params.required("RouteTableId")
    destination = _checked_destination(params.required("DestinationCidrBlock"))
    next_hop_type = params.text("NextHopType") or "Instance"
    if next_hop_type not in _NEXT_HOPS and next_hop_type not in _NEXT_HOPS_NOT_SIMULATED:
        raise params.invalid("NextHopType")
    next_hop_id = params.required("NextHopId")
    malformed = ActionError("InvalidRouteEntryName.Malformed", "The specified route entry name is not valid.")
    check_texts(params, "RouteEntryName", malformed)
    table = get_route_table(call)
    next_hop = _next_hop(call, table, next_hop_type, next_hop_id)
    if (destination.version == 6) != (next_hop_type == "Ipv6Gateway") and next_hop_type != "Instance":  # noqa: PLR2004
        raise params.invalid("NextHopType")
    _check_settled(call, table, next_hop)
    entries = call.list("route_entry", parent=table.id)
    if any(entry.document["DestinationCidrBlock"] == str(destination) for entry in entries):
        raise ActionError(
            "RouterEntryConflict.Duplicated", f"A route entry already exists, which CIDR is '{destination}'"
        )
    _check_local_ranges(call, table, destination)
    call.check_quota(
        "route_entry", len(entries), ActionError("QuotaExceeded.RouteEntry", "Route entry quota exceeded.")
    )
    entry = add_route(
        call,
        table,
        str(destination),
        next_hop_type,
        next_hop_id,
        name=params.text("RouteEntryName"),
        description=params.text("Description"),
    )
    return {"RouteEntryId": entry.id}


def delete_route_entry(call: Call) -> Answer:
    """Remove a custom route, named by its id or by its table, destination and next hop."""
    _ = call.region
    entry = _named(call)
    if call.status(entry) != "Available":
        raise ActionError("IncorrectRouteEntryStatus", "Current route entry status does not support this operation.")
    call.vanish([entry])
    return {}


def describe_route_tables(call: Call) -> Answer:
    """Return route tables with their routes; older than DescribeRouteTableList, and of another shape."""
    return answer_page(call, find_route_tables(call), lambda one: _show_table(call, one), "RouteTables", "RouteTable")


def _show_table(call: Call, table: Resource) -> dict[str, Any]:
    local = [_show_route(table, cidr, "System", "local") for cidr in local_ranges(call, table.parent)]
    return {
        "RouteTableId": table.id,
        "RouteTableType": table.document["RouteTableType"],
        "VRouterId": table.document["VRouterId"],
        "CreationTime": timestamp(table.created_at),
        "ResourceGroupId": "",
        "Status": call.status(table),
        "VSwitchIds": {"VSwitchId": vswitches_of(call, table)},
        # The service's own spelling.
        "RouteEntrys": {
            "RouteEntry": local
            + [_show_entry(call, table, entry) for entry in call.list("route_entry", parent=table.id)]
        },
    }


def _show_entry(call: Call, table: Resource, entry: Resource) -> dict[str, Any]:
    document = entry.document
    return {
        **_show_route(table, document["DestinationCidrBlock"], "Custom", document["NextHopType"]),
        "Status": call.status(entry),
        "InstanceId": document["NextHopId"],
        "RouteEntryId": entry.id,
        "RouteEntryName": entry.name,
        "Description": document["Description"],
    }


def _show_route(table: Resource, cidr: str, type_: str, next_hop_type: str) -> dict[str, Any]:
    return {
        "RouteTableId": table.id,
        "DestinationCidrBlock": cidr,
        "Type": type_,
        "Status": "Available",
        "NextHopType": next_hop_type,
        "InstanceId": "",
        "RouteEntryId": "",
        "RouteEntryName": "",
        "Description": "",
        "NextHops": {"NextHop": []},
    }


def _checked_destination(text: str) -> IPv4Network | IPv6Network:
    """Return the destination; an address alone is a range of one."""
    try:
        return ip_network(text)
    except ValueError:
        raise ActionError("InvalidParameter", "Specified CIDR block is not valid.") from None


def _next_hop(call: Call, table: Resource, next_hop_type: str, next_hop_id: str) -> Resource:
    kind = _NEXT_HOPS.get(next_hop_type)
    found = None if kind is None else call.find(kind, next_hop_id)
    if found is not None and kind == "instance":
        vswitch = call.find("vswitch", found.parent)
        vpc_id = "" if vswitch is None else vswitch.parent
    else:
        vpc_id = "" if found is None else found.parent
    if found is None or vpc_id != table.parent:
        raise ActionError("InvalidNextHopId.NotFound", "Specified next hop does not exist.", 404)
    return found


def _check_settled(call: Call, table: Resource, next_hop: Resource) -> None:
    if call.status(table) != "Available":
        raise ActionError(
            "IncorrectStatus.RouteTableStatus", "Current route table status does not support this operation."
        )
    if call.status(next_hop) not in _USABLE:
        raise ActionError("IncorrectInstanceStatus", "Current instance status does not support this operation.")
    for sibling in call.list("route_table", parent=table.parent):
        if any(call.status(entry) != "Available" for entry in call.list("route_entry", parent=sibling.id)):
            raise ActionError("TaskConflict", "The operation conflicts with another one in the same VPC.")


def _check_local_ranges(call: Call, table: Resource, destination: IPv4Network | IPv6Network) -> None:
    for cidr in local_ranges(call, table.parent):
        local = ip_network(cidr)
        # Routes may be narrower than the services' range, but neither equal to a vSwitch's nor inside it.
        if destination == local or (cidr != CLOUD_SERVICES_CIDR and _is_inside(destination, local)):
            raise ActionError("InvalidCIDRBlock.Duplicate", "Specified CIDR block is already exists.")


def _is_inside(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _named(call: Call) -> Resource:
    params = call.params
    missing = ActionError("InvalidRouteEntry.NotFound", "Specified route entry does not exist.", 404)
    if "RouteEntryId" in params:
        return call.get("route_entry", params.text("RouteEntryId"), missing)
    table = get_route_table(call)
    destination = str(_checked_destination(params.required("DestinationCidrBlock")))
    for entry in call.list("route_entry", parent=table.id):
        document = entry.document
        if document["DestinationCidrBlock"] == destination and params.text("NextHopId") in ("", document["NextHopId"]):
            return entry
    if destination in local_ranges(call, table.parent):
        # The service's own spelling.
        raise ActionError("Forbbiden", "System route entries cannot be deleted.")
    raise missing


READS = {"DescribeRouteTables": describe_route_tables}
WRITES = {"CreateRouteEntry": create_route_entry, "DeleteRouteEntry": delete_route_entry}
