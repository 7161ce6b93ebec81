"""How long a call to the simulated services takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

VARIABLE = "PROVISION_SANDBOX_LATENCY"


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds every call waits before it is served, by kind of service."""

    cloud_ms: float = 0.0
    """Vpc, Ecs, Ess, Sts and the other RPC services."""
    oss_ms: float = 0.0
    """The object store."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """
        Return what `PROVISION_SANDBOX_LATENCY` asks for, for example `cloud=100,oss=10` (milliseconds).

        Raises:
            ValueError: the text is not a list of `cloud=<number>` and `oss=<number>`.
        """
        given: dict[str, float] = {}
        for part in environment.get(VARIABLE, "").split(","):
            if not part.strip():
                continue
            name, _, value = part.partition("=")
            try:
                given[name.strip()] = float(value)
            except ValueError:
                raise ValueError(f"{VARIABLE}: {part.strip()!r} is not <service>=<milliseconds>") from None
        unknown = sorted(given.keys() - {"cloud", "oss"})
        if unknown or any(not 0 <= value < float("inf") for value in given.values()):
            raise ValueError(f"{VARIABLE}: expected cloud=<milliseconds>,oss=<milliseconds>, none of them negative")
        return cls(cloud_ms=given.get("cloud", 0.0), oss_ms=given.get("oss", 0.0))
