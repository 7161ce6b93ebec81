"""alicloud_security_group: id `SecurityGroupId`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import ECS, Connection, client_token, is_missing
from provisioner.sandbox.provider.failures import ObjectMissing, OperationFailed, ServiceRefused
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags, tag_parameters


def create(record: Record, connection: Connection) -> None:
    """Create the group, tags included, then do what an update does."""
    answer = connection.call(
        ECS,
        "CreateSecurityGroup",
        {
            "RegionId": connection.region,
            "ClientToken": client_token("CreateSecurityGroup"),
            "SecurityGroupType": record.ok("security_group_type"),
            "Tag": tag_parameters(record.ok("tags")),
            "Description": record.ok("description"),
            "VpcId": record.ok("vpc_id"),
            "SecurityGroupName": record.ok("security_group_name") or record.ok("name"),
            "ResourceGroupId": record.ok("resource_group_id"),
        },
        subject="alicloud_security_group",
        timeout_seconds=record.timeout_seconds("create"),
    )
    record.id = answer["SecurityGroupId"]
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the group and its inner access policy."""
    answer = connection.call(
        ECS,
        "DescribeSecurityGroups",
        {"SecurityGroupId": record.id, "RegionId": connection.region},
        subject=record.id,
    )
    groups = nested(answer, "SecurityGroups", "SecurityGroup")
    if not groups or groups[0].get("SecurityGroupId") is None:
        raise ObjectMissing("SecurityGroup", record.id)
    record.set_present(
        groups[0],
        {
            "create_time": "CreationTime",
            "description": "Description",
            "resource_group_id": "ResourceGroupId",
            "security_group_name": "SecurityGroupName",
            "name": "SecurityGroupName",
            "security_group_type": "SecurityGroupType",
            "vpc_id": "VpcId",
        },
    )
    record.set("tags", read_tags(nested(groups[0], "Tags", "Tag")))
    try:
        policy = _describe_attributes(record, connection).get("InnerAccessPolicy")
    except OperationFailed as failure:
        if not is_missing(failure):
            raise
        policy = None
    if policy is not None:
        record.set("inner_access_policy", policy)
        record.set("inner_access", policy == "Accept")


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; after a create only the inner access policy."""
    record.begin_partial()
    timeout = record.timeout_seconds("update")
    target = {"SecurityGroupId": record.id, "RegionId": connection.region}

    def send(action: str, request: dict[str, Any]) -> None:
        connection.call(ECS, action, request, subject=record.id, timeout_seconds=timeout)

    if not record.is_new and record.has_change("security_group_name", "description", "name"):
        change: dict[str, Any] = {}
        for name in ("security_group_name", "name"):
            if record.has_change(name) and record.ok(name):
                change["SecurityGroupName"] = record.get(name)
        if record.has_change("description"):
            change["Description"] = record.get("description")
        send("ModifySecurityGroupAttribute", {**target, **change})
    wanted = record.ok("inner_access_policy") if record.has_change("inner_access_policy") else None
    must_send = record.has_change("inner_access_policy")
    current = _describe_attributes(record, connection).get("InnerAccessPolicy")
    inner = record.given("inner_access")
    if inner is not None and inner != (current == "Accept"):
        wanted, must_send = "Accept" if inner else "Drop", True
    if must_send:
        token = client_token("ModifySecurityGroupPolicy")
        send("ModifySecurityGroupPolicy", {**target, "ClientToken": token, "InnerAccessPolicy": wanted})
    if not record.is_new:
        if record.has_change("resource_group_id"):
            group = {"ResourceType": "securitygroup", "ResourceGroupId": record.ok("resource_group_id")}
            send("JoinResourceGroup", {"ResourceId": record.id, "RegionId": connection.region, **group})
        change_tags(record, connection, ECS, "securitygroup")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the group."""
    connection.remove(
        ECS,
        "DeleteSecurityGroup",
        {"SecurityGroupId": record.id, "RegionId": connection.region},
        gone_on=(),
        missing_is_gone=True,
        subject=record.id,
        repeat_on=("DependencyViolation",),
        timeout_seconds=record.timeout_seconds("delete"),
    )


def _describe_attributes(record: Record, connection: Connection) -> dict[str, Any]:
    request = {"SecurityGroupId": record.id, "RegionId": connection.region}
    try:
        return connection.call(ECS, "DescribeSecurityGroupAttribute", request, subject=record.id)
    except ServiceRefused as refused:
        if refused.is_any_of(("InvalidSecurityGroupId.NotFound",)):
            raise ObjectMissing("SecurityGroup", record.id) from refused
        raise


OPERATIONS = Operations(create, read, update, delete)
