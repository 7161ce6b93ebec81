"""How many machines a zone's scaling group has."""

from __future__ import annotations


def desired_size(current: int | None, minimum: int, maximum: int, *, is_hibernated: bool) -> int:
    """
    Return the size for a zone's scaling group.

    Between minimum and maximum the autoscaler decides the size, so a running group keeps its size; a new one starts at
    its minimum, and a hibernated shoot has no machines.
    """
    if is_hibernated:
        return 0
    if current is None:
        return minimum
    return max(minimum, min(maximum, current))
