"""
The parent's side of the watchdog beside a terraform.

terraform never outlives its parent's authority. The parent says how long it has it; a separate process
(`watchdog_process`) interrupts terraform when that time comes, or when the parent is gone, and kills its group when
another run may take the lease over.
"""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from provisioner.runner.watchdog_process import take_right

_SCRIPT: Final = Path(__file__).with_name("watchdog_process.py")
_LIBRARIES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_FIRST_WAIT_SECONDS: Final = 0.05
_LONGEST_WAIT_SECONDS: Final = 2.0
"""Between two watchdogs, so that one that fails at once costs next to nothing."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Authority:
    """Until when terraform may work without another word of its parent's, in seconds of the boot clock."""

    interrupt_at: float = float("inf")
    """When to stop it gracefully."""
    kill_at: float = float("inf")
    """When it must not exist any more."""


class Watchdog:
    """
    The watchdog of one running terraform, the leader `pid` of its own group, which writes to the pipes `outputs`.

    One that is killed is started again. Use as a context manager, left when terraform was waited for.
    """

    def __init__(self, pid: int, outputs: tuple[int, ...], authority: Authority) -> None:
        self._pid = pid
        self._outputs = outputs
        self._authority = authority
        self._lock = threading.Lock()
        self._closing = threading.Event()
        # The right to send terraform the only SIGINT that it handles gracefully: a byte that either side may take.
        self._right, writer = os.pipe()
        os.set_blocking(self._right, False)
        os.write(writer, b"!")
        os.close(writer)
        self._is_right_taken = False
        self._is_told = False
        self._keeper = threading.Thread(target=self._keep, name="watchdog", daemon=True)
        try:
            self._process = self._start()
            try:
                self._keeper.start()
            except RuntimeError:
                self._process.kill()
                self._process.wait()
                raise
        except (OSError, RuntimeError):
            os.close(self._right)
            raise

    def extend(self, authority: Authority) -> None:
        """Say until when terraform may work now; any thread."""
        with self._lock:
            self._authority = authority
            self._tell(f"{authority.interrupt_at!r} {authority.kill_at!r}\n")

    def may_interrupt(self) -> bool:
        """Return whether the caller may send terraform a SIGINT: true once, unless the watchdog has sent it."""
        if not self._is_right_taken and take_right(self._right):
            self._is_right_taken = True
            return True
        return False

    def is_news_that_it_acted(self) -> bool:
        """Return whether the watchdog has sent the SIGINT: true once, in a parent that stood still and goes on."""
        if self._is_right_taken or self._is_told:
            return False
        poll = select.poll()
        poll.register(self._right, select.POLLIN)
        self._is_told = not any(events & select.POLLIN for _, events in poll.poll(0))
        return self._is_told

    @property
    def has_interrupted(self) -> bool:
        """Whether the watchdog stopped terraform. Ask once, after terraform has ended."""
        return not self._is_right_taken and not self.may_interrupt()

    def __enter__(self) -> Watchdog:
        """Return the watchdog."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Send it away."""
        self._closing.set()
        with self._lock:
            self._process.kill()  # there is nothing left for it to do, and it may stand still
        self._keeper.join()
        assert self._process.stdin is not None
        self._process.stdin.close()
        os.close(self._right)

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - a script of ours
            [sys.executable, "-I", "-S", str(_SCRIPT), str(self._pid), str(self._right), *map(str, self._outputs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            # What the interpreter may need to find its libraries, and nothing of what terraform gets.
            env={name: os.environ[name] for name in _LIBRARIES if name in os.environ},
            # Neither a terminal's signals nor those to the parent's group are for it.
            start_new_session=True,
            pass_fds=(self._right, *self._outputs),
        )
        assert process.stdin is not None
        # One that stands still must never make the parent wait; it finds the newest line that fits.
        os.set_blocking(process.stdin.fileno(), False)
        self._process = process
        self._tell(f"{self._authority.interrupt_at!r} {self._authority.kill_at!r}\n")
        return process

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):  # it is gone, or its pipe is full
            self._process.stdin.write(line.encode())

    def _keep(self) -> None:
        """Start another one whenever one ends before terraform does."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            code = self._process.wait()
            if self._closing.wait(wait):
                return
            _log.warning("the watchdog beside terraform has ended with %s; starting another one", code)
            with self._lock:
                if self._closing.is_set():
                    return
                assert self._process.stdin is not None
                self._process.stdin.close()
                with suppress(OSError):
                    self._start()
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
