"""Whose the objects are that were found: proofs, look-alikes, doubles, and the addresses they get."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.cloud import CloudResource, Inventory
from provisioner.state.document import Address, Instance
from provisioner.translate.names import cluster_tag, fit_name, scaling_group_name
from provisioner.workflows.ownership import decide_ownership
from provisioner.workflows.places import Scope, name_prefix

ID, ENTRY = "shoot--foo--bar", "shoot--foo--bar--uid-1"
CLUSTER = {cluster_tag(ID): "1"}
OWNED = {**CLUSTER, "provisioner/owner": ENTRY}
FOREIGN = {**CLUSTER, "provisioner/owner": "shoot--foo--bar--uid-2"}
BEGUN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FRESH = BEGUN + timedelta(seconds=30)
ZONES = ("z-a", "z-b", "z-c")
NET = "module.infrastructure"
GROUP = "shoot--foo--bar-general-z-a"
DEAD = Scope(
    ID,
    ENTRY,
    zones=ZONES,
    groups={scaling_group_name(ID, "general", zone): ("general", zone) for zone in ZONES},
    pod_cidr="100.64.0.0/11",
    unclean_since=BEGUN,
)
"""After a run that was killed."""
CLEAN = replace(DEAD, unclean_since=None)
ADOPTING = replace(CLEAN, includes_unproven=True)


def vpc(id="vpc-1", name=f"{ID}-vpc", tags=OWNED, **changes):
    return CloudResource("alicloud_vpc", id, name, tags=tags, facts={"cidr": "10.0.0.0/8"}, **changes)


def vswitch(id="vsw-1", name=f"{ID}-z-a-vsw", parent="vpc-1", *, zone="z-a", tags=OWNED, created=FRESH):
    return CloudResource("alicloud_vswitch", id, name, parent, zone, tags, created)


def gateway(id="ngw-1", name=f"{ID}-natgw", parent="vpc-1", tags=OWNED, created=FRESH):
    return CloudResource("alicloud_nat_gateway", id, name, parent, tags=tags, created=created)


def security_group(id="sg-1", name=f"{ID}-sg", parent="vpc-1", tags=OWNED):
    return CloudResource("alicloud_security_group", id, name, parent, tags=tags, created=FRESH)


def eip(id="eip-1", name=f"{ID}-eip-natgw-z0", tags=OWNED, created=FRESH):
    return CloudResource("alicloud_eip_address", id, name, tags=tags, created=created)


def association(eip_id="eip-1", gateway_id="ngw-1"):
    attributes = {"allocation_id": eip_id, "instance_id": gateway_id}
    return CloudResource("alicloud_eip_association", f"{eip_id}:{gateway_id}", parent=gateway_id, attributes=attributes)


def snat_entry(id="stb:snat-1", name=f"{ID}-snat-z0", parent="ngw-1", vswitch_id="vsw-1"):
    attributes = {"source_vswitch_id": vswitch_id}
    return CloudResource("alicloud_snat_entry", id, name, parent, attributes=attributes)


def rule(ports="1/22", protocol="tcp", cidr="10.0.0.0/8", *, policy="accept", priority=1, parent="sg-1"):
    attributes = {
        "ip_protocol": protocol,
        "port_range": ports,
        "cidr_ip": cidr,
        "policy": policy,
        "priority": priority,
        "security_group_id": parent,
    }
    id = f"{parent}:{protocol}:{ports}:{cidr}:{policy}:{priority}"
    facts = {"vpc_cidr": "10.0.0.0/8"}
    return CloudResource("alicloud_security_group_rule", id, parent=parent, attributes=attributes, facts=facts)


def key_pair(name=f"{ID}-ssh-publickey", tags=OWNED):
    return CloudResource("alicloud_ecs_key_pair", name, name, tags=tags)


def group(id="asg-1", name=GROUP, parent="vpc-1", *, vswitch_id="vsw-1", tags=OWNED, created=FRESH):
    facts = {"vswitch_id": vswitch_id, "is_enabled": True}
    return CloudResource("alicloud_ess_scaling_group", id, name, parent, tags=tags, created=created, facts=facts)


def configuration(id="asc-1", parent="asg-1", is_active=True, created=FRESH, security_group_id="sg-1"):
    return CloudResource(
        "alicloud_ess_scaling_configuration",
        id,
        parent=parent,
        created=created,
        attributes={"security_group_id": security_group_id},
        facts={"is_active": is_active, "is_enabled": True},
    )


def listed(type, name, id, key=None, module=NET, **content):
    return Instance(Address(module, type, name, key), {"attributes": {"id": id}, **content})


VPC_IN_STATE = listed("alicloud_vpc", "this", "vpc-1")
VSWITCH_IN_STATE = listed("alicloud_vswitch", "nodes", "vsw-1", "z-a")


def decide(*resources, scope=DEAD, state=()):
    worker = tuple(it for it in state if it.address.module.startswith("module.worker_pool"))
    states = {"infrastructure": tuple(it for it in state if it not in worker), "worker": worker}
    return decide_ownership(Inventory(resources), scope, states)


def claimed(*resources, **options):
    """Return the address by id of what is claimed, with a `!` where it is one too many."""
    return {
        claim.resource.id: ("!" if claim.is_surplus else "") + str(claim.address)
        for claim in decide(*resources, **options).claims
    }


def strangers(*resources, **options):
    return [it.id for it in decide(*resources, **options).strangers]


def proofs(*resources, **options):
    return {claim.resource.id: claim.proof for claim in decide(*resources, **options).claims}


@pytest.mark.parametrize(
    ("resource", "address"),
    [
        (vpc(), f"{NET}.alicloud_vpc.this"),
        (vswitch(), f'{NET}.alicloud_vswitch.nodes["z-a"]'),
        (gateway(), f"{NET}.alicloud_nat_gateway.this"),
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
def test_tag_of_another_owner_is_neither_claimed_nor_even_mentioned(make, scope):
    found = decide(make(tags=FOREIGN), scope=scope, state=(VPC_IN_STATE, listed("alicloud_vswitch", "nodes", "vsw-1")))
    assert (found.claims, found.strangers) == ((), ())


@pytest.mark.parametrize("make", [vswitch, gateway, eip, group], ids=lambda make: make.__name__)
class TestUntagged:
    """Objects that the provider had created and not tagged yet when its run was killed."""

    state = (VPC_IN_STATE, listed("alicloud_vswitch", "nodes", "vsw-1", "z-a"))

    def of(self, make, **changes):
        resource = make(**{"tags": {}, "id": "new-1", **changes})
        # What is listed has to exist, or its address is free.
        return decide(vpc(), vswitch(), resource, scope=self.scope, state=self.state)

    scope = DEAD

    def test_exact_name_parent_and_time_are_proof(self, make):
        assert [(it.resource.id, it.proof) for it in self.of(make).claims] == [("new-1", "name and parent")]

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
    def test_any_tag_shows_that_somebody_else_made_it(self, make, tags):
        assert [it.id for it in self.of(make, tags=tags).strangers] == ["new-1"]

    @pytest.mark.parametrize("name", ["", "my-own", f"x{ID}-z-a-vsw", f"{ID}2-natgw", f"x{ID}-eip-natgw-z0"])
    def test_another_name_is_somebody_elses(self, make, name):
        found = self.of(make, name=name)
        assert (found.claims, found.strangers) == ((), ())

    def test_noted_by_a_run_is_proof(self, make):
        type = make().type
        self.scope = replace(CLEAN, recorded=frozenset({(type, "new-1")}))
        assert [it.proof for it in self.of(make, name="x", created=None).claims] == ["noted by a run"]

    def test_operator_may_take_it_without_proof(self, make):
        self.scope = replace(CLEAN, includes_unproven=True)
        found = self.of(make, id="new-1")
        known = [(it.resource.id, it.proof) for it in found.claims] + [(it.id, "stranger") for it in found.strangers]
        # Where the address is taken it is left alone: what nobody has proven is never deleted.
        assert known == [("new-1", "stranger" if make is vswitch else "none")]


@pytest.mark.parametrize("make", [vpc, security_group, key_pair], ids=lambda make: make.__name__)
def test_untagged_object_of_a_type_that_is_created_with_its_tags_is_never_fresh(make):
    assert decide(make(tags={}, created=FRESH) if make is vpc else make(tags={})).claims == ()


@pytest.mark.parametrize("make", [vswitch, gateway], ids=lambda make: make.__name__)
def test_right_name_in_another_vpc_is_somebody_elses(make):
    found = decide(vpc(), make(tags={}, parent="vpc-2"), scope=ADOPTING)
    assert [it.resource.id for it in found.claims] == ["vpc-1"]
    assert found.strangers == ()


def test_group_of_a_shoot_whose_name_only_begins_alike_is_somebody_elses():
    """Shoot `bar` with pool `2-general` names its groups as shoot `bar-2` with pool `general` does."""
    scope = replace(DEAD, groups={f"{ID}-2-general-z-a": ("2-general", "z-a")}, vpc_ids=frozenset({"vpc-1"}))
    theirs = group(name=f"{ID}-2-general-z-a", tags={}, vswitch_id="vsw-theirs")
    for chosen in (scope, replace(scope, includes_unproven=True)):
        found = decide(vpc(), theirs, scope=chosen, state=(VPC_IN_STATE,))
        assert (found.claims, found.strangers) == ((), ())


def test_fresh_group_of_a_pool_that_no_manifest_names_any_more_is_ours_through_its_vswitch():
    name = f"{ID}-removed-z-a"
    found = claimed(group(name=name, tags={}), state=(VSWITCH_IN_STATE,))
    assert found == {"asg-1": f'module.worker_pool["{name}"].alicloud_ess_scaling_group.nodes["asg-1"]'}


def test_group_in_the_vswitch_of_an_infrastructure_that_somebody_else_manages_is_ours():
    scope = replace(DEAD, vswitch_ids=frozenset({"vsw-1"}), vpc_ids=frozenset({"vpc-1"}))
    assert list(claimed(group(tags={}), scope=scope)) == ["asg-1"]


def test_cluster_tag_without_owner_is_a_stranger_until_the_operator_says_otherwise():
    assert strangers(vpc(tags=CLUSTER)) == ["vpc-1"]
    assert proofs(vpc(tags=CLUSTER), scope=ADOPTING) == {"vpc-1": "none"}


def test_known_object_is_neither_claimed_nor_a_stranger():
    found = decide(vpc(tags={}), scope=ADOPTING, state=(VPC_IN_STATE,))
    assert (found.claims, found.strangers) == ((), ())


def test_instance_without_an_id_makes_nothing_ours():
    state = (listed("alicloud_vpc", "this", ""), listed("alicloud_nat_gateway", "this", "ngw-1"))
    assert claimed(gateway(), snat_entry(vswitch_id=""), state=state) == {}


class TestWhatCannotBeTagged:
    network = (vpc(), vswitch(), gateway(), security_group(), eip())

    def claims_of(self, *resources, network=network, **options):
        claims = claimed(*network, *resources, **options)
        return {it.id: claims[it.id] for it in resources if it.id in claims}

    def test_belongs_to_its_parents(self):
        children = (association(), snat_entry(), rule(), configuration())
        assert self.claims_of(*children, network=(*self.network, group())) == {
            "eip-1:ngw-1": f'{NET}.alicloud_eip_association.nat["z-a"]',
            "stb:snat-1": f'{NET}.alicloud_snat_entry.nodes["z-a"]',
            "sg-1:tcp:1/22:10.0.0.0/8:accept:1": f'{NET}.alicloud_security_group_rule.ingress["tcp-1-22"]',
            "asc-1": 'module.worker_pool["general"].alicloud_ess_scaling_configuration.nodes["z-a"]',
        }

    def test_is_somebody_elses_without_them(self):
        assert self.claims_of(association(), snat_entry(), rule(), configuration(), network=()) == {}

    @pytest.mark.parametrize(
        "entry",
        [snat_entry(vswitch_id=""), snat_entry(vswitch_id="vsw-users"), snat_entry(name="users-own")],
        ids=["a range", "the user's vSwitch", "another name"],
    )
    def test_users_snat_entry_in_our_gateway_is_not_taken(self, entry):
        assert self.claims_of(entry, scope=ADOPTING) == {}

    def test_users_address_at_our_gateway_is_not_taken(self):
        users = eip(id="eip-users", name="my-address", tags={})
        found = decide(*self.network, users, association("eip-users"), scope=ADOPTING)
        assert "eip-users" not in str([it.resource.id for it in found.claims])
        assert found.strangers == ()

    @pytest.mark.parametrize(
        "users",
        [
            rule(cidr="192.168.0.0/16"),
            rule(ports="443/443"),
            rule(policy="drop"),
            rule(priority=2),
            rule(ports="30000/32767", cidr="203.0.113.0/24"),
            rule(ports="30000/32767", protocol="udp", cidr="0.0.0.0/0"),
            rule(ports="-1/-1", protocol="all", cidr="203.0.113.0/24"),
            rule(ports="-1/-1", protocol="icmp"),
        ],
        ids=lambda it: it.id,
    )
    def test_users_rule_in_our_group_is_not_taken(self, users):
        assert self.claims_of(users, scope=ADOPTING) == {}

    @pytest.mark.parametrize(
        ("ours", "key"),
        [
            (rule(), "tcp-1-22"),
            (rule(ports="24/513", protocol="udp"), "udp-24-513"),
            (rule(ports="515/65535"), "tcp-515-65535"),
            (rule(ports="30000/32767", cidr="0.0.0.0/0"), "tcp-30000-32767"),
            (rule(ports="-1/-1", protocol="all", cidr="100.64.0.0/11"), "all-pods"),
        ],
        ids=lambda it: getattr(it, "id", ""),
    )
    def test_our_rule_has_the_modules_key(self, ours, key):
        assert self.claims_of(ours) == {ours.id: f'{NET}.alicloud_security_group_rule.ingress["{key}"]'}

    def test_rule_for_pods_is_not_known_without_their_range(self):
        pods = rule(ports="-1/-1", protocol="all", cidr="100.64.0.0/11")
        assert self.claims_of(pods, scope=replace(DEAD, pod_cidr=None)) == {}


class TestSeveralCandidates:
    def test_the_one_that_the_state_lists_is_kept(self):
        found = claimed(vpc(), vpc("vpc-0", created=BEGUN), state=(VPC_IN_STATE,))
        assert found == {"vpc-0": f"!{NET}.alicloud_vpc.this"}

    def test_place_of_an_object_that_is_gone_is_free(self):
        found = claimed(vpc("vpc-2"), state=(VPC_IN_STATE,))
        assert found == {"vpc-2": f"{NET}.alicloud_vpc.this"}

    def test_deposed_instance_does_not_take_its_place(self):
        state = (listed("alicloud_vpc", "this", "vpc-1", deposed="00abcdef"),)
        assert claimed(vpc(), vpc("vpc-2"), state=state) == {"vpc-2": f"{NET}.alicloud_vpc.this"}

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


class TestLongNames:
    """A technical ID so long that names are cut, with a hash at their end."""

    base = f"shoot--{'p' * 30}--{'n' * 40}"
    scope = Scope(
        base,
        f"{base}--uid",
        zones=("eu-central-1a", "eu-central-1b"),
        groups={scaling_group_name(base, "general", "eu-central-1b"): ("general", "eu-central-1b")},
        unclean_since=BEGUN,
    )

    def test_fresh_group_is_recognised_by_its_cut_name(self):
        name = scaling_group_name(self.base, "general", "eu-central-1b")
        assert len(name) == 64
        found = claimed(group(name=name, tags={}), scope=self.scope, state=(VSWITCH_IN_STATE,))
        assert found == {"asg-1": 'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["eu-central-1b"]'}

    @given(st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=100), st.sampled_from(["a", "pool-1"]))
    def test_prefix_begins_every_name_of_a_group(self, technical_id, pool):
        assert scaling_group_name(technical_id, pool, "eu-central-1a").startswith(name_prefix(technical_id))

    @pytest.mark.parametrize("position", [0, 1])
    def test_fresh_address_is_recognised_by_its_cut_name(self, position):
        base = "s" * 130
        scope = replace(self.scope, technical_id=base)
        name = fit_name(f"{base}-eip-natgw-z{position}", 128)
        zone = self.scope.zones[position]
        found = claimed(eip(name=name, tags={}), scope=scope)
        assert found == {"eip-1": f'{NET}.alicloud_eip_address.nat["{zone}"]'}


class TestKeysAndZones:
    def test_address_is_for_the_zone_that_its_tag_tells(self):
        tags = {**OWNED, "provisioner/key": "eip/z-c"}
        assert claimed(eip(tags=tags)) == {"eip-1": f'{NET}.alicloud_eip_address.nat["z-c"]'}

    def test_zone_listed_twice_keeps_the_positions_of_the_others(self):
        scope = replace(DEAD, zones=("z-a", "z-a", "z-b"))
        found = claimed(eip(), eip("eip-2", name=f"{ID}-eip-natgw-z2"), scope=scope)
        assert found == {
            "eip-1": f'{NET}.alicloud_eip_address.nat["z-a"]',
            "eip-2": f'{NET}.alicloud_eip_address.nat["z-b"]',
        }

    def test_address_for_a_position_that_the_manifest_does_not_have_any_more_gets_one_of_its_own(self):
        found = claimed(eip(name=f"{ID}-eip-natgw-z7", tags={}))
        assert found == {"eip-1": f'{NET}.alicloud_eip_address.nat["eip-1"]'}

    def test_group_is_for_the_pool_and_zone_that_its_tag_tells(self):
        tags = {**OWNED, "provisioner/key": "scaling-group/other/z-c"}
        found = claimed(group(tags=tags, name="whatever"))
        assert found == {"asg-1": 'module.worker_pool["other"].alicloud_ess_scaling_group.nodes["z-c"]'}

    @pytest.mark.parametrize("tag", ["", "scaling-group/", "scaling-group/a", "scaling-group/a/b/c", "eip/z-a"])
    def test_group_whose_tag_tells_nothing_is_placed_by_its_name(self, tag):
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
        scope = replace(DEAD, technical_id=technical_id)
        assert list(claimed(eip(name=f"{technical_id}-eip-natgw-z0", tags={}), scope=scope)) == ["eip-1"]
        assert claimed(eip(name="shoot--aXb-eip-natgw-z0", tags={}), scope=scope) == {}

    @given(st.text(st.characters(blacklist_characters="/\n"), min_size=1), st.text(min_size=1))
    def test_any_pool_and_id_gives_an_address_of_its_own(self, pool, id):
        tags = {**OWNED, "provisioner/key": f"scaling-group/{pool}/z-a"}
        (claim,) = decide(group(id=id, tags=tags), group(id=f"{id}-2", tags={**tags, "provisioner/key": ""})).claims[:1]
        assert claim.address.module.startswith('module.worker_pool["')
        assert claim.root == "worker"
