"""alicloud_nat_gateway: id `NatGatewayId`."""

from __future__ import annotations

import json
from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing, ServiceRefused
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags

_CHARGE_TYPES = {"PayAsYouGo": "PostPaid", "Subscription": "PrePaid"}
_PAYMENT_TYPES = {charge: payment for payment, charge in _CHARGE_TYPES.items()}
_MOST_MONTHS = 9  # a longer period is sent in years


def create(record: Record, connection: Connection) -> None:
    """Create the gateway, wait for it, then do what an update does."""
    timeout = record.timeout_seconds("create")
    payment = record.ok("payment_type")
    request: dict[str, Any] = {
        "Description": record.ok("description"),
        "InternetChargeType": record.ok("internet_charge_type"),
        "Name": record.ok("nat_gateway_name") or record.ok("name"),
        "NatType": record.get("nat_type"),
        "InstanceChargeType": _CHARGE_TYPES.get(payment, payment) if payment else record.ok("instance_charge_type"),
        "RegionId": connection.region,
        "Spec": record.ok("specification"),
        "VSwitchId": record.ok("vswitch_id"),
        "NetworkType": record.ok("network_type"),
        "VpcId": record.get("vpc_id"),
        "EipBindMode": record.ok("eip_bind_mode"),
        "IcmpReplyEnabled": record.given("icmp_reply_enabled"),
        "PrivateLinkEnabled": record.given("private_link_enabled"),
        "AccessMode": _access_mode(record),
        "AvailabilityMode": record.ok("availability_mode"),
        "ClientToken": client_token("CreateNatGateway"),
    }
    if request["InstanceChargeType"] == "PrePaid":
        period = record.get("period")
        in_years = period > _MOST_MONTHS
        request |= {
            "Duration": str(period // 12 if in_years else period),
            "PricingCycle": "Year" if in_years else "Month",
            "AutoPay": True,
        }
    answer = connection.call(
        VPC,
        "CreateNatGateway",
        request,
        subject="alicloud_nat_gateway",
        repeat_on=("TaskConflict", "VswitchStatusError", "IncorrectStatus.VSWITCH", "OperationConflict"),
        renew_token=True,
        timeout_seconds=timeout,
    )
    record.id = answer["NatGatewayId"]
    await_status(record, connection, _describe, ("Available",), timeout)
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the gateway and its tags."""
    answer = _describe(record, connection)
    record.set_all(
        answer,
        {
            "description": "Description",
            "internet_charge_type": "InternetChargeType",
            "nat_gateway_name": "Name",
            "name": "Name",
            "nat_type": "NatType",
            "instance_charge_type": "InstanceChargeType",
            "network_type": "NetworkType",
            "eip_bind_mode": "EipBindMode",
            "availability_mode": "AvailabilityMode",
            "specification": "Spec",
            "status": "Status",
            "vpc_id": "VpcId",
            "deletion_protection": "DeletionProtection",
            "icmp_reply_enabled": "IcmpReplyEnabled",
            "private_link_enabled": "PrivateLinkEnabled",
        },
    )
    charge = answer["InstanceChargeType"]
    record.set("payment_type", _PAYMENT_TYPES.get(charge, charge))
    record.set("forward_table_ids", ",".join(nested(answer, "ForwardTableIds", "ForwardTableId")))
    record.set("snat_table_ids", ",".join(nested(answer, "SnatTableIds", "SnatTableId")))
    record.set("vswitch_id", answer["NatGatewayPrivateInfo"].get("VswitchId"))
    tags = connection.call(
        VPC,
        "ListTagResources",
        {"RegionId": connection.region, "ResourceType": "NATGATEWAY", "ResourceId": [record.id]},
        subject=record.id,
    )
    record.set("tags", read_tags(nested(tags, "TagResources", "TagResource")))
    if "AccessMode" in answer:
        mode = answer["AccessMode"]
        record.set("access_mode", [{"mode_value": mode.get("ModeValue"), "tunnel_type": mode.get("TunnelType")}])


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create only tags and deletion protection."""
    record.begin_partial()
    timeout = record.timeout_seconds("update")
    change_tags(record, connection, VPC, "NATGATEWAY")
    if record.has_change("deletion_protection"):
        connection.call(
            VPC,
            "DeletionProtection",
            {
                "RegionId": connection.region,
                "InstanceId": record.id,
                "ProtectionEnable": record.get("deletion_protection"),
                "Type": "NATGW",
                "ClientToken": client_token("DeletionProtection"),
            },
            subject=record.id,
            timeout_seconds=timeout,
        )
    if not record.is_new:
        _modify(record, connection)
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the gateway and wait until it is gone; a subscription is only forgotten."""
    if record.get("payment_type") == "Subscription" or record.get("instance_charge_type") == "Prepaid":
        return
    timeout = record.timeout_seconds("delete")
    removed = connection.remove(
        VPC,
        "DeleteNatGateway",
        {"NatGatewayId": record.id, "Force": record.given("force"), "RegionId": connection.region},
        gone_on=(
            "INSTANCE_NOT_EXISTS",
            "IncorrectStatus.NatGateway",
            "InvalidNatGatewayId.NotFound",
            "InvalidRegionId.NotFound",
        ),
        missing_is_gone=False,
        subject=record.id,
        repeat_on=("DependencyViolation.BandwidthPackages", "DependencyViolation.EIPS", "OperationConflict"),
        timeout_seconds=timeout,
    )
    if removed:
        await_status(record, connection, _describe, (), timeout)


def _modify(record: Record, connection: Connection) -> None:
    target = {"NatGatewayId": record.id, "RegionId": connection.region}
    names = {
        "description": "Description",
        "nat_gateway_name": "Name",
        "name": "Name",
        "eip_bind_mode": "EipBindMode",
        "icmp_reply_enabled": "IcmpReplyEnabled",
    }
    change = record.changes(names)
    if change:
        _send(record, connection, "ModifyNatGatewayAttribute", {**target, **change}, ("IncorrectStatus.NATGW",))
    if record.has_change("specification"):
        request = {**target, "Spec": record.get("specification")}
        _send(record, connection, "ModifyNatGatewaySpec", request, ("IncorrectStatus.NatGateway",))
    if record.has_change("nat_type", "vswitch_id"):
        request = {
            **target,
            "NatType": record.get("nat_type"),
            "VSwitchId": record.get("vswitch_id"),
            "DryRun": record.given("dry_run"),
            "ClientToken": client_token("UpdateNatGatewayNatType"),
        }
        repeat_on = ("OperationFailed.NatGwRouteInMiddleStatus", "TaskConflict", "UnknownError")
        _send(record, connection, "UpdateNatGatewayNatType", request, repeat_on)


def _send(
    record: Record, connection: Connection, action: str, request: dict[str, Any], repeat_on: tuple[str, ...]
) -> None:
    timeout = record.timeout_seconds("update")
    connection.call(VPC, action, request, subject=record.id, repeat_on=repeat_on, timeout_seconds=timeout)
    await_status(record, connection, _describe, ("Available",), timeout)


def _access_mode(record: Record) -> str | None:
    if not record.ok("access_mode"):
        return None
    mode: dict[str, str] = {}
    for element in record.get("access_mode"):
        mode |= {key: element[name] for name, key in _ACCESS_MODE_KEYS.items() if element.get(name)}
    return json.dumps(mode)


_ACCESS_MODE_KEYS = {"mode_value": "ModeValue", "tunnel_type": "TunnelType"}


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"RegionId": connection.region, "NatGatewayId": record.id}
    try:
        answer = connection.call(VPC, "DescribeNatGateways", request, subject=record.id, repeat_transient=False)
    except ServiceRefused as refused:
        if refused.is_any_of(("InvalidNatGatewayId.NotFound", "InvalidRegionId.NotFound")):
            raise ObjectMissing("NatGateway", record.id) from refused
        raise
    gateways = nested(answer, "NatGateways", "NatGateway")
    if not gateways or gateways[0]["NatGatewayId"] != record.id:
        raise ObjectMissing("VPC", record.id)
    return dict(gateways[0])


OPERATIONS = Operations(create, read, update, delete)
