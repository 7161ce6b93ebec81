"""Which of several objects keeps an address, and which one is surplus."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.run.adoption.inventory import (
    ADOPTING,
    BEGUN,
    CLEAN,
    CLUSTER,
    DEAD,
    FRESH,
    ID,
    NET,
    VPC_IN_STATE,
    VSWITCH_IN_STATE,
    association,
    claimed,
    configuration,
    decide,
    eip,
    gateway,
    group,
    listed,
    rule,
    security_group,
    snat_entry,
    staying,
    vpc,
    vswitch,
)


class TestSeveralCandidates:
    def test_the_listed_one_is_kept(self):
        """It keeps its address, even in a state that is older than the number in its address."""
        found = claimed(vpc(), vpc("vpc-0", created=BEGUN), state=(VPC_IN_STATE,))
        assert found == {"vpc-0": f"!{NET}.alicloud_vpc.this"}

    def test_place_of_an_object_that_is_gone_is_free(self):
        found = claimed(vpc("vpc-2"), state=(VPC_IN_STATE,))
        assert found == {"vpc-2": f"{NET}.alicloud_vpc.this[0]"}

    def test_deposed_instance_does_not_take_its_place(self):
        state = (listed("alicloud_vpc", "this", "vpc-1", deposed="00abcdef"),)
        assert claimed(vpc(), vpc("vpc-2"), state=state) == {"vpc-2": f"{NET}.alicloud_vpc.this[0]"}

    def test_the_oldest_is_kept_where_none_is_in_use(self):
        found = claimed(eip("eip-new", created=FRESH), eip("eip-old", created=BEGUN))
        address = f'{NET}.alicloud_eip_address.nat["z-a"]'
        assert found == {"eip-old": address, "eip-new": f"!{address}"}

    @pytest.mark.parametrize(
        ("old", "new", "user"),
        [
            (eip("a", created=BEGUN), eip("b"), association("b")),
            (vswitch("a", created=BEGUN), vswitch("b"), snat_entry(vswitch_id="b")),
            (vswitch("a", created=BEGUN), vswitch("b"), group(vswitch_id="b")),
            (gateway("a", created=BEGUN), gateway("b"), association(gateway_id="b")),
            (security_group("b"), security_group("a"), configuration(security_group_id="b")),
        ],
        ids=["address", "source", "machines", "gateway", "group"],
    )
    def test_the_one_in_use_is_kept_even_if_it_is_newer(self, old, new, user):
        found = decide(vpc(), old, new, user)
        assert [it.resource.id for it in found.claims if it.resource.type == old.type and not it.is_surplus] == ["b"]

    def test_active_configuration_is_kept(self):
        found = decide(group(), configuration("a", is_active=False, created=BEGUN), configuration("b"))
        assert [it.resource.id for it in found.claims if it.is_surplus] == ["a"]

    def test_proven_one_is_kept_before_an_unproven_one_in_use(self):
        found = decide(eip("a", tags=CLUSTER), eip("b"), association("a"), scope=ADOPTING)
        assert [it.resource.id for it in found.claims if not it.is_surplus] == ["b"]

    def test_surplus_one_without_proof_is_left_alone(self):
        found = decide(eip("a", tags=CLUSTER, created=BEGUN), eip("b", tags=CLUSTER), scope=ADOPTING)
        assert [(it.resource.id, it.is_surplus) for it in found.claims] == [("a", False)]
        assert [it.id for it in found.strangers] == ["b"]

    def test_everything_in_a_surplus_vpc_is_surplus(self):
        """A vSwitch of it at a free address would be replaced by one in the right VPC, in a different order."""
        surplus = (vpc("vpc-2"), vswitch("vsw-2", parent="vpc-2", zone="z-b"), gateway("ngw-2", parent="vpc-2"))
        found = decide(vpc(), *surplus, scope=replace(DEAD, takes_surplus=True), state=(VPC_IN_STATE,))
        assert {it.resource.id: it.is_surplus for it in found.claims} == dict.fromkeys(
            ("vpc-2", "vsw-2", "ngw-2"), True
        )

    def test_nothing_in_a_vpc_that_is_left_alone_is_taken(self):
        """Several shoots of older tools may carry the cluster's tag."""
        tags = CLUSTER
        first = (vpc(tags=tags, created=BEGUN), vswitch(tags={}))
        second = (vpc("vpc-2", tags=tags, created=FRESH), vswitch("vsw-2", parent="vpc-2", zone="z-b", tags={},
                  name=f"{ID}-z-b-vsw"))  # fmt: skip
        assert set(claimed(*first, *second, scope=ADOPTING)) == {"vpc-1", "vsw-1"}

    def test_entry_of_a_vswitch_that_is_left_alone_is_not_deleted(self):
        kept, left = vswitch("a", tags=CLUSTER, created=BEGUN), vswitch("b", tags=CLUSTER)
        entries = (snat_entry("stb:1", vswitch_id="a"), snat_entry("stb:2", vswitch_id="b"))
        found = decide(vpc(), gateway(), kept, left, *entries, scope=ADOPTING)
        assert {it.resource.id for it in found.claims} == {"vpc-1", "ngw-1", "a", "stb:1"}


OTHERS = {
    "vpc": (VPC_IN_STATE,),
    "eip": (listed("alicloud_eip_address", "nat", "eip-1", "z-a"),),
    "gateway": (VPC_IN_STATE, listed("alicloud_nat_gateway", "this", "ngw-1", 0)),
    "security_group": (VPC_IN_STATE, listed("alicloud_security_group", "nodes", "sg-1")),
    "group": (
        VPC_IN_STATE,
        listed("alicloud_ess_scaling_group", "nodes", "asg-1", "z-a", module='module.worker_pool["general"]'),
    ),
}
"""What the states list beside it, by its kind."""


class TestDouble:
    """A surplus object that is proven to be the shoot's goes only if a killed run made it and nothing needs it."""

    def fate(self, make, *more, scope=DEAD, **changes):
        """Return True if the surplus object goes, else why it stays."""
        state = OTHERS[make.__name__]
        there = (make(),) if make is vpc else (vpc(), make())
        found = decide(*there, make("new", **changes), *more, scope=scope, state=state)
        (reason,) = [extra.reason for extra in found.surplus if extra.resource.id == "new"] or [
            claim.is_surplus for claim in found.claims if claim.resource.id == "new"
        ]
        return reason

    @pytest.mark.parametrize("make", [vpc, eip, gateway, security_group, group], ids=lambda make: make.__name__)
    def test_one_that_a_killed_run_made_and_that_holds_nothing_goes(self, make):
        assert self.fate(make) is True

    @pytest.mark.parametrize("make", [vpc, eip, gateway, group], ids=lambda make: make.__name__)
    @pytest.mark.parametrize(("seconds", "goes"), [(-119, True), (-121, False), (-86400, False)])
    def test_one_that_is_older_than_the_first_unclean_run_stays(self, make, seconds, goes):
        fate = self.fate(make, created=BEGUN + timedelta(seconds=seconds))
        assert fate is True if goes else "is older than any run that may have left it" in fate

    @pytest.mark.parametrize("make", [vpc, eip, gateway, security_group, group], ids=lambda make: make.__name__)
    def test_one_that_no_unclean_run_can_have_made_stays(self, make):
        assert self.fate(make, scope=CLEAN) == "is older than any run that may have left it"

    @pytest.mark.parametrize("make", [vpc, eip, gateway, security_group, group], ids=lambda make: make.__name__)
    def test_destroy_of_the_whole_shoot_takes_everything_that_belongs_to_it(self, make):
        scope = replace(CLEAN, takes_surplus=True)
        assert self.fate(make, vswitch("in-it", parent="new"), scope=scope) is True

    @pytest.mark.parametrize(
        ("make", "user"),
        [
            (vpc, vswitch("user", parent="new", tags={}, name="users")),
            (vpc, gateway("user", parent="new", tags={}, name="users")),
            (vpc, group("user", parent="new", tags={}, name="users")),
            (eip, association("new")),
            (gateway, association("users", "new")),
            (gateway, snat_entry("user", parent="new", vswitch_id="vsw-users", name="users")),
            (security_group, configuration("user", security_group_id="new")),
        ],
        ids=lambda it: getattr(it, "type", it.__class__.__name__),
    )
    def test_one_with_something_in_on_or_behind_it_stays(self, make, user):
        assert self.fate(make, user) == f"holds or serves {user.id}"

    def test_one_that_holds_something_by_its_own_answer_stays(self):
        assert self.fate(eip, holds=("i-users",)) == "holds or serves i-users"

    def test_of_a_group_may_have_its_rules(self):
        assert self.fate(security_group, rule(parent="new")) is True

    def test_keeps_everything_that_belongs_to_it(self):
        """Else the next run would find it empty, and delete it."""
        inside = (gateway("ngw-2", parent="vpc-2"), association("eip-2", "ngw-2"), eip("eip-2"))
        state = (VPC_IN_STATE, VSWITCH_IN_STATE)
        surplus = (vpc("vpc-2"), vswitch("vsw-2", parent="vpc-2"), *inside)
        found = staying(vpc(), vswitch(), *surplus, state=state)
        assert found == {
            "vpc-2": "holds or serves vsw-2, ngw-2",
            "vsw-2": "belongs to vpc-2, which stays",
            "ngw-2": "belongs to vpc-2, which stays",
            "eip-2:ngw-2": "belongs to ngw-2, which stays",
        }
        assert list(claimed(vpc(), vswitch(), *surplus, state=state)) == ["eip-2"]

    def test_configuration_that_is_active_stays(self):
        module = 'module.worker_pool["general"]'
        state = (listed("alicloud_ess_scaling_configuration", "nodes", "asc-1", "z-a", module=module),)
        found = (group(), configuration(is_active=False), configuration("new"))
        assert staying(*found, state=state) == {"new": "is in use"}
