"""
A pool's size over its zones, as Gardener does it.

Source: gardener extensions/pkg/controller/worker/machines.go, read 2026-07. The first zones get the remainder.
"""

from __future__ import annotations


def distribute_over_zones(total: int, zone_index: int, zone_count: int) -> int:
    """Return the share of zone number `zone_index` (from 0) of a pool-wide number."""
    share, remainder = divmod(total, zone_count)
    return share + (1 if zone_index < remainder else 0)
