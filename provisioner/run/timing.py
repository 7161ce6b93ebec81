"""Logs how long the steps of a run take: one debug line per step, which benchmarks/apply.py collects."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)


@contextmanager
def timed(step: str) -> Iterator[None]:
    """Log how many seconds the block took."""
    start = time.perf_counter()
    try:
        yield
    finally:
        _log.debug("timing: %-32s %6.3f s", step, time.perf_counter() - start)


def log_start() -> None:
    """Log how long the process has already run: the interpreter's start and the imports so far. Linux only."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return
    _log.debug("timing: %-32s %6.3f s", "start of the program", time.clock_gettime(time.CLOCK_BOOTTIME) - started)
