"""alicloud_eip_association: id `<AllocationId>:<InstanceId>`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import nested

_REPEAT_CREATE = (
    "TaskConflict",
    "OperationConflict",
    "IncorrectStatus",
    "ServiceUnavailable",
    "SystemBusy",
    "LastTokenProcessing",
    "IncorrectEipStatus",
    "InvalidBindingStatus",
    "IncorrectInstanceStatus",
    "IncorrectStatus.NatGateway",
    "InvalidStatus.EcsStatusNotSupport",
    "InvalidStatus.InstanceHasBandWidth",
    "InvalidStatus.EniStatusNotSupport",
    "OperationFailed.EcsMigrating",
)
_REPEAT_DELETE = (
    "OperationConflict",
    "IncorrectStatus",
    "ServiceUnavailable",
    "SystemBusy",
    "LastTokenProcessing",
    "OperationFailed.LastTokenProcessing",
    "IncorrectEipStatus",
    "InvalidBindingStatus",
    "IncorrectInstanceStatus",
    "IncorrectHaVipStatus",
    "TaskConflict",
    "InvalidIpStatus.HasBeenUsedBySnatTable",
    "InvalidIpStatus.HasBeenUsedByForwardEntry",
    "InvalidStatus.EniStatusNotSupport",
    "InvalidStatus.EcsStatusNotSupport",
    "InvalidStatus.NotAllow",
    "InvalidStatus.SnatOrDnat",
)


def create(record: Record, connection: Connection) -> None:
    """Bind the address. There is no wait: the read that follows must already show the binding."""
    allocation, instance = record.get("allocation_id"), record.get("instance_id")
    connection.call(
        VPC,
        "AssociateEipAddress",
        {
            "InstanceId": instance,
            "AllocationId": allocation,
            "RegionId": connection.region,
            "ClientToken": client_token("AssociateEipAddress"),
            "InstanceType": _instance_type(record, instance),
            "PrivateIpAddress": record.ok("private_ip_address"),
            "Mode": record.ok("mode"),
            "VpcId": record.ok("vpc_id"),
        },
        subject="alicloud_eip_association",
        repeat_on=_REPEAT_CREATE,
        timeout_seconds=record.timeout_seconds("create"),
    )
    record.id = f"{allocation}:{instance}"
    read(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the binding."""
    answer = _describe(record, connection)
    record.set_present(
        answer,
        {
            "instance_type": "InstanceType",
            "mode": "Mode",
            "private_ip_address": "PrivateIpAddress",
            "vpc_id": "VpcId",
        },
    )
    allocation, instance = record.id.split(":")
    record.set("allocation_id", allocation)
    record.set("instance_id", instance)


def update(record: Record, connection: Connection) -> None:
    """Change the mode."""
    if record.has_change("mode"):
        connection.call(
            VPC,
            "ModifyEipForwardMode",
            {
                "InstanceId": record.id.split(":")[0],
                "RegionId": connection.region,
                "ClientToken": client_token("ModifyEipForwardMode"),
                "Mode": record.get("mode"),
            },
            subject=record.id,
            timeout_seconds=record.timeout_seconds("update"),
        )
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Unbind the address and wait until that shows."""
    timeout = record.timeout_seconds("delete")
    allocation, instance = record.id.split(":")
    connection.call(
        VPC,
        "UnassociateEipAddress",
        {
            "AllocationId": allocation,
            "InstanceId": instance,
            "RegionId": connection.region,
            "ClientToken": client_token("UnassociateEipAddress"),
            "InstanceType": _instance_type(record, instance),
            "PrivateIpAddress": record.ok("private_ip_address"),
            "Force": record.given("force"),
        },
        subject=record.id,
        repeat_on=_REPEAT_DELETE,
        timeout_seconds=timeout,
    )
    connection.await_state(
        record.id,
        lambda: str(_describe(record, connection).get("PrivateIpAddress")),
        (),
        timeout_seconds=timeout,
        delay_seconds=5,
    )


def _instance_type(record: Record, instance: str) -> str:
    given = record.ok("instance_type")
    if given:
        return str(given)
    if instance.startswith("lb-"):
        return "SlbInstance"
    return "Nat" if instance.startswith("ngw-") else "EcsInstance"


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    allocation, instance = record.id.split(":")
    request = {"AllocationId": allocation, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeEipAddresses", request, subject=record.id)
    for address in nested(answer, "EipAddresses", "EipAddress"):
        if address.get("InstanceId") == instance:
            return dict(address)
    raise ObjectMissing("Association", record.id)


OPERATIONS = Operations(create, read, update, delete, id_parts=2)
