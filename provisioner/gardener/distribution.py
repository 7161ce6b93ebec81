"""
A pool's size over its zones, as Gardener does it, and the size of a zone's scaling group.

Source: gardener extensions/pkg/controller/worker/machines.go, read 2026-07. The first zones get the remainder.
"""

from __future__ import annotations


def distribute_over_zones(total: int, zone_index: int, zone_count: int) -> int:
    """Return the share of zone number `zone_index` (from 0) of a pool-wide number."""
    share, remainder = divmod(total, zone_count)
    return share + (1 if zone_index < remainder else 0)


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
