"""
Creating classic load balancers (Slb 2014-05-15).

Sources: as for `load_balancer`.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from provisioner.sandbox.actions.naming import check_name
from provisioner.sandbox.actions.slb.load_balancer import CHARGE_TYPES, one_of, show_load_balancer
from provisioner.sandbox.actions.tagging import new_tags
from provisioner.sandbox.actions.vpc.address import (
    free_private_address,
    usable_private_addresses,
    used_private_addresses,
)
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.catalogue import REGIONS
from provisioner.sandbox.cloud.resource import Resource

_SPECS = (
    "slb.s1.small",
    "slb.s2.small",
    "slb.s2.medium",
    "slb.s3.small",
    "slb.s3.medium",
    "slb.s3.large",
)
_LONGEST_NAME = 80
_MOST_BANDWIDTH = 5120


def create_load_balancer(call: Call) -> Answer:
    """Create a load balancer, internal when a vSwitch is named."""
    region = call.region
    params = call.params
    address_type = one_of(call, "AddressType", "internet", "intranet", default=_implied_address_type(call))
    _check_name(call)
    charging = _charging(call)
    protection = one_of(call, "DeleteProtection", "on", "off", default="off")
    modification = one_of(
        call, "ModificationProtectionStatus", "NonProtection", "ConsoleProtection", default="NonProtection"
    )
    tags = new_tags(call)
    vswitch = _vswitch(call) if address_type == "intranet" else None
    call.check_quota(
        "load_balancer",
        call.tx.count("load_balancer", account=call.account, region=region),
        ActionError("OverQuota", "The Total is over the quota"),
    )
    load_balancer_id = call.new_id("lb", region)
    document = {
        **charging,
        **params.echo("ResourceGroupId"),
        **_zones(call, vswitch),
        "Address": call.new_address() if vswitch is None else _private_address(call, vswitch),
        "AddressType": address_type,
        "VpcId": "" if vswitch is None else vswitch.parent,
        "DeleteProtection": protection,
        "ModificationProtectionStatus": modification,
        "ModificationProtectionReason": params.text("ModificationProtectionReason")
        if modification == "ConsoleProtection"
        else "",
        "Tags": tags,
        "Status": "active",
    }
    made = call.create(
        "load_balancer",
        load_balancer_id,
        region=region,
        parent="" if vswitch is None else vswitch.id,
        name=params.text("LoadBalancerName") or load_balancer_id,
        document=document,
    )
    shown = show_load_balancer(call, made)
    names = ("LoadBalancerId", "LoadBalancerName", "Address", "NetworkType", "VpcId", "VSwitchId", "ResourceGroupId")
    return {**{name: shown[name] for name in names}, "AddressIPVersion": "ipv4", "OrderId": 0}


def _implied_address_type(call: Call) -> str:
    return "intranet" if "VSwitchId" in call.params else "internet"


def _check_name(call: Call) -> None:
    name = call.params.text("LoadBalancerName")
    refusal = call.params.invalid("LoadBalancerName")
    check_name(name, refusal)
    if len(name) > _LONGEST_NAME:
        raise refusal


def _charging(call: Call) -> dict[str, Any]:
    """Return what is paid for, or refuse: what is shared with others is not sold any more."""
    params = call.params
    by_use = one_of(call, "InstanceChargeType", "PayBySpec", "PayByCLCU", default="PayBySpec") == "PayByCLCU"
    spec = "" if by_use else params.text("LoadBalancerSpec")
    if not by_use and not spec:
        raise ActionError("ShareSlbHaltSales", "The share instance has been discontinued.")
    if not by_use and spec not in _SPECS:
        raise params.invalid("LoadBalancerSpec")
    if params.text("PayType") not in ("", "PayOnDemand"):
        raise params.invalid("PayType")
    charge_type = params.text("InternetChargeType").lower() or "paybytraffic"
    if charge_type not in CHARGE_TYPES:
        raise params.invalid("InternetChargeType")
    bandwidth = params.integer("Bandwidth")
    is_valid = bandwidth is not None and 1 <= bandwidth <= _MOST_BANDWIDTH
    if charge_type == "paybybandwidth" and not is_valid:
        raise ActionError("InvalidParameter.Bandwidth", "The param Bandwidth is invalid.")
    return {
        "InstanceChargeType": "PayByCLCU" if by_use else "PayBySpec",
        "LoadBalancerSpec": spec,
        "InternetChargeType": charge_type,
        # By traffic it is unlimited, whatever was sent.
        "Bandwidth": bandwidth if charge_type == "paybybandwidth" else _MOST_BANDWIDTH,
    }


def _vswitch(call: Call) -> Resource:
    params = call.params
    if "VSwitchId" not in params:
        raise ActionError("MissingParam.VSwitchId", "The parameter VSwitchId is required.")
    if "VpcId" in params and call.find("vpc", params.text("VpcId")) is None:
        raise ActionError("InvalidVpcId.NotExist", "The specified VPC not exist.", 404)
    missing = ActionError("InvalidVSwitchId.NotFound", "The specified vSwitch instance is invalid.", 404)
    vswitch = call.get("vswitch", params.text("VSwitchId"), missing)
    if params.text("VpcId") not in ("", vswitch.parent):
        raise missing
    return vswitch


def _private_address(call: Call, vswitch: Resource) -> str:
    """Return the address that was asked for, or the next free one."""
    wanted = call.params.text("Address")
    if not wanted:
        try:
            return free_private_address(call, vswitch)
        except ActionError:
            raise ActionError("VSwitchAvailableIpNotExist", "The specified VSwitch has no availabe ip.") from None
    try:
        inside = IPv4Address(wanted) in IPv4Network(vswitch.document["CidrBlock"])
    except ValueError:
        inside = False
    if not inside or wanted not in usable_private_addresses(vswitch) or wanted in used_private_addresses(call, vswitch):
        raise ActionError("InvalidParameter", "Illegal parameter. The IP address is not in subnet.")
    return wanted


def _zones(call: Call, vswitch: Resource | None) -> dict[str, str]:
    """Return the zone it works in and the one that stands by."""
    known = REGIONS[call.region]
    for name in ("MasterZoneId", "SlaveZoneId"):
        if call.params.text(name) not in ("", *known):
            raise call.params.invalid(name)
    master = call.params.text("MasterZoneId") or (known[0] if vswitch is None else vswitch.document["ZoneId"])
    others = [zone for zone in known if zone != master]
    return {"MasterZoneId": master, "SlaveZoneId": call.params.text("SlaveZoneId") or (others[0] if others else "")}


WRITES = {"CreateLoadBalancer": create_load_balancer}
