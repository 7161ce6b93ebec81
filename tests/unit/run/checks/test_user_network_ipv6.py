"""IPv6 in a VPC of the user's: its range, its gateway, and the blocks of other vSwitches."""

from __future__ import annotations

import pytest

from provisioner.errors import ManifestError
from provisioner.tfstate import Address, StateDocument
from provisioner.translate.user_network import UserVpc
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.checks.user_networks import ID, NET, ZONE, Network, managed


@pytest.fixture
def network(simulated: SimulatedAccount) -> Network:  # noqa: F811
    return Network(simulated)


class TestDualStack:
    def test_existing_vpc_brings_its_gateway(self, network):
        network.account.vpc("ModifyVpcAttribute", VpcId=network.vpc_id, EnableIPv6="true")
        network.account.settle()
        made = network.account.vpc("CreateIpv6Gateway", VpcId=network.vpc_id)
        network.account.settle()
        found = network.look(vpc=managed(network), dualStack={"enabled": True})
        assert found.vpc == UserVpc(network.vpc_id, "10.250.0.0/16", made["Ipv6GatewayId"])

    def test_vpc_without_any_of_it_is_refused(self, network):
        refused = network.refusal(vpc=managed(network), dualStack={"enabled": True})
        assert [detail.partition(" has ")[2] for _, detail in refused] == ["no IPv6 range", "no IPv6 gateway"]


class TestIpv6Block:
    """The number of a zone's /64 in a VPC of the user's, where other vSwitches may have one."""

    @pytest.fixture(autouse=True)
    def dual(self, network):
        network.account.vpc("ModifyVpcAttribute", VpcId=network.vpc_id, EnableIPv6="true")
        network.account.settle()
        network.account.vpc("CreateIpv6Gateway", VpcId=network.vpc_id)
        network.account.settle()

    def a_vswitch(self, network, number, **parameters):
        given = {"VpcId": network.vpc_id, "ZoneId": ZONE, "CidrBlock": "10.250.64.0/19", **parameters}
        made = network.account.vpc("CreateVSwitch", Ipv6CidrBlock=number, **given)
        network.account.settle()
        return str(made["VSwitchId"])

    def look(self, network, number, **arguments):
        zone = {"ipv6CidrBlock": number}
        return network.look(vpc=managed(network), zone=zone, dualStack={"enabled": True}, **arguments)

    def test_one_of_another_vswitch_is_refused(self, network):
        vswitch_id = self.a_vswitch(network, 7)
        with pytest.raises(ManifestError) as caught:
            self.look(network, 7)
        (problem,) = caught.value.problems
        assert problem.path == "spec.providerConfig.networks.zones[0].ipv6CidrBlock"
        assert problem.detail.startswith(f"7 is the IPv6 block of vSwitch {vswitch_id} (")
        assert problem.fix == "choose another number, such as 0"

    def test_a_free_one_is_accepted(self, network):
        self.a_vswitch(network, 7)
        assert self.look(network, 8).vpc is not None

    def test_the_shoots_own_vswitch_may_have_it(self, network):
        self.a_vswitch(network, 7, VSwitchName=f"{ID}-{ZONE}-vsw", CidrBlock="10.250.0.0/19")
        assert self.look(network, 7).vpc is not None

    def test_one_that_the_state_lists_costs_no_look_at_the_vswitches(self, network):
        document = StateDocument()
        attributes = {"id": "vsw-1", "ipv6_cidr_block": "2408:4000:0:1a07::/64"}
        document.add(Address(NET, "alicloud_vswitch", "nodes", ZONE), attributes, ())
        document.add(Address(NET, "alicloud_nat_gateway", "this", 0), {"id": "ngw-1"}, ())
        self.look(network, 7, state=document)
        assert "DescribeVSwitches" not in network.simulated.asked()

    def test_turning_dual_stack_on_looks_at_them(self, network):
        self.a_vswitch(network, 7)
        document = StateDocument()
        document.add(Address(NET, "alicloud_vswitch", "nodes", ZONE), {"id": "vsw-1", "ipv6_cidr_block": ""}, ())
        with pytest.raises(ManifestError, match="7 is the IPv6 block of vSwitch"):
            self.look(network, 7, state=document)
