"""Internet NAT gateways of the Enhanced type, each with one SNAT table and one forward table (Vpc 2016-04-28)."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import change_texts, check_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.address import free_private_address
from provisioner.sandbox.actions.vpc.system_routes import add_default_route, remove_routes_to
from provisioner.sandbox.actions.vpc.vpc import check_vpc_available, get_vpc
from provisioner.sandbox.actions.vpc.vswitch import get_vswitch_of
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import REGIONS
from provisioner.sandbox.cloud.offer import NAT_GATEWAY
from provisioner.sandbox.cloud.resource import Resource

_ECHOED = (
    "Description",
    "EipBindMode",
    "IcmpReplyEnabled",
    "InternetChargeType",
    "InstanceChargeType",
    "NetworkType",
    "PrivateLinkEnabled",
    "AvailabilityMode",
    "Spec",
)
_SPECS = ("Small", "Middle", "Large", "XLarge.1")
_BOOLEANS = ("IcmpReplyEnabled", "PrivateLinkEnabled", "DeletionProtection")


def create_nat_gateway(call: Call) -> Answer:
    """Create a NAT gateway in a vSwitch, with its two empty tables."""
    region = call.region
    vpc = get_vpc(call)
    _check_texts(call)
    if call.params.text("NatType") not in ("", "Enhanced"):
        raise ActionError("InvalidParameter.NatType", "Only Enhanced NAT gateways can be created.")
    vswitch_id = call.params.required("VSwitchId")
    vswitch = get_vswitch_of(call, vswitch_id, vpc.id)
    check_vpc_available(call, vpc)
    if call.status(vswitch) != "Available":
        raise ActionError("VswitchStatusError", "The status of the specified vSwitch does not support this operation.")
    if call.offer.lacks(NAT_GATEWAY, vswitch.document["ZoneId"]):
        raise ActionError("Zone.NotOnSale", "The specified zone does not sell this resource.", 403)
    tags = new_tags(call)
    siblings = call.list("nat_gateway", parent=vpc.id)
    call.check_quota(
        "nat_gateway",
        len(siblings),
        ActionError("QuotaExceeded.NatGateway", "The NAT gateway quota of the VPC is exceeded."),
    )
    document = {
        **call.params.echo(*_ECHOED),
        "VSwitchId": vswitch_id,
        "ZoneId": vswitch.document["ZoneId"],
        "SnatTableId": call.new_id("stb", region),
        "ForwardTableId": call.new_id("ftb", region),
        "PrivateIp": free_private_address(call, vswitch),
        "Tags": tags,
        "TransitionalStatus": "Creating",
        "Status": "Available",
    }
    gateway_id = call.new_id("ngw", region)
    call.create(
        "nat_gateway",
        gateway_id,
        region=region,
        parent=vpc.id,
        name=call.params.text("Name"),
        document=document,
        links=[document["SnatTableId"]],
        settles=True,
    )
    add_default_route(call, vpc.id, "0.0.0.0/0", "NatGateway", gateway_id)
    return {
        "NatGatewayId": gateway_id,
        "SnatTableIds": {"SnatTableId": [document["SnatTableId"]]},
        "ForwardTableIds": {"ForwardTableId": [document["ForwardTableId"]]},
        "FullNatTableIds": {"FullNatTableId": []},
        "BandwidthPackageIds": {"BandwidthPackageId": []},
    }


def describe_nat_gateways(call: Call) -> Answer:
    """Return NAT gateways, filtered by id, VPC, name, type, size, zone, charge, status, resource group and tags."""
    _ = call.region
    params = call.params
    found = [
        gateway
        for gateway in call.list("nat_gateway", parent=params.text("VpcId") or None, name=params.text("Name") or None)
        if params.text("NatGatewayId") in ("", gateway.id)
        and params.text("NatType") in ("", "Enhanced")
        and params.text("NetworkType") in ("", gateway.document.get("NetworkType", "internet"))
        and params.text("Spec") in ("", gateway.document.get("Spec"))
        and params.text("ZoneId") in ("", gateway.document["ZoneId"])
        and params.text("InstanceChargeType") in ("", gateway.document.get("InstanceChargeType", "PostPaid"))
        and params.text("ResourceGroupId") in ("", gateway.document.get("ResourceGroupId"))
        and params.text("Status") in ("", call.status(gateway))
        and matches_tags(call, gateway)
    ]
    return answer_page(call, found, lambda gateway: _show(call, gateway), "NatGateways", "NatGateway")


def modify_nat_gateway_attribute(call: Call) -> Answer:
    """Change a NAT gateway's name, description or small settings."""
    gateway = get_nat_gateway(call)
    _check_texts(call)
    check_nat_gateway_available(call, gateway)
    change_texts(call.params, gateway, "Name")
    gateway.document.update(call.params.echo("EipBindMode", "IcmpReplyEnabled"))
    call.change_state(gateway, "Modifying", "Available")
    return {}


def delete_nat_gateway(call: Call) -> Answer:
    """Delete a NAT gateway without EIPs, SNAT entries and routes to it; with `Force` these are removed as well."""
    gateway = get_nat_gateway(call)
    if gateway.document.get("DeletionProtection"):
        raise ActionError(
            "InvalidOperation.DeletionProtection", "The instance cannnot delete because of deletion protecion."
        )
    addresses = bound_addresses(call, gateway.id)
    entries = call.list("snat_entry", parent=gateway.id)
    force = bool(call.params.boolean("Force"))
    if force:
        for address in addresses:
            unbind(call, address)
        call.vanish(entries)
    elif entries:
        raise ActionError(
            "DependencyViolation.SnatEntry",
            "The specified resource of NatGateway depends on SnatEntry, so the operation cannot be completed.",
        )
    elif addresses:
        raise ActionError("DependencyViolation.EIPS", "There are Eips on specified NatGateway, please unbind it first.")
    if gateway.gone_at is None:
        remove_routes_to(call, gateway, force=force)
        call.vanish([gateway])
    return {}


def modify_nat_gateway_spec(call: Call) -> Answer:
    """Change the size of a NAT gateway that is paid by size."""
    gateway = get_nat_gateway(call)
    if call.params.required("Spec") not in _SPECS:
        raise ActionError("InvalidParameter.Spec", "The specified Spec is not valid.")
    if gateway.document.get("InternetChargeType") != "PayBySpec":
        raise ActionError("OperationUnsupported.PayByLcu", "A NAT gateway that is paid by use has no specification.")
    check_nat_gateway_available(call, gateway)
    gateway.document["Spec"] = call.params.text("Spec")
    call.change_state(gateway, "Modifying", "Available")
    return {}


def update_nat_gateway_nat_type(call: Call) -> Answer:
    """Move a NAT gateway into another vSwitch of its VPC."""
    gateway = get_nat_gateway(call)
    vswitch = get_vswitch_of(call, call.params.required("VSwitchId"), gateway.parent)
    check_nat_gateway_available(call, gateway)
    if vswitch.id != gateway.document["VSwitchId"]:
        address = free_private_address(call, vswitch)
        gateway.document.update(VSwitchId=vswitch.id, ZoneId=vswitch.document["ZoneId"], PrivateIp=address)
    call.change_state(gateway, "Modifying", "Available")
    return {}


def list_enhanhced_nat_gateway_available_zones(call: Call) -> Answer:
    """Return the zones in which NAT gateways can be created; the spelling is the service's."""
    offer = call.offer
    zones = [zone for zone in REGIONS[call.region] if not offer.lacks(NAT_GATEWAY, zone)]
    return {"Zones": [{"ZoneId": zone, "LocalName": zone} for zone in zones]}


def get_nat_gateway(call: Call) -> Resource:
    """Return the NAT gateway the call names or refuse."""
    missing = ActionError(
        "InvalidNatGatewayId.NotFound", "The specified NatGatewayId does not exist in our records.", 404
    )
    return call.get("nat_gateway", call.params.required("NatGatewayId"), missing)


def bound_addresses(call: Call, instance_id: str) -> list[Resource]:
    """Return the EIPs that are bound to an instance; no action of its own."""
    return call.list("eip", linked_to=instance_id)


def _show(call: Call, gateway: Resource) -> dict[str, Any]:
    document = gateway.document
    addresses = bound_addresses(call, gateway.id)
    booleans = {name: str(document.get(name, "false")).lower() == "true" for name in _BOOLEANS}
    return {
        "NatGatewayId": gateway.id,
        "Name": gateway.name,
        "Description": document.get("Description", ""),
        "Status": call.status(gateway),
        "BusinessStatus": "Normal",
        "RegionId": gateway.region,
        "VpcId": gateway.parent,
        "NatType": "Enhanced",
        "NetworkType": document.get("NetworkType", "internet"),
        "InternetChargeType": document.get("InternetChargeType", "PayByLcu"),
        "InstanceChargeType": document.get("InstanceChargeType", "PostPaid"),
        "Spec": document.get("Spec", ""),
        "EipBindMode": document.get("EipBindMode", "MULTI_BINDED"),
        "AvailabilityMode": document.get("AvailabilityMode", ""),
        "AutoPay": False,
        "EcsMetricEnabled": True,
        "SecurityProtectionEnabled": False,
        **booleans,
        "CreationTime": timestamp(gateway.created_at),
        "ExpiredTime": "",
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "SnatTableIds": {"SnatTableId": [document["SnatTableId"]]},
        "ForwardTableIds": {"ForwardTableId": [document["ForwardTableId"]]},
        "FullNatTableIds": {"FullNatTableId": []},
        "BandwidthPackageIds": {"BandwidthPackageId": []},
        "IpLists": {
            "IpList": [
                {
                    "AllocationId": eip.id,
                    "IpAddress": eip.document["IpAddress"],
                    "PrivateIpAddress": "",
                    "SnatEntryEnabled": True,
                    "UsingStatus": "UsedBySnatTable" if is_used_by_snat(call, gateway, eip) else "Idle",
                    "ApAccessEnabled": False,
                }
                for eip in addresses
            ]
        },
        "NatGatewayPrivateInfo": {
            # The service's own capitals: VswitchId here, VSwitchId everywhere else.
            "VswitchId": document["VSwitchId"],
            "IzNo": document["ZoneId"],
            "PrivateIpAddress": document["PrivateIp"],
            "EniInstanceId": "",
            "EniType": "",
            "MaxBandwidth": 5120,
        },
        "Tags": {"Tag": show_tags(gateway)},
    }


def unbind(call: Call, eip: Resource) -> None:
    """Let go of what an EIP is bound to; no action of its own."""
    for name in ("InstanceId", "InstanceType", "PrivateIpAddress", "VpcId", "Mode"):
        eip.document.pop(name, None)
    call.change_state(eip, "Unassociating", "Available")
    call.tx.relink(eip, [])


def is_used_by_snat(call: Call, gateway: Resource, eip: Resource) -> bool:
    """Return whether an SNAT entry of the gateway sends from this address; no action of its own."""
    address = eip.document["IpAddress"]
    return any(address in entry.document["SnatIp"].split(",") for entry in call.list("snat_entry", parent=gateway.id))


def _check_texts(call: Call) -> None:
    check_texts(
        call.params,
        "Name",
        ActionError("InvalidParameter.Name.Malformed", "The specified Name is not valid."),
        ActionError("InvalidParameter.Description.Malformed", "The specified Description is not valid."),
    )


def check_nat_gateway_available(call: Call, gateway: Resource) -> None:
    """Refuse while a NAT gateway is in a transitional state; no action of its own."""
    if call.status(gateway) != "Available":
        raise ActionError("IncorrectStatus.NATGW", "The status of the NAT gateway does not support this operation.")


READS = {
    "DescribeNatGateways": describe_nat_gateways,
    "ListEnhanhcedNatGatewayAvailableZones": list_enhanhced_nat_gateway_available_zones,
}
WRITES = {
    "CreateNatGateway": create_nat_gateway,
    "ModifyNatGatewayAttribute": modify_nat_gateway_attribute,
    "ModifyNatGatewaySpec": modify_nat_gateway_spec,
    "UpdateNatGatewayNatType": update_nat_gateway_nat_type,
    "DeleteNatGateway": delete_nat_gateway,
}
