"""Access keys: their owners, and the secrets that signatures are checked with."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

from provisioner.sandbox.cloud.access_log import new_request_id
from provisioner.sandbox.cloud.errors import ActionError
from provisioner.sandbox.cloud.sealing import Sealer
from provisioner.sandbox.cloud.sessions import SEALED_SECRET, SESSION_PREFIX, check_token, find_session
from provisioner.sandbox.cloud.store import Store

USER_KEY_PREFIX = "LTAI5tSandbox"
"""How every access key that Ram gives to a user begins, and no other."""
_HANDED_OUT = (SESSION_PREFIX, USER_KEY_PREFIX)
_MOST_SECRETS = 256


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    account_id: str
    access_key_id: str


class AccessKeys:
    """The keys that were enrolled, and those that Ram and Sts handed out."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        """Keep them in `store`, sealed."""
        self._store = store
        self._sealer = sealer
        # Every signature needs a secret, of few keys.
        self._unseal = lru_cache(_MOST_SECRETS)(sealer.unseal)
        self._enrolled: dict[str, str] = {}

    def enroll(self, access_key_id: str, access_key_secret: str, security_token: str) -> Caller:
        """Return the caller behind a key, registered when it is seen for the first time; refuses as `Cloud` says."""
        if not access_key_id or not access_key_secret:
            raise ActionError("MissingAccessKeyId", "AccessKeyId is mandatory for this action.", 400)
        # A key that the cloud itself gave out never starts a new account, even if deleted, expired or foreign.
        is_handed_out = access_key_id.startswith(_HANDED_OUT)
        if not is_handed_out and self._store.access_key(access_key_id) is None:
            self._register(access_key_id, access_key_secret)
        caller, secret = self.caller_and_secret(access_key_id, security_token)
        if not hmac.compare_digest(secret.encode(), access_key_secret.encode()):
            raise ActionError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your Access Key Secret and signing method.",
                403,
                new_request_id(),
            )
        if not is_handed_out:
            self._enrolled[access_key_id] = access_key_secret
        return caller

    def secret_of(self, access_key_id: str) -> str | None:
        """Return the secret of an enrolled key, None when there is no such key."""
        known = self._find(access_key_id)
        return None if known is None else self._sealer.unseal(known[1])

    def caller_and_secret(self, access_key_id: str, security_token: str) -> tuple[Caller, str]:
        """Return the caller behind a key, and its secret; refuses as `Cloud` says."""
        known = self._find(access_key_id)
        if known is None:
            return self.session_and_secret(access_key_id, security_token)
        return Caller(known[0], access_key_id), self._unseal(known[1])

    def session_and_secret(self, access_key_id: str, security_token: str) -> tuple[Caller, str]:
        """Return the caller behind a session's key, and its secret; refuses as `Cloud` says."""
        with self._store.read() as tx:
            session = find_session(tx, access_key_id)
            if session is None:
                raise ActionError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
            check_token(tx, session, security_token)
        return Caller(session.account, access_key_id), self._unseal(session.document[SEALED_SECRET])

    def _find(self, access_key_id: str) -> tuple[str, str] | None:
        known = self._store.access_key(access_key_id)
        if known is None and access_key_id in self._enrolled:
            known = self._register(access_key_id, self._enrolled[access_key_id])
        return known

    def _register(self, access_key_id: str, access_key_secret: str) -> tuple[str, str]:
        number = int.from_bytes(hashlib.sha256(access_key_id.encode()).digest()[:8])
        with self._store.write() as tx:
            known = tx.access_key(access_key_id)
            if known is None:
                known = (f"1{number % 10**15:015d}", self._sealer.seal(access_key_secret))
                tx.add_access_key(access_key_id, *known)
        return known
