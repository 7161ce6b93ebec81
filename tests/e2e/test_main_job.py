"""The main job: apply the example, see that nothing changes, change it, destroy it."""

from __future__ import annotations

import pytest
import yaml

from tests.e2e.conftest import ENGINES, EXAMPLE
from tests.e2e.other_user import ESS, other_user
from tests.spreads import LONG

EXPECTED = {
    "eip": 3,
    "instance": 4,
    "key_pair": 1,
    "nat_gateway": 1,
    "scaling_configuration": 5,
    "scaling_group": 5,
    "security_group": 1,
    "security_group_rule": 8,
    "snat_entry": 3,
    "vpc": 1,
    "vswitch": 3,
}


def only_two_zones(shoot):
    networks = shoot["spec"]["provider"]["infrastructureConfig"]["networks"]
    networks["zones"] = networks["zones"][:2]
    shoot["spec"]["provider"]["workers"][0]["zones"] = ["eu-central-1a", "eu-central-1b"]


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_example_is_applied_repeated_and_destroyed(provision, engine):
    provision.engine = engine
    assert provision.ok("validate", EXAMPLE).out == "valid\n"
    assert provision("plan", EXAMPLE).code == 2

    applied = provision.ok("apply", EXAMPLE, "-o", "json").document
    assert applied["infrastructureStatus"]["kind"] == "InfrastructureStatus"
    assert applied["workerStatus"]["machineImages"][0]["name"] == "gardenlinux"
    assert provision.counts() == EXPECTED

    again = provision.ok("apply", EXAMPLE)
    assert "no changes" in again.out
    assert provision("plan", EXAMPLE).code == 0
    assert (
        provision.ok("status", EXAMPLE, "-o", "json").document["infrastructureStatus"]
        == applied["infrastructureStatus"]
    )

    provision.ok("destroy", EXAMPLE)
    assert provision.counts() == {}
    history = provision.ok("state", "history", EXAMPLE, "-o", "json").document["versions"]
    assert [entry["resources"] for entry in history if entry["root"] == "worker"][-1] == 0
    assert {entry["operation"] for entry in history} == {"apply", "destroy"}


def test_statuses_are_printed_as_yaml_documents(provision):
    out = provision.ok("apply", EXAMPLE).out
    documents = [document for document in yaml.safe_load_all(out[out.index("---") :]) if document]
    assert [document["kind"] for document in documents] == ["InfrastructureStatus", "WorkerStatus"]


@LONG
def test_raising_a_maximum_changes_that_pools_groups_alone(provision):
    provision.begin_applied(EXAMPLE)

    def raise_maximum(shoot):
        shoot["spec"]["provider"]["workers"][0]["maximum"] = "9"

    changed = provision.write("changed.yaml", raise_maximum)
    plan = provision("plan", changed, "-o", "json")
    assert (plan.code, plan.actions("infrastructure")) == (2, {})
    expected = {
        f'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["eu-central-1{zone}"]': "update"
        for zone in "abc"
    }
    assert plan.actions("worker") == expected
    assert provision.ok("apply", changed, "-o", "json").document["changed"] == {"worker": 3}
    assert provision("plan", changed).code == 0


@LONG
def test_snat_entry_removed_behind_our_back_is_restored(provision):
    provision.begin_applied(EXAMPLE)
    with other_user(provision) as other:
        other.delete_snat_entry(other.the("DescribeNatGateways", "NatGateways", "NatGateway"))

    plan = provision("plan", EXAMPLE, "-o", "json")
    assert (plan.code, list(plan.actions("infrastructure").values())) == (2, ["create"])
    provision.ok("apply", EXAMPLE)
    assert provision.counts()["snat_entry"] == 3
    assert provision("plan", EXAMPLE).code == 0


def test_appending_a_zone_replaces_nothing(provision):
    before = provision.begin_applied(provision.write("two.yaml", only_two_zones), "-o", "json").document
    plan = provision("plan", EXAMPLE, "-o", "json")
    assert set(plan.actions("infrastructure").values()) == {"create"}
    assert "delete" not in plan.actions("worker").values()
    assert "replace" not in plan.actions("worker").values()
    after = provision.ok("apply", EXAMPLE, "-o", "json").document
    switches = {item["zone"]: item["id"] for item in after["infrastructureStatus"]["vpc"]["vswitches"]}
    assert before["infrastructureStatus"]["vpc"]["id"] == after["infrastructureStatus"]["vpc"]["id"]
    for item in before["infrastructureStatus"]["vpc"]["vswitches"]:
        assert switches[item["zone"]] == item["id"]
    assert provision("plan", EXAMPLE).code == 0


def test_two_shoots_never_see_each_other(provision):
    def rename(shoot):
        shoot["metadata"]["name"] = "other"
        shoot["status"] = {"technicalID": "shoot--demo--other", "uid": "u-7777"}

    other = provision.write("other.yaml", rename)
    provision.begin_applied(EXAMPLE)
    provision.ok("apply", other)
    assert provision("plan", EXAMPLE).code == 0
    assert provision.counts()["vpc"] == 2
    provision.ok("destroy", other)
    assert provision.counts() == EXPECTED
    assert provision("plan", EXAMPLE).code == 0


def test_vswitch_that_machines_use_is_not_removed(provision):
    provision.begin_applied(EXAMPLE)
    refused = provision("apply", provision.write("dropped.yaml", only_two_zones))
    assert refused.code == 3
    assert "which the workers use; first remove the worker pools or their zone" in refused.err
    assert provision.counts() == EXPECTED


def test_running_groups_keep_the_size_that_the_autoscaler_set(provision):
    provision.begin_applied(EXAMPLE)
    with other_user(provision) as other:
        groups = other.call(ESS, "DescribeScalingGroups")["ScalingGroups"]["ScalingGroup"]
        group = next(group for group in groups if int(group["MaxSize"]) > int(group["MinSize"]))
        size = group["MaxSize"]
        other.call(ESS, "ModifyScalingGroup", ScalingGroupId=group["ScalingGroupId"], DesiredCapacity=size)
    assert provision("plan", EXAMPLE).code == 0


def test_destroy_without_any_state_is_no_success(provision):
    refused = provision("destroy", EXAMPLE)
    assert refused.code == 1
    assert "there is no state of shoot--demo--canary" in refused.err


@LONG
def test_hibernated_shoot_has_no_machines(provision):
    def hibernate(shoot):
        shoot["spec"]["hibernation"]["enabled"] = "true"

    provision.begin_applied(EXAMPLE)
    file = provision.write("hibernated.yaml", hibernate)
    provision.ok("apply", file)
    assert provision.counts() == {name: count for name, count in EXPECTED.items() if name != "instance"}
    assert provision("plan", file).code == 0
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED
