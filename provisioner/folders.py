"""
Folders that are ours alone, inside of folders that need not be.

What lies in a work folder proves runs dead and holds states, user data is in it and in the sandbox's, and what a cache
says is believed. So nobody else may write there. The folder that is named may be anybody's, such as `/tmp` or a
Kubernetes emptyDir, which is root's and open to all: then a folder inside it is made, and only that one is judged.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from provisioner.errors import ProvisionError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_NO_FOLDER = (errno.ELOOP, errno.ENOTDIR)
"""What an open that follows no link says of one, and of a file."""


def own_folder(given: Path, marks: str = "") -> Path:
    """
    Return a folder that we alone can write to, made when it is missing (mode 0700): `given`, or ours inside it.

    `marks` is a pattern of what an earlier version has left in `given` itself, where it worked whoever could write
    there.

    Raises:
        ProvisionError: what has the name of our folder is somebody else's, or a link; or such marks are in a folder of
            ours that others can write to.
        OSError: it can be neither opened nor made.
    """
    given.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _find(given, marks, is_made=True)


def find_own_folder(given: Path, marks: str = "") -> Path:
    """
    Return which folder `own_folder` would return, and make nothing.

    Raises:
        ProvisionError: as `own_folder`.
    """
    try:
        return _find(given, marks, is_made=False)
    except OSError:  # nothing can be in it
        return given


def _find(given: Path, marks: str, *, is_made: bool) -> Path:
    user = os.geteuid()
    inner = given / f"provision-{user}"
    # The folder that was named may be a link: that is the operator's decision.
    descriptor = os.open(given, _FOLDER)
    try:
        found = os.fstat(descriptor)
        is_ours = found.st_uid == user
        is_ours_alone = is_ours and not found.st_mode & _WRITABLE_BY_OTHERS
        # Once made it stays in use, so that what was left in it is found however the outer one has changed.
        if _judge(inner, descriptor, user):
            return inner
        if is_ours_alone:
            return given
        if is_ours and marks and any(given.glob(marks)):
            raise ProvisionError(
                f"others can write to {given}, where an earlier version has left what it needs",
                type="NotOurs",
                fix=f"if all of it is yours: chmod go-w {given}",
            )
        if is_made:
            with suppress(FileExistsError):
                os.mkdir(inner.name, 0o700, dir_fd=descriptor)
            _judge(inner, descriptor, user)
        return inner
    finally:
        os.close(descriptor)


def _judge(folder: Path, parent: int, user: int) -> bool:
    """Return whether the folder is there; if it is, it is ours and closed to others, or ProvisionError says why not."""
    try:
        descriptor = os.open(folder.name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except FileNotFoundError:
        return False
    except PermissionError:
        raise _refusal(folder, "is somebody else's, or closed to its owner") from None
    except OSError as error:
        if error.errno not in _NO_FOLDER:
            raise
        raise _refusal(folder, "is a link or a file, and no folder") from error
    try:
        found = os.fstat(descriptor)
        if found.st_uid != user:
            raise _refusal(folder, f"belongs to user {found.st_uid}, and this is user {user}")
        if found.st_mode & _WRITABLE_BY_OTHERS:
            raise _refusal(folder, "can be written to by others")
        if stat.S_IMODE(found.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            os.fchmod(descriptor, stat.S_IRWXU)
    finally:
        os.close(descriptor)
    return True


def _refusal(folder: Path, what: str) -> ProvisionError:
    return ProvisionError(
        f"{folder} {what}; it has to be a folder of ours that nobody else can write to",
        type="NotOurs",
        fix="have it removed, or name another folder than the one it is in",
    )
