"""
Rules for an InfrastructureConfig, whether it comes with a Shoot or with an Infrastructure.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/infrastructure.go
(ValidateInfrastructureConfig), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import InfrastructureConfig, ZoneConfig
from provisioner.api.core_v1beta1 import CloudProfile, Networking
from provisioner.api.text import did_you_mean, show, show_list, show_name
from provisioner.errors import Problem
from provisioner.ids import RegionId
from provisioner.validation.cidrs import (
    Range,
    check_disjoint,
    check_inside,
    check_pairwise_disjoint,
    check_range,
    read_range,
)
from provisioner.validation.cloud_profile import region_zones
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.repeated import find_repeated


@dataclass(eq=False, repr=False)
class InfrastructureSubject(Subject):
    """An InfrastructureConfig and what surrounds it."""

    path: str
    """Where the configuration is, ending in a dot; empty when it is a document of its own."""
    config: InfrastructureConfig
    region: RegionId
    networking: Networking | None
    """The shoot's ranges; None when the input does not say."""
    profile: CloudProfile | None

    @property
    def vpc_path(self) -> str:
        """Where the VPC is."""
        return f"{self.path}networks.vpc"

    @property
    def zones(self) -> list[tuple[str, ZoneConfig]]:
        """Zones with their paths; of zones with the same name only the first, the others are ignored."""
        zones = self.config.networks.distinct_zones.values()
        return [(f"{self.path}networks.zones[{position}]", zone) for position, zone in zones]

    @property
    def zone_positions(self) -> list[int]:
        """Position of each of these zones among all."""
        return [position for position, _ in self.config.networks.distinct_zones.values()]

    @property
    def zone_ranges(self) -> list[Range]:
        """The correct ranges among the zones'."""
        found = []
        for path, zone in self.zones:
            item = read_range(_cidr_path(path, zone), path.rpartition(".")[2], zone.cidr)
            if item is not None:
                found.append(item)
        return found

    @property
    def vpc_range(self) -> Range | None:
        """The range of a new VPC, if it is correct."""
        return read_range(f"{self.vpc_path}.cidr", "the VPC", self.config.networks.vpc.cidr)

    @property
    def nodes_range(self) -> Range | None:
        """The range of the shoot's nodes, if it is correct."""
        text = self.networking.nodes if self.networking else None
        return read_range("spec.networking.nodes", "the nodes' range", text)

    @property
    def cluster_ranges(self) -> list[Range]:
        """The correct ranges among those of pods and services."""
        networking = self.networking
        if networking is None:
            return []
        found = (
            read_range("spec.networking.pods", "the pods' range", networking.pods),
            read_range("spec.networking.services", "the services' range", networking.services),
        )
        return [item for item in found if item is not None]


def _cidr_path(path: str, zone: ZoneConfig) -> str:
    """Return where a zone's range is written."""
    return f"{path}.worker" if zone.worker and not zone.workers else f"{path}.workers"


def check_vpc(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem unless the VPC is either an existing one or a new one."""
    vpc = subject.config.networks.vpc
    if vpc.id is not None and vpc.cidr is not None:
        detail = f"id {show(vpc.id)} and cidr {show(vpc.cidr)} exclude each other"
        yield subject.problem(subject.vpc_path, "Forbidden", detail, "keep id for an existing VPC, cidr for a new one")
    elif vpc.id is None and vpc.cidr is None:
        detail = "exactly one of id and cidr is required"
        yield subject.problem(subject.vpc_path, "Required", detail, "give id for an existing VPC, cidr for a new one")
    elif vpc.id == "":
        yield subject.problem(f"{subject.vpc_path}.id", "Required", "must not be empty")
    yield from check_range(subject, f"{subject.vpc_path}.cidr", vpc.cidr)


def check_vpc_options(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem for each VPC option that needs another one."""
    vpc = subject.config.networks.vpc
    if vpc.use_custom_route_table and vpc.id is not None and not vpc.gardener_managed_nat_gateway:
        detail = "in an existing VPC a custom route table needs a managed NAT gateway"
        fix = "set gardenerManagedNATGateway: true"
        yield subject.problem(f"{subject.vpc_path}.useCustomRouteTable", "Forbidden", detail, fix)


def check_ignored_vpc_options(subject: InfrastructureSubject) -> Iterator[Problem]:
    """
    Yield a problem for an option of an existing VPC that a new one would silently ignore.

    Source: here alone: the extension ignores the option.
    """
    vpc = subject.config.networks.vpc
    if vpc.gardener_managed_nat_gateway is False and vpc.id is None:
        detail = "a new VPC always gets a managed NAT gateway; only an existing one (vpc.id) has a choice"
        path = f"{subject.vpc_path}.gardenerManagedNATGateway"
        yield subject.problem(path, "Forbidden", detail, "remove it")


def check_zones(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem if there is no zone, or for each zone without a name or a correct range."""
    if not subject.config.networks.zones:
        path = f"{subject.path}networks.zones"
        yield subject.problem(path, "Required", "at least one zone is required")
    for path, zone in subject.zones:
        if not zone.name:
            yield subject.problem(f"{path}.name", "Required", "must not be empty")
        if zone.cidr is None:
            yield subject.problem(f"{path}.workers", "Required", "is required", "give the range of the zone's nodes")
        yield from check_range(subject, _cidr_path(path, zone), zone.cidr)
        if zone.nat_gateway is not None and not zone.nat_gateway.eip_allocation_id:
            fix = "give the id of the elastic IP address, or remove natGateway"
            yield subject.problem(f"{path}.natGateway.eipAllocationID", "Required", "is required", fix)


def check_deprecated_ranges(subject: InfrastructureSubject) -> Iterator[Problem]:
    """
    Yield a problem for each zone with both `worker` and `workers` whose `worker` is not a range of its own.

    `workers` counts, but the extension checks both.
    """
    both = [(f"{path}.worker", zone.worker) for path, zone in subject.zones if zone.worker and zone.workers]
    if not both:
        return
    for path, text in both:
        yield from check_range(subject, path, text)
    found = (read_range(path, path.rpartition("networks.")[2], text) for path, text in both)
    ranges = [item for item in found if item is not None]
    yield from _check_around(subject, ranges)
    yield from check_disjoint(subject, ranges, subject.cluster_ranges)
    paths = {item.path for item in ranges}
    for problem in check_pairwise_disjoint(subject, [*subject.zone_ranges, *ranges]):
        if problem.path in paths:
            yield problem


def check_duplicate_zones(subject: InfrastructureSubject) -> Iterator[Problem]:
    """
    Yield a problem for each zone whose name was there before; the extension ignores such zones silently.

    Source: here alone: the extension ignores such a zone.
    """
    zones = subject.config.networks.zones
    for index, other in find_repeated(zone.name for zone in zones).items():
        path = f"{subject.path}networks.zones[{index}].name"
        detail = f"{show(zones[index].name)} is also zones[{other}]; the first one counts, this one is ignored"
        yield subject.problem(path, "Duplicate", detail, "remove it")


def check_zone_names(subject: InfrastructureSubject) -> Iterator[Problem]:
    """
    Yield a problem for each zone that the CloudProfile does not have in the region.

    Source: here alone: gardener checks the zones of pools only (plugin/pkg/shoot/validator/admission.go), read 2026-11.
    """
    known = region_zones(subject.profile, subject.region)
    if known is None:
        return
    for path, zone in subject.zones:
        if zone.name and zone.name not in known:
            detail = f"{show(zone.name)} is not a zone of region {show_name(subject.region)}"
            detail += f"; there are {show_list(known)}"
            yield subject.problem(f"{path}.name", "NotSupported", detail, did_you_mean(zone.name, known))


def check_zone_ranges(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem for each zone outside the VPC or the nodes' range, or overlapping another zone."""
    ranges, vpc, nodes = subject.zone_ranges, subject.vpc_range, subject.nodes_range
    yield from _check_around(subject, ranges)
    if nodes is not None and vpc is not None:
        yield from check_inside(subject, nodes, vpc)
    yield from check_pairwise_disjoint(subject, ranges)


def _check_around(subject: InfrastructureSubject, ranges: Sequence[Range]) -> Iterator[Problem]:
    """Yield a problem for each of the zones' ranges outside the VPC or the nodes' range."""
    vpc, nodes = subject.vpc_range, subject.nodes_range
    for item in ranges:
        for around in (vpc, nodes):
            if around is not None:
                yield from check_inside(subject, item, around)


def check_cluster_ranges(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem for each range of the cloud that overlaps pods or services."""
    vpc = subject.vpc_range
    yield from check_disjoint(subject, ([vpc] if vpc else []) + subject.zone_ranges, subject.cluster_ranges)


def check_addresses(subject: InfrastructureSubject) -> Iterator[Problem]:
    """Yield a problem for each elastic IP address that two zones would have."""
    first: dict[str, str] = {}
    for path, zone in subject.zones:
        address = zone.nat_gateway.eip_allocation_id if zone.nat_gateway else None
        name = path.rpartition(".")[2]
        if address and first.setdefault(address, name) != name:
            detail = f"{show(address)} is also the address of {first[address]}"
            fix = "give each zone its own address, or remove natGateway"
            yield subject.problem(f"{path}.natGateway.eipAllocationID", "Duplicate", detail, fix)


INFRASTRUCTURE_RULES: tuple[Rule[InfrastructureSubject], ...] = (
    Rule(check_vpc, in_schema="partly"),
    Rule(check_vpc_options, in_schema="yes"),
    Rule(check_ignored_vpc_options, in_schema="yes", is_beyond_gardener=True),
    Rule(check_zones, in_schema="partly"),
    # The extension's validation has seen existing objects.
    Rule(check_deprecated_ranges, in_schema="computed", is_beyond_gardener=True),
    Rule(check_duplicate_zones, in_schema="fields", is_beyond_gardener=True),
    Rule(check_zone_names, in_schema="objects", is_beyond_gardener=True),
    Rule(check_zone_ranges, in_schema="computed"),
    Rule(check_cluster_ranges, in_schema="computed"),
    Rule(check_addresses, in_schema="fields"),
)
