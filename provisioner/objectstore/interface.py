"""The interface of an object store, its errors, and the rules for keys and metadata that hold for every store."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from provisioner.errors import StateError
from provisioner.place import StorePlace

PAGE_SIZE = 1000
"""Objects in one page of a listing: OSS gives no more at once."""

MAXIMUM_KEY_BYTES = 1023
"""OSS's limit; the other stores keep it so that nothing works only on a laptop."""

_METADATA_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_METADATA_VALUE = re.compile(r"([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?")


class ObjectNotFoundError(StateError):
    """There is no object with this key."""


class ObjectExistsError(StateError):
    """There is an object with this key already, and it is not ours."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One entry of a listing."""

    key: str
    size: int
    """Bytes."""
    last_modified: datetime
    """By the store's clock; OSS gives whole seconds."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as it was read. The body is left out of the representation: a state holds secrets."""

    key: str
    body: bytes = field(repr=False)
    metadata: dict[str, str]
    last_modified: datetime


class ObjectStore(Protocol):
    """The operations that the state log needs. Every method raises StateError or CloudError and nothing else."""

    def get(self, key: str) -> StoredObject:
        """
        Return the object.

        Raises:
            ObjectNotFoundError: there is none.
        """
        ...

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """
        Create the object; it is complete and durable on return.

        An object that is there already counts as success if it has the same bytes and the same metadata `run`: then it
        is our own, and only the answer to an earlier attempt was lost.

        Raises:
            ObjectExistsError: another object has this key.
        """
        ...

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> list[ObjectInfo]:
        """Return at most `limit` objects with this prefix whose key is greater than `start_after`, in key order."""
        ...

    def folders(self, prefix: str = "", start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[str]:
        """
        Return at most `limit` names of top folders: the first segments, each once, of all keys that have a second one.

        They begin with `prefix`, which has no slash, and are in the order of their keys; the result leaves out those up
        to the folder `start_after`.
        """
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """
        Delete at most `PAGE_SIZE` objects; a key without an object counts as deleted.

        Raises:
            StateError: some of them cannot be deleted; others may be.
        """
        ...

    def forbids_deletion(self) -> bool:
        """Return whether the store has a retention policy, under which no caller can delete objects."""
        ...

    def now(self) -> datetime:
        """Return the store's time, never later than it really is there."""
        ...

    def place(self) -> StorePlace:
        """Return the store's identity, which does not depend on the endpoint; unknown values are empty."""
        ...

    def describe(self) -> str:
        """Return the store's name for messages, for example `oss://bucket`."""
        ...


def check_key(key: str) -> None:
    """
    Check that every store can keep an object under this key.

    Raises:
        ValueError: it is empty or too long, or a segment is empty, `.`, `..` or holds a control character.
    """
    segments = key.split("/")
    is_printable = not any(ord(character) < ord(" ") for character in key)
    if not is_printable or len(key.encode()) > MAXIMUM_KEY_BYTES or not {"", ".", ".."}.isdisjoint(segments):
        raise ValueError(f"{key!r} cannot be the key of an object")


def check_metadata(metadata: Mapping[str, str]) -> None:
    """
    Check that every store can keep this metadata; OSS carries it in HTTP headers.

    Raises:
        ValueError: a name is not lower-case words joined by hyphens, or a value is not printable ASCII.
    """
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name) or not _METADATA_VALUE.fullmatch(value):
            raise ValueError(f"metadata {name!r}: {value!r} cannot be stored")


def top_folders(keys: Iterable[str], prefix: str, start_after: str, limit: int) -> list[str]:
    """Return what `ObjectStore.folders` returns for a store that has these keys."""
    after = folder_end(start_after)
    found = {folder for folder, separator, _ in (key.partition("/") for key in keys) if separator}
    # `a-b` comes before `a`, as the keys in them do: "-" is less than "/".
    ordered = sorted(f"{folder}/" for folder in found if folder.startswith(prefix))
    return [folder[:-1] for folder in ordered if folder > after][:limit]


def folder_end(folder: str) -> str:
    """Return what comes after every key in a top folder and before every key that is greater; empty for none."""
    # "0" is the character after "/".
    return f"{folder}0" if folder else ""


def is_own(stored: StoredObject, body: bytes, metadata: Mapping[str, str]) -> bool:
    """Return whether an object that is there already is the one this run was about to create."""
    run = metadata.get("run")
    return run is not None and stored.metadata.get("run") == run and stored.body == body


def not_found(object: str) -> ObjectNotFoundError:
    """Return the error for a key without an object."""
    return ObjectNotFoundError("there is no such object", object=object, type="NotFound")


def exists(object: str) -> ObjectExistsError:
    """Return the error for a key that another object already has."""
    return ObjectExistsError("the object already exists and is not ours", object=object, type="AlreadyExists")
