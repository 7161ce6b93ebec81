"""What is planned, kept and replaced."""

from __future__ import annotations

import json

from tests.unit.sandbox.provider.terraform_side import UNKNOWN, Shoot, Terraform


def test_a_default_is_planned_and_what_the_cloud_decides_is_unknown(terraform: Terraform) -> None:
    plan = terraform.plan("alicloud_ess_scaling_group", {"min_size": 0, "max_size": 1})
    assert plan.after["default_cooldown"] == 300
    assert plan.after["scaling_policy"] == UNKNOWN
    assert plan.after["id"] == UNKNOWN
    assert plan.after["scaling_group_name"] is None


def test_a_default_inside_a_block_is_planned(terraform: Terraform) -> None:
    values = {"scaling_group_id": "asg-1", "data_disk": [{"size": 100}]}
    (disk,) = terraform.plan("alicloud_ess_scaling_configuration", values).after["data_disk"]
    assert (disk["delete_with_instance"], disk["encrypted"], disk["name"]) == (True, False, None)


def test_a_set_with_an_unknown_member_is_unknown(terraform: Terraform) -> None:
    values = {"min_size": 0, "max_size": 1, "vswitch_ids": ["vsw-1", UNKNOWN]}
    assert terraform.plan("alicloud_ess_scaling_group", values).after["vswitch_ids"] == UNKNOWN


def test_a_vswitch_is_ignored_for_a_gateway_that_is_not_enhanced(terraform: Terraform) -> None:
    values = {"vpc_id": "vpc-1", "vswitch_id": "vsw-1"}
    assert terraform.plan("alicloud_nat_gateway", values).after["vswitch_id"] is None
    values["nat_type"] = "Enhanced"
    assert terraform.plan("alicloud_nat_gateway", values).after["vswitch_id"] == "vsw-1"


def test_the_public_key_is_stored_trimmed(shoot: Shoot) -> None:
    assert shoot.parts["key"][2]["public_key"] == "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me"


def test_nothing_is_planned_after_everything_was_created(shoot: Shoot, terraform: Terraform) -> None:
    for type_name, values, state in shoot.parts.values():
        current = terraform.read(type_name, state)
        plan = terraform.plan(type_name, values, current)
        assert (type_name, plan.after, plan.replaced) == (type_name, current, [])


def test_reading_again_changes_nothing(shoot: Shoot, terraform: Terraform) -> None:
    for type_name, _values, state in shoot.parts.values():
        current = terraform.read(type_name, state)
        assert terraform.read(type_name, current) == current


def test_a_changed_zone_replaces_the_vswitch(shoot: Shoot, terraform: Terraform) -> None:
    type_name, values, state = shoot.parts["vswitch"]
    plan = terraform.plan(type_name, {**values, "zone_id": "eu-central-1b"}, state)
    assert plan.replaced == [["zone_id"]]


def test_an_attribute_left_out_that_the_cloud_also_decides_keeps_its_value(shoot: Shoot, terraform: Terraform) -> None:
    type_name, values, state = shoot.parts["vpc"]
    without_name = {key: value for key, value in values.items() if key != "vpc_name"}
    assert terraform.plan(type_name, without_name, state).after == state


def test_timeouts_are_kept_beside_the_object_as_the_sdk_keeps_them(terraform: Terraform) -> None:
    timeouts = {"create": "1h30m", "update": None, "delete": None}
    plan = terraform.plan("alicloud_vpc", {"cidr_block": "10.0.0.0/16", "timeouts": timeouts})
    (stored,) = json.loads(plan.private).values()
    assert stored == {"create": 5400 * 10**9, "delete": 300 * 10**9, "update": 300 * 10**9}
