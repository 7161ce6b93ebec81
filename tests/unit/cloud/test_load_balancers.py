"""Which load balancers `find_load_balancers` gives to a cluster, and what `delete_load_balancer` does with them."""

from __future__ import annotations

import pytest

from provisioner.cloud import CloudClient, LoadBalancers, delete_load_balancer, find_load_balancers
from provisioner.errors import CloudError
from provisioner.sandbox.cloud.faults import Fault
from tests.unit.cloud.conftest import SimulatedAccount

C, OTHER = "shoot--foo--bar", "shoot--foo--other"
CREATED, CLUSTER, REUSED = "kubernetes.do.not.delete", "ack.aliyun.com", "kubernetes.reused.by.user"
SERVICE = "a6f1d2c3b4a5968778695a4b3c2d1e0f"


class Place:
    """A VPC of the cluster with a vSwitch, and load balancers as a cloud-controller-manager leaves them."""

    def __init__(self, simulated: SimulatedAccount) -> None:
        self.simulated = simulated
        self.account = simulated.account
        self.vpc_id = simulated.account.a_vpc()
        self.vswitch_id = simulated.account.a_vswitch(self.vpc_id)

    def balancer(self, tags: dict[str, str], *group_names: str, is_internal: bool = True, **given: object) -> str:
        """Return the id of a load balancer with these tags, and groups of backend servers with these names."""
        for number, (key, value) in enumerate(tags.items(), 1):
            given |= {f"Tag__{number}__Key": key, f"Tag__{number}__Value": value}
        made = self.account.a_load_balancer(self.vswitch_id if is_internal else "", **given)
        for name in group_names:
            self.account.slb("CreateVServerGroup", LoadBalancerId=made, VServerGroupName=name)
        return made

    def own(self, *, is_internal: bool = True, **given: object) -> str:
        """Return the id of a load balancer as the cluster's current controller makes one."""
        tags = {CREATED: SERVICE, CLUSTER: C}
        return self.balancer(tags, group(C), is_internal=is_internal, DeleteProtection="on", **given)

    def find(self, technical_id: str = C) -> LoadBalancers:
        return find_load_balancers(self.simulated.client, technical_id, [self.vpc_id])

    def delete(self, load_balancer_id: str) -> None:
        """Delete a load balancer as another user."""
        target = {"LoadBalancerId": load_balancer_id}
        self.account.slb("SetLoadBalancerDeleteProtection", **target, DeleteProtection="off")
        self.account.slb("DeleteLoadBalancer", **target)

    def left(self) -> list[str]:
        """Return the ids of all load balancers."""
        rows = self.account.slb("DescribeLoadBalancers", PageSize=100)["LoadBalancers"]["LoadBalancer"]
        return [row["LoadBalancerId"] for row in rows]


def group(cluster: str, port: int = 30080) -> str:
    return f"k8s/{port}/web/default/{cluster}"


def own_ids(found: LoadBalancers) -> list[str]:
    return [resource.id for resource in found.own]


def doubts(found: LoadBalancers) -> dict[str, str]:
    return {one.resource.id: one.reason for one in found.doubtful}


@pytest.fixture
def place(simulated: SimulatedAccount) -> Place:
    return Place(simulated)


def test_empty_region_holds_none(place: Place):
    assert place.find() == LoadBalancers((), ())


@pytest.mark.parametrize("is_internal", [True, False])
def test_what_the_controller_made_is_the_clusters_once(place: Place, is_internal):
    made = place.own(is_internal=is_internal)
    found = place.find()
    assert (own_ids(found), found.doubtful) == ([made], ())


def test_internal_one_tells_where_it_is_and_what_it_is_called(place: Place):
    place.own(LoadBalancerName=SERVICE)
    (resource,) = place.find().own
    assert (resource.type, resource.name, resource.parent, resource.zone, resource.tags) == (
        "alicloud_slb_load_balancer",
        SERVICE,
        place.vpc_id,
        "eu-central-1a",
        {CREATED: SERVICE, CLUSTER: C},
    )
    assert resource.facts == {"address": "10.250.0.1", "vswitch_id": place.vswitch_id, "is_protected": True}
    assert resource.created is not None


def test_internet_facing_one_is_found_without_any_vpc(place: Place):
    made = place.own(is_internal=False)
    (resource,) = find_load_balancers(place.simulated.client, C).own
    assert (resource.id, resource.parent, resource.facts["vswitch_id"]) == (made, "", "")


def test_one_whose_groups_do_not_exist_yet_is_the_clusters_by_its_tag(place: Place):
    made = place.balancer({CREATED: SERVICE, CLUSTER: C}, is_internal=False)
    assert own_ids(place.find()) == [made]


def test_internal_one_of_a_controller_that_did_not_name_the_cluster_in_a_tag_is_the_clusters_by_its_groups(
    place: Place,
):
    made = place.balancer({CREATED: SERVICE}, group(C), group(C, 30443))
    assert own_ids(place.find()) == [made]


def test_groups_that_are_no_controllers_say_nothing(place: Place):
    """One that the user added, and one with the cluster's name at its end but not in the controller's form."""
    made = place.balancer({CREATED: SERVICE, CLUSTER: C}, "mine", f"a/b/{OTHER}", group(C))
    assert own_ids(place.find()) == [made]


def test_all_groups_count_and_not_the_first_alone(place: Place):
    made = place.balancer({CREATED: SERVICE}, group(C), group(OTHER))
    found = place.find()
    assert own_ids(found) == []
    assert doubts(found) == {made: f"its tags and server groups also name {OTHER}"}


def test_tag_and_groups_that_disagree_leave_a_doubt(place: Place):
    made = place.balancer({CREATED: SERVICE, CLUSTER: C}, group(OTHER), is_internal=False)
    found = place.find()
    assert (own_ids(found), list(doubts(found))) == ([], [made])


@pytest.mark.parametrize("tags", [{CREATED: SERVICE, CLUSTER: OTHER}, {CREATED: SERVICE}])
def test_another_clusters_in_the_same_vpc_is_not_mentioned(place: Place, tags):
    place.balancer(tags, group(OTHER))
    assert place.find() == LoadBalancers((), ())


def test_cluster_whose_technical_id_only_begins_alike_is_another_one(place: Place):
    place.balancer({CREATED: SERVICE, CLUSTER: f"{C}-2"}, group(f"{C}-2"))
    place.balancer({CREATED: SERVICE, CLUSTER: f"{C}-2"}, group(f"{C}-2"), is_internal=False)
    assert place.find() == LoadBalancers((), ())


def test_users_own_is_not_mentioned(place: Place):
    place.balancer({"team": "a"}, "web")
    assert place.find() == LoadBalancers((), ())


@pytest.mark.parametrize("tags", [{REUSED: "true"}, {}, {REUSED: "true", CREATED: SERVICE}])
def test_users_own_that_the_cluster_used_is_left_and_told(place: Place, tags):
    """The reference deletes it: the controller put a group of its own into it."""
    made = place.balancer(tags, group(C))
    found = place.find()
    assert own_ids(found) == []
    assert doubts(found) == {made: "used by the cluster, but no tag says that the cluster's controller created it"}


def test_unnamed_one_is_left_and_told(place: Place):
    made = place.balancer({CREATED: SERVICE})
    found = place.find()
    assert own_ids(found) == []
    assert doubts(found) == {made: "a cluster's controller created it, but nothing on it names the cluster"}


def test_internal_ones_of_other_vpcs_are_not_looked_at(place: Place):
    elsewhere = Place(place.simulated)
    elsewhere.balancer({CREATED: SERVICE}, group(C))
    assert place.find() == LoadBalancers((), ())


def test_more_than_a_page_are_all_found(place: Place):
    place.simulated.cloud.set_quota("load_balancer", 60)
    made = [place.balancer({CREATED: SERVICE, CLUSTER: C}, is_internal=False) for _ in range(52)]
    assert sorted(own_ids(place.find())) == sorted(made)


def test_one_that_goes_while_it_is_looked_at_is_not_found(place: Place):
    class Late(CloudClient):
        """Asks for the groups of the first load balancer when that has just been deleted."""

        def call(self, product, action, parameters):
            if (action, parameters.get("LoadBalancerId")) == ("DescribeVServerGroups", made[0]):
                place.delete(made[0])
            return super().call(product, action, parameters)

    made = [place.own(), place.own()]
    late = place.simulated.client_with(place.simulated.url, "LTAIone", "secret-one", Late)
    assert own_ids(find_load_balancers(late, C, [place.vpc_id])) == [made[1]]


def test_strangers_outside_the_vpc_cost_no_call(place: Place):
    for _ in range(3):
        place.balancer({CREATED: SERVICE, CLUSTER: OTHER}, group(OTHER), is_internal=False)
    place.balancer({CREATED: SERVICE, CLUSTER: OTHER}, group(OTHER))
    place.own()
    before = len(place.simulated.asked())
    place.find()
    asked = place.simulated.asked()[before:]
    assert asked == ["DescribeLoadBalancers", "DescribeVServerGroups", "DescribeLoadBalancers"]


def test_refusal_to_list_is_told(place: Place):
    place.simulated.cloud.faults.add(Fault("DescribeLoadBalancers", "forbidden"))
    with pytest.raises(CloudError, match=r"^DescribeLoadBalancers: Forbidden\.RAM"):
        place.find()


def test_refusal_to_tell_the_groups_is_told(place: Place):
    place.own()
    place.simulated.cloud.faults.add(Fault("DescribeVServerGroups", "forbidden"))
    with pytest.raises(CloudError, match=r"^DescribeVServerGroups: Forbidden\.RAM"):
        place.find()


def test_protected_one_is_deleted_and_the_others_stay(place: Place):
    kept = place.balancer({REUSED: "true"}, group(C))
    place.own()
    (resource,) = place.find().own
    delete_load_balancer(place.simulated.client, resource)
    assert place.left() == [kept]
    assert place.find().own == ()


def test_vswitch_can_be_deleted_afterwards(place: Place):
    place.own()
    delete_load_balancer(place.simulated.client, place.find().own[0])
    place.account.vpc("DeleteVSwitch", VSwitchId=place.vswitch_id)
    assert place.simulated.cloud.counts() == {"vpc": 1}


def test_unprotected_one_is_deleted_with_one_call(place: Place):
    place.balancer({CREATED: SERVICE, CLUSTER: C})
    (resource,) = place.find().own
    before = len(place.simulated.asked())
    delete_load_balancer(place.simulated.client, resource)
    assert place.simulated.asked()[before:] == ["DeleteLoadBalancer"]


@pytest.mark.parametrize("protection", ["on", "off"])
def test_gone_counts_as_deleted(place: Place, protection):
    made = place.balancer({CREATED: SERVICE, CLUSTER: C}, DeleteProtection=protection)
    (resource,) = place.find().own
    place.delete(made)
    delete_load_balancer(place.simulated.client, resource)
    assert place.left() == []


@pytest.mark.parametrize("action", ["SetLoadBalancerDeleteProtection", "DeleteLoadBalancer"])
@pytest.mark.parametrize("kind", ["throttling", "lost-answer", "unavailable"])
def test_deletion_survives_what_passes(place: Place, action, kind):
    place.own()
    (resource,) = place.find().own
    place.simulated.cloud.faults.add(Fault(action, kind, times=2))
    delete_load_balancer(place.simulated.client, resource)
    assert place.left() == []


def test_one_that_a_user_protected_meanwhile_stays(place: Place):
    made = place.balancer({CREATED: SERVICE, CLUSTER: C})
    (resource,) = place.find().own
    place.account.slb("SetLoadBalancerDeleteProtection", LoadBalancerId=made, DeleteProtection="on")
    with pytest.raises(CloudError) as caught:
        delete_load_balancer(place.simulated.client, resource)
    assert (caught.value.cloud_code, place.left()) == ("OperationDenied.DeleteProtectionIsOn", [made])


@pytest.mark.parametrize("action", ["SetLoadBalancerDeleteProtection", "DeleteLoadBalancer"])
def test_refusal_to_delete_is_told_with_the_clouds_code(place: Place, action):
    made = place.own()
    (resource,) = place.find().own
    place.simulated.cloud.faults.add(Fault(action, "forbidden"))
    with pytest.raises(CloudError, match=rf"^{action}: Forbidden\.RAM") as caught:
        delete_load_balancer(place.simulated.client, resource)
    assert (caught.value.cloud_code, place.left()) == ("Forbidden.RAM", [made])
