"""
The lease of a state: one run at a time may append, and every reader sees which run and until when.

The lease is a chain of numbered events. Every event, including renewals and take-overs, creates the next number, so a
holder that renews and a run that takes over compete for the same key and only one of them gets it.

Time is the object store's: an event's `expires` is the store's time at the start of the call, plus the TTL, plus the
one second by which an HTTP date may lag. The holder itself counts from the same start on its boot clock, so it stops
no later than another run may take over; a taker waits a sixth of the TTL more for errors of clocks and networks.

A paused holder learns only afterwards that another run took its lease, when its terraform may have worked beside the
new holder's. It cannot know whether the new holder has looked into the cloud for the last time, so it adds a `disturb`
to the chain: the run that holds the lease then cannot end clean any more, and the next run looks again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from types import TracebackType

from provisioner.errors import ProvisionError
from provisioner.objectstore import boot_seconds
from provisioner.place import Place
from provisioner.state.chain import DEFAULT_TTL, doubtful_since
from provisioner.state.chain_writer import ChainWriter
from provisioner.state.log import StateLog
from provisioner.state.notes import Notes
from provisioner.state.position import LogEnd, Position
from provisioner.state.record import EventKind, LeaseEvent, Move, Outcome, StateVersion
from provisioner.state.renewal import GRACE, Renewal
from provisioner.state.taking import Taken, Taker, take_lease
from provisioner.state.tenure import Tenure
from provisioner.state.writer import LogWriter
from provisioner.tfstate import StateDocument

_LOG = logging.getLogger(__name__)

_STOPS_AT = 1 / 3
"""The rest of the TTL at which the watchdog stops terraform if the run stands still and says nothing."""


class Lease:
    """
    A lease that this run holds; `acquire` makes it. Two daemon threads keep it until `release`.

    As a context manager it releases itself as `failed` on the way out unless the run released it before: only the verb
    can say "clean".
    """

    def __init__(
        self,
        log: StateLog,
        taken: Taken,
        *,
        boot_clock: Callable[[], float],
        on_lost: Callable[[str], None] | None,
        on_endangered: Callable[[str], None],
        on_renewed: Callable[[float, float], None],
        on_released: Callable[[], None],
    ) -> None:
        event = taken.event
        self.known_place = taken.known_place
        """The newest place that the log knew when this run took the lease."""
        self.notes = Notes(event, log.store.now)
        """The contents of the next events."""
        self._log = log
        self._event = event
        self._previous = taken.previous
        self._boot_clock = boot_clock
        self._on_lost = on_lost
        self._on_renewed = on_renewed
        self._on_released = on_released
        self._tenure = Tenure(
            log,
            taken.number,
            expires=event.expires,
            held_until=taken.held_until,
            boot_clock=boot_clock,
            on_lost=self._tell_lost,
        )
        self.writer = LogWriter(log, self._tenure, self.notes)
        """Appends versions to the log."""
        self._chain = ChainWriter(log, self._tenure, self.notes, self.writer)
        # Reentrant: `on_lost` may release the lease.
        self._chain_lock = threading.RLock()
        self._end = LogEnd()
        self._is_free = False
        self._renewal = Renewal(
            self,
            event.ttl_seconds,
            name=f"lease-{taken.number}",
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
        Take the lease and return it, or fail if another run holds it.

        This takes over an expired lease, and seals the log against its former holder. It asks `is_holder_dead` about a
        lease that has not expired. That must say yes only on proof, or if the operator takes the lease from a holder
        that may live (`is_forced`) and may work until its lease expires.

        Another thread calls `on_lost` once when the lease is lost: the run must have stopped writing to the cloud by
        then. It calls `on_endangered` before that, when renewals fail: the run should stop in an orderly way. Without
        `renewing` this renews nothing and calls neither. `on_renewed` gets, now and with each renewal, two times of the
        boot clock: from when on terraform has to stop without another word, and when it must be over. `on_released` is
        called once, when this run has nothing more to do with the lease.

        Before this writes anything, `decide_place` gets the newest place that the log knows, and returns the one that
        the lease writes; it raises to refuse.

        Raises:
            StateLockedError: another run holds the lease; says which, where, since when, doing what and until when.
            StateError, CloudError: the store is not usable.
        """
        taker = Taker(
            run_id,
            operation,
            host,
            ttl,
            boot_id,
            boot_clock,
            is_holder_dead,
            is_forced=is_forced,
            decide_place=decide_place,
        )
        taken = take_lease(log, taker)
        lease = cls(
            log,
            taken,
            boot_clock=boot_clock,
            on_lost=on_lost,
            on_endangered=on_endangered,
            on_renewed=on_renewed,
            on_released=on_released,
        )
        lease._tell_limits()
        if renewing:
            lease._renewal.start()
        lease._find_end_of_log(taken.log_end)
        return lease

    @property
    def number(self) -> int:
        """The number of the acquire or takeover event; every version appended under the lease names it."""
        return self._tenure.number

    @property
    def operation(self) -> str:
        """The operation of the run."""
        return self._event.operation

    @property
    def run_id(self) -> str:
        """The run that holds the lease."""
        return self._event.run

    @property
    def is_takeover(self) -> bool:
        """Whether this run took the lease from a run that never released it."""
        return self._event.event == "takeover"

    @property
    def previous(self) -> LeaseEvent | None:
        """The newest event before this lease; None for the first lease of the log."""
        return self._previous

    @property
    def since(self) -> datetime:
        """When this run took the lease, by the object store's clock."""
        return self._event.since

    def note_binds(self, ids: Iterable[str]) -> None:
        """
        Note the bindings that this run is about to make; returns when they are in the chain.

        Raises as `renew`.
        """
        if self.notes.add_binds(ids):
            self.renew()

    @property
    def is_disturbed(self) -> bool:
        """Whether a former holder worked while this run had the lease: then this run has not ended clean."""
        return self._chain.is_disturbed

    @property
    def state(self) -> StateVersion | None:
        """
        The newest version when this run took the lease, without asking the store again; None if there was no state.

        Raises:
            StateError: it is missing or not usable; the message names a usable version.
        """
        return self._log.version(self._end)

    @property
    def is_damaged(self) -> bool:
        """Whether the newest version was missing or not usable when this run took the lease."""
        return not self._log.is_usable(self._end)

    @property
    def lost(self) -> bool:
        """Whether the lease was lost; the run must write nothing under it any more."""
        return self._tenure.lost

    @property
    def held_until(self) -> float:
        """When the lease ends without another renewal, in seconds of the boot clock."""
        return self._tenure.held_until

    def remaining(self) -> timedelta:
        """Return how long the lease lasts without another renewal; negative when it has expired."""
        return self._tenure.remaining()

    def require_held(self) -> None:
        """
        Do nothing while this run holds the lease.

        Raises:
            StateError: it was lost or released.
        """
        self._tenure.require_held()

    def lose(self, reason: str) -> None:
        """Note that the lease is lost and tell the run, once."""
        self._tenure.lose(reason)

    def _tell_lost(self, reason: str) -> None:
        self._renewal.end()
        if self._on_lost is not None:
            self._on_lost(reason)

    def disturb(self) -> None:
        """
        Have later runs look for objects that this one may have left, although another run took the lease from it.

        The run calls this when it has lost the lease and none of its processes works any more. While no other run has
        taken the lease, this does nothing: the run that takes it over looks anyway.

        Raises:
            StateError, CloudError: the store is not usable.
        """
        self._chain.disturb()

    def renew(self) -> None:
        """
        Extend the lease by its TTL from now; the renewal thread does this by itself.

        Raises:
            StateError, CloudError: the store is not usable, or the lease is lost.
        """
        with self._chain_lock:
            self.require_held()
            started_at = self._boot_clock()
            self._chain.write("renew")
            self._tenure.held_until = started_at + self._event.ttl_seconds
            self._tell_limits()

    def _tell_limits(self) -> None:
        ttl = self._event.ttl_seconds
        end = self._tenure.held_until
        self._on_renewed(end - ttl * _STOPS_AT, end - ttl * GRACE)

    def release(self, outcome: Outcome, state_number: int | None = None) -> bool:
        """
        End the lease, and return whether it is free for other runs now; a second call does nothing.

        `clean` says that nothing can exist in the cloud that the newest state does not list, whatever earlier runs did.
        It becomes `failed` if a former holder worked meanwhile: its last calls may take effect after every look of this
        run. `state_number` is the newest version that the run knows.

        Raises:
            StateError, CloudError: for `clean`, if the lease was lost before or the event cannot be written. For
                `failed` this only logs the error: the lease expires by itself and then counts as failed.
        """
        return self._finish("release", outcome, state_number)

    def _finish(self, kind: EventKind, outcome: Outcome, state_number: int | None) -> bool:
        self._renewal.end()
        self._renewal.join()
        with self._chain_lock:
            if self._tenure.is_over:
                return self._is_free
            try:
                if self.lost:
                    self.require_held()
                self._chain.write(kind, outcome, state_number)
                self._is_free = True
            except ProvisionError as error:
                if outcome == "clean" or kind == "moved":
                    raise
                _LOG.warning("cannot release the lease of %s, which has to expire: %s", self._log.describe(), error)
            finally:
                self._tenure.end()
                self._on_released()
            return self._is_free

    def release_untouched(self) -> None:
        """End a lease under which the run did nothing; it stays `clean` or not, as before. Raises as `release`."""
        self.release("clean" if self.notes.unclean_since is None else "failed")

    def move(self, target: Place) -> None:
        """
        End the lease by noting that the log is in another place from now on: no run goes on with it in this one.

        Raises:
            StateError, CloudError: the lease was lost before, or the event cannot be written.
        """
        with self._chain_lock:
            self.notes.move(Move(self.known_place, target))
        self._finish("moved", "clean" if self.notes.unclean_since is None else "failed", None)

    def __enter__(self) -> Lease:
        """Return the lease."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the lease as failed unless it was released."""
        self.release("failed")

    def start_over(self) -> bool:
        """
        If no usable version is left, start an empty new state above all numbers that were ever used.

        Returns whether this did so: then no state lists what the cloud holds.

        Raises:
            StateError, CloudError: the new state cannot be stored.
        """
        if not self._log.is_lost(self._end):
            return False
        self.notes.distrust(doubtful_since(self._end, None) or self.since)
        self.notes.unsettle()
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
            # The run did nothing under this lease, so it does not change whether the state is clean.
            with contextlib.suppress(ProvisionError):
                self.release_untouched()
            raise
        self.writer.follow(Position.of(self._end))
        since = doubtful_since(self._end, self._previous)
        if since is not None:
            self.notes.distrust(since)
            self.notes.unsettle()  # the unknown run may have been cut off a moment ago
