"""Keeps a lease: one thread renews it, another watches that it does not run out unnoticed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final, Protocol

GRACE: Final = 1 / 6
"""Part of the TTL: a taker waits this long beyond the expiry, and a holder must have stopped this long before it."""
_RENEW_AFTER: Final = 1 / 3
_RETRY_AFTER: Final = 1 / 12
_ENDANGERED_AT: Final = 2 / 3
"""The rest of the TTL at which a failed renewal endangers the lease."""
_SILENT_ENDANGERED_AT: Final = 1 / 2
"""The same for a renewal without an answer: it gets more time, or a merely slow one would stop the run."""
_LOOK_AFTER: Final = 1 / 24
_log = logging.getLogger(__name__)


class Renewable(Protocol):
    """A lease that runs out without renewal."""

    @property
    def held_until(self) -> float:
        """When it ends without another renewal, in seconds of the boot clock."""

    @property
    def lost(self) -> bool:
        """Whether it was lost."""

    def renew(self) -> None:
        """Extend it by its TTL from now."""

    def lose(self, reason: str) -> None:
        """Note that it is lost."""


class Renewal:
    """Two daemon threads that keep a lease until `stop`; `describe` names it for a log record."""

    def __init__(
        self,
        lease: Renewable,
        ttl_seconds: float,
        *,
        name: str,
        describe: Callable[[], str],
        boot_clock: Callable[[], float],
        on_endangered: Callable[[str], None],
    ) -> None:
        self._lease = lease
        self._ttl = ttl_seconds
        self._name = name
        self._describe = describe
        self._boot_clock = boot_clock
        self._on_endangered = on_endangered
        self._failure = ""
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin."""
        for target in (self._keep_renewing, self._keep_watch):
            thread = threading.Thread(target=target, name=self._name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def end(self) -> None:
        """Renew no more; a call that is under way ends by itself."""
        self._stop.set()

    def join(self) -> None:
        """Wait until both threads are over; the caller may be one of them."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _keep_renewing(self) -> None:
        delay = self._ttl * _RENEW_AFTER
        while not self._stop.wait(max(0.0, delay)):
            try:
                self._lease.renew()
                self._failure = ""
                delay = self._lease.held_until - self._ttl * (1 - _RENEW_AFTER) - self._boot_clock()
            except Exception as error:
                # For any error, trying again is better than a thread that ends unseen.
                if self._lease.lost:
                    return
                self._failure = f"{type(error).__name__}: {error}"
                _log.warning("cannot renew the lease of %s: %s", self._describe(), error)
                delay = self._ttl * _RETRY_AFTER

    def _keep_watch(self) -> None:
        has_warned = False
        while True:
            remaining = self._lease.held_until - self._boot_clock()
            if remaining <= self._ttl * GRACE:
                self._lease.lose(f"it could not be renewed in time ({self._failure or 'no answer'})")
                return
            limit = _ENDANGERED_AT if self._failure else _SILENT_ENDANGERED_AT
            if remaining <= self._ttl * limit and not has_warned:
                has_warned = True
                self._on_endangered(self._failure or "the object store does not answer")
            elif remaining > self._ttl * limit:
                has_warned = False  # a renewal worked after all; the lease may come into danger again
            if self._stop.wait(min(remaining - self._ttl * GRACE, self._ttl * _LOOK_AFTER)):
                return
