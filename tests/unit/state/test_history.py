"""
Random histories of two holders over one store: no update is lost, and there are never two holders.

Each holder has its own view of the log, as two processes would. Time passes at random, so leases expire while their
holders still believe in them: what then keeps the log in order is put-if-absent alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.errors import StateError
from provisioner.state import Lease, StateLog
from tests.unit.state.world import World, state


@dataclass
class Actor:
    """One process: its log, its lease if it believes to have one, and what it knows to be stored."""

    name: str
    log: StateLog
    lease: Lease | None = None
    runs: int = 0
    serial: int = 0
    stored: list[tuple[int, bytes]] = field(default_factory=list)


class History:
    """What two runs may do to one log, in any order. Each method is one step of one actor."""

    def __init__(self) -> None:
        self.world = World()
        self.actors = [Actor(name, self.world.log()) for name in ("a", "b")]
        self.notes = 0
        self.newest_tenure = 0

    def acquire(self, actor: Actor) -> None:
        if actor.lease is not None:
            return
        actor.runs += 1
        try:
            actor.lease = self.world.lease(f"run-{actor.name}-{actor.runs}", log=actor.log)
        except StateError:
            return
        self.newest_tenure = max(self.newest_tenure, actor.lease.number)
        newest = actor.lease.state
        actor.serial = 0 if newest is None else newest.serial
        # Whatever any run was told to be stored is what the next one starts from.
        promised = [version for other in self.actors for version in other.stored]
        if promised:
            assert newest is not None
            assert newest.body == max(promised)[1]

    def append(self, actor: Actor) -> None:
        if actor.lease is None:
            return
        self.notes += 1
        body = state(actor.serial + 1, note=f"{actor.name}{self.notes}")
        try:
            number = actor.log.append(body, actor.lease, actor.lease.run_id)
        except StateError:
            assert actor.lease.lost
            return
        assert actor.lease.number >= self.newest_tenure, "a former holder appended after the take-over"
        actor.serial += 1
        actor.stored.append((number, body))

    def append_while_the_other_acquires(self, actor: Actor) -> None:
        self.world.before_put = lambda key: self.acquire(self.other(actor))
        self.append(actor)

    def acquire_while_the_other_appends(self, actor: Actor) -> None:
        self.world.before_put = lambda key: self.append(self.other(actor))
        self.acquire(actor)

    def acquire_while_the_other_renews(self, actor: Actor) -> None:
        self.world.before_put = lambda key: self.renew(self.other(actor))
        self.acquire(actor)

    def seal_while_the_other_appends(self, actor: Actor) -> None:
        def at_the_fence(key: str) -> None:
            if "/state/" in key:
                self.append(self.other(actor))
            else:
                self.world.before_put = at_the_fence

        self.world.before_put = at_the_fence
        self.acquire(actor)

    def renew(self, actor: Actor) -> None:
        if actor.lease is not None:
            try:
                actor.lease.renew()
            except StateError:
                assert actor.lease.lost

    def release(self, actor: Actor) -> None:
        if actor.lease is not None:
            try:
                actor.lease.release("clean")
            except StateError:
                assert actor.lease.lost
            actor.lease = None

    def crash(self, actor: Actor) -> None:
        actor.lease, actor.log = None, self.world.log()

    def other(self, actor: Actor) -> Actor:
        return self.actors[1 - self.actors.index(actor)]

    def check(self) -> None:
        log = self.world.log()
        for actor in self.actors:
            for number, body in actor.stored:
                assert log.raw(number).body == body, "an update was lost"
        history = log.history()
        assert [info.number for info in history] == list(range(1, len(history) + 1))
        previous = 0
        for info in history:
            metadata = log.raw(info.number).metadata
            serial = int(metadata.get("serial", "0"))
            assert serial == (previous if "fence" in metadata else previous + 1), "an update was overtaken"
            previous = serial
        trusting = [
            actor.name
            for actor in self.actors
            if actor.lease is not None and not actor.lease.lost and actor.lease.remaining() > timedelta(0)
        ]
        assert len(trusting) <= 1, "two holders"


ACTIONS = (
    *([History.acquire] * 3),
    *([History.append] * 4),
    History.append_while_the_other_acquires,
    History.acquire_while_the_other_appends,
    History.acquire_while_the_other_renews,
    History.seal_while_the_other_appends,
    *([History.renew] * 3),
    History.release,
    History.crash,
)
STEPS = st.tuples(st.sampled_from(ACTIONS), st.sampled_from([0, 1]), st.sampled_from([0, 0, 0, 19, 40, 61, 72, 72]))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_no_update_is_lost_and_there_are_never_two_holders(steps: list[tuple[object, int, float]]) -> None:
    history = History()
    for action, which, seconds in steps:
        history.world.elapsed += seconds
        assert callable(action)
        action(history, history.actors[which])
        history.world.before_put = None
        history.check()
