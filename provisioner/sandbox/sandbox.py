"""The way into the sandbox: the simulated cloud with everything that it can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from provisioner.sandbox.actions.table import TABLE
from provisioner.sandbox.cloud import Cloud, Latency
from provisioner.sandbox.cloud.state_delay import read_settle_ms
from provisioner.sandbox.cloud.stop import Stop

_SEED = "sandbox"


def open_cloud(
    directory: Path,
    *,
    latency: Latency | None = None,
    settle_ms: float | None = None,
    seed: str = _SEED,
    clock: Callable[[], float] = time.time,
    environment: Mapping[str, str] | None = None,
    discards_older: bool = False,
) -> Cloud:
    """
    Return the simulated cloud that is kept in `directory`, creating it when missing.

    `latency` and `settle_ms` (how long a resource stays in its transitional state) default to what `environment` says
    (`PROVISION_SANDBOX_LATENCY`, `PROVISION_SANDBOX_SETTLE_MS`), else to none and 5 ms. `seed` decides the ids of a new
    cloud; an existing one keeps its own.

    Raises:
        ValueError: the environment holds something that is not a number of milliseconds.
        OutdatedError: an earlier version keeps resources there; with `discards_older` they go instead.
    """
    environment = environment or {}
    return Cloud(
        directory,
        TABLE,
        latency=latency or Latency.from_environment(environment),
        settle_ms=read_settle_ms(environment) if settle_ms is None else settle_ms,
        seed=seed,
        clock=clock,
        stop=Stop.from_environment(environment),
        discards_older=discards_older,
    )
