"""One of everything that the sandbox's cloud can hold, and how the provider reads each of it."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.contract.gotchas.door import ECS, ESS, RAM, VPC, Door, Shown

ZONE = "eu-central-1a"
IMAGE = "coreos_2023_4_0_64_30G_alibase_20190319.vhd"
PUBLIC_KEY = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + bytes(64)).decode()
TRUST = {
    "Version": "1",
    "Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}}],
}

# How the provider reads each kind: version, action, parameters with the name of their id in `Network.ids`, path to it.
READS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "vpc": (VPC, "DescribeVpcAttribute", {"VpcId": "vpc"}, ""),
    "vpc row": (VPC, "DescribeVpcs", {"VpcId": "vpc"}, "Vpcs.Vpc.0"),
    "system route table": (VPC, "DescribeRouteTableList", {"VpcId": "vpc"}, "RouterTableList.RouterTableListType.0"),
    "vswitch": (VPC, "DescribeVSwitchAttributes", {"VSwitchId": "vswitch"}, ""),
    "vswitch row": (VPC, "DescribeVSwitches", {"VSwitchId": "vswitch"}, "VSwitches.VSwitch.0"),
    "nat gateway": (VPC, "DescribeNatGateways", {"NatGatewayId": "nat gateway"}, "NatGateways.NatGateway.0"),
    "eip": (VPC, "DescribeEipAddresses", {"AllocationId": "eip"}, "EipAddresses.EipAddress.0"),
    "binding": (VPC, "DescribeEipAddresses", {"AllocationId": "eip"}, "EipAddresses.EipAddress.0"),
    "snat entry": (
        VPC,
        "DescribeSnatTableEntries",
        {"SnatTableId": "snat table", "SnatEntryId": "snat entry"},
        "SnatTableEntries.SnatTableEntry.0",
    ),
    "security group": (
        ECS,
        "DescribeSecurityGroups",
        {"SecurityGroupId": "security group"},
        "SecurityGroups.SecurityGroup.0",
    ),
    "rule": (
        ECS,
        "DescribeSecurityGroupAttribute",
        {"SecurityGroupId": "security group"},
        "Permissions.Permission.0",
    ),
    "key pair": (ECS, "DescribeKeyPairs", {"KeyPairName": "key pair"}, "KeyPairs.KeyPair.0"),
    "scaling group": (
        ESS,
        "DescribeScalingGroups",
        {"ScalingGroupId.1": "scaling group"},
        "ScalingGroups.ScalingGroup.0",
    ),
    "scaling configuration": (
        ESS,
        "DescribeScalingConfigurations",
        {"ScalingConfigurationId.1": "scaling configuration"},
        "ScalingConfigurations.ScalingConfiguration.0",
    ),
    "scaling rule": (ESS, "DescribeScalingRules", {"ScalingRuleId.1": "scaling rule"}, "ScalingRules.ScalingRule.0"),
    "route table": (
        VPC,
        "DescribeRouteTableList",
        {"RouteTableId": "route table"},
        "RouterTableList.RouterTableListType.0",
    ),
    "routes": (VPC, "DescribeRouteTables", {"RouteTableId": "route table"}, "RouteTables.RouteTable.0"),
    "ipv6 gateway": (VPC, "DescribeIpv6GatewayAttribute", {"Ipv6GatewayId": "ipv6 gateway"}, ""),
    "launch template": (
        ECS,
        "DescribeLaunchTemplates",
        {"LaunchTemplateId.1": "launch template"},
        "LaunchTemplateSets.LaunchTemplateSet.0",
    ),
    "launch template version": (
        ECS,
        "DescribeLaunchTemplateVersions",
        {"LaunchTemplateId": "launch template", "LaunchTemplateVersion.1": "version"},
        "LaunchTemplateVersionSets.LaunchTemplateVersionSet.0",
    ),
    "role": (RAM, "GetRole", {"RoleName": "role"}, "Role"),
}
SEVERAL = ("system route table",)
"""Kinds of which a VPC has more than the one that is meant."""
EMPTY_LISTS = {
    kind: (version, action, ids, path)
    for kind, (version, action, ids, path) in READS.items()
    if path.endswith(".0") and kind not in ("rule", "binding", "snat entry", "launch template version")
}
"""Reads that answer with a list of what was asked for, by kind."""


class Network:
    """One of everything, made with what is required and no more; each is read as soon as it was made."""

    def __init__(self, door: Door, number: int = 0) -> None:
        self.door = door
        self.ids: dict[str, str] = {}
        self.fresh: dict[str, Shown | None] = {}
        """What the first read after the making showed, None for nothing."""
        name = f"name-{number}"
        self._made(
            "vpc", door.make(VPC, "CreateVpc", CidrBlock="10.250.0.0/16")["VpcId"], "vpc row", "system route table"
        )
        given: dict[str, Any] = {"VpcId": self.ids["vpc"], "ZoneId": ZONE, "CidrBlock": "10.250.0.0/19"}
        self._made("vswitch", door.make(VPC, "CreateVSwitch", **given)["VSwitchId"], "vswitch row")
        given = {"VpcId": self.ids["vpc"], "VSwitchId": self.ids["vswitch"]}
        # The provider sends what it has no value for as an empty text.
        self._made("nat gateway", door.make(VPC, "CreateNatGateway", NatType="", **given)["NatGatewayId"])
        self.ids["snat table"] = (self.fresh["nat gateway"] or {})["SnatTableIds"]["SnatTableId"][0]
        self._made("eip", door.make(VPC, "AllocateEipAddress")["AllocationId"])
        self.bound = {"AllocationId": self.ids["eip"], "InstanceId": self.ids["nat gateway"], "InstanceType": "Nat"}
        door.make(VPC, "AssociateEipAddress", **self.bound)
        self._made("binding", "")
        address = (self.fresh["eip"] or {})["IpAddress"]
        given = {"SnatTableId": self.ids["snat table"], "SourceVSwitchId": self.ids["vswitch"], "SnatIp": address}
        self._made("snat entry", door.make(VPC, "CreateSnatEntry", **given)["SnatEntryId"])
        made = door.make(ECS, "CreateSecurityGroup", VpcId=self.ids["vpc"])
        self._made("security group", made["SecurityGroupId"])
        self.rule = {"IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": "0.0.0.0/0", "Policy": "accept"}
        self.rule |= {"Priority": "1", "NicType": "intranet"}
        group = {"SecurityGroupId": self.ids["security group"]}
        door.ok(ECS, "AuthorizeSecurityGroup", **group, **{f"Permissions__1__{k}": v for k, v in self.rule.items()})
        self._made("rule", "")
        made = door.ok(ECS, "ImportKeyPair", KeyPairName=name, PublicKeyBody=PUBLIC_KEY)
        self._made("key pair", made["KeyPairName"])
        sizes = {"MinSize": 1, "MaxSize": 2, "VSwitchIds__1": self.ids["vswitch"]}
        self._made("scaling group", door.make(ESS, "CreateScalingGroup", **sizes)["ScalingGroupId"])
        given = {"ScalingGroupId": self.ids["scaling group"], "ImageId": IMAGE, "InstanceTypes__1": "ecs.g7.large"}
        made = door.ok(ESS, "CreateScalingConfiguration", **given, **group)
        self._made("scaling configuration", made["ScalingConfigurationId"])
        given = {"ScalingGroupId": self.ids["scaling group"], "AdjustmentType": "TotalCapacity", "AdjustmentValue": 1}
        self._made("scaling rule", door.ok(ESS, "CreateScalingRule", **given)["ScalingRuleId"])
        self._add_routes()
        made = door.ok(ECS, "CreateLaunchTemplate", LaunchTemplateName=name)
        self.ids["version"] = "1"
        self._made("launch template", made["LaunchTemplateId"], "launch template version")
        made = door.ok(RAM, "CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self._made("role", made["Role"]["RoleName"])

    def _add_routes(self) -> None:
        """Add a route table with a route, and an IPv6 gateway."""
        door, vpc = self.door, {"VpcId": self.ids["vpc"]}
        self._made("route table", door.make(VPC, "CreateRouteTable", **vpc)["RouteTableId"])
        table = {"RouteTableId": self.ids["route table"]}
        door.make(VPC, "AssociateRouteTable", **table, VSwitchId=self.ids["vswitch"])
        self.route = {**table, "DestinationCidrBlock": "0.0.0.0/0", "NextHopId": self.ids["nat gateway"]}
        door.make(VPC, "CreateRouteEntry", **self.route, NextHopType="NatGateway")
        self._made("routes", "")
        door.make(VPC, "ModifyVpcAttribute", **vpc, EnableIPv6="true")
        self._made("ipv6 gateway", door.make(VPC, "CreateIpv6Gateway", **vpc)["Ipv6GatewayId"])

    def _made(self, kind: str, id: str, *more: str) -> None:
        if id:
            self.ids[kind] = id
        for one in (kind, *more):
            self.fresh[one] = self.read(one)

    def first(self, kind: str) -> Shown:
        """Return what the first read after the making showed, which has to be something."""
        shown = self.fresh[kind]
        assert shown is not None, kind
        return shown

    def read(self, kind: str, **other: str) -> Shown | None:
        """Return an object as the provider reads it, with other parameters where given; None for an empty list."""
        version, action, ids, path = READS[kind]
        answer = self.door.ok(version, action, **{**{name: self.ids[id] for name, id in ids.items()}, **other})
        try:
            shown: Shown = look(answer, path)
        except IndexError:
            return None
        return shown


def look(value: Any, path: str) -> Any:
    """Return what a dotted path leads to."""
    for step in path.split(".") if path else ():
        value = value[int(step) if isinstance(value, list) else step]
    return value
