"""Objects that cannot be tagged belong to the owner of their parents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.run.adoption.inventory import (
    ADOPTING,
    BORN,
    DEAD,
    FOREIGN,
    FOREIGN_BORN,
    NET,
    OWNED,
    association,
    claimed,
    configuration,
    decide,
    eip,
    gateway,
    group,
    listed,
    route,
    route_table,
    rule,
    security_group,
    snat_entry,
    vpc,
    vswitch,
)


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

    def test_is_foreign_without_them(self):
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

    def test_users_route_in_our_table_is_not_taken_but_goes_with_it(self):
        network = (*self.network, route_table())
        routes = (route(), route("192.168.0.0/16", target="vrt-users"), route("::/0", target="ipv6gw-1"))
        address = f"{NET}.alicloud_route_entry"
        own = {"vtb-1:0.0.0.0/0": f"{address}.default[0]", "vtb-1:::/0": f"{address}.ipv6[0]"}
        assert self.claims_of(*routes, network=network) == own
        whole = replace(DEAD, takes_surplus=True)
        assert self.claims_of(*routes, network=network, scope=whole).keys() == {it.id for it in routes}

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


BROUGHT = replace(
    DEAD, eip_zones={"eip-users": "z-a"}, brought=frozenset({"eip-users", "vpc-1"}), vpc_ids=frozenset({"vpc-1"})
)
"""The manifests name an EIP of the user's for the first zone."""
USERS_EIP = eip("eip-users", "users", tags={})
BOUND = association("eip-users", "ngw-x")
KEY = f'{NET}.alicloud_eip_association.nat["z-a"]'


class TestBrought:
    """An object that the manifests name may be bound for another shoot: an id in manifests proves nothing."""

    def fate(self, *resources, scope=BROUGHT, state=()):
        """Return the result for the association: its address, `stranger`, or nothing."""
        found = decide(vpc(tags={}, name="users"), USERS_EIP, BOUND, *resources, scope=scope, state=state)
        claims = [str(it.address) for it in found.claims if it.resource.id == BOUND.id]
        return "".join(claims) or ("stranger" if BOUND in found.strangers else "")

    @pytest.mark.parametrize("proof", [{"tags": OWNED}, {"tags": {}, "description": BORN}], ids=["tag", "description"])
    def test_address_is_bound_for_us_if_the_gateway_is_ours(self, proof):
        assert self.fate(gateway("ngw-x", **proof)) == KEY

    @pytest.mark.parametrize(
        "others",
        [
            {"tags": FOREIGN},
            {"tags": {"kubernetes.io/cluster/shoot--foo--other": "1"}},
            {"tags": {}, "description": FOREIGN_BORN},
        ],
        ids=["owner", "cluster", "description"],
    )
    @pytest.mark.parametrize(
        "scope",
        [BROUGHT, replace(BROUGHT, takes_surplus=True), replace(BROUGHT, includes_unproven=True)],
        ids=["killed run", "destroy", "adopt --yes"],
    )
    def test_at_another_shoots_gateway_it_is_neither_taken_nor_named(self, others, scope):
        assert self.fate(gateway("ngw-x", "theirs", **others), scope=scope) == ""

    def test_not_even_our_own_address_is_bound_for_us_at_the_gateway_of_another_shoot(self):
        theirs = gateway("ngw-x", "theirs", tags=FOREIGN)
        assert list(claimed(vpc(), theirs, eip(), association("eip-1", "ngw-x"))) == ["vpc-1", "eip-1"]

    def test_at_the_users_gateway_it_is_a_stranger_that_the_operator_may_take(self):
        users = gateway("ngw-x", "users", tags={})
        assert self.fate(users) == "stranger"
        assert self.fate(users, scope=replace(BROUGHT, takes_surplus=True)) == "stranger"
        assert self.fate(users, scope=replace(BROUGHT, includes_unproven=True)) == KEY

    @pytest.mark.parametrize("scope", [BROUGHT, replace(BROUGHT, includes_unproven=True)], ids=["run", "adopt --yes"])
    def test_at_the_users_gateway_it_belongs_to_the_other_shoot_whose_entry_uses_it(self, scope):
        entry = snat_entry(parent="ngw-x", vswitch_id="vsw-theirs", eip_id="eip-users", name="theirs")
        assert self.fate(gateway("ngw-x", "users", tags={}), entry, scope=scope) == ""

    def test_at_the_users_gateway_it_is_ours_if_our_entry_uses_it(self):
        entry = snat_entry(parent="ngw-x", eip_id="eip-users")
        assert self.fate(vswitch(), gateway("ngw-x", "users", tags={}), entry) == KEY

    def test_at_the_users_gateway_it_is_ours_if_a_run_noted_it(self):
        scope = replace(BROUGHT, recorded=frozenset({(BOUND.type, BOUND.id)}))
        assert self.fate(gateway("ngw-x", "users", tags={}), scope=scope) == KEY

    def test_our_address_at_the_users_gateway_is_ours(self):
        found = claimed(gateway("ngw-x", "users", tags={}), eip(), association("eip-1", "ngw-x"), scope=BROUGHT)
        assert found["eip-1:ngw-x"] == KEY

    def test_our_address_at_the_users_gateway_is_ours_whichever_clusters_it_is_tagged_for(self):
        users = gateway("ngw-x", "users", tags={"kubernetes.io/cluster/shoot--foo--other": "1"})
        assert claimed(users, eip(), association("eip-1", "ngw-x"), scope=BROUGHT)["eip-1:ngw-x"] == KEY

    def test_a_listed_binding_is_neither_claimed_nor_a_stranger(self):
        state = (listed("alicloud_eip_association", "nat", BOUND.id, "z-a"),)
        assert self.fate(gateway("ngw-x", "users", tags={}), state=state) == ""

    def test_our_entry_at_the_users_gateway_is_ours_by_its_vswitch(self):
        users = gateway("ngw-x", "users", tags={})
        found = claimed(vpc(), vswitch(), users, snat_entry(parent="ngw-x"), scope=BROUGHT)
        assert found["stb:snat-1"] == f'{NET}.alicloud_snat_entry.nodes["z-a"]'
