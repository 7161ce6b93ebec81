"""Foreign tags of a state: which they are, the resources that carry them, and their values in the cloud."""

from __future__ import annotations

import pytest

from provisioner.run.kept_tags import current_tags, known_tags, merge, remember
from provisioner.tfstate import Address, StateDocument
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture

ID = "shoot--foo--bar"
OWN = {f"kubernetes.io/cluster/{ID}": "1", "provisioner/owner": ID, "provisioner/key": "vpc", "Name": ID}
NETWORK, POOL = "module.infrastructure", 'module.worker_pool["general"]'
VPC = Address(NETWORK, "alicloud_vpc", "this", 0)


def a_state(*entries: tuple[Address, str, dict[str, str] | None], deposed: str = "") -> StateDocument:
    document = StateDocument()
    for address, id, tags in entries:
        document.add(address, {"id": id, "tags": tags}, (), deposed=deposed)
    return document


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (VPC, "vpc"),
        (Address(NETWORK, "alicloud_vswitch", "nodes", "eu-central-1a"), "vswitch/eu-central-1a"),
        (Address(NETWORK, "alicloud_nat_gateway", "this", 0), "nat-gateway"),
        (Address(NETWORK, "alicloud_eip_address", "nat", "eu-central-1a"), "eip/eu-central-1a"),
        (Address(NETWORK, "alicloud_route_table", "this", 0), "route-table"),
        (Address(NETWORK, "alicloud_vpc_ipv6_gateway", "this", 0), "ipv6-gateway"),
        (Address(NETWORK, "alicloud_security_group", "nodes"), "security-group"),
        (Address(NETWORK, "alicloud_ecs_key_pair", "nodes", f"{ID}-ssh-publickey"), "key-pair"),
        (Address(POOL, "alicloud_ess_scaling_group", "nodes", "eu-central-1a"), "scaling-group/general/eu-central-1a"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tags_are_listed_by_the_key_that_the_modules_use(address, key):
    state = a_state((address, "id-1", OWN | {"cost": "1"}))
    assert known_tags(state.state, ID) == {key: {"cost": "1"}}


@pytest.mark.parametrize("tags", [OWN, {}, None, {"acs:autoscaling": "x", "aliyun-y": "z"}])
def test_tags_of_the_shoot_or_the_cloud_are_not_foreign(tags):
    assert known_tags(a_state((VPC, "vpc-1", tags)).state, ID) == {}


def test_tag_of_another_cluster_is_foreign():
    other = {"kubernetes.io/cluster/shoot--foo--other": "1"}
    assert known_tags(a_state((VPC, "vpc-1", OWN | other)).state, ID) == {"vpc": other}


def test_deposed_objects_and_types_without_tags_do_not_count():
    rule = Address(NETWORK, "alicloud_security_group_rule", "ingress", "all-pods")
    assert known_tags(a_state((VPC, "vpc-1", {"cost": "1"}), deposed="0a1b2c3d").state, ID) == {}
    assert known_tags(a_state((rule, "sg-1:ingress", {"cost": "1"})).state, ID) == {}


class TestCurrent:
    @pytest.fixture
    def vpc_id(self, simulated: SimulatedAccount) -> str:  # noqa: F811 - the fixture
        return simulated.account.a_vpc(Tag__1__Key="cost", Tag__1__Value="2", Tag__2__Key="Name", Tag__2__Value=ID)

    def test_tags_are_the_clouds(self, simulated, vpc_id):  # noqa: F811 - the fixture
        state = a_state((VPC, vpc_id, OWN | {"cost": "1"}))
        assert current_tags(simulated.client, state.state, ID, {str(VPC)}) == {VPC: {"cost": "2"}}

    def test_only_wanted_addresses_cost_a_call(self, simulated, vpc_id):  # noqa: F811 - the fixture
        before = len(simulated.asked())
        assert current_tags(simulated.client, a_state((VPC, vpc_id, OWN)).state, ID, {"elsewhere"}) == {}
        assert simulated.asked()[before:] == []


def test_current_tags_replace_known_ones():
    known = {"vpc": {"cost": "1"}, "nat-gateway": {"cost": "1"}}
    assert merge(known, {VPC: {"team": "a"}}) == {"vpc": {"team": "a"}, "nat-gateway": {"cost": "1"}}
    assert merge(known, {VPC: {}}) == {"nat-gateway": {"cost": "1"}}


def test_state_remembers_current_tags_beside_the_shoots_own():
    document = a_state((VPC, "vpc-1", OWN | {"gone": "1"}))
    remember(document, {VPC: {"cost": "2"}}, ID)
    (instance,) = document.state.instances()
    assert instance.content["attributes"]["tags"] == OWN | {"cost": "2"}
