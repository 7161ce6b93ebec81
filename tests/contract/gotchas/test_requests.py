"""How the provider sends its requests, and how many at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from provisioner.sandbox.wire import Server
from tests.contract.gotchas.door import ECS, REGION, VPC, Door
from tests.contract.gotchas.network import Network, look

QUICK_SECONDS = 0.2


# Rules of security groups are changed and removed by GET over TLS, whatever the provider is told.


def test_a_rule_is_changed_and_revoked_by_get_over_tls_on_the_same_port(network: Network) -> None:
    secured: dict[str, Any] = {"method": "GET", "tls": True, "SecurityGroupId": network.ids["security group"]}
    network.door.ok(ECS, "ModifySecurityGroupRule", **secured, **network.rule, Description="for me")
    assert (network.read("rule") or {})["Description"] == "for me"
    network.door.ok(ECS, "RevokeSecurityGroup", **secured, **network.rule)
    assert network.read("rule") is None


# Some calls have their ids in the query and the rest in the body.


@pytest.mark.parametrize("form", [(), ("VSwitchName", "RegionId"), ("VSwitchId", "VSwitchName", "RegionId")])
def test_parameters_count_wherever_they_are(network: Network, form: tuple[str, ...]) -> None:
    given = {"VSwitchId": network.ids["vswitch"], "VSwitchName": "renamed", "RegionId": REGION}
    network.door.ok(VPC, "ModifyVSwitchAttribute", form=form, **given)
    assert (network.read("vswitch") or {})["VSwitchName"] == "renamed"


def test_an_address_is_allocated_with_an_empty_id_in_the_query_and_the_rest_in_the_body(door: Door) -> None:
    given = {"InstanceId": "", "Bandwidth": "7", "InternetChargeType": "PayByTraffic"}
    made = door.ok(VPC, "AllocateEipAddress", form=("Bandwidth", "InternetChargeType"), **given)
    answer = door.ok(VPC, "DescribeEipAddresses", AllocationId=made["AllocationId"])
    assert str(look(answer, "EipAddresses.EipAddress.0.Bandwidth")) == "7"


# The provider waits long enough by itself: nothing here sleeps.


def test_no_call_sleeps(network: Network) -> None:
    """The shortest of some calls of each action, since the machine may be busy with something else."""
    for number in range(1, 4):
        Network(network.door, number)
    assert {action: took for action, took in network.door.quickest.items() if took > QUICK_SECONDS} == {}


# Ten operations run at a time.


def test_ten_writers_at_once_lose_nothing(network: Network, server: Server) -> None:
    group = {"SecurityGroupId": network.ids["security group"]}

    def write(number: int) -> None:
        with Door(server) as door:
            target = {"ResourceType": "VPC", "ResourceId__1": network.ids["vpc"]}
            door.ok(VPC, "TagResources", **target, Tag__1__Key=f"key-{number}", Tag__1__Value="x")
            for port in range(10):
                ports = f"{1000 * (number + 1) + port}"
                rule = {**network.rule, "PortRange": f"{ports}/{ports}"}
                door.ok(ECS, "AuthorizeSecurityGroup", **group, **{f"Permissions__1__{k}": v for k, v in rule.items()})

    with ThreadPoolExecutor(10) as executor:
        list(executor.map(write, range(10)))
    answer = network.door.ok(ECS, "DescribeSecurityGroupAttribute", **group)
    assert len(answer["Permissions"]["Permission"]) == 101
    assert len(look(network.read("vpc"), "Tags.Tag")) == 10
