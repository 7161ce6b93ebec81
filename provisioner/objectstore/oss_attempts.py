"""How often a call to OSS is tried, how long it may take, and how it ends soon when the operator waits for the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import tenacity

from provisioner.objectstore.oss_errors import GivenUpError, is_transient

MAXIMUM_ATTEMPTS = 6
MAXIMUM_WAIT_SECONDS = 3.0
"""Between two attempts. With the attempts this bounds a call on a dead network well below a lease of a minute."""
PATIENCE_SECONDS = 20
"""No attempt is started later than this after the first: a lease is renewed three times in its life."""
HURRIED_SECONDS = 3.0
"""Left for all calls together to a store that does not answer, once the operator waits for the end."""
_LAST_CHANCE_SECONDS = 1.0
"""Left for a single call after that."""
_LOOK_SECONDS = 0.1

_Result = TypeVar("_Result")


class Attempts:
    """The attempts of all calls to one bucket. Safe for several threads."""

    def __init__(self, sleep: Callable[[float], None], is_hurried: Callable[[], bool]) -> None:
        self._sleep = sleep
        self._is_hurried = is_hurried
        self._hurried_until: float | None = None

    def call(self, attempt: Callable[[], _Result]) -> _Result:
        """
        Return the result of the attempt, repeated with growing, varying waits while that may help.

        Raises:
            GivenUpError: the operator waits for the end, and there is no answer.
            Exception: the error of the last attempt.
        """
        started_at = time.monotonic()
        stop = tenacity.stop_after_attempt(MAXIMUM_ATTEMPTS) | tenacity.stop_after_delay(PATIENCE_SECONDS)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_transient),
            stop=lambda state: stop(state) or self._is_over(started_at),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=MAXIMUM_WAIT_SECONDS),
            sleep=self._sleep,
            reraise=True,
        )
        result: _Result = retrying(self._watched, attempt, started_at)
        self._hurried_until = None  # it answers, so there is time to store the rest
        return result

    def _watched(self, attempt: Callable[[], _Result], started_at: float) -> _Result:
        """Do it in a thread that can be left behind: nothing else ends a call that waits for a dead connection."""
        future: Future[_Result] = Future()

        def work() -> None:
            try:
                future.set_result(attempt())
            except BaseException as error:  # raised where the result is waited for
                future.set_exception(error)

        threading.Thread(target=work, name="oss-call", daemon=True).start()
        while True:
            try:
                return future.result(_LOOK_SECONDS)
            except TimeoutError:
                if future.done():
                    return future.result()
            if self._is_over(started_at):
                raise GivenUpError("no answer came before the run had to end")

    def _is_over(self, started_at: float) -> bool:
        if not self._is_hurried():
            return False
        now = time.monotonic()
        if self._hurried_until is None:
            self._hurried_until = now + HURRIED_SECONDS
        return now >= max(self._hurried_until, started_at + _LAST_CHANCE_SECONDS)
