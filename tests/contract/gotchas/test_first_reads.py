"""A new object can be read at once: where the provider does not wait, a miss after a create is an error."""

from __future__ import annotations

import pytest

from tests.contract.gotchas.door import VPC
from tests.contract.gotchas.network import READS, Network, look


@pytest.mark.parametrize("kind", READS)
def test_a_new_object_is_found_at_once(shared: Network, kind: str) -> None:
    assert shared.fresh[kind] is not None


def test_a_binding_shows_what_it_is_bound_to_at_once(shared: Network) -> None:
    assert shared.first("binding")["InstanceId"] == shared.ids["nat gateway"]


def test_a_new_vpc_has_a_route_table_that_says_it_is_the_systems(shared: Network) -> None:
    shown = shared.first("system route table")
    assert (shown["RouteTableType"], shown["VpcId"]) == ("System", shared.ids["vpc"])


def test_a_route_table_shows_its_vswitch_and_its_route_at_once(shared: Network) -> None:
    table, routes = shared.first("routes"), look(shared.first("routes"), "RouteEntrys.RouteEntry")
    assert look(table, "VSwitchIds.VSwitchId") == [shared.ids["vswitch"]]
    assert shared.ids["nat gateway"] in {route["InstanceId"] for route in routes}


def test_a_secondary_range_is_shown_at_once(network: Network) -> None:
    network.door.ok(VPC, "AssociateVpcCidrBlock", VpcId=network.ids["vpc"], SecondaryCidrBlock="192.168.0.0/16")
    assert look(network.read("vpc row"), "SecondaryCidrBlocks.SecondaryCidrBlock") == ["192.168.0.0/16"]
