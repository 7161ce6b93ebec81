"""
An object store in one OSS bucket, through `oss2`.

Every put carries `x-oss-forbid-overwrite`, Content-MD5 and the run that made it, so that a put whose answer was lost
can be told from another run's. `oss2` is imported when the store first talks to OSS, not before.
"""

from __future__ import annotations

import base64
import builtins
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from provisioner.errors import StateError
from provisioner.ids import RegionId
from provisioner.objectstore.clock import StoreClock, boot_seconds
from provisioner.objectstore.interface import (
    PAGE_SIZE,
    ObjectExistsError,
    ObjectInfo,
    StoredObject,
    check_key,
    check_metadata,
    folder_end,
    is_own,
)
from provisioner.place import StorePlace

if TYPE_CHECKING:
    from provisioner.objectstore.oss_client import BucketInfo, OssClient

_LOG = logging.getLogger(__name__)
_META = "x-oss-meta-"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MULTIPART_ABORT_DAYS = 7
"""The extension's setting for buckets it creates: parts of an unfinished upload cost money for ever."""


class OssStore:
    """
    One bucket. Safe for several threads.

    `endpoint` is a host or URL (`https://oss-eu-central-1.aliyuncs.com/`); https unless it says otherwise. `region` is
    the bucket's region, which requests are signed for (version 4). Temporary credentials come with a token. While
    `is_hurried`, a store that does not answer is given up within seconds.
    """

    def __init__(
        self,
        endpoint: str,
        region: RegionId,
        bucket: str,
        access_key_id: str,
        access_key_secret: str,
        *,
        security_token: str = "",
        boot_clock: Callable[[], float] = boot_seconds,
        wall_clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        is_hurried: Callable[[], bool] = lambda: False,
    ) -> None:
        self._endpoint = endpoint if "://" in endpoint else f"https://{endpoint}"
        self._region = region
        self._bucket = bucket
        self._credentials = (access_key_id, access_key_secret, security_token)
        self._boot_clock = boot_clock
        self._wall_clock = wall_clock
        self._sleep = sleep
        self._is_hurried = is_hurried
        self._clock = StoreClock(boot_clock)
        self._lock = threading.Lock()
        self._lazy_client: OssClient | None = None
        self._info: BucketInfo | None = None

    def __repr__(self) -> str:
        """Return the bucket; credentials never show."""
        return f"OssStore({self.describe()})"

    def get(self, key: str) -> StoredObject:
        """Return the object; its length and MD5 have been checked."""
        check_key(key)
        headers, body, modified = self._client.get(key)
        metadata = {
            name.lower().removeprefix(_META): value for name, value in headers.items() if name.lower().startswith(_META)
        }
        return StoredObject(key, body, metadata, modified)

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Create the object, or fail; attempts that may have worked are repeated safely."""
        check_key(key)
        check_metadata(metadata)
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        headers = {
            "x-oss-forbid-overwrite": "true",
            "Content-MD5": base64.b64encode(digest).decode(),
            "Content-Type": "application/json",
            **{_META + name: value for name, value in metadata.items()},
        }
        try:
            self._client.put(key, body, headers)
        except ObjectExistsError:
            # A put whose answer was lost, and whose repetition met the object it had made, was a success.
            if not is_own(self.get(key), body, metadata):
                raise

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[ObjectInfo]:
        """Return a part of the keys in order, asking for as many pages as it takes."""
        found: list[ObjectInfo] = []
        while len(found) < limit:
            entries, is_truncated = self._client.list(prefix, start_after, min(PAGE_SIZE, limit - len(found)))
            found += [ObjectInfo(key, size, datetime.fromtimestamp(changed, UTC)) for key, size, changed in entries]
            if not is_truncated or not entries:
                break
            start_after = found[-1].key
        return found

    def folders(self, prefix: str = "", start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[str]:
        """Return a part of the top folders in order, asking for as many pages as it takes."""
        found: list[str] = []
        token = ""
        while len(found) < limit:
            page, token = self._client.folders(
                prefix, folder_end(start_after), token, min(PAGE_SIZE, limit - len(found))
            )
            found += [folder.removesuffix("/") for folder in page]
            if not token:
                break
        return found

    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects with one request."""
        for key in keys:
            check_key(key)
        if keys:
            self._client.delete(keys)

    def forbids_deletion(self) -> bool:
        """Return whether the bucket has a retention policy (WORM), be it locked or not."""
        return self._client.worm_state() is not None

    def now(self) -> datetime:
        """Return the time by OSS's Date header; asks for it if OSS has not answered yet."""
        if self._clock.now() is None:
            self._read_info()
        now = self._clock.now()
        if now is None:
            raise StateError("the object store's answers carry no Date", object=self.describe(), type="NoDate")
        return now

    def place(self) -> StorePlace:
        """Return the bucket's identity; only its name if the caller may not read its settings."""
        info = self._read_info()
        return StorePlace(self._bucket, info.owner, info.created, info.location)

    def describe(self) -> str:
        """Return the bucket as `oss://bucket`."""
        return f"oss://{self._bucket}"

    def ensure_bucket(self) -> bool:
        """
        Create the bucket if it is missing, and return whether it was.

        An existing one stays as it is: its owner may have chosen its settings. Dangerous settings are logged as a
        warning.
        """
        try:
            info = self._read_info()
        except StateError as error:
            if error.problem.type != "NoSuchBucket":
                raise
            self.create()
            return True
        if info.acl not in (None, "private"):
            _LOG.warning(
                "the bucket %s has the ACL %s: anyone can read the states in it, which hold user data",
                self.describe(),
                info.acl,
            )
        if info.is_encrypted is False:
            _LOG.warning("the bucket %s does not encrypt what is stored in it", self.describe())
        return False

    def create(self) -> None:
        """Create the bucket: private, encrypting with AES256, aborting multipart uploads after 7 days."""
        self._client.create_bucket(MULTIPART_ABORT_DAYS)
        _LOG.info("created the bucket %s", self.describe())

    def require_unversioned(self) -> None:
        """
        Check that put-if-absent works in this bucket.

        Raises:
            StateError: versioning is or was enabled. OSS then ignores `x-oss-forbid-overwrite`, and two runs could
                overwrite each other's state (source: alibabacloud.com/help/en/oss/developer-reference/putobject, read
                2026-11).
        """
        status = self._read_info().versioning
        if status is not None:
            raise StateError(
                f"versioning is {status} in this bucket, where OSS ignores the header that keeps two runs from "
                "overwriting each other's state",
                object=self.describe(),
                type="VersionedBucket",
                fix="keep states in a bucket whose versioning was never configured",
            )

    def _read_info(self) -> BucketInfo:
        """Return the bucket's settings, which are asked for once."""
        if self._info is None:
            self._info = self._client.bucket_info()
        return self._info

    @property
    def _client(self) -> OssClient:
        with self._lock:
            if self._lazy_client is None:
                from provisioner.objectstore.oss_client import OssClient

                self._lazy_client = OssClient(
                    self._endpoint,
                    self._region,
                    self._bucket,
                    self._credentials,
                    clock=self._clock,
                    boot_clock=self._boot_clock,
                    wall_clock=self._wall_clock,
                    sleep=self._sleep,
                    is_hurried=self._is_hurried,
                    is_loopback=urlsplit(self._endpoint).hostname in _LOOPBACK,
                )
            return self._lazy_client
