"""Another user of the same account, who changes things behind the program's back, or looks them up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.cloud import Caller, Cloud
from tests.e2e.conftest import Provision, access_key

REGION = "eu-central-1"
ECS, ESS, SLB, VPC = "2014-05-26", "2014-08-28", "2014-05-15", "2016-04-28"
RAM, STS = "2015-05-01", "2015-04-01"
"""Products by the version of their API."""


@dataclass(frozen=True)
class OtherUser:
    """Another user of the same account."""

    cloud: Cloud
    caller: Caller

    def call(self, version: str, action: str, **parameters: object) -> dict[str, Any]:
        """Run an action of the cloud; `Tag__1__Key` stands for `Tag.1.Key`."""
        given = {name.replace("__", "."): str(value) for name, value in parameters.items()}
        return self.cloud.call(self.caller, version, action, {"RegionId": REGION, **given})

    def a_user(self, name: str = "bob") -> dict[str, str]:
        """Make a RAM user of the account, and return an access key of the user's as a Secret holds it."""
        self.call(RAM, "CreateUser", UserName=name)
        key = self.call(RAM, "CreateAccessKey", UserName=name)["AccessKey"]
        return {"accessKeyID": key["AccessKeyId"], "accessKeySecret": key["AccessKeySecret"]}

    def a_session(self, role: str = "deployer", session: str = "alice") -> dict[str, str]:
        """Make a role of the account and assume it; return the temporary credentials as a Secret holds them."""
        trusted = {"RAM": [f"acs:ram::{self.caller.account_id}:root"]}
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": trusted}
        policy = json.dumps({"Statement": [statement], "Version": "1"})
        arn = self.call(RAM, "CreateRole", RoleName=role, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        given = self.call(STS, "AssumeRole", RoleArn=arn, RoleSessionName=session)["Credentials"]
        return {
            "accessKeyID": given["AccessKeyId"],
            "accessKeySecret": given["AccessKeySecret"],
            "securityToken": given["SecurityToken"],
        }

    def available(self, action: str, container: str, element: str, **parameters: object) -> dict[str, Any]:
        """Return the one thing found, once it has settled."""
        while True:
            found = self.the(action, container, element, **parameters)
            if found["Status"] in ("Available", "InUse"):
                return found
            time.sleep(0.005)

    def the(
        self, action: str, container: str, element: str, version: str = VPC, **parameters: object
    ) -> dict[str, Any]:
        """Return the one thing there is."""
        found: dict[str, Any]
        (found,) = self.call(version, action, **parameters)[container][element]
        return found

    def a_vswitch(self, vpc_id: str, zone: str, cidr: str) -> str:
        """Make a vSwitch and return its id."""
        made = self.call(VPC, "CreateVSwitch", VpcId=vpc_id, ZoneId=zone, CidrBlock=cidr)["VSwitchId"]
        self.available("DescribeVSwitches", "VSwitches", "VSwitch", VSwitchId=made)
        return str(made)

    def a_network(self) -> tuple[str, str]:
        """Return a foreign VPC and vSwitch."""
        vpc = self.call(VPC, "CreateVpc", CidrBlock="172.16.0.0/12")["VpcId"]
        self.available("DescribeVpcs", "Vpcs", "Vpc", VpcId=vpc)
        return vpc, self.a_vswitch(vpc, f"{REGION}a", "172.16.0.0/24")

    def delete_network(self, vpc_id: str, vswitch_id: str) -> None:
        """Delete a vSwitch with its VPC."""
        self.call(VPC, "DeleteVSwitch", VSwitchId=vswitch_id)
        self.call(VPC, "DeleteVpc", VpcId=vpc_id)

    def a_nat_gateway(self) -> tuple[str, str, str]:
        """Return a foreign VPC, vSwitch and NAT gateway."""
        vpc, vswitch = self.a_network()
        gateway = self.call(VPC, "CreateNatGateway", VpcId=vpc, VSwitchId=vswitch)["NatGatewayId"]
        self.available("DescribeNatGateways", "NatGateways", "NatGateway", NatGatewayId=gateway)
        return vpc, vswitch, gateway

    def delete_nat_gateway(self, vpc_id: str, vswitch_id: str, gateway_id: str) -> None:
        """Delete a NAT gateway with its vSwitch and VPC."""
        self.call(VPC, "DeleteNatGateway", NatGatewayId=gateway_id)
        while self.call(VPC, "DescribeNatGateways", NatGatewayId=gateway_id)["TotalCount"]:
            time.sleep(0.005)
        self.delete_network(vpc_id, vswitch_id)

    def delete_snat_entry(self, gateway: dict[str, Any]) -> None:
        """Delete the first SNAT entry of a NAT gateway."""
        table = gateway["SnatTableIds"]["SnatTableId"][0]
        answer = self.call(VPC, "DescribeSnatTableEntries", SnatTableId=table)
        entry = answer["SnatTableEntries"]["SnatTableEntry"][0]
        self.call(VPC, "DeleteSnatEntry", SnatTableId=table, SnatEntryId=entry["SnatEntryId"])
        time.sleep(0.02)  # more than it takes until it is gone

    def bind(self, eip: dict[str, Any], gateway_id: str) -> None:
        """Bind an EIP to a NAT gateway."""
        self.call(
            VPC, "AssociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=gateway_id, InstanceType="Nat"
        )
        self.available("DescribeEipAddresses", "EipAddresses", "EipAddress", AllocationId=eip["AllocationId"])

    def unbind(self, eip: dict[str, Any]) -> None:
        """Take an EIP away from what it is bound to."""
        self.call(VPC, "UnassociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=eip["InstanceId"])
        self.available("DescribeEipAddresses", "EipAddresses", "EipAddress", AllocationId=eip["AllocationId"])


@contextmanager
def other_user(provision: Provision) -> Iterator[OtherUser]:
    """Let another user in for a while, with the example's access key."""
    with closing(provision.cloud()) as cloud:
        yield OtherUser(cloud, cloud.enroll(*access_key()))


def call_as_other_user(provision: Provision, version: str, action: str, **parameters: object) -> dict[str, Any]:
    """Let another user in for one action, written as in `OtherUser.call`."""
    with other_user(provision) as other:
        return other.call(version, action, **parameters)
