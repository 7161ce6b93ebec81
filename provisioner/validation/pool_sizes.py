"""
Rules for the number of worker pools, their names, and how many machines they have.

Source: gardener pkg/api/core/validation/shoot.go (ValidateWorkers, ValidateWorker), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import show, show_list, show_name
from provisioner.errors import Problem
from provisioner.gardener.distribution import distribute_over_zones
from provisioner.gardener.update_strategies import MANUAL, STRATEGIES
from provisioner.validation.findings import Rule
from provisioner.validation.names import check_label
from provisioner.validation.pools import MOST_POOLS, Pool, PoolsSubject
from provisioner.validation.quantities import check_count_or_percentage, is_nothing

_LEAST_PRIORITY = -1
_LARGEST_GROUP = 2000
"""Instances in one scaling group (API document of CreateScalingGroup, read 2026-11)."""


def check_count(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem if there are too many pools."""
    if subject.count > MOST_POOLS:
        yield subject.problem(subject.path, "TooMany", f"{subject.count} pools, the limit is {MOST_POOLS}")


def check_names(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool without a DNS label of its own as name."""
    first: dict[str, str] = {}
    for pool in subject.pools:
        yield from check_label(subject, f"{pool.path}.name", pool.name)
        other = first.setdefault(pool.name, pool.path)
        if other != pool.path:
            detail = f"{show(pool.name)} is also the name of {other.rpartition('.')[2]}"
            yield subject.problem(f"{pool.path}.name", "Duplicate", detail, "give each pool its own name")


def check_sizes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose size or update limits make no sense."""
    for pool in subject.pools:
        for field, value in (("minimum", pool.minimum), ("maximum", pool.maximum)):
            if value < 0:
                yield subject.problem(f"{pool.path}.{field}", "Invalid", f"must not be negative, but is {value}")
        if pool.maximum < pool.minimum:
            detail = f"minimum {pool.minimum} is greater than maximum {pool.maximum}"
            yield subject.problem(f"{pool.path}.maximum", "Invalid", detail, "raise maximum or lower minimum")
        yield from check_count_or_percentage(subject, f"{pool.path}.maxSurge", pool.max_surge)
        yield from check_count_or_percentage(subject, f"{pool.path}.maxUnavailable", pool.max_unavailable, largest=100)


def check_group_sizes(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool with more machines in a zone than a scaling group takes.

    Source: API document of CreateScalingGroup (Ess 2022-02-22), MaxSize, read 2026-11.
    """
    for pool in subject.pools:
        if pool.zones and (share := distribute_over_zones(pool.maximum, 0, len(pool.distinct_zones))) > _LARGEST_GROUP:
            detail = f"{pool.maximum} machines are {share} in zone {show_name(pool.zones[0])}"
            detail += f"; a scaling group takes at most {_LARGEST_GROUP}"
            yield subject.problem(f"{pool.path}.maximum", "Invalid", detail, "lower maximum, or use several pools")


def check_update_settings(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool with an update strategy or a priority that Gardener does not have."""
    for pool in subject.pools:
        if pool.update_strategy is not None and pool.update_strategy not in STRATEGIES:
            detail = f"{show(pool.update_strategy)} is not an update strategy; there are {show_list(STRATEGIES)}"
            yield subject.problem(f"{pool.path}.updateStrategy", "NotSupported", detail)
        if pool.priority is not None and pool.priority < _LEAST_PRIORITY:
            detail = f"must not be less than {_LEAST_PRIORITY}, but is {pool.priority}"
            yield subject.problem(f"{pool.path}.priority", "Invalid", detail)


def check_rolling(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool of a Shoot whose machines could never be replaced one after the other.

    A Worker's pools may have 0 of both: the machine-controller-manager reads that as one unavailable machine.

    Source: gardener pkg/api/core/validation/shoot.go (ValidateWorker) and pkg/apis/core/v1beta1/defaults_shoot.go, read
    2026-11.
    """
    for pool in subject.pools:
        if pool.update_strategy == MANUAL:
            yield from _check_manual(subject, pool)
            continue
        surge = (0 if pool.is_in_place else 1) if pool.max_surge is None else pool.max_surge
        unavailable = (1 if pool.is_in_place else 0) if pool.max_unavailable is None else pool.max_unavailable
        if is_nothing(surge) and is_nothing(unavailable):
            detail = f"must not be {show(unavailable)} while maxSurge is {show(surge)}: no machine could be replaced"
            yield subject.problem(f"{pool.path}.maxUnavailable", "Invalid", detail, "raise one of them")


def _check_manual(subject: PoolsSubject, pool: Pool) -> Iterator[Problem]:
    """Yield a problem for each limit of a pool that the user updates by hand."""
    for field, value in (("maxSurge", pool.max_surge), ("maxUnavailable", pool.max_unavailable)):
        if value is not None:
            detail = f"is {show(value)}, but has no meaning with update strategy {MANUAL}"
            yield subject.problem(f"{pool.path}.{field}", "Invalid", detail, "remove it")


POOL_SIZE_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_count, in_schema="yes"),
    Rule(check_names, in_schema="partly"),
    Rule(check_sizes, in_schema="fields"),
    Rule(check_group_sizes, in_schema="fields"),
    Rule(check_update_settings, in_schema="partly"),
)

SHOOT_POOL_SIZE_RULES: tuple[Rule[PoolsSubject], ...] = (Rule(check_rolling, in_schema="fields"),)
"""For the pools of a Shoot alone."""
