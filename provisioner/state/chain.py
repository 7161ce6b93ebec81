"""The events of a lease as anybody may read them, without taking part."""

from __future__ import annotations

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
    chain = lease_chain(log)
    newest = chain.newest()
    return None if newest is None else _read(log, chain, newest.number)


def find_event(log: StateLog, number: int) -> LeaseEvent | None:
    """Return one event, or None when it is gone; raises as `newest_event` does."""
    try:
        return _read(log, lease_chain(log), number)
    except ObjectNotFoundError:
        return None


def _read(log: StateLog, chain: Sequence, number: int) -> LeaseEvent:
    key = chain.key(number)
    return LeaseEvent.from_json(log.store.get(key).body, f"{log.store.describe()}/{key}")
