"""
The access keys that may sign requests: those of an account, and those of a session, valid only with its token.

Source: alibabacloud.com/help/en/oss/user-guide/0002-00000002 to -0007 and
.../how-to-troubleshoot-403-status-code-when-you-access-oss, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from provisioner.sandbox.cloud import ActionError, Caller
from provisioner.sandbox.oss.errors import OssRefusal

SessionOf: TypeAlias = Callable[[str, str], tuple[Caller, str]]
"""Gives the role behind an access key id and a token, and the key's secret, or raises ActionError."""

_REFUSALS = {
    "InvalidSecurityToken.Malformed": ("InvalidSecurityToken", "The security token you provided is invalid."),
    "InvalidSecurityToken.MismatchWithAccessKey": (
        "AccessKeyIdAndSecurityTokenNotMatch",
        "The OSS access key id and security token you provided does not match.",
    ),
    "InvalidSecurityToken.Expired": ("SecurityTokenExpired", "The security token you provided has expired."),
}
"""OSS's refusal of a token, by the code of the other services."""


class Keys:
    """Finds the account and the secret behind an access key."""

    def __init__(
        self,
        secret_of: Callable[[str], str | None],
        account_of: Callable[[str], str],
        session_of: SessionOf | None,
    ) -> None:
        """Ask `session_of` about a key that comes with a token, and the others about one that comes without."""
        self._secret_of = secret_of
        self._account_of = account_of
        self._session_of = session_of

    def find(self, access_key_id: str, token: str) -> tuple[str, str]:
        """
        Return the account and the secret behind an access key; `token` is empty in a request that has none.

        Raises:
            OssRefusal: InvalidAccessKeyId for a key that is unknown, or a session's without its token, or has a token
                and is no session's; InvalidSecurityToken, AccessKeyIdAndSecurityTokenNotMatch, SecurityTokenExpired.
        """
        if token:
            return self._find_session(access_key_id, token)
        secret = self._secret_of(access_key_id)
        if secret is None:
            raise _unknown(access_key_id)
        return self._account_of(access_key_id), secret

    def _find_session(self, access_key_id: str, token: str) -> tuple[str, str]:
        if self._session_of is None:
            raise _unknown(access_key_id)
        try:
            caller, secret = self._session_of(access_key_id, token)
        except ActionError as error:
            if error.code not in _REFUSALS:
                raise _unknown(access_key_id) from error
            raise OssRefusal(403, *_REFUSALS[error.code], {"OSSAccessKeyId": access_key_id}) from error
        return caller.account_id, secret


def _unknown(access_key_id: str) -> OssRefusal:
    return OssRefusal(
        403,
        "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.",
        {"OSSAccessKeyId": access_key_id},
    )
