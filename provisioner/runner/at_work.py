"""Whether a terraform in a working folder is alive, even if the program that started it is gone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.errors import TerraformError
from provisioner.folders import shown

AT_WORK_FILE = "at-work"
"""In the folder of a root module: locked while a terraform that was started there, or its provider, is alive."""


@contextmanager
def at_work(folder: Path) -> Iterator[int]:
    """
    Give the descriptor that a terraform in the folder is to inherit; this process lets go of it.

    Raises:
        TerraformError: the folder cannot be written to.
    """
    try:
        descriptor = os.open(folder / AT_WORK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TerraformError(f"cannot write to {shown(folder)}: {error.strerror}", fix="free space there") from error
    try:
        # Shared: a provider of the terraform before may end a moment later than that.
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


def is_at_work(folder: Path) -> bool:
    """Return whether a terraform that was started in a folder, or its provider, is alive."""
    try:
        descriptor = os.open(folder / AT_WORK_FILE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
