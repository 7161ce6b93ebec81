"""Reads the files, directories and standard input that a command line names, as bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from provisioner.api.text import show_path
from provisioner.errors import Problem
from provisioner.manifests.documents import MAX_BYTES, too_long

STDIN = "-"
"""The file name that means standard input."""
_STDIN_LABEL = "standard input"
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
}


def read_files(
    files: Sequence[str], stdin: BinaryIO | None, problems: list[Problem], skipped: list[Problem]
) -> Iterator[tuple[str, bytes]]:
    """
    Yield (name, bytes) of each file; an unreadable one becomes a problem.

    A named source is read even if it is a pipe (`<(...)`) or a device. In a directory only files are read: a FIFO there
    would stop the command until another process writes into it.
    """
    was_stdin_read = False
    for name in files:
        if name == STDIN:
            if was_stdin_read:
                problems.append(Problem(_STDIN_LABEL, "", "Duplicate", "- was given twice", "give - once"))
            elif stdin is None:
                problems.append(Problem(_STDIN_LABEL, "", "Required", "there is no standard input", "name a file"))
            else:
                was_stdin_read = True
                yield from _read_stream(stdin, _STDIN_LABEL, problems)
            continue
        try:
            is_directory = Path(name).is_dir()
            found = _list_directory(Path(name)) if is_directory else []
        except (OSError, ValueError) as error:
            problems.append(_unreadable(show_path(name), error))
            continue
        if not is_directory:
            yield from _read_named(Path(name), problems)
        elif not found:
            detail = "holds no *.yaml, *.yml or *.json file"
            problems.append(Problem(show_path(name), "", "Required", detail, "name a file"))
        for path in found:
            yield from _read_found(path, problems, skipped)


def _read_named(path: Path, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    label = show_path(str(path))
    try:
        with path.open("rb") as stream:
            yield from _read_stream(stream, label, problems)
    except (OSError, ValueError) as error:
        problems.append(_unreadable(label, error))


def _read_found(path: Path, problems: list[Problem], skipped: list[Problem]) -> Iterator[tuple[str, bytes]]:
    label = show_path(str(path))
    try:
        # Before it is opened: that alone wakes the writer of a FIFO, or rewinds a tape.
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            # It may have become another one meanwhile. Opened like this, a FIFO does not wait for a writer.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as stream:
                mode = os.fstat(stream.fileno()).st_mode
                if stat.S_ISREG(mode):
                    yield from _read_stream(stream, label, problems)
    except (OSError, ValueError) as error:
        problems.append(_unreadable(label, error))
        return
    if not stat.S_ISREG(mode):
        detail = f"is {_KINDS.get(stat.S_IFMT(mode), 'no file')}, and is skipped: in a directory, only files are read"
        skipped.append(Problem(label, "", "NotSupported", detail, "to read it, name it on the command line"))


def _read_stream(stream: BinaryIO, label: str, problems: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of a stream; never reads more than the limit, however much there is."""
    data = bytearray()
    while len(data) <= MAX_BYTES and (chunk := stream.read(MAX_BYTES + 1 - len(data))):
        data += chunk
    if len(data) > MAX_BYTES:
        problems.append(too_long(label))
    else:
        yield label, bytes(data)


def _list_directory(directory: Path) -> list[Path]:
    """Return what a directory holds under names of manifest files, sorted, without hidden ones and directories."""
    return sorted(
        path
        for path in directory.iterdir()
        if path.suffix in _SUFFIXES and not path.name.startswith(".") and not path.is_dir()
    )


def _unreadable(label: str, error: Exception) -> Problem:
    """Return the problem of a file that cannot be opened or read."""
    if isinstance(error, FileNotFoundError):
        return Problem(label, "", "Invalid", "there is no such file", "check the name")
    reason = (error.strerror or "") if isinstance(error, OSError) else "not a file name"
    return Problem(label, "", "Invalid", f"cannot be read: {reason.lower() or type(error).__name__}")
