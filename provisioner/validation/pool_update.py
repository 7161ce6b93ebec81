"""
What may change in a worker pool once it exists.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/shoot.go (ValidateWorkersUpdate); gardener
pkg/api/core/validation/shoot.go (ValidateProviderUpdate) and pkg/utils/validation, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import show, show_list
from provisioner.errors import Problem
from provisioner.gardener.versions import is_older
from provisioner.validation.findings import Change, Rule
from provisioner.validation.immutability import check_unchanged, check_version_change
from provisioner.validation.pools import Pool, PoolsSubject

PoolsChange = Change[PoolsSubject]

_OTHER_POOL = "use another pool for that"


def _pairs(change: PoolsChange) -> Iterator[tuple[Pool, Pool]]:
    """Yield each pool that already existed, before and after the change."""
    old: dict[str, Pool] = {}
    for pool in change.old.pools:
        old.setdefault(pool.name, pool)
    yield from ((old[pool.name], pool) for pool in change.new.pools if pool.name in old)


def check_zones(change: PoolsChange) -> Iterator[Problem]:
    """Yield a problem for each pool whose zones change other than by additions at the end."""
    for old, new in _pairs(change):
        if new.zones[: len(old.zones)] != old.zones:
            detail = f"field is immutable: it was [{show_list(old.zones)}], and would be [{show_list(new.zones)}]"
            fix = "keep the zones in their order, and append new ones"
            yield change.problem(f"{new.path}.zones", "Invalid", detail, fix)


def check_strategy(change: PoolsChange) -> Iterator[Problem]:
    """Yield a problem for each pool that begins or ends to update its machines in place."""
    for old, new in _pairs(change):
        if old.is_in_place != new.is_in_place:
            was, now = show(old.update_strategy), show(new.update_strategy)
            detail = f"cannot change between replacing machines and updating them in place: it was {was}, now {now}"
            yield change.problem(f"{new.path}.updateStrategy", "Invalid", detail, _OTHER_POOL)


def check_machines_in_place(change: PoolsChange) -> Iterator[Problem]:
    """Yield a problem for each change that is impossible for machines that are updated in place."""
    for old, new in _pairs(change):
        if not new.is_in_place:
            continue
        if old.image_name is not None and new.image_name is not None:
            yield from check_unchanged(change, f"{new.image_path}.name", old.image_name, new.image_name, _OTHER_POOL)
        yield from check_unchanged(change, new.type_path, old.machine_type, new.machine_type, _OTHER_POOL)
        for field, is_same in (
            ("volume", old.volume == new.volume),
            ("dataVolumes", old.data_volumes == new.data_volumes),
            ("providerConfig", old.provider_config == new.provider_config),
        ):
            if not is_same:
                detail = f"field is immutable with update strategy {new.update_strategy}"
                yield change.problem(
                    f"{new.path}.{field}", "Invalid", detail, f"restore the old value, or {_OTHER_POOL}"
                )


def check_image_version_in_place(change: PoolsChange) -> Iterator[Problem]:
    """Yield a problem for each pool whose machines would be updated in place to an older image."""
    for old, new in _pairs(change):
        if new.is_in_place and is_older(new.image_version or "", old.image_version or ""):
            detail = f"cannot go back: it was {show(old.image_version)}, and would be {show(new.image_version)}"
            fix = f"restore the old value, or {_OTHER_POOL}"
            yield change.problem(f"{new.image_path}.version", "Forbidden", detail, fix)


def check_kubernetes_versions(change: PoolsChange) -> Iterator[Problem]:
    """
    Yield a problem for each pool whose Kubernetes version goes back, or skips a minor one while it is updated in place.
    """
    for old, new in _pairs(change):
        if old.kubernetes_version is None and new.kubernetes_version is None:
            continue  # the shoot's own version is checked with the shoot
        yield from check_version_change(
            change,
            f"{new.path}.kubernetes.version",
            old.kubernetes_version or change.old.kubernetes_version,
            new.kubernetes_version or change.new.kubernetes_version,
            may_skip=not new.is_in_place,
        )


POOL_UPDATE_RULES: tuple[Rule[PoolsChange], ...] = (
    Rule(check_zones, in_schema="before"),
    Rule(check_strategy, in_schema="before"),
    Rule(check_machines_in_place, in_schema="before"),
    Rule(check_image_version_in_place, in_schema="before"),
    Rule(check_kubernetes_versions, in_schema="before"),
)
