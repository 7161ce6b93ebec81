"""`Cloud`: enrols access keys, runs actions one transaction each, and keeps the access log."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from provisioner.sandbox.cloud.call import QUOTAS, SERVED_AT, Action, Call, Process
from provisioner.sandbox.cloud.catalogue import IMAGE_KIND, REGIONS
from provisioner.sandbox.cloud.errors import ActionError, ConnectionLost
from provisioner.sandbox.cloud.faults import NO_HITS, Faults, Hits
from provisioner.sandbox.cloud.latency import Latency
from provisioner.sandbox.cloud.sealing import Sealer
from provisioner.sandbox.cloud.sessions import SEALED_SECRET, check_token, find_session
from provisioner.sandbox.cloud.stop import Stop
from provisioner.sandbox.cloud.store import Resource, Store, Transaction

SETTLE_VARIABLE = "PROVISION_SANDBOX_SETTLE_MS"
_DEFAULT_SETTLE_MS = 5.0
_DEFAULT_SEED = "sandbox"
_MOST_SECRETS = 256

_LOST_ANSWER = "The connection ended before the answer came."

COUNTED_KINDS = (
    "vpc",
    "vswitch",
    "route_table",
    "route_entry",
    "ipv6_gateway",
    "nat_gateway",
    "eip",
    "snat_entry",
    "security_group",
    "security_group_rule",
    "key_pair",
    "scaling_group",
    "scaling_configuration",
    "scaling_rule",
    "instance",
    "disk",
    "launch_template",
    "ram_role",
)
"""What `Cloud.counts` reports; the rest (images, what is inherent in one of these) comes and goes with them."""

_NOT_PART_OF_THE_REQUEST = frozenset(
    {
        "AccessKeyId",
        "Action",
        "ClientToken",
        "Format",
        "SecureTransport",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "SourceIp",
        "Timestamp",
        "Version",
        SERVED_AT,
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    account_id: str
    access_key_id: str


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One line of the access log."""

    time: float
    """Seconds since the epoch at the start of the call."""
    account: str
    version: str
    action: str
    region: str
    http_status: int
    """0 for a call that was not answered."""
    code: str
    """Empty for a call that succeeded."""
    request_id: str
    duration_ms: float
    fault: str = ""
    """The faults that hit the call, by kind and number: `latency#1,throttling#3`."""


class Cloud:
    """
    One simulated Alibaba Cloud in a directory.

    Several processes may have the same directory open, and any number of threads may share one `Cloud`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        latency: Latency,
        settle_ms: float,
        seed: str,
        clock: Callable[[], float],
        stop: Stop | None,
        discards_older: bool,
    ) -> None:
        """Use `Cloud.open`."""
        # Imported here because the actions import this package.
        from provisioner.sandbox.actions.table import TABLE

        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self.latency = latency
        self.stop = stop
        """Where a test wants everything to stand still."""
        self._settle_seconds = settle_ms / 1000
        self._clock = clock
        self._actions: Mapping[tuple[str, str], Action] = TABLE
        self._store = Store(directory / "cloud.db", clock, discards_older=discards_older)
        self._sealer = Sealer.open(directory / "sealing.key")
        # Every signature needs a secret, of few keys.
        self._unseal = lru_cache(_MOST_SECRETS)(self._sealer.unseal)
        self._enrolled: dict[str, str] = {}
        self._log_path = directory / "access.jsonl"
        self._log = os.open(self._log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with self._store.read() as tx:
            stored_seed = tx.setting("seed")
        if stored_seed is None:
            with self._store.write() as tx:
                stored_seed = tx.setting("seed") or seed
                tx.set_setting("seed", stored_seed)
        self._seed = stored_seed
        self.faults = Faults(self._store, stored_seed, self._actions)
        """What goes wrong on demand."""

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        latency: Latency | None = None,
        settle_ms: float | None = None,
        seed: str = _DEFAULT_SEED,
        clock: Callable[[], float] = time.time,
        environment: Mapping[str, str] | None = None,
        discards_older: bool = False,
    ) -> Cloud:
        """
        Return the cloud in `directory`, creating it when missing.

        `latency` and `settle_ms` (how long a resource stays in its transitional state) default to what the environment
        says (`PROVISION_SANDBOX_LATENCY`, `PROVISION_SANDBOX_SETTLE_MS`), `settle_ms` else to 5. `seed` decides the
        ids of a new cloud; an existing one keeps its own.

        Raises:
            ValueError: the environment holds something that is not a number of milliseconds.
            OutdatedError: an earlier version keeps resources there; with `discards_older` they go instead.
        """
        environment = os.environ if environment is None else environment
        if settle_ms is None:
            settle_ms = _settle_ms(environment)
        return cls(
            directory,
            latency=latency or Latency.from_environment(environment),
            settle_ms=settle_ms,
            seed=seed,
            clock=clock,
            stop=Stop.from_environment(environment),
            discards_older=discards_older,
        )

    @property
    def settle_seconds(self) -> float:
        """How long a resource stays in its transitional state at most: the setting, or a fault that takes longer."""
        return max(self._settle_seconds, self.faults.slowest_state_seconds())

    def enroll(self, access_key_id: str, access_key_secret: str) -> Caller:
        """
        Return the caller behind an access key; a key seen for the first time is registered with this secret.

        The account id is derived from the key id, so it is the same in every sandbox.

        Raises:
            ActionError: `SignatureDoesNotMatch` (403) when the key is known with another secret.
        """
        if not access_key_id or not access_key_secret:
            raise ActionError("MissingAccessKeyId", "AccessKeyId is mandatory for this action.", 400)
        with self._store.read() as tx:
            known = tx.access_key(access_key_id)
        if known is None:
            known = self._register(access_key_id, access_key_secret)
        account, sealed = known
        if not hmac.compare_digest(self._sealer.unseal(sealed).encode(), access_key_secret.encode()):
            raise ActionError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your Access Key Secret and signing method.",
                403,
                _new_request_id(),
            )
        self._enrolled[access_key_id] = access_key_secret
        return Caller(account, access_key_id)

    def secret_of(self, access_key_id: str) -> str | None:
        """Return the secret of an access key, for checking signatures; None when the key is unknown."""
        known = self._find(access_key_id)
        return None if known is None else self._sealer.unseal(known[1])

    def caller(self, access_key_id: str) -> Caller:
        """
        Return the caller behind a known access key.

        Raises:
            ActionError: `InvalidAccessKeyId.NotFound` (404) when the key was never enrolled.
        """
        return self.caller_and_secret(access_key_id)[0]

    def caller_and_secret(self, access_key_id: str, security_token: str = "") -> tuple[Caller, str]:
        """
        Return the caller behind a known access key, and the key's secret, for checking signatures.

        The token is looked at for a key that Sts handed out; the others have none.

        Raises:
            ActionError: `InvalidAccessKeyId.NotFound` (404) when the key was never enrolled, or the gateway's code for
                what is wrong with the token.
        """
        known = self._find(access_key_id) or self._find_session(access_key_id, security_token)
        if known is None:
            raise ActionError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        return Caller(known[0], access_key_id), self._unseal(known[1])

    def call(
        self,
        caller: Caller,
        version: str,
        action: str,
        params: Mapping[str, str],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> dict[str, Any]:
        """
        Run one OpenAPI action and return its answer, `RequestId` included.

        `params` are the flat parameters of the RPC protocol (`Tag.1.Key`, `true`, `RegionId`). Waits the configured
        latency first, outside any transaction; `sleep` is how it waits.

        Raises:
            ActionError: the cloud refused, with the service's code and the request id of this call.
            ConnectionLost: a fault took the connection or the answer.
        """
        if self._log < 0:
            raise RuntimeError("the sandbox cloud is closed")
        started_at, started = self._clock(), time.perf_counter()
        request_id = _new_request_id()
        status, code, hits = 200, "", NO_HITS
        if self.latency.cloud_ms:
            sleep(self.latency.cloud_ms / 1000)
        try:
            hits = self._hits(version, action, sleep)
            if self.stop is None:
                answer = self._run(caller, version, action, params, hits)
            else:
                answer = self.stop.around(
                    action,
                    params,
                    lambda: self._run(caller, version, action, params, hits),
                    changes=self._changes(version, action),
                )
        except ActionError as error:
            error.request_id = request_id
            status, code = error.http_status, error.code
            if hits.loses_answer:
                raise ConnectionLost(_LOST_ANSWER, is_reset=False) from error
            raise
        except ConnectionLost:
            status, code = 0, "ConnectionReset"
            raise
        except BaseException as error:
            status, code = 500, type(error).__name__
            raise
        finally:
            duration_ms = (time.perf_counter() - started) * 1000
            region = params.get("RegionId", "")
            if hits.loses_answer:
                status = 0
            record = (
                *(started_at, caller.account_id, version, action, region, status, code, request_id, duration_ms),
                hits.label,
            )
            # One write of one line to a file opened for appending: whole lines, also from several processes.
            os.write(self._log, json.dumps(record).encode() + b"\n")
        if hits.loses_answer:
            raise ConnectionLost(_LOST_ANSWER, is_reset=False)
        return {"RequestId": request_id, **answer}

    def counts(self) -> dict[str, int]:
        """Return how many resources exist by type over all accounts and regions; types without any are left out."""
        with self._store.read() as tx:
            counts = tx.counts()
        return {kind: counts[kind] for kind in COUNTED_KINDS if counts.get(kind)}

    def access_log(self) -> list[AccessRecord]:
        """Return every call since the last reset, in the order in which they ended."""
        with self._log_path.open(encoding="utf-8") as lines:
            return [AccessRecord(*json.loads(line)) for line in lines]

    def add_image(
        self, image_id: str, region: str, *, name: str = "", architecture: str = "x86_64", owner: str = ""
    ) -> None:
        """
        Add a custom image to a region; adding it again changes nothing.

        It belongs to the account whose id is `owner`, which may then share it; without one, everybody has it as shared.

        Raises:
            ActionError: `InvalidRegionId.NotFound` when there is no such region.
        """
        if region not in REGIONS:
            raise ActionError("InvalidRegionId.NotFound", "The specified RegionId does not exist.", 404)
        with self._store.write() as tx:
            if not tx.select(IMAGE_KIND, region=region, id=image_id):
                document = {"Architecture": architecture}
                now = tx.now
                tx.insert(Resource(IMAGE_KIND, image_id, owner, region, "", name or image_id, now, now, None, document))

    def set_quota(self, quota: str, limit: int) -> None:
        """
        Change a quota for every account, for example `vpc` (per region), for all processes and from now on.

        Raises:
            ValueError: there is no such quota, or the limit is negative.
        """
        if quota not in QUOTAS:
            raise ValueError(f"name: {quota!r} is not one of {', '.join(sorted(QUOTAS))}")
        if limit < 0:
            raise ValueError(f"value: {limit} is negative")
        with self._store.write() as tx:
            tx.set_setting(f"quota/{quota}", str(limit))

    def quotas(self) -> dict[str, int]:
        """Return the limit of every quota, by name."""
        with self._store.read() as tx:
            changed = {name: tx.setting(f"quota/{name}") for name in QUOTAS}
        return {name: QUOTAS[name] if limit is None else int(limit) for name, limit in changed.items()}

    def reset(self) -> None:
        """
        Empty the cloud: resources, access keys, client tokens, changed quotas, faults and the access log.

        Ids are not used again. Another process that serves the cloud at this moment goes on with the keys it enrolled.
        """
        with self._store.write() as tx:
            tx.clear()
        os.truncate(self._log_path, 0)

    def close(self) -> None:
        """Let go of the database; the cloud stays as it is."""
        self._store.close()
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def _find(self, access_key_id: str) -> tuple[str, str] | None:
        known = self._store.access_key(access_key_id)
        if known is None and access_key_id in self._enrolled:
            known = self._register(access_key_id, self._enrolled[access_key_id])
        return known

    def _find_session(self, access_key_id: str, security_token: str) -> tuple[str, str] | None:
        with self._store.read() as tx:
            session = find_session(tx, access_key_id)
            if session is None:
                return None
            check_token(tx, session, security_token)
        return session.account, session.document[SEALED_SECRET]

    def _register(self, access_key_id: str, access_key_secret: str) -> tuple[str, str]:
        number = int.from_bytes(hashlib.sha256(access_key_id.encode()).digest()[:8])
        with self._store.write() as tx:
            known = tx.access_key(access_key_id)
            if known is None:
                known = (f"1{number % 10**15:015d}", self._sealer.seal(access_key_secret))
                tx.add_access_key(access_key_id, *known)
        return known

    def _hits(self, version: str, action: str, sleep: Callable[[float], None]) -> Hits:
        """Return the faults that hit a call, after the time they make it wait."""
        handler = self._actions.get((version, action))
        if handler is None:
            return NO_HITS
        hits = self.faults.hits(version, action, mutates=handler.mutates)
        if hits.wait_seconds:
            sleep(hits.wait_seconds)
        return hits

    def _run(self, caller: Caller, version: str, action: str, given: Mapping[str, str], hits: Hits) -> dict[str, Any]:
        handler = self._actions.get((version, action))
        if handler is None:
            raise ActionError(
                "InvalidAction.NotFound", f"Specified api is not found: {action} in version {version}.", 404
            )
        failure = hits.failure(version, action)
        if failure is not None:
            raise failure
        settle_seconds = self._settle_seconds if hits.settle_seconds is None else hits.settle_seconds
        token = given.get("ClientToken", "") if handler.mutates else ""

        def new_call(tx: Transaction) -> Call:
            return Call(
                tx,
                caller,
                given,
                settle_seconds=settle_seconds,
                hidden_seconds=hits.hidden_seconds,
                seed=self._seed,
                sealer=self._sealer,
            )

        if handler.process is not None and not handler.mutates:
            self._catch_up(handler.process, new_call)
        transaction: AbstractContextManager[Transaction] = (
            self._store.write() if handler.mutates else self._store.read()
        )
        with transaction as tx:
            call = new_call(tx)
            if handler.process is not None and handler.mutates and handler.process.is_due(call):
                handler.process.advance(call)
            if not token:
                return self._perform(handler, call)
            # The same token with the same parameters repeats the first answer and changes nothing.
            scoped = f"{version}/{action}"
            fingerprint = _fingerprint(given)
            remembered = tx.remembered(caller.account_id, scoped, token)
            if remembered is not None:
                if remembered[0] != fingerprint:
                    raise ActionError(
                        "IdempotentParameterMismatch",
                        "The specified parameter has changed while the ClientToken is the same as a previous request.",
                    )
                return remembered[1]
            answer = self._perform(handler, call)
            tx.remember(caller.account_id, scoped, token, fingerprint, answer)
            return answer

    def _changes(self, version: str, action: str) -> bool:
        handler = self._actions.get((version, action))
        return handler is not None and handler.mutates

    def _catch_up(self, process: Process, new_call: Callable[[Transaction], Call]) -> None:
        """Bring a process up to date for an action that only reads, which seldom takes a transaction that writes."""
        with self._store.read() as tx:
            is_due = process.is_due(new_call(tx))
        if is_due:
            with self._store.write() as tx:
                process.advance(new_call(tx))

    @staticmethod
    def _perform(handler: Action, call: Call) -> dict[str, Any]:
        if handler.mutates:
            call.tx.sweep()
        return handler.run(call)


def _settle_ms(environment: Mapping[str, str]) -> float:
    text = environment.get(SETTLE_VARIABLE) or str(_DEFAULT_SETTLE_MS)
    try:
        settle_ms = float(text)
    except ValueError:
        settle_ms = -1
    if not 0 <= settle_ms < float("inf"):
        raise ValueError(f"{SETTLE_VARIABLE}: {text!r} is not a number of milliseconds")
    return settle_ms


def _new_request_id() -> str:
    return str(uuid.uuid4()).upper()


def _fingerprint(given: Mapping[str, str]) -> str:
    relevant = sorted((key, value) for key, value in given.items() if key not in _NOT_PART_OF_THE_REQUEST)
    return hashlib.sha256(json.dumps(relevant).encode()).hexdigest()
