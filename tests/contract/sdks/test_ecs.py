"""The SDK for Ecs, 2014-05-26."""

from __future__ import annotations

from tests.contract.sdks.sdk import QUIET, REGION, ZONE

pytestmark = QUIET


def test_a_security_group_is_created_described_and_deleted(ecs, cloud, vpc_id):
    made = ecs("create_security_group", vpc_id=vpc_id, security_group_name="nodes", description="for nodes")
    (shown,) = ecs("describe_security_groups", vpc_id=vpc_id).security_groups.security_group
    assert (shown.security_group_id, shown.security_group_name) == (made.security_group_id, "nodes")
    ecs("delete_security_group", security_group_id=made.security_group_id)
    assert cloud.counts() == {"vpc": 1}


def test_security_group_rules_are_added_shown_and_revoked(ecs, security_group_id):
    rule = {"ip_protocol": "tcp", "port_range": "22/22", "source_cidr_ip": "10.0.0.0/8", "policy": "accept"}
    ecs("authorize_security_group", security_group_id=security_group_id, permissions=[{**rule, "priority": "1"}])
    (shown,) = ecs("describe_security_group_attribute", security_group_id=security_group_id).permissions.permission
    assert (shown.port_range, shown.source_cidr_ip, shown.direction) == ("22/22", "10.0.0.0/8", "ingress")
    ecs("revoke_security_group", security_group_id=security_group_id, permissions=[{**rule, "priority": "1"}])
    left = ecs("describe_security_group_attribute", security_group_id=security_group_id).permissions.permission
    assert left == []


def test_key_pairs_are_paged_to_the_end(ecs):
    names = {ecs("create_key_pair", key_pair_name=f"key-{number}").key_pair_name for number in range(5)}
    pages = ecs.pages("describe_key_pairs")
    found = [pair.key_pair_name for page in pages for pair in page.key_pairs.key_pair]
    assert (set(found), len(found), pages[0].total_count) == (names, 5, 5)
    ecs("delete_key_pairs", key_pair_names=str(sorted(names)).replace("'", '"'))
    assert ecs("describe_key_pairs").total_count == 0


def test_security_groups_are_tagged_found_and_untagged(ecs, vpc_id, security_group_id):
    ecs("create_security_group", vpc_id=vpc_id, security_group_name="other")
    target = {"resource_type": "securitygroup", "resource_id": [security_group_id]}
    ecs("tag_resources", **target, tag=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    filtered = ecs("describe_security_groups", tag=[{"key": "a", "value": "1"}]).security_groups.security_group
    assert [one.security_group_id for one in filtered] == [security_group_id]
    ecs("untag_resources", **target, tag_key=["b"])
    (tag,) = ecs("list_tag_resources", **target).tag_resources.tag_resource
    assert (tag.tag_key, tag.tag_value) == ("a", "1")


def test_regions_and_zones_are_listed(ecs):
    assert REGION in {region.region_id for region in ecs("describe_regions").regions.region}
    assert ZONE in {zone.zone_id for zone in ecs("describe_zones").zones.zone}


def test_what_zones_sell_is_listed(ecs, cloud):
    cloud.set_offer("ecs.g7.large", "no-stock", ZONE)
    given = {"destination_resource": "InstanceType", "instance_type": "ecs.g7.large"}
    zones = {zone.zone_id: zone for zone in ecs("describe_available_resource", **given).available_zones.available_zone}
    (row,) = zones[ZONE].available_resources.available_resource[0].supported_resources.supported_resource
    assert (row.value, row.status, row.status_category) == ("ecs.g7.large", "SoldOut", "WithoutStock")


def test_quotas_of_the_account_are_listed(ecs):
    names = ["max-postpaid-instance-vcpu-count"]
    items = ecs("describe_account_attributes", attribute_name=names).account_attribute_items.account_attribute_item
    assert [item.attribute_values.value_item[0].value for item in items] == ["20000"]
