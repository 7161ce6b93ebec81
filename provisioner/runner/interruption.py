"""The effect of SIGINT, SIGTERM and SIGHUP on a run."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType

from provisioner.errors import InterruptedRunError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_BACKGROUND = (signal.SIGTTIN, signal.SIGTTOU)
_LOOK_SECONDS = 0.1
_END = 0


class Interruption:
    """
    Turns the first signal into exactly one SIGINT for the running terraform, and later ones into nothing.

    SIGHUP kills terraform at once, and a second SIGINT ends it without writing its state; so whatever arrives here,
    terraform sees one SIGINT, then the grace, then SIGKILL for its whole group.
    """

    def __init__(self, grace: timedelta, *, notify: Callable[[str], None] = lambda _: None) -> None:
        self.signal_number: int | None = None
        self._grace = grace
        self._notify = notify
        self._arrived: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._running: dict[int, Callable[[], bool]] = {}
        """Running terraforms by pid, each with a function that says whether it may get its one SIGINT from here."""
        self._timer: threading.Timer | None = None
        self._waiting_for_answer = False
        self._leases: set[object] = set()

    @contextmanager
    def installed(self) -> Iterator[Interruption]:
        """
        Handle the signals for as long as the block runs; main thread only.

        A terminal does not stop a run in the background that reads from it or writes to it: reading fails instead.
        """
        forwarder = threading.Thread(target=self._forward_arrived, name="signals", daemon=True)
        forwarder.start()
        previous = {number: signal.signal(number, self._handle) for number in SIGNALS}
        previous |= {number: signal.signal(number, signal.SIG_IGN) for number in _BACKGROUND}
        if signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL:
            previous[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._handle_stop)
        try:
            yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            self._arrived.put(_END)
            forwarder.join()
            if self._timer is not None:
                self._timer.cancel()

    @contextmanager
    def guarding(self, pid: int, may_interrupt: Callable[[], bool]) -> Iterator[None]:
        """
        Forward signals to the process `pid`, leader of its own group, for as long as the block runs; any thread.

        `may_interrupt` returns true once, to the one side that may send the SIGINT.
        """
        with self._lock:
            self._running[pid] = may_interrupt
        try:
            if self.signal_number is not None:
                self._forward()
            yield
        finally:
            with self._lock:
                del self._running[pid]
                if not self._running and self._timer is not None:
                    self._timer.cancel()
                    self._timer = None

    @contextmanager
    def waiting_for_answer(self) -> Iterator[None]:
        """Let a signal end a question to the operator at once; nothing is running then."""
        self._waiting_for_answer = True
        try:
            self.check()
            yield
        finally:
            self._waiting_for_answer = False

    def lease_taken(self, lease: object) -> None:
        """Note that this run holds a lease: Ctrl-Z does nothing now, because a stopped run would lose the lease."""
        self._leases.add(lease)

    def lease_given_back(self, lease: object) -> None:
        """Note that this run no longer holds a lease, or did not get it."""
        self._leases.discard(lease)

    def is_hurried(self) -> bool:
        """
        Return whether a person waits for the end: Ctrl-C.

        SIGTERM comes before the end of a pod, perhaps with its disk. It leaves time for storing.
        """
        return self.signal_number == signal.SIGINT

    def rest(self, seconds: float) -> None:
        """Sleep, but only a moment when a person waits for the end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))
            if self.is_hurried():
                return

    def check(self) -> None:
        """
        Stop here if a signal has arrived.

        Raises:
            InterruptedRunError: one has.
        """
        if self.signal_number is not None:
            name = signal.Signals(self.signal_number).name
            raise InterruptedRunError(self.signal_number, f"stopped by {name}; everything done so far is stored")

    def wait(self, seconds: float) -> None:
        """
        Wait, unless a signal ends it.

        Raises:
            InterruptedRunError: a signal has arrived.
        """
        # Not one long sleep: a signal that another thread handles must end this one too.
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(rest, _LOOK_SECONDS))
        self.check()

    def stop(self, reason: str) -> None:
        """Stop every running terraform gracefully, as a signal does."""
        self._notify(reason)
        self._forward()

    def kill(self, reason: str) -> None:
        """Kill every running terraform and its group at once; for a lease that is lost."""
        self._notify(reason)
        self._kill()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # This interrupts the main thread anywhere, also while it prints or holds a lock: it may do neither itself. A
        # SimpleQueue is made for that.
        if self.signal_number is None:
            self.signal_number = number
        self._arrived.put(number)
        if self._waiting_for_answer:
            self.check()

    def _handle_stop(self, number: int, _frame: FrameType | None) -> None:
        if self._leases:
            self._arrived.put(number)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # here the process stops
        signal.signal(number, self._handle_stop)

    def _forward_arrived(self) -> None:
        while (number := self._arrived.get()) != _END:
            if number == signal.SIGTSTP:
                self._notify(
                    "this run holds the lease of a state, so Ctrl-Z does not stop it; Ctrl-C ends it gracefully"
                )
            else:
                self._forward()

    def _forward(self) -> None:
        with self._lock:
            for pid in [pid for pid, may_interrupt in self._running.items() if may_interrupt()]:
                _send(os.kill, pid, signal.SIGINT)
            # Also for one that has had its SIGINT from the watchdog: it stops, and that may take no longer than this.
            is_news = bool(self._running) and self._timer is None
            if is_news:
                self._timer = threading.Timer(self._grace.total_seconds(), self._kill)
                self._timer.daemon = True
                self._timer.start()
        if is_news:
            self._notify(f"stopping terraform, at most {self._grace.total_seconds():.0f} s")

    def _kill(self) -> None:
        with self._lock:
            for pid in self._running:
                _send(os.killpg, pid, signal.SIGKILL)


def _send(send: Callable[[int, int], None], pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself in the meantime
        send(pid, number)
