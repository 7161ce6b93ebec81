"""Private addresses of vSwitches: no action of its own, but whatever is started in a vSwitch needs one."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import islice

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.store import Resource

_RESERVED_AT_THE_END = 3


def free_private_address(call: Call, vswitch: Resource) -> str:
    """Return an address of a vSwitch that nothing uses or refuse."""
    used = {instance.document["PrivateIp"] for instance in call.list("instance", parent=vswitch.id)}
    used.update(
        gateway.document["PrivateIp"]
        for gateway in call.list("nat_gateway", parent=vswitch.parent)
        if gateway.document["VSwitchId"] == vswitch.id
    )
    network = IPv4Network(vswitch.document["CidrBlock"])
    usable = network.num_addresses - 1 - _RESERVED_AT_THE_END
    for address in islice(network.hosts(), usable):
        if str(address) not in used:
            return str(address)
    raise ActionError(
        "QuotaExceeded.PrivateIpAddress", "Private IP address quota exceeded in the specified virtual switch."
    )
