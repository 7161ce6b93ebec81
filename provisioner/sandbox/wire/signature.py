"""
Checks the signature of RPC requests: version 1.0, HMAC-SHA1 (or HMAC-SHA256) over all parameters.

Source: Alibaba Cloud, "RPC style request syntax and signature", read 2026-10.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from provisioner.sandbox.cloud import ActionError

LARGEST_SKEW = timedelta(minutes=15)
"""How far a request's time may be from the server's, before it or after it."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}


def sign(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Return the signature of a request; `Signature` among the parameters is left out of it."""
    digest = _DIGESTS[parameters.get("SignatureMethod", "HMAC-SHA1")]
    canonical = "&".join(
        [f"{encode(name)}={encode(value)}" for name, value in sorted(parameters.items()) if name != "Signature"]
    )
    # What is encoded once has nothing left to encode but these.
    twice = canonical.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    text = f"{method}&%2F&{twice}"
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), digest)).decode()


def check(method: str, parameters: Mapping[str, str], secret: str, now: datetime) -> None:
    """
    Accept a request signed with `secret` within 15 minutes of `now`.

    Raises:
        ActionError: with the gateway's code for what is missing, expired or wrong.
    """
    for name in ("Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"):
        if not parameters.get(name):
            raise missing(name)
    if parameters["SignatureMethod"] not in _DIGESTS:
        raise ActionError("InvalidSignatureMethod", "Specified signature method is not supported.")
    check_time(parameters["Timestamp"], now)
    expected = sign(method, parameters, secret)
    if not hmac.compare_digest(expected.encode(), parameters["Signature"].encode()):
        raise mismatch()


def check_time(sent: str, now: datetime) -> None:
    """Refuse a request whose time is malformed or more than 15 minutes away from `now`."""
    try:
        # strptime() alone would take longer than the signature; fromisoformat() alone would take other forms as well.
        at = datetime.fromisoformat(sent if _TIME.fullmatch(sent) else "")
    except ValueError:
        raise ActionError(
            "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        ) from None
    if abs(now - at) > LARGEST_SKEW:
        raise ActionError("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def missing(name: str) -> ActionError:
    """Return the refusal of a request without something it needs."""
    return ActionError(f"Missing{name}", f"{name} is mandatory for this action.")


def mismatch() -> ActionError:
    """Return the refusal of a wrong signature."""
    # The real gateway puts its string to sign behind the colon, where SDKs look for it (the one for Python breaks
    # when there is no colon). That string would carry user data into logs.
    return ActionError(
        "SignatureDoesNotMatch",
        "Specified signature is not matched with our calculation. server string to sign is:withheld",
    )


def encode(text: str) -> str:
    """Return a text percent-encoded as both signature styles want it (RFC 3986)."""
    return text if _UNRESERVED.fullmatch(text) else quote(text, safe="-_.~")
