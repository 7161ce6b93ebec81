"""What is in a list twice."""

from __future__ import annotations

from collections.abc import Hashable, Iterable


def find_repeated(values: Iterable[Hashable]) -> dict[int, int]:
    """Return the position of each value that was there before, with the position of the first one."""
    first: dict[Hashable, int] = {}
    return {index: other for index, value in enumerate(values) if (other := first.setdefault(value, index)) != index}
