"""
Instance refreshes (Ess 2014-08-28): tasks that replace a group's instances, one per group at a time.

Which instances match, which are left alone and what becomes the active configuration afterwards is documented (API
reference of StartInstanceRefresh, models of alibabacloud-ess20220222 1.13.3, read 2026-11): an instance matches by the
id of the configuration it was made from. One that was modified since still has that id, so its instances match. Of the
codes only `InvalidInstance.NoInstanceNeedBeRefreshed` is public (aliyun/alicloud repeats it); the others are the ones
that Auto Scaling documents for its scaling activities, or formed like those of its other objects.
"""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.ecs.image import available_images
from provisioner.sandbox.actions.ess.instance_refresh_progress import (
    ACTIVE,
    AT_WORK,
    EVERYTHING,
    activate,
    finished_capacity,
    pause_task,
    schedule,
)
from provisioner.sandbox.actions.ess.scaling_activity import activity_in_progress
from provisioner.sandbox.actions.ess.scaling_group import check_lifecycle, get_scaling_group
from provisioner.sandbox.actions.ess.scaling_instance import (
    REFRESHED_BY,
    active_configuration,
    no_active_configuration,
    present_instances,
)
from provisioner.sandbox.actions.ess.scaling_parameters import invalid_parameter
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES
from provisioner.sandbox.cloud.resource import Resource

_PERCENTAGES = {"MinHealthyPercentage": (80, 0, 100), "MaxHealthyPercentage": (120, 100, 200)}
"""Parameter: default, smallest and largest value."""
_PAUSE_MINUTES = (60, 1, 2880)
_LARGEST_PAGE, _DEFAULT_PAGE = 50, 10


def start_instance_refresh(call: Call) -> Answer:
    """Begin to replace a group's instances by ones made of the wanted configuration."""
    _ = call.region
    group = get_scaling_group(call)
    check_lifecycle(group, "Active")
    if group.document["GroupType"] != "ECS" or group.document["MultiAZPolicy"] != "PRIORITY":
        raise invalid_parameter("ScalingGroupId")
    params = call.params
    document: dict[str, Any] = {
        name: _whole_number(call, name, *limits)
        for name, limits in {**_PERCENTAGES, "CheckpointPauseTime": _PAUSE_MINUTES}.items()
    }
    skips = params.boolean("SkipMatching")
    document["SkipMatching"] = True if skips is None else skips
    document["Checkpoints"] = _checkpoints(call)
    before = active_configuration(call, group)
    if before is None:
        raise no_active_configuration()
    wanted, image_id = _wanted(call, group, before)
    if any(task.document["Status"] in ACTIVE for task in call.tx.select("instance_refresh", parent=group.id)):
        raise activity_in_progress()
    present = present_instances(call, group)
    replaced = [
        instance
        for instance in present
        if not instance.document.get("Protected")
        and not (document["SkipMatching"] and _matches(instance, wanted, image_id))
    ]
    if not replaced:
        raise ActionError(
            "InvalidInstance.NoInstanceNeedBeRefreshed", "There is no instance in the scaling group to be refreshed."
        )
    document |= {
        "Desired": params.echo(*(f"DesiredConfiguration.{name}" for name in ("ImageId", "ScalingConfigurationId"))),
        "Wanted": wanted.id,
        "ImageId": image_id,
        "Before": before.id,
        "Size": len(present),
        "Replaced": [instance.id for instance in replaced],
        "StepSeconds": call.settle_seconds,
        "Status": "Pending",
    }
    task = call.create(
        "instance_refresh", call.new_id("ir", group.region), region=group.region, parent=group.id, document=document
    )
    group.document[REFRESHED_BY] = task.id
    call.tx.update(group)
    schedule(call, task)
    return {"InstanceRefreshTaskId": task.id}


def describe_instance_refreshes(call: Call) -> Answer:
    """Return a group's tasks, the latest first."""
    _ = call.region
    params = call.params
    ids, group_id = set(params.texts("InstanceRefreshTaskId")), params.text("ScalingGroupId")
    if not ids and not group_id:
        params.required("ScalingGroupId")
    size = _whole_number(call, "MaxResults", _DEFAULT_PAGE, 1, _LARGEST_PAGE)
    tasks = call.list("instance_refresh", parent=group_id or None)
    found = [task for task in reversed(tasks) if not ids or task.id in ids]
    first = params.integer("NextToken") or 0
    if first < 0:
        raise params.invalid("NextToken")
    page = found[first : first + size]
    return {
        "InstanceRefreshTasks": {"InstanceRefreshTask": [_show(call, task) for task in page]},
        "TotalCount": len(found),
        "MaxResults": size,
        "NextToken": str(first + size) if first + size < len(found) else "",
    }


def cancel_instance_refresh(call: Call) -> Answer:
    """Stop replacing; what was replaced stays. One that is being rolled back goes on."""
    task = _get_in(call, "Pending", "InProgress", "Paused", "CheckpointPause")
    task.document["Status"] = "Cancelling"
    schedule(call, task)
    return {}


def rollback_instance_refresh(call: Call) -> Answer:
    """Replace the new instances by ones made of the configuration that was active before."""
    task = _get_in(call, "InProgress", "Paused", "CheckpointPause")
    document = task.document
    (group,) = call.tx.select("scaling_group", id=task.parent, account=call.account)
    group.document[REFRESHED_BY] = task.id
    call.tx.update(group)
    document.update(Status="RollbackInProgress", Wanted=document["Before"], ImageId="")
    schedule(call, task)
    return {}


def suspend_instance_refresh(call: Call) -> Answer:
    """Pause a task until it is resumed."""
    task = _get_in(call, *AT_WORK)
    pause_task(call, task, "Paused")
    return {}


def resume_instance_refresh(call: Call) -> Answer:
    """Let a paused task go on."""
    task = _get_in(call, "Paused", "CheckpointPause")
    activate(call, task)
    return {}


def _get_in(call: Call, *states: str) -> Resource:
    """Return the task the call names, or the one that is at work; refuse one in another state."""
    _ = call.region
    group = get_scaling_group(call)
    tasks = call.tx.select("instance_refresh", parent=group.id)
    wanted = call.params.text("InstanceRefreshTaskId")
    task = next((one for one in tasks if one.id == wanted or (not wanted and one.document["Status"] in ACTIVE)), None)
    if task is None:
        raise ActionError(
            "InvalidInstanceRefreshTaskId.NotFound", "The specified instance refresh task does not exist.", 404
        )
    if task.document["Status"] not in states:
        raise ActionError(
            "IncorrectInstanceRefreshTaskStatus",
            "The current status of the specified instance refresh task does not support this action.",
        )
    return task


def _wanted(call: Call, group: Resource, active: Resource) -> tuple[Resource, str]:
    """Return the configuration that new instances are made of, and the image if it is to be another than its own."""
    desired = {
        name: call.params.text(f"DesiredConfiguration.{name}")
        for name in ("ScalingConfigurationId", "ImageId", "LaunchTemplateId")
    }
    given = [name for name, value in desired.items() if value]
    if len(given) > 1:
        raise ActionError(
            "InvalidParameter.Conflict",
            f'The value of parameter "{given[0]}" and parameter "{given[1]}" are conflict.',
        )
    if desired["LaunchTemplateId"]:
        raise invalid_parameter("DesiredConfiguration.LaunchTemplateId")
    if desired["ImageId"]:
        image = available_images(call, group.region).get(desired["ImageId"])
        if image is None:
            raise ActionError("InvalidImageId.NotFound", "The specified ImageId does not exist.", 404)
        types = active.document["InstanceTypes"]
        if any(INSTANCE_TYPES[name].architecture != image.architecture for name in types):
            raise ActionError(
                "InvalidImageId.InstanceTypeMismatch",
                "The specified image does not support the specified instance type.",
            )
        return active, image.id
    if not desired["ScalingConfigurationId"]:
        return active, ""
    for configuration in call.tx.select("scaling_configuration", parent=group.id):
        if configuration.id == desired["ScalingConfigurationId"]:
            return configuration, ""
    raise ActionError(
        "InvalidScalingConfigurationId.NotFound", "The specified scaling configuration does not exist.", 404
    )


def _matches(instance: Resource, wanted: Resource, image_id: str) -> bool:
    document = instance.document
    return document["ScalingConfigurationId"] == wanted.id and image_id in ("", document["ImageId"])


def _checkpoints(call: Call) -> list[int]:
    """Return the percentages at which the task pauses: ascending, and the last one is 100."""
    found = [checkpoint.integer("Percentage") or 0 for checkpoint in call.params.structures("Checkpoints")]
    ascends = all(first < second for first, second in zip([0, *found], found, strict=False))
    if found and not (ascends and found[-1] == EVERYTHING):
        raise invalid_parameter("Checkpoints")
    return found


def _whole_number(call: Call, name: str, default: int, smallest: int, largest: int) -> int:
    value = call.params.integer(name)
    if value is None:
        return default
    if not smallest <= value <= largest:
        raise invalid_parameter(name)
    return value


def _show(call: Call, task: Resource) -> dict[str, Any]:
    document = task.document
    # What was not sent is not shown: the provider would plan to replace the task.
    desired = {name.removeprefix("DesiredConfiguration."): value for name, value in document["Desired"].items()}
    shown = {
        "InstanceRefreshTaskId": task.id,
        "ScalingGroupId": task.parent,
        "RegionId": task.region,
        "Status": document["Status"],
        "StartTime": timestamp(task.created_at),
        "MinHealthyPercentage": document["MinHealthyPercentage"],
        "MaxHealthyPercentage": document["MaxHealthyPercentage"],
        "SkipMatching": document["SkipMatching"],
        "CheckpointPauseTime": document["CheckpointPauseTime"],
        "Checkpoints": {"Checkpoint": [{"Percentage": percentage} for percentage in document["Checkpoints"]]},
        "DesiredConfiguration": {
            **desired,
            "LaunchTemplateOverrides": {"LaunchTemplateOverride": []},
            "Containers": {"Container": []},
        },
        "TotalNeedUpdateCapacity": len(document["Replaced"]),
        "FinishedUpdateCapacity": finished_capacity(call, task),
        "Detail": document.get("Detail", ""),
    }
    if "EndedAt" in document:
        shown["EndTime"] = timestamp(document["EndedAt"])
    return shown


READS = {"DescribeInstanceRefreshes": describe_instance_refreshes}
WRITES = {
    "StartInstanceRefresh": start_instance_refresh,
    "CancelInstanceRefresh": cancel_instance_refresh,
    "RollbackInstanceRefresh": rollback_instance_refresh,
    "SuspendInstanceRefresh": suspend_instance_refresh,
    "ResumeInstanceRefresh": resume_instance_refresh,
}
