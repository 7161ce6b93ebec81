"""Takes a lease: decides whether this run may take it, and writes the one event that does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.errors import StateError, StateLockedError
from provisioner.objectstore import ObjectExistsError
from provisioner.objectstore.clock import DATE_RESOLUTION
from provisioner.place import Place
from provisioner.state.chain import RACES, lease_chain, read_end, recall
from provisioner.state.log import StateLog
from provisioner.state.position import LogEnd
from provisioner.state.record import EventKind, LeaseEvent
from provisioner.state.renewal import GRACE


@dataclass(frozen=True, slots=True)
class Taker:
    """The run that takes a lease, and what for."""

    run_id: str
    operation: str
    host: str
    ttl: timedelta
    boot_id: str
    boot_clock: Callable[[], float]
    is_holder_dead: Callable[[LeaseEvent], bool] | None
    """Asked about a lease that has not expired."""
    is_forced: bool
    """Whether a holder that `is_holder_dead` calls dead may live, and work until its lease expires."""
    decide_place: Callable[[Place], Place]
    """Gets the newest place that the log knows, and returns the one to write; raises to refuse."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A lease that a run has taken."""

    number: int
    """The number of the event."""
    event: LeaseEvent
    previous: LeaseEvent | None
    """The newest event before it; None for the first lease of the log."""
    known_place: Place
    """The newest place that the log knew before it."""
    log_end: LogEnd | None
    """Where the log ends, if taking the lease had to read that."""
    held_until: float
    """When the lease ends without a renewal, in seconds of the boot clock."""


def take_lease(log: StateLog, taker: Taker) -> Taken:
    """
    Take the lease of a log.

    Raises:
        StateLockedError: another run holds it; says which, where, since when, doing what and until when.
        StateError, CloudError: the store is not usable.
    """
    chain = lease_chain(log)
    ttl = taker.ttl
    for _ in range(RACES):
        started_at = taker.boot_clock()
        end = read_end(log)
        previous, number = end.event, end.next_number
        now = log.store.now()
        kind: EventKind = "acquire"
        if previous is not None and not previous.is_free:
            is_dead = taker.is_holder_dead
            if not _is_expired(previous, now) and not (is_dead is not None and is_dead(previous)):
                raise _locked(log, previous)
            kind = "takeover"
        # If the chain says nothing about the place, this reads the log before it writes anything, and only once: no run
        # appends before a free lease is acquired, and that only succeeds if no other run took the lease meanwhile.
        log_end = None if previous is not None and previous.place.is_whole else log.find_end(previous)
        known = recall(log, end, {} if log_end is None or log_end.stored is None else log_end.stored.metadata)
        place = taker.decide_place(known.place)
        event = LeaseEvent(
            event=kind,
            run=taker.run_id,
            host=taker.host,
            boot_id=taker.boot_id,
            operation=taker.operation,
            at=now,
            since=now,
            expires=now + ttl + DATE_RESOLUTION,
            ttl_seconds=ttl.total_seconds(),
            state=None if previous is None else previous.state,
            unclean_since=None if previous is None else previous.leaves_since,
            unsettled_since=_unsettled_since(kind, previous, now, is_forced=taker.is_forced),
            number=number,
            state_digest=None if previous is None else previous.state_digest,
            place=place,
            beside=known.beside,
            binds=() if previous is None or previous.is_clean else previous.binds,
        )
        try:
            log.store.put_if_absent(chain.key(number), event.to_json(), {"run": taker.run_id})
        except ObjectExistsError:
            continue  # another run was quicker; it holds the lease now, or is already done
        if log.store.now() >= event.expires and read_end(log, number).number != number:
            continue
        return Taken(number, event, previous, known.place, log_end, started_at + ttl.total_seconds())
    raise StateError("other runs kept taking the lease first", object=log.describe(), type="Busy", is_retryable=True)


def _unsettled_since(
    kind: EventKind, previous: LeaseEvent | None, now: datetime, *, is_forced: bool
) -> datetime | None:
    """Return until when the former holder of this lease may work, or what the chain already says about that."""
    if previous is None or previous.is_clean:
        return None
    if kind == "takeover":
        return max(now, previous.expires) if is_forced else now
    if previous.event == "disturb":
        return previous.unsettled_since or previous.at  # an older program says only the latter
    return previous.unsettled_since


def _is_expired(event: LeaseEvent, now: datetime) -> bool:
    return now >= event.expires + timedelta(seconds=event.ttl_seconds * GRACE)


def _locked(log: StateLog, event: LeaseEvent) -> StateLockedError:
    return StateLockedError(
        event.describe(),
        object=log.describe(),
        type="Locked",
        fix=log.advice.wait_for_holder(),
        is_retryable=True,
    )
