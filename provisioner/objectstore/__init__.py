"""
Keeps bytes: one small interface, with OSS, a directory and memory behind it.

An object store here can read, list and create objects; nothing is ever overwritten, and creating one twice is a
conflict unless the same run wrote the same bytes both times. The meaning of the bytes (states, leases) belongs to the
`state` room. Foreign errors of a store become ours here, at the edge, and no secret ever enters a message.

`OssStore` imports `oss2` (0.2 s, 35 MB; measured 2026-11) only when it first talks to OSS.
"""

from provisioner.objectstore.clock import StoreClock, boot_seconds
from provisioner.objectstore.directory import DirectoryStore
from provisioner.objectstore.interface import (
    ObjectExistsError,
    ObjectInfo,
    ObjectNotFoundError,
    ObjectStore,
    StoredObject,
)
from provisioner.objectstore.memory import MemoryStore
from provisioner.objectstore.new_bucket import NewBucket
from provisioner.objectstore.oss import OssStore

__all__ = [
    "DirectoryStore",
    "MemoryStore",
    "NewBucket",
    "ObjectExistsError",
    "ObjectInfo",
    "ObjectNotFoundError",
    "ObjectStore",
    "OssStore",
    "StoreClock",
    "StoredObject",
    "boot_seconds",
]
