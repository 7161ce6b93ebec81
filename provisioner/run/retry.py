"""How long a run keeps trying while the cloud throttles, fails or does not answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from provisioner.errors import ProvisionError
from provisioner.run.reporter import Reporter
from provisioner.runner import Interruption

_Result = TypeVar("_Result")
_THROTTLED = "ERR_INFRA_RATE_LIMITS_EXCEEDED"
_PASSES = "ERR_RETRYABLE_INFRA_DEPENDENCIES"
"""The code of a service that fails or does not answer. A lack of stock passes, too, but not within one run."""
_ROUNDS = 2
"""Further attempts after any error but throttling: the provider has already repeated the call itself."""
_LONGEST_WAIT_SECONDS = 8.0
_DOUBLINGS = 20
"""How often the first wait may double; any sensible first wait has reached the longest one by then."""


class RetryPolicy:
    """
    Decides which errors a run retries, and for how long.

    A run waits out throttling for as long as the setting says, because it ends by itself; after no answer or a failing
    service it tries twice more. It repeats a whole terraform, which keeps what it has done.
    """

    def __init__(
        self,
        reporter: Reporter,
        interruption: Interruption,
        *,
        budget: timedelta,
        first_wait: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter = reporter
        self._interruption = interruption
        self._budget = budget.total_seconds()
        self._first_wait = first_wait.total_seconds()
        self._clock = clock

    def begin(self) -> Attempts:
        """Return the attempts of one piece of work."""
        return Attempts(self)

    def retry(self, work: Callable[[], _Result]) -> _Result:
        """
        Return what `work` returns, trying again for as long as that may help.

        Raises what `work` raises.
        """
        attempts = self.begin()
        while True:
            try:
                return work()
            except ProvisionError as error:
                attempts.wait_after(error)


class Attempts:
    """The attempts of one piece of work; `RetryPolicy.begin` makes it."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._since: float | None = None
        self._count = 0

    def note_progress(self) -> None:
        """Reset the back-off: the last attempt made progress."""
        self._since, self._count = None, 0

    def wait_after(self, error: ProvisionError) -> None:
        """
        Wait before another attempt, or give up.

        Raises:
            ProvisionError: `error` itself, when trying again is of no use.
            InterruptedRunError: a signal ended the wait.
        """
        policy = self._policy
        if not error.is_retryable or not (is_throttled(error) or _PASSES in error.codes):
            raise error
        now = policy._clock()
        self._since = now if self._since is None else self._since
        is_over = now - self._since >= policy._budget if is_throttled(error) else self._count >= _ROUNDS
        if is_over:
            raise error
        self._count += 1
        longest = min(policy._first_wait * 2.0 ** min(self._count - 1, _DOUBLINGS), _LONGEST_WAIT_SECONDS)
        seconds = random.uniform(0, longest)  # noqa: S311 - spreads calls, guards nothing
        reason = "the cloud throttles" if is_throttled(error) else "the cloud failed or did not answer"
        policy._reporter.step(f"{reason}: trying again in {seconds:.1f} s")
        policy._interruption.wait(seconds)


def is_throttled(error: ProvisionError) -> bool:
    """Return whether the cloud asked for fewer calls."""
    return _THROTTLED in error.codes
