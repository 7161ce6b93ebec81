"""alicloud_vpc: id `VpcId`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token, is_missing
from provisioner.sandbox.provider.failures import ObjectMissing, OperationFailed
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags, tag_parameters

_DNS_HOSTNAME = {"ENABLED": "true", "DISABLED": "false"}
_REPEAT_MODIFY = (
    "OperationFailed.LastTokenProcessing",
    "LastTokenProcessing",
    "OperationFailed.QueryCenIpv6Status",
    "IncorrectStatus",
    "OperationConflict",
    "SystemBusy",
    "ServiceUnavailable",
    "IncorrectVpcStatus",
)


def create(record: Record, connection: Connection) -> None:
    """Create the VPC, wait for it, then do what an update does."""
    timeout = record.timeout_seconds("create")
    if record.get("is_default"):
        action = "CreateDefaultVpc"
        request = {
            "Ipv6CidrBlock": record.ok("ipv6_cidr_block"),
            "EnableIpv6": record.given("enable_ipv6"),
            "ResourceGroupId": record.ok("resource_group_id"),
        }
        repeat_on: tuple[str, ...] = ("TaskConflict",)
    else:
        action = "CreateVpc"
        request = {
            "CidrBlock": record.ok("cidr_block"),
            "VpcName": record.ok("vpc_name") or record.ok("name"),
            "Description": record.ok("description"),
            "ResourceGroupId": record.ok("resource_group_id"),
            "UserCidr": ",".join(record.get("user_cidrs")) or None,
            "Ipv6Isp": record.ok("ipv6_isp"),
            "EnableIpv6": record.given("enable_ipv6"),
            "Ipv4IpamPoolId": record.ok("ipv4_ipam_pool_id"),
            "Tag": tag_parameters(record.ok("tags")),
            "DryRun": record.given("dry_run"),
            "EnableDnsHostname": _DNS_HOSTNAME.get(record.get("dns_hostname_status")),
            "Ipv4CidrMask": record.given("ipv4_cidr_mask"),
            "Ipv6CidrBlock": record.ok("ipv6_cidr_block"),
        }
        repeat_on = ("TaskConflict", "UnknownError")
    answer = connection.call(
        VPC,
        action,
        {"RegionId": connection.region, "ClientToken": client_token(action), **request},
        subject="alicloud_vpc",
        repeat_on=repeat_on,
        timeout_seconds=timeout,
    )
    record.id = answer["VpcId"]
    await_status(record, connection, _describe, ("Available",), timeout)
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the VPC and its system route table."""
    answer = _describe(record, connection)
    record.set_all(
        answer,
        {
            "cidr_block": "CidrBlock",
            "classic_link_enabled": "ClassicLinkEnabled",
            "create_time": "CreationTime",
            "description": "Description",
            "dns_hostname_status": "DnsHostnameStatus",
            "enable_ipv6": "EnabledIpv6",
            "ipv6_cidr_block": "Ipv6CidrBlock",
            "region_id": "RegionId",
            "is_default": "IsDefault",
            "status": "Status",
            "vpc_name": "VpcName",
        },
    )
    ipv6_blocks = [
        {"ipv6_cidr_block": block.get("Ipv6CidrBlock"), "ipv6_isp": block.get("Ipv6Isp")}
        for block in nested(answer, "Ipv6CidrBlocks", "Ipv6CidrBlock")
    ]
    record.set("ipv6_cidr_blocks", ipv6_blocks)
    isp = answer.get("Ipv6Isp") or (ipv6_blocks[0]["ipv6_isp"] if ipv6_blocks else None)
    if isp:
        record.set("ipv6_isp", isp)
    record.set("secondary_cidr_blocks", nested(answer, "SecondaryCidrBlocks", "SecondaryCidrBlock"))
    record.set("tags", read_tags(nested(answer, "Tags", "Tag")))
    record.set("user_cidrs", nested(answer, "UserCidrs", "UserCidr"))
    try:
        table = _describe_system_route_table(record, connection)
    except OperationFailed as failure:
        if not is_missing(failure):
            raise
        table = {}
    record.set_all(
        table,
        {
            "resource_group_id": "ResourceGroupId",
            "route_table_id": "RouteTableId",
            "router_id": "RouterId",
            "system_route_table_description": "Description",
            "system_route_table_name": "RouteTableName",
            "system_route_table_route_propagation_enable": "RoutePropagationEnable",
        },
    )
    record.set("name", record.get("vpc_name"))
    record.set("router_table_id", record.get("route_table_id"))


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create that is what the create call does not take."""
    record.begin_partial()
    timeout = record.timeout_seconds("update")
    region = {"RegionId": connection.region}
    if record.has_change("classic_link_enabled"):
        _change_classic_link(record, connection, timeout)
    if not record.is_new:
        _modify(record, connection, timeout)
        if record.has_change("resource_group_id") and record.ok("resource_group_id"):
            connection.call(
                VPC,
                "MoveResourceGroup",
                {
                    **region,
                    "ResourceId": record.id,
                    "NewResourceGroupId": record.get("resource_group_id"),
                    "ResourceType": "VPC",
                },
                subject=record.id,
                timeout_seconds=timeout,
            )
    table = _describe_system_route_table(record, connection)
    names = {"system_route_table_description": "Description", "system_route_table_name": "RouteTableName"}
    change = record.changes(names)
    propagation = "system_route_table_route_propagation_enable"
    if record.given(propagation) is False if record.is_new else record.has_change(propagation):
        change["RoutePropagationEnable"] = record.get(propagation)
    if change:
        connection.call(
            VPC,
            "ModifyRouteTableAttributes",
            {**region, "RouteTableId": table.get("RouteTableId"), **change},
            subject=record.id,
            timeout_seconds=timeout,
        )
    if record.has_change("secondary_cidr_blocks"):
        _change_secondary_blocks(record, connection, timeout)
    change_tags(record, connection, VPC, "VPC")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the VPC and wait until it is gone."""
    timeout = record.timeout_seconds("delete")
    removed = connection.remove(
        VPC,
        "DeleteVpc",
        {
            "VpcId": record.id,
            "RegionId": connection.region,
            "ClientToken": client_token("DeleteVpc"),
            "DryRun": record.given("dry_run"),
            "ForceDelete": record.given("force_delete"),
        },
        gone_on=("InvalidResource.NotFound",),
        missing_is_gone=True,
        subject=record.id,
        repeat_on=("DependencyViolation.VSwitch", "DependencyViolation.SecurityGroup", "IncorrectVpcStatus"),
        timeout_seconds=timeout,
    )
    if removed:
        await_status(record, connection, _describe, (), timeout)


def _modify(record: Record, connection: Connection, timeout: float) -> None:
    names = {
        "description": "Description",
        "name": "VpcName",
        "vpc_name": "VpcName",
        "cidr_block": "CidrBlock",
        "enable_ipv6": "EnableIPv6",
        "ipv6_isp": "Ipv6Isp",
    }
    change = record.changes(names)
    if record.has_change("dns_hostname_status"):
        change["EnableDnsHostname"] = _DNS_HOSTNAME[record.get("dns_hostname_status")]
    if not change:
        return
    connection.call(
        VPC,
        "ModifyVpcAttribute",
        {"VpcId": record.id, "RegionId": connection.region, **change},
        subject=record.id,
        repeat_on=_REPEAT_MODIFY,
        timeout_seconds=timeout,
    )
    await_status(record, connection, _describe, ("Available",), timeout)
    if record.has_change("dns_hostname_status"):
        wanted = (record.get("dns_hostname_status"),)
        await_status(record, connection, _describe, wanted, timeout, key="DnsHostnameStatus")


def _change_classic_link(record: Record, connection: Connection, timeout: float) -> None:
    wanted = record.get("classic_link_enabled")
    if _describe(record, connection).get("ClassicLinkEnabled", wanted) is wanted:
        return
    action = "EnableVpcClassicLink" if wanted else "DisableVpcClassicLink"
    connection.call(
        VPC,
        action,
        {"VpcId": record.id, "RegionId": connection.region, "ClientToken": client_token(action)},
        subject=record.id,
        repeat_on=("IncorrectVpcStatus",) if wanted else ("InternalError", "IncorrectVpcStatus"),
        timeout_seconds=timeout,
    )


def _change_secondary_blocks(record: Record, connection: Connection, timeout: float) -> None:
    before, after = record.before("secondary_cidr_blocks"), record.get("secondary_cidr_blocks")
    mask = {"IpVersion": "IPV4", "SecondaryCidrMask": record.given("secondary_cidr_mask")}
    steps: list[tuple[str, str, dict[str, Any]]]
    steps = [("UnassociateVpcCidrBlock", block, {}) for block in before if block not in after]
    steps += [("AssociateVpcCidrBlock", block, mask) for block in after if block not in before]
    for action, block, more in steps:
        connection.call(
            VPC,
            action,
            {"VpcId": record.id, "RegionId": connection.region, "SecondaryCidrBlock": block, **more},
            subject=record.id,
            timeout_seconds=timeout,
        )
        await_status(record, connection, _describe, ("Created", "Available"), timeout, delay_seconds=10)


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"VpcId": record.id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeVpcAttribute", request, subject=record.id)
    if answer.get("VpcId") == "":
        raise ObjectMissing("Vpc", record.id)
    return answer


def _describe_system_route_table(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"VpcId": record.id, "RegionId": connection.region}
    answer = connection.call(VPC, "DescribeRouteTableList", request, subject=record.id)
    for table in nested(answer, "RouterTableList", "RouterTableListType"):
        if table.get("RouteTableType") == "System" and table.get("VpcId") == record.id:
            return dict(table)
    raise ObjectMissing("Vpc", record.id)


OPERATIONS = Operations(create, read, update, delete)
