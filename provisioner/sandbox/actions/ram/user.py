"""
RAM users (Ram 2015-05-01), the same in every region; a name differs from another in more than upper and lower case.

Permissions are not simulated: a user may do whatever the account may. Nor are logon profiles, MFA devices, groups and
the policies of users.

Source: the actions and error messages of the Resource Access Management API reference, read 2026-11.
"""

from __future__ import annotations

import re
from typing import Any

from provisioner.sandbox.actions.ram.role import numeric_id
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

USER, USER_KEY = "ram_user", "ram_user_key"
"""The kinds of users and of their access keys; the id of a key is the access key's, its parent the user."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST_NAME = 64
_LONGEST_TEXT = 128
_LARGEST_PAGE, _DEFAULT_PAGE = 1000, 100


def create_user(call: Call) -> Answer:
    """Create a user, who has no access key yet."""
    params = call.params
    name = _check_name(params.required("UserName"))
    for parameter in ("DisplayName", "Comments"):
        if len(params.text(parameter)) > _LONGEST_TEXT:
            raise ActionError(
                f"InvalidParameter.{parameter}.Length", f'The parameter - "{parameter}" beyond the length limit.'
            )
    if _find_user(call, name) is not None:
        raise ActionError("EntityAlreadyExists.User", "The user does already EXIST.", 409)
    call.check_quota(
        USER,
        call.tx.count(USER, account=call.account, region=""),
        ActionError("LimitExceeded.User", "The count of users beyond the current limits.", 409),
    )
    document = {"UserId": numeric_id(call), **params.echo("DisplayName", "MobilePhone", "Email", "Comments")}
    return {"User": _show_user(call.create(USER, name.lower(), region="", name=name, document=document))}


def get_user_action(call: Call) -> Answer:
    """Return a user."""
    return {"User": _show_known_user(get_user(call))}


def list_users(call: Call) -> Answer:
    """Return the account's users by name, from a marker on."""
    size = call.params.integer("MaxItems")
    size = _DEFAULT_PAGE if size is None else size
    if not 1 <= size <= _LARGEST_PAGE:
        raise ActionError("InvalidParameter.MaxItems", 'The parameter - "MaxItems" is out of range.')
    marker = call.params.text("Marker")
    users = call.tx.select(USER, account=call.account)
    found = sorted((user for user in users if user.id > marker), key=lambda user: user.id)
    answer: Answer = {
        "Users": {"User": [_show_known_user(user) for user in found[:size]]},
        "IsTruncated": len(found) > size,
    }
    if len(found) > size:
        answer["Marker"] = found[size - 1].id
    return answer


def delete_user(call: Call) -> Answer:
    """Delete a user who has no access key."""
    user = get_user(call)
    if call.tx.select(USER_KEY, account=call.account, parent=user.id):
        raise ActionError(
            "DeleteConflict.User.AccessKey", "The user CAN NOT has any access key while deleting the user.", 409
        )
    call.tx.remove([user])
    return {}


def get_user(call: Call) -> Resource:
    """Return the user the call names or refuse; no action of its own."""
    user = _find_user(call, _check_name(call.params.required("UserName")))
    if user is None:
        raise ActionError("EntityNotExist.User", "The user does not exist.", 404)
    return user


def find_calling_user(call: Call) -> Resource | None:
    """Return the user whose access key the call is made with, None for any other caller; no action of its own."""
    keys = call.tx.select(USER_KEY, id=call.caller.access_key_id, account=call.account)
    return _find_user(call, keys[0].parent) if keys else None


def user_arn(user: Resource) -> str:
    """Return a user's ARN; no action of its own."""
    return f"acs:ram::{user.account}:user/{user.name}"


def _find_user(call: Call, name: str) -> Resource | None:
    found = call.tx.select(USER, id=name.lower(), account=call.account)
    return found[0] if found else None


def _show_user(user: Resource) -> dict[str, Any]:
    return {"UserName": user.name, **user.document, "CreateDate": timestamp(user.created_at)}


def _show_known_user(user: Resource) -> dict[str, Any]:
    """Return a user as every action but CreateUser shows it."""
    return {**_show_user(user), "UpdateDate": timestamp(user.created_at)}


def _check_name(name: str) -> str:
    if len(name) > _LONGEST_NAME:
        raise ActionError("InvalidParameter.UserName.Length", 'The parameter - "UserName" beyond the length limit.')
    if not _NAME.fullmatch(name):
        raise ActionError(
            "InvalidParameter.UserName.InvalidChars", 'The parameter - "UserName" contains invalid chars.'
        )
    return name


READS = {"GetUser": get_user_action, "ListUsers": list_users}
WRITES = {"CreateUser": create_user, "DeleteUser": delete_user}
