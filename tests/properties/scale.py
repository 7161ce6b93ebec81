"""
How many examples there are, and which.

The same ones every time, so that a change that breaks one is the change that is to blame. For a search instead:

    PROPERTIES_FACTOR=20      so many times the examples
    PROPERTIES_SEED=12345     others than the usual ones

`PROPERTIES_FACTOR=20 PROPERTIES_SEED=$RANDOM python -m pytest tests/properties`
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

# Read once: the fixtures of the tests take foreign variables out of the environment.
FACTOR = float(os.environ.get("PROPERTIES_FACTOR", "1"))
SEED = int(os.environ.get("PROPERTIES_SEED", "0"))
_CHUNKS = 1_000
_MOST_EXAMPLES = 10**6


def share(total: int, chunks: int) -> int:
    """Return how many examples each of several chunks has."""
    return math.ceil(total * FACTOR / chunks)


def examine(
    strategy: SearchStrategy[Any],
    check: Callable[[Any], None],
    *,
    chunk: int,
    count: int,
    deadline: timedelta | None = None,
    shrinks: bool = True,
) -> int:
    """
    Check `count` examples, and return how many there were. Each chunk has examples of its own.

    Each example is a search of its own, with its own seed. In one search most examples are made of earlier ones, some
    parts of which were put in places of others; and with `derandomize`, every chunk of a test would have the same.
    """
    examined = 0
    # Manifests are large, and making one takes its time.
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    phases = [Phase.generate, Phase.shrink] if shrinks else [Phase.generate]
    for number in range(count):
        simplest = number > 0 or chunk > 0

        @seed((SEED * _CHUNKS + chunk) * _MOST_EXAMPLES + number)
        @settings(max_examples=2, deadline=deadline, database=None, phases=phases, suppress_health_check=slow)
        @given(strategy)
        def run(example: Any) -> None:
            nonlocal examined, simplest
            if simplest:  # every search begins with it; once is enough
                simplest = False
                return
            try:
                check(example)
            except AssertionError as error:
                error.add_note(str(example))
                raise
            examined += 1

        run()
    return examined
