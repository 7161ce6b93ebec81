"""
Several runs over one store; each of their calls is held until the test decides its result.

A client is a process: it works on the real StateLog and Lease, in a thread that stands still at each call to the store.
Exactly one thread runs at any time, so a history is repeatable. Nothing sleeps: only the test advances the time.
"""

from __future__ import annotations

import builtins
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar

from provisioner.errors import StateError
from provisioner.objectstore import MemoryStore, ObjectExistsError, ObjectInfo, ObjectNotFoundError, StoredObject
from provisioner.objectstore.clock import StoreClock
from provisioner.objectstore.interface import PAGE_SIZE
from provisioner.place import Place, StorePlace
from provisioner.state import Lease, LeaseEvent, StateLog
from provisioner.state.record import Outcome
from provisioner.state.retention import Retention, prune
from provisioner.tfstate import parse_state
from tests.unit.state.held_calls import Fate, Operation
from tests.unit.state.shared_store import PLACE, TTL, state

ENTRY = "shoot--foo--bar--uid"
ROOT = "infrastructure"

Answer = TypeVar("Answer")
Action = Literal["append", "renew", "prune", "unlock", "notice", "end clean", "end failed"]
ACTIONS: tuple[Action, ...] = (
    *(["append"] * 3), "renew", "prune", "unlock", "notice", "end clean", "end clean", "end failed",
)  # fmt: skip
RETENTION = Retention(1, TTL * 2)
"""Keeps as little as possible: longer than a run can hold the lease without a renewal."""


@dataclass
class Thing:
    """Something in the cloud."""

    id: str
    maker: Client
    run: str
    is_forgiven: bool = False
    """Its maker died before it could say that it had lost its lease: no log can know what it made after that."""


class Sea:
    """What all clients share: the store with its time, the cloud, and puts that are still on their way."""

    def __init__(self) -> None:
        self.elapsed = 0
        self.store = MemoryStore(self.now, name="oss://bucket")
        self.deleted: dict[str, StoredObject] = {}
        self.strays: set[str] = set()
        """Keys of objects among those of the log that do not belong to it."""
        self.things: list[Thing] = []
        self.delayed: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.newest_tenure = 0
        """Number of the newest lease whose `acquire` came back."""
        self.newest_start = 0
        """Number of the version that it began with."""
        self.promised: list[tuple[int, bytes]] = []
        """Number and body of every append that came back."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 12, 0, tzinfo=UTC) + timedelta(seconds=self.elapsed)

    def log(self) -> StateLog:
        """The log as an onlooker reads it."""
        return StateLog(self.store, ENTRY, ROOT)

    def note_tenure(self, lease: Lease) -> None:
        if lease.number > self.newest_tenure:
            self.newest_tenure, self.newest_start = lease.number, lease.writer.position.number

    def written(self) -> dict[str, StoredObject]:
        """
        All that was ever written, by key and in order, deleted or not.

        Left out is what a late client wrote under a number that was free again: it must not believe in that itself.
        """
        objects = {info.key: self.store.get(info.key) for info in self.store.list("")} | self.deleted
        return {key: objects[key] for key in sorted(objects.keys() - self.strays)}

    def leave(self, folder: str, beyond: int, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        """Put an object that does not belong to the log, this far beyond the newest one of a folder that does."""
        prefix = f"{self.log().prefix}{folder}/"
        newest = max((key for key in self.written() if key.startswith(prefix)), default=f"{prefix}{0:010}.")
        number = int(newest.removeprefix(prefix).partition(".")[0]) + beyond
        key = f"{prefix}{number:010}{'.tfstate' if folder == 'state' else '.json'}"
        with contextlib.suppress(ObjectExistsError):
            self.store.put_if_absent(key, body, metadata or {})
            self.strays.add(key)

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            with contextlib.suppress(ObjectNotFoundError):
                self.deleted.setdefault(key, self.store.get(key))
        self.store.delete(keys)

    def deliver(self, which: int) -> None:
        """Let a put arrive that a client gave up."""
        if self.delayed:
            key, body, metadata = self.delayed.pop(which % len(self.delayed))
            with contextlib.suppress(ObjectExistsError):
                self.store.put_if_absent(key, body, metadata)


class ClientStore:
    """The store as one client reaches it; its time comes from the Date headers and the client's boot clock."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sea = client.sea
        self._clock = StoreClock(client.boot_clock)

    def get(self, key: str) -> StoredObject:
        return self._call(lambda: self._sea.store.get(key))

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        def delay() -> None:
            self._sea.delayed.append((key, body, metadata))

        self._call(lambda: self._sea.store.put_if_absent(key, body, metadata), delay)

    def list(self, prefix: str, start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[ObjectInfo]:
        return self._call(lambda: self._sea.store.list(prefix, start_after, limit))

    def folders(self, prefix: str = "", start_after: str = "", limit: int = PAGE_SIZE) -> builtins.list[str]:
        return self._call(lambda: self._sea.store.folders(prefix, start_after, limit))

    def delete(self, keys: Sequence[str]) -> None:
        self._call(lambda: self._sea.delete(keys))

    def forbids_deletion(self) -> bool:
        return False

    def now(self) -> datetime:
        now = self._clock.now()
        assert now is not None, "every operation begins with a listing"
        return now

    def place(self) -> StorePlace:
        return self._sea.store.place()

    def describe(self) -> str:
        return "oss://bucket"

    def _call(self, work: Callable[[], Answer], delay: Callable[[], None] = lambda: None) -> Answer:
        client = self._client
        assert client.operation is not None
        sent_at = client.boot_clock()
        fate = client.operation.hold()
        if fate == "delay":
            delay()
        if fate in ("refuse", "delay"):
            raise no_answer()
        answer = work()
        if fate == "lose the answer":
            raise no_answer()
        self._clock.observe(self._sea.now(), sent_at, client.boot_clock())
        return answer


def no_answer() -> StateError:
    return StateError("the store does not answer", object="oss://bucket", type="Timeout", is_retryable=True)


class Client:
    """One process after another on one machine, each of them one run."""

    def __init__(
        self,
        sea: Sea,
        name: str,
        *,
        tells: bool = True,
        place: Place = PLACE,
    ) -> None:
        self.sea = sea
        self.operation: Operation | None = None
        self.is_frozen = False
        self._name = name
        self._booted = 5000.0
        self._runs = 0
        self._place = place
        self._tells = tells
        """Whether a run that lost its lease while it worked says so in the chain."""
        self._begin_run()

    def _begin_run(self) -> None:
        self.lease: Lease | None = None
        self.was_frozen = self.is_frozen
        self._runs += 1
        self._is_over = False
        self._works = False
        """Whether its terraform is working."""
        self._known: set[str] = set()
        """The objects in terraform's local state."""
        self._serial = 0
        self._pending: bytes | None = None
        """A version that may not be stored."""
        self._is_vouched = False

    @property
    def run(self) -> str:
        return f"run-{self._name}-{self._runs}"

    @property
    def trusts(self) -> bool:
        """Whether it believes that it holds the lease, by a clock that never stood still."""
        lease = self.lease
        return lease is not None and not lease.lost and not self.was_frozen and lease.remaining() > timedelta(0)

    def boot_clock(self) -> float:
        return self._booted

    # What it may do

    def pass_time(self, seconds: float) -> None:
        if not self.is_frozen:
            self._booted += seconds

    def freeze(self) -> None:
        self.is_frozen = self.was_frozen = True

    def begin(self, action: Action) -> None:
        """Begin an operation, or the one that has to come before it."""
        if self.operation is not None:
            return
        works: dict[Action, Callable[[], object]] = {
            "append": self._append,
            "renew": self._renew,
            "prune": self._prune,
            "unlock": self._renew,  # another user's action
            "notice": self._notice,
            "end clean": lambda: self._end("clean"),
            "end failed": lambda: self._end("failed"),
        }
        if self.lease is None:
            work: Callable[[], object] = self._unlock if action == "unlock" else self._acquire
        else:
            work = works[action]

        def attempt() -> None:
            with contextlib.suppress(StateError):
                work()

        self.operation = Operation(attempt)
        self.operation.start()
        self._settle()

    def advance(self, fate: Fate) -> None:
        """Decide about the held call."""
        if self.operation is not None:
            self.operation.advance(fate)
            self._settle()

    def finish(self) -> None:
        """Answer every call until the operation is done."""
        while self.operation is not None:
            self.advance("answer")

    def make(self) -> None:
        """Create something, beside the calls to the store."""
        if self._works:
            thing = Thing(f"thing-{len(self.sea.things) + 1}", self, self.run)
            self.sea.things.append(thing)
            self._known.add(thing.id)

    def look(self) -> None:
        """Adopt what exists and vouch for it, as a verb does before it ends."""
        if self.lease is not None and not self.lease.lost and self.operation is None:
            self._known |= {thing.id for thing in self.sea.things}
            self._is_vouched = True

    def crash(self) -> None:
        """Die with everything that is under way."""
        if self.operation is not None and not self.operation.is_done:
            self.operation.advance(None)
        self.operation = None
        self._forgive()
        self._begin_run()

    # How it does it

    def _settle(self) -> None:
        """Note the end of an operation, and of a run."""
        if self.operation is not None and self.operation.is_done:
            self.operation = None
            if self._is_over or (self.lease is not None and self.lease.lost):
                self._begin_run()

    def _unlock(self) -> None:
        """Take the lease whether it has expired or not, and give it back, as `state unlock` does."""
        _, lease = self._take("unlock", lambda event: True)
        self.sea.note_tenure(lease)
        self._is_over = True
        lease.release("clean" if lease.notes.unclean_since is None else "failed")

    def _acquire(self) -> None:
        self._log, self.lease = self._take("apply", None)
        newest = self.lease.state
        self.sea.note_tenure(self.lease)
        if self.sea.promised:
            assert newest is not None
            # A version that was stored without an answer to its writer may have come after it.
            promised = parse_state(max(self.sea.promised)[1]).serial
            assert newest.serial >= promised, "the newest promised version is not what a run starts from"
        if newest is not None:
            self._serial, self._known = newest.serial, listed(newest.body)
        self._works = True

    def _take(self, operation: str, is_holder_dead: Callable[[LeaseEvent], bool] | None) -> tuple[StateLog, Lease]:
        log = StateLog(ClientStore(self), ENTRY, ROOT)
        self._is_over = True
        lease = Lease.acquire(
            log,
            self.run,
            operation,
            f"host-{self._name}",
            TTL,
            boot_id=f"boot-{self._name}",
            boot_clock=self.boot_clock,
            on_lost=lambda reason: self._abandon(),
            is_holder_dead=is_holder_dead,
            renewing=False,
            decide_place=self._place.or_else,
        )
        self._is_over = False
        return log, lease

    def _append(self) -> None:
        assert self.lease is not None
        if self._pending is None or listed(self._pending) != self._known:
            self._serial += 1
            self._pending = state(self._serial, note=json.dumps([self.run, sorted(self._known)]))
        body = self._pending
        number = self.lease.writer.append(body)
        # A former holder may hear late of an append that was stored in time: the successor has built on it.
        is_current = self.lease.number >= self.sea.newest_tenure
        assert is_current or number <= self.sea.newest_start, "a former holder appended after the take-over"
        self.sea.promised.append((number, body))
        self._pending = None

    def _renew(self) -> None:
        assert self.lease is not None
        self.lease.renew()

    def _prune(self) -> None:
        assert self.lease is not None
        prune(self._log, self.lease, RETENTION)

    def _notice(self) -> None:
        """Give up a lease without a renewal in time, as the lease's own thread does."""
        assert self.lease is not None
        if self.lease.remaining() <= TTL / 6:
            self.lease.lose("it could not be renewed in time")

    def _end(self, outcome: Outcome) -> None:
        lease = self.lease
        assert lease is not None
        self._works = False
        if outcome == "clean":
            self._append()
        self._is_over = True
        is_clean = outcome == "clean" and (self._is_vouched or lease.notes.unclean_since is None)
        lease.release("clean" if is_clean else "failed")

    def _abandon(self) -> None:
        self._works = False
        if self._tells:
            try:
                assert self.lease is not None
                self.lease.disturb()
            except StateError:
                self._forgive()

    def _forgive(self) -> None:
        for thing in self.sea.things:
            thing.is_forgiven |= thing.maker is self and thing.run == self.run


def listed(body: bytes) -> set[str]:
    """Return the objects in a state."""
    return set(json.loads(json.loads(body)["note"])[1])
