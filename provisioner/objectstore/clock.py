"""The time of an object store, followed from the Date headers of its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

DATE_RESOLUTION = timedelta(seconds=1)
"""An HTTP Date is cut to whole seconds: the store's time is up to this much later."""


def boot_seconds() -> float:
    """Return seconds since the machine booted, sleep included; setting the wall clock does not change it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class StoreClock:
    """
    The store's time: the Date of its newest answer plus the time that passed here since.

    The result is never later than the store's own clock, and at most one second plus the duration of an answer
    earlier. The local wall clock plays no part.
    """

    def __init__(self, boot_clock: Callable[[], float] = boot_seconds) -> None:
        self._boot_clock = boot_clock
        self._lock = threading.Lock()
        self._base: tuple[datetime, float] | None = None

    def observe(self, date: datetime, sent_at: float, received_at: float) -> None:
        """Take in the Date of an answer to a request that was sent and answered at these boot times."""
        with self._lock:
            if self._base is not None:
                known = self._at(received_at)
                # Several answers within a second only say that it has not ended. The estimate from an earlier one is
                # kept while it fits, because it is nearer to the truth than a date cut to the second.
                latest_possible = date + DATE_RESOLUTION + timedelta(seconds=received_at - sent_at)
                if date <= known < latest_possible:
                    return
            self._base = (date, received_at)

    def now(self) -> datetime | None:
        """Return the store's time, or None as long as it never answered."""
        with self._lock:
            return None if self._base is None else self._at(self._boot_clock())

    def _at(self, boot_time: float) -> datetime:
        assert self._base is not None
        date, received_at = self._base
        return (date + timedelta(seconds=boot_time - received_at)).astimezone(UTC)
