"""Adds events to the chain of a lease, as its holder or its former holder."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from provisioner.errors import StateError
from provisioner.objectstore import ObjectExistsError
from provisioner.objectstore.clock import DATE_RESOLUTION
from provisioner.state.chain import CLOCKS_DIFFER, PASSED_OVER, RACES, lease_chain, read_end, read_event
from provisioner.state.log import StateLog
from provisioner.state.notes import Notes
from provisioner.state.record import EventKind, LeaseEvent, Outcome, format_time
from provisioner.state.tenure import Tenure
from provisioner.state.writer import LogWriter


class ChainWriter:
    """Adds the events of one tenure; the caller serialises the calls."""

    def __init__(self, log: StateLog, tenure: Tenure, notes: Notes, versions: LogWriter) -> None:
        self._log = log
        self._chain = lease_chain(log)
        self._tenure = tenure
        self._notes = notes
        self._versions = versions
        self._number = tenure.number
        self._is_disturbed = False

    @property
    def is_disturbed(self) -> bool:
        """Whether a former holder worked while this run had the lease: then this run has not ended clean."""
        return self._is_disturbed

    def write(self, kind: EventKind, outcome: Outcome | None = None, state_number: int | None = None) -> None:
        """
        Add an event with all notes.

        Raises:
            StateError, CloudError: the store is not usable, or the lease is lost.
        """
        ttl = timedelta(seconds=self._notes.event.ttl_seconds)
        races = 0
        while races < RACES:
            now = self._log.store.now()
            if outcome == "clean" and self._is_disturbed:
                outcome = "failed"
            number = self._number + 1
            noted = self._notes.event
            # Never less than before: a missing version stays missing until a run stores another one.
            state = max(state_number or 0, self._versions.position.number, noted.state or 0) or None
            event = replace(
                noted,
                event=kind,
                at=now,
                expires=now + ttl + DATE_RESOLUTION if kind == "renew" else now,
                outcome=outcome,
                state=state,
                unclean_since=None if outcome == "clean" else noted.unclean_since,
                unsettled_since=None if outcome == "clean" else noted.unsettled_since,
                binds=() if outcome == "clean" else noted.binds,
                number=number,
                state_digest=self._digest_of(state),
            )
            try:
                self._log.store.put_if_absent(self._chain.key(number), event.to_json(), {"run": noted.run})
            except ObjectExistsError:
                self._number = number
                other = self._event_in_the_way(number)
                if other is None:
                    continue
                if other.event == "disturb":
                    self._is_disturbed = True
                    self._notes.distrust(other.unclean_since or other.since)
                    self._notes.unsettle(other.unsettled_since or other.at)
                elif other.event == kind != "renew":
                    # This run gave up one of its own events when the store did not answer, and it arrived after all.
                    return
                races += 1
                continue
            self._number = number
            self._tenure.require_end(number, lambda: read_end(self._log, self._number).number)
            self._tenure.expires = event.expires
            return
        raise StateError("the chain of the lease keeps changing", object=self._log.describe(), type="Busy")

    def disturb(self) -> None:
        """
        Have later runs look for objects that this one may have left, although another run took the lease from it.

        While no other run has taken the lease, this does nothing: the run that takes it over looks anyway.

        Raises:
            StateError, CloudError: the store is not usable.
        """
        own = self._notes.event
        for _ in range(RACES):
            end = read_end(self._log, self._number)
            event = end.event
            if event is None or event.run == own.run:
                return
            now = self._log.store.now()
            mark = replace(
                event,
                event="disturb",
                repeats=event.repeats or event.event,
                disturbed_by=own.run,
                number=end.next_number,
                at=now,
                unclean_since=min(own.since, event.unclean_since or own.since),
                unsettled_since=now,
                binds=tuple(dict.fromkeys((*event.binds, *own.binds))),
            )
            try:
                self._log.store.put_if_absent(self._chain.key(end.next_number), mark.to_json(), {"run": own.run})
            except ObjectExistsError:
                continue
            return
        raise StateError("the chain of the lease keeps changing", object=self._log.describe(), type="Busy")

    def _event_in_the_way(self, number: int) -> LeaseEvent | None:
        """
        Return the event of this tenure with a number, or None if the object with this number is no event of the chain.

        A run that takes over a lease with an unreadable event goes on after the same object, and competes for the
        number after it.

        Raises:
            StateError: another run has taken the lease over.
        """
        own = self._notes.event
        try:
            other = read_event(self._log, number)
        except StateError as error:
            if error.problem.type not in PASSED_OVER:
                raise
            self._log.pass_over(self._chain.key(number), error.problem.detail)
            return None
        if other.run == own.run:
            return other
        if other.number is None and other.at + CLOCKS_DIFFER < own.since:
            self._log.pass_over(self._chain.key(number), "it happened before this run took the lease")
            return None
        self._tenure.lose(f"run {other.run} on {other.host} took it over at {format_time(other.at)}")
        self._tenure.require_held()
        return other

    def _digest_of(self, number: int | None) -> str | None:
        position = self._versions.position
        if number != position.number:
            known = self._notes.event
            return known.state_digest if number == known.state else None
        return None if position.digest is None else position.digest.hex()
