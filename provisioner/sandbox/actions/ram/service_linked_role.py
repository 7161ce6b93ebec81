"""
Service-linked roles (ResourceManager 2020-03-31): roles that belong to a service of the cloud.

Gardener's extension makes the one of the NAT gateways before it makes the first of those.

Source: CreateServiceLinkedRole and DeleteServiceLinkedRole of the Resource Management API reference, read 2026-11.
"""

from __future__ import annotations

import json

from provisioner.sandbox.actions.ram.role import (
    SERVICE_ROLE,
    SESSION_SECONDS,
    find_role,
    get_role,
    get_role_action,
    numeric_id,
    role_arn,
    show_role,
)
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call

SERVICES = {"nat.aliyuncs.com": ("Natgw", "nat_gateway"), "ess.aliyuncs.com": ("AutoScaling", "scaling_group")}
"""The services that have such a role here: the end of the role's name, and the kind of resource that needs it."""

_TASK = "role_deletion"


def create_service_linked_role(call: Call) -> Answer:
    """Create the role of a service."""
    service = call.params.required("ServiceName")
    if service not in SERVICES:
        raise ActionError("EntityNotExist.Service", "The service does not exist.", 404)
    if "CustomSuffix" in call.params:
        raise ActionError(
            "InvalidParameter.CustomSuffix.NotAllowed", "Custom suffix is not allowed for this Service Linked Role."
        )
    if "Description" in call.params:
        raise ActionError(
            "InvalidParameter.Description.NotAllowed",
            "Custom description is not allowed for default service linked role.",
        )
    ending = SERVICES[service][0]
    name = f"AliyunServiceRoleFor{ending}"
    if find_role(call, name) is not None:
        raise ActionError("EntityAlreadyExists.Role", "The role already exists.", 409)
    trust = {
        "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}],
        "Version": "1",
    }
    policy = {
        "PolicyType": "System",
        "PolicyName": f"AliyunServiceRolePolicyFor{ending}",
        "AttachedAt": call.now,
    }
    role = call.create(
        SERVICE_ROLE,
        name.lower(),
        region="",
        name=name,
        document={
            "AssumeRolePolicyDocument": json.dumps(trust, separators=(",", ":")),
            "Description": f"The service-linked role of {service}.",
            "MaxSessionDuration": SESSION_SECONDS[0],
            "RoleId": numeric_id(call),
            "UpdatedAt": call.now,
            "Tags": {},
            "Policies": [policy],
            "Service": service,
        },
    )
    return {"Role": show_role(role)}


def delete_service_linked_role(call: Call) -> Answer:
    """Begin to delete the role of a service, which fails when the service still needs it."""
    role = get_role(call)
    if role.kind != SERVICE_ROLE:
        raise ActionError("EntityNotExist.ServiceLinkedRole", "This role exists but is not a Service Linked Role.", 404)
    service = role.document["Service"]
    is_needed = bool(call.tx.select(SERVICES[service][1], account=call.account))
    task_id = f"task/acs-service-role/{service}/{role.name}/{numeric_id(call)}"
    document = {"Service": service, "Arn": role_arn(role), "Status": "FAILED" if is_needed else "SUCCEEDED"}
    call.create(_TASK, task_id, region="", document=document)
    if not is_needed:
        call.tx.remove([role])
    return {"DeletionTaskId": task_id}


def get_service_linked_role_deletion_status(call: Call) -> Answer:
    """Return whether the deletion of a service's role succeeded, and if not, why."""
    found = call.tx.select(_TASK, account=call.account, id=call.params.required("DeletionTaskId"))
    if not found:
        raise ActionError("EntityNotExist.DeletionTask", "The deletion task does not exist.", 404)
    document = found[0].document
    if document["Status"] == "SUCCEEDED":
        return {"Status": "SUCCEEDED"}
    message = f"Service-Linked Role {document['Arn']} cannot be deleted as it is in use by {document['Service']}."
    return {"Status": "FAILED", "Reason": {"Message": message, "RoleUsages": {"RoleUsage": []}}}


READS = {
    "GetRole": get_role_action,
    "GetServiceLinkedRoleDeletionStatus": get_service_linked_role_deletion_status,
}
WRITES = {
    "CreateServiceLinkedRole": create_service_linked_role,
    "DeleteServiceLinkedRole": delete_service_linked_role,
}
