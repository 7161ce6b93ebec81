"""
Request signatures of OSS, versions 1 and 4, checked as the service checks them.

Source: alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-the-authorization-header (V1) and
.../recommend-to-use-signature-version-4 (V4), read 2026-11, and the requests that PyPI `oss2` 2.19.1 sends.
"""

from __future__ import annotations

import base64
import calendar
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_tz
from urllib.parse import quote

from provisioner.sandbox.oss.errors import OssRefusal, access_denied, not_implemented
from provisioner.sandbox.oss.keys import Keys
from provisioner.sandbox.oss.messages import Identity, Request

MAXIMUM_SKEW_SECONDS = 15 * 60

# Version 1 signs only the query parameters that name a sub-resource or change the answer.
_SIGNED_PARAMETERS = frozenset(
    {
        "accessPoint",
        "accessPointPolicy",
        "acl",
        "append",
        "asyncFetch",
        "bucketArchiveDirectRead",
        "bucketInfo",
        "callback",
        "callback-var",
        "cname",
        "comp",
        "continuation-token",
        "cors",
        "delete",
        "encryption",
        "endTime",
        "group",
        "httpsConfig",
        "inventory",
        "inventoryId",
        "lifecycle",
        "link",
        "live",
        "location",
        "logging",
        "metaQuery",
        "objectInfo",
        "objectMeta",
        "partNumber",
        "policy",
        "position",
        "publicAccessBlock",
        "qos",
        "qosInfo",
        "redundancyTransition",
        "referer",
        "regionList",
        "replication",
        "replicationLocation",
        "replicationProgress",
        "requestPayment",
        "requesterQosInfo",
        "resourceGroup",
        "resourcePool",
        "resourcePoolInfo",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "restore",
        "security-token",
        "sequential",
        "startTime",
        "stat",
        "status",
        "style",
        "styleName",
        "symlink",
        "tagging",
        "transferAcceleration",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "vod",
        "website",
        "worm",
        "wormExtend",
        "wormId",
        "x-oss-ac-forward-allow",
        "x-oss-ac-source-ip",
        "x-oss-ac-subnet-mask",
        "x-oss-ac-vpc-id",
        "x-oss-access-point-name",
        "x-oss-async-process",
        "x-oss-process",
        "x-oss-request-payer",
        "x-oss-traffic-limit",
    }
)
_V4_AUTHORIZATION = re.compile(
    r"OSS4-HMAC-SHA256\s+Credential=(?P<credential>[^,\s]+)"
    r"(?:,\s*AdditionalHeaders=(?P<before>[^,\s]*))?"
    r",\s*(?:Signature=(?P<signature>[0-9a-f]+))"
    r"(?:,\s*AdditionalHeaders=(?P<after>[^,\s]*))?\s*$"
)
_V4_CREDENTIAL_PARTS = 5
_TOKEN_HEADER = "x-oss-security-token"  # noqa: S105 - the name of a header, not a secret
"""Signed in both versions, as every header whose name begins like this."""


def authenticate(request: Request, keys: Keys, now: float) -> Identity | None:
    """
    Return the signer of the request, or None when it is unsigned.

    Raises:
        OssRefusal: an error of `keys`, SignatureDoesNotMatch, RequestTimeTooSkewed, or AccessDenied for a signature
            that cannot be one.
    """
    header = request.headers.get("authorization", "").strip()
    if not header:
        if "Signature" in request.query or "x-oss-signature" in request.query:
            raise not_implemented("signed URLs")
        return None
    if header.startswith("OSS4-HMAC-SHA256"):
        return _authenticate_v4(request, header, keys, now)
    scheme, _, rest = header.partition(" ")
    access_key_id, separator, signature = rest.strip().partition(":")
    if scheme != "OSS" or not separator:
        raise OssRefusal(400, "InvalidArgument", "Authorization header is invalid.")
    account, secret = keys.find(access_key_id, request.headers.get(_TOKEN_HEADER, ""))
    _check_skew(_http_time(request.headers.get("x-oss-date") or request.headers.get("date", "")), now)
    string_to_sign = string_to_sign_v1(request)
    expected = base64.b64encode(hmac.new(secret.encode(), string_to_sign, hashlib.sha1).digest()).decode()
    _compare(expected, signature.strip(), access_key_id, string_to_sign)
    return Identity(access_key_id, account)


def _authenticate_v4(request: Request, header: str, keys: Keys, now: float) -> Identity:
    match = _V4_AUTHORIZATION.match(header)
    if match is None:
        raise OssRefusal(400, "InvalidArgument", "Authorization header is invalid.")
    # An access key id holds no slash, so the scope is always the last four parts.
    parts = match["credential"].rsplit("/", _V4_CREDENTIAL_PARTS - 1)
    if len(parts) != _V4_CREDENTIAL_PARTS or parts[3] != "oss" or parts[4] != "aliyun_v4_request":
        raise OssRefusal(400, "InvalidArgument", "Credential in the Authorization header is invalid.")
    access_key_id, date, region = parts[0], parts[1], parts[2]
    account, secret = keys.find(access_key_id, request.headers.get(_TOKEN_HEADER, ""))
    stamp = request.headers.get("x-oss-date", "")
    if not stamp.startswith(date):
        raise OssRefusal(400, "InvalidArgument", "The date of the credential differs from x-oss-date.")
    _check_skew(_iso_time(stamp), now)
    additional = sorted(name for name in (match["before"] or match["after"] or "").split(";") if name)
    scope = "/".join(parts[1:])
    canonical = canonical_request_v4(request, additional)
    string_to_sign = f"OSS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}".encode()
    key = f"aliyun_v4{secret}".encode()
    for part in (date, region, "oss", "aliyun_v4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, string_to_sign, hashlib.sha256).hexdigest()
    _compare(expected, match["signature"], access_key_id, string_to_sign)
    return Identity(access_key_id, account, region)


def string_to_sign_v1(request: Request) -> bytes:
    """Return what a version 1 signature covers."""
    headers = request.headers
    resource = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    signed = sorted((name, value) for name, value in request.query.items() if name in _SIGNED_PARAMETERS)
    if signed:
        resource += "?" + "&".join(f"{name}={value}" if value else name for name, value in signed)
    lines = [
        request.method,
        headers.get("content-md5", ""),
        headers.get("content-type", ""),
        headers.get("x-oss-date") or headers.get("date", ""),
    ]
    own = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()) if name.startswith("x-oss-"))
    return ("\n".join(lines) + "\n" + own + resource).encode()


def canonical_request_v4(request: Request, additional: list[str]) -> bytes:
    """Return what a version 4 signature covers; `additional` are the extra header names that were signed."""
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    query = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in request.query.items())
    signed = {"content-type", "content-md5", *additional}
    headers = "".join(
        f"{name}:{value}\n"
        for name, value in sorted(request.headers.items())
        if name.startswith("x-oss-") or name in signed
    )
    return "\n".join(
        (
            request.method,
            quote(path, safe="/~"),
            "&".join(f"{name}={value}" if value else name for name, value in query),
            headers,
            ";".join(additional),
            request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        )
    ).encode()


def _compare(expected: str, provided: str, access_key_id: str, string_to_sign: bytes) -> None:
    if hmac.compare_digest(expected.encode(), provided.encode()):
        return
    details: Mapping[str, str] = {
        "OSSAccessKeyId": access_key_id,
        "SignatureProvided": provided,
        "StringToSign": string_to_sign.decode(errors="replace"),
    }
    raise OssRefusal(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing "
        "method.",
        details,
    )


def _http_time(value: str) -> float:
    try:
        parsed = parsedate_tz(value)
        if parsed is None:
            raise ValueError(value)
        seconds = calendar.timegm(parsed[:9]) - (parsed[9] or 0)
        _iso(seconds)
    except (ValueError, TypeError, IndexError, OverflowError, OSError) as error:  # no date, or one of no calendar
        raise access_denied("OSS authentication requires a valid Date.") from error
    return seconds


def _iso_time(value: str) -> float:
    try:
        return calendar.timegm(time.strptime(value, "%Y%m%dT%H%M%SZ"))
    except ValueError as error:
        raise access_denied("OSS authentication requires a valid Date.") from error


def _check_skew(signed_at: float, now: float) -> None:
    if abs(signed_at - now) > MAXIMUM_SKEW_SECONDS:
        raise OssRefusal(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            {"RequestTime": _iso(signed_at), "ServerTime": _iso(now), "MaxAllowedSkewMilliseconds": "900000"},
        )


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))
