"""How long a run holds a lease, by the object store's clock and by its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from provisioner.errors import StateError
from provisioner.state.log import StateLog

_LOG = logging.getLogger(__name__)


class Tenure:
    """
    The time from the event that took a lease until the run loses it or gives it back.

    The thread that first notices the loss calls `on_lost`, once.
    """

    def __init__(
        self,
        log: StateLog,
        number: int,
        *,
        expires: datetime,
        held_until: float,
        boot_clock: Callable[[], float],
        on_lost: Callable[[str], None],
    ) -> None:
        self.number = number
        """The number of the event that took the lease."""
        self.expires = expires
        """Until when no other run may take the lease, by the object store's clock."""
        self.held_until = held_until
        """When the lease ends without another renewal, in seconds of the boot clock."""
        self._log = log
        self._boot_clock = boot_clock
        self._on_lost = on_lost
        self._lock = threading.Lock()
        self._lost_reason = ""
        self._is_over = False

    @property
    def lost(self) -> bool:
        """Whether the lease was lost; the run must write nothing under it any more."""
        return bool(self._lost_reason)

    @property
    def is_over(self) -> bool:
        """Whether the run has given the lease back, or tried to."""
        return self._is_over

    def remaining(self) -> timedelta:
        """Return how long the lease lasts without another renewal; negative when it has expired."""
        return timedelta(seconds=self.held_until - self._boot_clock())

    def require_held(self) -> None:
        """
        Do nothing while this run holds the lease.

        Raises:
            StateError: it was lost or released.
        """
        if self.lost:
            raise StateError(f"the lease is lost: {self._lost_reason}", object=self._log.describe(), type="LeaseLost")
        if self._is_over:
            raise StateError("this run has released the lease", object=self._log.describe(), type="LeaseLost")

    def require_end(self, number: int, newest: Callable[[], int]) -> None:
        """
        Check that this run's last object is the newest of its sequence; costs nothing while the lease lasts.

        A run that stood still for long enough may find the number that it wants to write free again, because retention
        deletes the beginning of a sequence. This compares with the store's time, from the answer to the write: the boot
        clock of a virtual machine may have stood still as well.

        Raises:
            StateError: the object is not the newest; then the lease is lost from now on.
        """
        if self._log.store.now() >= self.expires and newest() != number:
            self.lose("it has expired, and another run has written since")
            self.require_held()

    def lose(self, reason: str) -> None:
        """Note that the lease is lost and tell the run, once."""
        with self._lock:
            if self._lost_reason or self._is_over:
                return
            self._lost_reason = reason
        _LOG.error("lost the lease of %s: %s", self._log.describe(), reason)
        self._on_lost(reason)

    def end(self) -> None:
        """Note that the run gives the lease back."""
        self._is_over = True
