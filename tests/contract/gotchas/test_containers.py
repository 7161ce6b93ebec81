"""A container or a text that is missing is no error for the provider but a panic, which ends all of it."""

from __future__ import annotations

import pytest

from tests.contract.gotchas.door import Door
from tests.contract.gotchas.network import EMPTY_LISTS, Network, look

CONTAINERS = {
    "vpc": "Tags.Tag SecondaryCidrBlocks.SecondaryCidrBlock UserCidrs.UserCidr Ipv6CidrBlocks.Ipv6CidrBlock",
    "vpc row": "Tags.Tag SecondaryCidrBlocks.SecondaryCidrBlock UserCidrs.UserCidr VSwitchIds.VSwitchId",
    "system route table": "VSwitchIds.VSwitchId",
    "vswitch": "Tags.Tag",
    "vswitch row": "Tags.Tag RouteTable",
    "nat gateway": "ForwardTableIds.ForwardTableId SnatTableIds.SnatTableId NatGatewayPrivateInfo IpLists.IpList",
    "eip": "Tags.Tag AvailableRegions.AvailableRegion OperationLocks.LockReason "
    "SecurityProtectionTypes.SecurityProtectionType",
    "security group": "Tags.Tag",
    "key pair": "Tags.Tag",
    "scaling group": "RemovalPolicies.RemovalPolicy DBInstanceIds.DBInstanceId LoadBalancerIds.LoadBalancerId "
    "VSwitchIds.VSwitchId",
    "route table": "VSwitchIds.VSwitchId Tags.Tag",
    "routes": "RouteEntrys.RouteEntry VSwitchIds.VSwitchId",
    "ipv6 gateway": "Tags.Tag",
    "launch template": "Tags.Tag",
    "launch template version": "LaunchTemplateData LaunchTemplateData.DataDisks.DataDisk "
    "LaunchTemplateData.NetworkInterfaces.NetworkInterface LaunchTemplateData.Tags.InstanceTag",
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_new_object_shows_every_container(shared: Network, kind: str) -> None:
    found = {path: look(shared.fresh[kind], path) for path in CONTAINERS[kind].split()}
    assert {path for path, value in found.items() if not isinstance(value, dict | list)} == set()


@pytest.mark.parametrize(
    ("kind", "name"), [("nat gateway", "InstanceChargeType"), ("scaling configuration", "LifecycleState")]
)
def test_a_new_object_shows_the_texts_that_are_asserted_to_be_texts(shared: Network, kind: str, name: str) -> None:
    assert isinstance(shared.first(kind)[name], str)


@pytest.mark.parametrize("kind", EMPTY_LISTS)
def test_a_list_without_anything_in_it_is_a_list(door: Door, kind: str) -> None:
    version, action, _, path = EMPTY_LISTS[kind]
    assert look(door.ok(version, action), path.removesuffix(".0")) == []
