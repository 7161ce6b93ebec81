"""Stands in for a bucket that does not exist yet."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from provisioner.objectstore.interface import PAGE_SIZE, ObjectInfo, ObjectStore, StoredObject
from provisioner.objectstore.memory import MemoryStore
from provisioner.objectstore.oss import OssStore
from provisioner.place import StorePlace


class NewBucket:
    """
    A bucket that does not exist until a caller stores an object or asks for its location: that creates it.

    So a run that is refused before it writes leaves no bucket behind. Safe for several threads.
    """

    def __init__(self, bucket: OssStore) -> None:
        self._bucket = bucket
        self._lock = threading.Lock()
        self._store: ObjectStore = MemoryStore(bucket.now, bucket.describe())

    def get(self, key: str) -> StoredObject:
        """Return the object."""
        return self._store.get(key)

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Create the object, in a bucket that is created before it."""
        self._create().put_if_absent(key, body, metadata)

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[ObjectInfo]:
        """Return a part of the keys in order."""
        return self._store.list(prefix, start_after, limit)

    def folders(self, prefix: str = "", start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[str]:
        """Return a part of the top folders in order."""
        return self._store.folders(prefix, start_after, limit)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects."""
        self._store.delete(keys)

    def forbids_deletion(self) -> bool:
        """Return whether the bucket has a retention policy."""
        return self._store.forbids_deletion()

    def now(self) -> datetime:
        """Return the time by OSS, which has answered that there is no such bucket."""
        return self._bucket.now()

    def place(self) -> StorePlace:
        """Return the bucket, which is created for that."""
        return self._create().place()

    def describe(self) -> str:
        """Return the bucket as `oss://bucket`."""
        return self._bucket.describe()

    def _create(self) -> ObjectStore:
        with self._lock:
            if self._store is not self._bucket:
                self._bucket.create()
                self._store = self._bucket
            return self._store
