"""An object store in memory: for tests, and for data that need not outlive the process."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from provisioner.objectstore.interface import (
    PAGE_SIZE,
    ObjectInfo,
    StoredObject,
    check_key,
    check_metadata,
    exists,
    is_own,
    not_found,
    top_folders,
)
from provisioner.place import StorePlace


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class MemoryStore:
    """
    Objects in a dictionary; safe for several threads.

    `clock` is the store's time; `name` is what messages call it, and ends in the bucket that it stands for, if any.
    """

    def __init__(self, clock: Callable[[], datetime] = _wall_clock, name: str = "memory://") -> None:
        self._clock = clock
        self._name = name
        self._lock = threading.Lock()
        self._objects: dict[str, StoredObject] = {}

    def get(self, key: str) -> StoredObject:
        """Return the object."""
        with self._lock:
            stored = self._objects.get(key)
        if stored is None:
            raise not_found(f"{self._name}/{key}")
        return stored

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Create the object, or fail."""
        check_key(key)
        check_metadata(metadata)
        with self._lock:
            existing = self._objects.get(key)
            if existing is None:
                self._objects[key] = StoredObject(key, bytes(body), dict(metadata), self._clock())
            elif not is_own(existing, body, metadata):
                raise exists(f"{self._name}/{key}")

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[ObjectInfo]:
        """Return a part of the keys in order."""
        with self._lock:
            found = [item for key, item in self._objects.items() if key.startswith(prefix) and key > start_after]
        found.sort(key=lambda item: item.key)
        return [ObjectInfo(item.key, len(item.body), item.last_modified) for item in found[:limit]]

    def folders(self, prefix: str = "", start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[str]:
        """Return a part of the top folders in order."""
        with self._lock:
            return top_folders(self._objects, prefix, start_after, limit)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects."""
        with self._lock:
            for key in keys:
                self._objects.pop(key, None)

    def forbids_deletion(self) -> bool:
        """Return no: nothing here outlives the process anyway."""
        return False

    def now(self) -> datetime:
        """Return the store's time."""
        return self._clock()

    def place(self) -> StorePlace:
        """Return the bucket that it stands for, of which it knows the name alone."""
        return StorePlace(self._name.partition("://")[2])

    def describe(self) -> str:
        """Return the store's name for messages."""
        return self._name
