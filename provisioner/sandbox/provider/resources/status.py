"""Waiting until an object of the cloud has the status that a resource type wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.provider.calls import Connection
from provisioner.sandbox.provider.record import Record


def await_status(
    record: Record,
    connection: Connection,
    describe: Callable[[Record, Connection], Mapping[str, Any]],
    wanted: tuple[str, ...],
    timeout_seconds: float,
    *,
    delay_seconds: float = 5,
    key: str = "Status",
) -> None:
    """Return when `describe` shows one of `wanted` under `key`, or, when `wanted` is empty, that the object is gone."""
    connection.await_state(
        record.id,
        lambda: str(describe(record, connection).get(key)),
        wanted,
        timeout_seconds=timeout_seconds,
        delay_seconds=delay_seconds,
    )
