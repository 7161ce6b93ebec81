"""The SDK for Ess, in the version of 2022-02-22."""

from __future__ import annotations

from tests.contract.sdks.sdk import QUIET

pytestmark = QUIET


def test_a_scaling_group_is_described_with_plain_lists(ess, group_id, vswitch_id):
    (shown,) = ess("describe_scaling_groups", scaling_group_ids=[group_id]).scaling_groups
    assert (shown.scaling_group_id, shown.max_size, shown.lifecycle_state) == (group_id, 3, "Inactive")
    assert (shown.v_switch_ids, shown.load_balancer_ids, shown.suspended_processes) == ([vswitch_id], [], [])
    assert shown.removal_policies == ["OldestScalingConfiguration", "OldestInstance"]


def test_a_scaling_configuration_is_described_with_plain_lists(ess, group_id, configuration_id, security_group_id):
    found = ess("describe_scaling_configurations", scaling_configuration_ids=[configuration_id])
    (shown,) = found.scaling_configurations
    assert (shown.scaling_group_id, shown.scaling_configuration_name) == (group_id, "first")
    assert (shown.instance_types, shown.security_group_ids) == (["ecs.g7.large"], [security_group_id])
    assert (shown.data_disks[0].disk_name, shown.data_disks[0].size) == ("data", 40)
    assert (shown.tags[0].key, shown.tags[0].value) == ("k", "v")
    assert (shown.system_disk_size, shown.system_disk_encrypted) == (50, True)
    assert (shown.spot_price_limits[0].price_limit, shown.user_data) == (0.5, "IyEvYmluL3No")


def test_a_scaling_group_is_filled_changed_and_deleted(ess, cloud, group_id, configuration_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    (instance,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    assert (instance.scaling_configuration_id, instance.lifecycle_state) == (configuration_id, "InService")
    protected = {"scaling_group_id": group_id, "instance_ids": [instance.instance_id]}
    ess("set_instances_protection", **protected, protected_from_scale_in=True)
    (instance,) = ess("describe_scaling_instances", instance_ids=[instance.instance_id]).scaling_instances
    assert instance.lifecycle_state == "Protected"
    ess("modify_scaling_group", scaling_group_id=group_id, max_size=5, removal_policies=["NewestInstance"])
    (group,) = ess("describe_scaling_groups", scaling_group_names=["nodes"]).scaling_groups
    assert (group.max_size, group.removal_policies) == (5, ["NewestInstance"])
    ess("delete_scaling_group", scaling_group_id=group_id, force_delete=True)
    left = cloud.counts()
    assert not {"scaling_group", "scaling_configuration", "instance"} & left.keys()


def test_a_scaling_configuration_is_changed_and_deleted(ess, group_id, configuration_id):
    target = {"scaling_configuration_id": configuration_id}
    ess("modify_scaling_configuration", **target, instance_types=["ecs.g7.xlarge"])
    (shown,) = ess("describe_scaling_configurations", scaling_group_id=group_id).scaling_configurations
    assert shown.instance_types == ["ecs.g7.xlarge"]
    ess("delete_scaling_configuration", **target)
    assert ess("describe_scaling_configurations", scaling_group_id=group_id).scaling_configurations == []


def test_scaling_groups_are_paged_to_the_end(ess, vswitch_id):
    sizes = {"min_size": 0, "max_size": 1, "v_switch_ids": [vswitch_id]}
    made = {
        ess("create_scaling_group", scaling_group_name=f"group-{number}", **sizes).scaling_group_id
        for number in range(5)
    }
    pages = ess.pages("describe_scaling_groups")
    found = [group.scaling_group_id for page in pages for group in page.scaling_groups]
    assert (set(found), len(found), pages[0].total_count) == (made, 5, 5)


def test_scaling_groups_are_tagged_found_and_untagged(ess, group_id, vswitch_id):
    sizes = {"min_size": 0, "max_size": 1, "v_switch_ids": [vswitch_id]}
    other = ess("create_scaling_group", **sizes, tags=[{"key": "c", "value": "3"}]).scaling_group_id
    target = {"resource_type": "scalinggroup", "resource_ids": [group_id]}
    ess("tag_resources", **target, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    by_tag = {
        key: [one.scaling_group_id for one in ess("describe_scaling_groups", tags=[tag]).scaling_groups]
        for key, tag in {"a": {"key": "a", "value": "1"}, "c": {"key": "c", "value": "3"}}.items()
    }
    assert by_tag == {"a": [group_id], "c": [other]}
    ess("untag_resources", **target, tag_keys=["b"])
    (tag,) = ess("list_tag_resources", **target).tag_resources
    assert (tag.tag_key, tag.tag_value) == ("a", "1")


def test_a_scaling_rule_of_each_type_is_created_changed_executed_and_deleted(ess, group_id, configuration_id):
    simple = {"adjustment_type": "QuantityChangeInCapacity", "adjustment_value": 1, "cooldown": 60}
    made = ess("create_scaling_rule", scaling_group_id=group_id, scaling_rule_name="one-more", **simple)
    ess(
        "create_scaling_rule",
        scaling_group_id=group_id,
        scaling_rule_type="StepScalingRule",
        adjustment_type="QuantityChangeInCapacity",
        step_adjustments=[{"metric_interval_lower_bound": 0, "scaling_adjustment": 2}],
    )
    (shown,) = ess("describe_scaling_rules", scaling_rule_names=["one-more"]).scaling_rules
    assert (shown.scaling_rule_id, shown.adjustment_value, shown.cooldown) == (made.scaling_rule_id, 1, 60)
    (stepped,) = ess("describe_scaling_rules", scaling_rule_type="StepScalingRule").scaling_rules
    assert [(one.metric_interval_lower_bound, one.scaling_adjustment) for one in stepped.step_adjustments] == [(0.0, 2)]
    ess("modify_scaling_rule", scaling_rule_id=made.scaling_rule_id, adjustment_value=2)
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    executed = ess("execute_scaling_rule", scaling_rule_ari=made.scaling_rule_ari)
    (activity,) = ess(
        "describe_scaling_activities", scaling_group_id=group_id, scaling_activity_ids=[executed.scaling_activity_id]
    ).scaling_activities
    assert (activity.created_capacity, len(activity.created_instances), activity.status_code) == (2, 2, "Successful")
    ess("delete_scaling_rule", scaling_rule_id=made.scaling_rule_id)
    assert ess("describe_scaling_rules", scaling_rule_ids=[made.scaling_rule_id]).scaling_rules == []


def test_an_instance_refresh_replaces_the_instances(ess, group_id, configuration_id, image_id, security_group_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    (before,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    second = ess(
        "create_scaling_configuration",
        scaling_group_id=group_id,
        image_id=image_id,
        instance_types=["ecs.g7.xlarge"],
        security_group_id=security_group_id,
    ).scaling_configuration_id
    task_id = ess(
        "start_instance_refresh",
        scaling_group_id=group_id,
        desired_configuration={"scaling_configuration_id": second},
        min_healthy_percentage=0,
        checkpoints=[{"percentage": 100}],
    ).instance_refresh_task_id
    (task,) = ess("describe_instance_refreshes", instance_refresh_task_ids=[task_id]).instance_refresh_tasks
    assert (task.status, task.min_healthy_percentage, task.max_healthy_percentage) == ("Successful", 0, 120)
    assert (task.total_need_update_capacity, task.finished_update_capacity) == (1, 1)
    assert (task.desired_configuration.scaling_configuration_id, task.checkpoints[0].percentage) == (second, 100)
    (after,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    assert (after.scaling_configuration_id, after.instance_id == before.instance_id) == (second, False)


def test_instances_are_removed_and_load_balancers_attached(ess, group_id, configuration_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    ess("modify_scaling_group", scaling_group_id=group_id, desired_capacity=2)
    first, second = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    ess("remove_instances", scaling_group_id=group_id, instance_ids=[first.instance_id])
    ess("attach_load_balancers", scaling_group_id=group_id, load_balancers=["lb-1"])
    ess("attach_alb_server_groups", scaling_group_id=group_id, alb_server_groups=[{"alb_server_group_id": "sgp-1"}])
    (group,) = ess("describe_scaling_groups", scaling_group_ids=[group_id]).scaling_groups
    assert (group.desired_capacity, group.load_balancer_ids) == (1, ["lb-1"])
    assert [one.alb_server_group_id for one in group.alb_server_groups] == ["sgp-1"]
    (left,) = ess("describe_scaling_instances", scaling_group_id=group_id).scaling_instances
    assert left.instance_id == second.instance_id


def test_an_active_configuration_is_not_deleted(ess, group_id, configuration_id):
    ess("enable_scaling_group", scaling_group_id=group_id, active_scaling_configuration_id=configuration_id)
    error = ess.refused("delete_scaling_configuration", scaling_configuration_id=configuration_id)
    assert error.code == "IncorrectScalingConfigurationLifecycleState"
