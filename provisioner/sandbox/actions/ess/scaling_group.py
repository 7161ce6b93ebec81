"""Scaling groups (Ess 2014-08-28): born Inactive, enabled once they have an active configuration."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.ess.scaling_instance import (
    active_configuration,
    instance_in_use,
    instances_of,
    lifecycle_state,
    no_active_configuration,
    reconcile,
)
from provisioner.sandbox.actions.ess.scaling_parameters import invalid_parameter, scaling_name, server_groups
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, propagate_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

_LARGEST = 2000
_LONGEST_COOLDOWN = 86400

_INTEGERS = (
    "MaxInstanceLifetime",
    "OnDemandBaseCapacity",
    "OnDemandPercentageAboveBaseCapacity",
    "SpotInstancePools",
    "StopInstanceTimeout",
)
_BOOLEANS = ("AutoRebalance", "AzBalance", "CompensateWithOnDemand", "GroupDeletionProtection", "SpotInstanceRemedy")
_TEXTS = (
    "AllocationStrategy",
    "BalanceMode",
    "HealthCheckType",
    "LaunchTemplateId",
    "LaunchTemplateVersion",
    "ResourceGroupId",
    "ScalingPolicy",
    "SpotAllocationStrategy",
)
_LIFECYCLES = {
    "Pending": "PendingCapacity",
    "InService": "ActiveCapacity",
    "Protected": "ProtectedCapacity",
    "Removing": "RemovingCapacity",
}


def create_scaling_group(call: Call) -> Answer:
    """Create an inactive scaling group under a name that is unique in the region."""
    region = call.region
    params = call.params
    for name in ("MinSize", "MaxSize"):
        params.required(name)
    document: dict[str, Any] = {
        "DefaultCooldown": 300,
        "GroupType": params.text("GroupType") or "ECS",
        "MultiAZPolicy": params.text("MultiAZPolicy") or "PRIORITY",
        "VSwitchIds": [],
        "RemovalPolicies": [],
        "HealthCheckTypes": [],
        "DBInstanceIds": params.json_texts("DBInstanceIds"),
        "LoadBalancerIds": params.json_texts("LoadBalancerIds"),
        "AlbServerGroups": server_groups(params),
        "LifecycleState": "Inactive",
        "Tags": new_tags(call),
    }
    propagate_tags(call, document)
    _apply(call, document)
    if not document["VSwitchIds"]:
        # As the service answers (alibaba/cli issue 6): without a vSwitch the group would be in the classic network.
        raise ActionError(
            "ResourceNotAvailable.ClassicNetwork",
            "The specified region does not support classic network, or you are the default vpc user.",
        )
    name = scaling_name(call, "ScalingGroupName")
    if name and call.list("scaling_group", name=name):
        raise _duplicate()
    call.check_quota(
        "scaling_group",
        call.tx.count("scaling_group", account=call.account, region=region),
        ActionError("QuotaExceeded.ScalingGroup", "Scaling group quota exceeded."),
    )
    group_id = call.new_id("asg", region)
    call.create("scaling_group", group_id, region=region, name=name or group_id, document=document)
    return {"ScalingGroupId": group_id}


def modify_scaling_group(call: Call) -> Answer:
    """Change a group, activate one of its configurations, and start or remove instances accordingly."""
    group = get_scaling_group(call)
    check_not_deleting(group)
    _apply(call, group.document)
    name = scaling_name(call, "ScalingGroupName")
    if name and name != group.name:
        if any(other.region == group.region for other in call.list("scaling_group", name=name)):
            raise _duplicate()
        group.name = name
    if "ActiveScalingConfigurationId" in call.params:
        _activate(call, group)
    call.tx.update(group)
    reconcile(call, group)
    return {}


def describe_scaling_groups(call: Call) -> Answer:
    """Return scaling groups, filtered by ids, names, part of the name, type and tags."""
    _ = call.region
    params = call.params
    ids, names = set(params.texts("ScalingGroupId")), set(params.texts("ScalingGroupName"))
    found = [
        group
        for group in call.list("scaling_group")
        if (not ids or group.id in ids)
        and (not names or group.name in names)
        and params.text("ScalingGroupName") in group.name
        and params.text("GroupType") in ("", group.document["GroupType"])
        and matches_tags(call, group)
    ]
    return answer_page(call, found, lambda group: _show(call, group), "ScalingGroups", "ScalingGroup")


def enable_scaling_group(call: Call) -> Answer:
    """Enable a group that has an active configuration; its first instances start."""
    group = get_scaling_group(call)
    check_lifecycle(group, "Inactive")
    if "ActiveScalingConfigurationId" in call.params:
        _activate(call, group)
    if active_configuration(call, group) is None and "LaunchTemplateId" not in group.document:
        raise no_active_configuration()
    group.document["LifecycleState"] = "Active"
    call.tx.update(group)
    reconcile(call, group)
    return {}


def disable_scaling_group(call: Call) -> Answer:
    """Disable a group; its instances stay."""
    group = get_scaling_group(call)
    check_lifecycle(group, "Active")
    group.document["LifecycleState"] = "Inactive"
    call.tx.update(group)
    return {}


def delete_scaling_group(call: Call) -> Answer:
    """Delete a group and what belongs to it; one with instances only with `ForceDelete`, which removes them."""
    group = get_scaling_group(call)
    if group.document.get("GroupDeletionProtection"):
        raise ActionError("InvalidOperation.DeletionProtection", "The scaling group is protected from being deleted.")
    if group.gone_at is not None:
        return {}
    instances = instances_of(call, group)
    if instances and not call.params.boolean("ForceDelete"):
        raise instance_in_use()
    for kind in ("scaling_configuration", "scaling_rule", "scaling_activity", "instance_refresh"):
        call.tx.remove(call.tx.select(kind, parent=group.id))
    call.vanish([*(instance for instance in instances if instance.gone_at is None), group])
    return {}


def get_scaling_group(call: Call) -> Resource:
    """Return the scaling group the call names or refuse."""
    missing = ActionError("InvalidScalingGroupId.NotFound", "The specified scaling group does not exist.", 404)
    return call.get("scaling_group", call.params.required("ScalingGroupId"), missing)


def check_not_deleting(group: Resource) -> None:
    """Refuse once a group is being deleted; no action of its own."""
    if group.gone_at is not None:
        raise _wrong_status()


def check_lifecycle(group: Resource, wanted: str) -> None:
    """Refuse unless a group is in the lifecycle state `wanted`, which one being deleted never is; no action."""
    check_not_deleting(group)
    if group.document["LifecycleState"] != wanted:
        raise _wrong_status()


def _apply(call: Call, document: dict[str, Any]) -> None:
    """Take over what was sent, after checking it together with what is there already."""
    params = call.params
    for name in ("MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown"):
        value = params.integer(name)
        if value is None:
            continue
        if not 0 <= value <= (_LONGEST_COOLDOWN if name == "DefaultCooldown" else _LARGEST):
            raise invalid_parameter(name)
        document[name] = value
    if document["MinSize"] > document["MaxSize"]:
        raise ActionError(
            "InvalidParameter.Conflict", 'The value of parameter "MinSize" and parameter "MaxSize" are conflict.'
        )
    if not document["MinSize"] <= document.get("DesiredCapacity", document["MinSize"]) <= document["MaxSize"]:
        raise invalid_parameter("DesiredCapacity")
    if document["MaxSize"] > call.quota("scaling_group_size"):
        raise ActionError("QuotaExceeded.ScalingInstance", "Instance quota exceeded in the specified scaling group.")
    document.update(params.sent(_TEXTS, _INTEGERS, _BOOLEANS))
    vswitch_ids = params.texts("VSwitchIds") or params.texts("VSwitchId")
    if "VSwitchId" in params and not vswitch_ids:
        vswitch_ids = [params.text("VSwitchId")]
    if vswitch_ids:
        _check_vswitches(call, vswitch_ids)
        document["VSwitchIds"] = vswitch_ids
    document["RemovalPolicies"] = params.texts("RemovalPolicy") or document["RemovalPolicies"]
    document["HealthCheckTypes"] = params.texts("HealthCheckTypes") or document["HealthCheckTypes"]


def _check_vswitches(call: Call, ids: list[str]) -> None:
    missing = ActionError("InvalidVSwitchId.NotFound", "The specified virtual switch does not exist.", 404)
    vswitches = [call.get("vswitch", id, missing) for id in ids]
    if len({vswitch.parent for vswitch in vswitches}) > 1:
        raise ActionError("InvalidVSwitchId.VPCMismatch", "The specified virtual switches are not in the same VPC.")
    if any(call.status(vswitch) != "Available" for vswitch in vswitches):
        raise ActionError(
            "IncorrectVSwitchStatus", "The current status of virtual switch does not support this operation."
        )


def _activate(call: Call, group: Resource) -> None:
    wanted = call.params.text("ActiveScalingConfigurationId")
    configurations = call.tx.select("scaling_configuration", parent=group.id)
    if all(configuration.id != wanted for configuration in configurations):
        raise ActionError(
            "InvalidScalingConfigurationId.NotFound", "The specified scaling configuration does not exist.", 404
        )
    for configuration in configurations:
        state = "Active" if configuration.id == wanted else "Inactive"
        if configuration.document["LifecycleState"] != state:
            configuration.document["LifecycleState"] = state
            call.tx.update(configuration)


def _show(call: Call, group: Resource) -> dict[str, Any]:
    document = group.document
    instances = instances_of(call, group)
    states = [lifecycle_state(call, instance) for instance in instances]
    configurations = call.tx.select("scaling_configuration", parent=group.id)
    active = [one.id for one in configurations if one.document["LifecycleState"] == "Active"]
    vswitches = [
        found[0] for id in document["VSwitchIds"] if (found := call.tx.select("vswitch", id=id, account=group.account))
    ]
    shown = {
        "ScalingGroupId": group.id,
        "ScalingGroupName": group.name,
        "RegionId": group.region,
        "LifecycleState": "Deleting" if group.gone_at is not None else document["LifecycleState"],
        "MinSize": document["MinSize"],
        "MaxSize": document["MaxSize"],
        "DefaultCooldown": document["DefaultCooldown"],
        "MultiAZPolicy": document["MultiAZPolicy"],
        "GroupType": document["GroupType"],
        "GroupDeletionProtection": document.get("GroupDeletionProtection", False),
        "ScalingPolicy": document.get("ScalingPolicy", "recycle"),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "CreationTime": timestamp(group.created_at),
        "ModificationTime": timestamp(group.created_at),
        "ActiveScalingConfigurationId": active[0] if active else "",
        "VpcId": vswitches[0].parent if vswitches else "",
        "VSwitchId": document["VSwitchIds"][0] if document["VSwitchIds"] else "",
        "SystemSuspended": False,
        "TotalCapacity": len(states),
        "TotalInstanceCount": len(states),
        "StandbyCapacity": 0,
        "StoppedCapacity": 0,
        **{name: states.count(state) for state, name in _LIFECYCLES.items()},
        "VSwitchIds": {"VSwitchId": document["VSwitchIds"]},
        "RemovalPolicies": {
            "RemovalPolicy": document["RemovalPolicies"] or ["OldestScalingConfiguration", "OldestInstance"]
        },
        "DBInstanceIds": {"DBInstanceId": document["DBInstanceIds"]},
        "LoadBalancerIds": {"LoadBalancerId": document["LoadBalancerIds"]},
        "HealthCheckTypes": {"HealthCheckType": document["HealthCheckTypes"]},
        "VServerGroups": {"VServerGroup": []},
        "AlbServerGroups": {"AlbServerGroup": document.get("AlbServerGroups", [])},
        "ServerGroups": {"ServerGroup": []},
        "LaunchTemplateOverrides": {"LaunchTemplateOverride": []},
        "SuspendedProcesses": {"SuspendedProcess": []},
        "Tags": {"Tag": show_tags(group)},
    }
    if not document["HealthCheckTypes"]:
        shown["HealthCheckType"] = document.get("HealthCheckType", "ECS")
    # The rest is shown only when it was sent: an attribute that appears by itself is a difference in every plan.
    for name in ("DesiredCapacity", *_INTEGERS, *_BOOLEANS, *_TEXTS):
        if name in document:
            shown.setdefault(name, document[name])
    return shown


def _wrong_status() -> ActionError:
    return ActionError(
        "IncorrectScalingGroupStatus", "The current status of the specified scaling group does not support this action."
    )


def _duplicate() -> ActionError:
    return ActionError(
        "InvalidScalingGroupName.Duplicate", 'The specified value of parameter "ScalingGroupName" is duplicated.'
    )


READS = {"DescribeScalingGroups": describe_scaling_groups}
WRITES = {
    "CreateScalingGroup": create_scaling_group,
    "ModifyScalingGroup": modify_scaling_group,
    "EnableScalingGroup": enable_scaling_group,
    "DisableScalingGroup": disable_scaling_group,
    "DeleteScalingGroup": delete_scaling_group,
}
