"""Waits for leases that other runs hold."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from provisioner.errors import Problem, StateLockedError
from provisioner.run.reporter import Reporter
from provisioner.runner import Interruption
from provisioner.state import Lease

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 3.0


class LeaseWait:
    """
    How long one run waits for others, for all its leases together.

    The clock starts with the first lease that is not free.
    """

    def __init__(
        self,
        reporter: Reporter,
        interruption: Interruption,
        timeout: timedelta,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.timeout = timeout
        self._reporter = reporter
        self._interruption = interruption
        self._clock = clock
        self._lock = threading.Lock()
        self._end: float | None = None
        self._told: set[str] = set()

    @property
    def is_patient(self) -> bool:
        """Whether the operator lets the run wait at all."""
        return self.timeout > timedelta(0)

    def acquire(self, take: Callable[[], Lease], *, least: timedelta = timedelta(0)) -> Lease:
        """
        Call `take` until it returns the lease; even a run that does not wait tries for `least`.

        Raises:
            StateLockedError: another run still holds the lease at the end of the wait.
            InterruptedRunError: a signal ended the wait.
        """
        least_end = self._clock() + least.total_seconds()
        longest_wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                return take()
            except StateLockedError as error:
                rest = max(self._start(error), least_end) - self._clock()
                if rest <= 0:
                    raise
            # Jitter, or runs that began together would keep asking at the same time.
            self._interruption.wait(min(rest, random.uniform(longest_wait / 4, longest_wait)))  # noqa: S311 - no secret
            longest_wait = min(2 * longest_wait, _LONGEST_WAIT_SECONDS)

    def _start(self, error: StateLockedError) -> float:
        """Return when the wait ends; warn once for each lease which run holds it."""
        with self._lock:
            if self._end is None:
                self._end = self._clock() + self.timeout.total_seconds()
            if self.is_patient and error.problem.object not in self._told:
                self._told.add(error.problem.object)
                limit = f"{self.timeout.total_seconds():g} s"
                self._reporter.warn(
                    Problem(error.problem.object, "", "Locked", f"{error.problem.detail}; waiting up to {limit}")
                )
            return self._end
