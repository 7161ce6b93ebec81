"""Writes files below a folder of the user's, and follows no symbolic link inside it."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath

from provisioner.errors import ProvisionError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_tree(folder: Path, files: Mapping[str, bytes], absent: Iterable[str] = ()) -> None:
    """
    Write files by their names below `folder`, readable only by their owner, and remove the `absent` ones.

    This replaces a file as a whole. `folder` itself may be a symbolic link, because the caller named it; another user
    may have put a link inside it, to redirect a write or a removal.

    Raises:
        ProvisionError: a link, or something that is neither file nor folder, is in the place of a file, and nothing was
            written; or the folder is not writable.
    """
    gone = tuple(absent)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _Tree(folder) as tree:
            for name in (*files, *gone):
                tree.check(PurePosixPath(name))
            for name, content in files.items():
                tree.write(PurePosixPath(name), content)
            for name in gone:
                tree.remove(PurePosixPath(name))
    except OSError as error:
        raise ProvisionError(f"cannot write to {folder}: {error.strerror}") from error


class _Tree:
    """An open folder and the folders inside it; each is opened relative to its parent, so that no user can swap one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._opened: dict[PurePosixPath, int] = {}

    def __enter__(self) -> _Tree:
        self._opened[PurePosixPath()] = self._keep(os.open(self._folder, _FOLDER))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def check(self, path: PurePosixPath) -> None:
        """Refuse a path with a parent that is not a folder, or one that is itself not a file."""
        for part in (*reversed(path.parents[:-1]), path):
            try:
                mode = os.stat(part, dir_fd=self._opened[PurePosixPath()], follow_symlinks=False).st_mode
            except FileNotFoundError:
                return
            is_right = stat.S_ISREG(mode) if part == path else stat.S_ISDIR(mode)
            if not is_right:
                what = "a symbolic link" if stat.S_ISLNK(mode) else f"no {'file' if part == path else 'folder'}"
                raise self._refusal(part, f"is {what}; nothing was written")

    def write(self, path: PurePosixPath, content: bytes) -> None:
        """Write a file; this replaces a file of that name, or a link itself."""
        parent = self._open(path.parent, is_made=True)
        partial = f".{path.name}.{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(partial, _NEW_FILE, 0o600, dir_fd=parent), "wb") as file:
                file.write(content)
            os.rename(partial, path.name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(partial, dir_fd=parent)
            raise

    def remove(self, path: PurePosixPath) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=self._open(path.parent, is_made=False))

    def _open(self, path: PurePosixPath, *, is_made: bool) -> int:
        if path not in self._opened:
            above = self._open(path.parent, is_made=is_made)
            if is_made:
                with suppress(FileExistsError):
                    os.mkdir(path.name, 0o700, dir_fd=above)
            with self._refusing(path):
                self._opened[path] = self._keep(os.open(path.name, _FOLDER | os.O_NOFOLLOW, dir_fd=above))
        return self._opened[path]

    @contextmanager
    def _refusing(self, path: PurePosixPath) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            raise self._refusal(path, "is no longer a folder") from error

    def _refusal(self, path: PurePosixPath, what: str) -> ProvisionError:
        return ProvisionError(
            f"{self._folder / path} {what}",
            type="NotOurs",
            fix="remove it, or name another folder: provision follows no link inside the folder",
        )

    def _keep(self, descriptor: int) -> int:
        self._stack.callback(os.close, descriptor)
        return descriptor
