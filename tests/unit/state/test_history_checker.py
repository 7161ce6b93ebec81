"""
Random histories of three runs over one store: what the log and the lease promise holds after every step.

Runs interleave at every call to the store; calls fail before or after they took effect, or take effect later; processes
die, stand still while their clocks do not (and while they do), and go on after their lease was taken from them. A
process's wall clock is nowhere in this: the log and the lease are given a boot clock and the store's time alone.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from provisioner.objectstore import StoredObject
from provisioner.state import LeaseEvent
from provisioner.state.record import UNKNOWN_PLACE
from provisioner.state.writer import LogWriter
from provisioner.tfstate import parse_state
from tests.unit.state.held_calls import FATES, Fate
from tests.unit.state.interleaved_runs import ACTIONS, Action, Client, Sea, listed
from tests.unit.state.shared_store import PLACE, TTL

clients = st.sampled_from([0, 1, 2])


class History(RuleBasedStateMachine):
    """The operations of three clients, in any order."""

    tells = True
    place = PLACE

    def __init__(self) -> None:
        super().__init__()
        self.sea = Sea()
        self.clients = [Client(self.sea, name, tells=self.tells, place=self.place) for name in "abc"]
        self.written: dict[str, StoredObject] = {}
        self.read: dict[str, LeaseEvent] = {}

    # Steps

    @rule(which=clients, action=st.sampled_from(ACTIONS))
    def do(self, which: int, action: Action) -> None:
        """A client does an operation without disturbance."""
        self.clients[which].begin(action)
        self.clients[which].finish()

    @rule(which=clients)
    def overtake(self, which: int) -> None:
        """Every lease expires, and a client takes it."""
        self.pass_time(200)
        self.clients[which].finish()
        self.clients[which].begin("renew")
        self.clients[which].finish()

    @rule(which=clients, action=st.sampled_from(ACTIONS))
    def begin(self, which: int, action: Action) -> None:
        self.clients[which].begin(action)

    @rule(which=clients, fate=st.sampled_from(FATES))
    def advance(self, which: int, fate: Fate) -> None:
        self.clients[which].advance(fate)

    @rule(which=clients)
    def finish(self, which: int) -> None:
        self.clients[which].finish()

    @rule(seconds=st.sampled_from([1, 19, 40, 61, 72, 72, 200]))
    def pass_time(self, seconds: int) -> None:
        self.sea.elapsed += seconds
        for client in self.clients:
            client.pass_time(seconds)

    @rule(which=clients)
    def freeze(self, which: int) -> None:
        self.clients[which].freeze()

    @rule(which=clients)
    def thaw(self, which: int) -> None:
        self.clients[which].is_frozen = False

    @rule(which=clients)
    def make(self, which: int) -> None:
        self.clients[which].make()

    @rule(which=clients)
    def look(self, which: int) -> None:
        self.clients[which].look()

    @rule(which=clients)
    def crash(self, which: int) -> None:
        self.clients[which].crash()

    @rule(which=st.integers(0, 3))
    def deliver(self, which: int) -> None:
        self.sea.deliver(which)

    def teardown(self) -> None:
        for client in self.clients:
            client.crash()

    # What always holds

    @invariant()
    def nothing_is_overwritten_and_numbers_have_no_gaps(self) -> None:
        objects = self.sea.written()
        assert {key: objects[key] for key in self.written} == self.written
        self.written = objects
        for folder in ("state", "lock"):
            numbers = {number_of(key) for key in objects if f"/{folder}/" in key}
            strays = {number_of(key) for key in self.sea.strays if f"/{folder}/" in key}
            # If there is only rubbish, the first one goes on above it.
            first = min(numbers) if numbers and strays else 1
            assert numbers == set(range(first, max(numbers, default=0) + 1)) - strays

    @invariant()
    def no_update_is_lost(self) -> None:
        versions = self.versions()
        for number, body in self.sea.promised:
            places = [place for place, stored in versions if stored.body == body and "fence" not in stored.metadata]
            assert places == [number]

    @invariant()
    def versions_follow_each_other(self) -> None:
        before, serial, tenure = b"", 0, 0
        for _, stored in self.versions():
            assert int(stored.metadata["lease"]) >= tenure, "a former holder wrote behind the fence"
            tenure = int(stored.metadata["lease"])
            if "fence" in stored.metadata:
                assert stored.body == before, "a fence repeats the newest version"
            else:
                assert parse_state(stored.body).serial > serial, "an update was overtaken"
                before, serial = stored.body, parse_state(stored.body).serial

    @invariant()
    def the_lease_has_one_holder_at_a_time(self) -> None:
        # A run that loses its lease to `unlock` learns it with its next event; the log refuses its appends at once.
        unlocked = max(
            (n for n, (event, _) in enumerate(self.events(), start=1) if event.operation == "unlock"), default=0
        )
        trusting = [client for client in self.clients if client.trusts]
        assert sum(client.lease is not None and client.lease.number > unlocked for client in trusting) <= 1
        holder = ""
        expires: datetime | None = None
        for event, written_at in self.events():
            if event.event == "takeover":
                assert expires is not None
                assert holder
                assert written_at >= expires + TTL / 6 or event.operation == "unlock"
            elif event.event == "acquire":
                assert not holder
            elif event.event != "disturb":
                assert event.run == holder
            if event.event != "disturb":
                holder = "" if event.event == "release" else event.run
                expires = event.expires

    @invariant()
    def what_may_be_left_is_remembered_until_a_later_run_ends_clean(self) -> None:
        since: dict[str, datetime] = {}
        left: list[datetime] = []
        """When the runs began after which the next run has to look."""
        found: list[datetime] = []
        """Those of them that the holder of the lease knew when it began."""
        holder = ""
        for event, _ in self.events():
            if event.event in ("acquire", "takeover"):
                if holder:
                    left.append(since[holder])
                holder = event.run
                since[holder] = event.since
                assert event.unclean_since == min(left, default=None)
                found = list(left)
            elif event.event == "disturb":
                assert event.disturbed_by is not None
                left.append(since[event.disturbed_by])
                assert event.unclean_since == min(left)
            elif event.event == "release":
                if event.outcome == "clean":
                    assert left == found, "it ended clean although a former holder woke up meanwhile"
                    left = []
                else:
                    left.append(since[holder])
                holder = ""

    @invariant()
    def nothing_stays_unknown(self) -> None:
        """After a clean end a state lists every object, or the maker of one is about to say that it woke up late."""
        events = self.events()
        if not events or not events[-1][0].is_clean:
            return
        versions = self.versions()
        known = listed(versions[-1][1].body) if versions and versions[-1][1].body else set()
        for thing in self.sea.things:
            is_maker_there = thing.maker.run == thing.run
            assert thing.id in known or is_maker_there or thing.is_forgiven

    def versions(self) -> list[tuple[int, StoredObject]]:
        return [(number_of(key), stored) for key, stored in self.sea.written().items() if "/state/" in key]

    def events(self) -> list[tuple[LeaseEvent, datetime]]:
        found = []
        for key, stored in self.sea.written().items():
            if "/lock/" in key:
                if key not in self.read:
                    self.read[key] = LeaseEvent.from_json(stored.body, key)
                found.append((self.read[key], stored.last_modified))
        return found


class DamagedHistory(History):
    """
    Meanwhile objects come into the log that are none of it: damaged ones, and copies under other numbers.

    The log does not know its place either, so it is read before a lease is taken.
    """

    place = UNKNOWN_PLACE

    @rule(near=st.booleans())
    def leave_rubbish(self, near: bool) -> None:
        """In the place of the lease's next event there may be a damaged event."""
        self.sea.leave("lock", 1 if near else 10**6, b"{")

    @rule(folder=st.sampled_from(["state", "lock"]), which=st.integers(0, 30), beyond=st.sampled_from([1, 2, 10**9]))
    def copy(self, folder: str, which: int, beyond: int) -> None:
        found = [stored for key, stored in self.sea.written().items() if f"/{folder}/" in key]
        if found:
            stored = found[which % len(found)]
            self.sea.leave(folder, beyond, stored.body, stored.metadata)

    def the_lease_has_one_holder_at_a_time(self) -> None:
        """The holder of a damaged event is unknown: the check left is that two runs never believe in it at once."""
        unlocked = max(
            (n for n, (event, _) in enumerate(self.events(), start=1) if event.operation == "unlock"), default=0
        )
        last = [event.number or 0 for event, _ in self.events()][unlocked - 1] if unlocked else 0
        trusting = [client for client in self.clients if client.trusts]
        assert sum(client.lease is not None and client.lease.number > last for client in trusting) <= 1

    check_one_holder = invariant()(the_lease_has_one_holder_at_a_time)

    def what_may_be_left_is_remembered_until_a_later_run_ends_clean(self) -> None:
        """Damage may make a run look for more than exists; `nothing_stays_unknown` checks that it is never less."""


QUICK = settings(max_examples=60, stateful_step_count=50, deadline=None)


def test_the_promises_hold_in_every_history() -> None:
    run_state_machine_as_test(History, settings=QUICK)


def test_the_promises_hold_among_foreign_objects() -> None:
    run_state_machine_as_test(DamagedHistory, settings=QUICK)


def number_of(key: str) -> int:
    return int(key.rpartition("/")[2].partition(".")[0])


# The checker itself: it finds what is broken on purpose.


class SilentHistory(History):
    """A run that lost its lease while it worked does not say so."""

    tells = False


def test_the_checker_finds_a_log_without_fences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LogWriter, "seal", lambda writer, event: writer.log.find_end(event))
    search = settings(
        QUICK, max_examples=500, phases=[Phase.generate], derandomize=True, suppress_health_check=list(HealthCheck)
    )
    with pytest.raises(AssertionError, match="a former holder"):
        run_state_machine_as_test(History, settings=search)


def work_late(history: History) -> None:
    """A run that was paused goes on after its successor has ended clean."""
    history.do(0, "append")
    history.make(0)
    history.overtake(1)
    history.look(1)
    history.do(1, "end clean")
    history.make(0)
    history.do(0, "notice")
    for check in (history.what_may_be_left_is_remembered_until_a_later_run_ends_clean, history.nothing_stays_unknown):
        check()


def test_a_run_that_works_late_is_remembered() -> None:
    work_late(History())


def test_the_checker_finds_a_run_that_works_late_and_does_not_say_so() -> None:
    with pytest.raises(AssertionError, match="thing-2"):
        work_late(SilentHistory())
