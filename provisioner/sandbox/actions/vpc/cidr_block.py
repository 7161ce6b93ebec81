"""Secondary IPv4 ranges of VPCs (Vpc 2016-04-28)."""

from __future__ import annotations

from ipaddress import IPv4Network

from provisioner.sandbox.actions.vpc.vpc import check_vpc_available, checked_cidr, get_vpc, ranges_of
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call


def associate_vpc_cidr_block(call: Call) -> Answer:
    """Add a secondary range to a VPC."""
    vpc = get_vpc(call)
    if call.params.text("IpVersion").upper() not in ("", "IPV4"):
        raise call.params.invalid("IpVersion")
    cidr = checked_cidr(call.params.required("SecondaryCidrBlock"))
    check_vpc_available(call, vpc)
    if any(IPv4Network(cidr).overlaps(range_) for range_ in ranges_of(vpc)):
        raise ActionError("InvalidCidrBlock.Overlapped", "The specified CIDR block overlaps with another of the VPC.")
    used = len(vpc.document["SecondaryCidrBlocks"])
    call.check_quota(
        "secondary_cidr_block", used, ActionError("QuotaExceeded.CidrBlock", "Secondary CIDR block quota exceeded.")
    )
    vpc.document["SecondaryCidrBlocks"].append(cidr)
    call.tx.update(vpc)
    return {"CidrBlock": cidr, "IpVersion": "IPV4"}


def unassociate_vpc_cidr_block(call: Call) -> Answer:
    """Remove a secondary range in which no vSwitch lies."""
    vpc = get_vpc(call)
    cidr = call.params.required("SecondaryCidrBlock")
    if cidr not in vpc.document["SecondaryCidrBlocks"]:
        raise ActionError("InvalidCidrBlock.NotFound", "The specified CIDR block is not found.", 404)
    for vswitch in call.list("vswitch", parent=vpc.id):
        if IPv4Network(vswitch.document["CidrBlock"]).subnet_of(IPv4Network(cidr)):
            raise ActionError("OperationFailed.CidrInUse", "The specified CIDR block is in use.")
    vpc.document["SecondaryCidrBlocks"].remove(cidr)
    call.tx.update(vpc)
    return {}


WRITES = {
    "AssociateVpcCidrBlock": associate_vpc_cidr_block,
    "UnassociateVpcCidrBlock": unassociate_vpc_cidr_block,
}
