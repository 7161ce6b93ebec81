"""`Cloud`: the door to everything in it; every call waits, may fail on demand, and is written to the access log."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from provisioner.sandbox.cloud.access_keys import AccessKeys, Caller
from provisioner.sandbox.cloud.access_log import AccessLog, AccessRecord, new_request_id
from provisioner.sandbox.cloud.call import QUOTAS, ActionTable
from provisioner.sandbox.cloud.catalogue import IMAGE_KIND, REGIONS
from provisioner.sandbox.cloud.errors import ActionError, ConnectionLost
from provisioner.sandbox.cloud.executor import Executor
from provisioner.sandbox.cloud.faults import NO_HITS, Faults, Hits
from provisioner.sandbox.cloud.latency import Latency
from provisioner.sandbox.cloud.offer import changed_offers, setting_of
from provisioner.sandbox.cloud.resource import COUNTED_KINDS, Resource
from provisioner.sandbox.cloud.sealing import Sealer
from provisioner.sandbox.cloud.stop import Stop
from provisioner.sandbox.cloud.store import Store

_LOST_ANSWER = "The connection ended before the answer came."
_ID = "id"
"""The setting that holds the cloud's id."""


class Cloud:
    """
    One simulated Alibaba Cloud in a directory.

    Several processes may have the same directory open, and any number of threads may share one `Cloud`.
    """

    def __init__(
        self,
        directory: Path,
        actions: ActionTable,
        *,
        latency: Latency,
        settle_ms: float,
        seed: str,
        clock: Callable[[], float],
        stop: Stop | None,
        discards_older: bool,
    ) -> None:
        """
        Open the cloud in `directory`, which is created when missing; `open_cloud` knows what to give it.

        It runs `actions` and no others. `settle_ms` is how long a resource stays in its transitional state. `seed`
        decides the ids of a new cloud; an existing one keeps its own. `stop` is where everything stands still for a
        test.

        Raises:
            OutdatedError: an earlier version keeps resources there; if it `discards_older`, they go instead.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self.latency = latency
        self.stop = stop
        self._settle_seconds = settle_ms / 1000
        self._clock = clock
        self._actions = actions
        self._store = Store(directory / "cloud.db", clock, discards_older=discards_older)
        sealer = Sealer.open(directory / "sealing.key")
        self._keys = AccessKeys(self._store, sealer)
        self._log = AccessLog(directory / "access.jsonl")
        seed = self._keep("seed", seed)
        # One that a version without ids has made gets its own when it is first opened.
        self._keep(_ID, _new_id())
        self._executor = Executor(self._store, self._actions, sealer, seed=seed, settle_seconds=self._settle_seconds)
        self.faults = Faults(self._store, seed, self._actions)
        """The faults on demand."""

    @property
    def id(self) -> str:
        """
        The id of this cloud, different from every other one, for example `sandbox-5f3a0c9b12de`.

        It stays with the folder, also in a copy of it, until a reset makes another cloud of it.
        """
        with self._store.read() as tx:
            found = tx.setting(_ID)
        assert found is not None
        return found

    @property
    def settle_seconds(self) -> float:
        """How long a resource stays in its transitional state at most: the setting, or a fault that takes longer."""
        return max(self._settle_seconds, self.faults.slowest_state_seconds())

    def enroll(self, access_key_id: str, access_key_secret: str, security_token: str = "") -> Caller:
        """
        Return the caller behind an access key; a key seen for the first time is registered with this secret.

        Its account id is derived from the key id, so it is the same in every sandbox. A key from Ram or Sts acts for
        the account that asked for it, and is never registered.

        Raises:
            ActionError: `SignatureDoesNotMatch` (403) when the key is known with another secret, or an error of
                `caller_and_secret`.
        """
        return self._keys.enroll(access_key_id, access_key_secret, security_token)

    def secret_of(self, access_key_id: str) -> str | None:
        """Return the secret of an access key, for checking signatures; None when the key is unknown."""
        return self._keys.secret_of(access_key_id)

    def caller(self, access_key_id: str) -> Caller:
        """
        Return the caller behind a known access key.

        Raises:
            ActionError: `InvalidAccessKeyId.NotFound` (404) when the key was never enrolled, or is deleted.
        """
        return self.caller_and_secret(access_key_id)[0]

    def caller_and_secret(self, access_key_id: str, security_token: str = "") -> tuple[Caller, str]:
        """
        Return the caller behind a known access key, and the key's secret, for checking signatures.

        The token is checked only for a key from Sts; the others have none.

        Raises:
            ActionError: `InvalidAccessKeyId.NotFound` (404) when the key was never enrolled, or is deleted; the
                gateway's code for what is wrong with the token.
        """
        return self._keys.caller_and_secret(access_key_id, security_token)

    def session_and_secret(self, access_key_id: str, security_token: str) -> tuple[Caller, str]:
        """
        Return the role behind a key that Sts handed out, and the key's secret, for checking signatures.

        Raises:
            ActionError: `InvalidAccessKeyId.NotFound` (404) for every other key, or the gateway's code for what is
                wrong with the token.
        """
        return self._keys.session_and_secret(access_key_id, security_token)

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
        if self._log.is_closed:
            raise RuntimeError("the sandbox cloud is closed")
        started_at, started = self._clock(), time.perf_counter()
        request_id = new_request_id()
        status, code, hits = 200, "", NO_HITS
        if self.latency.cloud_ms:
            sleep(self.latency.cloud_ms / 1000)
        try:
            hits = self._hits(version, action, sleep)
            if self.stop is None:
                answer = self._executor.run(caller, version, action, params, hits)
            else:
                answer = self.stop.around(
                    action,
                    params,
                    lambda: self._executor.run(caller, version, action, params, hits),
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
            self._log.append(
                AccessRecord(
                    started_at,
                    caller.account_id,
                    version,
                    action,
                    region,
                    status,
                    code,
                    request_id,
                    duration_ms,
                    hits.label,
                )
            )
        if hits.loses_answer:
            raise ConnectionLost(_LOST_ANSWER, is_reset=False)
        return {"RequestId": request_id, **answer}

    def counts(self) -> dict[str, int]:
        """Return how many resources exist by type over all accounts and regions; types without any are left out."""
        with self._store.read() as tx:
            counts = tx.counts()
        return {kind: counts[kind] for kind in COUNTED_KINDS if counts.get(kind)}

    def resources(self, kind: str) -> list[Resource]:
        """Return what exists of one kind (`vpc`, `instance` ...) over all accounts and regions, oldest first."""
        with self._store.read() as tx:
            return tx.select(kind)

    def access_log(self) -> list[AccessRecord]:
        """Return every call since the last reset, in the order in which they ended."""
        return self._log.read()

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

    def set_offer(self, item: str, state: str, zone: str = "") -> None:
        """
        Change what is sold in a zone, or everywhere, for all processes and from now on: `offer` has items and states.

        Raises:
            ValueError: there is no such item, state or zone.
        """
        name, value = setting_of(item, state, zone)
        with self._store.write() as tx:
            tx.set_setting(name, value)

    def offers(self) -> list[tuple[str, str, str]]:
        """Return item, zone (empty: all) and state of everything that `set_offer` has changed."""
        with self._store.read() as tx:
            return changed_offers(tx.settings("offer/"))

    def reset(self) -> None:
        """
        Empty the cloud: resources, access keys, client tokens, changed quotas and offers, faults and the access log.

        It is another cloud then, with another id; ids of resources are not used again. Another process that serves the
        cloud at this moment goes on with the keys it enrolled.
        """
        with self._store.write() as tx:
            tx.clear()
            tx.set_setting(_ID, _new_id())
        self._log.clear()

    def close(self) -> None:
        """Let go of the database; the cloud stays as it is."""
        self._store.close()
        self._log.close()

    def _keep(self, name: str, value: str) -> str:
        """Return a setting of the cloud, which is `value` if it has none yet."""
        with self._store.read() as tx:
            stored = tx.setting(name)
        if stored is None:
            with self._store.write() as tx:
                stored = tx.setting(name) or value
                tx.set_setting(name, stored)
        return stored

    def _hits(self, version: str, action: str, sleep: Callable[[float], None]) -> Hits:
        """Return the faults that hit a call, after the time they make it wait."""
        handler = self._actions.get((version, action))
        if handler is None:
            return NO_HITS
        hits = self.faults.hits(version, action, mutates=handler.mutates)
        if hits.wait_seconds:
            sleep(hits.wait_seconds)
        return hits

    def _changes(self, version: str, action: str) -> bool:
        handler = self._actions.get((version, action))
        return handler is not None and handler.mutates


def _new_id() -> str:
    return f"sandbox-{secrets.token_hex(6)}"
