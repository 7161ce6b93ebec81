"""Elastic IP addresses and what they are bound to (Vpc 2016-04-28)."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import change_texts
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.actions.vpc.nat_gateway import bound_addresses, is_used_by_snat, unbind
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.parameters import decimal
from provisioner.sandbox.cloud.resource import Resource

_MOST_BANDWIDTH = {"PayByBandwidth": 500, "PayByTraffic": 200}
_ECHOED = ("Description", "ISP", "Netmode", "InstanceChargeType", "PublicIpAddressPoolId", "ResourceGroupId", "Zone")


def allocate_eip_address(call: Call) -> Answer:
    """Allocate an address."""
    region = call.region
    params = call.params
    charge_type = params.text("InternetChargeType") or "PayByBandwidth"
    if charge_type not in _MOST_BANDWIDTH:
        raise ActionError("InvalidParameter", 'Specified value of "InternetChargeType" is not valid')
    _check_bandwidth(params.text("Bandwidth") or "5", charge_type)
    tags = new_tags(call)
    call.check_quota(
        "eip",
        call.tx.count("eip", account=call.account, region=region),
        ActionError("QuotaExceeded.Eip", "Elastic IP address quota exceeded"),
    )
    document = {
        **params.echo(*_ECHOED),
        "InternetChargeType": charge_type,
        "Bandwidth": params.text("Bandwidth") or "5",
        "IpAddress": call.new_address(),
        "SecurityProtectionTypes": params.texts("SecurityProtectionTypes"),
        "Tags": tags,
        "Status": "Available",
    }
    eip_id = call.new_id("eip", region)
    call.create("eip", eip_id, region=region, name=params.text("Name"), document=document)
    return {
        "AllocationId": eip_id,
        "EipAddress": document["IpAddress"],
        "ResourceGroupId": document.get("ResourceGroupId", ""),
    }


def describe_eip_addresses(call: Call) -> Answer:
    """Return addresses, filtered by all that the service filters by but times."""
    _ = call.region
    params = call.params
    ids = {part for part in params.text("AllocationId").split(",") if part}
    addresses = {part for part in params.text("EipAddress").split(",") if part}
    found = [
        eip
        for eip in call.list("eip", name=params.text("EipName") or None)
        if (not ids or eip.id in ids)
        and (not addresses or eip.document["IpAddress"] in addresses)
        and params.text("Status") in ("", call.status(eip))
        and params.text("AssociatedInstanceId") in ("", eip.document.get("InstanceId"))
        and params.text("AssociatedInstanceType") in ("", eip.document.get("InstanceType"))
        and params.text("ISP") in ("", eip.document.get("ISP", "BGP"))
        and params.text("ChargeType") in ("", eip.document.get("InstanceChargeType", "PostPaid"))
        and params.text("ResourceGroupId") in ("", eip.document.get("ResourceGroupId"))
        and params.text("PublicIpAddressPoolId") in ("", eip.document.get("PublicIpAddressPoolId"))
        # No address is locked or cut out of a contiguous group.
        and not ("LockReason" in params or "SegmentInstanceId" in params)
        and matches_tags(call, eip)
    ]
    return answer_page(call, found, lambda eip: _show(call, eip), "EipAddresses", "EipAddress", largest=100)


def modify_eip_address_attribute(call: Call) -> Answer:
    """Change an address's bandwidth, name or description."""
    eip = _get(call)
    if "Bandwidth" in call.params:
        _check_bandwidth(call.params.text("Bandwidth"), eip.document["InternetChargeType"])
    eip.document.update(call.params.echo("Bandwidth"))
    change_texts(call.params, eip, "Name")
    call.tx.update(eip)
    return {}


def associate_eip_address(call: Call) -> Answer:
    """Bind an address to a NAT gateway or to an instance."""
    eip = _get(call)
    params = call.params
    instance_id = params.required("InstanceId")
    instance_type = params.text("InstanceType") or "EcsInstance"
    kind = {"Nat": "nat_gateway", "EcsInstance": "instance"}.get(instance_type)
    if kind is None:
        raise ActionError(
            "InvalidInstanceType.ValueNotSupported", "The specified value of InstanceType is not supported."
        )
    instance = call.get(
        kind, instance_id, ActionError("InvalidInstanceId.NotFound", "Specified instance does not exist.", 404)
    )
    if call.status(eip) != "Available":
        raise _wrong_status()
    if call.status(instance) not in ("Available", "Running", "Stopped"):
        raise ActionError("IncorrectInstanceStatus", "Current instance status does not support this operation.")
    if kind == "instance" and bound_addresses(call, instance_id):
        raise ActionError("InvalidAssociation.Duplicated", "Specified instance already is associated.")
    eip.document.update(InstanceId=instance_id, InstanceType=instance_type)
    # Only what was sent: these two force a replacement of the association when they appear by themselves.
    eip.document.update(params.echo("PrivateIpAddress", "VpcId", "Mode"))
    call.change_state(eip, "Associating", "InUse")
    call.tx.relink(eip, [instance_id])
    return {}


def unassociate_eip_address(call: Call) -> Answer:
    """Unbind an address that no SNAT entry uses; with `Force` such entries are removed as well."""
    eip = _get(call)
    bound_to = eip.document.get("InstanceId")
    if bound_to is None or call.status(eip) != "InUse":
        raise _wrong_status()
    if call.params.text("InstanceId") not in ("", bound_to):
        raise ActionError("InvalidBindInstance.NotFound", "The specified bind instance does not exist.", 404)
    gateway = call.find("nat_gateway", bound_to)
    if gateway is not None and is_used_by_snat(call, gateway, eip):
        if not call.params.boolean("Force"):
            raise ActionError(
                "InvalidIpStatus.HasBeenUsedBySnatTable", "The removed ip address has been used by snat table."
            )
        address = eip.document["IpAddress"]
        entries = call.list("snat_entry", parent=gateway.id)
        call.vanish(entry for entry in entries if address in entry.document["SnatIp"].split(","))
    unbind(call, eip)
    return {}


def modify_eip_forward_mode(call: Call) -> Answer:
    """Change how a bound address is passed on."""
    eip = _get(call, "InstanceId")
    if call.params.required("Mode") not in ("NAT", "MULTI_BINDED", "BINDED"):
        raise call.params.invalid("Mode")
    if call.status(eip) != "InUse":
        raise _wrong_status()
    eip.document["Mode"] = call.params.text("Mode")
    call.tx.update(eip)
    return {}


def release_eip_address(call: Call) -> Answer:
    """Give an unbound address back."""
    eip = _get(call)
    if call.status(eip) != "Available":
        raise _wrong_status()
    if eip.document.get("DeletionProtection"):
        raise ActionError(
            "InvalidOperation.DeletionProtection", "The operation is denied because of deletion protection."
        )
    call.tx.remove([eip])
    return {}


def deletion_protection(call: Call) -> Answer:
    """Switch the deletion protection of an address or a NAT gateway."""
    kinds = {"EIP": "eip", "NATGW": "nat_gateway"}
    kind = kinds.get(call.params.required("Type").upper())
    if kind is None:
        raise call.params.invalid("Type")
    missing = ActionError("ResourceNotFound.InstanceId", "The specified resource of InstanceId is not found.", 404)
    resource = call.get(kind, call.params.required("InstanceId"), missing)
    resource.document["DeletionProtection"] = bool(call.params.boolean("ProtectionEnable"))
    call.tx.update(resource)
    return {}


def _show(call: Call, eip: Resource) -> dict[str, Any]:
    document = eip.document
    shown = {
        "AllocationId": eip.id,
        "IpAddress": document["IpAddress"],
        "Name": eip.name,
        "Description": document.get("Description", ""),
        # The data source reads this misspelt key.
        "Descritpion": document.get("Description", ""),
        "Status": call.status(eip),
        "BusinessStatus": "Normal",
        "RegionId": eip.region,
        "Bandwidth": document["Bandwidth"],
        "EipBandwidth": document["Bandwidth"],
        "InternetChargeType": document["InternetChargeType"],
        "ChargeType": document.get("InstanceChargeType", "PostPaid"),
        "ISP": document.get("ISP", "BGP"),
        "Netmode": document.get("Netmode", "public"),
        "Zone": document.get("Zone", ""),
        "PublicIpAddressPoolId": document.get("PublicIpAddressPoolId", ""),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "InstanceId": document.get("InstanceId", ""),
        "InstanceType": document.get("InstanceType", ""),
        "InstanceRegionId": eip.region if "InstanceId" in document else "",
        "Mode": document.get("Mode", "NAT"),
        "AllocationTime": timestamp(eip.created_at),
        "ExpiredTime": "",
        "HDMonitorStatus": "OFF",
        "BandwidthPackageId": "",
        "BandwidthPackageType": "",
        "BandwidthPackageBandwidth": "",
        "SegmentInstanceId": "",
        "HasReservationData": False,
        "ReservationActiveTime": "",
        "ReservationBandwidth": "",
        "ReservationInternetChargeType": "",
        "ReservationOrderType": "",
        "DeletionProtection": bool(document.get("DeletionProtection")),
        "SecondLimited": False,
        "ServiceManaged": 0,
        "SecurityProtectionTypes": {"SecurityProtectionType": document["SecurityProtectionTypes"]},
        "AvailableRegions": {"AvailableRegion": [eip.region]},
        "OperationLocks": {"LockReason": []},
        "Tags": {"Tag": show_tags(eip, "Key", "Value")},
    }
    for name in ("VpcId", "PrivateIpAddress"):
        if name in document:
            shown[name] = document[name]
    return shown


def _get(call: Call, parameter: str = "AllocationId") -> Resource:
    missing = ActionError("InvalidAllocationId.NotFound", "Specified allocation ID is not found", 404)
    return call.get("eip", call.params.required(parameter), missing)


def _check_bandwidth(text: str, charge_type: str) -> None:
    if not 1 <= decimal(text) <= _MOST_BANDWIDTH[charge_type]:
        raise ActionError("InvalidParameter", 'Specified value of "Bandwidth" is not valid.')


def _wrong_status() -> ActionError:
    return ActionError("IncorrectEipStatus", "Current elastic IP status does not support this operation.")


READS = {"DescribeEipAddresses": describe_eip_addresses}
WRITES = {
    "AllocateEipAddress": allocate_eip_address,
    "ModifyEipAddressAttribute": modify_eip_address_attribute,
    "AssociateEipAddress": associate_eip_address,
    "UnassociateEipAddress": unassociate_eip_address,
    "ModifyEipForwardMode": modify_eip_forward_mode,
    "ReleaseEipAddress": release_eip_address,
    "DeletionProtection": deletion_protection,
}
