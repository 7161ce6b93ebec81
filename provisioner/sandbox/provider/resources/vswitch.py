"""alicloud_vswitch: id `VSwitchId`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import InvalidRequest, ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags

_REPEAT_CREATE = (
    "TaskConflict",
    "IncorrectStatus.cbnStatus",
    "InvalidStatus.RouteEntry",
    "OperationFailed.IdempotentTokenProcessing",
    "IncorrectStatus",
    "CreateVSwitch.IncorrectStatus.cbnStatus",
    "IncorrectVSwitchStatus",
    "OperationConflict",
    "OperationFailed.DistibuteLock",
    "OperationFailed.NotifyCenCreate",
)
_REPEAT_MODIFY = (
    "OperationConflict",
    "OperationFailed.LastTokenProcessing",
    "IncorrectStatus.VSwitch",
    "IncorrectStatus.VpcRouteEntry",
    "ServiceUnavailable",
)
_REPEAT_DELETE = (
    "DependencyViolation",
    "DependencyViolation.SnatEntry",
    "DependencyViolation.MulticastDomain",
    "OperationConflict",
    "IncorrectRouteEntryStatus",
    "InternalError",
    "TaskConflict",
    "DependencyViolation.EnhancedNatgw",
    "DependencyViolation.RouteTable",
    "DependencyViolation.HaVip",
    "DeleteVSwitch.IncorrectStatus.cbnStatus",
    "SystemBusy",
    "IncorrectVSwitchStatus",
    "LastTokenProcessing",
    "OperationDenied.OtherSubnetProcessing",
    "DependencyViolation.SNAT",
    "DependencyViolation.NetworkAcl",
)


def create(record: Record, connection: Connection) -> None:
    """Create the vSwitch, wait for it, then tag it."""
    timeout = record.timeout_seconds("create")
    request = {
        "ZoneId": record.ok("zone_id") or record.ok("availability_zone"),
        "Ipv6CidrBlock": record.given("ipv6_cidr_block_mask"),
    }
    if record.get("is_default"):
        action = "CreateDefaultVSwitch"
    else:
        action = "CreateVSwitch"
        request |= {
            "CidrBlock": record.get("cidr_block"),
            "VpcId": record.get("vpc_id"),
            "VSwitchName": record.ok("vswitch_name") or record.ok("name"),
            "Description": record.ok("description"),
            "VpcIpv6CidrBlock": record.ok("vpc_ipv6_cidr_block"),
        }
    answer = connection.call(
        VPC,
        action,
        {"RegionId": connection.region, "ClientToken": client_token(action), **request},
        subject="alicloud_vswitch",
        repeat_on=_REPEAT_CREATE,
        renew_token=True,
        timeout_seconds=timeout,
    )
    record.id = answer["VSwitchId"]
    await_status(record, connection, _describe, ("Available",), timeout, delay_seconds=0)
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the vSwitch."""
    answer = _describe(record, connection)
    record.set_all(
        answer,
        {
            "cidr_block": "CidrBlock",
            "create_time": "CreationTime",
            "description": "Description",
            "ipv6_cidr_block": "Ipv6CidrBlock",
            "is_default": "IsDefault",
            "status": "Status",
            "vswitch_name": "VSwitchName",
            "vpc_id": "VpcId",
            "zone_id": "ZoneId",
        },
    )
    record.set("tags", read_tags(nested(answer, "Tags", "Tag")))
    record.set("name", record.get("vswitch_name"))
    record.set("availability_zone", record.get("zone_id"))
    if record.given("enable_ipv6") is None:
        # An answer without the key counts as enabled: the real provider compares its text, "<nil>", with "".
        record.set("enable_ipv6", answer.get("Ipv6CidrBlock") != "")


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create only the tags. IPv6 settings count as done only when all is done."""
    record.begin_partial()
    if not record.is_new:
        _modify(record, connection, record.timeout_seconds("update"))
    change_tags(record, connection, VPC, "VSWITCH")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the vSwitch and wait until it is gone."""
    timeout = record.timeout_seconds("delete")
    removed = connection.remove(
        VPC,
        "DeleteVSwitch",
        {"VSwitchId": record.id, "RegionId": connection.region},
        gone_on=("InvalidVswitchID.NotFound", "InvalidVSwitchId.NotFound"),
        missing_is_gone=False,
        subject=record.id,
        repeat_on=_REPEAT_DELETE,
        is_sent_once=True,
        timeout_seconds=timeout,
    )
    if removed:
        await_status(record, connection, _describe, (), timeout, delay_seconds=0)


def _modify(record: Record, connection: Connection, timeout: float) -> None:
    change = record.changes({"name": "VSwitchName", "vswitch_name": "VSwitchName", "description": "Description"})
    must_send = bool(change) or record.has_change("vpc_ipv6_cidr_block")
    change["VpcIpv6CidrBlock"] = record.ok("vpc_ipv6_cidr_block")
    if record.has_change("enable_ipv6", "ipv6_cidr_block_mask"):
        if record.get("enable_ipv6"):
            if record.given("ipv6_cidr_block_mask") is None:
                raise InvalidRequest(
                    "`ipv6_cidr_block_mask` is required when enabling `enable_ipv6` for an existing vswitch"
                )
            if not record.has_change("enable_ipv6"):
                _release_ipv6_block(record, connection, timeout)
            change |= {"EnableIPv6": True, "Ipv6CidrBlock": record.get("ipv6_cidr_block_mask")}
            must_send = True
        elif record.has_change("enable_ipv6"):
            change["EnableIPv6"] = False
            must_send = True
    if not must_send:
        return
    _send_modification(record, connection, change, timeout, _REPEAT_MODIFY)
    record.note("vswitch_name")
    record.note("description")


def _release_ipv6_block(record: Record, connection: Connection, timeout: float) -> None:
    # The block of an IPv6 vSwitch cannot be changed in place.
    if _describe(record, connection).get("Ipv6CidrBlock"):
        _send_modification(record, connection, {"EnableIPv6": False}, timeout, ())


def _send_modification(
    record: Record, connection: Connection, change: dict[str, Any], timeout: float, repeat_on: tuple[str, ...]
) -> None:
    connection.call(
        VPC,
        "ModifyVSwitchAttribute",
        {"VSwitchId": record.id, "RegionId": connection.region, **change},
        subject=record.id,
        repeat_on=repeat_on,
        is_sent_once=True,
        timeout_seconds=timeout,
    )
    await_status(record, connection, _describe, ("Available",), timeout, delay_seconds=0)


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"VSwitchId": record.id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeVSwitchAttributes", request, subject=record.id)
    if answer.get("VSwitchId") == "":
        raise ObjectMissing("Vswitch", record.id)
    return answer


OPERATIONS = Operations(create, read, update, delete)
