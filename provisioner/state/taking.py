"""Taking a lease: whether it may be taken, and the one event that does it."""

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
    """Who takes a lease, and for what."""

    run_id: str
    operation: str
    host: str
    ttl: timedelta
    boot_id: str
    boot_clock: Callable[[], float]
    is_holder_dead: Callable[[LeaseEvent], bool] | None
    """Asked about a lease that has not expired."""
    is_forced: bool
    """Whether a holder that it calls dead may live, and work until its lease expires."""
    decide_place: Callable[[Place], Place]
    """Gets the newest place that the log knows, and returns the one to be written; raises to refuse."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A lease that was taken."""

    number: int
    """Of the event."""
    event: LeaseEvent
    previous: LeaseEvent | None
    """The newest event before it; None for the first one ever."""
    known_place: Place
    """The newest place that the log knew before it."""
    log_end: LogEnd | None
    """Where the log ends, if that had to be read before."""
    held_until: float
    """When the lease ends without a renewal, in seconds of the boot clock."""


def take_lease(log: StateLog, taker: Taker) -> Taken:
    """
    Take the lease of a log.

    Raises:
        StateLockedError: another run holds it; says who, where, since when, doing what and until when.
        StateError, CloudError: the store cannot be used.
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
        # A log whose chain says nothing is read before anything is written. Nobody appends between that and a free
        # lease's acquisition, which only succeeds if nobody took it meanwhile: it is not read once more.
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
            continue  # another run was quicker; it may hold the lease now, or be done already
        if log.store.now() >= event.expires and read_end(log, number).number != number:
            continue
        return Taken(number, event, previous, known.place, log_end, started_at + ttl.total_seconds())
    raise StateError("other runs kept taking the lease first", object=log.describe(), type="Busy", is_retryable=True)


def _unsettled_since(
    kind: EventKind, previous: LeaseEvent | None, now: datetime, *, is_forced: bool
) -> datetime | None:
    """Return until when the former holder of a lease that is taken now may work, or what was known of that before."""
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
