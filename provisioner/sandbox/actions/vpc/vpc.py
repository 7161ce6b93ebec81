"""VPCs (Vpc 2016-04-28)."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from provisioner.sandbox.actions.naming import change_texts, check_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.ipv6 import new_vpc_range, vpc_range, vswitch_range
from provisioner.sandbox.actions.vpc.system_routes import create_system_route_table, is_system
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

_DEFAULT_CIDR = "172.16.0.0/12"
_CIDR_OF_DEFAULT_VPC = "172.31.0.0/16"
_NEVER = tuple(
    IPv4Network(cidr) for cidr in ("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")
)
"""Ranges that no VPC may have; private ranges are recommended (API document of CreateVpc, read 2026-11)."""
_SHORTEST_MASK, _LONGEST_MASK = 8, 28


def create_vpc(call: Call) -> Answer:
    """Create a VPC with its router and its system route table, which exist at once."""
    _ = call.region
    cidr = checked_cidr(call.params.text("CidrBlock") or _DEFAULT_CIDR)
    return _new_vpc(call, cidr, is_default=False)


def create_default_vpc(call: Call) -> Answer:
    """Create the default VPC of a region, with a range that the cloud chooses."""
    _ = call.region
    if any(vpc.document.get("IsDefault") for vpc in call.list("vpc")):
        raise ActionError("OperationFailed.DefaultVpcExist", "The default VPC already exists in this region.")
    return _new_vpc(call, _CIDR_OF_DEFAULT_VPC, is_default=True)


def _new_vpc(call: Call, cidr: str, *, is_default: bool) -> Answer:
    region = call.region
    _check_texts(call)
    tags = new_tags(call)
    call.check_quota("vpc", call.tx.count("vpc", account=call.account, region=region), _over_quota())
    router_id = call.new_id("vrt", region)
    document = {
        **call.params.echo("Description", "ResourceGroupId"),
        "CidrBlock": cidr,
        "SecondaryCidrBlocks": [],
        "VRouterId": router_id,
        "UserCidrs": [part for part in call.params.text("UserCidr").split(",") if part],
        "DnsHostnameStatus": "ENABLED" if call.params.boolean("EnableDnsHostname") else "DISABLED",
        "IsDefault": is_default,
        "Tags": tags,
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    if call.params.boolean("EnableIpv6"):
        document |= {"Ipv6CidrBlock": new_vpc_range(call), "Ipv6Isp": call.params.text("Ipv6Isp") or "BGP"}
    vpc_id = call.new_id("vpc", region)
    vpc = call.create("vpc", vpc_id, region=region, name=call.params.text("VpcName"), document=document, settles=True)
    route_table = create_system_route_table(call, vpc)
    return {
        "VpcId": vpc_id,
        "VRouterId": router_id,
        "RouteTableId": route_table.id,
        "ResourceGroupId": document.get("ResourceGroupId", ""),
    }


def describe_vpc_attribute(call: Call) -> Answer:
    """Return everything about one VPC."""
    vpc = get_vpc(call)
    return {
        **_show(call, vpc),
        "ClassicLinkEnabled": False,
        "AssociatedCens": {"AssociatedCen": []},
        "CloudResources": {"CloudResourceSetType": []},
    }


def describe_vpcs(call: Call) -> Answer:
    """Return the region's VPCs, filtered by `VpcId` (a comma list), name, default, resource group, owner and tags."""
    _ = call.region
    params = call.params
    ids = {part for part in params.text("VpcId").split(",") if part}
    found = [
        vpc
        for vpc in call.list("vpc", name=params.text("VpcName") or None)
        if (not ids or vpc.id in ids)
        and params.boolean("IsDefault") in (None, vpc.document.get("IsDefault", False))
        and params.text("ResourceGroupId") in ("", vpc.document.get("ResourceGroupId"))
        and params.text("VpcOwnerId") in ("", vpc.account)
        # Options sets are not simulated, so no VPC has one.
        and "DhcpOptionsSetId" not in params
        and matches_tags(call, vpc)
    ]
    return answer_page(call, found, lambda vpc: _show(call, vpc), "Vpcs", "Vpc")


def modify_vpc_attribute(call: Call) -> Answer:
    """Change a VPC's name, description, first range, DNS setting or whether it has an IPv6 range."""
    vpc = get_vpc(call)
    _check_texts(call)
    check_vpc_available(call, vpc)
    wanted = call.params.text("CidrBlock")
    if wanted and wanted != vpc.document["CidrBlock"]:
        vpc.document["CidrBlock"] = _changed_cidr(call, vpc, wanted)
    change_texts(call.params, vpc, "VpcName")
    if "EnableDnsHostname" in call.params:
        vpc.document["DnsHostnameStatus"] = "ENABLED" if call.params.boolean("EnableDnsHostname") else "DISABLED"
    wants_ipv6 = call.params.boolean("EnableIPv6")
    if wants_ipv6 and not vpc_range(vpc):
        vpc.document |= {"Ipv6CidrBlock": new_vpc_range(call), "Ipv6Isp": call.params.text("Ipv6Isp") or "BGP"}
    elif wants_ipv6 is False:
        _disable_ipv6(call, vpc)
    call.tx.update(vpc)
    return {}


def ranges_of(vpc: Resource) -> list[IPv4Network]:
    """Return a VPC's primary and secondary ranges; no action of its own."""
    return [IPv4Network(cidr) for cidr in (vpc.document["CidrBlock"], *vpc.document["SecondaryCidrBlocks"])]


def delete_vpc(call: Call) -> Answer:
    """
    Delete a VPC that nothing depends on, with its router and system route table.

    `ForceDelete` takes the IPv6 gateway away as well, if that is all there is.
    """
    vpc = get_vpc(call)
    check_vpc_available(call, vpc)
    dependants = (
        ("vswitch", "DependencyViolation.VSwitch", "Specified object has dependent resources."),
        ("nat_gateway", "DependencyViolation.NatGateway", "Specified object has dependent resources."),
        (
            "security_group",
            "DependencyViolation.SecurityGroup",
            "Specified object has dependent resources SecurityGroup.",
        ),
    )
    for kind, code, message in dependants:
        if call.tx.select(kind, account=call.account, parent=vpc.id):
            raise ActionError(code, message)
    tables = call.list("route_table", parent=vpc.id)
    if not all(is_system(table) for table in tables):
        raise ActionError("DependencyViolation.RouteTable", "Specified object has dependent resources.")
    gateways = call.list("ipv6_gateway", parent=vpc.id)
    if gateways and not call.params.boolean("ForceDelete"):
        raise ActionError("DependencyViolation.Ipv6Gateway", "Specified object has dependent resources.")
    routes = [route for table in tables for route in call.list("route_entry", parent=table.id)]
    call.tx.remove([vpc, *tables, *routes, *gateways])
    return {}


def get_vpc(call: Call) -> Resource:
    """Return the VPC the call names or refuse."""
    return call.get("vpc", call.params.required("VpcId"), _missing())


def _show(call: Call, vpc: Resource) -> dict[str, Any]:
    document = vpc.document
    vswitches = call.list("vswitch", parent=vpc.id)
    nat_gateways = call.list("nat_gateway", parent=vpc.id)
    route_tables = call.list("route_table", parent=vpc.id)
    return {
        "VpcId": vpc.id,
        "VpcName": vpc.name,
        "Description": document.get("Description", ""),
        "Status": call.status(vpc),
        "CidrBlock": document["CidrBlock"],
        "Ipv6CidrBlock": vpc_range(vpc),
        # Three spellings of the service: read here, created with EnableIpv6, changed with EnableIPv6.
        "EnabledIpv6": bool(vpc_range(vpc)),
        "Ipv6CidrBlocks": {"Ipv6CidrBlock": _show_ipv6_ranges(vpc)},
        "RegionId": vpc.region,
        "CreationTime": timestamp(vpc.created_at),
        "IsDefault": document.get("IsDefault", False),
        "OwnerId": int(vpc.account),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "VRouterId": document["VRouterId"],
        "DnsHostnameStatus": document["DnsHostnameStatus"],
        "DhcpOptionsSetId": "",
        "DhcpOptionsSetStatus": "",
        "NetworkAclNum": 0,
        "VSwitchIds": {"VSwitchId": [one.id for one in vswitches]},
        "NatGatewayIds": {"NatGatewayIds": [one.id for one in nat_gateways]},
        "RouterTableIds": {"RouterTableIds": [one.id for one in route_tables]},
        "SecondaryCidrBlocks": {"SecondaryCidrBlock": document["SecondaryCidrBlocks"]},
        "UserCidrs": {"UserCidr": document["UserCidrs"]},
        "Tags": {"Tag": show_tags(vpc, "Key", "Value")},
    }


def _show_ipv6_ranges(vpc: Resource) -> list[dict[str, str]]:
    if not vpc_range(vpc):
        return []
    return [{"Ipv6CidrBlock": vpc_range(vpc), "Ipv6Isp": vpc.document["Ipv6Isp"]}]


def _disable_ipv6(call: Call, vpc: Resource) -> None:
    if call.list("ipv6_gateway", parent=vpc.id):
        raise ActionError("DependencyViolation.Ipv6Gateway", "Specified object has dependent resources.")
    if any(vswitch_range(vswitch) for vswitch in call.list("vswitch", parent=vpc.id)):
        raise ActionError("DependencyViolation.VSwitch", "Specified object has dependent resources.")
    for name in ("Ipv6CidrBlock", "Ipv6Isp"):
        vpc.document.pop(name, None)


def checked_cidr(text: str) -> str:
    """Return a range that a VPC may have or refuse; no action of its own."""
    refusal = ActionError("InvalidParameter", "Specified CIDR block is not valid")
    try:
        network = IPv4Network(text)
    except ValueError:
        raise refusal from None
    is_reserved = any(network.overlaps(range_) for range_ in _NEVER)
    if "/" not in text or is_reserved or not _SHORTEST_MASK <= network.prefixlen <= _LONGEST_MASK:
        raise refusal
    return text


def _changed_cidr(call: Call, vpc: Resource, wanted: str) -> str:
    network = IPv4Network(checked_cidr(wanted))
    ranges = [network, *(IPv4Network(cidr) for cidr in vpc.document["SecondaryCidrBlocks"])]
    for vswitch in call.list("vswitch", parent=vpc.id):
        if not any(IPv4Network(vswitch.document["CidrBlock"]).subnet_of(range_) for range_ in ranges):
            raise ActionError("OperationFailed.CidrInUse", "The specified CIDR block is in use.")
    return wanted


def _check_texts(call: Call) -> None:
    check_texts(
        call.params,
        "VpcName",
        ActionError("InvalidVpcName.Malformed", "Specified VPC name is not valid."),
        # The service's own spelling.
        ActionError("InvalidVpcDiscription.Malformed", "Specified VPC description is not valid."),
    )


def check_vpc_available(call: Call, vpc: Resource) -> None:
    """Refuse while a VPC is in a transitional state; no action of its own."""
    if call.status(vpc) != "Available":
        raise ActionError("IncorrectVpcStatus", "Current VPC status does not support this operation.")


def _missing() -> ActionError:
    return ActionError("InvalidVpcId.NotFound", "Specified VPC does not exist.", 404)


def _over_quota() -> ActionError:
    return ActionError("QuotaExceeded.Vpc", "VPC quota exceeded.")


READS = {"DescribeVpcAttribute": describe_vpc_attribute, "DescribeVpcs": describe_vpcs}
WRITES = {
    "CreateVpc": create_vpc,
    "CreateDefaultVpc": create_default_vpc,
    "ModifyVpcAttribute": modify_vpc_attribute,
    "DeleteVpc": delete_vpc,
}
