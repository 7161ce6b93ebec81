"""
Rules for the worker pools of a Shoot that Gardener's API server has; the pools of a Worker come from such a Shoot.

Source: gardener pkg/api/core/validation/shoot.go (ValidateWorker, ValidateSystemComponentWorkers), read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.gardener.versions import read_version
from provisioner.validation.findings import Rule
from provisioner.validation.names import check_label
from provisioner.validation.pools import Pool, PoolsSubject
from provisioner.validation.quantities import read_size

_LONGEST_NAME = 15
_WHOLE_GIB = re.compile(r"[0-9]+Gi")
_MOST_MINOR_VERSIONS_BEHIND = 3


def check_name_lengths(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool with a name of more than 15 characters."""
    for pool in subject.pools:
        if len(pool.name) > _LONGEST_NAME:
            detail = f"{show(pool.name)} has {len(pool.name)} characters, the limit is {_LONGEST_NAME}"
            yield subject.problem(f"{pool.path}.name", "TooLong", detail, "choose a shorter name")


def check_active_pool(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem if no pool can have machines that run system components."""
    if subject.pools and not any(_runs_system_components(pool) for pool in subject.pools):
        detail = "no pool with maximum above 0 allows system components, which the cluster needs"
        fix = "raise maximum, or set systemComponents.allow: true, in one of them"
        yield subject.problem(subject.path, "Forbidden", detail, fix)


def check_system_components(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool for system components that cannot have a machine in each of its zones, unless another
    pool in the same zones can.
    """
    active = [pool for pool in subject.pools if _runs_system_components(pool)]
    enough = {frozenset(pool.zones) for pool in active if pool.maximum >= len(pool.zones)}
    last = {frozenset(pool.zones): pool for pool in active if frozenset(pool.zones) not in enough}
    for pool in last.values():
        detail = f"{pool.maximum} machines cannot be in each of its {len(pool.zones)} zones, over which system"
        detail += " components are spread"
        fix = f"raise it to {len(pool.zones)} at least, use fewer zones, or set systemComponents.allow: false"
        yield subject.problem(f"{pool.path}.maximum", "Forbidden", detail, fix)


def check_volume_forms(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each volume whose name is not a DNS label of at most 15 characters, or size not whole GiB."""
    for pool in subject.pools:
        for path, volume in pool.volumes:
            name = volume.name
            if name is not None and len(name) > _LONGEST_NAME:
                detail = f"{show(name)} has {len(name)} characters, the limit is {_LONGEST_NAME}"
                yield subject.problem(f"{path}.name", "TooLong", detail, "choose a shorter name")
            elif name is not None and ":" not in name:  # a colon is a problem of its own
                yield from check_label(subject, f"{path}.name", name)
            size = read_size(volume.size)
            if size is not None and not _WHOLE_GIB.fullmatch(volume.size):
                detail = f"{show(volume.size)} is not a number of whole GiB, as Gardener wants it"
                yield subject.problem(f"{path}.size", "Invalid", detail, f"write {size}Gi")


def check_versions(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose Kubernetes version is newer than the shoot's, or too far behind it."""
    shoots = read_version(subject.kubernetes_version)
    for pool in subject.pools:
        if pool.kubernetes_version is None:
            continue
        path, own = f"{pool.path}.kubernetes.version", read_version(pool.kubernetes_version)
        if own is None:
            detail = f"{show(pool.kubernetes_version)} is not a version"
            yield subject.problem(path, "Invalid", detail, "write it as 1.31.4")
        elif shoots is not None and own.numbers > shoots.numbers:
            detail = f"{show(pool.kubernetes_version)} is newer than the shoot's {show(subject.kubernetes_version)}"
            yield subject.problem(path, "Forbidden", detail, "raise the shoot's version first")
        elif shoots is not None and (shoots[0], shoots[1]) > (own[0], own[1] + _MOST_MINOR_VERSIONS_BEHIND):
            detail = f"{show(pool.kubernetes_version)} is more than {_MOST_MINOR_VERSIONS_BEHIND} minor versions behind"
            detail += f" the shoot's {show(subject.kubernetes_version)}"
            yield subject.problem(path, "Forbidden", detail, "choose a newer version")


def _runs_system_components(pool: Pool) -> bool:
    return pool.allows_system_components and pool.maximum > 0


SHOOT_POOL_RULES: tuple[Rule[PoolsSubject], ...] = (
    # An API server has checked existing objects.
    Rule(check_name_lengths, in_schema="yes", is_beyond_gardener=True),
    Rule(check_active_pool, in_schema="fields", is_beyond_gardener=True),
    Rule(check_system_components, in_schema="fields", is_beyond_gardener=True),
    Rule(check_volume_forms, in_schema="yes", is_beyond_gardener=True),
    Rule(check_versions, in_schema="fields", is_beyond_gardener=True),
)
