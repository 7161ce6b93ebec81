"""
Checks the signature of RPC requests: version 1.0, HMAC-SHA1 (or HMAC-SHA256) over all parameters.

Source: Alibaba Cloud, "RPC style request syntax and signature", read 2026-10.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from provisioner.sandbox.cloud import ActionError

_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
_LARGEST_SKEW = timedelta(minutes=15)


def sign(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Return the signature of a request; `Signature` among the parameters is left out of it."""
    digest = _DIGESTS[parameters.get("SignatureMethod", "HMAC-SHA1")]
    canonical = "&".join(
        f"{_encode(name)}={_encode(value)}" for name, value in sorted(parameters.items()) if name != "Signature"
    )
    text = f"{method}&%2F&{_encode(canonical)}"
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), digest)).decode()


def check(method: str, parameters: Mapping[str, str], secret: str, now: datetime) -> None:
    """
    Accept a request signed with `secret` within 15 minutes of `now`.

    Raises:
        ActionError: with the gateway's code for what is missing, expired or wrong.
    """
    for name in ("Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"):
        if not parameters.get(name):
            raise ActionError(f"Missing{name}", f"{name} is mandatory for this action.")
    if parameters["SignatureMethod"] not in _DIGESTS:
        raise ActionError("InvalidSignatureMethod", "Specified signature method is not supported.")
    try:
        sent = datetime.strptime(parameters["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ActionError(
            "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        ) from None
    if abs(now - sent) > _LARGEST_SKEW:
        raise ActionError("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    expected = sign(method, parameters, secret)
    if not hmac.compare_digest(expected.encode(), parameters["Signature"].encode()):
        # The real gateway puts its string to sign behind the colon, where SDKs look for it (the one for Python breaks
        # when there is no colon). That string would carry user data into logs.
        raise ActionError(
            "SignatureDoesNotMatch",
            "Specified signature is not matched with our calculation. server string to sign is:withheld",
        )


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
