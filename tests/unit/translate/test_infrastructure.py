"""Variables of the infrastructure root, for each kind of network."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.api.extensions_v1alpha1 import Infrastructure
from provisioner.errors import ManifestError
from provisioner.translate.infrastructure import translate_infrastructure
from provisioner.translate.user_network import UserEip, UserNatGateway, UserNetwork, UserVpc

A, B = "eu-central-1a", "eu-central-1b"


def variables(
    *zones: dict[str, Any], vpc: dict[str, Any] | None = None, user_network: UserNetwork | None = None, **config: Any
) -> dict[str, Any]:
    """Return the variables of an Infrastructure with such a configuration."""
    content = {
        "apiVersion": "extensions.gardener.cloud/v1alpha1",
        "kind": "Infrastructure",
        "metadata": {"name": "bar", "namespace": "shoot--foo--bar"},
        "spec": {
            "type": "alicloud",
            "region": "eu-central-1",
            "secretRef": {"name": "cloudprovider"},
            "providerConfig": {
                "apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1",
                "kind": "InfrastructureConfig",
                "networks": {"vpc": vpc or {"cidr": "10.250.0.0/16"}, "zones": list(zones)},
                **config,
            },
        },
    }
    infrastructure = Infrastructure.model_validate(content)
    return translate_infrastructure(infrastructure, "shoot--foo--bar", "entry", None, user_network)


def zone(name: str = A, cidr: str = "10.250.0.0/19", **fields: Any) -> dict[str, Any]:
    return {"name": name, "workers": cidr, **fields}


def test_new_vpc_has_the_extensions_name_and_tag() -> None:
    assert variables(zone())["vpc"] == {
        "cidr": "10.250.0.0/16",
        "name": "shoot--foo--bar-vpc",
        "name_tag": "shoot--foo--bar",
    }


def test_existing_vpc_goes_in_as_the_cloud_has_it() -> None:
    user_network = UserNetwork(UserVpc("vpc-1", "10.0.0.0/8"), UserNatGateway("ngw-1", "stb-1"))
    found = variables(zone(), vpc={"id": "vpc-1"}, user_network=user_network)
    assert (found["vpc"], found["nat_gateway"]) == (
        {"id": "vpc-1", "cidr": "10.0.0.0/8"},
        {"id": "ngw-1", "snat_table_id": "stb-1"},
    )


def test_managed_gateway_of_an_existing_vpc_is_in_the_first_zone() -> None:
    vpc = {"id": "vpc-1", "gardenerManagedNATGateway": True}
    found = variables(zone(B), zone(A), vpc=vpc, user_network=UserNetwork(UserVpc("vpc-1", "10.0.0.0/8")))
    assert found["nat_gateway"] == {"name": "shoot--foo--bar-natgw", "zone": B}


def test_what_only_the_cloud_knows_is_null_where_it_was_not_asked() -> None:
    found = variables(zone(natGateway={"eipAllocationID": "eip-1"}), vpc={"id": "vpc-1"})
    assert (found["vpc"], found["nat_gateway"], found["zones"][A]["eip"]) == (
        {"id": "vpc-1", "cidr": None},
        {"id": None, "snat_table_id": None},
        {"id": "eip-1", "ip_address": None},
    )


def test_eip_that_was_brought_is_in_its_zone_alone() -> None:
    user_network = UserNetwork(eips={B: UserEip("eip-1", "47.0.0.1")}, eip_charge_type="PayByBandwidth")
    found = variables(zone(A), zone(B, natGateway={"eipAllocationID": "eip-1"}), user_network=user_network)
    assert found["zones"][B]["eip"] == {"id": "eip-1", "ip_address": "47.0.0.1"}
    assert ("eip" in found["zones"][A], found["eip_charge_type"]) == (False, "PayByBandwidth")


def test_second_zone_of_the_same_name_is_ignored_and_counts_in_names() -> None:
    found = variables(zone(A), zone(A, "10.250.32.0/19"), zone(B, "10.250.64.0/19"))
    assert {name: it["eip_name"] for name, it in found["zones"].items()} == {
        A: "shoot--foo--bar-eip-natgw-z0",
        B: "shoot--foo--bar-eip-natgw-z2",
    }


def test_deprecated_worker_is_the_range_unless_there_is_the_other() -> None:
    old = {"name": A, "worker": "10.250.0.0/19"}
    assert variables(old)["zones"][A]["cidr"] == "10.250.0.0/19"
    assert variables({**old, "workers": "10.250.32.0/19"})["zones"][A]["cidr"] == "10.250.32.0/19"


def test_own_route_table_is_named_as_the_extension_names_it() -> None:
    found = variables(zone(), vpc={"cidr": "10.250.0.0/16", "useCustomRouteTable": True})
    assert found["route_table"] == {
        "name": "shoot--foo--bar-rt",
        "default_route_name": "shoot--foo--bar-rt-default",
        "ipv6_route_name": "shoot--foo--bar-rt-ipv6",
    }
    assert variables(zone())["route_table"] is None


def test_dual_stack_numbers_its_blocks_by_position_unless_told() -> None:
    found = variables(zone(A), zone(B, ipv6CidrBlock=200), dualStack={"enabled": True})
    assert found["ipv6"] == {"gateway_name": "shoot--foo--bar-ipv6gw"}
    assert [found["zones"][name]["ipv6_block"] for name in (A, B)] == [0, 200]


def test_block_without_dual_stack_means_nothing() -> None:
    found = variables(zone(A, ipv6CidrBlock=7), dualStack={"enabled": False})
    assert (found["ipv6"], "ipv6_block" in found["zones"][A]) == (None, False)


def test_dual_stack_in_an_existing_vpc_uses_its_gateway() -> None:
    user_network = UserNetwork(UserVpc("vpc-1", "10.0.0.0/8", "ipv6gw-1"), UserNatGateway("ngw-1", "stb-1"))
    found = variables(zone(), vpc={"id": "vpc-1"}, user_network=user_network, dualStack={"enabled": True})
    assert found["ipv6"] == {"gateway_id": "ipv6gw-1"}


def test_no_zone_is_an_error() -> None:
    with pytest.raises(ManifestError, match="at least one zone is needed"):
        variables()
