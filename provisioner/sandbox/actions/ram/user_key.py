"""
Access keys of RAM users (Ram 2015-05-01): each acts for the account of the user it belongs to.

A user may leave `UserName` out for keys of its own. The secret is in the answer to CreateAccessKey and nowhere else.
"""

from __future__ import annotations

import secrets

from provisioner.sandbox.actions.ram.user import USER_KEY, find_calling_user, get_user
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.access_keys import USER_KEY_PREFIX
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource


def create_access_key(call: Call) -> Answer:
    """Create an access key of a user."""
    user = _named_or_calling_user(call)
    call.check_quota(
        USER_KEY,
        len(_keys_of(call, user)),
        ActionError(
            "LimitExceeded.User.AccessKey",
            "The access key count of the user access keys beyond the current limits.",
            409,
        ),
    )
    access_key_id = f"{USER_KEY_PREFIX}{secrets.token_hex(6)}"
    secret = secrets.token_urlsafe(24)
    call.tx.add_access_key(access_key_id, call.account, call.sealer.seal(secret))
    key = call.create(USER_KEY, access_key_id, region="", parent=user.id, document={"Status": "Active"})
    return {"AccessKey": {**_show_key(key), "AccessKeySecret": secret}}


def list_access_keys(call: Call) -> Answer:
    """Return the access keys of a user, without their secrets."""
    keys = _keys_of(call, _named_or_calling_user(call))
    return {"AccessKeys": {"AccessKey": [_show_key(key) for key in keys]}}


def delete_access_key(call: Call) -> Answer:
    """Delete an access key of a user; no caller can use it from then on."""
    access_key_id = call.params.required("UserAccessKeyId")
    user = _named_or_calling_user(call)
    key = next((key for key in _keys_of(call, user) if key.id == access_key_id), None)
    if key is None:
        raise ActionError("EntityNotExist.User.AccessKey", "The user access key does not exist.", 404)
    call.tx.remove([key])
    call.tx.remove_access_key(access_key_id)
    return {}


def _named_or_calling_user(call: Call) -> Resource:
    calling = None if "UserName" in call.params else find_calling_user(call)
    return calling or get_user(call)


def _keys_of(call: Call, user: Resource) -> list[Resource]:
    return call.tx.select(USER_KEY, account=call.account, parent=user.id)


def _show_key(key: Resource) -> dict[str, str]:
    return {"AccessKeyId": key.id, "Status": key.document["Status"], "CreateDate": timestamp(key.created_at)}


READS = {"ListAccessKeys": list_access_keys}
WRITES = {"CreateAccessKey": create_access_key, "DeleteAccessKey": delete_access_key}
