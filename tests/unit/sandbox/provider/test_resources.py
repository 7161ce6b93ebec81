"""Objects created, changed, read, imported and deleted."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from tf.gen import tfplugin_pb2 as pb

from tests.unit.sandbox.provider.terraform_side import (
    ALL_TYPES,
    USER_DATA,
    RefusedError,
    Shoot,
    Terraform,
    WatchedCloud,
    unpack,
)


def test_a_shoot_leaves_nothing_behind(shoot: Shoot, watched: WatchedCloud) -> None:
    shoot.destroy()
    assert watched.cloud.counts() == {}


def test_a_vpc_is_tagged_in_the_create_call_and_again_afterwards(terraform: Terraform, watched: WatchedCloud) -> None:
    vpc = terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16", vpc_name="v", tags={"a": "1"})
    assert watched.changing() == [
        ("CreateVpc", {"CidrBlock": "10.0.0.0/16", "VpcName": "v", "Tag.1.Key": "a", "Tag.1.Value": "1"}),
        (
            "TagResources",
            {"ResourceId.1": vpc["id"], "ResourceType": "VPC", "Tag.1.Key": "a", "Tag.1.Value": "1"},
        ),
    ]


def test_a_configuration_is_created_activated_enabled_and_sent_again(
    terraform: Terraform, watched: WatchedCloud
) -> None:
    Shoot(terraform)
    actions = [action for action, _params in watched.changing()]
    start = actions.index("CreateScalingConfiguration")
    assert actions[start:] == [
        "CreateScalingConfiguration",
        "ModifyScalingGroup",
        "EnableScalingGroup",
        "ModifyScalingConfiguration",
    ]


def test_only_what_has_changed_is_sent(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["pool"]
    after = terraform.update(type_name, state, **{**values, "max_size": 3})
    assert after["max_size"] == 3
    assert watched.changing() == [("ModifyScalingGroup", {"ScalingGroupId": state["id"], "MaxSize": "3"})]


def test_changed_tags_are_removed_before_all_are_set(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["nat"]
    after = terraform.update(type_name, state, **{**values, "tags": {"Name": "D", "x": "y"}})
    assert after["tags"] == {"Name": "D", "x": "y"}
    assert [action for action, _params in watched.changing()] == ["UnTagResources", "TagResources"]
    assert watched.changing()[0][1]["TagKey.1"] == "Name"


def test_a_changed_rule_description_is_sent_twice_as_the_real_provider_does(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, values, state = shoot.parts["rule"]
    assert terraform.update(type_name, state, **values, description="ssh")["description"] == "ssh"
    assert [action for action, _params in watched.changing()] == ["ModifySecurityGroupRule"] * 2


def test_a_rules_id_says_what_the_rule_says(shoot: Shoot) -> None:
    state = shoot.parts["rule"][2]
    assert state["id"] == f"{state['security_group_id']}:ingress:tcp:1/22:intranet:10.250.0.0/16:accept:1"


def test_user_data_is_kept_as_configured_and_changed_in_place(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, values, state = shoot.parts["configuration"]
    assert state["user_data"] == USER_DATA
    plan = terraform.plan(type_name, {**values, "user_data": "bmV3"}, state)
    assert plan.replaced == []
    assert terraform.apply(type_name, plan, state)["user_data"] == "bmV3"
    assert watched.changing() == [
        ("ModifyScalingConfiguration", {"ScalingConfigurationId": state["id"], "UserData": "bmV3"})
    ]


def test_the_last_configuration_is_not_deleted_without_force(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, _values, state = shoot.parts["configuration"]
    with pytest.raises(RefusedError, match="is the last configuration for the scaling group"):
        terraform.destroy(type_name, {**state, "force_delete": False})
    assert watched.changing() == []


def test_the_last_configuration_takes_its_group_with_it_by_force(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, _values, state = shoot.parts["configuration"]
    terraform.destroy(type_name, state)
    assert watched.changing() == [
        ("DeleteScalingGroup", {"ScalingGroupId": state["scaling_group_id"], "ForceDelete": "true"})
    ]
    terraform.destroy("alicloud_ess_scaling_group", shoot.parts["pool"][2])
    assert "scaling_group" not in watched.cloud.counts()


@pytest.mark.parametrize("name", ["vpc", "nat", "eip", "binding", "snat", "group", "rule", "pool"])
def test_an_object_is_found_by_its_id_alone(shoot: Shoot, terraform: Terraform, name: str) -> None:
    type_name, values, state = shoot.parts[name]
    imported = terraform.import_(type_name, state["id"])
    plan = terraform.plan(type_name, values, imported)
    assert (plan.after, plan.replaced) == (imported, [])


def test_an_imported_configuration_needs_no_replacement(shoot: Shoot, terraform: Terraform) -> None:
    type_name, values, state = shoot.parts["configuration"]
    imported = terraform.import_(type_name, state["id"])
    plan = terraform.plan(type_name, values, imported)
    assert plan.replaced == []
    assert terraform.apply(type_name, plan, imported)["data_disk"][0]["name"] == "kubelet"


def test_an_id_with_missing_parts_is_not_imported(terraform: Terraform) -> None:
    with pytest.raises(RefusedError, match="Expected parts' length 2, got 1"):
        terraform.import_("alicloud_eip_association", "eip-1")


@pytest.mark.parametrize("type_name", sorted(ALL_TYPES))
def test_what_does_not_exist_reads_as_gone(terraform: Terraform, type_name: str) -> None:
    identifiers = {
        "alicloud_eip_association": "eip-1:ngw-1",
        "alicloud_snat_entry": "stb-1:snat-1",
        "alicloud_route_table_attachment": "vtb-1:vsw-1",
        "alicloud_route_entry": "vtb-1:vrt-1:0.0.0.0/0:NatGateway:ngw-1",
        "alicloud_security_group_rule": "sg-1:ingress:tcp:1/22:intranet:0.0.0.0/0:accept:1",
    }
    assert terraform.import_(type_name, identifiers.get(type_name, "x-1")) is None


def test_a_stored_state_of_another_version_is_completed_without_a_word(terraform: Terraform) -> None:
    stored = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "no_longer_there": 1}
    response = terraform.stub.UpgradeResourceState(
        pb.UpgradeResourceState.Request(
            type_name="alicloud_vpc", version=0, raw_state=pb.RawState(json=json.dumps(stored).encode())
        )
    )
    expected = {**terraform.config("alicloud_vpc", {}), "id": "vpc-1", "cidr_block": "10.0.0.0/16"}
    assert (unpack(response.upgraded_state), list(response.diagnostics)) == (expected, [])


def test_many_operations_run_at_once(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    _type, values, _state = shoot.parts["rule"]

    def add(port: int) -> str:
        state = terraform.create("alicloud_security_group_rule", **{**values, "port_range": f"{port}/{port}"})
        return str(state["id"])

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(add, range(100, 130)))) == 30
    assert watched.cloud.counts()["security_group_rule"] == 31
