"""alicloud_route_table_attachment: id `<RouteTableId>:<VSwitchId>`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import nested

_REPEAT = (
    "IncorrectStatus.RouteTable",
    "IncorrectVSwitchStatus",
    "OperationConflict",
    "IncorrectStatus",
    "ServiceUnavailable",
    "SystemBusy",
    "OperationDenied.Ipv4GatewayNotActive",
    "LastTokenProcessing",
    "IncorrectStatus.Ipv4Gateway",
    "OperationFailed.LastTokenProcessing",
)


def create(record: Record, connection: Connection) -> None:
    """Bind the vSwitch to the table and wait until the table shows it."""
    timeout = record.timeout_seconds("create")
    table, vswitch = record.get("route_table_id"), record.get("vswitch_id")
    connection.call(
        VPC,
        "AssociateRouteTable",
        {
            "RouteTableId": table,
            "VSwitchId": vswitch,
            "RegionId": connection.region,
            "ClientToken": client_token("AssociateRouteTable"),
        },
        subject="alicloud_route_table_attachment",
        repeat_on=_REPEAT,
        renew_token=True,
        timeout_seconds=timeout,
    )
    record.id = f"{table}:{vswitch}"
    await_status(record, connection, _describe, ("Available",), timeout)
    read(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the table; its status is that of the attachment."""
    table = _describe(record, connection)
    record.set("status", table.get("Status"))
    record.set("route_table_id", table.get("RouteTableId"))
    record.set("vswitch_id", record.id.split(":")[1])


def delete(record: Record, connection: Connection) -> None:
    """Unbind the vSwitch and wait until the table no longer shows it."""
    timeout = record.timeout_seconds("delete")
    table, vswitch = record.id.split(":")
    removed = connection.remove(
        VPC,
        "UnassociateRouteTable",
        {
            "RouteTableId": table,
            "VSwitchId": vswitch,
            "RegionId": connection.region,
            "ClientToken": client_token("UnassociateRouteTable"),
        },
        gone_on=(),
        missing_is_gone=True,
        subject=record.id,
        repeat_on=_REPEAT,
        renew_token=True,
        timeout_seconds=timeout,
    )
    if removed:
        await_status(record, connection, _describe, (), timeout)


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    """Return the route table, provided that it shows the vSwitch."""
    table_id, vswitch = record.id.split(":")
    request = {"RouteTableId": table_id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeRouteTableList", request, subject=record.id)
    for table in nested(answer, "RouterTableList", "RouterTableListType"):
        if table.get("RouteTableId") == table_id and vswitch in nested(table, "VSwitchIds", "VSwitchId"):
            return dict(table)
    raise ObjectMissing("RouteTableAttachment", record.id)


# Nothing is changed in place: every attribute replaces the attachment.
OPERATIONS = Operations(create, read, read, delete, id_parts=2)
