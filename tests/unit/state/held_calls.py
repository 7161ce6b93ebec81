"""Work in a thread that stands still at each of its calls, until the test decides the result of the call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

Fate = Literal["answer", "refuse", "lose the answer", "delay"]
FATES: tuple[Fate, ...] = ("answer", "answer", "answer", "refuse", "lose the answer", "delay")
"""Served; failed without effect; took effect without an answer; for a put: given up, and it takes effect later."""


class Killed(BaseException):
    """The process is gone, with everything that it had under way."""


class Operation:
    """Work of one client, in a thread that advances from call to call."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.is_done = False
        self._failure: BaseException | None = None
        self._work = work
        self._fate: Fate | None = "answer"
        self._go = threading.Semaphore(0)
        self._stood = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Run up to the first call."""
        self._thread.start()
        self._wait()

    def advance(self, fate: Fate | None) -> None:
        """Give the held call this fate, None for the death of its process, and run up to the next call."""
        self._fate = fate
        self._go.release()
        self._wait()

    def hold(self) -> Fate:
        """Stand still, and return the fate of the call."""
        if self._fate is not None:  # what a dying process does on its way out never leaves it
            self._stood.release()
            self._go.acquire()
        if self._fate is None:
            raise Killed
        return self._fate

    def _wait(self) -> None:
        self._stood.acquire()
        if self.is_done:
            self._thread.join()
            if self._failure is not None:
                raise self._failure

    def _run(self) -> None:
        try:
            self._work()
        except Killed:
            pass
        except BaseException as error:
            self._failure = error
        self.is_done = True
        self._stood.release()
