"""
The lease of a state: one run at a time may append, and everybody can see who and until when.

The lease is a chain of numbered events. Every event, renewals and take-overs included, is the creation of the next
number, so a holder that renews and a run that takes over compete for the same key and only one of them gets it.

Time is the object store's: an event's `expires` is the store's time at the start of the call, plus the TTL, plus the
one second by which an HTTP date may lag. The holder itself counts from the same start on its boot clock, so it stops
no later than anybody may take over; a taker waits a sixth of the TTL more for what clocks and networks add to that.

A holder that was paused learns only afterwards that its lease was taken, when its terraform may have worked on beside
the new holder's. It cannot know whether that one has looked into the cloud for the last time, so it leaves a `disturb`
in the chain: whoever holds the lease then cannot end clean any more, and the next run looks again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType

from provisioner.errors import ProvisionError, StateError, StateLockedError
from provisioner.ids import EntryName
from provisioner.objectstore import ObjectExistsError, boot_seconds
from provisioner.objectstore.clock import DATE_RESOLUTION
from provisioner.place import Place
from provisioner.state.chain import (
    CLOCKS_DIFFER,
    DEFAULT_TTL,
    PASSED_OVER,
    doubtful_since,
    lease_chain,
    read_end,
    read_event,
    recall,
)
from provisioner.state.log import StateLog
from provisioner.state.position import LogEnd, Position
from provisioner.state.record import EventKind, LeaseEvent, Move, Outcome, StateVersion, format_time
from provisioner.state.renewal import GRACE, Renewal
from provisioner.state.writer import LogWriter
from provisioner.tfstate import StateDocument

_LOG = logging.getLogger(__name__)

_STOPS_AT = 1 / 3
"""What is left of the TTL when terraform is stopped although the run says nothing: it has been standing still."""
_RACES = 20


class Lease:
    """
    A lease that is held; made by `acquire`. Two daemon threads keep it until `release`.

    As a context manager it is released as `failed` on the way out unless it was released before: "clean" is a
    statement that only the workflow can make.
    """

    def __init__(
        self,
        log: StateLog,
        number: int,
        event: LeaseEvent,
        previous: LeaseEvent | None,
        *,
        known_place: Place,
        held_until: float,
        boot_clock: Callable[[], float],
        on_lost: Callable[[str], None] | None,
        on_endangered: Callable[[str], None],
        on_renewed: Callable[[float, float], None],
        on_released: Callable[[], None],
    ) -> None:
        self._log = log
        self.writer = LogWriter(log, self)
        """What appends to the log under this lease."""
        self._chain = lease_chain(log)
        self._number = number
        self._event = event
        self._previous = previous
        self.known_place = known_place
        """The newest place that the log knew when the lease was taken."""
        self._boot_clock = boot_clock
        self._on_lost = on_lost
        self._on_renewed = on_renewed
        self._on_released = on_released
        self._end = LogEnd()
        # Reentrant: whoever is told that the lease is lost may release it.
        self._chain_lock = threading.RLock()
        self._lost_lock = threading.Lock()
        self._chain_number = number
        self._held_until = held_until
        self._expires = event.expires
        self._lost_reason = ""
        self._is_released = False
        self._is_free = False
        self._is_disturbed = False
        self._renewal = Renewal(
            self,
            event.ttl_seconds,
            name=f"lease-{number}",
            describe=log.describe,
            boot_clock=boot_clock,
            on_endangered=on_endangered,
        )

    @classmethod
    def acquire(
        cls,
        log: StateLog,
        run_id: str,
        operation: str,
        host: str,
        ttl: timedelta = DEFAULT_TTL,
        *,
        boot_id: str = "",
        boot_clock: Callable[[], float] = boot_seconds,
        on_lost: Callable[[str], None] | None = None,
        on_endangered: Callable[[str], None] = lambda _: None,
        on_renewed: Callable[[float, float], None] = lambda _, __: None,
        on_released: Callable[[], None] = lambda: None,
        is_holder_dead: Callable[[LeaseEvent], bool] | None = None,
        is_forced: bool = False,
        renewing: bool = True,
        decide_place: Callable[[Place], Place] = lambda known: known,
    ) -> Lease:
        """
        Return the lease, or fail if another run holds it.

        An expired lease is taken over, and the log is sealed against its former holder. `is_holder_dead` is asked about
        a lease that has not expired and must say yes only on proof, or if the operator wants it to be taken from a
        holder that may live (`is_forced`): that one may work until its lease expires.

        `on_lost` is called once, from another thread, when the lease is lost: the run must have stopped writing to the
        cloud by then. `on_endangered` is called before that, when the lease cannot be renewed: the run should stop in
        an orderly way. Without `renewing` nothing is renewed and neither is called. `on_renewed` gets, now and with
        each renewal, when on the boot clock what works under the lease has to begin to stop without another word, and
        when it must be over. `on_released` is called once, when this run has nothing more to do with the lease.

        Before anything is written `decide_place` gets the newest place that the log knows, and returns the one that the
        lease writes; it raises to refuse.

        Raises:
            StateLockedError: another run holds the lease; says who, where, since when, doing what and until when.
            StateError, CloudError: the store cannot be used.
        """
        chain = lease_chain(log)
        for _ in range(_RACES):
            started_at = boot_clock()
            end = read_end(log)
            previous, number = end.event, end.next_number
            now = log.store.now()
            kind: EventKind = "acquire"
            if previous is not None and not previous.is_free:
                if not _is_expired(previous, now) and not (is_holder_dead is not None and is_holder_dead(previous)):
                    raise _locked(log, previous)
                kind = "takeover"
            # A log whose chain says nothing is read before anything is written. Nobody appends between that and a free
            # lease's acquisition, which only succeeds if nobody took it meanwhile: it is not read once more.
            log_end = None if previous is not None and previous.place.is_whole else log.find_end(previous)
            known = recall(log, end, {} if log_end is None or log_end.stored is None else log_end.stored.metadata)
            place = decide_place(known.place)
            event = LeaseEvent(
                event=kind,
                run=run_id,
                host=host,
                boot_id=boot_id,
                operation=operation,
                at=now,
                since=now,
                expires=now + ttl + DATE_RESOLUTION,
                ttl_seconds=ttl.total_seconds(),
                state=None if previous is None else previous.state,
                unclean_since=None if previous is None else previous.leaves_since,
                unsettled_since=_unsettled_since(kind, previous, now, is_forced=is_forced),
                number=number,
                state_digest=None if previous is None else previous.state_digest,
                place=place,
                beside=known.beside,
                binds=() if previous is None or previous.is_clean else previous.binds,
            )
            try:
                log.store.put_if_absent(chain.key(number), event.to_json(), {"run": run_id})
            except ObjectExistsError:
                continue  # another run was quicker; it may hold the lease now, or be done already
            if log.store.now() >= event.expires and read_end(log, number).number != number:
                continue
            lease = cls(
                log,
                number,
                event,
                previous,
                known_place=known.place,
                held_until=started_at + ttl.total_seconds(),
                boot_clock=boot_clock,
                on_lost=on_lost,
                on_endangered=on_endangered,
                on_renewed=on_renewed,
                on_released=on_released,
            )
            lease._tell_limits()
            if renewing:
                lease._renewal.start()
            lease._find_end_of_log(log_end)
            return lease
        raise StateError(
            "other runs kept taking the lease first", object=log.describe(), type="Busy", is_retryable=True
        )

    @property
    def number(self) -> int:
        """The number of the acquire or takeover event; every version appended under the lease names it."""
        return self._number

    @property
    def operation(self) -> str:
        """What the run does."""
        return self._event.operation

    @property
    def run_id(self) -> str:
        """The run that holds the lease."""
        return self._event.run

    @property
    def is_takeover(self) -> bool:
        """Whether the lease was taken from a run that never released it."""
        return self._event.event == "takeover"

    @property
    def previous(self) -> LeaseEvent | None:
        """The newest event before this lease; None for the first one ever."""
        return self._previous

    @property
    def since(self) -> datetime:
        """When this run took the lease, by the object store's clock."""
        return self._event.since

    @property
    def unclean_since(self) -> datetime | None:
        """
        When the first of the runs began that may have left something behind; None if none did.

        Release as `clean` only after looking for what they left.
        """
        return self._event.unclean_since

    @property
    def place(self) -> Place:
        """What this lease writes into its events and versions."""
        return self._event.place

    @property
    def beside(self) -> tuple[EntryName, ...]:
        """The entries whose objects of this shoot's name the operator has said to leave alone."""
        return self._event.beside

    def settle(self, place: Place) -> None:
        """Note where the log is; the next event and the next version say so."""
        with self._chain_lock:
            self._event = replace(self._event, place=place)

    def set_aside(self, entry: EntryName) -> None:
        """Note that the objects of another entry are to be left alone; the next event says so, and all after it."""
        with self._chain_lock:
            if entry not in self._event.beside:
                self._event = replace(self._event, beside=(*self._event.beside, entry))

    @property
    def binds(self) -> tuple[str, ...]:
        """The bindings that this run, or one before it that did not end clean, was about to make."""
        return self._event.binds

    def note_binds(self, ids: Iterable[str]) -> None:
        """
        Write down the bindings that this run is about to make; returns when they are in the chain.

        Raises as `renew`.
        """
        with self._chain_lock:
            new = [id for id in ids if id not in self._event.binds]
            if not new:
                return
            self._event = replace(self._event, binds=(*self._event.binds, *new))
        self.renew()

    @property
    def is_disturbed(self) -> bool:
        """Whether a former holder was at work while this run had the lease: then it has not ended clean."""
        return self._is_disturbed

    @property
    def unsettled_since(self) -> datetime | None:
        """When a run or its terraform was last cut off that no run has cleaned up after; None if none was."""
        return self._event.unsettled_since

    def unsettle(self, at: datetime | None = None) -> None:
        """Note that something was cut off then, or now: what it was doing may show in the cloud only later."""
        at = at or self._log.store.now()
        with self._chain_lock:
            self._event = replace(self._event, unsettled_since=max(at, self._event.unsettled_since or at))

    def distrust(self, since: datetime) -> None:
        """Note that the cloud may hold what the newest state does not list, and none of it is older than `since`."""
        with self._chain_lock:
            self._event = replace(self._event, unclean_since=min(since, self._event.unclean_since or since))

    @property
    def state(self) -> StateVersion | None:
        """
        The newest version when the lease was acquired, without asking the store again; None if there was no state.

        Raises:
            StateError: it is missing or cannot be used; the message names a version that can.
        """
        return self._log.version(self._end)

    @property
    def is_damaged(self) -> bool:
        """Whether the newest version was missing or could not be used when the lease was acquired."""
        return not self._log.is_usable(self._end)

    @property
    def lost(self) -> bool:
        """Whether the lease was lost; nothing may be written under it any more."""
        return bool(self._lost_reason)

    @property
    def held_until(self) -> float:
        """When the lease ends without another renewal, in seconds of the boot clock."""
        return self._held_until

    def remaining(self) -> timedelta:
        """Return how long the lease lasts without another renewal; negative when it has expired."""
        return timedelta(seconds=self._held_until - self._boot_clock())

    def require_held(self) -> None:
        """
        Do nothing while the lease is held.

        Raises:
            StateError: it was lost or released.
        """
        if self.lost:
            raise StateError(f"the lease is lost: {self._lost_reason}", object=self._log.describe(), type="LeaseLost")
        if self._is_released:
            raise StateError("the lease was released", object=self._log.describe(), type="LeaseLost")

    def require_end(self, number: int, newest: Callable[[], int]) -> None:
        """
        Check that what this run has just written is the newest of its sequence; costs nothing while the lease lasts.

        A run that stood still for long enough finds the number it wants to write free again: retention deletes the
        beginning of a sequence. The store's time tells, which it has from the answer to the write: the boot clock of a
        virtual machine may have stood still as well.

        Raises:
            StateError: it is not; then the lease is lost from now on.
        """
        if self._log.store.now() >= self._expires and newest() != number:
            self.lose("it has expired, and others have written since")
            self.require_held()

    def lose(self, reason: str) -> None:
        """Note that the lease is lost and tell the run, once."""
        with self._lost_lock:
            if self._lost_reason or self._is_released:
                return
            self._lost_reason = reason
        self._renewal.end()
        _LOG.error("lost the lease of %s: %s", self._log.describe(), reason)
        if self._on_lost is not None:
            self._on_lost(reason)

    def disturb(self) -> None:
        """
        Have the runs after this one look for what it may have left, although the lease was taken from it.

        To be called when the lease is lost and nothing of the run works any more. As long as nobody took the lease this
        does nothing: who takes it over will look.

        Raises:
            StateError, CloudError: the store cannot be used.
        """
        for _ in range(_RACES):
            end = read_end(self._log, self._chain_number)
            event = end.event
            if event is None or event.run == self.run_id:
                return
            now = self._log.store.now()
            mark = replace(
                event,
                event="disturb",
                repeats=event.repeats or event.event,
                disturbed_by=self.run_id,
                number=end.next_number,
                at=now,
                unclean_since=min(self.since, event.unclean_since or self.since),
                unsettled_since=now,
                binds=tuple(dict.fromkeys((*event.binds, *self._event.binds))),
            )
            try:
                self._log.store.put_if_absent(self._chain.key(end.next_number), mark.to_json(), {"run": self.run_id})
            except ObjectExistsError:
                continue
            return
        raise StateError("the chain of the lease keeps changing", object=self._log.describe(), type="Busy")

    def renew(self) -> None:
        """
        Extend the lease by its TTL from now; the renewal thread does this by itself.

        Raises:
            StateError, CloudError: the store cannot be used, or the lease is lost.
        """
        with self._chain_lock:
            self.require_held()
            started_at = self._boot_clock()
            self._write_event("renew")
            self._held_until = started_at + self._event.ttl_seconds
            self._tell_limits()

    def _tell_limits(self) -> None:
        ttl = self._event.ttl_seconds
        self._on_renewed(self._held_until - ttl * _STOPS_AT, self._held_until - ttl * GRACE)

    def release(self, outcome: Outcome, state_number: int | None = None) -> bool:
        """
        End the lease, and return whether it is free for others now; a second call does nothing.

        `clean` says that nothing can exist in the cloud that the newest state does not list, whatever earlier runs did.
        It counts as failed where a former holder was at work meanwhile: its last calls may take effect after every look
        of this run. `state_number` is the newest version the run knows of.

        Raises:
            StateError, CloudError: for `clean`, if the lease was lost before or the event cannot be written. For
                `failed` that is only logged: the lease expires by itself and counts as failed then.
        """
        return self._finish("release", outcome, state_number)

    def _finish(self, kind: EventKind, outcome: Outcome, state_number: int | None) -> bool:
        self._renewal.end()
        self._renewal.join()
        with self._chain_lock:
            if self._is_released:
                return self._is_free
            try:
                if self.lost:
                    self.require_held()
                self._write_event(kind, outcome, state_number)
                self._is_free = True
            except ProvisionError as error:
                if outcome == "clean" or kind == "moved":
                    raise
                _LOG.warning("the lease of %s is not released and has to expire: %s", self._log.describe(), error)
            finally:
                self._is_released = True
                self._on_released()
            return self._is_free

    def release_untouched(self) -> None:
        """End a lease under which nothing was done: what others may have left is as it was; raises as `release`."""
        self.release("clean" if self.unclean_since is None else "failed")

    def move(self, target: Place) -> None:
        """
        End the lease by noting that the log lies in another place from now on: no run goes on with it in this one.

        Raises:
            StateError, CloudError: the lease was lost before, or the event cannot be written.
        """
        with self._chain_lock:
            self._event = replace(self._event, moved=Move(self.known_place, target), place=target)
        self._finish("moved", "clean" if self.unclean_since is None else "failed", None)

    def __enter__(self) -> Lease:
        """Return the lease."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the lease as failed unless it was released."""
        self.release("failed")

    def begin_anew(self) -> bool:
        """
        Begin a new state, empty and above everything there was, where no version is left that can be used.

        Returns whether it was so: then what the cloud holds is in no state. Otherwise nothing is done.

        Raises:
            StateError, CloudError: it cannot be stored.
        """
        if not self._log.is_lost(self._end):
            return False
        self.distrust(doubtful_since(self._end, None) or self.since)
        self.unsettle()
        self.writer.follow(Position(last=self._end.last))
        number = self.writer.append(StateDocument.empty().state.to_bytes())
        self._end = LogEnd(number, self._log.raw(number), number)
        return True

    def _find_end_of_log(self, known: LogEnd | None) -> None:
        try:
            if self.is_takeover:
                self._end = self.writer.seal(self._previous)
            else:
                self._end = known or self._log.find_end(self._previous)
        except BaseException:
            # Nothing was done under this lease, so it leaves behind what was there before.
            with contextlib.suppress(ProvisionError):
                self.release_untouched()
            raise
        self.writer.follow(Position.of(self._end))
        since = doubtful_since(self._end, self._previous)
        if since is not None:
            self.distrust(since)
            self.unsettle()  # whoever it was may have been cut off a moment ago

    def _write_event(self, kind: EventKind, outcome: Outcome | None = None, state_number: int | None = None) -> None:
        """Add an event to the chain; expects the chain's lock to be held."""
        ttl = timedelta(seconds=self._event.ttl_seconds)
        races = 0
        while races < _RACES:
            now = self._log.store.now()
            if outcome == "clean" and self._is_disturbed:
                outcome = "failed"
            number = self._chain_number + 1
            # Never less than before: a version that is missing stays missing until another one is stored.
            state = max(state_number or 0, self.writer.position.number, self._event.state or 0) or None
            event = replace(
                self._event,
                event=kind,
                at=now,
                expires=now + ttl + DATE_RESOLUTION if kind == "renew" else now,
                outcome=outcome,
                state=state,
                unclean_since=None if outcome == "clean" else self._event.unclean_since,
                unsettled_since=None if outcome == "clean" else self._event.unsettled_since,
                binds=() if outcome == "clean" else self._event.binds,
                number=number,
                state_digest=self._digest_of(state),
            )
            try:
                self._log.store.put_if_absent(self._chain.key(number), event.to_json(), {"run": self.run_id})
            except ObjectExistsError:
                self._chain_number = number
                other = self._event_in_the_way(number)
                if other is None:
                    continue
                if other.event == "disturb":
                    self._is_disturbed = True
                    self.distrust(other.unclean_since or other.since)
                    self.unsettle(other.unsettled_since or other.at)
                elif other.event == kind != "renew":
                    # An event of our own was given up when the store did not answer, and arrived after all.
                    return
                races += 1
                continue
            self._chain_number = number
            self.require_end(number, lambda: read_end(self._log, self._chain_number).number)
            self._expires = event.expires
            return
        raise StateError("the chain of the lease keeps changing", object=self._log.describe(), type="Busy")

    def _event_in_the_way(self, number: int) -> LeaseEvent | None:
        """
        Return the event of this tenure that has a number, or None where an object has it that is no event of the chain.

        Who takes a lease over that can be read no more goes on behind the same object, and competes for the number
        after it.

        Raises:
            StateError: another run has taken the lease over.
        """
        try:
            other = read_event(self._log, number)
        except StateError as error:
            if error.problem.type not in PASSED_OVER:
                raise
            self._log.pass_over(self._chain.key(number), error.problem.detail)
            return None
        if other.run == self.run_id:
            return other
        if other.number is None and other.at + CLOCKS_DIFFER < self.since:
            self._log.pass_over(self._chain.key(number), "it happened before this run took the lease")
            return None
        self.lose(f"run {other.run} on {other.host} took it over at {format_time(other.at)}")
        self.require_held()
        return other

    def _digest_of(self, number: int | None) -> str | None:
        position = self.writer.position
        if number != position.number:
            return self._event.state_digest if number == self._event.state else None
        return None if position.digest is None else position.digest.hex()


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
