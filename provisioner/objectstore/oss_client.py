"""
The calls to OSS: one method per request, with retries, and every foreign error mapped on the way out.

This is the only module that imports `oss2` at its top; `oss.py` imports it when it is first needed.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate
from typing import Any, TypeVar
from xml.etree import ElementTree

import oss2
import requests

from provisioner.errors import StateError
from provisioner.ids import RegionId
from provisioner.objectstore.clock import StoreClock
from provisioner.objectstore.oss_attempts import Attempts
from provisioner.objectstore.oss_errors import DamagedAnswerError, GivenUpError, map_error
from provisioner.objectstore.oss_signing import RequestSigner

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 10
"""Without a single byte. A lease is renewed every twenty seconds, and a lost answer is repeated safely."""

_Result = TypeVar("_Result")
_FOREIGN = (oss2.exceptions.OssError, requests.RequestException, DamagedAnswerError, GivenUpError)


@dataclass(frozen=True, slots=True)
class BucketInfo:
    """What matters about a bucket."""

    acl: str
    encryption: str | None
    """The algorithm, or None."""


class OssClient:
    """One bucket's calls. The clock learns the store's time from every answer."""

    def __init__(
        self,
        endpoint: str,
        region: RegionId,
        bucket: str,
        credentials: tuple[str, str, str],
        *,
        clock: StoreClock,
        boot_clock: Callable[[], float],
        wall_clock: Callable[[], float],
        sleep: Callable[[float], None],
        is_hurried: Callable[[], bool],
        is_loopback: bool,
    ) -> None:
        # The SDK tells every request, with all headers, to whoever listens at debug level.
        for name in ("oss2", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._name = f"oss://{bucket}"
        self._attempts = Attempts(sleep, is_hurried)

        def signing_time() -> float:
            now = clock.now()
            return wall_clock() if now is None else now.timestamp()

        session = _observed_session(clock, boot_clock)
        # Without an auth of its own, requests would put a matching ~/.netrc entry over our signature.
        session.session.auth = _leave_alone
        if is_loopback:
            session.session.trust_env = False  # no proxy stands between a process and itself
        with _Mapped(self._name, "use the bucket"):
            self._bucket: Any = oss2.Bucket(
                RequestSigner(credentials, region, signing_time),
                endpoint,
                bucket,
                session=session,
                connect_timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
                # Content-MD5 is checked instead: the SDK computes CRC64 in Python, slowly for large states.
                enable_crc=False,
                region=region,
            )

    def get(self, key: str) -> tuple[Mapping[str, str], bytes]:
        """Return the headers and the body of an object, checked against its length and MD5."""

        def attempt() -> tuple[Mapping[str, str], bytes]:
            answer = self._bucket.get_object(key)
            body: bytes = answer.read()
            _check_body(answer.headers, body)
            return answer.headers, body

        return self._call(attempt, f"{self._name}/{key}", "read the object")

    def put(self, key: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Store an object; whether it may replace another is up to the headers."""
        self._call(lambda: self._bucket.put_object(key, body, headers=dict(headers)), f"{self._name}/{key}", "write it")

    def list(self, prefix: str, start_after: str, limit: int) -> tuple[list[tuple[str, int, float]], bool]:
        """Return one page of (key, size, modification time) and whether there is more."""

        def attempt() -> tuple[list[tuple[str, int, float]], bool]:
            try:
                page = self._bucket.list_objects_v2(prefix=prefix, start_after=start_after, max_keys=limit)
            except (ElementTree.ParseError, RuntimeError, ValueError) as error:
                raise DamagedAnswerError("the listing cannot be read") from error
            return [(item.key, int(item.size), item.last_modified) for item in page.object_list], page.is_truncated

        return self._call(attempt, f"{self._name}/{prefix}", "list objects")

    def delete(self, keys: Sequence[str]) -> None:
        """
        Delete up to 1000 objects.

        Raises:
            StateError: OSS has not confirmed all of them: what is under retention stays.
        """

        def attempt() -> set[str]:
            try:
                return set(self._bucket.batch_delete_objects(list(keys)).deleted_keys)
            except (ElementTree.ParseError, RuntimeError) as error:
                raise DamagedAnswerError("the list of deleted objects cannot be read") from error

        left = set(keys) - self._call(attempt, self._name, "delete objects")
        if left:
            raise StateError(
                f"{len(left)} of {len(keys)} objects are not deleted, {min(left)} among them",
                object=self._name,
                type="NotDeleted",
            )

    def worm_state(self) -> str | None:
        """Return InProgress, Locked or Expired, or None when the bucket has no retention policy."""

        def attempt() -> str | None:
            try:
                return str(self._bucket.get_bucket_worm().state)
            except oss2.exceptions.NoSuchWORMConfiguration:
                return None
            except (ElementTree.ParseError, RuntimeError) as error:
                raise DamagedAnswerError("the retention policy cannot be read") from error

        return self._call(attempt, self._name, "read the bucket's retention policy")

    def versioning(self) -> str | None:
        """Return Enabled, Suspended, or None when versioning was never configured."""

        def attempt() -> str | None:
            try:
                return self._bucket.get_bucket_versioning().status or None
            except (ElementTree.ParseError, RuntimeError) as error:
                raise DamagedAnswerError("the versioning status cannot be read") from error

        return self._call(attempt, self._name, "read the bucket's versioning")

    def bucket_info(self) -> BucketInfo | None:
        """Return the bucket's settings, or None when there is no such bucket."""

        def attempt() -> BucketInfo | None:
            try:
                info = self._bucket.get_bucket_info()
            except oss2.exceptions.NoSuchBucket:
                return None
            except (ElementTree.ParseError, RuntimeError) as error:
                raise DamagedAnswerError("the bucket's settings cannot be read") from error
            rule = info.bucket_encryption_rule
            return BucketInfo(info.acl.grant, rule.sse_algorithm if rule is not None else None)

        return self._call(attempt, self._name, "read the bucket's settings")

    def create_bucket(self, multipart_abort_days: int) -> None:
        """Create the bucket: private, encrypted, and without endless multipart uploads."""
        standard = oss2.models.BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_STANDARD)
        encryption = oss2.models.ServerSideEncryptionRule(sse_algorithm=oss2.SERVER_SIDE_ENCRYPTION_AES256)
        abort = oss2.models.LifecycleRule(
            "abort-multipart-uploads",
            "",
            abort_multipart_upload=oss2.models.AbortMultipartUpload(days=multipart_abort_days),
        )
        lifecycle = oss2.models.BucketLifecycle([abort])
        # Encryption before anything is stored: it applies only to objects that come after it.
        for attempt, action in (
            (lambda: self._bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE, standard), "create the bucket"),
            (lambda: self._bucket.put_bucket_encryption(encryption), "encrypt the bucket"),
            (lambda: self._bucket.put_bucket_lifecycle(lifecycle), "set the bucket's lifecycle"),
        ):
            self._call(attempt, self._name, action)

    @staticmethod
    def parse_date(value: str) -> datetime:
        """Return the time in an HTTP date header that has been checked."""
        return _parse_date(value) or datetime.fromtimestamp(0, UTC)

    def _call(self, attempt: Callable[[], _Result], object: str, action: str) -> _Result:
        with _Mapped(object, action):
            return self._attempts.call(attempt)


class _Mapped:
    """Turns foreign errors into ours on the way out."""

    def __init__(self, object: str, action: str) -> None:
        self._object = object
        self._action = action

    def __enter__(self) -> None:
        """Do nothing: only the way out matters."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Raise our error in place of a foreign one."""
        if isinstance(error, _FOREIGN):
            raise map_error(error, self._object, self._action) from error


def _observed_session(clock: StoreClock, boot_clock: Callable[[], float]) -> Any:
    class ObservedSession(oss2.Session):  # type: ignore[misc] # the base class has no annotations
        """Tells the clock about the Date of every answer that OSS itself gave."""

        def do_request(self, request: Any, timeout: Any) -> Any:
            sent_at = boot_clock()
            answer = super().do_request(request, timeout)
            date = _parse_date(answer.headers.get("Date", ""))
            # A proxy's answer has a Date too, but no request id.
            if date is not None and "x-oss-request-id" in answer.headers:
                clock.observe(date, sent_at, boot_clock())
            return answer

    return ObservedSession()


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _check_body(headers: Mapping[str, str], body: bytes) -> None:
    length, md5 = headers.get("Content-Length"), headers.get("Content-MD5")
    if length is not None and length != str(len(body)):
        raise DamagedAnswerError(f"{len(body)} of {length} bytes arrived")
    if _parse_date(headers.get("Last-Modified", "")) is None:
        raise DamagedAnswerError("the object has no Last-Modified")
    if md5:
        try:
            matches = base64.b64decode(md5) == hashlib.md5(body, usedforsecurity=False).digest()
        except binascii.Error:
            matches = False
        if not matches:
            raise DamagedAnswerError("the object's MD5 does not match its bytes")


def _parse_date(value: str) -> datetime | None:
    parsed = parsedate(value)
    return None if parsed is None else datetime.fromtimestamp(calendar.timegm(parsed), UTC)
