"""
Rules for IPv6 beside IPv4.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/infrastructure.go, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from provisioner.api.text import show, show_list
from provisioner.errors import Problem
from provisioner.validation.findings import Rule
from provisioner.validation.infrastructure import InfrastructureSubject

_LARGEST_BLOCK = 255

NLB_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7", "cn-beijing", "cn-chengdu", "cn-guangzhou", "cn-hangzhou", "cn-heyuan", "cn-hongkong",
    "cn-qingdao", "cn-shanghai", "cn-shenzhen", "cn-wulanchabu", "cn-zhangjiakou", "eu-central-1", "eu-west-1",
    "na-south-1", "us-east-1", "us-west-1",
)  # fmt: skip
"""Regions with Network Load Balancer, which Services of a dual-stack shoot need; the extension's list of 2026-04."""


def check_region(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem if a shoot with dual stack is in a region without Network Load Balancer."""
    if subject.config.has_ipv6 and subject.region and subject.region not in NLB_REGIONS:
        detail = f"dual stack needs Network Load Balancer, which region {show(subject.region)} does not have"
        detail += f"; there are {show_list(NLB_REGIONS, limit=len(NLB_REGIONS))}"
        yield subject.problem("spec.region", "NotSupported", detail, "choose one of these, or leave dualStack out")


def check_blocks(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem for each zone without an IPv6 block of its own in a shoot with dual stack."""
    if not subject.config.has_ipv6:
        return
    if subject.config.networks.vpc.id is None:
        yield from _check_numbers(subject, subject.zone_positions)
        return
    for path, zone in subject.zones:
        if zone.ipv6_cidr_block is None:
            detail = "is required with dual stack in an existing VPC, where other vSwitches may have any block"
            fix = f"give the number (0 to {_LARGEST_BLOCK}) of a /64 of the VPC's IPv6 range that is free"
            yield subject.problem(f"{path}.ipv6CidrBlock", "Required", detail, fix)
    yield from _check_numbers(subject, [])


def check_unused_blocks(subject: InfrastructureSubject) -> Iterator[Problem]:
    """
    Yield a problem for each zone without an IPv6 block of its own where dual stack is off: it would come with it.

    Source: here alone: the extension looks at blocks only with dual stack.
    """
    if not subject.config.has_ipv6:
        yield from _check_numbers(subject, [])


def _check_numbers(subject: InfrastructureSubject, defaults: Sequence[int]) -> Iterator[Problem]:
    """Yield a problem for each IPv6 block number that is out of range or used twice, the zones' `defaults` included."""
    first: dict[int, str] = {}
    for (path, zone), default in zip_longest(subject.zones, defaults):
        number = default if zone.ipv6_cidr_block is None else zone.ipv6_cidr_block
        if number is None:
            continue
        block_path, name = f"{path}.ipv6CidrBlock", path.rpartition(".")[2]
        whose = f"{number}, the zone's position," if zone.ipv6_cidr_block is None else f"{number}"
        if not 0 <= number <= _LARGEST_BLOCK:
            yield subject.problem(block_path, "Invalid", f"must be between 0 and {_LARGEST_BLOCK}, but is {number}")
        elif first.setdefault(number, name) != name:
            detail = f"{whose} is also used by {first[number]}"
            yield subject.problem(block_path, "Duplicate", detail, "give each zone its own number")


DUAL_STACK_RULES: tuple[Rule[InfrastructureSubject], ...] = (
    Rule(check_region, in_schema="partly"),
    Rule(check_blocks, in_schema="fields"),
    Rule(check_unused_blocks, in_schema="fields", is_beyond_gardener=True),
)
