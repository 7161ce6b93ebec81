"""The events of a lease as anybody may read them, without taking part."""

from __future__ import annotations

from datetime import datetime

from provisioner.objectstore import ObjectNotFoundError
from provisioner.state.log import StateLog
from provisioner.state.record import LeaseEvent
from provisioner.state.sequence import Sequence


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
