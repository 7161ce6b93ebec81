"""Private addresses of vSwitches: no action of its own, but whatever is started in a vSwitch needs one."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import islice

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.resource import Resource

_RESERVED_AT_THE_END = 3


def free_private_address(call: Call, vswitch: Resource) -> str:
    """Return an address of a vSwitch that nothing uses or refuse."""
    used = used_private_addresses(call, vswitch)
    for address in usable_private_addresses(vswitch):
        if address not in used:
            return address
    raise ActionError(
        "QuotaExceeded.PrivateIpAddress", "Private IP address quota exceeded in the specified virtual switch."
    )


def used_private_addresses(call: Call, vswitch: Resource) -> set[str]:
    """Return the addresses of a vSwitch that something uses."""
    used = {str(instance.document["PrivateIp"]) for instance in call.list("instance", parent=vswitch.id)}
    used.update(str(balancer.document["Address"]) for balancer in call.list("load_balancer", parent=vswitch.id))
    used.update(
        str(gateway.document["PrivateIp"])
        for gateway in call.list("nat_gateway", parent=vswitch.parent)
        if gateway.document["VSwitchId"] == vswitch.id
    )
    return used


def usable_private_addresses(vswitch: Resource) -> Iterator[str]:
    """Yield the addresses of a vSwitch that something may have, lowest first; the cloud keeps the last ones."""
    network = IPv4Network(vswitch.document["CidrBlock"])
    usable = network.num_addresses - 1 - _RESERVED_AT_THE_END
    return (str(address) for address in islice(network.hosts(), usable))
