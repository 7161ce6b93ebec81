"""How long a run goes on against a cloud that refuses for the time being."""

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
"""What a service says that fails or does not answer. A lack of stock passes, too, but not within one run."""
_ROUNDS = 2
"""Further tries after anything but throttling: the provider has repeated the call itself by then."""
_LONGEST_WAIT_SECONDS = 8.0
_DOUBLINGS = 20
"""Of the first wait; by then any that makes sense is at its longest."""


class Patience:
    """
    What a run waits for, and how long.

    Throttling is waited out for as long as the setting says, because it ends by itself; what else may pass (no answer,
    a service that fails) is tried twice more. Terraform is the unit that is repeated: what it has done stays done.
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
        """Return the tries of one piece of work."""
        return Attempts(self)

    def retry(self, work: Callable[[], _Result]) -> _Result:
        """
        Return what `work` returns, trying again for as long as that may help.

        Raises what `work` raises.
        """
        tries = self.begin()
        while True:
            try:
                return work()
            except ProvisionError as error:
                tries.wait_after(error)


class Attempts:
    """The tries of one piece of work; made by `Patience.begin`."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._since: float | None = None
        self._count = 0

    def note_progress(self) -> None:
        """Begin the waits anew, because something came of the last try."""
        self._since, self._count = None, 0

    def wait_after(self, error: ProvisionError) -> None:
        """
        Wait before another try, or give up.

        Raises:
            ProvisionError: the error itself, when trying again is of no use.
            InterruptedRunError: a signal ended the wait.
        """
        patience = self._patience
        if not error.is_retryable or not (is_throttled(error) or _PASSES in error.codes):
            raise error
        now = patience._clock()
        self._since = now if self._since is None else self._since
        is_over = now - self._since >= patience._budget if is_throttled(error) else self._count >= _ROUNDS
        if is_over:
            raise error
        self._count += 1
        longest = min(patience._first_wait * 2.0 ** min(self._count - 1, _DOUBLINGS), _LONGEST_WAIT_SECONDS)
        seconds = random.uniform(0, longest)  # noqa: S311 - spreads calls, guards nothing
        reason = "the cloud throttles" if is_throttled(error) else "the cloud did not answer as it should"
        patience._reporter.step(f"{reason}: trying again in {seconds:.1f} s")
        patience._interruption.wait(seconds)


def is_throttled(error: ProvisionError) -> bool:
    """Return whether the cloud asked for fewer calls."""
    return _THROTTLED in error.codes
