"""
Faults on demand: what goes wrong with which calls, how often, and with the cloud's own codes.

Faults are kept in the cloud's database, so every process that has the cloud open sees them from its next call on. Each
fault draws its own seeded numbers and counts them there: the n-th call it looks at is hit, or not, in every run alike.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from provisioner.sandbox.cloud.errors import ActionError, ConnectionLost
from provisioner.sandbox.cloud.store import Store
from provisioner.sandbox.cloud.transaction import Transaction

PRODUCTS: Mapping[str, str] = {
    "vpc": "2016-04-28",
    "ecs": "2014-05-26",
    "ess": "2014-08-28",
    "ram": "2015-05-01",
    "resourcemanager": "2020-03-31",
    "quotas": "2020-05-10",
    "slb": "2014-05-15",
    "sts": "2015-04-01",
    "location": "2015-06-12",
    "bssopenapi": "2017-12-14",
}
"""The product that an action pattern may begin with, and its API version."""

KINDS: Mapping[str, str] = {
    "latency": "the call waits DELAY_MS first",
    "throttling": "Throttling.User (400), without effect",
    "unavailable": "ServiceUnavailable (503), without effect",
    "internal-error": "InternalError (500), without effect",
    "forbidden": "Forbidden.RAM (403), without effect",
    "quota": "QuotaExceeded.<what is created> (400) for actions that change something",
    "out-of-stock": "OperationDenied.NoStock, in Vpc Zone.NotOnSale (403) for actions that change something",
    "reset": "the connection is reset, without effect",
    "lost-answer": "the action takes effect, then the connection ends without an answer",
    "invisible": "what the action creates cannot be read for DELAY_MS",
    "slow-state": "resources stay in their transitional state for DELAY_MS",
}
"""Every kind of fault and what it does."""

_NEEDS_DELAY = ("latency", "invisible", "slow-state")
_TAKES_CODE = ("throttling", "unavailable", "internal-error", "forbidden", "quota", "out-of-stock")
_WRITES_ONLY = ("quota", "out-of-stock", "invisible", "slow-state")
"""Kinds that say nothing about an action that only reads, and do not look at it."""
_ENDS_THE_CALL = (*_TAKES_CODE, "reset")
# Code, message and HTTP status as the products' public error lists have them.
_REFUSALS: Mapping[str, tuple[str, str, int]] = {
    "throttling": ("Throttling.User", "Request was denied due to user flow control.", 400),
    "unavailable": (
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.",
        503,
    ),
    "internal-error": ("InternalError", "The request processing has failed due to some unknown error.", 500),
    "forbidden": (
        "Forbidden.RAM",
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        403,
    ),
}
_ZONE_SOLD_OUT = (
    "Zone.NotOnSale",
    "The resource in the specified zone is no longer available for sale. Please try other regions and zones.",
    403,
)
_NO_STOCK = (
    "OperationDenied.NoStock",
    "The requested resource is sold out in the specified zone; try other types of resources or other zones.",
    403,
)
_VERB = re.compile(r"^[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with some calls."""

    action: str
    """A pattern: `CreateVpc`, `Describe*`, `vpc:*`, `*`; case matters after the colon."""
    kind: str
    """One of `KINDS`."""
    probability: float = 1.0
    """Chance that a call is hit, above 0 and up to 1."""
    times: int | None = None
    """How many calls are hit at most; None is without end."""
    delay_ms: float = 0.0
    """
    latency: the wait; invisible: until what was created can be read; slow-state: the settle time. For every other kind
    the wait before the call fails.
    """
    code: str = ""
    """Replaces the error code of the kinds that refuse; status and message stay."""

    def __post_init__(self) -> None:
        """
        Refuse what makes no sense.

        Raises:
            ValueError: names the part, what was given, and what is allowed.
        """
        if self.kind not in KINDS:
            raise ValueError(f"kind: {self.kind!r} is not one of {', '.join(KINDS)}")
        product, colon, name = self.action.rpartition(":")
        if colon and product.lower() not in PRODUCTS:
            raise ValueError(f"action: {product!r} is not one of {', '.join(PRODUCTS)}")
        if not name:
            raise ValueError(f"action: {self.action!r} is not an action or a pattern such as Describe* or vpc:*")
        if not 0 < self.probability <= 1:
            raise ValueError(f"probability: {self.probability:g} is not above 0 and at most 1")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times: {self.times} is not at least 1")
        if not 0 <= self.delay_ms < float("inf"):
            raise ValueError(f"delay-ms: {self.delay_ms:g} is not a number of milliseconds")
        if self.kind in _NEEDS_DELAY and not self.delay_ms:
            raise ValueError(f"delay-ms: {self.kind} needs it")
        if self.code and self.kind not in _TAKES_CODE:
            raise ValueError(f"code: {self.kind} has none; only {', '.join(_TAKES_CODE)} have")

    def matches(self, version: str, action: str, *, mutates: bool) -> bool:
        """Return whether the fault looks at an action."""
        if self.kind in _WRITES_ONLY and not mutates:
            return False
        product, colon, name = self.action.rpartition(":")
        if colon and PRODUCTS[product.lower()] != version:
            return False
        return fnmatchcase(action, name)

    def failure(self, version: str, action: str) -> Exception | None:
        """Return how a call that was hit ends before it takes effect; None when it goes on."""
        if self.kind == "reset":
            return ConnectionLost("The connection was reset by the fault.", is_reset=True)
        if self.kind not in _TAKES_CODE:
            return None
        code, message, status = _refusal(self.kind, version, action)
        return ActionError(self.code or code, message, status)


@dataclass(frozen=True, slots=True)
class StoredFault:
    """A fault that is in force, or was until its `times` were used up."""

    number: int
    fault: Fault
    drawn: int
    """Calls it looked at."""
    hits: int
    """Calls it hit."""

    @property
    def is_used_up(self) -> bool:
        """Return whether it will never hit again."""
        return self.fault.times is not None and self.hits >= self.fault.times

    @property
    def label(self) -> str:
        """Return what the access log says: `throttling#2`."""
        return f"{self.fault.kind}#{self.number}"


@dataclass(frozen=True, slots=True)
class Hits:
    """The faults that hit one call."""

    faults: tuple[StoredFault, ...] = ()

    @property
    def label(self) -> str:
        """Return what the access log says: the faults with commas between them, empty without any."""
        return ",".join(stored.label for stored in self.faults)

    @property
    def wait_seconds(self) -> float:
        """Return how long the call waits before anything else happens."""
        return sum(hit.fault.delay_ms for hit in self.faults if hit.fault.kind not in ("invisible", "slow-state")) / 1e3

    @property
    def hidden_seconds(self) -> float:
        """Return how long what the call creates cannot be read."""
        return self._longest("invisible") or 0.0

    @property
    def settle_seconds(self) -> float | None:
        """Return how long resources stay in their transitional state; None leaves it as it is."""
        return self._longest("slow-state")

    @property
    def loses_answer(self) -> bool:
        """Return whether the answer of the call gets lost."""
        return any(hit.fault.kind == "lost-answer" for hit in self.faults)

    def failure(self, version: str, action: str) -> Exception | None:
        """Return how the call ends before it takes effect; None when it goes on."""
        return next((end for hit in self.faults if (end := hit.fault.failure(version, action))), None)

    def _longest(self, kind: str) -> float | None:
        if not self.faults:
            return None
        return max((hit.fault.delay_ms / 1e3 for hit in self.faults if hit.fault.kind == kind), default=None)


NO_HITS = Hits()


class Faults:
    """The faults of one cloud: add, list, clear, and ask which of them hit a call."""

    def __init__(self, store: Store, seed: str, actions: Iterable[tuple[str, str]]) -> None:
        """Keep faults in `store`; `actions` are the version and name of everything that exists."""
        self._store = store
        self._seed = seed
        self._actions = actions

    def add(self, fault: Fault) -> StoredFault:
        """
        Put a fault in force, for all processes and from their next call on.

        Raises:
            ValueError: no action matches the pattern.
        """
        if not any(fault.matches(version, name, mutates=True) for version, name in self._actions):
            raise ValueError(f"action: {fault.action!r} matches no action of the sandbox")
        with self._store.write() as tx:
            number = tx.add_fault(json.dumps(asdict(fault)))
        return StoredFault(number, fault, 0, 0)

    def list(self) -> tuple[StoredFault, ...]:
        """Return every fault, in the order in which they were added; also those that are used up."""
        with self._store.read() as tx:
            return _read(tx)

    def clear(self) -> int:
        """Remove every fault, and return how many there were."""
        with self._store.write() as tx:
            return tx.clear_faults()

    def slowest_state_seconds(self) -> float:
        """Return the longest time that a fault keeps resources in a transitional state; 0 without any."""
        return max((one.fault.delay_ms / 1e3 for one in self.list() if one.fault.kind == "slow-state"), default=0.0)

    def hits(self, version: str, action: str, *, mutates: bool) -> Hits:
        """Return the faults that hit a call of an action, and count them; cheap when there are no faults."""
        if not self._store.has_faults():
            return NO_HITS
        if not any(_looks_at(stored, version, action, mutates=mutates) for stored in self.list()):
            return NO_HITS
        hit: list[StoredFault] = []
        # Read again under the lock: two calls must not both take the last of `times`, or the same number.
        with self._store.write() as tx:
            for stored in _read(tx):
                if not _looks_at(stored, version, action, mutates=mutates):
                    continue
                is_hit = self._chance(stored) < stored.fault.probability
                tx.count_fault(stored.number, stored.drawn + 1, stored.hits + is_hit)
                if is_hit:
                    hit.append(stored)
                    if stored.fault.kind in _ENDS_THE_CALL:
                        break  # later faults never see the call
        return Hits(tuple(hit))

    def _chance(self, stored: StoredFault) -> float:
        """Return the next number of a fault's own sequence, from 0 up to 1."""
        text = f"{self._seed}/fault/{stored.number}/{stored.drawn}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def _looks_at(stored: StoredFault, version: str, action: str, *, mutates: bool) -> bool:
    return not stored.is_used_up and stored.fault.matches(version, action, mutates=mutates)


def _read(tx: Transaction) -> tuple[StoredFault, ...]:
    return tuple(
        StoredFault(number, Fault(**json.loads(document)), drawn, hits) for number, document, drawn, hits in tx.faults()
    )


def _refusal(kind: str, version: str, action: str) -> tuple[str, str, int]:
    """Return the service's code, message and status."""
    if kind == "quota":
        created = _VERB.sub("", action)
        return f"QuotaExceeded.{created}", f"{created} quota exceeded.", 400
    if kind == "out-of-stock":
        return _ZONE_SOLD_OUT if version == PRODUCTS["vpc"] else _NO_STOCK
    return _REFUSALS[kind]
