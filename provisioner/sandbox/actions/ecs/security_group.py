"""Security groups (Ecs 2014-05-26); their rules are in `security_group_rule`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import check_texts
from provisioner.sandbox.actions.paging import answer_tokens
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.vpc import check_vpc_available, get_vpc
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource


def create_security_group(call: Call) -> Answer:
    """Create a security group in a VPC; two may have the same name."""
    region = call.region
    params = call.params
    _check_texts(call)
    if params.text("SecurityGroupType") not in ("", "normal", "enterprise"):
        raise ActionError("InvalidParams.GroupType", "The specified security group type is not valid.")
    tags = new_tags(call)
    if "VpcId" not in params:
        raise ActionError("InvalidVpcId.NotFound", "The VpcId must not empty when only support vpc vm.", 403)
    vpc = get_vpc(call)
    check_vpc_available(call, vpc)
    call.check_quota(
        "security_group",
        call.tx.count("security_group", account=call.account, region=region),
        ActionError("QuotaExceed.SecurityGroup", "The maximum number of security groups is reached.", 403),
    )
    document = {
        **params.echo("Description", "ResourceGroupId"),
        "SecurityGroupType": params.text("SecurityGroupType") or "normal",
        "InnerAccessPolicy": "Accept",
        "Tags": tags,
    }
    group_id = call.new_id("sg", region)
    call.create(
        "security_group",
        group_id,
        region=region,
        parent=vpc.id,
        name=params.text("SecurityGroupName"),
        document=document,
    )
    return {"SecurityGroupId": group_id}


def describe_security_groups(call: Call) -> Answer:
    """Return security groups, filtered by id, VPC, name, type, resource group and tags."""
    _ = call.region
    params = call.params
    ids = {params.text("SecurityGroupId"), *params.json_texts("SecurityGroupIds")} - {""}
    found = [
        group
        for group in call.list(
            "security_group", parent=params.text("VpcId") or None, name=params.text("SecurityGroupName") or None
        )
        if (not ids or group.id in ids)
        and params.text("SecurityGroupType") in ("", group.document["SecurityGroupType"])
        and params.text("ResourceGroupId") in ("", group.document.get("ResourceGroupId"))
        and params.text("NetworkType") in ("", "vpc")
        and matches_tags(call, group)
    ]
    return {
        **answer_tokens(call, found, lambda group: _show(call, group), "SecurityGroups", "SecurityGroup"),
        "RegionId": call.region,
    }


def modify_security_group_attribute(call: Call) -> Answer:
    """Change a security group's name or description."""
    group = get_security_group(call)
    _check_texts(call)
    if "SecurityGroupName" in call.params:
        group.name = call.params.text("SecurityGroupName")
    group.document["Description"] = call.params.changed("Description", group.document.get("Description", ""))
    call.tx.update(group)
    return {}


def modify_security_group_policy(call: Call) -> Answer:
    """Decide whether the members of a group reach each other."""
    group = get_security_group(call)
    policy = call.params.required("InnerAccessPolicy").capitalize()
    if policy not in ("Accept", "Drop"):
        raise ActionError("InvalidPolicy.Malformed", 'The specified parameter "InnerAccessPolicy" is not valid.')
    group.document["InnerAccessPolicy"] = policy
    call.tx.update(group)
    return {}


def delete_security_group(call: Call) -> Answer:
    """Delete a security group without members that no other group's rule names, and its rules."""
    group = get_security_group(call)
    if call.list("instance", linked_to=group.id):
        raise ActionError("DependencyViolation", "There is still instance(s) in the specified security group.", 403)
    if call.list("security_group_rule", linked_to=group.id):
        raise ActionError(
            "DependencyViolation", "The specified security group has been authorized in another one.", 403
        )
    call.tx.remove([group, *call.list("security_group_rule", parent=group.id)])
    return {}


def get_security_group(call: Call, id: str | None = None) -> Resource:
    """Return the security group with an id, else the one the call names, or refuse."""
    missing = ActionError("InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.", 404)
    return call.get("security_group", call.params.required("SecurityGroupId") if id is None else id, missing)


def _show(call: Call, group: Resource) -> dict[str, Any]:
    document = group.document
    members = len(call.list("instance", linked_to=group.id))
    return {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": document.get("Description", ""),
        "VpcId": group.parent,
        "SecurityGroupType": document["SecurityGroupType"],
        "CreationTime": timestamp(group.created_at),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "ServiceManaged": False,
        "EcsCount": members,
        "AvailableInstanceAmount": 2000 - members,
        "RuleCount": len(call.list("security_group_rule", parent=group.id)),
        "Tags": {"Tag": show_tags(group)},
    }


def _check_texts(call: Call) -> None:
    check_texts(
        call.params,
        "SecurityGroupName",
        ActionError("InvalidSecurityGroupName.Malformed", "The specified parameter SecurityGroupName is not valid."),
        # The service's own spelling.
        ActionError("InvalidSecurityGroupDiscription.Malformed", "Specified security group description is not valid."),
        shortest=2,
        extra="._-:",
    )


READS = {"DescribeSecurityGroups": describe_security_groups}
WRITES = {
    "CreateSecurityGroup": create_security_group,
    "ModifySecurityGroupAttribute": modify_security_group_attribute,
    "ModifySecurityGroupPolicy": modify_security_group_policy,
    "DeleteSecurityGroup": delete_security_group,
}
