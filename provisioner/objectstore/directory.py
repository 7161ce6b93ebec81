"""An object store in a directory: for one machine or a shared file system, without a cloud."""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from provisioner.errors import StateError
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

_OWN_FOLDER = ".store"
_ID_FILE = "id"
_ID = re.compile(r"[0-9a-f]{32}")


class DirectoryStore:
    """
    One file per object. Its first line is the metadata as JSON, the rest is the body.

    Body and metadata share a file because a hard link creates it under its name at once and completely, or fails when
    the name is taken: the same promise that OSS gives. Files are 0600 and folders 0700, since states hold secrets.
    The store's time is that of its file system, so that machines sharing it agree.

    The first put gives the store an id, in `.store/id`, which goes with the directory wherever it is moved or mounted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> StoredObject:
        """Return the object."""
        _check_name(key)
        with self._errors("read", key):
            try:
                content = self._file(key).read_bytes()
                modified = self._file(key).stat().st_mtime
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise not_found(self._name(key)) from None
            head, separator, body = content.partition(b"\n")
            metadata = json.loads(head) if separator else None
            if not isinstance(metadata, dict):
                raise StateError("the file was not written by this program", object=self._name(key), type="Corrupt")
            return StoredObject(key, body, {str(name): str(value) for name, value in metadata.items()}, _utc(modified))

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        """Create the object, or fail."""
        _check_name(key)
        check_metadata(metadata)
        target = self._file(key)
        with self._errors("write", key):
            if not self._id_file.exists():
                with contextlib.suppress(FileExistsError):  # another run has been faster
                    self._create(self._id_file, uuid.uuid4().hex.encode())
            try:
                self._create(target, json.dumps(dict(metadata), sort_keys=True).encode() + b"\n" + body)
            except FileExistsError:
                if not is_own(self.get(key), body, metadata):
                    raise exists(self._name(key)) from None

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[ObjectInfo]:
        """Return a part of the keys in order."""
        # This reads only the folder that the prefix names; a name that begins with the rest may be a folder or a file.
        folder, _, _ = prefix.rpartition("/")
        if folder:
            _check_name(folder)
        found: list[ObjectInfo] = []
        with self._errors("list", prefix):
            keys = [key for key in self._keys(folder) if key.startswith(prefix) and key > start_after]
            # Python orders strings by code point, which is the order of their UTF-8 bytes.
            for key in sorted(keys)[:limit]:
                with contextlib.suppress(FileNotFoundError):  # deleted since its name was read
                    status = self._file(key).stat()
                    found.append(ObjectInfo(key, status.st_size - self._head_bytes(key), _utc(status.st_mtime)))
        return found

    def folders(self, prefix: str = "", start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[str]:
        """Return a part of the top folders in order; one without a file in it counts for nothing."""
        with self._errors("list", prefix):
            return top_folders(self._keys(""), prefix, start_after, limit)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects; their folders stay."""
        for key in keys:
            _check_name(key)
            with self._errors("delete", key), contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self._file(key).unlink()

    def forbids_deletion(self) -> bool:
        """Return no: a directory has no retention policy."""
        return False

    def now(self) -> datetime:
        """Return the file system's time."""
        with self._errors("write", ""):
            own = self._own_folder() / f"now-{uuid.uuid4().hex}"
            try:
                own.touch(mode=0o600)
                return _utc(own.stat().st_mtime)
            finally:
                own.unlink(missing_ok=True)

    def place(self) -> StorePlace:
        """Return the directory with its id; before the first put it has none, and may be any."""
        name = f"{_OWN_FOLDER}/{_ID_FILE}"
        with self._errors("read", name):
            try:
                id = self._id_file.read_text()
            except (FileNotFoundError, NotADirectoryError):
                return StorePlace("directory")
        if not _ID.fullmatch(id):
            raise StateError("this is no id of a store", object=self._name(name), type="Corrupt")
        return StorePlace("directory", location=id)

    def describe(self) -> str:
        """Return the store's name for messages."""
        return self._path.absolute().as_uri()

    def _keys(self, folder: str) -> Iterator[str]:
        root = self._path / folder if folder else self._path
        for parent, folders, files in os.walk(root):
            if parent == str(self._path):
                with contextlib.suppress(ValueError):
                    folders.remove(_OWN_FOLDER)
            relative = Path(parent).relative_to(self._path).as_posix()
            for name in files:
                yield name if relative == "." else f"{relative}/{name}"

    def _head_bytes(self, key: str) -> int:
        with self._file(key).open("rb") as file:
            return len(file.readline())

    def _create(self, target: Path, content: bytes) -> None:
        """Create a file, whole and durable; raises FileExistsError."""
        temporary = self._own_folder() / f"put-{uuid.uuid4().hex}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _make_folders(target.parent)
            os.link(temporary, target)
            _sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)

    @property
    def _id_file(self) -> Path:
        return self._path / _OWN_FOLDER / _ID_FILE

    def _own_folder(self) -> Path:
        folder = self._path / _OWN_FOLDER
        _make_folders(folder)
        return folder

    def _file(self, key: str) -> Path:
        return self._path / key

    def _name(self, key: str) -> str:
        return f"{self.describe()}/{key}"

    @contextlib.contextmanager
    def _errors(self, verb: str, key: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            raise StateError(
                f"cannot {verb} the object: {reason}", object=self._name(key), type=type(error).__name__
            ) from error


def _check_name(key: str) -> None:
    check_key(key)
    if key.partition("/")[0] == _OWN_FOLDER:
        raise ValueError(f"the store keeps its own files under {key!r}")


def _make_folders(folder: Path) -> None:
    # Path.mkdir(parents=True) gives the parents the default mode; every level is to be private.
    if not folder.is_dir():
        if folder.parent != folder:
            _make_folders(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
