"""
How an operation fails, and the texts of the real provider for it.

    OperationFailed              any of them; `describe(file)` is what terraform shows
    ├── ServiceRefused           the cloud refused a call
    ├── CallUnanswered           the connection broke before an answer came
    ├── ObjectMissing            a describe call found nothing
    ├── WaitExpired              a state was not reached in time
    ├── PollExpired              the same, where the real provider polls without the SDK's help
    └── InvalidRequest           the provider itself refused before calling

Source of the shapes: aliyun/terraform-provider-alicloud `errors.go`, alibabacloud-go/tea v1.5.2 `SDKError`,
aliyun/alibaba-cloud-sdk-go v1.63 `ServerError`, read 2026-11. Line numbers are not simulated and always 1.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence

from provisioner.sandbox.cloud import ActionError

_MARK = "\x1b[31m[ERROR]\x1b[0m"
_SOURCE = "[SDK alibaba-cloud-sdk-go ERROR]"
_OWN_SOURCE = "[Provider ERROR]"
SERVER_ERROR = 500
"""The first HTTP status that means a failure of the service."""


class Client(enum.Enum):
    """Which SDK the real provider makes a call with; they print and classify errors differently."""

    TEA = "tea"
    TYPED = "typed"


class OperationFailed(Exception):
    """An operation on a resource did not succeed."""

    def describe(self, file: str) -> str:
        """Return the text terraform shows; `file` is the real provider's source file of the resource type."""
        return f"{_location(file)}:\n{self}"


class InvalidRequest(OperationFailed):
    """The request is impossible, and the provider knows without a call."""


class ObjectMissing(OperationFailed):
    """The object does not exist."""

    def __init__(self, kind: str, identifier: str) -> None:
        """Name what was looked for."""
        super().__init__(kind, identifier)
        self.kind = kind
        self.identifier = identifier

    def __str__(self) -> str:
        return f"The specified {self.kind} {self.identifier} is not found."

    def describe(self, file: str) -> str:
        """Return the not-found text."""
        return f"{_location(file)}:\n{self.describe_cause(file)}"

    def describe_cause(self, file: str) -> str:
        """Return the part of the text that another failure ends in when this was its cause."""
        return f"{_location(file)}: ResourceNotfound!!! {_OWN_SOURCE}:\n{self}"


class CallUnanswered(OperationFailed):
    """The connection broke before an answer came; whether the call took effect is not known."""

    def __init__(self, client: Client, subject: str, action: str, host: str, *, is_reset: bool) -> None:
        """`subject` is the object's id, or the resource type while there is none; `host` was called."""
        super().__init__(client, subject, action, host, is_reset)
        self.client = client
        self.subject = subject
        self.action = action
        self.host = host
        self.is_reset = is_reset

    def __str__(self) -> str:
        # The text of Go's net/http: the SDKs pass it on.
        return f'Post "https://{self.host}/": {"read: connection reset by peer" if self.is_reset else "EOF"}'

    def describe(self, file: str) -> str:
        """Return the text of a failed call without an answer."""
        return f"{_failed_call(file, self.subject, self.action)}\n{self}"


class WaitExpired(OperationFailed):
    """An object did not get into the wanted state in time."""

    def __init__(self, identifier: str, wanted: Sequence[str], last: str, seconds: float) -> None:
        """Keep what was waited for and what was seen last."""
        super().__init__(identifier, tuple(wanted), last, seconds)
        self.identifier = identifier
        self.wanted = tuple(wanted)
        self.last = last
        self.seconds = seconds

    def __str__(self) -> str:
        goal = f"state to become '{', '.join(self.wanted)}'" if self.wanted else "resource to be gone"
        return f"timeout while waiting for {goal} (last state: '{self.last}', timeout: {self.seconds:g}s)"

    def describe(self, file: str) -> str:
        """Return the time-out text."""
        return f"{_location(file)}: Resource id：{self.identifier} :\n{self}"  # noqa: RUF001 - the provider's own colon


class PollExpired(OperationFailed):
    """An object did not get into the wanted state in time, where the real provider polls without the SDK's help."""

    def __init__(
        self,
        identifier: str,
        function: str,
        *,
        got: str,
        expected: str,
        seconds: float,
        missing: ObjectMissing | None = None,
    ) -> None:
        """`function` is the real provider's that polled; `missing` says that the object was not there at last."""
        super().__init__(identifier, function, got, expected, seconds)
        self.identifier = identifier
        self.function = function
        self.got = got
        self.expected = expected
        self.seconds = seconds
        self.missing = missing

    def __str__(self) -> str:
        return (
            f"Resource {self.identifier} {self.function} Timeout In {self.seconds:.0f} Seconds. "
            f"Got: {self.got} Expected: {self.expected} !!! {_OWN_SOURCE}"
        )

    def describe(self, file: str) -> str:
        """Return the time-out text, with what was wrong at last."""
        cause = "<nil cause>" if self.missing is None else self.missing.describe_cause(file)
        return f"{_location(file)}:\n{_location(file)}: {self}:\n{cause}"


class ServiceRefused(OperationFailed):
    """The cloud refused a call."""

    def __init__(self, client: Client, subject: str, action: str, refusal: ActionError) -> None:
        """`subject` is the object's id, or the resource type while there is none."""
        super().__init__(client, subject, action, refusal.code)
        self.client = client
        self.subject = subject
        self.action = action
        self.code = refusal.code
        self.message = refusal.message
        self.http_status = refusal.http_status
        self.request_id = refusal.request_id

    def __str__(self) -> str:
        return f"{self.action} of {self.subject}: {self.code}: {self.message}"

    @property
    def is_missing(self) -> bool:
        """Return whether the refusal means that the object does not exist."""
        if self.http_status == 404:  # noqa: PLR2004 - the HTTP status itself
            return True
        if self.client is Client.TEA:
            return "NotFound" in self.message
        return (
            self.code in ("Instance.Notfound", "Forbidden.InstanceNotFound", "NotFound")
            or "instance is not found" in self.message.lower()
        )

    @property
    def is_transient(self) -> bool:
        """Return whether the real provider repeats every call that is refused like this."""
        return (
            self.code in ("ServiceUnavailable", "Rejected.Throttling")
            or "Throttling" in self.code
            or self.http_status >= SERVER_ERROR
            or "Client.Timeout" in self.message
        )

    def is_any_of(self, codes: Sequence[str]) -> bool:
        """Return whether the refusal is one of `codes`, as loosely as the real provider compares."""
        if self.client is Client.TEA:
            data = self._data()
            return any(code.startswith(self.code) or code in data for code in codes)
        return any(code == self.code or code in self.message for code in codes)

    def describe(self, file: str) -> str:
        """Return the text of the SDK the real provider uses for the call."""
        head = _failed_call(file, self.subject, self.action)
        if self.client is Client.TEA:
            return (
                f"{head}\nSDKError:\n   StatusCode: {self.http_status}\n   Code: {self.code}\n"
                f"   Message: code: {self.http_status}, {self.message} request id: {self.request_id}\n"
                f"   Data: {self._data()}\n"
            )
        return (
            f"{head}\nSDK.ServerError\nErrorCode: {self.code}\nRecommend: \nRequestId: {self.request_id}\n"
            f"Message: {self.message}\nRespHeaders: map[]"
        )

    def _data(self) -> str:
        answer = {
            "Code": self.code,
            "Message": self.message,
            "RequestId": self.request_id,
        }
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _failed_call(file: str, subject: str, action: str) -> str:
    if not subject:
        return f"{_location(file)}:"
    return f"{_location(file)}: Resource {subject} {action} Failed!!! {_SOURCE}:"


def _location(file: str) -> str:
    return f"{_MARK} terraform-provider-alicloud/alicloud/{file}:1"
