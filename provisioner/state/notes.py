"""The notes of a run, which the events of its lease carry."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from provisioner.ids import EntryName
from provisioner.place import Place
from provisioner.state.record import LeaseEvent, Move


class Notes:
    """
    The notes that each event of a lease carries from now on; any thread may add one.

    The next event, a renewal at the latest, brings a note into the chain. `event` is the one that took the lease, `now`
    returns the object store's time.
    """

    def __init__(self, event: LeaseEvent, now: Callable[[], datetime]) -> None:
        self._event = event
        self._now = now
        self._lock = threading.Lock()

    @property
    def event(self) -> LeaseEvent:
        """The event that took the lease, with all notes since."""
        return self._event

    @property
    def place(self) -> Place:
        """The place of the log, which events and versions carry."""
        return self._event.place

    @property
    def beside(self) -> tuple[EntryName, ...]:
        """The entries whose objects of this shoot's name the operator told runs to leave alone."""
        return self._event.beside

    @property
    def binds(self) -> tuple[str, ...]:
        """The bindings that this run, or an earlier one that did not end clean, was about to make."""
        return self._event.binds

    @property
    def unclean_since(self) -> datetime | None:
        """
        When the first run began that may have left objects behind; None if none did.

        A run releases as `clean` only after it has looked for them.
        """
        return self._event.unclean_since

    @property
    def unsettled_since(self) -> datetime | None:
        """When a run or its terraform was last cut off since the last clean end; None if none was."""
        return self._event.unsettled_since

    def set_place(self, place: Place) -> None:
        """Note where the log is; the next event and the next version say so."""
        with self._lock:
            self._event = replace(self._event, place=place)

    def move(self, move: Move) -> None:
        """Note that the log is in another place from now on."""
        with self._lock:
            self._event = replace(self._event, moved=move, place=move.target)

    def set_aside(self, entry: EntryName) -> None:
        """Note that runs leave the objects of another entry alone."""
        with self._lock:
            if entry not in self._event.beside:
                self._event = replace(self._event, beside=(*self._event.beside, entry))

    def add_binds(self, ids: Iterable[str]) -> bool:
        """Note bindings that this run is about to make, and return whether any of them is new."""
        with self._lock:
            new = [id for id in ids if id not in self._event.binds]
            self._event = replace(self._event, binds=(*self._event.binds, *new))
        return bool(new)

    def unsettle(self, at: datetime | None = None) -> None:
        """Note that a run or terraform was cut off then, or now: its last calls may become visible only later."""
        at = at or self._now()
        with self._lock:
            self._event = replace(self._event, unsettled_since=max(at, self._event.unsettled_since or at))

    def distrust(self, since: datetime) -> None:
        """Note that the cloud may hold objects that the newest state does not list, none older than `since`."""
        with self._lock:
            self._event = replace(self._event, unclean_since=min(since, self._event.unclean_since or since))
