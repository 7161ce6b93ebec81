"""
How an instance refresh goes on: in steps, each of which ends when what it started and removed has settled.

Nothing runs in the background. A call that looks at Auto Scaling or at instances first performs the steps that would
have happened meanwhile, each at its own time, so that no caller can tell the difference.

A step removes as many old instances as leave `MinHealthyPercentage` of the group's size in service (rounded up), and
starts as many new ones as `MaxHealthyPercentage` (rounded down) has room for; where that is nothing at all, one old
instance goes, as documented for 100 and 100: one at a time.
"""

from __future__ import annotations

from provisioner.sandbox.actions.ess.scaling_activity import record_activity
from provisioner.sandbox.actions.ess.scaling_instance import (
    REFRESHED_BY,
    instances_of,
    lifecycle_state,
    present_instances,
    reconcile,
    removable_first,
    start_instances,
)
from provisioner.sandbox.cloud.call import Call, Process
from provisioner.sandbox.cloud.resource import Resource

AT_WORK = ("Pending", "InProgress")
ACTIVE = (*AT_WORK, "Paused", "CheckpointPause", "Cancelling", "RollbackInProgress")
"""The states of a task that has not ended; a group has one such task at most."""

EVERYTHING = 100
"""All instances of a group, in percent."""

_SCHEDULED = "scheduled"
"""The name of a task that goes on by itself, at its `ready_at`; tasks have no names of their own."""
_SECONDS_PER_MINUTE = 60


def schedule(call: Call, task: Resource, seconds: float | None = None) -> None:
    """Let a task go on after a while, one step's time unless told otherwise; no action of its own."""
    task.name = _SCHEDULED
    task.ready_at = call.now + (task.document["StepSeconds"] if seconds is None else seconds)
    call.tx.update(task)


def pause_task(call: Call, task: Resource, status: str) -> None:
    """Let a task wait; its group scales by itself again meanwhile; no action of its own."""
    task.document["Status"] = status
    task.name = ""
    call.tx.update(task)
    _release(call, task)


def activate(call: Call, task: Resource) -> None:
    """Let a waiting task work on its group again; no action of its own."""
    for group in call.tx.select("scaling_group", id=task.parent, account=task.account):
        group.document[REFRESHED_BY] = task.id
        call.tx.update(group)
    task.document["Status"] = "InProgress"
    schedule(call, task, 0)


def finished_capacity(call: Call, task: Resource) -> int:
    """Return how many instances a task has replaced; no action of its own."""
    document = task.document
    if "EndedAt" in document:
        return int(document["Finished"])
    instances = call.tx.select("instance", account=task.account, region=task.region, linked_to=task.parent)
    in_service = [
        one
        for one in instances
        if one.document.get("RefreshTaskId") == task.id and lifecycle_state(call, one) == "InService"
    ]
    return min(len(in_service), len(document["Replaced"]))


def _is_due(call: Call) -> bool:
    return any(task.ready_at <= call.now for task in _scheduled(call))


def _advance(call: Call) -> None:
    """Make the steps that are due, one after the other and each at its time."""
    now = call.now
    for task in _scheduled(call):
        while task.name == _SCHEDULED and task.ready_at <= now:
            with call.at(task.ready_at, task.document["StepSeconds"]):
                _step(call, task)


PROGRESS = Process(_is_due, _advance)
"""The process to bring up to date before any action looks."""


def _scheduled(call: Call) -> list[Resource]:
    # Those of other regions wait for a call there: a call sees only the resources of its own region.
    return call.tx.select(
        "instance_refresh", account=call.account, region=call.params.text("RegionId") or None, name=_SCHEDULED
    )


def _step(call: Call, task: Resource) -> None:
    document = task.document
    (group,) = call.tx.select("scaling_group", id=task.parent, account=task.account)
    if document["Status"] == "Cancelling":
        _end(call, task, group, "Cancelled")
        return
    if group.gone_at is not None or group.document["LifecycleState"] != "Active":
        _fail(call, task, group, "The scaling group is not active.")
        return
    if document["Status"] == "CheckpointPause":
        group.document[REFRESHED_BY] = task.id
        call.tx.update(group)
    if document["Status"] != "RollbackInProgress":
        document["Status"] = "InProgress"
    busy = [max(one.ready_at, one.gone_at or 0.0) for one in instances_of(call, group)]
    latest = max(busy, default=0.0)
    if latest > call.now:
        schedule(call, task, latest - call.now)
        return
    _replace(call, task, group)


def _replace(call: Call, task: Resource, group: Resource) -> None:
    """Remove and start what there is room for, or end."""
    document = task.document
    is_back = document["Status"] == "RollbackInProgress"
    present = present_instances(call, group)
    old = [one for one in present if _is_old(task, one, is_back=is_back) and not one.document.get("Protected")]
    new = [one for one in present if one not in old]
    size = group.document.get(
        "DesiredCapacity", min(max(document["Size"], group.document["MinSize"]), group.document["MaxSize"])
    )
    if not is_back and old and _reaches_checkpoint(call, task, size):
        pause_task(call, task, "CheckpointPause")
        schedule(call, task, document["CheckpointPauseTime"] * _SECONDS_PER_MINUTE)
        return
    fewest = -(-size * document["MinHealthyPercentage"] // EVERYTHING)
    most = size * document["MaxHealthyPercentage"] // EVERYTHING
    starting = max(0, min(size - len(new), most - len(present)))
    leaving = old[: max(0, len(present) - fewest)]
    if not starting and not leaving:
        leaving = old[:1]
    leaving += removable_first(call, group, new)[: max(0, len(new) - size)]
    if not starting and not leaving:
        _end(call, task, group, "RollbackSuccessful" if is_back else "Successful")
        return
    found = call.tx.select("scaling_configuration", id=document["Wanted"], parent=group.id)
    if not found:
        _fail(call, task, group, "The desired scaling configuration does not exist.")
        return
    started = start_instances(
        call, group, found[0], range(len(present), len(present) + starting), image_id=document["ImageId"]
    )
    for instance in started:
        instance.document["RefreshTaskId"] = "" if is_back else task.id
    if len(started) == starting:
        call.vanish(leaving)
    record_activity(
        call,
        group,
        f'The instance refresh task "{task.id}" replaces instances.',
        total=len(present),
        started=started,
        removed=leaving if len(started) == starting else (),
        is_complete=len(started) == starting,
        refresh_task_id=task.id,
    )
    if len(started) < starting:
        _fail(call, task, group, "No instance can be started.")
        return
    schedule(call, task)


def _is_old(task: Resource, instance: Resource, *, is_back: bool) -> bool:
    if is_back:
        return bool(instance.document.get("RefreshTaskId") == task.id)
    return instance.id in task.document["Replaced"]


def _reaches_checkpoint(call: Call, task: Resource, size: int) -> bool:
    """Return whether a task has just come to a checkpoint, which is then passed."""
    document = task.document
    passed = document.get("Passed", 0)
    percentage = EVERYTHING * finished_capacity(call, task) // max(size, 1)
    reached = [one for one in document["Checkpoints"] if passed < one < EVERYTHING and one <= percentage]
    document["Passed"] = max(reached, default=passed)
    return bool(reached)


def _fail(call: Call, task: Resource, group: Resource, detail: str) -> None:
    task.document["Detail"] = detail
    _end(call, task, group, "RollbackFailed" if task.document["Status"] == "RollbackInProgress" else "Failed")


def _end(call: Call, task: Resource, group: Resource, status: str) -> None:
    document = task.document
    document["Finished"] = finished_capacity(call, task)
    document.update(Status=status, EndedAt=call.now)
    task.name = ""
    call.tx.update(task)
    if status == "Successful":
        _make_active(call, task, group)
    _release(call, task)
    for released in call.tx.select("scaling_group", id=group.id, account=group.account):
        reconcile(call, released)


def _make_active(call: Call, task: Resource, group: Resource) -> None:
    """Make what the new instances were made of the group's active configuration."""
    document = task.document
    for configuration in call.tx.select("scaling_configuration", parent=group.id):
        is_wanted = configuration.id == document["Wanted"]
        configuration.document["LifecycleState"] = "Active" if is_wanted else "Inactive"
        if is_wanted and document["ImageId"]:
            configuration.document["ImageId"] = document["ImageId"]
            configuration.document["Scalars"].pop("ImageName", None)
        call.tx.update(configuration)


def _release(call: Call, task: Resource) -> None:
    for group in call.tx.select("scaling_group", id=task.parent, account=task.account):
        if group.document.pop(REFRESHED_BY, None) is not None:
            call.tx.update(group)
