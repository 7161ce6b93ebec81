"""Names are spelt as the service spells them."""

from __future__ import annotations

from contextlib import closing

import pytest

from provisioner.sandbox.cloud import Cloud
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from tests.contract.gotchas.door import ECS, ESS, RAM, VPC, Door
from tests.contract.gotchas.network import Network, look


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("vpc", "EnabledIpv6"),
        ("nat gateway", "NatGatewayPrivateInfo.VswitchId"),
        ("vswitch", "VSwitchId"),
        ("eip", "Descritpion"),
        ("snat entry", "SourceVSwitchId"),
        ("routes", "RouteEntrys.RouteEntry.0.InstanceId"),
    ],
)
def test_a_field_is_spelt_as_the_provider_reads_it(shared: Network, kind: str, name: str) -> None:
    assert look(shared.fresh[kind], name) is not None


@pytest.mark.parametrize(
    ("version", "right", "wrong"),
    [
        (VPC, "UnTagResources", "UntagResources"),
        (RAM, "UntagResources", "UnTagResources"),
        (ECS, "UntagResources", "UnTagResources"),
        (ESS, "UntagResources", "UnTagResources"),
        (VPC, "ListEnhanhcedNatGatewayAvailableZones", "ListEnhancedNatGatewayAvailableZones"),
    ],
)
def test_an_action_is_spelt_one_way(door: Door, version: str, right: str, wrong: str) -> None:
    assert door.send(version, right)[1].get("Code") != "InvalidAction.NotFound"
    assert door.refused(version, wrong) == (404, "InvalidAction.NotFound")


def test_an_entry_that_is_not_ready_is_refused_with_the_services_spelling(network: Network, cloud: Cloud) -> None:
    entry = {"SnatTableId": network.ids["snat table"], "SnatEntryId": network.ids["snat entry"]}
    with (
        closing(open_cloud(cloud.directory, settle_ms=60_000, environment={})) as slow,
        serve_cloud(slow) as running,
        Door(running) as door,
    ):
        door.make(VPC, "ModifySnatEntry", **entry, SnatEntryName="renamed")
        assert door.refused(VPC, "DeleteSnatEntry", **entry) == (400, "IncorretSnatEntryStatus")
