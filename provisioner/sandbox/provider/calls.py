"""Calls to the cloud as the real provider makes them: flattened, repeated when refused for now, states awaited."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provisioner.sandbox.cloud import ActionError, ConnectionLost
from provisioner.sandbox.provider.failures import (
    SERVER_ERROR,
    CallUnanswered,
    Client,
    ObjectMissing,
    OperationFailed,
    ServiceRefused,
    WaitExpired,
)

if TYPE_CHECKING:
    from provisioner.sandbox.cloud import Caller, Cloud

VPC: Final = "2016-04-28"
ECS: Final = "2014-05-26"
ESS: Final = "2014-08-28"
_HOSTS: Final = {VPC: "vpc", ECS: "ecs", ESS: "ess"}

_LONGEST_TOKEN = 64
_SENT_AGAIN = 3
"""How often the tea SDK sends a call again (`maxAttempts` of alibabacloud-go/tea-rpc v1.2.0); the typed SDK never."""
_MISSES_TOLERATED = 20
"""How often an object may still be missing while its state is awaited."""


@dataclass(frozen=True)  # no slots: `for_cloud` reads the defaults from the class
class Patience:
    """
    How long to go on, in seconds.

    The real provider pauses 3 to 10 s between attempts and gives up after the resource's timeout (5 to 20 min). Here
    the pauses are a thousandth of that, and a lasting refusal is reported while the operator still watches.
    """

    repeat_seconds: float = 2.0
    wait_seconds: float = 60.0
    first_pause_seconds: float = 0.003
    longest_pause_seconds: float = 0.05
    pause_factor: float = 1.5

    @classmethod
    def for_cloud(cls, cloud: Cloud) -> Patience:
        """Return a patience that outlasts everything that goes away by itself: objects that are still settling."""
        settling = 2 * cloud.settle_seconds
        return cls(repeat_seconds=max(cls.repeat_seconds, settling), wait_seconds=max(cls.wait_seconds, settling))

    def pauses(self, limit_seconds: float) -> Iterator[float]:
        """Yield pauses that get longer until `limit_seconds` are used up."""
        end = time.monotonic() + limit_seconds
        pause = self.first_pause_seconds
        while time.monotonic() < end:
            yield pause
            pause = min(pause * self.pause_factor, self.longest_pause_seconds)


class Connection:
    """One caller's way to the cloud in one region."""

    def __init__(self, cloud: Cloud, caller: Caller, region: str, patience: Patience, turn: threading.Lock) -> None:
        """Keep who calls whom; `turn` is the same for all connections of a provider."""
        self._cloud = cloud
        self._caller = caller
        self._patience = patience
        self.region = region
        self.turn = turn
        """Held while a route is added or removed: the real provider does that one at a time in its process."""

    def call(
        self,
        version: str,
        action: str,
        parameters: Mapping[str, Any],
        *,
        subject: str,
        client: Client = Client.TEA,
        repeat_on: Sequence[str] = (),
        repeat_transient: bool = True,
        repeat_any: bool = False,
        give_up_on: Sequence[str] = (),
        renew_token: bool = False,
        is_sent_once: bool = False,
        before_each: Callable[[], None] | None = None,
        timeout_seconds: float = 60.0,
    ) -> dict[str, Any]:
        """
        Return the answer to one action.

        `parameters` may hold booleans, numbers, lists and maps; they travel as the flat texts of the RPC style.
        `repeat_on` are the codes the real provider repeats the call for, `repeat_any` repeats for every refusal except
        a missing object and `give_up_on`. `renew_token` sends a new ClientToken with every attempt, as the real
        provider does for some types (an attempt whose answer was lost then leaves a second object behind).
        `is_sent_once` keeps the SDK from sending again by itself, which it otherwise does with the same token.
        `before_each` runs before every attempt; what it raises is not repeated. Without a `subject` a refusal is shown
        as it came, without saying what failed, as the real provider does in some places.

        Raises:
            ServiceRefused: the refusal that was not repeated, or the last one.
            CallUnanswered: the connection broke, and again when the call was repeated.
        """
        flat = flatten(parameters)
        pauses = self._patience.pauses(min(timeout_seconds, self._patience.repeat_seconds))
        while True:
            if before_each is not None:
                before_each()
            try:
                return self._send(version, action, flat, 0 if is_sent_once or client is Client.TYPED else _SENT_AGAIN)
            except ActionError as refusal:
                refused = ServiceRefused(client, subject, action, refusal)
                again = (repeat_transient and refused.is_transient) or refused.is_any_of(repeat_on)
                if repeat_any:
                    again = not refused.is_missing and not refused.is_any_of(give_up_on)
                pause = next(pauses, None) if again else None
                if pause is None:
                    raise refused from refusal
            except ConnectionLost as lost:
                # Over HTTPS, as against the cloud, a transport error is as good a reason to repeat as throttling.
                pause = next(pauses, None) if repeat_transient or repeat_any else None
                if pause is None:
                    host = f"{_HOSTS.get(version, 'openapi')}.{self.region}.aliyuncs.com"
                    raise CallUnanswered(client, subject, action, host, is_reset=lost.is_reset) from lost
            time.sleep(pause)
            if renew_token:
                flat["ClientToken"] = client_token(action)

    def _send(self, version: str, action: str, flat: Mapping[str, str], repeats: int) -> dict[str, Any]:
        """Return the answer, as the SDK gets it: without an answer, or with a 5xx, the call is sent again at once."""
        for _ in range(repeats):
            try:
                return self._cloud.call(self._caller, version, action, flat)
            except ActionError as refusal:
                if refusal.http_status < SERVER_ERROR:
                    raise
            except ConnectionLost:
                continue
        return self._cloud.call(self._caller, version, action, flat)

    def remove(
        self,
        version: str,
        action: str,
        parameters: Mapping[str, Any],
        *,
        gone_on: Sequence[str],
        missing_is_gone: bool,
        **options: Any,
    ) -> bool:
        """
        Make a deleting call; return False when the object was gone already.

        `gone_on` are the codes that say so, `missing_is_gone` adds every refusal that means a missing object. Other
        options are those of `call`.
        """
        try:
            self.call(version, action, parameters, **options)
        except ServiceRefused as refused:
            if refused.is_any_of(gone_on) or (missing_is_gone and refused.is_missing):
                return False
            raise
        return True

    def await_state(
        self,
        identifier: str,
        read_state: Callable[[], str],
        wanted: Sequence[str],
        *,
        timeout_seconds: float,
        delay_seconds: float = 0.0,
        misses_tolerated: float = _MISSES_TOLERATED,
    ) -> None:
        """
        Return when `read_state` gives one of `wanted`, or, when `wanted` is empty, when the object is missing.

        `delay_seconds` is the real provider's pause before the first look; it is shortened like every other pause.
        `misses_tolerated` is how often the object may be missing while a state is awaited.

        Raises:
            WaitExpired: it took too long.
            OperationFailed: reading failed for another reason than a missing object.
        """
        limit = min(timeout_seconds, self._patience.wait_seconds)
        misses = 0
        last = ""
        time.sleep(delay_seconds / 1000)
        for pause in self._patience.pauses(limit):
            try:
                last = read_state()
            except OperationFailed as failure:
                if not is_missing(failure):
                    raise
                if not wanted:
                    return
                misses += 1
                if misses > misses_tolerated:
                    raise
            else:
                if last in wanted:
                    return
            time.sleep(pause)
        raise WaitExpired(identifier, wanted, last, limit)


def is_missing(failure: OperationFailed) -> bool:
    """Return whether `failure` says that the object does not exist."""
    return isinstance(failure, ObjectMissing) or (isinstance(failure, ServiceRefused) and failure.is_missing)


def client_token(action: str) -> str:
    """Return a new idempotency token, in the real provider's form."""
    return f"TF-{action}-{int(time.time())}-{uuid.uuid4()}"[:_LONGEST_TOKEN]


def flatten(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return RPC parameters: lists become `Name.1`, maps `Name.Key`, booleans `true` and `false`; None is left out."""
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        _flatten_into(flat, name, value)
    return flat


def _flatten_into(flat: dict[str, str], name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        flat[name] = "true" if value else "false"
    elif isinstance(value, Mapping):
        for key, element in value.items():
            _flatten_into(flat, f"{name}.{key}", element)
    elif isinstance(value, (list, tuple)):
        for position, element in enumerate(value, start=1):
            _flatten_into(flat, f"{name}.{position}", element)
    else:
        flat[name] = str(value)
