"""
Rules for the ranges that VPCs and vSwitches can have.

Source: API documents of CreateVpc and CreateVSwitch (Vpc 2016-04-28), parameter CidrBlock, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from provisioner.errors import Problem
from provisioner.validation.cidrs import Range
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.infrastructure import InfrastructureSubject

_VPC_PREFIXES = (8, 28)
_VSWITCH_PREFIXES = (16, 29)

_STANDARD = "192.168.0.0/16, 172.16.0.0/12, 10.0.0.0/8 or a part of them"
_NOT_FOR_VPCS = tuple(
    IPv4Network(text) for text in ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
)
"""A range may be another one than the standard ones, public ones included, but none of these."""


def check_vpc_range(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem if a new VPC's range is one that CreateVpc does not take."""
    vpc = subject.vpc_range
    if vpc is not None:
        yield from _check_prefix(subject, vpc, "VPC", _VPC_PREFIXES)
        yield from _check_place(subject, vpc)


def check_vswitch_ranges(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem for each zone's range that CreateVSwitch does not take."""
    for item in subject.zone_ranges:
        yield from _check_prefix(subject, item, "vSwitch", _VSWITCH_PREFIXES)
        if subject.vpc_range is None:
            yield from _check_place(subject, item)


def _check_prefix(subject: Subject, item: Range, what: str, prefixes: tuple[int, int]) -> Iterator[Problem]:
    """Yield a problem unless a range has a size that its owner can have."""
    least, most = prefixes
    if not least <= item.network.prefixlen <= most:
        detail = f"{item.network} has prefix length {item.network.prefixlen}; a {what} has one from {least} to {most}"
        yield subject.problem(item.path, "Invalid", detail, f"choose a range from /{least} to /{most}")


def _check_place(subject: Subject, item: Range) -> Iterator[Problem]:
    """Yield a problem if a range overlaps one that no VPC can have."""
    for other in _NOT_FOR_VPCS:
        if item.network.overlaps(other):
            detail = f"{item.network} overlaps {other}, which no VPC can have (CreateVpc: {_STANDARD}, or another range"
            detail += f" outside {', '.join(str(network) for network in _NOT_FOR_VPCS)})"
            yield subject.problem(item.path, "Invalid", detail, f"choose {_STANDARD}")


ADDRESS_LIMIT_RULES: tuple[Rule[InfrastructureSubject], ...] = (
    Rule(check_vpc_range, in_schema="computed", is_beyond_gardener=True),
    Rule(check_vswitch_ranges, in_schema="computed", is_beyond_gardener=True),
)
