"""Which cases of a long table `make test` takes, and which are left to `make test-all`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

LONG = pytest.mark.long
"""For what `make test-all` runs beside everything else."""


def spread(cases: Sequence[Any], short: int) -> list[Any]:
    """Return the cases as parameters, of which `short` ones, evenly spread, are always tested."""
    chosen = {round((number + 0.5) * len(cases) / short - 0.5) for number in range(short)}
    return [case if index in chosen else pytest.param(case, marks=LONG) for index, case in enumerate(cases)]


def chosen(cases: Sequence[Any], is_short: Callable[[Any], bool]) -> list[Any]:
    """Return the cases as parameters, of which those that are `is_short` are always tested."""
    return [case if is_short(case) else pytest.param(case, marks=LONG) for case in cases]
