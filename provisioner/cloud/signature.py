"""
Signing a request to Alibaba Cloud's OpenAPI: signature version 3, ACS3-HMAC-SHA256.

Source: "V3 request syntax and signature method" of the OpenAPI documentation, read 2026-11. A contract test holds it
against the official SDK (tests/contract/test_signature.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from provisioner.cloud.access import Credentials

_ALGORITHM: Final = "ACS3-HMAC-SHA256"
NO_BODY: Final = hashlib.sha256(b"").hexdigest()
"""The digest of the body of a request that has none."""


def authorization(credentials: Credentials, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """
    Return the value of the Authorization header of a POST to `/` without a body.

    All `headers` are signed; their names are in lower case, `host` and `x-acs-content-sha256` are among them.
    """
    signed = ";".join(sorted(headers))
    lines = ("POST", "/", canonical_query(query), *(f"{name}:{headers[name].strip()}" for name in sorted(headers)))
    request = "\n".join((*lines, "", signed, headers["x-acs-content-sha256"]))
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(credentials.access_key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={credentials.access_key_id},SignedHeaders={signed},Signature={signature}"


def canonical_query(query: Mapping[str, str]) -> str:
    """Return a query as it is signed and sent: sorted by name, everything but letters, digits and `-_.~` escaped."""
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in sorted(query.items()))


def _escape(text: str) -> str:
    return quote(text, safe="~")
