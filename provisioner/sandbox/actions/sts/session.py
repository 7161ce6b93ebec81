"""
Sessions (Sts 2015-04-01): temporary credentials with which a caller acts as a role.

A role whose trust policy names an account as `root` may be assumed by each of its users and roles, and one whose policy
names a user by that user. The sandbox's own keys stand for their account and may do so too, where the real Sts refuses
the account itself.

Source: AssumeRole and GetCallerIdentity of the Resource Access Management API reference, read 2026-11.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

from provisioner.sandbox.actions.ram.role import find_role, role_arn
from provisioner.sandbox.actions.ram.user import find_calling_user, user_arn
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource
from provisioner.sandbox.cloud.sessions import (
    EXPIRES_AT,
    SEALED_SECRET,
    SESSION_KIND,
    SESSION_PREFIX,
    find_session,
    token_digest,
)

_ARN = re.compile(r"acs:ram::(?P<account>\d+):role/(?P<name>[^/]+)")
_SESSION_NAME = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_SHORTEST_SECONDS, _DEFAULT_SECONDS = 900, 3600
_LARGEST_POLICY = 2048


def assume_role(call: Call) -> Answer:
    """Return credentials of a role's account, which hold together with their token until they expire."""
    params = call.params
    arn, session_name = params.required("RoleArn"), params.required("RoleSessionName")
    matched = _ARN.fullmatch(arn)
    if matched is None:
        raise ActionError("InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
    if not _SESSION_NAME.fullmatch(session_name):
        raise ActionError("InvalidParameter.RoleSessionName", "The parameter RoleSessionName is wrongly formed.")
    _check_policy(params.text("Policy"))
    role = find_role(call, matched["name"], matched["account"])
    if role is None:
        raise ActionError("EntityNotExist.Role", "The specified Role not exists.", 404)
    user = find_calling_user(call)
    principals = {f"acs:ram::{call.account}:root"} | (set() if user is None else {user_arn(user)})
    if not principals & _trusted(role):
        raise ActionError(
            "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.", 403
        )
    seconds = params.integer("DurationSeconds")
    seconds = _DEFAULT_SECONDS if seconds is None else seconds
    if not _SHORTEST_SECONDS <= seconds <= role.document["MaxSessionDuration"]:
        raise ActionError("InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/1hr.")
    access_key_id = f"{SESSION_PREFIX}N{secrets.token_hex(12)}"
    secret, token = secrets.token_urlsafe(33), secrets.token_urlsafe(192)
    expires_at = call.now + seconds
    # Of the role's account, so that a caller with it acts there.
    call.tx.insert(
        Resource(
            SESSION_KIND,
            access_key_id,
            role.account,
            "",
            "",
            token_digest(token),
            call.now,
            call.now,
            None,
            {
                SEALED_SECRET: call.sealer.seal(secret),
                EXPIRES_AT: expires_at,
                "RoleId": role.document["RoleId"],
                "RoleName": role.id,
                "SessionName": session_name,
            },
        )
    )
    return {
        "Credentials": {
            "AccessKeyId": access_key_id,
            "AccessKeySecret": secret,
            "SecurityToken": token,
            "Expiration": timestamp(expires_at),
        },
        "AssumedRoleUser": {
            "Arn": f"{role_arn(role)}/{session_name}",
            "AssumedRoleId": f"{role.document['RoleId']}:{session_name}",
        },
    }


def get_caller_identity(call: Call) -> Answer:
    """Return the caller: an account, one of its users, or an assumed role."""
    user = find_calling_user(call)
    if user is not None:
        return {
            "AccountId": call.account,
            "Arn": user_arn(user),
            "IdentityType": "RAMUser",
            "PrincipalId": user.document["UserId"],
            "UserId": user.document["UserId"],
        }
    session = find_session(call.tx, call.caller.access_key_id)
    if session is None:
        return {
            "AccountId": call.account,
            "Arn": f"acs:ram::{call.account}:root",
            "IdentityType": "Account",
            "PrincipalId": call.account,
            "UserId": call.account,
        }
    document = session.document
    return {
        "AccountId": call.account,
        "Arn": f"acs:ram::{call.account}:assumed-role/{document['RoleName']}/{document['SessionName']}",
        "IdentityType": "AssumedRoleUser",
        "PrincipalId": f"{document['RoleId']}:{document['SessionName']}",
        "RoleId": document["RoleId"],
    }


def _check_policy(text: str) -> None:
    if len(text) > _LARGEST_POLICY:
        raise ActionError("InvalidParameter.PolicySize", "The size of Policy must be smaller than 1024 bytes.")
    try:
        is_policy = not text or "Statement" in json.loads(text)
    except (ValueError, TypeError, RecursionError):
        is_policy = False
    if not is_policy:
        raise ActionError("InvalidParameter.PolicyGrammar", "The parameter Policy has not passed grammar check.")


def _trusted(role: Resource) -> set[str]:
    """Return the accounts and users that may assume a role, by their ARNs."""
    statements = json.loads(role.document["AssumeRolePolicyDocument"])["Statement"]
    return {
        principal
        for statement in statements
        if statement.get("Effect") == "Allow" and "sts:AssumeRole" in _texts(statement.get("Action"))
        for principal in _texts(statement["Principal"].get("RAM"))
    }


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts of what may be one text or a list of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


READS = {"GetCallerIdentity": get_caller_identity}
WRITES = {"AssumeRole": assume_role}
