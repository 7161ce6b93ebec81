"""
Checks the signature of requests that carry it in a header: ACS3-HMAC-SHA256 over method, query, headers and body.

Source: Alibaba Cloud, "V3 request body and signature mechanism", read 2026-11.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.wire.signature import check_time, encode, mismatch, missing

ALGORITHM = "ACS3-HMAC-SHA256"

_HEADER = re.compile(r"(?P<algorithm>ACS3-[A-Z0-9-]+) +(?P<fields>.+)")
_NEEDED = {
    "x-acs-action": "Action",
    "x-acs-version": "Version",
    "x-acs-date": "Timestamp",
    "x-acs-signature-nonce": "SignatureNonce",
    "x-acs-content-sha256": "ContentSha256",
}


@dataclass(frozen=True, slots=True)
class Authorization:
    """The content of an Authorization header."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str


@dataclass(frozen=True, slots=True)
class Request:
    """The signed parts of a request; names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def is_signed_in_header(authorization: str) -> bool:
    """Return whether an Authorization header is of this style."""
    return authorization.startswith("ACS3-")


def read_authorization(header: str) -> Authorization:
    """
    Return what a header of this style says.

    Raises:
        ActionError: `InvalidSignatureMethod` for another algorithm, `IncompleteSignature` when something is missing.
    """
    matched = _HEADER.fullmatch(header.strip())
    if matched is None:
        raise _incomplete()
    if matched["algorithm"] != ALGORITHM:
        raise ActionError("InvalidSignatureMethod", "Specified signature method is not supported.")
    fields = dict(part.strip().partition("=")[::2] for part in matched["fields"].split(","))
    credential, names, signature = (fields.get(name, "") for name in ("Credential", "SignedHeaders", "Signature"))
    if not credential or not names or not signature:
        raise _incomplete()
    return Authorization(credential, tuple(names.lower().split(";")), signature)


def sign(request: Request, signed_headers: Iterable[str], secret: str) -> str:
    """Return the signature of a request over those of its headers."""
    headers = {name: request.headers.get(name, "").strip() for name in signed_headers}
    canonical = "\n".join(
        (
            request.method,
            request.path or "/",
            "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(request.query.items())),
            "".join(f"{name}:{value}\n" for name, value in sorted(headers.items())),
            ";".join(sorted(headers)),
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def check(given: Authorization, request: Request, secret: str, now: datetime) -> None:
    """
    Accept a request signed with `secret` within 15 minutes of `now`.

    Raises:
        ActionError: with the gateway's code for what is missing, expired or wrong.
    """
    for header, name in _NEEDED.items():
        if not request.headers.get(header):
            raise missing(name)
    # Otherwise an attacker could change the action or the nonce of a recorded request.
    to_sign = {"host", *(name for name in request.headers if name.startswith("x-acs-"))}
    if not to_sign <= set(given.signed_headers):
        raise _incomplete()
    check_time(request.headers["x-acs-date"], now)
    # Over the body that arrived: one that was changed on the way makes another signature.
    expected = sign(request, given.signed_headers, secret)
    if not hmac.compare_digest(expected.encode(), given.signature.encode()):
        raise mismatch()


def _incomplete() -> ActionError:
    return ActionError("IncompleteSignature", "The request signature does not conform to Aliyun standards.")
