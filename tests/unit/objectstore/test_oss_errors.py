from __future__ import annotations

import inspect

import oss2.exceptions
import pytest
import requests

from provisioner.errors import CloudError, ProvisionError, StateError
from provisioner.objectstore import ObjectExistsError, ObjectNotFoundError
from provisioner.objectstore.oss_errors import DamagedAnswerError, is_transient, map_error


def answer(status: int, code: str, message: str = "Because.") -> oss2.exceptions.ServerError:
    return oss2.exceptions.ServerError(
        status, {"x-oss-request-id": "REQ1"}, b"", {"Code": code, "Message": message} if code else {}
    )


def mapped(error: Exception) -> ProvisionError:
    return map_error(error, "oss://bucket/key", "read the object")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer(404, "NoSuchKey"), ObjectNotFoundError),
        (answer(409, "FileAlreadyExists"), ObjectExistsError),
        (answer(409, "FileImmutable"), ObjectExistsError),
        (answer(404, "NoSuchBucket"), StateError),
        (answer(403, "AccessDenied"), CloudError),
        (answer(403, "SignatureDoesNotMatch"), CloudError),
        (answer(403, "InvalidAccessKeyId"), CloudError),
        (answer(403, "UserDisable"), CloudError),
        (answer(409, "BucketAlreadyExists"), CloudError),
        (answer(503, "ServiceUnavailable"), StateError),
        (answer(400, "SomethingNew"), StateError),
        (answer(502, ""), StateError),
        (oss2.exceptions.ClientError("the bucket name is invalid"), StateError),
        (oss2.exceptions.RequestError(requests.ConnectTimeout("t")), StateError),
        (requests.exceptions.ChunkedEncodingError("cut"), StateError),
        (DamagedAnswerError("3 of 4 bytes arrived"), StateError),
    ],
)
def test_every_foreign_error_becomes_ours(error: Exception, kind: type[ProvisionError]) -> None:
    assert type(mapped(error)) is kind


def test_no_error_of_oss2_is_forgotten() -> None:
    """A class that `oss2` adds has to be mapped here on purpose, or be one of those below."""
    bases = (oss2.exceptions.ServerError, oss2.exceptions.ClientError, oss2.exceptions.RequestError)
    known = {
        oss2.exceptions.OssError,
        oss2.exceptions.InconsistentError,
        oss2.exceptions.OpenApiFormatError,
        oss2.exceptions.OpenApiServerError,
        oss2.exceptions.SelectOperationClientError,
    }
    classes = inspect.getmembers(oss2.exceptions, inspect.isclass)
    errors = {kind for _, kind in classes if issubclass(kind, oss2.exceptions.OssError)}
    assert {kind for kind in errors if not issubclass(kind, bases)} == known


@pytest.mark.parametrize(
    ("code", "gardener"),
    [
        ("InvalidAccessKeyId", ("ERR_INFRA_UNAUTHENTICATED",)),
        ("SecurityTokenExpired", ("ERR_INFRA_UNAUTHENTICATED",)),
        ("SignatureDoesNotMatch", ("ERR_INFRA_UNAUTHORIZED",)),
        ("AccessDenied", ("ERR_INFRA_UNAUTHORIZED",)),
        ("TooManyBuckets", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("QpsLimitExceeded", ("ERR_INFRA_QUOTA_EXCEEDED", "ERR_INFRA_RATE_LIMITS_EXCEEDED")),
        ("InDebt", ("ERR_INFRA_DEPENDENCIES",)),
    ],
)
def test_refusals_carry_gardeners_code(code: str, gardener: tuple[str, ...]) -> None:
    assert mapped(answer(403, code)).codes == gardener


def test_a_refusal_carries_oss_code_and_request_id() -> None:
    error = mapped(answer(403, "AccessDenied"))
    assert isinstance(error, CloudError)
    assert (error.cloud_code, error.request_id) == ("AccessDenied", "REQ1")


def test_the_message_tells_action_code_reason_and_request_id() -> None:
    assert str(mapped(answer(404, "NoSuchBucket", "The specified bucket does not exist."))) == (
        "oss://bucket/key: cannot read the object: OSS answered NoSuchBucket: The specified bucket does not exist. "
        "(request id REQ1); apply the BackupBucket manifest: the bucket is created when it is missing"
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answer(500, "InternalError"), True),
        (answer(503, "ServiceUnavailable"), True),
        (answer(502, ""), True),
        (answer(429, ""), True),
        (answer(503, "QpsLimitExceeded"), True),
        (answer(403, "RequestTimeTooSkewed"), True),
        (answer(400, "RequestTimeout"), True),
        (answer(400, "InvalidDigest"), True),
        (answer(403, "AccessDenied"), False),
        (answer(404, "NoSuchBucket"), False),
        (answer(409, "FileAlreadyExists"), False),
        (oss2.exceptions.RequestError(requests.ReadTimeout()), True),
        (oss2.exceptions.RequestError(requests.ConnectionError()), True),
        (oss2.exceptions.RequestError(requests.exceptions.SSLError()), False),
        (oss2.exceptions.ClientError("x"), False),
        (DamagedAnswerError("x"), True),
        (ValueError("x"), False),
    ],
)
def test_only_what_waiting_can_help_is_transient(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected


def test_a_broken_connection_is_told_by_its_innermost_reason() -> None:
    reason = requests.ConnectionError(OSError("outer", ConnectionResetError(104, "Connection reset by peer")))
    assert mapped(oss2.exceptions.RequestError(reason)).problem.detail == (
        "cannot read the object: OSS cannot be reached: ConnectionResetError: Connection reset by peer"
    )
