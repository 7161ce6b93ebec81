"""The user's objects that a shoot uses: found in a simulated cloud, or refused with the field that names them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.errors import ManifestError
from provisioner.run.checks.user_network import require_own_placement
from provisioner.tfstate import Address, StateDocument
from provisioner.translate.names import owner_description
from provisioner.translate.user_network import UserEip, UserNatGateway, UserNetwork, UserVpc
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.checks.user_networks import ENTRY, ID, MARKS, THEIRS, ZONE, Network, a_state, managed


@pytest.fixture
def network(simulated: SimulatedAccount) -> Network:  # noqa: F811
    return Network(simulated)


def brought(eip_id: str) -> dict[str, Any]:
    return {"natGateway": {"eipAllocationID": eip_id}}


class TestNothing:
    def test_the_shoots_own_network_costs_no_call(self, network):
        before = network.simulated.asked()
        assert network.look(vpc={"cidr": "10.250.0.0/16"}) == UserNetwork()
        assert network.simulated.asked() == before


class TestVpc:
    def test_range_is_the_clouds(self, network):
        network.a_gateway()
        assert network.look().vpc == UserVpc(network.vpc_id, "10.250.0.0/16")

    def test_one_that_is_not_there_is_refused(self, network):
        assert network.refusal(vpc={"id": "vpc-gone"}) == [("vpc.id", "there is no VPC vpc-gone in eu-central-1")]

    def test_zone_outside_of_it_is_refused(self, network):
        network.a_gateway()
        ((path, detail),) = network.refusal(zone={"workers": "10.1.0.0/19"})
        assert (path, "is not inside VPC" in detail) == ("zones[0].workers", True)

    def test_zone_in_a_secondary_range_is_fine(self, network):
        network.account.vpc("AssociateVpcCidrBlock", VpcId=network.vpc_id, SecondaryCidrBlock="192.168.0.0/16")
        network.a_gateway()
        assert network.look(zone={"workers": "192.168.0.0/19"}).vpc is not None

    def test_new_zone_that_overlaps_a_foreign_vswitch_is_refused(self, network):
        network.a_gateway(cidr="10.250.16.0/24")
        ((path, detail),) = network.refusal()
        assert (path, "overlaps vSwitch vsw-" in detail) == ("zones[0].workers", True)

    def test_zone_that_exists_already_is_not_checked_again(self, network):
        network.a_gateway(cidr="10.250.16.0/24")
        assert network.look(state=a_state(vswitch="vsw-1")).vpc is not None


class TestNatGateway:
    def test_the_only_one_is_used(self, network):
        gateway = network.a_gateway()
        assert network.look().nat_gateway == UserNatGateway(*gateway)

    def test_none_is_an_error(self, network):
        ((path, detail),) = network.refusal()
        assert (path, "has no NAT gateway of its own" in detail) == ("vpc.id", True)

    def test_several_are_an_error_that_names_them(self, network):
        gateways = [network.a_gateway(cidr)[0] for cidr in ("10.250.128.0/24", "10.250.129.0/24")]
        ((path, detail),) = network.refusal()
        assert (path, f"several NAT gateways of its own: {', '.join(sorted(gateways))}" in detail) == ("vpc.id", True)

    def test_the_one_in_the_state_is_kept(self, network):
        _, second = (network.a_gateway(cidr) for cidr in ("10.250.128.0/24", "10.250.129.0/24"))
        assert network.look(outputs={"nat_gateway_id": second[0]}).nat_gateway == UserNatGateway(*second)

    def test_one_of_a_shoot_is_not_the_users(self, network):
        mine = network.a_gateway()
        network.a_gateway("10.250.129.0/24", Tag__1__Key="kubernetes.io/cluster/shoot--foo--other", Tag__1__Value="1")
        assert network.look().nat_gateway == UserNatGateway(*mine)

    def test_managed_one_needs_none(self, network):
        assert network.look(vpc=managed(network)).nat_gateway is None

    def test_managed_one_beside_another_shoot_needs_a_route_table_of_its_own(self, network):
        vswitch_id = network.account.a_vswitch(network.vpc_id, "10.250.128.0/24")
        tag = {"Tag__1__Key": "kubernetes.io/cluster/shoot--foo--other", "Tag__1__Value": "1"}
        network.account.vpc("TagResources", ResourceType="VSWITCH", ResourceId__1=vswitch_id, **tag)
        ((path, detail),) = network.refusal(vpc=managed(network))
        assert (path, "shoot--foo--other" in detail) == ("vpc.useCustomRouteTable", True)
        assert network.look(vpc=managed(network, useCustomRouteTable=True)).nat_gateway is None
        assert network.look(vpc=managed(network), state=a_state(nat_gateway="ngw-1")).nat_gateway is None


class TestEip:
    def test_address_is_the_clouds(self, network):
        eip_id, address = network.account.an_eip()
        found = network.look(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id))
        assert found.eips == {ZONE: UserEip(eip_id, address)}

    def test_one_that_is_not_there_is_refused(self, network):
        path = "zones[0].natGateway.eipAllocationID"
        refused = network.refusal(vpc={"cidr": "10.250.0.0/16"}, zone=brought("eip-gone"))
        assert refused == [(path, "there is no EIP eip-gone in eu-central-1")]

    def test_one_in_use_by_something_else_is_refused(self, network):
        gateway_id, _ = network.a_gateway()
        eip_id, _ = network.account.an_eip(bound_to=gateway_id)
        ((_, detail),) = network.refusal(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id))
        assert detail == f"EIP {eip_id} is in use by {gateway_id}"

    def test_one_that_is_bound_to_the_shoots_gateway_already_is_fine(self, network):
        gateway_id, _ = network.a_gateway()
        eip_id, address = network.account.an_eip(bound_to=gateway_id)
        state = a_state(nat_gateway=gateway_id)
        assert network.look(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id), state=state).eips == {
            ZONE: UserEip(eip_id, address)
        }

    def test_one_that_is_bound_to_the_users_gateway_is_fine_if_the_state_lists_that(self, network):
        gateway_id, _ = network.a_gateway()
        eip_id, address = network.account.an_eip(bound_to=gateway_id)
        state = a_state(eip_association=f"{eip_id}:{gateway_id}")
        assert network.look(zone=brought(eip_id), state=state).eips == {ZONE: UserEip(eip_id, address)}

    def test_one_that_an_unknown_user_bound_to_the_users_gateway_is_refused(self, network):
        """Another shoot may have bound it; terraform would try for minutes to bind it again."""
        gateway_id, _ = network.a_gateway()
        eip_id, _ = network.account.an_eip(bound_to=gateway_id)
        ((path, detail),) = network.refusal(zone=brought(eip_id))
        assert path == "zones[0].natGateway.eipAllocationID"
        known = "and no state of this shoot lists that binding"
        assert detail == f"EIP {eip_id} is bound to NAT gateway {gateway_id}, {known}"

    def test_binding_of_a_free_one_to_the_users_gateway_is_noted_before_terraform_makes_it(self, network):
        gateway_id, _ = network.a_gateway()
        eip_id, _ = network.account.an_eip()
        assert network.look(zone=brought(eip_id)).bindings_to_make() == [f"{eip_id}:{gateway_id}"]
        bound_id, _ = network.account.an_eip(bound_to=gateway_id)
        state = a_state(eip_association=f"{bound_id}:{gateway_id}")
        assert network.look(zone=brought(bound_id), state=state).bindings_to_make() == []
        assert network.look(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id)).bindings_to_make() == []


class TestOtherOwners:
    """A new shoot refuses another shoot's objects; a shoot that uses them already only gets a warning."""

    def test_vpc_of_another_owner_is_refused(self, network):
        network.a_gateway()
        network.tag("VPC", network.vpc_id, **THEIRS)
        assert network.refusal() == [
            ("vpc.id", f"VPC {network.vpc_id} is another shoot's: it carries provisioner/owner: {THEIRS['owner']}")
        ]

    def test_vpc_that_is_tagged_for_other_clusters_is_shared(self, network):
        network.a_gateway()
        network.tag("VPC", network.vpc_id, other="1")
        assert network.look().vpc is not None

    def test_vpc_that_the_shoot_uses_already_only_gets_a_warning(self, network):
        network.a_gateway()
        network.tag("VPC", network.vpc_id, **THEIRS)
        assert network.look(outputs={"vpc_id": network.vpc_id}).vpc is not None
        assert [problem.path for problem in network.said.warnings] == ["spec.providerConfig.networks.vpc.id"]

    @pytest.mark.parametrize("mark", [THEIRS, {"other": "1"}], ids=["owner", "cluster"])
    def test_eip_of_another_shoot_is_refused(self, network, mark):
        eip_id, _ = network.account.an_eip()
        network.tag("EIP", eip_id, **mark)
        ((path, detail),) = network.refusal(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id))
        assert path == "zones[0].natGateway.eipAllocationID"
        assert f"EIP {eip_id} is another shoot's: it carries {MARKS[next(iter(mark))]}" in detail

    def test_eip_that_another_shoot_has_made_a_moment_ago_is_refused(self, network):
        eip_id, _ = network.account.an_eip()
        born = owner_description(THEIRS["owner"])
        network.account.vpc("ModifyEipAddressAttribute", AllocationId=eip_id, Description=born)
        ((_, detail),) = network.refusal(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id))
        assert f"it carries provisioner/owner: {THEIRS['owner']}" in detail

    def test_eip_with_marks_of_the_shoots_own_is_fine(self, network):
        eip_id, _ = network.account.an_eip()
        network.tag("EIP", eip_id, owner=ENTRY)
        assert network.look(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id)).eips
        assert network.said.warnings == []

    def test_eip_that_the_shoot_has_bound_already_only_gets_a_warning(self, network):
        gateway_id, _ = network.a_gateway()
        eip_id, _ = network.account.an_eip(bound_to=gateway_id)
        network.tag("EIP", eip_id, **THEIRS)
        state = a_state(eip_association=f"{eip_id}:{gateway_id}")
        assert network.look(zone=brought(eip_id), state=state).eips
        assert [problem.type for problem in network.said.warnings] == ["Forbidden"]

    @pytest.mark.parametrize("mark", [THEIRS, {"other": "1"}], ids=["owner", "cluster"])
    def test_gateway_of_another_shoot_is_not_the_users(self, network, mark):
        gateway_id, _ = network.a_gateway()
        network.tag("NATGATEWAY", gateway_id, **mark)
        ((path, detail),) = network.refusal()
        assert path == "vpc.id"
        assert f"has no NAT gateway of its own; exactly one is needed; {gateway_id} is another shoot's (" in detail

    def test_gateway_that_another_shoot_has_made_a_moment_ago_is_not_the_users(self, network):
        gateway_id, _ = network.a_gateway()
        born = owner_description(THEIRS["owner"])
        network.account.vpc("ModifyNatGatewayAttribute", NatGatewayId=gateway_id, Description=born)
        ((_, detail),) = network.refusal()
        assert f"{gateway_id} is another shoot's (provisioner/owner: {THEIRS['owner']})" in detail

    def test_gateway_that_the_shoot_uses_already_only_gets_a_warning(self, network):
        gateway = network.a_gateway()
        network.tag("NATGATEWAY", gateway[0], other="1")
        assert network.look(outputs={"nat_gateway_id": gateway[0]}).nat_gateway == UserNatGateway(*gateway)
        assert [problem.path for problem in network.said.warnings] == ["spec.providerConfig.networks.vpc.id"]


class TestPlacement:
    """Where a Worker with an InfrastructureStatus puts its machines."""

    def require(self, network, vswitch_id, group_id, *, listed=False, worker_is_linked=False):
        purpose = "nodes"
        status = SimpleNamespace(
            vpc=SimpleNamespace(
                id=network.vpc_id,
                vswitches=[SimpleNamespace(id=vswitch_id, zone=ZONE, purpose=purpose)],
                security_groups=[SimpleNamespace(id=group_id, purpose=purpose)],
            )
        )
        spec = SimpleNamespace(infrastructure_provider_status=status, pools=[SimpleNamespace(zones=[ZONE])])
        worker = SimpleNamespace(reference="Worker/bar", spec=spec)
        target = SimpleNamespace(
            worker=worker, worker_is_linked=worker_is_linked, identity=SimpleNamespace(technical_id=ID)
        )
        document = StateDocument()
        if listed:
            module = 'module.worker_pool["a"]'
            attributes = {"id": "asg-1", "vswitch_ids": [vswitch_id]}
            document.add(Address(module, "alicloud_ess_scaling_group", "nodes", ZONE), attributes, ())
            attributes = {"id": "asc-1", "security_group_id": group_id}
            document.add(Address(module, "alicloud_ess_scaling_configuration", "nodes", ZONE), attributes, ())
        require_own_placement(SimpleNamespace(client=network.simulated.client, target=target), document.state)

    def made(self, network, **mark):
        vswitch_id = network.account.a_vswitch(network.vpc_id, "10.250.128.0/24")
        network.tag("VSWITCH", vswitch_id, **mark)
        return vswitch_id, network.account.a_security_group(network.vpc_id)

    def test_another_shoots_is_refused(self, network):
        ids = self.made(network, **THEIRS)
        with pytest.raises(ManifestError) as caught:
            self.require(network, *ids)
        (problem,) = caught.value.problems
        assert (problem.object, problem.path) == ("Worker/bar", "spec.infrastructureProviderStatus.vpc.vswitches")
        assert problem.detail == f"vSwitch {ids[0]} is another shoot's: it carries provisioner/owner: {THEIRS['owner']}"

    @pytest.mark.parametrize(
        "mark", [{"owner": ENTRY}, {"owner": ID}, {"other": "1"}], ids=["own", "no uid", "cluster"]
    )
    def test_its_own_and_another_tools_are_fine(self, network, mark):
        self.require(network, *self.made(network, **mark))

    @pytest.mark.parametrize("option", ["listed", "worker_is_linked"])
    def test_networks_in_use_and_the_shoots_own_infrastructure_cost_no_call(self, network, option):
        ids = self.made(network, **THEIRS)
        before = network.simulated.asked()
        self.require(network, *ids, **{option: True})
        assert network.simulated.asked() == before


class TestChargeType:
    def test_of_an_eip_that_was_brought(self, network):
        eip_id, _ = network.account.an_eip(charge_type="PayByBandwidth")
        assert network.look(vpc={"cidr": "10.250.0.0/16"}, zone=brought(eip_id)).eip_charge_type == "PayByBandwidth"

    def test_of_the_eips_that_the_shoot_has(self, network):
        found = network.look(vpc={"cidr": "10.250.0.0/16"}, state=a_state(eip_address="eip-1"))
        assert found.eip_charge_type == "PayByBandwidth"

    def test_of_what_the_users_gateway_has(self, network):
        gateway_id, _ = network.a_gateway()
        network.account.an_eip(bound_to=gateway_id, charge_type="PayByBandwidth")
        assert network.look().eip_charge_type == "PayByBandwidth"

    def test_by_traffic_otherwise(self, network):
        network.a_gateway()
        assert network.look().eip_charge_type == "PayByTraffic"
