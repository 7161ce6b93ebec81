"""
The calls to OSS: one method per request, with retries, and every foreign error mapped on the way out.

This is the only module that imports `oss2` at its top; `oss.py` imports it when it is first needed.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import contextlib
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from xml.etree import ElementTree

import oss2
import requests

from provisioner.errors import CloudError, StateError
from provisioner.ids import RegionId
from provisioner.objectstore.clock import StoreClock
from provisioner.objectstore.oss_attempts import Attempts
from provisioner.objectstore.oss_errors import DamagedAnswerError, GivenUpError, NotOssError, map_error
from provisioner.objectstore.oss_session import open_session, parse_date
from provisioner.objectstore.oss_signing import RequestSigner

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 10
"""Without a single byte. A lease is renewed every twenty seconds, and a lost answer is repeated safely."""

_Result = TypeVar("_Result")
_FOREIGN = (oss2.exceptions.OssError, requests.RequestException, DamagedAnswerError, GivenUpError, NotOssError)


@dataclass(frozen=True, slots=True)
class BucketInfo:
    """The settings of a bucket that matter here; if the caller may not read them, only versioning is known."""

    versioning: str | None
    """Enabled, Suspended, or None when versioning was never configured."""
    owner: str = ""
    """The id of the account."""
    created: str = ""
    """RFC 3339, as OSS writes it."""
    location: str = ""
    """For example `oss-eu-central-1`."""
    acl: str | None = None
    is_encrypted: bool | None = None
    """Whether what is stored is encrypted without being asked for it."""


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
        # The SDK logs every request, with all headers, at debug level.
        for name in ("oss2", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._name = f"oss://{bucket}"
        self._attempts = Attempts(sleep, is_hurried)

        def signing_time() -> float:
            now = clock.now()
            return wall_clock() if now is None else now.timestamp()

        session = open_session(clock, boot_clock, is_loopback=is_loopback)
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

    def get(self, key: str) -> tuple[Mapping[str, str], bytes, datetime]:
        """Return an object's headers, its body, checked against length and MD5, and when it was modified."""

        def attempt() -> tuple[Mapping[str, str], bytes, datetime]:
            answer = self._bucket.get_object(key)
            body: bytes = answer.read()
            return answer.headers, body, _check_object(answer.headers, body)

        return self._call(attempt, f"{self._name}/{key}", "read the object")

    def put(self, key: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Store an object; whether it may replace another is up to the headers."""
        self._call(lambda: self._bucket.put_object(key, body, headers=dict(headers)), f"{self._name}/{key}", "write it")

    def list(self, prefix: str, start_after: str, limit: int) -> tuple[list[tuple[str, int, float]], bool]:
        """Return one page of (key, size, modification time) and whether there is more."""

        def attempt() -> tuple[list[tuple[str, int, float]], bool]:
            with _reading("the listing"):
                page = self._bucket.list_objects_v2(prefix=prefix, start_after=start_after, max_keys=limit)
                return [(item.key, int(item.size), item.last_modified) for item in page.object_list], page.is_truncated

        return self._call(attempt, f"{self._name}/{prefix}", "list objects")

    def folders(self, prefix: str, start_after: str, token: str, limit: int) -> tuple[builtins.list[str], str]:
        """Return one page of folders, each with its slash, and the token of the next page; empty for none."""

        def attempt() -> tuple[builtins.list[str], str]:
            with _reading("the listing"):
                page = self._bucket.list_objects_v2(
                    prefix=prefix, delimiter="/", start_after=start_after, continuation_token=token, max_keys=limit
                )
                return page.prefix_list, page.next_continuation_token if page.is_truncated else ""

        return self._call(attempt, f"{self._name}/{prefix}", "list folders")

    def delete(self, keys: Sequence[str]) -> None:
        """
        Delete up to 1000 objects.

        Raises:
            StateError: OSS has not confirmed all of them: objects under retention stay.
        """

        def attempt() -> set[str]:
            with _reading("the list of deleted objects"):
                return set(self._bucket.batch_delete_objects(list(keys)).deleted_keys)

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
                with _reading("the retention policy"):
                    return str(self._bucket.get_bucket_worm().state)
            except oss2.exceptions.NoSuchWORMConfiguration:
                return None

        return self._call(attempt, self._name, "read the bucket's retention policy")

    def bucket_info(self) -> BucketInfo:
        """Return the bucket's settings; if the caller may not read them, ask only for versioning."""

        def read_all() -> BucketInfo:
            with _reading("the bucket's settings"):
                info = self._bucket.get_bucket_info()
            rule = info.bucket_encryption_rule
            return BucketInfo(
                info.versioning_status or None,
                owner=info.owner.id,
                created=info.creation_date,
                location=info.location,
                acl=info.acl.grant,
                is_encrypted=rule is not None and rule.sse_algorithm is not None,
            )

        def read_versioning() -> BucketInfo:
            with _reading("the versioning status"):
                return BucketInfo(self._bucket.get_bucket_versioning().status or None)

        try:
            return self._call(read_all, self._name, "read the bucket's settings")
        except CloudError as error:
            if error.cloud_code != "AccessDenied":
                raise
            return self._call(read_versioning, self._name, "read the bucket's versioning")

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


@contextlib.contextmanager
def _reading(what: str) -> Iterator[None]:
    """Raise DamagedAnswerError where `oss2` cannot find in an answer what belongs there."""
    try:
        yield
    except (ElementTree.ParseError, LookupError, RuntimeError, ValueError) as error:
        raise DamagedAnswerError(f"{what} cannot be read") from error


def _check_object(headers: Mapping[str, str], body: bytes) -> datetime:
    """Return when an object was modified, if its length and MD5 match the headers."""
    length, md5 = headers.get("Content-Length"), headers.get("Content-MD5")
    if length is not None and length != str(len(body)):
        raise DamagedAnswerError(f"{len(body)} of {length} bytes arrived")
    modified = parse_date(headers.get("Last-Modified", ""))
    if modified is None:
        raise DamagedAnswerError("the object has no Last-Modified")
    if md5:
        try:
            matches = base64.b64decode(md5) == hashlib.md5(body, usedforsecurity=False).digest()
        except binascii.Error:
            matches = False
        if not matches:
            raise DamagedAnswerError("the object's MD5 does not match its bytes")
    return modified
