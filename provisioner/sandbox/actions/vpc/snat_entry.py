"""SNAT entries: which vSwitch or range leaves through which address of a NAT gateway (Vpc 2016-04-28)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.vpc.nat_gateway import bound_addresses, check_nat_gateway_available
from provisioner.sandbox.actions.vpc.vswitch import get_vswitch_of
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def create_snat_entry(call: Call) -> Answer:
    """Let a vSwitch or a range use addresses that are bound to the table's gateway."""
    params = call.params
    region = call.region
    gateway = _gateway_of_table(call)
    addresses = params.required("SnatIp").split(",")
    source = _checked_source(call, gateway)
    check_nat_gateway_available(call, gateway)
    _check_addresses(call, gateway, addresses)
    siblings = call.list("snat_entry", parent=gateway.id)
    if any(entry.document.get("SourceVSwitchId", "") == source["SourceVSwitchId"] != "" for entry in siblings):
        raise ActionError("Forbidden.SourceVSwitchId.Duplicated", "The specified SourceCIDRis duplicated.")
    if any(entry.document["SourceCIDR"] == source["SourceCIDR"] for entry in siblings):
        raise ActionError(
            "OperationUnsupported.CidrConflict", "The specified CIDR block conflicts with an existing SNAT entry."
        )
    call.check_quota(
        "snat_entry",
        len(siblings),
        ActionError("Forbidden.SnatEntryCountLimited", "SNAT entry in the specified SNAT table reach it's limit."),
    )
    document = {
        **params.echo("EipAffinity"),
        **source,
        "SnatIp": ",".join(addresses),
        "SnatTableId": gateway.document["SnatTableId"],
        "TransitionalStatus": "Pending",
        "Status": "Available",
    }
    entry_id = call.new_id("snat", region)
    call.create(
        "snat_entry",
        entry_id,
        region=region,
        parent=gateway.id,
        name=params.text("SnatEntryName"),
        document=document,
        settles=True,
    )
    return {"SnatEntryId": entry_id}


def describe_snat_table_entries(call: Call) -> Answer:
    """Return the entries of an SNAT table or of a NAT gateway, filtered by entry, vSwitch, range, address and name."""
    params = call.params
    gateway_id = _gateway_of_table(call).id if "SnatTableId" in params else params.required("NatGatewayId")
    found = [
        entry
        for entry in call.list("snat_entry", parent=gateway_id, name=params.text("SnatEntryName") or None)
        if params.text("SnatEntryId") in ("", entry.id)
        and params.text("SourceVSwitchId") in ("", entry.document["SourceVSwitchId"])
        and params.text("SourceCIDR") in ("", entry.document["SourceCIDR"])
        and params.text("SnatIp") in ("", entry.document["SnatIp"])
    ]
    return answer_page(call, found, lambda entry: _show(call, entry), "SnatTableEntries", "SnatTableEntry")


def modify_snat_entry(call: Call) -> Answer:
    """Change an entry's addresses, name or affinity."""
    gateway = _gateway_of_table(call)
    entry = _get(call, gateway)
    _check_settled(call, entry)
    if "SnatIp" in call.params:
        addresses = call.params.text("SnatIp").split(",")
        _check_addresses(call, gateway, addresses)
        entry.document["SnatIp"] = ",".join(addresses)
    if "SnatEntryName" in call.params:
        entry.name = call.params.text("SnatEntryName")
    entry.document.update(call.params.echo("EipAffinity"))
    call.change_state(entry, "Modifying", "Available")
    return {}


def delete_snat_entry(call: Call) -> Answer:
    """Delete an entry; its addresses stay in use until it is gone."""
    entry = _get(call, _gateway_of_table(call))
    if entry.gone_at is None:
        _check_settled(call, entry)
        call.vanish([entry])
    return {}


def _show(call: Call, entry: Resource) -> dict[str, Any]:
    document = entry.document
    return {
        "SnatEntryId": entry.id,
        "SnatEntryName": entry.name,
        "SnatTableId": document["SnatTableId"],
        "NatGatewayId": entry.parent,
        "SnatIp": document["SnatIp"],
        "SourceVSwitchId": document["SourceVSwitchId"],
        "SourceCIDR": document["SourceCIDR"],
        "EipAffinity": document.get("EipAffinity", "0"),
        "Status": call.status(entry),
    }


def _gateway_of_table(call: Call) -> Resource:
    table_id = call.params.required("SnatTableId")
    for gateway in call.list("nat_gateway", linked_to=table_id):
        return gateway
    raise ActionError("InvalidSnatTableId.NotFound", "Specified SNAT table does not exist.", 404)


def _get(call: Call, gateway: Resource) -> Resource:
    missing = ActionError("InvalidSnatEntryId.NotFound", "Specified SNAT entry does not exist.", 404)
    entry = call.get("snat_entry", call.params.required("SnatEntryId"), missing)
    if entry.parent != gateway.id:
        raise missing
    return entry


def _checked_source(call: Call, gateway: Resource) -> dict[str, str]:
    vswitch_id, cidr = call.params.text("SourceVSwitchId"), call.params.text("SourceCIDR")
    if bool(vswitch_id) == bool(cidr):
        raise ActionError("INVALID_PARAMETER", "The parameter invalid.")
    if vswitch_id:
        vswitch = get_vswitch_of(call, vswitch_id, gateway.parent)
        # The service shows the vSwitch's range for such an entry.
        return {"SourceVSwitchId": vswitch_id, "SourceCIDR": str(vswitch.document["CidrBlock"])}
    try:
        IPv4Network(cidr)
    except ValueError:
        raise ActionError("INVALID_PARAMETER", "The parameter invalid.") from None
    return {"SourceVSwitchId": "", "SourceCIDR": cidr}


def _check_addresses(call: Call, gateway: Resource, addresses: list[str]) -> None:
    bound = {eip.document["IpAddress"]: eip for eip in bound_addresses(call, gateway.id)}
    for address in addresses:
        try:
            IPv4Address(address)
        except AddressValueError:
            raise ActionError("InvalidSnatIp.Malformed", "The specified SnatIp is not a valid IP address.") from None
        eip = bound.get(address)
        if eip is None:
            raise ActionError("EIP_NOT_IN_GATEWAY", f"eip [{address}] not bind natgateway is unsupported.")
        if call.status(eip) != "InUse":
            raise ActionError(
                "OperationUnsupported.EipInBinding", "Create snat entry with eip in associating status is unsupported."
            )


def _check_settled(call: Call, entry: Resource) -> None:
    if call.status(entry) != "Available":
        # The service's own spelling.
        raise ActionError(
            "IncorretSnatEntryStatus", "Current status of the SNAT entry does not support this operation."
        )


READS = {"DescribeSnatTableEntries": describe_snat_table_entries}
WRITES = {
    "CreateSnatEntry": create_snat_entry,
    "ModifySnatEntry": modify_snat_entry,
    "DeleteSnatEntry": delete_snat_entry,
}
