"""The processes of a run: the program, terraform, the provider, and how they are killed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterable

import psutil


def family_of(run: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process and all that it has started, terraform's own sessions included; nothing if it is gone."""
    try:
        process = psutil.Process(run.pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def parent_of(process: psutil.Process) -> int:
    """Return the number of what started a process, 0 if it is gone."""
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return 0


def send_to_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to what is there of processes."""
    for process in processes:
        # psutil knows a process by its start time too: a number that was given to another one is not signalled.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill what is there of processes, at once."""
    send_to_all(processes, signal.SIGKILL)
