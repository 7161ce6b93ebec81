"""What the files of a command line hold. Loads no more than reading needs: `provision validate` needs nothing else."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from provisioner.errors import InterruptedRunError
from provisioner.manifests import Manifests, collect_manifests


def read_manifests(files: Sequence[str]) -> Manifests:
    """
    Return what can be read of the files, with every problem; `-` is standard input.

    A file may be a pipe that is still empty.

    Raises:
        InterruptedRunError: a signal has ended the wait.
    """
    with _ended_by_signals():
        return collect_manifests(files, sys.stdin.buffer if "-" in files else None)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """
    Let the signals that would end the process without a word raise, for as long as the block runs.

    SIGINT raises KeyboardInterrupt by itself. Handlers of a caller and ignored signals (`nohup`) stay as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handled = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in handled:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise InterruptedRunError(number, f"stopped by {signal.Signals(number).name}")
