"""The instances that adoption writes into the states for objects in the cloud."""

from __future__ import annotations

import pytest

from provisioner.errors import CloudError
from provisioner.run.adoption.record import adopt, look
from provisioner.sandbox.cloud.faults import Fault
from provisioner.translate.names import owner_description
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.shoot_stand_ins import ENTRY, ID, TAGS, Shoot

KEY = {"Tag__3__Key": "provisioner/key", "Tag__3__Value": "scaling-group/general/eu-central-1a"}
VPC = "module.infrastructure.alicloud_vpc.this[0]"
POOL = 'module.worker_pool["general"]'
GROUP = f'{POOL}.alicloud_ess_scaling_group.nodes["eu-central-1a"]'
CONFIGURATION = f'{POOL}.alicloud_ess_scaling_configuration.nodes["eu-central-1a"]'


@pytest.fixture
def shoot(simulated: SimulatedAccount) -> Shoot:  # noqa: F811
    return Shoot(simulated)


def a_pool(shoot: Shoot) -> tuple[str, str, str]:
    """Return the ids of a VPC, a scaling group and its configuration."""
    account = shoot.simulated.account
    vpc_id = shoot.a_vpc()
    group_id = account.a_scaling_group(account.a_vswitch(vpc_id), f"{ID}-general-eu-central-1a")
    configuration_id = account.a_configuration(
        group_id, account.a_security_group(vpc_id), UserData="SGVsbG8=", **{"DataDisk__1__Size": 20}
    )
    account.ess("TagResources", ResourceType="scalinggroup", ResourceId__1=group_id, **TAGS, **KEY)
    return vpc_id, group_id, configuration_id


def test_nothing_found_stores_no_version(shoot):
    assert adopt(shoot.session, shoot.roots).claims == ()
    assert (shoot.infrastructure.versions, shoot.worker.versions) == (0, 0)


def test_object_is_recorded_in_the_state_of_its_root(shoot):
    vpc_id, group_id, configuration_id = a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    assert shoot.infrastructure.instances()[VPC].id == vpc_id
    assert {address: it.id for address, it in shoot.worker.instances().items()} == {
        GROUP: group_id,
        CONFIGURATION: configuration_id,
    }


def test_one_look_stores_one_version_of_each_root(shoot):
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    assert (shoot.infrastructure.versions, shoot.worker.versions) == (1, 1)


def test_second_look_finds_nothing(shoot):
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    assert adopt(shoot.session, shoot.roots).claims == ()


def test_operator_reads_one_line_for_each_object(shoot):
    vpc_id = shoot.a_vpc()
    adopt(shoot.session, shoot.roots)
    assert shoot.said.steps == [f"adopting alicloud_vpc {vpc_id} ({ID}-vpc) as {VPC}"]


def test_stub_of_a_configuration_carries_what_the_provider_never_reads_back(shoot):
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    attributes = shoot.worker.instances()[CONFIGURATION].content["attributes"]
    assert {name: attributes[name] for name in ("force_delete", "enable", "instance_type")} == {
        "force_delete": True,
        "enable": None,
        "instance_type": "ecs.g7.large",
    }
    assert [disk["size"] for disk in attributes["data_disk"]] == [20]


def test_user_data_itself_is_not_in_a_stub_and_its_place_is_marked_sensitive(shoot):
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    content = shoot.worker.instances()[CONFIGURATION].content
    assert content["attributes"]["user_data"] not in ("", "SGVsbG8=")
    assert content["sensitive_attributes"] == [[{"type": "get_attr", "value": "user_data"}]]


def test_enabled_group_is_recorded_as_such(shoot):
    _, group_id, configuration_id = a_pool(shoot)
    shoot.simulated.account.ess(
        "EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id
    )
    adopt(shoot.session, shoot.roots)
    assert shoot.worker.instances()[CONFIGURATION].content["attributes"]["enable"] is True


def test_destroy_order_is_known_from_the_dependencies(shoot):
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    content = shoot.worker.instances()[CONFIGURATION].content
    assert content["dependencies"] == ["module.worker_pool.alicloud_ess_scaling_group.nodes"]


def test_surplus_object_is_deposed_and_announced(shoot):
    first, second = shoot.a_vpc(), shoot.a_vpc()
    adopt(shoot.session, shoot.roots)
    instances = shoot.infrastructure.content["resources"][0]["instances"]
    assert [(it["attributes"]["id"], "deposed" in it) for it in instances] in (
        [(first, False), (second, True)],
        [(second, False), (first, True)],
    )
    assert sum(step.endswith(f"as surplus at {VPC}, to be deleted") for step in shoot.said.steps) == 1


def test_surplus_objects_are_deposed_under_keys_of_their_own(shoot):
    for _ in range(4):
        shoot.a_vpc()
    adopt(shoot.session, shoot.roots)
    instances = shoot.infrastructure.content["resources"][0]["instances"]
    assert len({it["deposed"] for it in instances if "deposed" in it}) == 3


def test_objects_of_another_root_are_left_to_its_own_run(shoot):
    a_pool(shoot)
    found = adopt(shoot.session, [shoot.infrastructure])
    assert {claim.root for claim in found.claims} == {"infrastructure"}
    assert shoot.worker.content == {}


def test_stranger_is_warned_about_and_not_recorded(shoot):
    vpc_id = shoot.simulated.account.a_vpc(Tag__1__Key=TAGS["Tag__1__Key"], Tag__1__Value="1")
    adopt(shoot.session, shoot.roots)
    assert shoot.infrastructure.content == {}
    (warning,) = shoot.said.warnings
    assert f"alicloud_vpc {vpc_id} exists, is in no state and is not proven to be this shoot's" in str(warning)
    assert "provision adopt --yes" in str(warning)


def test_stranger_is_recorded_when_the_operator_says_so(shoot):
    vpc_id = shoot.simulated.account.a_vpc(Tag__1__Key=TAGS["Tag__1__Key"], Tag__1__Value="1")
    adopt(shoot.session, shoot.roots, includes_unproven=True)
    assert (shoot.infrastructure.instances()[VPC].id, shoot.said.warnings) == (vpc_id, [])


def test_tainted_object_that_exists_is_completed_instead_of_replaced(shoot):
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    for root in shoot.roots:
        for resource in root.content["resources"]:
            resource["instances"][0]["status"] = "tainted"
    found = adopt(shoot.session, shoot.roots)
    assert not any(it.is_tainted for root in shoot.roots for it in root.instances().values())
    assert list(map(str, found.touched["infrastructure"])) == [VPC]


def test_tainted_group_gets_from_the_cloud_what_it_would_be_replaced_by(shoot):
    """Of what fails in its update step the provider keeps sets and maps alone."""
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    (group,) = (it for it in shoot.worker.content["resources"] if it["type"] == "alicloud_ess_scaling_group")
    group["instances"][0] |= {"status": "tainted", "attributes": {"id": group["instances"][0]["attributes"]["id"]}}
    found = adopt(shoot.session, shoot.roots)
    attributes = shoot.worker.instances()[GROUP].content["attributes"]
    assert (attributes["multi_az_policy"], attributes["group_type"]) == ("PRIORITY", "ECS")
    assert found.touched["worker"] == ()


def test_group_whose_update_failed_is_set_again_without_being_read(shoot):
    """The provider takes tags and removal policies for set that were never sent."""
    a_pool(shoot)
    adopt(shoot.session, shoot.roots)
    (group,) = (it for it in shoot.worker.content["resources"] if it["type"] == "alicloud_ess_scaling_group")
    group["instances"][0]["attributes"] |= {"tags": {"a": "b"}, "removal_policies": ["OldestInstance"], "max_size": 9}
    shoot.worker.failed_updates = frozenset({GROUP})
    found = adopt(shoot.session, shoot.roots)
    attributes = shoot.worker.instances()[GROUP].content["attributes"]
    assert (attributes["tags"], attributes["removal_policies"], attributes["max_size"]) == (None, None, 3)
    assert found.touched["worker"] == ()


def test_other_object_whose_update_failed_is_read_again(shoot):
    shoot.a_vpc()
    adopt(shoot.session, shoot.roots)
    versions, shoot.infrastructure.failed_updates = shoot.infrastructure.versions, frozenset({VPC})
    found = adopt(shoot.session, shoot.roots)
    assert (list(map(str, found.touched["infrastructure"])), shoot.infrastructure.versions) == ([VPC], versions)


def test_tainted_object_that_is_gone_stays_tainted(shoot):
    shoot.a_vpc()
    adopt(shoot.session, shoot.roots)
    instance = shoot.infrastructure.content["resources"][0]["instances"][0]
    instance["status"], instance["attributes"]["id"] = "tainted", "vpc-gone"
    shoot.simulated.account.vpc("DeleteVpc", VpcId=look(shoot.session, shoot.roots)[1].of("alicloud_vpc")[0].id)
    shoot.simulated.account.settle()
    adopt(shoot.session, shoot.roots)
    assert shoot.infrastructure.instances()[VPC].is_tainted


def test_touched_addresses_are_those_that_terraform_has_to_read_again(shoot):
    shoot.a_vpc(), shoot.a_vpc()
    found = adopt(shoot.session, shoot.roots)
    assert list(map(str, found.touched["infrastructure"])) == [VPC]


def test_untagged_leftover_of_a_killed_run_is_recorded_by_the_owner_in_its_description(shoot):
    vpc_id = shoot.a_vpc()
    adopt(shoot.session, shoot.roots)
    account = shoot.simulated.account
    vswitch_id = account.a_vswitch(vpc_id)
    named = {"VSwitchId": vswitch_id, "VSwitchName": f"{ID}-eu-central-1a-vsw"}
    account.vpc("ModifyVSwitchAttribute", **named)
    found = adopt(shoot.session, shoot.roots)
    assert (found.claims, [it.id for it in found.ownership.strangers]) == ((), [vswitch_id])
    account.vpc("ModifyVSwitchAttribute", **named, Description=owner_description(ENTRY))
    (claim,) = adopt(shoot.session, shoot.roots).claims
    assert (claim.resource.id, claim.proof) == (vswitch_id, "owner in the description")


def test_look_changes_nothing(shoot):
    shoot.a_vpc()
    ownership, inventory = look(shoot.session, shoot.roots)
    assert (len(ownership.claims), len(inventory)) == (1, 1)
    assert (shoot.infrastructure.content, shoot.said.steps) == ({}, [])


def test_cloud_that_refuses_leaves_the_states_alone(shoot):
    a_pool(shoot)
    shoot.simulated.cloud.faults.add(Fault("DescribeScalingGroups", "forbidden"))
    with pytest.raises(CloudError):
        adopt(shoot.session, shoot.roots)
    assert (shoot.infrastructure.versions, shoot.worker.versions) == (0, 0)


def test_owner_is_the_entry_and_not_the_technical_id(shoot):
    shoot.a_vpc()
    shoot.session.entry_name = f"{ENTRY}-other"
    found = adopt(shoot.session, shoot.roots, includes_unproven=True)
    assert (found.claims, found.ownership.strangers) == ((), ())
