"""Scaling activities (Ess 2014-08-28): what a group did, when and why, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

_MESSAGES = {
    "InProgress": "The scaling activity is in progress.",
    "Successful": "The scaling activity is successfully executed.",
    "Warning": "The scaling activity is partially executed.",
    "Failed": "The scaling activity failed.",
}
_NO_INSTANCE = "No vSwitch of the scaling group has both a free address and an instance type in stock."


def describe_scaling_activities(call: Call) -> Answer:
    """Return a group's activities, filtered by id, state and instance refresh."""
    params = call.params
    ids = set(params.texts("ScalingActivityId"))
    group_id = params.text("ScalingGroupId")
    if not ids and not group_id:
        params.required("ScalingGroupId")
    found = [
        activity
        for activity in call.list("scaling_activity", parent=group_id or None)
        if (not ids or activity.id in ids)
        and params.text("StatusCode") in ("", call.status(activity))
        and params.text("InstanceRefreshTaskId") in ("", activity.document["RefreshTaskId"])
    ]
    return answer_page(
        call, found[::-1], lambda activity: _show(call, activity), "ScalingActivities", "ScalingActivity"
    )


def record_activity(
    call: Call,
    group: Resource,
    cause: str,
    *,
    total: int,
    started: Sequence[Resource] = (),
    removed: Sequence[Resource] = (),
    is_complete: bool = True,
    refresh_task_id: str = "",
) -> str:
    """
    Write down what a group of `total` instances begins to do, and return the activity's id; no action of its own.

    One that is not complete could not start all the instances it should have.
    """
    activity_id = call.new_id("asa", group.region)
    for instance in started:
        instance.document["ScalingActivityId"] = activity_id
        call.tx.update(instance)
    outcome = "Successful" if is_complete else "Warning" if started else "Failed"
    call.create(
        "scaling_activity",
        activity_id,
        region=group.region,
        parent=group.id,
        document={
            "Cause": cause,
            "Started": [instance.id for instance in started],
            "Removed": [instance.id for instance in removed],
            "TotalCapacity": total,
            "RefreshTaskId": refresh_task_id,
            "TransitionalStatus": "InProgress" if is_complete else outcome,
            "Status": outcome,
        },
        settles=True,
    )
    return activity_id


def check_no_activity(call: Call, group: Resource) -> None:
    """Refuse while the group is still busy with an activity; no action of its own."""
    activities = call.tx.select("scaling_activity", parent=group.id)
    if any(call.status(activity) == "InProgress" for activity in activities):
        raise activity_in_progress()


def activity_in_progress() -> ActionError:
    """Return the refusal of what would be a second activity."""
    return ActionError(
        "ScalingActivityInProgress",
        "You cannot delete a scaling group or launch a new scaling activity while there is a scaling activity in "
        "progress for the specified scaling group.",
    )


def _show(call: Call, activity: Resource) -> dict[str, Any]:
    document = activity.document
    started, removed = document["Started"], document["Removed"]
    status = call.status(activity)
    is_over = status != "InProgress"
    shown = {
        "ScalingActivityId": activity.id,
        "ScalingGroupId": activity.parent,
        "StatusCode": status,
        "StatusMessage": _MESSAGES[status],
        "Cause": document["Cause"],
        "Description": _description(started, removed),
        "Detail": "" if status in ("InProgress", "Successful") else _NO_INSTANCE,
        "StartTime": timestamp(activity.created_at),
        "EndTime": timestamp(activity.ready_at) if is_over else "",
        "Progress": 100 if is_over else 0,
        "TotalCapacity": str(document["TotalCapacity"]),
        "AttachedCapacity": "0",
        "AutoCreatedCapacity": str(document["TotalCapacity"]),
        "ScalingInstanceNumber": len(started) + len(removed),
        "CreatedCapacity": len(started),
        "DestroyedCapacity": len(removed),
        "StartedCapacity": 0,
        "StoppedCapacity": 0,
        "CreatedInstances": {"CreatedInstance": started},
        "DestroyedInstances": {"DestroyedInstance": removed},
        "StartedInstances": {"StartedInstance": []},
        "StoppedInstances": {"StoppedInstance": []},
        "ErrorMessages": {"ErrorMessage": []},
    }
    if document["RefreshTaskId"]:
        shown["InstanceRefreshTaskId"] = document["RefreshTaskId"]
    return shown


def _description(started: list[str], removed: list[str]) -> str:
    done = [f'Add "{len(started)}" ECS instance'] if started else []
    done += [f'Remove "{len(removed)}" ECS instance'] if removed else []
    return ", ".join(done) or 'Add "0" ECS instance'


READS = {"DescribeScalingActivities": describe_scaling_activities}
