"""Edges of the rules for networks: VPC, zones, dual stack, the shoot's own ranges, and the machines in them."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.edges.edge import CONFIG, GONE, POOL, SHOOT, VPC, ZONE, Edge, all_of, edge, put
from tests.unit.validation.edges.shoots import without_workers
from tests.unit.validation.example import Change

ZONES: Final = f"{CONFIG}.networks.zones"
NETWORKING: Final = f"{SHOOT}.networking"

existing_vpc: Final = put(VPC, {"id": "vpc-1"})
dual_stack: Final = put(f"{CONFIG}.dualStack", {"enabled": True})


def addresses(count: int) -> Change:
    """Return a change that gives the first zones an elastic IP address each, `eip-0`, `eip-1` ..."""
    return all_of(*(put(f"{ZONES}.{index}.natGateway.eipAllocationID", f"eip-{index}") for index in range(count)))


def zone(name: str, workers: str = "10.250.96.0/19") -> dict[str, Any]:
    return {"name": name, "workers": workers}


ADDRESS_LIMITS = [
    edge("address_limits.vpc_range", "Invalid", f"{VPC}.cidr", "10.0.0.0/8", "10.0.0.0/7"),
    edge("address_limits.vpc_range", "Invalid", f"{VPC}.cidr", "10.250.0.0/28", "10.250.0.0/29"),
    *(
        edge("address_limits.vpc_range", "Invalid", f"{VPC}.cidr", inside, outside)
        for inside, outside in (
            ("1.0.0.0/16", "0.255.0.0/16"),
            ("100.63.0.0/16", "100.64.0.0/16"),
            ("100.128.0.0/16", "100.127.0.0/16"),
            ("126.255.0.0/16", "127.0.0.0/16"),
            ("128.0.0.0/16", "127.255.0.0/16"),
            ("169.253.0.0/16", "169.254.0.0/24"),
            ("169.255.0.0/16", "169.254.255.0/24"),
            ("223.255.0.0/16", "224.0.0.0/16"),
            ("240.0.0.0/16", "239.255.0.0/16"),
        )
    ),
    edge("address_limits.vswitch_ranges", "Invalid", f"{ZONE}.workers", "10.250.0.0/16", "10.250.0.0/15"),
    edge("address_limits.vswitch_ranges", "Invalid", f"{ZONE}.workers", "10.250.0.0/29", "10.250.0.0/30"),
    edge(
        "address_limits.vswitch_ranges", "Invalid", f"{ZONE}.workers", "100.63.224.0/19", "100.64.0.0/19", existing_vpc
    ),
    edge(
        "address_limits.vswitch_ranges", "Invalid", f"{ZONE}.workers", "100.128.0.0/19", "100.127.0.0/19", existing_vpc
    ),
]

INFRASTRUCTURE = [
    edge("infrastructure.vpc", "Forbidden", VPC, {"cidr": "10.250.0.0/16"}, {"cidr": "10.250.0.0/16", "id": "vpc-1"}),
    edge("infrastructure.vpc", "Forbidden", VPC, {"id": "vpc-1"}, {"id": "vpc-1", "cidr": "10.250.0.0/16"}),
    edge("infrastructure.vpc", "Required", VPC, {"cidr": "10.250.0.0/16"}, {}),
    edge("infrastructure.vpc", "Required", VPC, {"id": "v"}, {"id": ""}),
    *(
        edge("infrastructure.vpc", "Invalid", f"{VPC}.cidr", "10.250.0.0/16", outside)
        for outside in ("10.250.0.0", "10.250.0.1/16", "10.250.0.0/33", "fd00::/16", "")
    ),
    edge(
        "infrastructure.vpc_options",
        "Forbidden",
        f"{VPC}.gardenerManagedNATGateway",
        True,
        False,
        put(VPC, {"id": "vpc-1", "useCustomRouteTable": True}),
    ),
    edge("infrastructure.vpc_options", "Forbidden", f"{VPC}.useCustomRouteTable", False, True, existing_vpc),
    edge(
        "infrastructure.vpc_options",
        "Forbidden",
        VPC,
        {"cidr": "10.250.0.0/16", "useCustomRouteTable": True},
        {"id": "vpc-1", "useCustomRouteTable": True},
    ),
    edge("infrastructure.ignored_vpc_options", "Forbidden", f"{VPC}.gardenerManagedNATGateway", True, False),
    edge(
        "infrastructure.ignored_vpc_options",
        "Forbidden",
        VPC,
        {"id": "vpc-1", "gardenerManagedNATGateway": False},
        {"cidr": "10.250.0.0/16", "gardenerManagedNATGateway": False},
    ),
    edge("infrastructure.zones", "Required", ZONES, [zone("eu-central-1a")], []),
    edge("infrastructure.zones", "Required", f"{ZONE}.name", "e", ""),
    edge("infrastructure.zones", "Required", f"{ZONE}.workers", "10.250.0.0/19", GONE),
    edge("infrastructure.zones", "Required", f"{ZONE}.natGateway", GONE, {}),
    edge("infrastructure.zones", "Required", f"{ZONE}.natGateway", {"eipAllocationID": "e"}, {"eipAllocationID": ""}),
    edge("infrastructure.zones", "Invalid", f"{ZONE}.workers", "10.250.32.0/19", "10.250.16.0/19"),
    edge(
        "infrastructure.zones",
        "Invalid",
        f"{ZONE}.worker",
        "10.250.32.0/19",
        "10.250.16.0/19",
        put(f"{ZONE}.workers", GONE),
    ),
    *(
        edge("infrastructure.deprecated_ranges", "Invalid", f"{ZONE}.worker", inside, outside)
        for inside, outside in (
            ("10.250.96.0/19", "10.250.96.1/19"),
            ("10.250.96.0/19", "10.250.96.0"),
            # In the VPC, and apart from the range that counts and the other zones'.
            ("10.250.96.0/19", "10.251.0.0/19"),
            ("10.250.96.0/19", "10.250.0.0/19"),
            ("10.250.96.0/19", "10.250.95.0/24"),
        )
    ),
    edge(
        "infrastructure.deprecated_ranges",
        "Invalid",
        f"{ZONE}.worker",
        "10.250.96.0/24",
        "10.250.97.0/24",
        put(f"{NETWORKING}.pods", "10.250.97.0/24"),
    ),
    edge(
        "infrastructure.deprecated_ranges",
        "Invalid",
        f"{ZONE}.worker",
        "10.250.96.0/19",
        "10.250.128.0/19",
        put(f"{NETWORKING}.nodes", "10.250.0.0/17"),
    ),
    edge(
        "infrastructure.deprecated_ranges",
        "Invalid",
        f"{ZONE}.workers",
        GONE,
        "10.250.0.0/19",
        put(f"{ZONE}.worker", "10.250.0.0/19"),
    ),
    edge(
        "infrastructure.deprecated_ranges",
        "Invalid",
        f"{ZONES}.1.worker",
        "10.250.128.0/19",
        "10.250.96.0/19",
        put(f"{ZONE}.worker", "10.250.96.0/19"),
    ),
    edge("infrastructure.duplicate_zones", "Duplicate", f"{ZONES}.1.name", "eu-central-1b", "eu-central-1a"),
    edge("infrastructure.zone_names", "NotSupported", f"{ZONE}.name", "eu-central-1a", "eu-central-1d"),
    edge("infrastructure.zone_names", "NotSupported", f"{ZONE}.name", "eu-central-1a", "cn-shanghai-e"),
    edge("infrastructure.zone_names", "NotSupported", f"{ZONE}.name", "", "e"),
    # In the VPC, in the range of the nodes, and apart from each other; the nodes in the VPC.
    edge("infrastructure.zone_ranges", "Invalid", f"{ZONE}.workers", "10.250.224.0/19", "10.251.0.0/19"),
    edge("infrastructure.zone_ranges", "Invalid", f"{ZONE}.workers", "10.250.96.0/19", "10.249.224.0/19"),
    edge(
        "infrastructure.zone_ranges",
        "Invalid",
        f"{ZONE}.workers",
        "10.250.96.0/19",
        "10.250.128.0/19",
        put(f"{NETWORKING}.nodes", "10.250.0.0/17"),
    ),
    edge("infrastructure.zone_ranges", "Invalid", f"{NETWORKING}.nodes", "10.250.0.0/16", "10.250.0.0/15"),
    edge("infrastructure.zone_ranges", "Invalid", f"{NETWORKING}.nodes", GONE, "10.250.0.0/15"),
    edge("infrastructure.zone_ranges", "Invalid", f"{ZONES}.1.workers", "10.250.32.0/19", "10.250.31.0/24"),
    edge("infrastructure.zone_ranges", "Invalid", f"{ZONES}.1.workers", "10.250.32.0/27", "10.250.31.224/27"),
    *(
        edge("infrastructure.cluster_ranges", "Invalid", f"{NETWORKING}.{field}", inside, outside, given)
        for field in ("pods", "services")
        for inside, outside, given in (
            ("10.251.0.0/16", "10.250.255.0/24", all_of()),
            ("10.249.255.0/24", "10.250.0.0/24", all_of()),
            ("10.250.96.0/24", "10.250.95.0/24", existing_vpc),
        )
    ),
    edge(
        "infrastructure.addresses", "Duplicate", f"{ZONES}.1.natGateway.eipAllocationID", "eip-1", "eip-0", addresses(1)
    ),
    edge(
        "infrastructure.addresses", "Duplicate", f"{ZONES}.2.natGateway.eipAllocationID", "eip-2", "eip-1", addresses(2)
    ),
]

DUAL_STACK = [
    edge("dual_stack.region", "NotSupported", f"{SHOOT}.region", "eu-west-1", "eu-west-2", dual_stack),
    edge(
        "dual_stack.region",
        "NotSupported",
        f"{CONFIG}.dualStack",
        {"enabled": False},
        {"enabled": True},
        put(f"{SHOOT}.region", "me-east-1"),
    ),
    edge("dual_stack.blocks", "Invalid", f"{ZONE}.ipv6CidrBlock", 255, 256, dual_stack),
    edge("dual_stack.blocks", "Invalid", f"{ZONE}.ipv6CidrBlock", 0, -1, dual_stack),
    # The others have their positions, 1 and 2.
    edge("dual_stack.blocks", "Duplicate", f"{ZONE}.ipv6CidrBlock", 3, 2, dual_stack),
    edge(
        "dual_stack.blocks",
        "Duplicate",
        f"{ZONE}.ipv6CidrBlock",
        8,
        7,
        all_of(dual_stack, put(f"{ZONES}.2.ipv6CidrBlock", 7)),
    ),
    edge(
        "dual_stack.blocks",
        "Required",
        f"{ZONE}.ipv6CidrBlock",
        0,
        GONE,
        all_of(dual_stack, existing_vpc, *(put(f"{ZONES}.{index}.ipv6CidrBlock", index) for index in (1, 2))),
    ),
    edge("dual_stack.unused_blocks", "Invalid", f"{ZONE}.ipv6CidrBlock", 255, 256),
    edge("dual_stack.unused_blocks", "Invalid", f"{ZONE}.ipv6CidrBlock", 0, -1),
    edge("dual_stack.unused_blocks", "Duplicate", f"{ZONE}.ipv6CidrBlock", 8, 7, put(f"{ZONES}.2.ipv6CidrBlock", 7)),
]

NETWORKING_EDGES = [
    *(
        edge("networking.ranges", "Invalid", f"{NETWORKING}.{field}", "10.99.0.0/16", outside)
        for field in ("pods", "services", "nodes")
        for outside in ("10.99.0.0", "10.99.0.1/16", "10.99.0.0/33", "fd00::/16")
    ),
    edge("networking.ranges", "Invalid", f"{NETWORKING}.services", "192.168.128.0/17", "192.168.127.0/24"),
    edge("networking.ranges", "Invalid", f"{NETWORKING}.pods", "10.251.0.0/16", "10.250.255.0/24"),
    edge("networking.ranges", "Invalid", f"{NETWORKING}.nodes", "192.169.0.0/24", "192.168.255.0/24"),
    *(
        edge("networking.reserved", "Invalid", f"{NETWORKING}.{field}", inside, outside)
        for field in ("pods", "services", "nodes")
        for inside, outside in (("100.63.0.0/16", "100.64.0.0/16"), ("100.128.0.0/16", "100.127.0.0/16"))
    ),
    edge("networking.ip_families", "NotSupported", f"{NETWORKING}.ipFamilies", ["IPv4"], ["IPv5"]),
    edge("networking.ip_families", "NotSupported", f"{NETWORKING}.ipFamilies", ["IPv6"], ["ipv6"]),
    edge("networking.ip_families", "Duplicate", f"{NETWORKING}.ipFamilies", ["IPv4", "IPv6"], ["IPv4", "IPv4"]),
    edge("networking.ipv6_alone", "Invalid", f"{NETWORKING}.ipFamilies", ["IPv6", "IPv4"], ["IPv6"]),
    edge("networking.ipv6_alone", "Invalid", f"{NETWORKING}.ipFamilies", ["IPv4"], ["IPv6"]),
    edge(
        "networking.ipv6_alone",
        "Invalid",
        NETWORKING,
        {"ipFamilies": ["IPv6"]},
        {"ipFamilies": ["IPv6"], "services": "192.168.128.0/17"},
        without_workers,
    ),
]


def room(prefix: int, *maxima: int) -> Change:
    """Return a change that gives the first zone a range, and the pools their sizes."""
    sizes = (put(f"{SHOOT}.provider.workers.{index}.maximum", maximum) for index, maximum in enumerate(maxima))
    return all_of(put(f"{ZONE}.workers", f"10.250.0.0/{prefix}"), *sizes)


ROOM = [
    # Of 8 addresses the cloud keeps 4, and the NAT gateway takes one. The pools are in three and in two zones.
    edge("zone_capacity.zone_capacity", "Invalid", f"{POOL}.maximum", 6, 7, room(29, 0, 2)),
    edge("zone_capacity.zone_capacity", "Invalid", f"{SHOOT}.provider.workers.1.maximum", 2, 3, room(29, 6, 0)),
    edge("zone_capacity.zone_capacity", "Invalid", f"{ZONE}.workers", "10.250.0.0/28", "10.250.0.0/29", room(28, 6, 3)),
    edge("zone_capacity.zone_capacity", "Invalid", VPC, {"id": "vpc-1"}, {"cidr": "10.250.0.0/16"}, room(29, 6, 3)),
    edge(
        "zone_capacity.zone_capacity",
        "Invalid",
        "Worker.spec.pools.0.maximum",
        3,
        4,
        put("Infrastructure.spec.providerConfig.networks.zones.0.workers", "10.250.0.0/29"),
    ),
]

EDGES: list[Edge] = [*ADDRESS_LIMITS, *INFRASTRUCTURE, *DUAL_STACK, *NETWORKING_EDGES, *ROOM]
