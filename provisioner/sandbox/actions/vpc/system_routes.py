"""
What the cloud itself puts into route tables; no action of its own.

That is the system table of each VPC, the local routes in every table, and the default routes to the first NAT gateway
and to the IPv6 gateway of a VPC.
"""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.resource import INHERENT, Resource

CLOUD_SERVICES_CIDR = "100.64.0.0/10"


def create_system_route_table(call: Call, vpc: Resource) -> Resource:
    """Add the table that a VPC is born with."""
    document = {"RouteTableType": "System", "VRouterId": vpc.document["VRouterId"], "Tags": {}, INHERENT: True}
    return call.create(
        "route_table", call.new_id("vtb", vpc.region), region=vpc.region, parent=vpc.id, document=document
    )


def is_system(table: Resource) -> bool:
    """Return whether a route table is its VPC's system table."""
    return bool(table.document["RouteTableType"] == "System")


def system_table_of(call: Call, vpc_id: str) -> Resource:
    """Return the system table of a VPC."""
    return next(table for table in call.list("route_table", parent=vpc_id) if is_system(table))


def table_id_of(call: Call, vswitch: Resource) -> str:
    """Return the id of the route table that a vSwitch uses: the custom one it is bound to, else the system table."""
    if bound_to := vswitch.document.get("RouteTableId"):
        return str(bound_to)
    # A fault may hide a new VPC and its table from who reads.
    return next((table.id for table in call.list("route_table", parent=vswitch.parent) if is_system(table)), "")


def local_ranges(call: Call, vpc_id: str) -> list[str]:
    """Return the ranges that every route table of a VPC routes by itself: those of its vSwitches, and the services'."""
    ranges = []
    for vswitch in call.list("vswitch", parent=vpc_id):
        ranges += [vswitch.document["CidrBlock"], vswitch.document.get("Ipv6CidrBlock", "")]
    return [*filter(None, ranges), CLOUD_SERVICES_CIDR]


def add_route(
    call: Call,
    table: Resource,
    destination: str,
    next_hop_type: str,
    next_hop_id: str,
    *,
    name: str = "",
    description: str = "",
    inherent: bool = False,
) -> Resource:
    """Add a custom route to a table; an inherent one comes and goes with its next hop."""
    document: dict[str, Any] = {
        "DestinationCidrBlock": destination,
        "NextHopType": next_hop_type,
        "NextHopId": next_hop_id,
        "Description": description,
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    if inherent:
        document[INHERENT] = True
    entry_id = call.new_id("rte", table.region)
    return call.create(
        "route_entry",
        entry_id,
        region=table.region,
        parent=table.id,
        name=name,
        document=document,
        links=[next_hop_id],
        settles=True,
    )


def add_default_route(call: Call, vpc_id: str, destination: str, next_hop_type: str, next_hop_id: str) -> None:
    """Route everything to a new gateway in the VPC's system table, unless that routes it elsewhere already."""
    table = system_table_of(call, vpc_id)
    entries = call.list("route_entry", parent=table.id)
    if all(entry.document["DestinationCidrBlock"] != destination for entry in entries):
        add_route(call, table, destination, next_hop_type, next_hop_id, inherent=True)


def remove_routes_to(call: Call, next_hop: Resource, *, force: bool = False) -> None:
    """Remove the routes that came with a gateway; refuse while others lead to it, or with `force` remove these too."""
    entries = call.list("route_entry", linked_to=next_hop.id)
    if not force and any(INHERENT not in entry.document for entry in entries):
        raise ActionError(
            "DependencyViolation.RouteEntry", "Specified object has dependent resources RouteEntry, delete them first."
        )
    call.vanish(entries)
