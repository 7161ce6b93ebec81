"""vSwitches (Vpc 2016-04-28)."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from provisioner.sandbox.actions.naming import check_description, check_name
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc import get_vpc, ranges_of
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import REGIONS
from provisioner.sandbox.cloud.store import Resource

_SHORTEST_MASK, _LONGEST_MASK = 16, 29
_RESERVED_ADDRESSES = 4  # the first one and the last three


def create_vswitch(call: Call) -> Answer:
    """Create a vSwitch in one zone of a VPC's range."""
    region = call.region
    zone, cidr = call.params.required("ZoneId"), call.params.required("CidrBlock")
    _check_texts(call)
    vpc = get_vpc(call)
    if zone not in REGIONS[region]:
        raise ActionError("InvalidZoneId.NotFound", "Specified value of ZoneId is not exists.", 404)
    network = _checked_cidr(cidr, vpc)
    siblings = call.list("vswitch", parent=vpc.id)
    if any(network.overlaps(IPv4Network(other.document["CidrBlock"])) for other in siblings):
        raise ActionError("InvalidCidrBlock.Overlapped", "Specified CIDR block overlapped with other subnets.")
    call.check_quota("vswitch", len(siblings), ActionError("QuotaExceeded.VSwitch", "Virtual switch quota exceeded."))
    if call.status(vpc) != "Available":
        raise ActionError("IncorrectVpcStatus", "Current VPC status does not support this operation.")
    document = {
        **call.params.echo("Description"),
        "CidrBlock": cidr,
        "ZoneId": zone,
        "Tags": new_tags(call),
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    vswitch_id = call.new_id("vsw", region)
    call.create(
        "vswitch",
        vswitch_id,
        region=region,
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
    """Return vSwitches, filtered by id, VPC, zone, name, `IsDefault` and tags."""
    params = call.params
    found = [
        vswitch
        for vswitch in call.list(
            "vswitch", parent=params.text("VpcId") or None, name=params.text("VSwitchName") or None
        )
        if params.text("VSwitchId") in ("", vswitch.id)
        and params.text("ZoneId") in ("", vswitch.document["ZoneId"])
        and not params.boolean("IsDefault")
        and matches_tags(call, vswitch)
    ]
    return answer_page(call, found, lambda vswitch: _show(call, vswitch), "VSwitches", "VSwitch")


def modify_vswitch_attribute(call: Call) -> Answer:
    """Change a vSwitch's name or description."""
    vswitch = get_vswitch(call)
    _check_texts(call)
    vswitch.name = call.params.changed("VSwitchName", vswitch.name)
    vswitch.document["Description"] = call.params.changed("Description", vswitch.document.get("Description", ""))
    call.tx.update(vswitch)
    return {}


def delete_vswitch(call: Call) -> Answer:
    """Delete a vSwitch that neither a NAT gateway, an SNAT entry nor an instance uses."""
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
    if call.list("instance", parent=vswitch.id):
        raise ActionError("DependencyViolation", "Specified object has dependent resources.")
    call.tx.remove([vswitch])
    return {}


def get_vswitch(call: Call) -> Resource:
    """Return the vSwitch the call names or refuse."""
    # This code and no other: the provider takes only two codes for "already gone" when it deletes a vSwitch.
    missing = ActionError("InvalidVswitchID.NotFound", "Specified virtual switch does not exist.", 404)
    return call.get("vswitch", call.params.required("VSwitchId"), missing)


def _show(call: Call, vswitch: Resource) -> dict[str, Any]:
    document = vswitch.document
    route_table = call.list("route_table", parent=vswitch.parent)[0]
    used = sum(1 for _ in call.list("instance", parent=vswitch.id))
    size = IPv4Network(document["CidrBlock"]).num_addresses
    return {
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.name,
        "VpcId": vswitch.parent,
        "ZoneId": document["ZoneId"],
        "CidrBlock": document["CidrBlock"],
        # An absent key would read as "IPv6 enabled".
        "Ipv6CidrBlock": "",
        "Description": document.get("Description", ""),
        "Status": call.status(vswitch),
        "AvailableIpAddressCount": size - _RESERVED_ADDRESSES - used,
        "CreationTime": timestamp(vswitch.created_at),
        "IsDefault": False,
        "NetworkAclId": "",
        "OwnerId": int(vswitch.account),
        "ResourceGroupId": "",
        "ShareType": "",
        "RouteTable": {
            "RouteTableId": route_table.id,
            "RouteTableType": route_table.document["RouteTableType"],
        },
        "Tags": {"Tag": show_tags(vswitch, "Key", "Value")},
    }


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
    check_name(
        call.params.text("VSwitchName"),
        ActionError("InvalidVSwitchName.Malformed", "Specified virtual switch name is not valid."),
    )
    check_description(
        call.params.text("Description"),
        # The service's own spelling.
        ActionError("InvalidVSwitchDiscription.Malformed", "Specified virtual switch description is not valid."),
    )


READS = {"DescribeVSwitchAttributes": describe_vswitch_attributes, "DescribeVSwitches": describe_vswitches}
WRITES = {
    "CreateVSwitch": create_vswitch,
    "ModifyVSwitchAttribute": modify_vswitch_attribute,
    "DeleteVSwitch": delete_vswitch,
}
