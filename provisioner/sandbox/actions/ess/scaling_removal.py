"""Takes single instances out of a scaling group (Ess 2014-08-28): released, or left running by themselves."""

from __future__ import annotations

from provisioner.sandbox.actions.ecs.instance import save_instance
from provisioner.sandbox.actions.ess.scaling_activity import check_no_activity, record_activity
from provisioner.sandbox.actions.ess.scaling_group import check_lifecycle, get_scaling_group
from provisioner.sandbox.actions.ess.scaling_instance import GROUP_TAG, present_instances, reconcile
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def remove_instances(call: Call) -> Answer:
    """Take instances out of a group and release them."""
    group, instances = _leaving(call)
    total = len(present_instances(call, group))
    call.vanish(instances)
    return _record(call, group, instances, total, "remove")


def detach_instances(call: Call) -> Answer:
    """Take instances out of a group; they go on running."""
    group, instances = _leaving(call)
    total = len(present_instances(call, group))
    for instance in instances:
        document = instance.document
        for name in ("ScalingGroupId", "ScalingConfigurationId", "Protected"):
            document.pop(name, None)
        document["Tags"].pop(GROUP_TAG, None)
        save_instance(call, instance)
    return _record(call, group, instances, total, "detach")


def _leaving(call: Call) -> tuple[Resource, list[Resource]]:
    """Return the group and those of its instances that the call names or refuse."""
    group = get_scaling_group(call)
    check_lifecycle(group, "Active")
    check_no_activity(call, group)
    ids = call.params.texts("InstanceId")
    if not ids:
        call.params.required("InstanceId.1")
    present = {instance.id: instance for instance in present_instances(call, group)}
    for id in ids:
        if id not in present:
            raise ActionError("InvalidInstanceId.NotFound", f'Instance "{id}" does not exist.', 404)
    if _shrinks(call) and len(present) - len(set(ids)) < group.document["MinSize"]:
        raise ActionError(
            "IncorrectCapacity.MinSize", "To remove the instances, the total capacity will be lesser than the MinSize."
        )
    return group, [present[id] for id in dict.fromkeys(ids)]


def _record(call: Call, group: Resource, instances: list[Resource], total: int, verb: str) -> Answer:
    cause = (
        f'A user requests to {verb} instances, changing the Total Capacity from "{total}" to '
        f'"{total - len(instances)}".'
    )
    activity_id = record_activity(call, group, cause, total=total, removed=instances)
    if _shrinks(call) and "DesiredCapacity" in group.document:
        group.document["DesiredCapacity"] = total - len(instances)
        call.tx.update(group)
    # A group that keeps its size starts others in their place.
    reconcile(call, group, size=None if _shrinks(call) else total)
    return {"ScalingActivityId": activity_id}


def _shrinks(call: Call) -> bool:
    """Return whether the group gets smaller, which it does unless it is told not to."""
    return call.params.boolean("DecreaseDesiredCapacity") is not False


WRITES = {"RemoveInstances": remove_instances, "DetachInstances": detach_instances}
