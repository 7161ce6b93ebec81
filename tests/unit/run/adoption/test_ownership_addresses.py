"""Names and tags that give an address: cut ones, ones of other zones, and hostile ones."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.run.adoption.scope import Scope
from provisioner.translate.names import fit_name, name_prefix
from provisioner.translate.resource_types import SCALING_GROUP
from tests.unit.run.adoption.inventory import (
    BEGUN,
    DEAD,
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
    listed,
    vswitch,
)


class TestLongNames:
    """A technical ID so long that names are cut, with a hash at their end."""

    base = f"shoot--{'p' * 30}--{'n' * 40}"
    scope = Scope(
        base,
        f"{base}--uid",
        zones=("eu-central-1a", "eu-central-1b"),
        groups={SCALING_GROUP.name_of(base, pool="general", zone="eu-central-1b"): ("general", "eu-central-1b")},
        unclean_since=BEGUN,
    )

    def test_fresh_group_is_recognised_by_its_cut_name(self):
        name = SCALING_GROUP.name_of(self.base, pool="general", zone="eu-central-1b")
        assert len(name) == 64
        state = (listed("alicloud_vswitch", "nodes", "vsw-1", "eu-central-1b"),)
        found = claimed(group(name=name, tags={}), scope=self.scope, state=state)
        assert found == {"asg-1": 'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["eu-central-1b"]'}

    @given(st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=100), st.sampled_from(["a", "pool-1"]))
    def test_prefix_begins_every_name_of_a_group(self, technical_id, pool):
        assert SCALING_GROUP.name_of(technical_id, pool=pool, zone="eu-central-1a").startswith(
            name_prefix(technical_id)
        )

    def test_group_of_a_former_pool_is_recognised_by_the_rest_of_its_name(self):
        name = SCALING_GROUP.name_of(self.base, pool="removed", zone="eu-central-1b")
        for wrong in (name[:-1] + "x", name[:-1], f"x{name[1:]}"):
            assert claimed(group(name=wrong, tags={}), scope=self.scope, state=(VSWITCH_IN_STATE,)) == {}
        assert list(claimed(group(name=name, tags={}), scope=self.scope, state=(VSWITCH_IN_STATE,))) == ["asg-1"]

    @pytest.mark.parametrize("position", [0, 1])
    def test_address_is_recognised_by_its_cut_name(self, position):
        base = "s" * 130
        scope = replace(self.scope, technical_id=base, includes_unproven=True)
        name = fit_name(f"{base}-eip-natgw-z{position}", 128)
        zone = self.scope.zones[position]
        found = claimed(eip(name=name, tags={}), scope=scope)
        assert found == {"eip-1": f'{NET}.alicloud_eip_address.nat["{zone}"]'}


class TestKeysAndZones:
    def test_address_is_for_the_zone_in_its_tag(self):
        tags = {**OWNED, "provisioner/key": "eip/z-c"}
        assert claimed(eip(tags=tags)) == {"eip-1": f'{NET}.alicloud_eip_address.nat["z-c"]'}

    def test_zone_listed_twice_keeps_the_positions_of_the_others(self):
        scope = replace(DEAD, zones=("z-a", "z-a", "z-b"))
        found = claimed(eip(), eip("eip-2", name=f"{ID}-eip-natgw-z2"), scope=scope)
        assert found == {
            "eip-1": f'{NET}.alicloud_eip_address.nat["z-a"]',
            "eip-2": f'{NET}.alicloud_eip_address.nat["z-b"]',
        }

    def test_eip_for_a_position_that_the_manifest_no_longer_has_gets_its_own_address(self):
        found = claimed(eip(name=f"{ID}-eip-natgw-z7"))
        assert found == {"eip-1": f'{NET}.alicloud_eip_address.nat["eip-1"]'}

    def test_group_is_for_the_pool_and_zone_in_its_tag(self):
        tags = {**OWNED, "provisioner/key": "scaling-group/other/z-c"}
        found = claimed(group(tags=tags, name="whatever"))
        assert found == {"asg-1": 'module.worker_pool["other"].alicloud_ess_scaling_group.nodes["z-c"]'}

    @pytest.mark.parametrize("tag", ["", "scaling-group/", "scaling-group/a", "scaling-group/a/b/c", "eip/z-a"])
    def test_group_without_a_readable_tag_is_placed_by_its_name(self, tag):
        found = claimed(group(tags={**OWNED, "provisioner/key": tag}))
        assert found == {"asg-1": 'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["z-a"]'}


class TestHostileNames:
    """Names that look like patterns, templates or addresses are text like any other."""

    @given(st.text(max_size=30) | st.sampled_from([".*", f"{ID}.natgw", f"({ID})-natgw", f"{ID}-eip-natgw-z٣"]))
    def test_name_proves_nothing_unless_it_is_exactly_ours(self, name):
        found = decide(
            eip(name=name, tags={}), gateway(name=name, tags={}), vswitch(name=name, tags={}), state=(VPC_IN_STATE,)
        )
        assert (found.claims, found.strangers) == ((), ())

    @pytest.mark.parametrize("technical_id", ["shoot--a.b", "shoot--a+", "shoot--(a", "shoot--[a]"])
    def test_technical_id_is_no_pattern(self, technical_id):
        scope = replace(DEAD, technical_id=technical_id, includes_unproven=True)
        assert list(claimed(eip(name=f"{technical_id}-eip-natgw-z0", tags={}), scope=scope)) == ["eip-1"]
        assert claimed(eip(name="shoot--aXb-eip-natgw-z0", tags={}), scope=scope) == {}

    @given(st.text(st.characters(blacklist_characters="/\n"), min_size=1), st.text(min_size=1))
    def test_any_pool_and_id_gives_its_own_address(self, pool, id):
        tagged = group(id=id, tags={**OWNED, "provisioner/key": f"scaling-group/{pool}/z-a"})
        unplaced = group(id=f"{id}-2", name="of-no-pool")
        found = decide(tagged, unplaced).claims
        assert {(claim.root, claim.address.module, claim.address.key) for claim in found} == {
            ("worker", f"module.worker_pool[{json.dumps(pool, ensure_ascii=False)}]", "z-a"),
            ("worker", 'module.worker_pool["of-no-pool"]', f"{id}-2"),
        }
