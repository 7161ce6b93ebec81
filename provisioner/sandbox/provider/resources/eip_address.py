"""alicloud_eip_address: id `AllocationId`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags

_CHARGE_TYPES = {"PayAsYouGo": "PostPaid", "Subscription": "PrePaid"}
_PAYMENT_TYPES = {charge: payment for payment, charge in _CHARGE_TYPES.items()}
_MOST_MONTHS = 9  # a longer period is sent in years
_BUSY = ("OperationConflict", "LastTokenProcessing", "IncorrectStatus", "SystemBusy", "ServiceUnavailable")
_REPEAT_LOG = (
    *_BUSY,
    "IncorrectEipStatus",
    "IncorrectInstanceStatus",
    "InvalidBindingStatus",
    "IncorrectStatus.NatGateway",
    "InvalidStatus.EcsStatusNotSupport",
    "InvalidStatus.InstanceHasBandWidth",
    "InvalidStatus.EniStatusNotSupport",
    "TaskConflict",
)


def create(record: Record, connection: Connection) -> None:
    """Allocate the address, wait for it, then do what an update does."""
    timeout = record.timeout_seconds("create")
    charge = record.ok("payment_type") or record.ok("instance_charge_type")
    request: dict[str, Any] = {
        "InstanceId": record.get("allocation_id"),
        "RegionId": connection.region,
        "ClientToken": client_token("AllocateEipAddress"),
        "Bandwidth": record.ok("bandwidth"),
        "ResourceGroupId": record.ok("resource_group_id"),
        "IpAddress": record.ok("ip_address"),
        "Description": record.ok("description"),
        "Name": record.ok("address_name") or record.ok("name"),
        "Netmode": record.ok("netmode"),
        "SecurityProtectionTypes": record.ok("security_protection_types"),
        "ISP": record.ok("isp"),
        "Period": record.ok("period"),
        "ActivityId": record.ok("activity_id"),
        "AutoPay": record.given("auto_pay"),
        "PricingCycle": record.ok("pricing_cycle"),
        "PublicIpAddressPoolId": record.ok("public_ip_address_pool_id"),
        "InstanceChargeType": _CHARGE_TYPES.get(charge, charge) if charge else None,
        "Zone": record.ok("zone"),
        "InternetChargeType": record.ok("internet_charge_type"),
    }
    if request["InstanceChargeType"] == "PrePaid":
        period = record.ok("period") or 1
        in_years = period > _MOST_MONTHS
        request |= {
            "Period": period // 12 if in_years else period,
            "PricingCycle": record.ok("pricing_cycle") or ("Year" if in_years else "Month"),
            "AutoPay": True if record.given("auto_pay") is None else record.get("auto_pay"),
        }
    answer = connection.call(
        VPC,
        "AllocateEipAddress",
        request,
        subject="alicloud_eip_address",
        repeat_on=(*_BUSY, "FrequentPurchase.EIP"),
        timeout_seconds=timeout,
    )
    record.id = answer["AllocationId"]
    await_status(record, connection, _describe, ("Available", "InUse"), timeout)
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the address."""
    answer = _describe(record, connection)
    record.set_present(
        answer,
        {
            "address_name": "Name",
            "bandwidth": "EipBandwidth" if "EipBandwidth" in answer else "Bandwidth",
            "create_time": "AllocationTime",
            "deletion_protection": "DeletionProtection",
            "description": "Description",
            "high_definition_monitor_log_status": "HDMonitorStatus",
            "internet_charge_type": "InternetChargeType",
            "ip_address": "IpAddress",
            "isp": "ISP",
            "mode": "Mode",
            "netmode": "Netmode",
            "public_ip_address_pool_id": "PublicIpAddressPoolId",
            "resource_group_id": "ResourceGroupId",
            "status": "Status",
            "zone": "Zone",
        },
    )
    charge = answer.get("ChargeType")
    if charge is not None:
        record.set("payment_type", _PAYMENT_TYPES.get(charge, charge))
    record.set("security_protection_types", nested(answer, "SecurityProtectionTypes", "SecurityProtectionType"))
    record.set("tags", read_tags(nested(answer, "Tags", "Tag")))
    if record.get("high_definition_monitor_log_status") == "ON":
        log = connection.call(
            VPC,
            "DescribeHighDefinitionMonitorLogAttribute",
            {"InstanceId": record.id, "RegionId": connection.region},
            subject=record.id,
        )
        record.set_present(log, {"log_project": "LogProject", "log_store": "LogStore"})
        charge = None  # the real provider looks for it in this second answer, which does not have it
    record.set("allocation_id", record.id)
    record.set("name", record.get("address_name"))
    record.set("instance_charge_type", charge)


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create that is what the create call does not take."""
    record.begin_partial()
    timeout = record.timeout_seconds("update")
    region = {"RegionId": connection.region}

    def send(action: str, request: dict[str, Any], repeat_on: tuple[str, ...] = ()) -> None:
        connection.call(
            VPC, action, {**region, **request}, subject=record.id, repeat_on=repeat_on, timeout_seconds=timeout
        )

    if not record.is_new:
        names = {"bandwidth": "Bandwidth", "description": "Description", "name": "Name", "address_name": "Name"}
        change = record.changes(names)
        if change:
            send(
                "ModifyEipAddressAttribute",
                {"AllocationId": record.id, **change},
                (*_BUSY, "IncorrectEipStatus", "IncorrectStatus.ResourceStatus", "VPC_TASK_CONFLICT"),
            )
            await_status(record, connection, _describe, ("Available", "InUse"), timeout)
    names = {"log_project": "LogProject", "log_store": "LogStore", "high_definition_monitor_log_status": "Status"}
    log = record.changes(names)
    if log:
        send("SetHighDefinitionMonitorLogStatus", {"InstanceId": record.id, "InstanceType": "EIP", **log}, _REPEAT_LOG)
    if not record.is_new and record.has_change("resource_group_id") and record.ok("resource_group_id"):
        group = {"NewResourceGroupId": record.get("resource_group_id"), "ResourceType": "EIP"}
        send("MoveResourceGroup", {"ResourceId": record.id, **group})
    if record.has_change("deletion_protection"):
        token = client_token("DeletionProtection")
        protection = {"ProtectionEnable": record.get("deletion_protection"), "Type": "EIP", "ClientToken": token}
        send("DeletionProtection", {"InstanceId": record.id, **protection})
    if record.has_change("mode"):
        token = client_token("ModifyEipForwardMode")
        send("ModifyEipForwardMode", {"InstanceId": record.id, "Mode": record.get("mode"), "ClientToken": token})
    change_tags(record, connection, VPC, "EIP")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Release the address and wait until it is gone; a subscription is only forgotten."""
    if record.get("payment_type") == "Subscription":
        return
    timeout = record.timeout_seconds("delete")
    connection.call(
        VPC,
        "ReleaseEipAddress",
        {"AllocationId": record.id, "RegionId": connection.region},
        subject=record.id,
        repeat_on=(*_BUSY, "IncorrectEipStatus", "TaskConflict.AssociateGlobalAccelerationInstance"),
        timeout_seconds=timeout,
    )
    await_status(record, connection, _describe, (), timeout)


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"AllocationId": record.id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeEipAddresses", request, subject=record.id)
    addresses = nested(answer, "EipAddresses", "EipAddress")
    if not addresses:
        raise ObjectMissing("Address", record.id)
    return dict(addresses[0])


OPERATIONS = Operations(create, read, update, delete)
