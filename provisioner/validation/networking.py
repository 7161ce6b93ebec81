"""
Rules for a Shoot's own address ranges: pods, services and nodes.

Source: gardener pkg/utils/validation/cidr and pkg/api/core/validation/shoot.go, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.core_v1beta1 import Networking
from provisioner.api.text import did_you_mean, show, show_list
from provisioner.errors import Problem
from provisioner.validation.cidrs import Range, check_disjoint, check_pairwise_disjoint, check_range, read_range
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.repeated import find_repeated

_FAMILIES = ("IPv4", "IPv6")
_RESERVED = "100.64.0.0/10"
"""Alibaba Cloud's own range; the metadata service is 100.100.100.200."""


@dataclass(eq=False, repr=False)
class NetworkingSubject(Subject):
    """The address ranges of a Shoot."""

    networking: Networking

    @property
    def ranges(self) -> list[Range]:
        """The correct ranges."""
        found = (read_range(path, name, text) for path, name, text in self.texts)
        return [item for item in found if item is not None]

    @property
    def texts(self) -> tuple[tuple[str, str, str | None], ...]:
        """Path, name and text of each range."""
        networking = self.networking
        return (
            ("spec.networking.pods", "the pods' range", networking.pods),
            ("spec.networking.services", "the services' range", networking.services),
            ("spec.networking.nodes", "the nodes' range", networking.nodes),
        )


def check_ranges(subject: NetworkingSubject) -> Iterator[Problem]:
    """Yield a problem for each range that is not correct, or that overlaps another one."""
    for path, _, text in subject.texts:
        yield from check_range(subject, path, text)
    yield from check_pairwise_disjoint(subject, subject.ranges)


def check_reserved(subject: NetworkingSubject) -> Iterator[Problem]:
    """
    Yield a problem for each range that Alibaba Cloud uses itself. The extension looks at creation only: 100.96.0.0/11
    was the default for pods once.

    Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/shoot.go, read 2026-08.
    """
    reserved = read_range("", "the range that Alibaba Cloud keeps for itself", _RESERVED)
    if reserved is not None:
        yield from check_disjoint(subject, subject.ranges, [reserved])


def check_ip_families(subject: NetworkingSubject) -> Iterator[Problem]:
    """Yield a problem for each IP family that there is not, or that is named twice."""
    again = find_repeated(subject.networking.ip_families)
    for index, family in enumerate(subject.networking.ip_families):
        path = f"spec.networking.ipFamilies[{index}]"
        if family not in _FAMILIES:
            detail = f"{show(family)} is not an IP family; there are {show_list(_FAMILIES)}"
            yield subject.problem(path, "NotSupported", detail, did_you_mean(family, _FAMILIES))
        elif index in again:
            yield subject.problem(path, "Duplicate", f"{show(family)} is also ipFamilies[{again[index]}]", "remove it")


def check_ipv6_alone(subject: NetworkingSubject) -> Iterator[Problem]:
    """Yield a problem if IPv6 is the only family: every range of the infrastructure is an IPv4 range."""
    if subject.networking.ip_families == ("IPv6",) and any(text for _, _, text in subject.texts):
        detail = "IPv6 alone does not go with the ranges, which have to be IPv4 ranges"
        yield subject.problem("spec.networking.ipFamilies", "Invalid", detail, "write [IPv4], or [IPv4, IPv6]")


NETWORKING_RULES: tuple[Rule[NetworkingSubject], ...] = (
    Rule(check_ranges, in_schema="computed"),
    Rule(check_ip_families, in_schema="yes", is_beyond_gardener=True),
    Rule(check_ipv6_alone, in_schema="yes", is_beyond_gardener=True),
    Rule(check_reserved, in_schema="computed", is_beyond_gardener=True),
)
