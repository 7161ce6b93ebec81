"""
The rule that every zone has enough addresses for its machines.

Source: API document of CreateVSwitch (Vpc 2016-04-28): the first address of a vSwitch and its last three are the
system's, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioner.api.text import show_list, show_name
from provisioner.errors import Problem
from provisioner.gardener.distribution import distribute_over_zones
from provisioner.validation.cidrs import Range
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.pools import Pool

_KEPT_ADDRESSES = 4
"""The first and the last three of each vSwitch (API document of CreateVSwitchCidrReservation, read 2026-11)."""


@dataclass(eq=False, repr=False)
class ZoneCapacitySubject(Subject):
    """The ranges of a shoot's zones, and the pools whose machines are in them."""

    path: str
    """The path of a problem, if it is not the range: a Worker's pools, whose ranges are in another object."""
    ranges: Mapping[str, Range]
    """The correct ranges by zone."""
    pools: tuple[Pool, ...]
    gateway_zone: str | None
    """The zone in whose range the NAT gateway takes an address; None if it is somewhere else."""


def check_zone_capacity(subject: ZoneCapacitySubject) -> Iterator[Problem]:
    """Yield a problem for each zone whose range is too small for the maximum of all pools together."""
    shares: dict[str, dict[str, int]] = {}
    for pool in subject.pools:
        zones = pool.distinct_zones
        for index, zone in enumerate(zones):
            share = distribute_over_zones(pool.maximum, index, len(zones))
            if share > 0:
                shares.setdefault(zone, {})[pool.name] = share
    for zone, by_pool in shares.items():
        item = subject.ranges.get(zone)
        if item is None:
            continue
        taken = _KEPT_ADDRESSES + (zone == subject.gateway_zone)
        free, wanted = max(item.network.num_addresses - taken, 0), sum(by_pool.values())
        if wanted > free:
            pools = show_list(f"{name} {share}" for name, share in by_pool.items())
            detail = f"{item.name} ({item.network}) has {free} addresses for machines, but zone {show_name(zone)}"
            detail += f" may need {wanted} ({pools})"
            fix = "choose a larger range, or lower the maximum of the pools"
            yield subject.problem(subject.path or item.path, "Invalid", detail, fix)


ZONE_CAPACITY_RULES: tuple[Rule[ZoneCapacitySubject], ...] = (
    Rule(check_zone_capacity, in_schema="computed", is_beyond_gardener=True),
)
