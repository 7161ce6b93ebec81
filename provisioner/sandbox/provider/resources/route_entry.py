"""
alicloud_route_entry: id `<RouteTableId>:<VRouterId>:<destination>:<next hop type>:<next hop id>`.

The colons of an IPv6 destination are underscores in the id. A route is found and removed by what it says.
"""

from __future__ import annotations

import math
from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import (
    Client,
    InvalidRequest,
    ObjectMissing,
    PollExpired,
    ServiceRefused,
    WaitExpired,
)
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import nested

_POLL_SECONDS = 120.0
_DUPLICATES = ("RouterEntryConflict.Duplicated", "Duplicated.VpcNextHop", "InvalidCIDRBlock.Duplicate")
_REPEAT = (
    "TaskConflict",
    "OperationConflict",
    "IncorrectRouteEntryStatus",
    "IncorrectVpcStatus",
    "IncorrectHaVipStatus",
    "IncorrectInstanceStatus",
    "InvalidVBRStatus",
    "IncorrectStatus.Ipv4Gateway",
    "IncorrectStatus.Ipv6Address",
    "LastTokenProcessing",
    "IncorrectStatus.VpcPeer",
    "IncorrectStatus.MultiScopeRiRouteEntry",
    "IncorrectStatus.RouteTableStatus",
    "OperationFailed.DistibuteLock",
    "ServiceUnavailable",
    "SystemBusy",
    "UnknownError",
    "IncorrectStatus.PrefixList",
)
_REPEAT_CREATE = (*_REPEAT, "IncorrectVSwitchStatus", "IncorrectStatus.RouterInterface")
_REPEAT_DELETE = (*_REPEAT, "Forbbiden")  # the service's own spelling


def create(record: Record, connection: Connection) -> None:
    """Add the route once the table's others have settled, then wait for it; one route at a time."""
    table_id, destination = record.get("route_table_id"), record.ok("destination_cidrblock")
    router_id = _describe_table(table_id, connection)["VRouterId"]
    hop_type, hop_id = record.get("nexthop_type"), record.get("nexthop_id")
    identifier = ":".join((table_id, router_id, (destination or "").replace(":", "_"), hop_type, hop_id))
    with connection.turn:
        try:
            connection.call(
                VPC,
                "CreateRouteEntry",
                {
                    "RegionId": connection.region,
                    "RouteTableId": table_id,
                    "DestinationCidrBlock": destination,
                    "NextHopType": hop_type or None,
                    "NextHopId": hop_id or None,
                    "ClientToken": client_token("CreateRouteEntry"),
                    "RouteEntryName": record.ok("name"),
                    "Description": record.ok("description"),
                },
                subject="alicloud_route_entry",
                client=Client.TYPED,
                repeat_on=_REPEAT_CREATE,
                before_each=lambda: _await_settled(table_id, connection),
                timeout_seconds=record.timeout_seconds("create"),
            )
        except ServiceRefused as refused:
            if refused.is_any_of(_DUPLICATES):
                raise InvalidRequest(_already_there(identifier)) from refused
            raise
        record.id = identifier
        _await_route(record, connection, ("Available",))
        read(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the route."""
    route = _describe(record, connection)
    for name, key in (
        ("route_table_id", "RouteTableId"),
        ("destination_cidrblock", "DestinationCidrBlock"),
        ("nexthop_type", "NextHopType"),
        ("nexthop_id", "InstanceId"),
        ("name", "RouteEntryName"),
        ("description", "Description"),
    ):
        record.set(name, route.get(key, ""))
    record.set("router_id", record.id.split(":")[1])


def delete(record: Record, connection: Connection) -> None:
    """Remove the route once the table's others have settled, and wait until it is gone; one route at a time."""
    _await_settled(record.id.split(":")[0], connection)
    with connection.turn:
        removed = connection.remove(
            VPC,
            "DeleteRouteEntry",
            {
                "RegionId": connection.region,
                "RouteTableId": record.ok("route_table_id"),
                "DestinationCidrBlock": record.ok("destination_cidrblock"),
                "NextHopId": record.ok("nexthop_id"),
            },
            gone_on=("InvalidRouteEntry.NotFound",),
            missing_is_gone=False,
            subject=record.id,
            client=Client.TYPED,
            repeat_on=_REPEAT_DELETE,
            timeout_seconds=record.timeout_seconds("delete"),
        )
        if removed:
            _await_route(record, connection, ())


def _already_there(identifier: str) -> str:
    return (
        f"The route entry {identifier} already exists on the cloud, but it was not created by this apply (a duplicate "
        "error means another request - such as a prior apply, the console, or another tool - created it). Please "
        f"import it using ID '{identifier}' or specify a new 'destination_cidrblock' and try again."
    )


def _await_settled(table_id: str, connection: Connection) -> None:
    """Return when all routes of the table are available."""

    def read_state() -> str:
        routes = nested(_describe_table(table_id, connection), "RouteEntrys", "RouteEntry")
        return next((route["Status"] for route in routes if route["Status"] != "Available"), "Available")

    try:
        connection.await_state(table_id, read_state, ("Available",), timeout_seconds=_POLL_SECONDS, misses_tolerated=0)
    except WaitExpired as expired:
        # What it got and what it expected is mixed up in the real provider's text.
        function = "WaitForAllRouteEntriesAvailable"
        raise PollExpired(table_id, function, got="Available", expected="Null", seconds=expired.seconds) from expired


def _await_route(record: Record, connection: Connection, wanted: tuple[str, ...]) -> None:
    """Return when the route has the status, or, when `wanted` is empty, is gone."""
    try:
        connection.await_state(
            record.id,
            lambda: str(_describe(record, connection)["Status"]),
            wanted,
            timeout_seconds=_POLL_SECONDS,
            misses_tolerated=math.inf,
        )
    except WaitExpired as expired:
        raise PollExpired(
            record.id,
            "WaitForRouteEntry",
            got=expired.last,
            expected=wanted[0] if wanted else "Deleted",
            seconds=expired.seconds,
            missing=None if expired.last else ObjectMissing("RouteEntry", record.id),
        ) from expired


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    table_id, _router_id, destination, hop_type, hop_id = record.id.split(":")
    request = {"RegionId": connection.region, "RouteTableId": table_id}
    answer = connection.call(VPC, "DescribeRouteTables", request, subject=record.id, client=Client.TYPED)
    wanted = (destination.replace("_", ":"), hop_type, hop_id)
    for table in nested(answer, "RouteTables", "RouteTable"):
        for route in nested(table, "RouteEntrys", "RouteEntry"):
            if (route["DestinationCidrBlock"], route["NextHopType"], route["InstanceId"]) == wanted:
                return dict(route)
    raise ObjectMissing("RouteEntry", record.id)


def _describe_table(table_id: str, connection: Connection) -> dict[str, Any]:
    request = {"RegionId": connection.region, "RouteTableId": table_id}
    answer = connection.call(VPC, "DescribeRouteTables", request, subject="", client=Client.TYPED)
    tables = nested(answer, "RouteTables", "RouteTable")
    if not tables or tables[0]["RouteTableId"] != table_id:
        raise ObjectMissing("RouteTable", table_id)
    return dict(tables[0])


# Nothing is changed in place: every attribute replaces the route.
OPERATIONS = Operations(create, read, read, delete, id_parts=5)
