"""Reads the events of a lease, without holding it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from provisioner.errors import StateError
from provisioner.ids import EntryName
from provisioner.objectstore import ObjectNotFoundError, StoredObject
from provisioner.objectstore.clock import DATE_RESOLUTION
from provisioner.place import Place
from provisioner.state.log import StateLog
from provisioner.state.position import LogEnd
from provisioner.state.record import UNKNOWN_PLACE, LeaseEvent, StateVersion
from provisioner.state.sequence import HIGHEST_OLD, NumberedObject, Sequence

PASSED_OVER = frozenset({"UnreadableLease", "MisplacedLease"})
"""Error types of objects that are not an event of their chain."""
DEFAULT_TTL = timedelta(seconds=60)
CLOCKS_DIFFER = timedelta(seconds=5)
"""By how much the store's time can differ between two runs."""
RACES: Final = 20
"""How often a run tries to add its event while other runs are quicker."""
_LOOK_BACK = 200
"""How many events of an older program it passes in search of one with a place."""
_COMPARED = 3
"""With how many earlier events it compares an event without a number."""


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where the chain of a lease ends, and the event that counts now."""

    number: int
    """The number of the newest event that counts; 0 when there is none."""
    event: LeaseEvent | None
    """That event, or the one that stands for an unreadable event after it."""
    next_number: int
    """The number of the next event: the first one after the newest event's that no object has."""


def lease_chain(log: StateLog) -> Sequence:
    """Return the sequence of the lease events of a log."""
    return Sequence(log.store, f"{log.prefix}lock/", ".json")


def read_end(log: StateLog, hint: int = 0) -> ChainEnd:
    """
    Return where the chain ends; this names objects that are not its events and passes them over.

    `hint` is a known number. An unreadable object after the newest event may have been a run's sign of life. An event
    stands for it, which says that an unknown run took the lease and that it is unknown how that run ended.

    Raises:
        StateError: a newer program wrote the newest event.
    """
    chain = lease_chain(log)
    passed: dict[int, NumberedObject] = {}
    unreadable: set[int] = set()
    number, event = 0, None
    for entry in chain.descending(hint):
        try:
            candidate = read_event(log, entry.number)
        except ObjectNotFoundError:
            continue  # retention has deleted it since it was listed
        except StateError as error:
            if error.problem.type not in PASSED_OVER:
                raise
            doubt = error.problem.detail
            if error.problem.type == "UnreadableLease":
                unreadable.add(entry.number)
        else:
            doubt = _find_doubt(log, entry.number, candidate)
            if not doubt:
                number, event = entry.number, candidate
                break
        passed[entry.number] = entry
        log.pass_over(entry.info.key, doubt)
    last = number or max((taken for taken in passed if taken <= HIGHEST_OLD), default=0)
    seen = [taken for taken in passed if taken <= last]
    while last + 1 in passed:
        last += 1
        seen.append(last)
    signs = unreadable.intersection(seen)
    if signs:
        event = _unknown_holder(passed[max(signs)].info.last_modified, event)
    return ChainEnd(number, event, last + 1)


def newest_event(log: StateLog) -> LeaseEvent | None:
    """Return the newest event of the lease, or None if no run ever took it; raises as `read_end` does."""
    return read_end(log).event


def find_event(log: StateLog, number: int) -> LeaseEvent | None:
    """Return one event, or None when it is gone; raises as `read_event` does."""
    try:
        return read_event(log, number)
    except ObjectNotFoundError:
        return None


def read_event(log: StateLog, number: int) -> LeaseEvent:
    """
    Return one event.

    Raises:
        ObjectNotFoundError: it is gone.
        StateError: it is unreadable, or a copy of another event.
    """
    key = lease_chain(log).key(number)
    object = f"{log.store.describe()}/{key}"
    event = LeaseEvent.from_json(log.store.get(key).body, object)
    if event.number not in (None, number):
        raise StateError(f"it is a copy of event {event.number}", object=object, type="MisplacedLease")
    return event


def _event_of_chain(log: StateLog, number: int) -> LeaseEvent | None:
    """Return one event, or None if none with this number counts."""
    try:
        return find_event(log, number)
    except StateError as error:
        if error.problem.type not in PASSED_OVER:
            raise
        return None


@dataclass(frozen=True, slots=True)
class Reading:
    """A log as a reader without the lease finds it."""

    newest: StateVersion | None
    event: LeaseEvent | None
    """The newest event of the lease."""
    left_since: datetime | None
    """When the first run began that may have left objects in the cloud or is still working; None if none did."""


def read_log(log: StateLog) -> Reading:
    """
    Return the newest version, and since when the cloud may hold more than it lists.

    Raises:
        StateError: the newest version is missing or not usable; the message says what to do.
    """
    event = newest_event(log)
    end = log.find_end(event)
    since = [None if event is None else event.leaves_since, doubtful_since(end, event)]
    return Reading(log.version(end), event, min((time for time in since if time is not None), default=None))


def is_lost(log: StateLog) -> bool:
    """Return whether a log that had versions has none left that a run could use or return to."""
    return log.is_lost(log.find_end(newest_event(log)))


def doubtful_since(end: LogEnd, event: LeaseEvent | None) -> datetime | None:
    """
    Return since when a run may have made objects that no event mentions, if events of the lease are gone; else None.

    There are versions and no chain, or a run has stored a newest version that the chain does not mention: it is unknown
    how that run ended. A version that an operator put there counts as it is.
    """
    if end.stored is None:
        return None
    if event is None:
        return end.stored.last_modified
    is_unknown = event.is_free and end.number > (event.state or 0) and "run" in end.stored.metadata
    return event.at if is_unknown else None


def read_unclean_since(log: StateLog) -> datetime | None:
    """
    Return when the first run began that may have left objects in the cloud; raises as `read_end` does.

    A run that is still working counts: its objects may be in no state yet.
    """
    newest = newest_event(log)
    return None if newest is None else newest.leaves_since


@dataclass(frozen=True, slots=True)
class Known:
    """The facts that each event of a lease repeats."""

    place: Place = UNKNOWN_PLACE
    beside: tuple[EntryName, ...] = ()


def known_place(
    log: StateLog, event: LeaseEvent | None = None, version: StoredObject | StateVersion | None = None
) -> Place:
    """
    Return the newest place that a log knows: of its newest event, else of its newest version, else of earlier events.

    `event` and `version` are the newest ones if the caller has read them; the usual event has a whole place, and then
    this asks the store for nothing. Raises as `read_end` does.
    """
    if event is not None and event.place.is_whole:
        return event.place
    end = read_end(log)
    if version is None:
        version = log.find_end(end.event).stored
    return recall(log, end, {} if version is None else version.metadata).place


def recall(log: StateLog, end: ChainEnd, metadata: Mapping[str, str]) -> Known:
    """
    Return the facts that the next event repeats; `metadata` is the newest version's.

    Events of an older program have no such facts, so this reads earlier ones: the newest event of this program among
    them repeats everything that was known before it.
    """
    event = end.event
    place = (UNKNOWN_PLACE if event is None else event.place).or_else(Place.from_metadata(metadata))
    if event is not None and event.number is not None:
        return Known(place, event.beside)
    for entry in islice(lease_chain(log).descending(below=end.number), _LOOK_BACK):
        former = _event_of_chain(log, entry.number)
        if former is not None and former.number is not None:
            return Known(place.or_else(former.place), former.beside)
    return Known(place)


def _find_doubt(log: StateLog, number: int, event: LeaseEvent) -> str:
    """Return why a readable event does not belong under its number, or "" if it does."""
    if event.number is not None:
        return ""
    # An older program wrote it, or it is a copy of an event that an older program wrote.
    if number > HIGHEST_OLD:
        return "no chain is that long"
    for entry in islice(lease_chain(log).descending(below=number), _COMPARED):
        former = _event_of_chain(log, entry.number)
        if former is None:
            continue
        if replace(former, number=None) == event:
            return f"it is a copy of event {entry.number}"
        if former.at > event.at + CLOCKS_DIFFER:
            return f"it happened before event {entry.number}"
        if former.number is not None:
            break
    return ""


def _unknown_holder(seen: datetime, before: LeaseEvent | None) -> LeaseEvent:
    """Return the event that stands for an unreadable one; `seen` is when that was written."""
    ttl = DEFAULT_TTL.total_seconds() if before is None else before.ttl_seconds
    stand_in = LeaseEvent(
        event="acquire",
        run="unknown",
        host="an unknown host",
        boot_id="",
        operation="something",
        at=seen,
        since=seen,
        expires=seen + timedelta(seconds=ttl) + DATE_RESOLUTION,
        ttl_seconds=ttl,
    )
    if before is None:
        return stand_in
    return replace(
        stand_in,
        # All its objects are newer than that.
        since=before.leaves_since or before.at,
        expires=max(before.expires, stand_in.expires),
        state=before.state,
        unclean_since=before.leaves_since,
        number=before.number,
        state_digest=before.state_digest,
        place=before.place,
        beside=before.beside,
        binds=before.binds,
    )
