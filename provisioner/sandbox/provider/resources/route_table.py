"""alicloud_route_table: id `RouteTableId`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing, OperationFailed
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags, tag_parameters

_REPEAT_CREATE = ("OperationConflict", "LastTokenProcessing", "IncorrectStatus", "SystemBusy", "ServiceUnavailable")
_REPEAT_MODIFY = (*_REPEAT_CREATE, "IncorrectStatus.RoutePropagationStatus")
_REPEAT_DELETE = (
    "OperationConflict",
    "DependencyViolation.RouteEntry",
    "IncorrectRouteTableStatus",
    "IncorrectStatus.cbnStatus",
    "OperationDenied.GatewayAssociated",
)


def create(record: Record, connection: Connection) -> None:
    """Create the table, wait for it, then do what an update does."""
    timeout = record.timeout_seconds("create")
    answer = connection.call(
        VPC,
        "CreateRouteTable",
        {
            "RegionId": connection.region,
            "ClientToken": client_token("CreateRouteTable"),
            "RouteTableName": record.ok("route_table_name") or record.ok("name"),
            "Description": record.ok("description"),
            "VpcId": record.get("vpc_id"),
            "AssociateType": record.ok("associate_type"),
            "Tag": tag_parameters(record.ok("tags")),
        },
        subject="alicloud_route_table",
        repeat_on=_REPEAT_CREATE,
        timeout_seconds=timeout,
    )
    record.id = answer["RouteTableId"]
    await_status(record, connection, _describe, ("Available",), timeout)
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the table."""
    answer = _describe(record, connection)
    record.set_all(
        answer,
        {
            "associate_type": "AssociateType",
            "create_time": "CreationTime",
            "description": "Description",
            "resource_group_id": "ResourceGroupId",
            "route_propagation_enable": "RoutePropagationEnable",
            "route_table_name": "RouteTableName",
            "status": "Status",
            "vpc_id": "VpcId",
        },
    )
    record.set("tags", read_tags(nested(answer, "Tags", "Tag")))
    record.set("name", record.get("route_table_name"))


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create only route propagation and tags. Partial mode is not used here."""
    names = {"name": "RouteTableName", "route_table_name": "RouteTableName", "description": "Description"}
    change = {} if record.is_new else record.changes(names)
    try:
        propagates = _describe(record, connection).get("RoutePropagationEnable")
    except OperationFailed:
        propagates = None  # the real provider does not look at this failure
    wanted = record.given("route_propagation_enable")
    is_wanted = wanted is not None if record.is_new else record.has_change("route_propagation_enable")
    if is_wanted and propagates is not wanted:
        change["RoutePropagationEnable"] = wanted
    if change:
        connection.call(
            VPC,
            "ModifyRouteTableAttributes",
            {"RouteTableId": record.id, "RegionId": connection.region, **change},
            subject=record.id,
            repeat_on=_REPEAT_MODIFY,
            timeout_seconds=record.timeout_seconds("update"),
        )
    change_tags(record, connection, VPC, "ROUTETABLE")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the table and wait until it is gone."""
    timeout = record.timeout_seconds("delete")
    removed = connection.remove(
        VPC,
        "DeleteRouteTable",
        {"RouteTableId": record.id, "RegionId": connection.region},
        gone_on=(),
        missing_is_gone=True,
        subject=record.id,
        repeat_on=_REPEAT_DELETE,
        timeout_seconds=timeout,
    )
    if removed:
        await_status(record, connection, _describe, (), timeout, delay_seconds=10)


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"RouteTableId": record.id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeRouteTableList", request, subject=record.id)
    tables = nested(answer, "RouterTableList", "RouterTableListType")
    if not tables or tables[0].get("Status") is None:
        raise ObjectMissing("RouteTable", record.id)
    return dict(tables[0])


OPERATIONS = Operations(create, read, update, delete)
