"""
The process beside a terraform that ends it when its parent's authority ends: killed, stopped, or without a lease.

It runs as a separate script, with nothing of the program loaded, so that it costs little and does not fail with it:
`watchdog_process.py PID RIGHT OUTPUT...`, where PID leads terraform's process group, RIGHT is the descriptor of the
right to send it the one SIGINT, and each OUTPUT that of a pipe that terraform writes to. On standard input it gets
lines `<interrupt at> <kill at>` in seconds of the boot clock; the last line counts. When terraform has ended, the
parent kills it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

_PARENT = 0
_LONGEST_WAIT = 1.0
"""Seconds. What waits does not count the time that the machine sleeps, what it waits for does."""
_STOPPING = 60.0
"""Seconds that a terraform gets which no lease limits, when its parent is gone."""
_FOREVER = float("inf")


def boot_seconds() -> float:
    """Return seconds since the machine booted, sleep included: the clock of the deadlines."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Watch:
    """The known authority of the parent over one terraform."""

    def __init__(self, pid: int, right: int, outputs: list[int]) -> None:
        self.is_over = False
        """Whether there is nothing left to do."""
        self._pid = pid
        self._right = right
        self._outputs = outputs
        self._process = _open_process(pid)
        self._received = b""
        self._has_parent = True
        self._interrupt_at = self._kill_at = _FOREVER

    def step(self) -> None:
        """Wait for an event, and react to it."""
        now = boot_seconds()
        wait = max(0.0, min(self._interrupt_at - now, self._kill_at - now, _LONGEST_WAIT))
        watched = [_PARENT] if self._has_parent else [*self._outputs, *self._process]
        _ready(watched, wait if self._interrupt_at < _FOREVER else None)
        # Before any deadline: a watchdog that also stood still catches up here.
        if self._has_parent:
            self._listen()
        if not self._has_parent:
            self._drain()
            if self._is_leader_gone():
                self._kill()
        now = boot_seconds()
        if not self.is_over and now >= self._kill_at:
            self._kill()
        elif not self.is_over and now >= self._interrupt_at:
            self._interrupt_at = _FOREVER if self._kill_at == _FOREVER else self._kill_at
            if take_right(self._right):
                self._send(signal.SIGINT)

    def _listen(self) -> None:
        while self._has_parent and _ready([_PARENT], 0):
            chunk = os.read(_PARENT, 65536)
            if not chunk:
                self._has_parent = False
            self._received += chunk
        *lines, self._received = self._received.split(b"\n")
        if lines:
            first, second = lines[-1].split()
            self._interrupt_at, self._kill_at = float(first), float(second)
        if not self._has_parent:
            now = boot_seconds()
            self._interrupt_at, self._kill_at = now, min(self._kill_at, now + _STOPPING)

    def _drain(self) -> None:
        """Read terraform's output: a pipe without a reader would kill it before it has written its state."""
        for output in _ready(self._outputs, 0):
            if not os.read(output, 65536):
                self._outputs.remove(output)

    def _is_leader_gone(self) -> bool:
        if self._process:
            return bool(_ready(self._process, 0))
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        return False

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            if self._process:
                signal.pidfd_send_signal(self._process[0], number)
            else:
                os.kill(self._pid, number)

    def _kill(self) -> None:
        """Kill terraform and its providers. Its group keeps its number for as long as one of them lives."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        self.is_over = True


def _ready(descriptors: list[int], seconds: float | None) -> list[int]:
    """Return which of the descriptors can be read, or have ended, within so many seconds."""
    poll = select.poll()  # not `select`, which knows no number above 1023
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)]


def take_right(right: int) -> bool:
    """Return whether the right to send the one SIGINT was still there: a byte in a pipe, which one reader gets."""
    try:
        return os.read(right, 1) != b""
    except BlockingIOError:
        return False


def _open_process(pid: int) -> list[int]:
    """Return a descriptor of a process, which never means another one; nothing where the system has none."""
    try:
        return [os.pidfd_open(pid)]
    except (AttributeError, OSError):
        return []


def main() -> None:
    """Watch until terraform is over."""
    pid, right, *outputs = map(int, sys.argv[1:])
    watch = Watch(pid, right, outputs)
    while not watch.is_over:
        watch.step()


if __name__ == "__main__":
    main()
