"""
What may change in an InfrastructureConfig once the shoot exists.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/infrastructure.go
(ValidateInfrastructureConfigUpdate), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.alicloud_v1alpha1 import ZoneConfig
from provisioner.api.text import show, show_list
from provisioner.errors import Problem
from provisioner.validation.findings import Change, Rule
from provisioner.validation.immutability import check_unchanged
from provisioner.validation.infrastructure import InfrastructureSubject

InfrastructureChange = Change[InfrastructureSubject]


def check_vpc(change: InfrastructureChange) -> Iterator[Problem]:
    """Yield a problem if anything about the VPC changes; for the own route table only its meaning counts."""
    old, new = change.old.config.networks.vpc, change.new.config.networks.vpc
    fields = (
        ("id", old.id, new.id),
        ("cidr", old.cidr, new.cidr),
        ("gardenerManagedNATGateway", old.gardener_managed_nat_gateway, new.gardener_managed_nat_gateway),
    )
    changed = [f"{name} was {show(was)}, and would be {show(now)}" for name, was, now in fields if was != now]
    if changed:
        fix = "restore the old value; another VPC needs another shoot"
        yield change.problem(change.new.vpc_path, "Invalid", f"field is immutable: {', '.join(changed)}", fix)
    if bool(old.use_custom_route_table) != bool(new.use_custom_route_table):
        was, now = show(bool(old.use_custom_route_table)), show(bool(new.use_custom_route_table))
        detail = f"field is immutable: it was {was}, and would be {now}; a route table is chosen at creation only"
        yield change.problem(f"{change.new.vpc_path}.useCustomRouteTable", "Forbidden", detail, f"write {was}")


def check_zones(change: InfrastructureChange) -> Iterator[Problem]:
    """Yield a problem if a zone is removed, moved, or gets another range; zones can be appended."""
    old, new = change.old.config.networks.zones, change.new.config.networks.zones
    path = f"{change.new.path}networks.zones"
    if len(new) < len(old):
        left = {zone.name for zone in new}
        gone = [zone.name for zone in old if zone.name not in left] or [zone.name for zone in old[len(new) :]]
        detail = f"zones cannot be removed, but {show_list(gone)} would be"
        yield change.problem(path, "Forbidden", detail, "put them back where they were; a zone can only be appended")
        return
    for index, (was, now) in enumerate(zip(old, new, strict=False)):
        if was.name != now.name:
            fix = "keep the zones in their order, and append new ones"
            yield from check_unchanged(change, f"{path}[{index}].name", was.name, now.name, fix)
        else:
            yield from _check_range(change, f"{path}[{index}]", was, now)


def _check_range(change: InfrastructureChange, path: str, old: ZoneConfig, new: ZoneConfig) -> Iterator[Problem]:
    """Yield a problem if a zone's range changes; it may move from `worker` to `workers`."""
    fix = "restore the old range; another range needs another zone"
    if old.worker and not old.workers and new.workers and not new.worker:
        yield from check_unchanged(change, f"{path}.workers", old.worker, new.workers, fix)
        return
    yield from check_unchanged(change, f"{path}.workers", old.workers or None, new.workers or None, fix)
    yield from check_unchanged(change, f"{path}.worker", old.worker or None, new.worker or None, fix)


def check_ipv6_blocks(change: InfrastructureChange) -> Iterator[Problem]:
    """
    Yield a problem if a zone's IPv6 block goes, or becomes another one while the zone has it.

    The extension refuses the first, and lets the second pass without any effect: a vSwitch keeps the block it has.
    """
    old = change.old.config.networks.distinct_zones
    had_ipv6 = change.old.config.has_ipv6
    for name, (position, now) in change.new.config.networks.distinct_zones.items():
        if name not in old:
            continue
        place, was = old[name]
        path = f"{change.new.path}networks.zones[{position}].ipv6CidrBlock"
        if was.ipv6_cidr_block is not None and now.ipv6_cidr_block is None:
            detail = f"cannot be removed once set, and it was {was.ipv6_cidr_block}"
            yield change.problem(path, "Invalid", detail, f"write {was.ipv6_cidr_block}")
        elif had_ipv6:
            before = place if was.ipv6_cidr_block is None else was.ipv6_cidr_block
            after = position if now.ipv6_cidr_block is None else now.ipv6_cidr_block
            yield from check_unchanged(change, path, before, after)


def check_dual_stack(change: InfrastructureChange) -> Iterator[Problem]:
    """Yield a problem if dual stack is turned off."""
    if change.old.config.has_ipv6 and not change.new.config.has_ipv6:
        detail = "dual stack cannot be turned off once it is on"
        yield change.problem(f"{change.new.path}dualStack", "Forbidden", detail, "write enabled: true")


INFRASTRUCTURE_UPDATE_RULES: tuple[Rule[InfrastructureChange], ...] = (
    Rule(check_vpc, in_schema="before"),
    Rule(check_zones, in_schema="before"),
    Rule(check_ipv6_blocks, in_schema="before"),
    Rule(check_dual_stack, in_schema="before"),
)
