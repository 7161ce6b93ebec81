"""Networks of shoots: a VPC, a vSwitch in each zone, and ranges for nodes, pods and services that overlap nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from hypothesis import strategies as st

from tests.properties.cloud_profiles import ALICLOUD

_STANDARD = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_CUSTOM = IPv4Network("30.0.0.0/8")
"""CreateVpc takes other ranges, too."""
_SMALLEST_VSWITCH, _LARGEST_VSWITCH = 29, 16
_SMALLEST_VPC = 28
_KEPT_ADDRESSES = 4
DUAL_STACK_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7", "cn-beijing", "cn-chengdu", "cn-guangzhou", "cn-hangzhou", "cn-heyuan", "cn-hongkong",
    "cn-qingdao", "cn-shanghai", "cn-shenzhen", "cn-wulanchabu", "cn-zhangjiakou", "eu-central-1", "eu-west-1",
    "na-south-1", "us-east-1", "us-west-1",
)  # fmt: skip
"""Of the extension's list; written out here, so that a change of the product's own list is noticed."""


@dataclass(frozen=True)
class Network:
    """An InfrastructureConfig, and the shoot's own ranges around it."""

    config: dict[str, Any]
    networking: dict[str, Any]
    ranges: Mapping[str, IPv4Network]
    """Of the zones, by name."""
    has_ipv6: bool

    @property
    def room(self) -> dict[str, int]:
        """How many machines each zone has addresses for; the NAT gateway has one of the first zone's."""
        first = next(iter(self.ranges))
        return {zone: item.num_addresses - _KEPT_ADDRESSES - (zone == first) for zone, item in self.ranges.items()}


@st.composite
def networks(draw: st.DrawFn, region: str, zones: tuple[str, ...], *, is_new: bool) -> Network:
    """Return a new network in these zones."""
    for_vpc, for_pods, for_services = draw(st.permutations(_STANDARD))
    if draw(st.integers(0, 3)) == 0:
        for_vpc = _CUSTOM
    # Aligning ranges of different sizes costs no more than half of them.
    shares = 0 if len(zones) == 1 else (len(zones) - 1).bit_length() + 1
    vpc = _part(draw, for_vpc, for_vpc.prefixlen, min(_SMALLEST_VPC, _SMALLEST_VSWITCH - shares))
    ranges: dict[str, IPv4Network] = {}
    free = int(vpc.network_address)
    for zone in zones:
        prefix = draw(st.integers(max(_LARGEST_VSWITCH, vpc.prefixlen + shares), _SMALLEST_VSWITCH))
        size = 2 ** (32 - prefix)
        free = -(-free // size) * size
        ranges[zone] = IPv4Network((free, prefix))
        free += size
    has_ipv6 = region in DUAL_STACK_REGIONS and draw(st.booleans())
    config: dict[str, Any] = {
        "apiVersion": ALICLOUD,
        "kind": "InfrastructureConfig",
        "networks": {"vpc": _vpc(draw, vpc), "zones": _zones(draw, ranges)},
    }
    if has_ipv6 or draw(st.booleans()):
        config["dualStack"] = draw(st.sampled_from([{"enabled": has_ipv6}, {"enabled": has_ipv6}, None]))
        if has_ipv6:
            config["dualStack"] = {"enabled": True}
    networking: dict[str, Any] = {"type": draw(st.sampled_from(["calico", "cilium"]))}
    if is_new or draw(st.booleans()):
        networking["nodes"] = str(draw(st.sampled_from([vpc, _around(list(ranges.values()))])))
    if draw(st.integers(0, 7)):
        networking["pods"] = str(_part(draw, for_pods, for_pods.prefixlen, 28))
    if draw(st.booleans()):
        networking["services"] = str(_part(draw, for_services, for_services.prefixlen, 28))
    return Network(config, networking, ranges, has_ipv6)


def _part(draw: st.DrawFn, whole: IPv4Network, least: int, most: int) -> IPv4Network:
    """Return a part of a range with a prefix length between two."""
    prefix = draw(st.integers(least, most))
    number = draw(st.integers(0, 2 ** (prefix - whole.prefixlen) - 1))
    return IPv4Network((int(whole.network_address) + number * 2 ** (32 - prefix), prefix))


def _around(ranges: list[IPv4Network]) -> IPv4Network:
    """Return the smallest range that holds all of these."""
    found = ranges[0]
    while not all(item.subnet_of(found) for item in ranges):
        found = found.supernet()
    return found


def _vpc(draw: st.DrawFn, vpc: IPv4Network) -> dict[str, Any]:
    options: dict[str, Any] = {"cidr": str(vpc)}
    for field, values in (
        ("useCustomRouteTable", [None, False, True, True]),
        ("gardenerManagedNATGateway", [None, None, True]),
    ):
        value = draw(st.sampled_from(values))
        if value is not None:
            options[field] = value
    return options


def _zones(draw: st.DrawFn, ranges: Mapping[str, IPv4Network]) -> list[dict[str, Any]]:
    """Return the zones of an InfrastructureConfig; zones without a block of their own have their position's."""
    blocks = draw(st.sampled_from([None, "some", "reversed"]))
    zones: list[dict[str, Any]] = []
    for position, (name, range_) in enumerate(ranges.items()):
        zone: dict[str, Any] = {"name": name, draw(st.sampled_from(["worker", "workers"])): str(range_)}
        if blocks == "reversed":
            zone["ipv6CidrBlock"] = len(ranges) - 1 - position
        elif blocks == "some" and draw(st.booleans()):
            zone["ipv6CidrBlock"] = 255 - 20 * position - draw(st.integers(0, 19))
        zones.append(zone)
    return zones
