"""alicloud_vpc_ipv6_gateway: id `Ipv6GatewayId`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags

_REPEAT = (
    "IncorrectStatus.Vpc",
    "OperationConflict",
    "IncorrectStatus",
    "ServiceUnavailable",
    "LastTokenProcessing",
    "SystemBusy",
)
_PAYMENT_TYPES = {"PostPaid": "PayAsYouGo"}


def create(record: Record, connection: Connection) -> None:
    """Create the gateway, wait for it, then tag it."""
    timeout = record.timeout_seconds("create")
    answer = connection.call(
        VPC,
        "CreateIpv6Gateway",
        {
            "RegionId": connection.region,
            "ClientToken": client_token("CreateIpv6Gateway"),
            "VpcId": record.get("vpc_id"),
            "Description": record.ok("description"),
            "Name": record.ok("ipv6_gateway_name"),
            "ResourceGroupId": record.ok("resource_group_id"),
        },
        subject="alicloud_vpc_ipv6_gateway",
        repeat_on=_REPEAT,
        renew_token=True,
        timeout_seconds=timeout,
    )
    record.id = answer["Ipv6GatewayId"]
    await_status(record, connection, _describe, ("Available",), timeout, delay_seconds=0)
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the gateway."""
    answer = _describe(record, connection)
    record.set_all(
        answer,
        {
            "business_status": "BusinessStatus",
            "create_time": "CreationTime",
            "description": "Description",
            "expired_time": "ExpiredTime",
            "ipv6_gateway_id": "Ipv6GatewayId",
            "ipv6_gateway_name": "Name",
            "resource_group_id": "ResourceGroupId",
            "status": "Status",
            "vpc_id": "VpcId",
        },
    )
    charge = answer.get("InstanceChargeType")
    record.set("instance_charge_type", _PAYMENT_TYPES.get(str(charge), charge))
    record.set("tags", read_tags(nested(answer, "Tags", "Tag")))


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create only the tags."""
    record.begin_partial()
    timeout = record.timeout_seconds("update")
    if not record.is_new:
        _modify(record, connection, timeout)
        if record.has_change("resource_group_id"):
            connection.call(
                VPC,
                "MoveResourceGroup",
                {
                    "ResourceId": record.id,
                    "RegionId": connection.region,
                    "NewResourceGroupId": record.get("resource_group_id"),
                    "ResourceType": "IPV6GATEWAY",
                },
                subject=record.id,
                is_sent_once=True,
                timeout_seconds=timeout,
            )
            record.note("resource_group_id")
    change_tags(record, connection, VPC, "IPV6GATEWAY")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the gateway and wait until it is gone; one that is gone already is refused."""
    timeout = record.timeout_seconds("delete")
    connection.call(
        VPC,
        "DeleteIpv6Gateway",
        {"Ipv6GatewayId": record.id, "RegionId": connection.region},
        subject=record.id,
        repeat_on=(*_REPEAT, "DependencyViolation.Ipv6InternetBandwidth"),
        timeout_seconds=timeout,
    )
    await_status(record, connection, _describe, (), timeout, delay_seconds=0)


def _modify(record: Record, connection: Connection, timeout: float) -> None:
    change = record.changes({"description": "Description", "ipv6_gateway_name": "Name"})
    if not change:
        return
    connection.call(
        VPC,
        "ModifyIpv6GatewayAttribute",
        {"Ipv6GatewayId": record.id, "RegionId": connection.region, **change},
        subject=record.id,
        repeat_on=_REPEAT,
        timeout_seconds=timeout,
    )
    await_status(record, connection, _describe, ("Available",), timeout, delay_seconds=0)
    record.note("description")
    record.note("ipv6_gateway_name")


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"Ipv6GatewayId": record.id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeIpv6GatewayAttribute", request, subject=record.id)
    if answer.get("Status") == "":
        raise ObjectMissing("Ipv6Gateway", record.id)
    return answer


OPERATIONS = Operations(create, read, update, delete)
