"""Temporary credentials: access keys that Sts hands out, which hold for a while, and only together with their token."""

from __future__ import annotations

import hashlib

from provisioner.sandbox.cloud.errors import ActionError
from provisioner.sandbox.cloud.resource import Resource
from provisioner.sandbox.cloud.transaction import Transaction

SESSION_PREFIX = "STS."
"""How the access key of every session begins, and no other."""
SESSION_KIND = "sts_session"
"""The kind of a session: its id is the access key's, its name the token's digest."""
SEALED_SECRET, EXPIRES_AT = "SealedSecret", "ExpiresAt"
"""Keys in a session's document; the second one in seconds since the epoch."""


def find_session(tx: Transaction, access_key_id: str) -> Resource | None:
    """Return the session behind an access key, None when Sts never handed it out."""
    found = tx.select(SESSION_KIND, id=access_key_id)
    return found[0] if found else None


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_token(tx: Transaction, session: Resource, token: str) -> None:
    """
    Accept the token of a session that has not expired.

    Raises:
        ActionError: with the gateway's code for a token that is missing, wrong, another one's or expired.
    """
    if not token:
        raise ActionError("MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if token_digest(token) != session.name:
        if tx.select(SESSION_KIND, name=token_digest(token)):
            raise ActionError(
                "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey."
            )
        raise ActionError("InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
    if tx.now >= session.document[EXPIRES_AT]:
        raise ActionError("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
