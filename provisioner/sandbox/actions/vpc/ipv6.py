"""IPv6 ranges: a /56 for each VPC that wants one, a /64 of it for each vSwitch; no action of its own."""

from __future__ import annotations

from ipaddress import IPv6Network

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.resource import Resource

_POOL = IPv6Network("2408:4000::/32")
_VPC_MASK, _VSWITCH_MASK = 56, 64
_LARGEST_INDEX = 2 ** (_VSWITCH_MASK - _VPC_MASK) - 1


def new_vpc_range(call: Call) -> str:
    """Return a /56 that no other VPC has."""
    ranges = 2 ** (_VPC_MASK - _POOL.prefixlen)
    # An odd factor permutes the pool, so neighbours do not look like neighbours.
    offset = call.tx.next_number() * 6700417 % ranges
    address = int(_POOL.network_address) + (offset << (128 - _VPC_MASK))
    return str(IPv6Network((address, _VPC_MASK)))


def vpc_range(vpc: Resource) -> str:
    """Return a VPC's IPv6 range, empty when it has none."""
    return str(vpc.document.get("Ipv6CidrBlock", ""))


def vswitch_range(vswitch: Resource) -> str:
    """Return a vSwitch's IPv6 range, empty when it has none."""
    return str(vswitch.document.get("Ipv6CidrBlock", ""))


def new_vswitch_range(call: Call, vpc: Resource) -> str:
    """Return the /64 that `Ipv6CidrBlock` numbers within the VPC's range or refuse."""
    index = call.params.integer("Ipv6CidrBlock")
    if index is None or not 0 <= index <= _LARGEST_INDEX:
        raise ActionError("InvalidParameter", 'Specified value of "Ipv6CidrBlock" is not valid.')
    if not vpc_range(vpc):
        raise ActionError("OperationFailed.VpcNotEnableIpv6", "IPv6 is not enabled for the specified VPC.")
    first = int(IPv6Network(vpc_range(vpc)).network_address)
    wanted = str(IPv6Network((first + (index << (128 - _VSWITCH_MASK)), _VSWITCH_MASK)))
    if any(vswitch_range(sibling) == wanted for sibling in call.list("vswitch", parent=vpc.id)):
        raise ActionError("InvalidIpv6CidrBlock.Overlapped", "Specified IPv6 CIDR block overlapped with other subnets.")
    return wanted
