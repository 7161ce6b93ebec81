"""The working copy of a run: a private folder, which the run removes when it has stored everything."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from provisioner.errors import ProvisionError
from provisioner.folders import held_folder, shown
from provisioner.ids import TechnicalId
from provisioner.machine import Machine
from provisioner.run.working_copy.journal import ALIVE_FILE, RUNS, Leftovers


class Workspace:
    """
    One folder per run, mode 0700, in `root` or in our folder there. The run removes it at the end unless there is a
    reason to keep it.

    The run holds an exclusive flock on `alive` in it. Terraform and its providers inherit the descriptor: as long as
    one of them lives, no other run can take the lock, even if this process is gone.
    """

    def __init__(self, root: Path, technical_id: TechnicalId, machine: Machine) -> None:
        self._held = ExitStack()
        try:
            root = self._held.enter_context(held_folder(root, RUNS))
            # With the technical ID an operator recognises a left-over folder.
            label = re.sub(r"[^A-Za-z0-9-]", "_", technical_id)[:64]
            self.folder = Path(tempfile.mkdtemp(prefix=f"{label}.", dir=root))
            # The file gets its name after it is locked: so one with that name that is not locked is of an ended run.
            unnamed = self.folder / f".{ALIVE_FILE}"
            self._alive = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(self.folder / ALIVE_FILE)
        except OSError as error:
            self._held.close()
            raise ProvisionError(
                f"cannot make a working folder in {root}: {error.strerror}",
                fix="free space there, or set PROVISION_WORK_DIR",
            ) from error
        self.leftovers = Leftovers(root, machine)
        """The working copies of ended runs beside it."""
        self.leftovers.sweep()
        self._kept: set[str] = set()

    @property
    def alive_fd(self) -> int:
        """The descriptor that child processes inherit."""
        return self._alive

    def keep(self, reason: str) -> None:
        """Keep the folder at the end; only `let_go` uses the reason."""
        self._kept.add(reason)

    def let_go(self, reason: str) -> None:
        """Take back one reason to keep the folder."""
        self._kept.discard(reason)

    def write(self, folder: str, files: Mapping[str, bytes]) -> Path:
        """Write files below `folder` (mode 0600, each replaced as a whole) and return the folder's path."""
        target = self.folder / folder if folder else self.folder
        try:
            for name, content in files.items():
                write_private(target / name, content)
        except OSError as error:
            raise ProvisionError(
                f"cannot write to {shown(target)}: {error.strerror}", fix="free space there"
            ) from error
        return target

    def __enter__(self) -> Workspace:
        """Return the workspace."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the folder unless there is a reason to keep it."""
        if not self._kept:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.leftovers.close()
        os.close(self._alive)
        self._held.close()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; a reader sees the old or the new content, never a part."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
