"""IPv6 gateways, one for each VPC that has an IPv6 range (Vpc 2016-04-28)."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import change_texts, check_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.ipv6 import vpc_range
from provisioner.sandbox.actions.vpc.system_routes import add_default_route, remove_routes_to
from provisioner.sandbox.actions.vpc.vpc import get_vpc
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource


def create_ipv6_gateway(call: Call) -> Answer:
    """Create the IPv6 gateway of a VPC, with a default route to it in the system table."""
    region = call.region
    vpc = get_vpc(call)
    _check_texts(call)
    tags = new_tags(call)
    if not vpc_range(vpc):
        raise ActionError("OperationFailed.VpcNotEnableIpv6", "IPv6 is not enabled for the specified VPC.")
    if call.status(vpc) != "Available":
        raise ActionError("IncorrectStatus.Vpc", "Current VPC status does not support this operation.")
    if call.list("ipv6_gateway", parent=vpc.id):
        raise ActionError("QuotaExceeded.Ipv6Gateway", "The VPC already has an IPv6 gateway.")
    document = {
        **call.params.echo("Description", "ResourceGroupId"),
        "Tags": tags,
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    gateway_id = call.new_id("ipv6gw", region)
    call.create(
        "ipv6_gateway",
        gateway_id,
        region=region,
        parent=vpc.id,
        name=call.params.text("Name"),
        document=document,
        settles=True,
    )
    add_default_route(call, vpc.id, "::/0", "Ipv6Gateway", gateway_id)
    return {"Ipv6GatewayId": gateway_id, "ResourceGroupId": document.get("ResourceGroupId", "")}


def describe_ipv6_gateway_attribute(call: Call) -> Answer:
    """Return everything about one IPv6 gateway."""
    return _show(call, _get(call))


def describe_ipv6_gateways(call: Call) -> Answer:
    """Return IPv6 gateways, filtered by id, VPC, name, resource group and tags."""
    _ = call.region
    params = call.params
    found = [
        gateway
        for gateway in call.list("ipv6_gateway", parent=params.text("VpcId") or None, name=params.text("Name") or None)
        if params.text("Ipv6GatewayId") in ("", gateway.id)
        and params.text("ResourceGroupId") in ("", gateway.document.get("ResourceGroupId"))
        and matches_tags(call, gateway)
    ]
    return answer_page(call, found, lambda gateway: _show(call, gateway), "Ipv6Gateways", "Ipv6Gateway")


def modify_ipv6_gateway_attribute(call: Call) -> Answer:
    """Change an IPv6 gateway's name or description."""
    gateway = _get(call)
    _check_texts(call)
    _check_available(call, gateway)
    change_texts(call.params, gateway, "Name")
    call.tx.update(gateway)
    return {}


def delete_ipv6_gateway(call: Call) -> Answer:
    """Delete an IPv6 gateway to which only the route leads that came with it."""
    gateway = _get(call)
    _check_available(call, gateway)
    remove_routes_to(call, gateway)
    call.vanish([gateway])
    return {}


def _get(call: Call) -> Resource:
    missing = ActionError("InvalidIpv6GatewayId.NotFound", "The specified IPv6 gateway does not exist.", 404)
    return call.get("ipv6_gateway", call.params.required("Ipv6GatewayId"), missing)


def _show(call: Call, gateway: Resource) -> dict[str, Any]:
    document = gateway.document
    return {
        "Ipv6GatewayId": gateway.id,
        "Name": gateway.name,
        "Description": document.get("Description", ""),
        "VpcId": gateway.parent,
        "RegionId": gateway.region,
        "Status": call.status(gateway),
        "BusinessStatus": "Normal",
        "InstanceChargeType": "PostPaid",
        "CreationTime": timestamp(gateway.created_at),
        "ExpiredTime": "",
        "OwnerId": int(gateway.account),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "GatewayRouteTableId": "",
        "Tags": {"Tag": show_tags(gateway, "Key", "Value")},
    }


def _check_texts(call: Call) -> None:
    check_texts(call.params, "Name", ActionError("InvalidName.Malformed", "The specified name is not valid."))


def _check_available(call: Call, gateway: Resource) -> None:
    if call.status(gateway) != "Available":
        raise ActionError("IncorrectStatus.Ipv6Gateway", "Current IPv6 gateway status does not support this operation.")


READS = {
    "DescribeIpv6GatewayAttribute": describe_ipv6_gateway_attribute,
    "DescribeIpv6Gateways": describe_ipv6_gateways,
}
WRITES = {
    "CreateIpv6Gateway": create_ipv6_gateway,
    "ModifyIpv6GatewayAttribute": modify_ipv6_gateway_attribute,
    "DeleteIpv6Gateway": delete_ipv6_gateway,
}
