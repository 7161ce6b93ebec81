"""The processes of a run: the program, terraform, the provider, and how they are killed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterable

import psutil


def family_of(run: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return a process and all its descendants, terraform's own session included; nothing if it is gone."""
    try:
        process = psutil.Process(run.pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def parent_of(process: psutil.Process) -> int:
    """Return the pid of a process's parent, 0 if the process is gone."""
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return 0


def send_to_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to those of the processes that exist."""
    for process in processes:
        # psutil also knows the start time of a process, so a pid that another process has by now gets no signal.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill those of the processes that exist."""
    send_to_all(processes, signal.SIGKILL)
