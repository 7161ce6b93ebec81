"""The events of a lease as anybody may read them, without taking part."""

from __future__ import annotations

from datetime import datetime

from provisioner.objectstore import ObjectNotFoundError, StoredObject
from provisioner.place import Place
from provisioner.state.log import StateLog
from provisioner.state.record import LeaseEvent, StateVersion
from provisioner.state.sequence import Sequence

_LOOK_BACK = 200
"""Events before the newest one that are asked for a place: an older program's run wrote none into any of its own."""


def lease_chain(log: StateLog) -> Sequence:
    """Return the sequence of the lease events of a log."""
    return Sequence(log.store, f"{log.prefix}lock/", ".json")


def newest_event(log: StateLog) -> LeaseEvent | None:
    """
    Return what happened last to the lease, or None when nobody ever took it.

    Raises:
        StateError: the event cannot be read.
    """
    newest = lease_chain(log).newest()
    return None if newest is None else read_event(log, newest.number)


def find_event(log: StateLog, number: int) -> LeaseEvent | None:
    """Return one event, or None when it is gone; raises as `newest_event` does."""
    try:
        return read_event(log, number)
    except ObjectNotFoundError:
        return None


def read_unclean_since(log: StateLog) -> datetime | None:
    """
    Return when the first run began that may have left something in the cloud; raises as `newest_event` does.

    A run that goes on counts: what it has made may be in no state yet.
    """
    newest = newest_event(log)
    return None if newest is None else newest.leaves_since


def read_event(log: StateLog, number: int) -> LeaseEvent:
    """
    Return one event.

    Raises:
        ObjectNotFoundError: it is gone.
        StateError: it cannot be read.
    """
    key = lease_chain(log).key(number)
    return LeaseEvent.from_json(log.store.get(key).body, f"{log.store.describe()}/{key}")


def known_place(
    log: StateLog, event: LeaseEvent | None = None, version: StoredObject | StateVersion | None = None
) -> Place:
    """
    Return the newest place that a log knows: its newest event's, else its newest version's, else that of events before.

    `event` and `version` are the newest ones where the caller has read them; the usual event has a whole place, and
    then nothing is asked for. Raises as `newest_event` does.
    """
    if event is not None and event.place.is_whole:
        return event.place
    newest = lease_chain(log).newest()
    if event is None and newest is not None:
        event = read_event(log, newest.number)
    place = Place() if event is None else event.place
    if place.is_whole:
        return place
    if version is None:
        _, version = log.newest_stored()
    if version is not None:
        place = place.or_else(Place.from_metadata(version.metadata))
    if newest is None:
        return place
    for number in range(newest.number - 1, max(0, newest.number - 1 - _LOOK_BACK), -1):
        if place.is_whole:
            break
        before = find_event(log, number)
        place = place if before is None else place.or_else(before.place)
    return place
