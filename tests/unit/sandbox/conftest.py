"""A simulated cloud with a clock that stands still, and short ways to call it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.sandbox.cloud import ActionError, Caller, Cloud, Latency
from provisioner.sandbox.sandbox import open_cloud

VPC, ECS, ESS, SLB = "2016-04-28", "2014-05-26", "2014-08-28", "2014-05-15"
PUBLIC_KEY = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa" + bytes(64)).decode()
IMAGE = "coreos_2023_4_0_64_30G_alibase_20190319.vhd"
USER_DATA = base64.b64encode(b"#!/bin/sh\necho a secret of mine").decode()


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        """Start at a fixed second."""
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        """Return the time in seconds since the epoch."""
        return self.now


class Account:
    """One caller in one region; `Tag__1__Key` stands for `Tag.1.Key`."""

    def __init__(self, cloud: Cloud, caller: Caller, clock: Clock, region: str = "eu-central-1") -> None:
        """Call `cloud` as `caller`."""
        self.cloud, self.caller, self.clock, self.region = cloud, caller, clock, region

    def call(self, version: str, action: str, **parameters: object) -> dict[str, Any]:
        """Run an action with the region added."""
        given = {"RegionId": self.region}
        given.update({name.replace("__", "."): str(value) for name, value in parameters.items()})
        return self.cloud.call(self.caller, version, action, given)

    def vpc(self, action: str, **parameters: object) -> dict[str, Any]:
        """Run a Vpc action."""
        return self.call(VPC, action, **parameters)

    def ecs(self, action: str, **parameters: object) -> dict[str, Any]:
        """Run an Ecs action."""
        return self.call(ECS, action, **parameters)

    def ess(self, action: str, **parameters: object) -> dict[str, Any]:
        """Run an Ess action."""
        return self.call(ESS, action, **parameters)

    def slb(self, action: str, **parameters: object) -> dict[str, Any]:
        """Run an Slb action."""
        return self.call(SLB, action, **parameters)

    def settle(self, seconds: float = 1.0) -> None:
        """Let time pass, so that everything reaches its final state."""
        self.clock.now += seconds

    def on_disk(self) -> bytes:
        """Return everything that the cloud has in files."""
        files = [path for path in self.cloud.directory.rglob("*") if path.is_file()]
        assert files
        return b"".join(path.read_bytes() for path in files)

    def a_vpc(self, cidr: str = "10.250.0.0/16", **parameters: object) -> str:
        """Return the id of a new, available VPC."""
        vpc_id = self.vpc("CreateVpc", CidrBlock=cidr, **parameters)["VpcId"]
        self.settle()
        return str(vpc_id)

    def a_vswitch(self, vpc_id: str, cidr: str = "10.250.0.0/19", zone: str = "eu-central-1a") -> str:
        """Return the id of a new, available vSwitch."""
        vswitch_id = self.vpc("CreateVSwitch", VpcId=vpc_id, ZoneId=zone, CidrBlock=cidr)["VSwitchId"]
        self.settle()
        return str(vswitch_id)

    def a_nat_gateway(self, vpc_id: str, vswitch_id: str) -> tuple[str, str]:
        """Return the ids of a new, available NAT gateway and of its SNAT table."""
        made = self.vpc("CreateNatGateway", VpcId=vpc_id, VSwitchId=vswitch_id, NatType="Enhanced")
        self.settle()
        return made["NatGatewayId"], made["SnatTableIds"]["SnatTableId"][0]

    def an_eip(self, bound_to: str = "", charge_type: str = "PayByTraffic") -> tuple[str, str]:
        """Return the id and the address of a new EIP, bound to a NAT gateway when one is given."""
        made = self.vpc("AllocateEipAddress", Bandwidth="100", InternetChargeType=charge_type)
        if bound_to:
            self.vpc("AssociateEipAddress", AllocationId=made["AllocationId"], InstanceId=bound_to, InstanceType="Nat")
            self.settle()
        return made["AllocationId"], made["EipAddress"]

    def a_security_group(self, vpc_id: str) -> str:
        """Return the id of a new security group."""
        return str(self.ecs("CreateSecurityGroup", VpcId=vpc_id, SecurityGroupName="sg")["SecurityGroupId"])

    def a_scaling_group(self, vswitch_id: str, name: str = "group", **parameters: object) -> str:
        """Return the id of a new, inactive scaling group."""
        sizes = {"MinSize": 1, "MaxSize": 3, **parameters}
        made = self.ess("CreateScalingGroup", ScalingGroupName=name, VSwitchIds__1=vswitch_id, **sizes)
        return str(made["ScalingGroupId"])

    def a_configuration(self, group_id: str, security_group_id: str, **parameters: object) -> str:
        """Return the id of a new, inactive scaling configuration."""
        given = {"ImageId": IMAGE, "InstanceTypes__1": "ecs.g7.large", **parameters}
        made = self.ess(
            "CreateScalingConfiguration", ScalingGroupId=group_id, SecurityGroupId=security_group_id, **given
        )
        return str(made["ScalingConfigurationId"])

    def a_load_balancer(self, vswitch_id: str = "", **parameters: object) -> str:
        """Return the id of a new load balancer, internal if a vSwitch is given."""
        place = {"VSwitchId": vswitch_id} if vswitch_id else {}
        made = self.slb("CreateLoadBalancer", **{"InstanceChargeType": "PayByCLCU", **place, **parameters})
        return str(made["LoadBalancerId"])

    def an_enabled_group(self, **parameters: object) -> str:
        """Return the id of a new scaling group whose instances run."""
        vpc_id = self.a_vpc()
        group_id = self.a_scaling_group(self.a_vswitch(vpc_id), **parameters)
        active = self.a_configuration(group_id, self.a_security_group(vpc_id))
        self.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=active)
        self.settle()
        return group_id

    def size(self, group_id: str) -> tuple[int, int]:
        """Return a scaling group's desired and actual size."""
        (group,) = self.ess("DescribeScalingGroups", ScalingGroupId__1=group_id)["ScalingGroups"]["ScalingGroup"]
        return group["DesiredCapacity"], group["TotalCapacity"]


class Place:
    """A VPC with a vSwitch and a security group, and instances in it."""

    def __init__(self, account: Account) -> None:
        """Make the network."""
        self.account = account
        self.vpc_id = account.a_vpc()
        self.vswitch_id = account.a_vswitch(self.vpc_id)
        self.group_id = account.a_security_group(self.vpc_id)

    def run(self, **parameters: object) -> list[str]:
        """Run instances and return their ids."""
        given: dict[str, object] = {
            "ImageId": IMAGE,
            "InstanceType": "ecs.g7.large",
            "VSwitchId": self.vswitch_id,
            "SecurityGroupId": self.group_id,
            **parameters,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return list(self.account.ecs("RunInstances", **given)["InstanceIdSets"]["InstanceIdSet"])

    def an_instance(self, **parameters: object) -> str:
        """Return the id of a running instance."""
        (instance_id,) = self.run(**parameters)
        self.account.settle()
        return instance_id

    def a_stopped_instance(self, **parameters: object) -> str:
        """Return the id of a stopped instance."""
        instance_id = self.an_instance(**parameters)
        self.account.ecs("StopInstance", InstanceId=instance_id)
        self.account.settle()
        return instance_id

    def list(self, **parameters: object) -> list[dict[str, Any]]:
        """Return what DescribeInstances finds."""
        return list(self.account.ecs("DescribeInstances", **parameters)["Instances"]["Instance"])

    def shown(self, instance_id: str) -> dict[str, Any]:
        """Return how an instance is shown."""
        (instance,) = self.list(InstanceIds=json.dumps([instance_id]))
        return instance


Refused = Callable[..., ActionError]


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def cloud(tmp_path: Path, clock: Clock) -> Iterator[Cloud]:
    """Return an empty cloud without latency in which changes take 100 ms of the clock."""
    opened = open_cloud(tmp_path / "cloud", latency=Latency(), settle_ms=100, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def account(cloud: Cloud, clock: Clock) -> Account:
    """Return an account in eu-central-1."""
    return Account(cloud, cloud.enroll("LTAIone", "secret-one"), clock)


@pytest.fixture
def other_account(cloud: Cloud, clock: Clock) -> Account:
    """Return a second account in the same region."""
    return Account(cloud, cloud.enroll("LTAItwo", "secret-two"), clock)


@pytest.fixture
def place(account: Account) -> Place:
    """Return a VPC with a vSwitch and a security group, to run instances in."""
    return Place(account)


@pytest.fixture
def refused() -> Refused:
    """Return a function that runs a call and returns how it was refused."""

    def run(call: Callable[..., object], *arguments: Any, **parameters: object) -> ActionError:
        with pytest.raises(ActionError) as caught:
            call(*arguments, **parameters)
        return caught.value

    return run
