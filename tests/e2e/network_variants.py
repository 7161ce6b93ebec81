"""Kinds of networks that have to work: all the shoot's own, or partly the user's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.e2e.user_network import UserNetwork
from tests.e2e.variants import (
    POOLS,
    ZONES,
    Change,
    Size,
    Variant,
    append,
    infrastructure_object,
    only_zones,
    put,
    seed_objects,
    take,
    zone,
)

_CONFIG = "Shoot/spec/provider/infrastructureConfig"
_VPC = f"{_CONFIG}/networks/vpc"


def eip(zone: int, name: str) -> Change:
    """Return the change that brings an EIP for a zone."""
    return put(f"{ZONES}/{zone}/natGateway", {"eipAllocationID": name})


def vpc(**options: Any) -> Change:
    """Return the change that puts the shoot into the user's VPC."""
    return put(_VPC, {"id": "$vpc", **options})


managed, own_table = {"gardenerManagedNATGateway": True}, {"useCustomRouteTable": True}
new_with_table = put(_VPC, {"cidr": "10.250.0.0/16", **own_table})
dual_stack = put(f"{_CONFIG}/dualStack", {"enabled": True})
blocks = [put(f"{ZONES}/{position}/ipv6CidrBlock", number) for position, number in enumerate((7, 255))]
no_eip = take(f"{ZONES}/0/natGateway")
zones_ab = only_zones("ab")
zone_c = append(ZONES, zone("eu-central-1c", "10.250.64.0/19"))
zone_c_block = put(f"{ZONES}/2/ipv6CidrBlock", 8)
pool_in_c = append(f"{POOLS}/0/zones", "eu-central-1c")
raise_maximum = put(f"{POOLS}/0/maximum", 9)
old_worker = [put(f"{ZONES}/0", {"name": "eu-central-1a", "worker": "10.250.0.0/19"})]
new_workers = [put(f"{ZONES}/0", {"name": "eu-central-1a", "workers": "10.250.0.0/19"}), raise_maximum]

TWO, THREE = Size(2, 4, 4), Size(3, 5, 5)
GUEST, MANAGED = {"vpcs": 0, "nat_gateways": 0}, {"vpcs": 0}
TABLE, TABLE_WITH_IPV6 = {"route_tables": 1, "routes": 1}, {"route_tables": 1, "routes": 2}
IPV6 = {"ipv6_gateways": 1}

NETWORK_VARIANTS = (
    Variant(
        "the user's VPC and NAT gateway",
        [zones_ab, vpc()],
        [zone_c, pool_in_c],
        replace(TWO, **GUEST),
        replace(THREE, **GUEST),
        user=UserNetwork(gateways=1),
    ),
    Variant(
        "the user's VPC, charged by bandwidth",
        [zones_ab, vpc(), eip(0, "$eip0")],
        [zone_c],
        replace(TWO, eips=1, **GUEST),
        Size(3, 4, 4, eips=2, **GUEST),
        user=UserNetwork(gateways=1, eips=1, charge_type="PayByBandwidth"),
    ),
    Variant(
        "managed gateway in the user's VPC",
        [zones_ab, vpc(**managed)],
        [zone_c, pool_in_c],
        replace(TWO, **MANAGED),
        replace(THREE, **MANAGED),
        user=UserNetwork(),
    ),
    Variant(
        "managed gateway and table beside another shoot",
        [zones_ab, vpc(**managed, **own_table)],
        [zone_c],
        replace(TWO, **MANAGED, **TABLE),
        Size(3, 4, 4, **MANAGED, **TABLE),
        user=UserNetwork(other_shoot="shoot--demo--other"),
    ),
    Variant(
        "dual stack in the user's VPC",
        [zones_ab, vpc(**managed, **own_table), dual_stack, *blocks],
        [zone_c, zone_c_block],
        replace(TWO, **MANAGED, **TABLE_WITH_IPV6),
        Size(3, 4, 4, **MANAGED, **TABLE_WITH_IPV6),
        user=UserNetwork(has_ipv6=True),
    ),
    Variant(
        "own EIPs",
        [eip(0, "$eip0"), eip(1, "$eip1")],
        [eip(2, "$eip2")],
        Size(3, 5, 4, eips=1),
        Size(3, 5, 4, eips=0),
        user=UserNetwork(has_vpc=False, eips=3),
    ),
    Variant(
        "own EIP, then another one",
        [eip(0, "$eip0")],
        [eip(0, "$eip1")],
        Size(3, 5, 4, eips=2),
        Size(3, 5, 4, eips=2),
        user=UserNetwork(has_vpc=False, eips=2),
    ),
    Variant(
        "own EIP, then a managed one",
        [eip(0, "$eip0")],
        [no_eip],
        Size(3, 5, 4, eips=2),
        Size(3, 5, 4),
        user=UserNetwork(has_vpc=False, eips=1),
    ),
    Variant(
        "managed EIP, then an own one",
        (),
        [eip(1, "$eip0")],
        Size(3, 5, 4),
        Size(3, 5, 4, eips=2),
        user=UserNetwork(has_vpc=False, eips=1),
    ),
    Variant("own route table", [zones_ab, new_with_table], [zone_c], replace(TWO, **TABLE), Size(3, 4, 4, **TABLE)),
    Variant("dual stack", [dual_stack], [raise_maximum], Size(3, 5, 4, **IPV6), Size(3, 5, 4, **IPV6)),
    Variant(
        "IPv4, then dual stack",
        [zones_ab],
        [dual_stack, blocks[1]],
        TWO,
        replace(TWO, **IPV6),
    ),
    Variant(
        "dual stack and own route table",
        [zones_ab, new_with_table, dual_stack, *blocks],
        [zone_c, zone_c_block],
        replace(TWO, **TABLE_WITH_IPV6, **IPV6),
        Size(3, 4, 4, **TABLE_WITH_IPV6, **IPV6),
    ),
    Variant("deprecated name of a range", old_worker, new_workers, Size(3, 5, 4), Size(3, 5, 4)),
    Variant(
        "objects of a seed in the user's VPC",
        [zones_ab, vpc()],
        [zone_c, pool_in_c],
        replace(TWO, **GUEST),
        replace(THREE, **GUEST),
        seed_objects,
        UserNetwork(gateways=1),
    ),
    Variant(
        "Infrastructure alone in the user's VPC",
        [zones_ab, vpc(**managed)],
        [zone_c],
        Size(2, 0, 0, 7, **MANAGED),
        Size(3, 0, 0, 7, **MANAGED),
        infrastructure_object,
        UserNetwork(),
    ),
)
