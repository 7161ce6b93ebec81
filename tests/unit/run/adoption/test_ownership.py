"""Which found objects belong to the shoot: proofs, and facts that only look like one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.run.adoption.inventory import (
    ADOPTING,
    BEGUN,
    BORN,
    CLEAN,
    CLUSTER,
    DEAD,
    FOREIGN,
    FOREIGN_BORN,
    FRESH,
    ID,
    NET,
    OWNED,
    VPC_IN_STATE,
    VSWITCH_IN_STATE,
    claimed,
    decide,
    eip,
    gateway,
    group,
    ipv6_gateway,
    key_pair,
    listed,
    proofs,
    security_group,
    snat_entry,
    strangers,
    vpc,
    vswitch,
)


@pytest.mark.parametrize(
    ("resource", "address"),
    [
        (vpc(), f"{NET}.alicloud_vpc.this[0]"),
        (vswitch(), f'{NET}.alicloud_vswitch.nodes["z-a"]'),
        (gateway(), f"{NET}.alicloud_nat_gateway.this[0]"),
        (security_group(), f"{NET}.alicloud_security_group.nodes"),
        (eip(), f'{NET}.alicloud_eip_address.nat["z-a"]'),
        (key_pair(), f'{NET}.alicloud_ecs_key_pair.nodes["{ID}-ssh-publickey"]'),
        (group(), 'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["z-a"]'),
    ],
    ids=lambda it: getattr(it, "type", ""),
)
def test_owner_tag_is_proof_enough_even_without_any_state_or_killed_run(resource, address):
    assert claimed(resource, scope=CLEAN) == {resource.id: address}


@pytest.mark.parametrize("scope", [DEAD, ADOPTING], ids=["killed run", "adopt --yes"])
@pytest.mark.parametrize(
    "make", [vpc, vswitch, gateway, security_group, eip, key_pair, group], ids=lambda make: make.__name__
)
def test_an_object_with_another_owners_tag_is_foreign_and_never_claimed(make, scope):
    state = (VPC_IN_STATE, listed("alicloud_vswitch", "nodes", "vsw-1"))
    found = decide(make("theirs", tags=FOREIGN), scope=scope, state=state)
    assert (found.claims, found.strangers) == ((), ())
    assert [(it.resource.type, it.owner) for it in found.foreign] == [(make().type, FOREIGN["provisioner/owner"])]


@pytest.mark.parametrize(("name", "is_ours"), [(f"{ID}-eip-natgw-z0", True), (f"{ID}-2-eip-natgw-z0", False)])
def test_name_alone_shows_the_technical_id_of_another_owners_object(name, is_ours):
    owner = {"provisioner/owner": "other"}
    assert bool(decide(eip(name=name, tags=owner), scope=CLEAN).foreign) is is_ours


@pytest.mark.parametrize("scope", [DEAD, ADOPTING], ids=["killed run", "adopt --yes"])
@pytest.mark.parametrize("tags", [CLUSTER, OWNED], ids=["cluster", "owner"])
@pytest.mark.parametrize("make", [vpc, eip], ids=lambda make: make.__name__)
def test_the_users_vpc_and_eips_stay_the_users_whatever_their_tags_say(make, tags, scope):
    """If a run adopted it, the next destroy would delete it; if it named it, no destroy would end."""
    found = decide(make("user-1", "users", tags=tags), scope=replace(scope, brought=frozenset({"user-1"})))
    assert (found.claims, found.strangers) == ((), ())


TAGGED_LATER = [vswitch, gateway, ipv6_gateway, eip]


@pytest.mark.parametrize("make", TAGGED_LATER, ids=lambda make: make.__name__)
class TestOwnerAtBirth:
    """Objects that the provider had created but not tagged yet when its run was killed."""

    def found(self, make, scope=DEAD, **changes):
        return decide(vpc(), make(**{"tags": {}, "description": BORN, **changes}), scope=scope, state=(VPC_IN_STATE,))

    def test_owner_in_the_description_is_proof_enough_whatever_the_age(self, make):
        for scope in (DEAD, CLEAN):
            for created in (FRESH, BEGUN - timedelta(days=1), None):
                found = self.found(make, scope, created=created)
                assert [(it.resource.type, it.proof) for it in found.claims] == [
                    (make().type, "owner in the description")
                ]

    @pytest.mark.parametrize("scope", [DEAD, ADOPTING], ids=["killed run", "adopt --yes"])
    def test_another_owner_in_the_description_is_foreign_and_never_claimed(self, make, scope):
        found = self.found(make, scope, description=FOREIGN_BORN)
        assert (found.claims, found.strangers) == ((), ())
        assert [it.owner for it in found.foreign] == [FOREIGN["provisioner/owner"]]

    def test_tag_counts_before_the_description(self, make):
        assert [it.proof for it in self.found(make, tags=OWNED, description=FOREIGN_BORN).claims] == ["owner tag"]
        assert [it.owner for it in self.found(make, tags=FOREIGN).foreign] == [FOREIGN["provisioner/owner"]]

    def test_a_noted_object_with_another_owner_in_the_description_is_not_the_shoots(self, make):
        scope = replace(CLEAN, recorded=frozenset({(make().type, make().id)}))
        assert self.found(make, scope, description=FOREIGN_BORN).claims == ()

    @pytest.mark.parametrize("description", ["", "of the users", BORN[:-1], f"{BORN}-2", f"{BORN} ", BORN.upper()])
    def test_name_and_age_alone_prove_nothing(self, make, description):
        found = self.found(make, description=description)
        assert found.claims == ()
        assert [it.id for it in found.strangers] + [it.resource.id for it in found.foreign] == [make().id]


@pytest.mark.parametrize("make", [vpc, security_group, key_pair], ids=lambda make: make.__name__)
def test_description_proves_nothing_where_tags_come_with_the_creation(make):
    ours = replace(make(tags={}), description=BORN)
    assert decide(*(() if make is vpc else (vpc(),)), ours, state=(VPC_IN_STATE,) * (make is not vpc)).claims == ()


@pytest.mark.parametrize("make", [group], ids=lambda make: make.__name__)
class TestUntaggedGroup:
    """A scaling group has no description: its vSwitch is the proof."""

    state = (VPC_IN_STATE, listed("alicloud_vswitch", "nodes", "vsw-1", "z-a"))

    def of(self, make, **changes):
        resource = make(**{"tags": {}, "id": "new-1", **changes})
        # A listed object has to exist, or its address is free.
        return decide(vpc(), vswitch(), resource, scope=self.scope, state=self.state)

    scope = DEAD

    def test_own_vswitch_exact_name_and_time_are_proof(self, make):
        assert [(it.resource.id, it.proof) for it in self.of(make).claims] == [("new-1", "parent")]

    def test_another_vswitch_is_foreign(self, make):
        found = self.of(make, vswitch_id="vsw-users")
        assert (found.claims, found.strangers) == ((), ())

    def test_vswitch_of_another_zone_than_the_one_in_the_name_is_no_proof(self, make):
        assert [it.id for it in self.of(make, name=f"{ID}-general-z-b").strangers] == ["new-1"]

    def test_without_a_killed_run_it_is_a_stranger(self, make):
        self.scope = CLEAN
        assert [it.id for it in self.of(make).strangers] == ["new-1"]

    @pytest.mark.parametrize(("seconds", "is_ours"), [(-119, True), (-120, True), (-121, False), (-86400, False)])
    def test_clocks_may_differ_by_two_minutes(self, make, seconds, is_ours):
        found = self.of(make, created=BEGUN + timedelta(seconds=seconds))
        assert bool(found.claims) is is_ours
        assert bool(found.strangers) is not is_ours

    def test_unknown_age_is_no_proof(self, make):
        assert [it.id for it in self.of(make, created=None).strangers] == ["new-1"]

    @pytest.mark.parametrize("tags", [CLUSTER, {"team": "a"}], ids=["cluster tag", "users tag"])
    def test_any_tag_shows_that_another_user_made_it(self, make, tags):
        assert [it.id for it in self.of(make, tags=tags).strangers] == ["new-1"]

    @pytest.mark.parametrize("name", ["", "my-own", f"x{ID}-general-z-a", f"{ID}2-general-z-a"])
    def test_another_name_is_foreign(self, make, name):
        found = self.of(make, name=name)
        assert (found.claims, found.strangers) == ((), ())

    def test_noted_by_a_run_is_proof(self, make):
        type = make().type
        self.scope = replace(CLEAN, recorded=frozenset({(type, "new-1")}))
        found = self.of(make, name="x", created=None)
        assert [it.proof for it in found.claims] == ["noted by a run"]

    def test_operator_may_take_it_without_proof(self, make):
        self.scope = replace(CLEAN, includes_unproven=True)
        found = self.of(make, id="new-1")
        assert [(it.resource.id, it.proof) for it in found.claims] == [("new-1", "none")]


@pytest.mark.parametrize("make", [vpc, security_group, key_pair], ids=lambda make: make.__name__)
def test_untagged_object_of_a_type_that_is_created_with_its_tags_is_never_ours(make):
    assert decide(make(tags={})).claims == ()


@pytest.mark.parametrize("make", [vswitch, gateway], ids=lambda make: make.__name__)
def test_right_name_in_another_vpc_is_foreign(make):
    found = decide(vpc(), make(tags={}, parent="vpc-2"), scope=ADOPTING)
    assert [it.resource.id for it in found.claims] == ["vpc-1"]
    assert found.strangers == ()


def test_group_of_a_shoot_with_the_same_prefix_is_foreign():
    """Shoot `bar` with pool `2-general` gives its groups the same names as shoot `bar-2` with pool `general`."""
    scope = replace(DEAD, groups={f"{ID}-2-general-z-a": ("2-general", "z-a")}, vpc_ids=frozenset({"vpc-1"}))
    theirs = group(name=f"{ID}-2-general-z-a", tags={}, vswitch_id="vsw-theirs")
    for chosen in (scope, replace(scope, includes_unproven=True)):
        found = decide(vpc(), theirs, scope=chosen, state=(VPC_IN_STATE,))
        assert (found.claims, found.strangers) == ((), ())


def test_fresh_group_of_a_pool_that_no_manifest_names_any_more_is_ours_through_its_vswitch():
    name = f"{ID}-removed-z-a"
    found = claimed(group(name=name, tags={}), state=(VSWITCH_IN_STATE,))
    assert found == {"asg-1": f'module.worker_pool["{name}"].alicloud_ess_scaling_group.nodes["asg-1"]'}


@pytest.mark.parametrize(
    ("tags", "is_ours"),
    [(CLUSTER, True), ({}, False), (FOREIGN, False)],
    ids=["the cluster's", "none", "another owner's"],
)
def test_group_in_the_vswitch_of_an_infrastructure_that_another_tool_manages_is_ours_by_its_cluster_tag(tags, is_ours):
    """A vSwitch id in the Worker's InfrastructureStatus proves nothing."""
    scope = replace(DEAD, vswitch_ids=frozenset({"vsw-1"}), vpc_ids=frozenset({"vpc-1"}))
    assert ("asg-1" in claimed(vswitch(tags=tags), group(tags={}), scope=scope)) is is_ours


def test_cluster_tag_without_owner_is_a_stranger_until_the_operator_says_otherwise():
    assert strangers(vpc(tags=CLUSTER)) == ["vpc-1"]
    assert proofs(vpc(tags=CLUSTER), scope=ADOPTING) == {"vpc-1": "none"}


def test_known_object_is_neither_claimed_nor_a_stranger():
    found = decide(vpc(tags={}), scope=ADOPTING, state=(VPC_IN_STATE,))
    assert (found.claims, found.strangers) == ((), ())


def test_instance_without_an_id_makes_nothing_ours():
    state = (listed("alicloud_vpc", "this", ""), listed("alicloud_nat_gateway", "this", "ngw-1"))
    assert claimed(gateway(), snat_entry(vswitch_id=""), state=state) == {}
