"""
The instances of scaling groups (Ess 2014-08-28): how many there are, where they run and which one goes first.

An enabled group is brought to its size in the same transaction as the change that asked for it; the instances then take
their time to come into service or to go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.sandbox.actions.ecs.account_attributes import vcpus_left
from provisioner.sandbox.actions.ecs.key_pair import link
from provisioner.sandbox.actions.ess.scaling_activity import record_activity
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import PROPAGATED
from provisioner.sandbox.actions.vpc.address import free_private_address
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES
from provisioner.sandbox.cloud.offer import LACKING
from provisioner.sandbox.cloud.resource import Resource

GROUP_TAG = "acs:autoscaling:scalingGroupId"
REFRESHED_BY = "RefreshedBy"
"""Key in a group's document while an instance refresh is at work: the id of its task."""

_CAUSE = "The scaling group is brought to its size."


def describe_scaling_instances(call: Call) -> Answer:
    """Return a group's instances, filtered by configuration, id, lifecycle and health."""
    params = call.params
    ids = set(params.texts("InstanceId"))
    found = [
        instance
        for instance in call.list("instance", linked_to=params.text("ScalingGroupId") or None)
        if "ScalingGroupId" in instance.document
        and params.text("ScalingConfigurationId") in ("", instance.document["ScalingConfigurationId"])
        and (not ids or instance.id in ids)
        and params.text("LifecycleState") in ("", lifecycle_state(call, instance))
        and params.text("HealthStatus") in ("", "Healthy")
    ]
    return answer_page(
        call, found, lambda instance: _show(call, instance), "ScalingInstances", "ScalingInstance", largest=100
    )


def set_instances_protection(call: Call) -> Answer:
    """Protect instances of a group from being scaled in, or stop protecting them."""
    group_id = call.params.required("ScalingGroupId")
    protected = bool(call.params.boolean("ProtectedFromScaleIn"))
    for id in call.params.texts("InstanceId"):
        missing = ActionError("InvalidInstanceId.NotFound", f'Instance "{id}" does not exist.', 404)
        instance = call.get("instance", id, missing)
        if instance.document.get("ScalingGroupId") != group_id:
            raise missing
        instance.document["Protected"] = protected
        call.tx.update(instance)
    return {}


def instances_of(call: Call, group: Resource) -> list[Resource]:
    """Return a group's instances, those on their way out included; no action of its own."""
    return call.tx.select("instance", account=group.account, region=group.region, linked_to=group.id)


def lifecycle_state(call: Call, instance: Resource) -> str:
    """Return the state Auto Scaling shows for an instance; no action of its own."""
    status = call.status(instance)
    if status == "Running" and instance.document.get("Protected"):
        return "Protected"
    return {"Pending": "Pending", "Deleting": "Removing"}.get(status, "InService")


def active_configuration(call: Call, group: Resource) -> Resource | None:
    """Return the configuration a group starts instances from, if it has one; no action of its own."""
    configurations = call.tx.select("scaling_configuration", parent=group.id)
    return next((one for one in configurations if one.document["LifecycleState"] == "Active"), None)


def no_active_configuration() -> ActionError:
    """Return the refusal of what a group needs an active configuration for."""
    return ActionError(
        "MissingActiveScalingConfiguration",
        "An active scaling configuration for the specified scaling group is not supplied.",
    )


def instance_in_use() -> ActionError:
    """Return the refusal to delete what instances belong to."""
    return ActionError(
        "InstanceInUse",
        "You cannot delete a scaling configuration or scaling group while there is an instance associated with it.",
    )


def present_instances(call: Call, group: Resource) -> list[Resource]:
    """Return a group's instances without those on their way out; no action of its own."""
    return [instance for instance in instances_of(call, group) if instance.gone_at is None]


def reconcile(call: Call, group: Resource, cause: str = _CAUSE, *, size: int | None = None) -> str:
    """
    Start or remove instances of an enabled group until it has the size it should have; no action of its own.

    The size is the group's own unless one is given. Returns the id of the scaling activity, or nothing when there was
    nothing to do. A group that is being refreshed is left alone: the refresh keeps it at its size.
    """
    document = group.document
    if group.gone_at is not None or document["LifecycleState"] != "Active" or REFRESHED_BY in document:
        return ""
    present = present_instances(call, group)
    wanted = document.get("DesiredCapacity") if size is None else size
    if wanted is None:
        wanted = min(max(len(present), document["MinSize"]), document["MaxSize"])
    if wanted < len(present):
        leaving = removable_first(call, group, present)[: len(present) - wanted]
        if not leaving:
            return ""
        call.vanish(leaving)
        return record_activity(call, group, cause, total=len(present), removed=leaving)
    configuration = active_configuration(call, group)
    if configuration is None or wanted == len(present):
        return ""
    started = start_instances(call, group, configuration, range(len(present), wanted))
    is_complete = len(present) + len(started) == wanted
    return record_activity(call, group, cause, total=len(present), started=started, is_complete=is_complete)


def replace_released(call: Call, instance: Resource) -> None:
    """Bring the group of an instance that was released back to its size, if it has one; no action of its own."""
    for group in call.tx.select("scaling_group", id=instance.document.get("ScalingGroupId", ""), account=call.account):
        reconcile(call, group)


def removable_first(call: Call, group: Resource, instances: Iterable[Resource]) -> list[Resource]:
    """Return those of the instances that may be removed, in the order in which they go; no action of its own."""
    removable = [instance for instance in instances if not instance.document.get("Protected")]
    return sorted(removable, key=lambda instance: _removal_rank(call, group, instance))


def start_instances(
    call: Call, group: Resource, configuration: Resource, positions: Iterable[int], *, image_id: str = ""
) -> list[Resource]:
    """
    Start an instance for each position in a group, up to the first that cannot be started; no action of its own.

    They are made of a configuration, with another image if one is given. A failed start is the group's scaling activity
    that failed, not the caller's error.
    """
    started: list[Resource] = []
    for position in positions:
        instance = _start_instance(call, group, configuration, position, image_id)
        if instance is None:
            break
        started.append(instance)
    return started


def _removal_rank(call: Call, group: Resource, instance: Resource) -> tuple[bool, float]:
    # Default policy: first those of a configuration that is no longer active, then the oldest.
    configuration = call.tx.select("scaling_configuration", id=instance.document["ScalingConfigurationId"])
    outdated = not configuration or configuration[0].document["LifecycleState"] != "Active"
    newest_first = "NewestInstance" in group.document["RemovalPolicies"]
    return (not outdated, -instance.created_at if newest_first else instance.created_at)


def _start_instance(
    call: Call, group: Resource, configuration: Resource, position: int, image_id: str
) -> Resource | None:
    """Start one instance in the first vSwitch that can take it."""
    template = configuration.document
    vswitches = [
        found[0]
        for id in group.document["VSwitchIds"]
        if (found := call.tx.select("vswitch", id=id, account=group.account))
    ]
    if not vswitches:
        return None
    if group.document["MultiAZPolicy"] == "BALANCE":
        turn = position % len(vswitches)
        vswitches = vswitches[turn:] + vswitches[:turn]
    offer, left = call.offer, vcpus_left(call, group.region)
    for vswitch in vswitches:
        zone = vswitch.document["ZoneId"]
        type_name = next(
            (
                name
                for name in template["InstanceTypes"]
                if not offer.lacks(name, zone)
                and not any(offer.disk_state(name, disk, zone) in LACKING for disk in _disk_categories(template))
                and (left is None or INSTANCE_TYPES[name].cpus <= left)
            ),
            None,
        )
        if type_name is None:
            continue
        try:
            address = free_private_address(call, vswitch)
        except ActionError:
            continue
        document = {
            "ImageId": image_id or template["ImageId"],
            "InstanceType": type_name,
            "ZoneId": zone,
            "VpcId": vswitch.parent,
            "PrivateIp": address,
            "SecurityGroupIds": template["SecurityGroupIds"],
            "ScalingGroupId": group.id,
            "ScalingConfigurationId": configuration.id,
            "Tags": {**_propagated_tags(group), **template["Tags"], GROUP_TAG: group.id},
            "TransitionalStatus": "Pending",
            "Status": "Running",
        }
        links = [group.id, *template["SecurityGroupIds"]]
        if "KeyPairName" in template["Scalars"]:
            document["KeyPairName"] = template["Scalars"]["KeyPairName"]
            links.append(link(document["KeyPairName"]))
        if "SealedUserData" in template:
            document["SealedUserData"] = template["SealedUserData"]
        return call.create(
            "instance",
            call.new_id("i", group.region),
            region=group.region,
            parent=vswitch.id,
            name=template["Scalars"].get("InstanceName", "ESS-Instance"),
            document=document,
            links=links,
            settles=True,
        )
    return None


def _disk_categories(template: Mapping[str, Any]) -> set[str]:
    named = [template["Scalars"].get("SystemDisk.Category"), *(disk.get("Category") for disk in template["DataDisks"])]
    return {str(category or "cloud_efficiency") for category in named}


def _propagated_tags(group: Resource) -> dict[str, str]:
    tags: dict[str, str] = group.document["Tags"]
    return {key: tags[key] for key in group.document.get(PROPAGATED, []) if key in tags}


def _show(call: Call, instance: Resource) -> dict[str, Any]:
    document = instance.document
    return {
        "InstanceId": instance.id,
        "ScalingGroupId": document["ScalingGroupId"],
        "ScalingConfigurationId": document["ScalingConfigurationId"],
        "ScalingActivityId": document.get("ScalingActivityId", ""),
        "LifecycleState": lifecycle_state(call, instance),
        "HealthStatus": "Healthy",
        "CreationTime": timestamp(instance.created_at),
        "CreatedTime": timestamp(instance.created_at),
        "CreationType": "AutoCreated",
        "WarmupState": "NoNeedWarmup",
        "SpotStrategy": "NoSpot",
        "LaunchTemplateId": "",
        "LaunchTemplateVersion": "",
        "LoadBalancerWeight": 50,
        "WeightedCapacity": 1,
        "ZoneId": document["ZoneId"],
        "PrivateIpAddress": document["PrivateIp"],
        "Entrusted": True,
    }


READS = {"DescribeScalingInstances": describe_scaling_instances}
WRITES = {"SetInstancesProtection": set_instances_protection}
