"""
Version 4 request signatures with the object store's time.

`oss2` can sign too, but only by the local wall clock: on a machine whose clock is more than 15 minutes off, every
request would be refused. It also uses `datetime.utcnow`, which warns from Python 3.12 on.

Source: alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4, read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Protocol
from urllib.parse import quote

from provisioner.ids import RegionId

_SIGNED_HEADERS = frozenset({"content-type", "content-md5"})
_PAYLOAD = "UNSIGNED-PAYLOAD"


class SignableRequest(Protocol):
    """The part of `oss2.http.Request` that signing needs."""

    method: str
    headers: MutableMapping[str, str]
    params: Mapping[str, str]


class RequestSigner:
    """An auth object of `oss2`: adds the Authorization header to each request."""

    def __init__(self, credentials: tuple[str, str, str], region: RegionId, clock: Callable[[], float]) -> None:
        """Sign with access key id, secret and security token, which is empty for a key that has none."""
        self._credentials = credentials
        self._region = region
        self._clock = clock

    def __repr__(self) -> str:
        """Return nothing that the signature depends on."""
        return "RequestSigner()"

    def auth_version(self) -> str:
        """Return the version as `oss2` asks for it."""
        return "v4"

    def _sign_request(self, request: SignableRequest, bucket: str, key: str) -> None:
        access_key_id, secret, token = self._credentials
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        scope = f"{stamp[:8]}/{self._region}/oss/aliyun_v4_request"
        request.headers["x-oss-date"] = stamp
        request.headers["x-oss-content-sha256"] = _PAYLOAD
        if token:
            request.headers["x-oss-security-token"] = token
        canonical = _canonical_request(request, bucket, key)
        string_to_sign = f"OSS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signing_key = f"aliyun_v4{secret}".encode()
        for part in scope.split("/"):
            signing_key = _hmac(signing_key, part)
        signature = _hmac(signing_key, string_to_sign).hex()
        request.headers["authorization"] = f"OSS4-HMAC-SHA256 Credential={access_key_id}/{scope}, Signature={signature}"


def _canonical_request(request: SignableRequest, bucket: str, key: str) -> str:
    # `oss2` marks headers to leave out with None; they are not signed names.
    headers = sorted(
        (name.lower(), value)
        for name, value in request.headers.items()
        if name.lower().startswith("x-oss-") or name.lower() in _SIGNED_HEADERS
    )
    query = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in request.params.items())
    return "\n".join(
        (
            request.method,
            quote(f"/{bucket}/{key}" if bucket else "/", safe="/~"),
            "&".join(f"{name}={value}" if value else name for name, value in query),
            "".join(f"{name}:{value}\n" for name, value in headers),
            "",  # no additional headers are signed
            _PAYLOAD,
        )
    )


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
