"""Whose the objects are that cannot be tagged: they belong to their parents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.workflows.inventory import (
    ADOPTING,
    DEAD,
    NET,
    association,
    claimed,
    configuration,
    decide,
    eip,
    gateway,
    group,
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
