"""Which of several objects keeps an address, and which is one too many."""

from __future__ import annotations

import pytest

from tests.unit.workflows.inventory import (
    ADOPTING,
    BEGUN,
    CLUSTER,
    FRESH,
    ID,
    NET,
    VPC_IN_STATE,
    association,
    claimed,
    configuration,
    decide,
    eip,
    gateway,
    group,
    listed,
    security_group,
    snat_entry,
    vpc,
    vswitch,
)


class TestSeveralCandidates:
    def test_the_one_that_the_state_lists_is_kept(self):
        """And stays where it is in a state that is older than the number in its address."""
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

    def test_proven_one_is_kept_before_one_in_use_that_is_not(self):
        found = decide(eip("a", tags=CLUSTER), eip("b"), association("a"), scope=ADOPTING)
        assert [it.resource.id for it in found.claims if not it.is_surplus] == ["b"]

    def test_one_too_many_without_proof_is_left_alone(self):
        found = decide(eip("a", tags=CLUSTER, created=BEGUN), eip("b", tags=CLUSTER), scope=ADOPTING)
        assert [(it.resource.id, it.is_surplus) for it in found.claims] == [("a", False)]
        assert [it.id for it in found.strangers] == ["b"]

    def test_everything_in_a_surplus_vpc_is_surplus(self):
        """A vSwitch of it at a free address would be replaced by one in the right VPC, in a different order."""
        double = (vpc("vpc-2"), vswitch("vsw-2", parent="vpc-2", zone="z-b"), gateway("ngw-2", parent="vpc-2"))
        found = decide(vpc(), *double, state=(VPC_IN_STATE,))
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
