"""How long a resource stays in its transitional state, unless a fault makes that longer."""

from __future__ import annotations

from collections.abc import Mapping

SETTLE_VARIABLE = "PROVISION_SANDBOX_SETTLE_MS"
_DEFAULT_SETTLE_MS = 5.0


def read_settle_ms(environment: Mapping[str, str]) -> float:
    """
    Return the milliseconds that the environment asks for, else 5.

    Raises:
        ValueError: it holds something that is not a number of milliseconds.
    """
    text = environment.get(SETTLE_VARIABLE) or str(_DEFAULT_SETTLE_MS)
    try:
        settle_ms = float(text)
    except ValueError:
        settle_ms = -1
    if not 0 <= settle_ms < float("inf"):
        raise ValueError(f"{SETTLE_VARIABLE}: {text!r} is not a number of milliseconds")
    return settle_ms
