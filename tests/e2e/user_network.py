"""A user's VPC, NAT gateways and EIPs, which exist before the shoot; and a check that no run touches them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.cloud import Caller, Cloud
from tests.e2e.other_user import REGION, VPC, OtherUser

_SETTLE_SECONDS = 0.05
"""More than it takes until what was made is available."""
_DESCRIBED = {
    "DescribeVpcs": ("Vpcs", "Vpc"),
    "DescribeVSwitches": ("VSwitches", "VSwitch"),
    "DescribeNatGateways": ("NatGateways", "NatGateway"),
    "DescribeEipAddresses": ("EipAddresses", "EipAddress"),
    "DescribeIpv6Gateways": ("Ipv6Gateways", "Ipv6Gateway"),
}


@dataclass(frozen=True)
class UserNetwork:
    """A VPC 10.250.0.0/16 with the vSwitches, gateways and EIPs that are asked for."""

    has_vpc: bool = True
    gateways: int = 0
    """NAT gateways, each in a vSwitch of its own at the end of the VPC."""
    eips: int = 0
    charge_type: str = "PayByTraffic"
    has_ipv6: bool = False
    """Whether the VPC has an IPv6 range and an IPv6 gateway."""
    other_shoot: str = ""
    """The shoot that a vSwitch in the VPC is tagged with."""

    def make(self, cloud: Cloud, caller: Caller) -> dict[str, str]:
        """Make it, and return the ids by the names that manifests call them: $vpc, $gateway0, $eip0."""

        def call(action: str, **parameters: object) -> dict[str, Any]:
            answer = OtherUser(cloud, caller).call(VPC, action, **parameters)
            time.sleep(_SETTLE_SECONDS)
            return answer

        ids: dict[str, str] = {}
        if self.has_vpc:
            ids["$vpc"] = vpc_id = call("CreateVpc", CidrBlock="10.250.0.0/16", VpcName="users")["VpcId"]
            if self.has_ipv6:
                call("ModifyVpcAttribute", VpcId=vpc_id, EnableIPv6="true")
                call("CreateIpv6Gateway", VpcId=vpc_id, Name="users")
            for number in range(max(self.gateways, bool(self.other_shoot))):
                cidr = f"10.250.{255 - number}.0/24"
                vswitch = call("CreateVSwitch", VpcId=vpc_id, ZoneId=f"{REGION}a", CidrBlock=cidr, VSwitchName="users")
                if self.other_shoot:
                    tag = {"Tag__1__Key": f"kubernetes.io/cluster/{self.other_shoot}", "Tag__1__Value": "1"}
                    call("TagResources", ResourceType="VSWITCH", ResourceId__1=vswitch["VSwitchId"], **tag)
                if number < self.gateways:
                    given = {"VpcId": vpc_id, "VSwitchId": vswitch["VSwitchId"], "NatType": "Enhanced", "Name": "users"}
                    ids[f"$gateway{number}"] = call("CreateNatGateway", **given)["NatGatewayId"]
        for number in range(self.eips):
            made = call("AllocateEipAddress", Bandwidth="5", InternetChargeType=self.charge_type, Name="users")
            ids[f"$eip{number}"] = made["AllocationId"]
        return ids


def describe(cloud: Cloud, caller: Caller, names: str = "users") -> list[dict[str, Any]]:
    """Return everything that is called so, as the cloud describes it."""
    found = []
    for action, (outer, inner) in _DESCRIBED.items():
        answer = OtherUser(cloud, caller).call(VPC, action, PageSize=50)
        found += [
            row
            for row in answer[outer][inner]
            if names in (row.get("VpcName"), row.get("VSwitchName"), row.get("Name"))
        ]
    return found
