"""
Private folders, inside folders that other users may own.

The files in a work folder prove runs dead and hold states; it and the sandbox's hold user data; the program believes
its cache. So no other user may write there. The folder that the operator names may belong to any user, such as `/tmp`
or a Kubernetes emptyDir, which is root's and open to all: then we make a folder inside it, and judge only that one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from provisioner.errors import ProvisionError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NO_FOLDER = (errno.ELOOP, errno.ENOTDIR)
"""Errors of an open without following links, for a link and for a file."""
_HELD = Path("/proc/self/fd")


def own_folder(given: Path, marks: str = "") -> Path:
    """
    Return a folder that only we can write to, made when it is missing (mode 0700): `given`, or ours inside it.

    `marks` is a pattern for files of an earlier version, which worked in `given` itself even if others could write
    there.

    Raises:
        ProvisionError: our folder belongs to another user, or is a link; or such marks are in a folder of ours that
            others can write to.
        OSError: it can be neither opened nor made.
    """
    given.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, descriptor = _open(given, marks, is_made=True)
    os.close(descriptor)
    return path


def find_own_folder(given: Path, marks: str = "") -> Path:
    """
    Return the folder that `own_folder` would return, without making it.

    Raises:
        ProvisionError: as `own_folder`.
    """
    with held_folder(given, marks, is_made=False) as folder:
        return shown(folder)


@contextmanager
def held_folder(given: Path, marks: str = "", *, is_made: bool = True) -> Iterator[Path]:
    """
    Give the folder that `own_folder` returns, as a path that leads to it for as long as the block runs; see `shown`.

    In a folder without the sticky bit, any user who can write there can rename our folder and put something else in its
    place. Where the system has /proc, the path goes through a descriptor, so a rename does not lead it elsewhere.

    Raises:
        ProvisionError, OSError: as `own_folder`; if none `is_made`, no OSError.
    """
    if is_made:
        given.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path, descriptor = _open(given, marks, is_made=is_made)
    except OSError:
        if is_made:
            raise
        yield given  # nothing can be in it
        return
    try:
        held = _HELD / str(descriptor)
        # No other user can replace anything inside a folder that only we can write to; its name is up to the operator.
        yield held if path != given and descriptor >= 0 and held.is_dir() else path
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def shown(path: Path) -> Path:
    """Return a path below a held folder as a person reads it; the folder must still be held."""
    if not path.is_relative_to(_HELD):
        return path
    held = _HELD / path.relative_to(_HELD).parts[0]
    return held.readlink() / path.relative_to(held)


def _open(given: Path, marks: str, *, is_made: bool) -> tuple[Path, int]:
    """Return the folder with its descriptor, which is -1 for one that is not there and not made."""
    user = os.geteuid()
    inner = given / f"provision-{user}"
    # The folder that was named may be a link: that is the operator's decision.
    outer = os.open(given, _FOLDER)
    is_outer_kept = False
    try:
        found = os.fstat(outer)
        is_ours = found.st_uid == user
        # Once made it stays in use, so that a run finds its files even if the outer folder has changed.
        descriptor = _open_inner(inner, outer, user)
        if descriptor >= 0:
            return inner, descriptor
        if is_ours and not found.st_mode & _WRITABLE_BY_OTHERS:
            is_outer_kept = True
            return given, outer
        if is_ours and marks and any(given.glob(marks)):
            raise ProvisionError(
                f"other users can write to {given}, where an earlier version left files that a run still needs",
                type="NotOurs",
                fix=f"if everything in it is yours: chmod go-w {given}",
            )
        if is_made:
            with suppress(FileExistsError):
                os.mkdir(inner.name, 0o700, dir_fd=outer)
            descriptor = _open_inner(inner, outer, user)
            if descriptor < 0:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(inner))
        return inner, descriptor
    finally:
        if not is_outer_kept:
            os.close(outer)


def _open_inner(folder: Path, outer: int, user: int) -> int:
    """Return the descriptor of our folder, -1 if there is none; ProvisionError says why it is not ours alone."""
    try:
        descriptor = os.open(folder.name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer)
    except FileNotFoundError:
        return -1
    except PermissionError:
        raise _refusal(folder, "belongs to another user, or is closed to its owner") from None
    except OSError as error:
        if error.errno not in _NO_FOLDER:
            raise
        raise _refusal(folder, "is a link or a file, not a folder") from error
    try:
        found = os.fstat(descriptor)
        if found.st_uid != user:
            raise _refusal(folder, f"belongs to user {found.st_uid}, and this is user {user}")
        if found.st_mode & _WRITABLE_BY_OTHERS:
            raise _refusal(folder, "is open to writes of other users")
        if found.st_mode & _OPEN_TO_OTHERS:
            os.fchmod(descriptor, stat.S_IRWXU)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refusal(folder: Path, what: str) -> ProvisionError:
    return ProvisionError(
        f"{folder} {what}; it has to be a folder that only the user of this run can write to",
        type="NotOurs",
        fix="remove it, or name another folder than the one it is in",
    )
