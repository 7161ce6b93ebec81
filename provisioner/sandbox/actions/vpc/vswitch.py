"""vSwitches (Vpc 2016-04-28)."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import Any

from provisioner.sandbox.actions.naming import change_texts, check_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.ipv6 import new_vswitch_range, vswitch_range
from provisioner.sandbox.actions.vpc.system_routes import table_id_of
from provisioner.sandbox.actions.vpc.vpc import check_vpc_available, get_vpc, ranges_of
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import REGIONS
from provisioner.sandbox.cloud.resource import Resource

_SHORTEST_MASK, _LONGEST_MASK = 16, 29
_DEFAULT_MASK = 20
_RESERVED_ADDRESSES = 4  # the first one and the last three


def create_vswitch(call: Call) -> Answer:
    """Create a vSwitch in one zone of a VPC's range."""
    _ = call.region
    zone, cidr = call.params.required("ZoneId"), call.params.required("CidrBlock")
    _check_texts(call)
    vpc = get_vpc(call)
    _check_zone(call, zone)
    return _new_vswitch(call, vpc, zone, cidr, is_default=False)


def create_default_vswitch(call: Call) -> Answer:
    """Create the one vSwitch of a zone that is its default, in the next free range of the default VPC."""
    _ = call.region
    zone = call.params.required("ZoneId")
    _check_texts(call)
    _check_zone(call, zone)
    vpc = next((vpc for vpc in call.list("vpc") if vpc.document.get("IsDefault")), None)
    if vpc is None:
        raise ActionError("InvalidDefaultVpc.NotFound", "The default VPC does not exist in this region.", 404)
    siblings = call.list("vswitch", parent=vpc.id)
    if any(one.document.get("IsDefault") and one.document["ZoneId"] == zone for one in siblings):
        raise ActionError("OperationFailed.DefaultVSwitchExist", "The default vSwitch already exists in this zone.")
    taken = [IPv4Network(one.document["CidrBlock"]) for one in siblings]
    for cidr in IPv4Network(vpc.document["CidrBlock"]).subnets(new_prefix=_DEFAULT_MASK):
        if not any(cidr.overlaps(other) for other in taken):
            return _new_vswitch(call, vpc, zone, str(cidr), is_default=True)
    raise ActionError("QuotaExceeded.VSwitch", "Virtual switch quota exceeded.")


def _new_vswitch(call: Call, vpc: Resource, zone: str, cidr: str, *, is_default: bool) -> Answer:
    network = _checked_cidr(cidr, vpc)
    siblings = call.list("vswitch", parent=vpc.id)
    if any(network.overlaps(IPv4Network(other.document["CidrBlock"])) for other in siblings):
        raise ActionError("InvalidCidrBlock.Overlapped", "Specified CIDR block overlapped with other subnets.")
    if _is_routed_elsewhere(call, vpc, network):
        raise ActionError("InvalidCidrBlock.Overlapped", "Specified CIDR block overlapped with a route entry.")
    ipv6_range = new_vswitch_range(call, vpc) if "Ipv6CidrBlock" in call.params else ""
    call.check_quota("vswitch", len(siblings), ActionError("QuotaExceeded.VSwitch", "Virtual switch quota exceeded."))
    check_vpc_available(call, vpc)
    document = {
        **call.params.echo("Description"),
        "CidrBlock": cidr,
        "Ipv6CidrBlock": ipv6_range,
        "ZoneId": zone,
        "IsDefault": is_default,
        "Tags": new_tags(call),
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    vswitch_id = call.new_id("vsw", vpc.region)
    call.create(
        "vswitch",
        vswitch_id,
        region=vpc.region,
        parent=vpc.id,
        name=call.params.text("VSwitchName"),
        document=document,
        settles=True,
    )
    return {"VSwitchId": vswitch_id}


def describe_vswitch_attributes(call: Call) -> Answer:
    """Return everything about one vSwitch."""
    return {**_show(call, get_vswitch(call)), "CloudResources": {"CloudResourceSetType": []}}


def describe_vswitches(call: Call) -> Answer:
    """Return vSwitches, filtered by id, VPC, zone, name, route table, default, resource group, owner and tags."""
    params = call.params
    found = [
        vswitch
        for vswitch in call.list(
            "vswitch", parent=params.text("VpcId") or None, name=params.text("VSwitchName") or None
        )
        if params.text("VSwitchId") in ("", vswitch.id)
        and params.text("ZoneId") in ("", vswitch.document["ZoneId"])
        and params.boolean("IsDefault") in (None, vswitch.document.get("IsDefault", False))
        and params.text("ResourceGroupId") in ("", vswitch.document.get("ResourceGroupId"))
        and params.text("VSwitchOwnerId") in ("", vswitch.account)
        and ("RouteTableId" not in params or params.text("RouteTableId") == table_id_of(call, vswitch))
        and matches_tags(call, vswitch)
    ]
    return answer_page(call, found, lambda vswitch: _show(call, vswitch), "VSwitches", "VSwitch")


def modify_vswitch_attribute(call: Call) -> Answer:
    """Change a vSwitch's name, description or whether it has an IPv6 range."""
    vswitch = get_vswitch(call)
    _check_texts(call)
    change_texts(call.params, vswitch, "VSwitchName")
    call.tx.update(vswitch)
    if "EnableIPv6" in call.params:
        _change_ipv6(call, vswitch)
    return {}


def delete_vswitch(call: Call) -> Answer:
    """Delete a vSwitch that no NAT gateway, SNAT entry, custom route table, instance or load balancer uses."""
    vswitch = get_vswitch(call)
    if call.status(vswitch) != "Available":
        raise ActionError("IncorrectVSwitchStatus", "Current virtual switch status does not support this operation.")
    for gateway in call.list("nat_gateway", parent=vswitch.parent):
        if gateway.document["VSwitchId"] == vswitch.id:
            raise ActionError(
                "DependencyViolation.EnhancedNatgw", "Specified object has dependent resources EnhancedNatgw."
            )
        for entry in call.list("snat_entry", parent=gateway.id):
            if entry.document.get("SourceVSwitchId") == vswitch.id:
                raise ActionError(
                    "DependencyViolation.SnatEntry", "Specified object has dependent resources SnatEntry."
                )
    if vswitch.document.get("RouteTableId"):
        raise ActionError("DependencyViolation.RouteTable", "Specified object has dependent resources RouteTable.")
    if call.list("instance", parent=vswitch.id) or call.list("load_balancer", parent=vswitch.id):
        raise ActionError("DependencyViolation", "Specified object has dependent resources.")
    call.tx.remove([vswitch])
    return {}


def get_vswitch(call: Call) -> Resource:
    """Return the vSwitch the call names or refuse."""
    # This code and no other: the provider takes only two codes for "already gone" when it deletes a vSwitch.
    missing = ActionError("InvalidVswitchID.NotFound", "Specified virtual switch does not exist.", 404)
    return call.get("vswitch", call.params.required("VSwitchId"), missing)


def get_vswitch_of(call: Call, id: str, vpc_id: str) -> Resource:
    """Return a vSwitch of a VPC, as NAT gateways and their entries name one, or refuse; no action of its own."""
    vswitch = call.find("vswitch", id)
    if vswitch is None or vswitch.parent != vpc_id:
        raise ActionError("InvalidVSwitchId.NotFound", "The specified virtual switch does not exists.", 404)
    return vswitch


def _show(call: Call, vswitch: Resource) -> dict[str, Any]:
    document = vswitch.document
    used = sum(1 for _ in call.list("instance", parent=vswitch.id))
    size = IPv4Network(document["CidrBlock"]).num_addresses
    return {
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.name,
        "VpcId": vswitch.parent,
        "ZoneId": document["ZoneId"],
        "CidrBlock": document["CidrBlock"],
        # An absent key would read as "IPv6 enabled".
        "Ipv6CidrBlock": vswitch_range(vswitch),
        "Description": document.get("Description", ""),
        "Status": call.status(vswitch),
        "AvailableIpAddressCount": size - _RESERVED_ADDRESSES - used,
        "CreationTime": timestamp(vswitch.created_at),
        "IsDefault": document.get("IsDefault", False),
        "NetworkAclId": "",
        "OwnerId": int(vswitch.account),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "ShareType": "",
        "RouteTable": {
            "RouteTableId": table_id_of(call, vswitch),
            "RouteTableType": "Custom" if document.get("RouteTableId") else "System",
        },
        "Tags": {"Tag": show_tags(vswitch, "Key", "Value")},
    }


def _check_zone(call: Call, zone: str) -> None:
    if zone not in REGIONS[call.region]:
        raise ActionError("InvalidZoneId.NotFound", "Specified value of ZoneId is not exists.", 404)


def _is_routed_elsewhere(call: Call, vpc: Resource, network: IPv4Network) -> bool:
    """Return whether a custom route leads to a part of the range, which its local route would then hide."""
    for table in call.list("route_table", parent=vpc.id):
        for route in call.list("route_entry", parent=table.id):
            destination = ip_network(route.document["DestinationCidrBlock"])
            if isinstance(destination, IPv4Network) and destination.subnet_of(network):
                return True
    return False


def _change_ipv6(call: Call, vswitch: Resource) -> None:
    if call.status(vswitch) != "Available":
        raise ActionError("IncorrectStatus.VSwitch", "Current virtual switch status does not support this operation.")
    if not call.params.boolean("EnableIPv6"):
        vswitch.document["Ipv6CidrBlock"] = ""
    elif "Ipv6CidrBlock" not in call.params:
        raise ActionError("MissingParam.Ipv6CidrBlock", "The parameter Ipv6CidrBlock is mandatory.")
    elif vswitch_range(vswitch):
        # It has to be released first.
        raise ActionError("OperationDenied.Ipv6CidrBlockExists", "The vSwitch already has an IPv6 CIDR block.")
    else:
        vpc = call.tx.select("vpc", id=vswitch.parent, account=call.account)[0]
        vswitch.document["Ipv6CidrBlock"] = new_vswitch_range(call, vpc)
    call.change_state(vswitch, "Pending", "Available")


def _checked_cidr(text: str, vpc: Resource) -> IPv4Network:
    refusal = ActionError("InvalidParameter", "Specified CIDR block is not valid in VPC.")
    try:
        network = IPv4Network(text)
    except ValueError:
        raise refusal from None
    inside = any(network.subnet_of(range_) for range_ in ranges_of(vpc))
    if "/" not in text or not inside or not _SHORTEST_MASK <= network.prefixlen <= _LONGEST_MASK:
        raise refusal
    return network


def _check_texts(call: Call) -> None:
    check_texts(
        call.params,
        "VSwitchName",
        ActionError("InvalidVSwitchName.Malformed", "Specified virtual switch name is not valid."),
        # The service's own spelling.
        ActionError("InvalidVSwitchDiscription.Malformed", "Specified virtual switch description is not valid."),
    )


READS = {"DescribeVSwitchAttributes": describe_vswitch_attributes, "DescribeVSwitches": describe_vswitches}
WRITES = {
    "CreateVSwitch": create_vswitch,
    "CreateDefaultVSwitch": create_default_vswitch,
    "ModifyVSwitchAttribute": modify_vswitch_attribute,
    "DeleteVSwitch": delete_vswitch,
}
