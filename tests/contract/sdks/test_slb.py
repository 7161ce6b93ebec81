"""The SDK for Slb, 2014-05-15."""

from __future__ import annotations

import json

import pytest

from tests.contract.sdks.sdk import QUIET

pytestmark = QUIET

BY_USE = {"instance_charge_type": "PayByCLCU"}


@pytest.fixture
def internal_id(slb, vswitch_id):
    return slb("create_load_balancer", v_switch_id=vswitch_id, delete_protection="on", **BY_USE).load_balancer_id


def test_an_internal_load_balancer_is_created_described_unprotected_and_deleted(slb, vpc_id, vswitch_id, internal_id):
    shown = slb("describe_load_balancer_attribute", load_balancer_id=internal_id)
    assert (shown.vpc_id, shown.v_switch_id, shown.address_type) == (vpc_id, vswitch_id, "intranet")
    assert (shown.load_balancer_status, shown.delete_protection) == ("active", "on")
    refused = slb.refused("delete_load_balancer", load_balancer_id=internal_id)
    assert (refused.code, refused.status_code) == ("OperationDenied.DeleteProtectionIsOn", 400)
    slb("set_load_balancer_delete_protection", load_balancer_id=internal_id, delete_protection="off")
    slb("delete_load_balancer", load_balancer_id=internal_id)
    assert slb("describe_load_balancers").load_balancers.load_balancer == []


def test_load_balancers_are_found_by_vpc_and_by_tag(slb, vpc_id, internal_id):
    tag = {"key": "ack.aliyun.com", "value": "c"}
    tagged_id = slb("create_load_balancer", tag=[tag], **BY_USE).load_balancer_id
    (inside,) = slb("describe_load_balancers", vpc_id=vpc_id).load_balancers.load_balancer
    wanted = json.dumps([{"TagKey": tag["key"], "TagValue": tag["value"]}])
    (tagged,) = slb("describe_load_balancers", tags=wanted).load_balancers.load_balancer
    assert (inside.load_balancer_id, tagged.load_balancer_id) == (internal_id, tagged_id)
    assert [(one.tag_key, one.tag_value) for one in tagged.tags.tag] == [("ack.aliyun.com", "c")]


def test_load_balancers_are_paged_to_the_end(slb):
    made = {slb("create_load_balancer", **BY_USE).load_balancer_id for _ in range(5)}
    pages = slb.pages("describe_load_balancers")
    found = [one.load_balancer_id for page in pages for one in page.load_balancers.load_balancer]
    assert (set(found), len(found), pages[0].total_count) == (made, 5, 5)


def test_tags_are_added_listed_and_taken_away(slb, internal_id):
    target = {"resource_type": "instance", "resource_id": [internal_id]}
    slb("tag_resources", **target, tag=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    slb("untag_resources", **target, tag_key=["b"])
    (tag,) = slb("list_tag_resources", **target).tag_resources.tag_resource
    assert (tag.resource_id, tag.tag_key, tag.tag_value) == (internal_id, "a", "1")


def test_a_group_with_a_listener_is_created_described_and_taken_down(slb, cloud):
    one = slb("create_load_balancer", **BY_USE).load_balancer_id
    name = "k8s/30080/web/default/shoot--foo--bar"
    group = slb("create_vserver_group", load_balancer_id=one, vserver_group_name=name).vserver_group_id
    listener = {"load_balancer_id": one, "listener_port": 80}
    slb("create_load_balancer_tcplistener", **listener, bandwidth=-1, vserver_group_id=group)
    (shown,) = slb("describe_vserver_groups", load_balancer_id=one, include_listener=True).vserver_groups.vserver_group
    assert (shown.vserver_group_name, shown.associated_objects.listeners.listener[0].port) == (name, 80)
    ports = slb("describe_load_balancer_attribute", load_balancer_id=one).listener_ports_and_protocol
    assert ports.listener_port_and_protocol[0].listener_protocol == "tcp"
    assert slb.refused("delete_vserver_group", vserver_group_id=group).code == "RspoolVipExist"
    slb("delete_load_balancer_listener", **listener, listener_protocol="tcp")
    slb("delete_vserver_group", vserver_group_id=group)
    slb("delete_load_balancer", load_balancer_id=one)
    assert cloud.counts() == {}


def test_a_vswitch_with_an_internal_load_balancer_is_not_deleted(vpc, vswitch_id, internal_id):
    assert vpc.refused("delete_vswitch", v_switch_id=vswitch_id).code == "DependencyViolation"
