"""Maps errors of OSS and the network below it to this program's errors, by code and by class, never by text."""

from __future__ import annotations

from dataclasses import dataclass

import oss2.exceptions
import requests

from provisioner.errors import CloudError, NotTheStoreError, ProvisionError, StateError
from provisioner.gardener_codes import gardener_codes
from provisioner.objectstore.interface import exists, not_found

_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class _Meaning:
    fix: str = ""
    is_refusal: bool = False
    """The credentials or the account are the reason: a CloudError with Gardener's codes."""
    is_transient: bool = False
    """The same request may succeed in a moment."""
    codes: tuple[str, ...] = ()
    """Gardener codes beyond what their patterns find in the code."""


_CHECK_KEY = "check accessKeyID and accessKeySecret in the Secret that the BackupBucket names"
_CHECK_SESSION = "take accessKeyID, accessKeySecret and securityToken of that Secret from one and the same AssumeRole"
_CHECK_RIGHTS = "let the access key's account read and write the bucket"
_UNAUTHENTICATED = ("ERR_INFRA_UNAUTHENTICATED",)
_UNAUTHORIZED = ("ERR_INFRA_UNAUTHORIZED",)
_QUOTA = ("ERR_INFRA_QUOTA_EXCEEDED",)
_DEPENDENCIES = ("ERR_INFRA_DEPENDENCIES",)
_RATE_LIMIT = ("ERR_INFRA_RATE_LIMITS_EXCEEDED",)
_TRANSIENT = _Meaning(is_transient=True)

# Source: the error lists alibabacloud.com/help/en/oss/user-guide/http-status-code-409 (and -400, -403, -404, -503),
# read 2026-11. A code that is not here is a StateError with OSS's own words; 5xx and 429 are transient in any case.
_MEANINGS = {
    "InvalidAccessKeyId": _Meaning(_CHECK_KEY, is_refusal=True),
    "InvalidSecurityToken": _Meaning(_CHECK_SESSION, is_refusal=True, codes=_UNAUTHENTICATED),
    "SecurityTokenExpired": _Meaning(_CHECK_SESSION, is_refusal=True, codes=_UNAUTHENTICATED),
    "AccessKeyIdAndSecurityTokenNotMatch": _Meaning(_CHECK_SESSION, is_refusal=True, codes=_UNAUTHENTICATED),
    "SignatureDoesNotMatch": _Meaning(_CHECK_KEY, is_refusal=True),
    "AccessDenied": _Meaning(_CHECK_RIGHTS, is_refusal=True),
    "BucketNotBelongToYou": _Meaning(_CHECK_RIGHTS, is_refusal=True, codes=_UNAUTHORIZED),
    "PermanentRedirect": _Meaning("give the region the bucket is in", codes=("ERR_CONFIGURATION_PROBLEM",)),
    "BucketAlreadyExists": _Meaning(
        "bucket names are shared by all accounts: choose another name for the BackupBucket",
        is_refusal=True,
        codes=("ERR_CONFIGURATION_PROBLEM",),
    ),
    "InvalidBucketName": _Meaning("choose another name for the BackupBucket", codes=("ERR_CONFIGURATION_PROBLEM",)),
    "TooManyBuckets": _Meaning("delete unused buckets of the account", is_refusal=True, codes=_QUOTA),
    "UserDisable": _Meaning("the account is disabled or in debt", is_refusal=True, codes=_DEPENDENCIES),
    "InDebt": _Meaning("the account is in debt", is_refusal=True, codes=_DEPENDENCIES),
    "InDebtOverdue": _Meaning("the account is in debt", is_refusal=True, codes=_DEPENDENCIES),
    "NoSuchBucket": _Meaning("apply the BackupBucket manifest: the bucket is created when it is missing"),
    # The machine's clock was off, and now the store's time is known: signed with that, the request goes through.
    "RequestTimeTooSkewed": _TRANSIENT,
    # The bytes changed on their way.
    "InvalidDigest": _TRANSIENT,
    "RequestTimeout": _TRANSIENT,
    "OperationAborted": _TRANSIENT,
    "InternalError": _TRANSIENT,
    "ServiceUnavailable": _TRANSIENT,
    "Throttling": _Meaning(is_transient=True, codes=_RATE_LIMIT),
    "TooManyRequests": _Meaning(is_transient=True, codes=_RATE_LIMIT),
    "QpsLimitExceeded": _Meaning(is_transient=True, codes=_RATE_LIMIT),
    "DownloadTrafficRateLimitExceeded": _Meaning(is_transient=True, codes=_RATE_LIMIT),
    "UploadTrafficRateLimitExceeded": _Meaning(is_transient=True, codes=_RATE_LIMIT),
}
_UNKNOWN = _Meaning()


def is_transient(error: BaseException) -> bool:
    """Return whether repeating the request soon may help."""
    if isinstance(error, oss2.exceptions.RequestError):
        return is_transient(error.exception)
    if isinstance(error, requests.RequestException):
        # A certificate or an address does not become valid by waiting.
        return not isinstance(
            error, requests.exceptions.SSLError | requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema
        )
    if isinstance(error, oss2.exceptions.InconsistentError | DamagedAnswerError | NotOssError):
        return True
    if isinstance(error, oss2.exceptions.ServerError):
        meaning = _MEANINGS.get(error.code, _UNKNOWN)
        return meaning.is_transient or error.status >= _SERVER_ERROR or error.status == _TOO_MANY_REQUESTS
    return False


class DamagedAnswerError(Exception):
    """OSS answered with success, but the answer is cut short, altered or of another kind."""


class NotOssError(Exception):
    """The server at `host` is not OSS, as `evidence` shows: a captive portal, a proxy, another server."""

    def __init__(self, host: str, evidence: str) -> None:
        super().__init__(f"what answered at {host} is not OSS: {evidence}")


class GivenUpError(Exception):
    """OSS did not answer, and there was no time to wait for it."""


def map_error(error: Exception, object: str, action: str) -> ProvisionError:
    """
    Return our error for what `oss2` or `requests` raised while doing `action` to `object`.

    Only OSS's code, message and request id enter the message. `error` itself is the cause to raise it from.
    """
    retryable = is_transient(error)
    if isinstance(error, oss2.exceptions.ServerError):
        return _map_answer(error, object, action, retryable)
    if isinstance(error, oss2.exceptions.RequestError):
        error = error.exception
    if isinstance(error, requests.RequestException):
        detail = f"cannot {action}: OSS cannot be reached: {_reason(error)}"
        return StateError(detail, object=object, type=type(error).__name__, is_retryable=retryable)
    if isinstance(error, NotOssError):
        return NotTheStoreError(
            f"cannot {action}: {error}",
            object=object,
            type="NotOss",
            fix="check for a proxy or the login page of a network in between, then run the command again",
            codes=("ERR_RETRYABLE_INFRA_DEPENDENCIES",),
            is_retryable=retryable,
        )
    if isinstance(error, GivenUpError):
        return StateError(f"cannot {action}: {error}", object=object, type="NoAnswer", is_retryable=True)
    if isinstance(error, oss2.exceptions.OssError):
        # What the SDK refuses before it sends anything: a bucket name or an endpoint that cannot be one.
        detail = f"cannot {action}: {error.body or error.message or type(error).__name__}"
        return StateError(detail, object=object, type=type(error).__name__, is_retryable=retryable)
    return StateError(
        f"cannot {action}: OSS's answer is damaged: {type(error).__name__}: {error}",
        object=object,
        type="DamagedAnswer",
        is_retryable=retryable,
    )


def _map_answer(error: oss2.exceptions.ServerError, object: str, action: str, retryable: bool) -> ProvisionError:
    code = error.code or f"HTTP {error.status}"
    if code in ("NoSuchKey", "SymlinkTargetNotExist"):
        return not_found(object)
    # Under a retention policy OSS may name that as the reason why the key is taken.
    if code in ("FileAlreadyExists", "FileImmutable", "ObjectAlreadyExists"):
        return exists(object)
    meaning = _MEANINGS.get(code, _UNKNOWN)
    detail = f"cannot {action}: OSS answered {code}: {error.message or 'no message'}"
    detail += f" (request id {error.request_id})" if error.request_id else ""
    codes = {*meaning.codes, *gardener_codes(code)}
    if meaning.is_refusal:
        return CloudError(
            detail,
            object=object,
            cloud_code=code,
            request_id=error.request_id,
            fix=meaning.fix,
            codes=tuple(codes),
            is_retryable=retryable,
        )
    return StateError(detail, object=object, type=code, fix=meaning.fix, codes=tuple(codes), is_retryable=retryable)


def _reason(error: BaseException) -> str:
    """Return the innermost reason: requests wraps urllib3, which wraps the socket's error, each in its own way."""
    reason: BaseException = error
    while True:
        inner = [getattr(reason, "reason", None), *reason.args, reason.__cause__]
        deeper = next((candidate for candidate in inner if isinstance(candidate, BaseException)), None)
        if deeper is None:
            break
        reason = deeper
    text = reason.strerror if isinstance(reason, OSError) and reason.strerror else ""
    return f"{type(reason).__name__}: {text}" if text else type(reason).__name__
