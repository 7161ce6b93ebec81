"""
The journal of a working copy: it stands beside the state file and says which version of the log that file follows.

A run that ends well removes its working copy. If a run was killed, or could not store its state, the copy stays, and
the journal tells the next run on this machine what to do with it.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from provisioner.ids import ROOTS, Root
from provisioner.machine import Machine
from provisioner.place import Place
from provisioner.runner import is_at_work
from provisioner.state import LeaseEvent

ALIVE_FILE = "alive"
"""In the folder of a run: locked for as long as the run, its terraform or one of its providers lives."""
RUNS = f"*/{ALIVE_FILE}"
"""The pattern of these files in a work folder, one for each run."""
JOURNAL_FILE = "journal.json"
"""In the folder of a root module, below the folder of the run."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The facts about a working copy's state, stored as a JSON object with these keys."""

    run: str
    """Id of the run."""
    bucket: str
    """The object store's name, for example `oss://bucket`."""
    entry: str
    root: Root
    lease: int | None = None
    """The number of the event that took the run's lease; missing until it has the lease."""
    since: datetime | None = None
    """When it took the lease, by the object store's clock."""
    base: int | None = None
    """The number of the newest version in the log when the run last read or wrote there; 0 when there was none."""
    serial: int | None = None
    """The serial of that version; missing when there was none."""
    lineage: str | None = None
    place: Place = field(default_factory=Place)
    """Where the run worked; empty in a journal of an older program."""

    def to_json(self) -> bytes:
        """Return the stored form: JSON, one key to a line, without keys that have no value."""
        content: dict[str, object] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, datetime):
                content[name] = value.isoformat()
            elif isinstance(value, Place):
                content[name] = value.to_document()
            elif value is not None:
                content[name] = value
        return json.dumps(content, indent=2).encode() + b"\n"

    @classmethod
    def from_json(cls, body: bytes) -> Journal:
        """
        Return the journal; this ignores unknown keys, so that a newer program may add some.

        Raises:
            ValueError: this is not a journal.
        """
        try:
            content = json.loads(body)
            since = content.get("since")
            root: Root | None = next((root for root in ROOTS if root == content["root"]), None)
            if root is None:
                raise ValueError(f"this is not a journal: {content['root']!r} is no root module")
            return cls(
                run=str(content["run"]),
                bucket=str(content["bucket"]),
                entry=str(content["entry"]),
                root=root,
                lease=_number(content, "lease"),
                since=None if since is None else datetime.fromisoformat(since),
                base=_number(content, "base"),
                serial=_number(content, "serial"),
                lineage=content.get("lineage"),
                place=Place.from_document(content.get("place")),
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"this is not a journal: {error}") from error


@dataclass(frozen=True, slots=True)
class Leftover:
    """The working copy of one root module whose run is over."""

    folder: Path
    journal: Journal

    def read(self, name: str) -> bytes | None:
        """
        Return the content of a file in it, or None if there is no such file.

        Raises:
            OSError: the file is unreadable.
        """
        with suppress(FileNotFoundError):
            return (self.folder / name).read_bytes()
        return None


class Leftovers:
    """
    The working copies that ended runs left in a work folder. Safe for several threads.

    A run is over if this can take its lock: neither its process lives nor a child that inherited the descriptor. This
    keeps the lock until `close`, so that no two runs deal with the same working copy.
    """

    def __init__(self, work_root: Path, machine: Machine) -> None:
        self._work_root = work_root
        self._machine = machine
        self._lock = threading.Lock()
        self._claimed: dict[Path, int] = {}

    def find(self, bucket: str, entry: str, root: Root, place: Place) -> list[Leftover]:
        """
        Return the ended runs' working copies of one root module; those of the newest lease come first.

        Buckets and entries of the same names exist in several clouds: this leaves a copy from another `place` alone.
        """
        wanted = (bucket, entry, root)
        found = [
            Leftover(folder, journal)
            for folder, journal in self._journals()
            if (journal.bucket, journal.entry, journal.root) == wanted
            and journal.place.may_be(place)
            and self._claim(folder.parent)
        ]
        return sorted(found, key=lambda leftover: leftover.journal.lease or 0, reverse=True)

    def prove_dead(self, holder: LeaseEvent) -> bool:
        """Return whether there is proof that the holder of a lease is over: it ran here, since the last boot."""
        return bool(holder.boot_id) and holder.boot_id == self._machine.boot_id and self.is_over(holder.run)

    def is_over(self, run: str) -> bool:
        """Return whether there is proof that the run is over; without a folder of the run there is no proof."""
        folders = {folder.parent for folder, journal in self._journals() if journal.run == run}
        return bool(folders) and all(self._claim(folder) for folder in folders)

    def others_at_work(self, bucket: str, entry: str, root: Root, place: Place, own_run: str) -> list[Leftover]:
        """
        Return the working copies of other runs with a lease of this root whose terraform or provider still works.

        The caller has the lease now, so the run of such a process is gone, or has not noticed yet that it lost its own.
        """
        wanted = (bucket, entry, root)
        return [
            Leftover(folder, journal)
            for folder, journal in self._journals()
            if (journal.bucket, journal.entry, journal.root) == wanted
            and journal.lease is not None
            and journal.run != own_run
            and journal.place.may_be(place)
            and is_at_work(folder)
        ]

    def sweep(self) -> None:
        """
        Remove the folders of killed runs without a lease: they hold only the state that a plan has read.

        A run writes its journals before it asks for a lease.
        """
        for path in _glob(self._work_root, RUNS):
            folder = path.parent
            if not _glob(folder, f"*/{JOURNAL_FILE}") and self._claim(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def remove(self, leftover: Leftover) -> None:
        """Remove a working copy, and the folder of its run with the last one."""
        shutil.rmtree(leftover.folder, ignore_errors=True)
        run_folder = leftover.folder.parent
        if not _glob(run_folder, f"*/{JOURNAL_FILE}"):
            shutil.rmtree(run_folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of every lock."""
        with self._lock:
            while self._claimed:
                _, descriptor = self._claimed.popitem()
                os.close(descriptor)

    def _journals(self) -> Iterator[tuple[Path, Journal]]:
        for path in _glob(self._work_root, f"*/*/{JOURNAL_FILE}"):
            # Another run may remove its journal meanwhile; a file that is not a journal names no run.
            with suppress(OSError, ValueError):
                yield path.parent, Journal.from_json(path.read_bytes())

    def _claim(self, folder: Path) -> bool:
        with self._lock:
            if folder in self._claimed:
                return True
            try:
                # Without O_CREAT: another run is just making or removing a folder that lacks the file.
                descriptor = os.open(folder / ALIVE_FILE, os.O_RDWR | os.O_CLOEXEC)
            except OSError:
                return False
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_there = (folder / ALIVE_FILE).stat().st_ino == os.fstat(descriptor).st_ino
            except OSError:
                is_there = False
            if not is_there:
                os.close(descriptor)
                return False
            self._claimed[folder] = descriptor
            return True


def _glob(folder: Path, pattern: str) -> list[Path]:
    """
    Return what matches in a folder, sorted.

    Other runs, and the other root's thread, remove folders meanwhile: `Path.glob` raises FileNotFoundError then, the
    glob module does not.
    """
    found = glob.glob(pattern, root_dir=folder, include_hidden=True)  # noqa: PTH207 - see above
    return sorted(folder / name for name in found)


def _number(content: dict[str, object], name: str) -> int | None:
    value = content.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(f"{name} is no number")
    return value
