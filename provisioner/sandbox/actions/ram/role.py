"""
RAM roles (Ram 2015-05-01), the same in every region; a name differs from another in more than upper and lower case.

Permissions are not simulated: a role is what an instance names and what Sts lets callers assume.
"""

from __future__ import annotations

import json
import re
from typing import Any

from provisioner.sandbox.actions.tagging import check_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

ROLE, SERVICE_ROLE = "ram_role", "service_linked_role"
"""The kinds of roles: those an account makes, and those that belong to a service of the cloud."""

SESSION_SECONDS = (3600, 43200)

_NAME = re.compile(r"[A-Za-z0-9.@-]+")
_LONGEST_NAME = 64
_LONGEST_DOCUMENT = 2048
_LONGEST_DESCRIPTION = 1024
_LARGEST_PAGE, _DEFAULT_PAGE = 1000, 100


def create_role(call: Call) -> Answer:
    """Create a role; the accounts and users in its trust policy may assume it."""
    params = call.params
    name = _check_name(params.required("RoleName"))
    trust = _check_trust(params.required("AssumeRolePolicyDocument"))
    document: dict[str, Any] = {
        "AssumeRolePolicyDocument": trust,
        "Description": _check_description(params.text("Description")),
        "MaxSessionDuration": _check_duration(call, "MaxSessionDuration") or SESSION_SECONDS[0],
        "RoleId": numeric_id(call),
        "UpdatedAt": call.now,
        "Tags": json_tags(call),
        "Policies": [],
    }
    if find_role(call, name) is not None:
        raise ActionError("EntityAlreadyExists.Role", "The role does already EXIST.", 409)
    call.check_quota(
        ROLE,
        call.tx.count(ROLE, account=call.account, region=""),
        ActionError("LimitExceeded.Role", "The count of roles beyond the current limits.", 409),
    )
    role = call.create(ROLE, name.lower(), region="", name=name, document=document)
    return {"Role": show_role(role)}


def get_role_action(call: Call) -> Answer:
    """Return a role, also one that belongs to a service."""
    return {"Role": show_role(get_role(call))}


def update_role(call: Call) -> Answer:
    """Change a role's trust policy, description or longest session; what was not sent stays."""
    role = get_own_role(call)
    params, document = call.params, role.document
    if "NewAssumeRolePolicyDocument" in params:
        document["AssumeRolePolicyDocument"] = _check_trust(params.text("NewAssumeRolePolicyDocument"))
    document["Description"] = _check_description(params.changed("NewDescription", document["Description"]))
    duration = _check_duration(call, "NewMaxSessionDuration")
    document["MaxSessionDuration"] = duration or document["MaxSessionDuration"]
    document["UpdatedAt"] = call.now
    call.tx.update(role)
    return {"Role": show_role(role)}


def delete_role(call: Call) -> Answer:
    """Delete a role that has no policies."""
    role = get_own_role(call)
    if role.document["Policies"]:
        raise ActionError(
            "DeleteConflict.Role.Policy", "The role CAN NOT has any attached policy while deleting the role.", 409
        )
    call.tx.remove([role])
    return {}


def list_roles(call: Call) -> Answer:
    """Return the account's roles by name, from a marker on."""
    size = call.params.integer("MaxItems")
    size = _DEFAULT_PAGE if size is None else size
    if not 1 <= size <= _LARGEST_PAGE:
        raise ActionError("InvalidParameter.MaxItems", 'The parameter - "MaxItems" is out of range.')
    marker = call.params.text("Marker")
    roles = [role for kind in (ROLE, SERVICE_ROLE) for role in call.tx.select(kind, account=call.account)]
    found = sorted((role for role in roles if role.id > marker), key=lambda role: role.id)
    answer: Answer = {"Roles": {"Role": [show_role(role) for role in found[:size]]}, "IsTruncated": len(found) > size}
    if len(found) > size:
        answer["Marker"] = found[size - 1].id
    return answer


def find_role(call: Call, name: str, account: str = "") -> Resource | None:
    """Return a role of an account, the caller's unless told otherwise; no action of its own."""
    for kind in (ROLE, SERVICE_ROLE):
        found = call.tx.select(kind, id=name.lower(), account=account or call.account)
        if found:
            return found[0]
    return None


def get_role(call: Call) -> Resource:
    """Return the role the call names or refuse; no action of its own."""
    role = find_role(call, call.params.required("RoleName"))
    if role is None:
        raise missing_role()
    return role


def get_own_role(call: Call) -> Resource:
    """Return the role the call names or refuse, also one that only its service changes; no action of its own."""
    role = get_role(call)
    if role.kind == SERVICE_ROLE:
        raise ActionError("NoPermission", "You are not authorized to do this action.", 403)
    return role


def missing_role() -> ActionError:
    """Return the refusal of a role that does not exist."""
    return ActionError("EntityNotExist.Role", "The role does not exist.", 404)


def role_arn(role: Resource) -> str:
    """Return a role's ARN; no action of its own."""
    return f"acs:ram::{role.account}:role/{role.id}"


def numeric_id(call: Call) -> str:
    """Return a new number as Ram gives its objects; no action of its own."""
    # An odd factor permutes the range, so neighbours do not look like neighbours.
    return f"3{(call.tx.next_number() * 40503 + 12345) % 2**56:017d}"


def json_tags(call: Call) -> dict[str, str]:
    """Return the tags that Ram takes as one JSON document, or as a list like the other services, or refuse them."""
    text = call.params.text("Tag")
    tags = call.params.tags()
    if text:
        try:
            tags = {str(tag["Key"]): str(tag.get("Value", "")) for tag in json.loads(text)}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise call.params.invalid("Tag") from None
    check_tags(tags)
    return tags


def show_role(role: Resource) -> dict[str, Any]:
    """Return a role as the service shows it; no action of its own."""
    document = role.document
    shown = {
        "RoleId": document["RoleId"],
        "RoleName": role.name,
        "RolePrincipalName": f"{role.id}@role.{role.account}.onaliyunservice.com",
        "Arn": role_arn(role),
        "Description": document["Description"],
        "AssumeRolePolicyDocument": document["AssumeRolePolicyDocument"],
        "MaxSessionDuration": document["MaxSessionDuration"],
        "CreateDate": timestamp(role.created_at),
        "UpdateDate": timestamp(document["UpdatedAt"]),
        "IsServiceLinkedRole": role.kind == SERVICE_ROLE,
    }
    return shown


def _check_name(name: str) -> str:
    if len(name) > _LONGEST_NAME:
        raise ActionError("InvalidParameter.RoleName.Length", 'The parameter - "RoleName" beyond the length limit.')
    if not _NAME.fullmatch(name):
        raise ActionError(
            "InvalidParameter.RoleName.InvalidChars", 'The parameter - "RoleName" contains invalid chars.'
        )
    return name


def _check_description(description: str) -> str:
    if len(description) > _LONGEST_DESCRIPTION:
        raise ActionError(
            "InvalidParameter.Description.Length", 'The parameter - "Description" beyond the length limit.'
        )
    return description


def _check_duration(call: Call, parameter: str) -> int | None:
    seconds = call.params.integer(parameter)
    if seconds is not None and not SESSION_SECONDS[0] <= seconds <= SESSION_SECONDS[1]:
        raise ActionError(f"InvalidParameter.{parameter}", f'The parameter - "{parameter}" is out of range.')
    return seconds


def _check_trust(text: str) -> str:
    if len(text) > _LONGEST_DOCUMENT:
        raise ActionError(
            "InvalidParameter.AssumeRolePolicyDocument.Length",
            'The parameter - "AssumeRolePolicyDocument" beyond the length limit.',
        )
    try:
        policy = json.loads(text)
        version, statements = policy["Version"], policy["Statement"]
    except (ValueError, TypeError, KeyError, RecursionError):
        version, statements = "", None
    is_trust = isinstance(statements, list) and all(
        isinstance(one, dict) and isinstance(one.get("Principal"), dict) and "Action" in one for one in statements
    )
    if version != "1" or not statements or not is_trust:
        raise ActionError("MalformedPolicyDocument", "The assume role policy document is malformed.")
    return text


READS = {"GetRole": get_role_action, "ListRoles": list_roles}
WRITES = {"CreateRole": create_role, "UpdateRole": update_role, "DeleteRole": delete_role}
