"""Options of an instance (Ecs 2014-05-26): user data, RAM role, metadata and maintenance options."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.ecs.instance import get_instance
from provisioner.sandbox.actions.ecs.instance_batch import change_each
from provisioner.sandbox.actions.ecs.instance_launch import check_ram_role
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def describe_user_data(call: Call) -> Answer:
    """Return an instance's user data, base64, empty when it has none."""
    instance = get_instance(call)
    sealed = instance.document.get("SealedUserData")
    user_data = call.sealer.unseal(sealed) if sealed else ""
    return {"InstanceId": instance.id, "RegionId": instance.region, "UserData": user_data}


def describe_instance_ram_role(call: Call) -> Answer:
    """Return the RAM roles of instances, empty for one without, filtered by ids and role."""
    region = call.region
    role = call.params.text("RamRoleName")
    # Clients take an instance that is left out for one that has another role.
    found = [one for one in _named_or_all(call) if role in ("", one.document.get("RamRoleName", ""))]
    page = answer_page(call, found, _show_ram_role, "InstanceRamRoleSets", "InstanceRamRoleSet")
    return {"InstanceRamRoleSets": page["InstanceRamRoleSets"], "RegionId": region, "TotalCount": page["TotalCount"]}


def attach_instance_ram_role(call: Call) -> Answer:
    """Give instances without a RAM role one."""
    role = call.params.required("RamRoleName")
    check_ram_role(call, role)

    def attach(instance: Resource) -> None:
        if instance.document.get("RamRoleName"):
            raise ActionError("InvalidRamRole.AlreadyAttached", "The instance already has a RAM role.", 403)
        instance.document["RamRoleName"] = role

    answer = change_each(call, attach, "AttachInstanceRamRoleResults", "AttachInstanceRamRoleResult")
    return {**answer, "RamRoleName": role}


def detach_instance_ram_role(call: Call) -> Answer:
    """Take their RAM role from instances."""

    def detach(instance: Resource) -> None:
        if call.params.text("RamRoleName") not in ("", instance.document.get("RamRoleName", "")):
            raise ActionError("InvalidRamRole.NotAttached", "The instance does not have this RAM role.", 403)
        instance.document.pop("RamRoleName", None)

    answer = change_each(call, detach, "DetachInstanceRamRoleResults", "DetachInstanceRamRoleResult")
    return {**answer, "RamRoleName": call.params.text("RamRoleName")}


def modify_instance_metadata_options(call: Call) -> Answer:
    """Decide how an instance may ask for its metadata."""
    instance = get_instance(call)
    params = call.params
    for name, values in (("HttpEndpoint", ("enabled", "disabled")), ("HttpTokens", ("optional", "required"))):
        if params.text(name) not in ("", *values):
            raise params.invalid(name)
    params.required("HttpEndpoint")
    instance.document.update(params.echo("HttpEndpoint", "HttpTokens"))
    call.tx.update(instance)
    return {}


def describe_instance_maintenance_attributes(call: Call) -> Answer:
    """Return when and how instances may be maintained."""
    _ = call.region
    ids = set(call.params.texts("InstanceId"))
    found = [instance for instance in call.list("instance") if not ids or instance.id in ids]
    return answer_page(call, found, _show_maintenance, "MaintenanceAttributes", "MaintenanceAttribute", largest=100)


def modify_instance_maintenance_attributes(call: Call) -> Answer:
    """Decide when and how instances may be maintained."""
    params = call.params
    if params.text("ActionOnMaintenance") not in ("", "Stop", "AutoRecover", "AutoRedeploy"):
        raise params.invalid("ActionOnMaintenance")
    windows = [window.echo("StartTime", "EndTime") for window in params.structures("MaintenanceWindow")]
    for id in params.texts("InstanceId"):
        instance = get_instance(call, id)
        maintenance: dict[str, Any] = instance.document.setdefault("Maintenance", {})
        maintenance.update(params.echo("ActionOnMaintenance"))
        if windows:
            maintenance["Windows"] = windows
        notifies = params.boolean("NotifyOnMaintenance")
        if notifies is not None:
            maintenance["NotifyOnMaintenance"] = notifies
        call.tx.update(instance)
    return {}


def describe_instance_attachment_attributes(call: Call) -> Answer:
    """Return from which private pool instances take their capacity; from whichever has some."""
    _ = call.region

    def show(instance: Resource) -> dict[str, Any]:
        return {
            "InstanceId": instance.id,
            "PrivatePoolOptionsId": "",
            "PrivatePoolOptionsMatchCriteria": "Open",
        }

    return answer_page(call, _named_or_all(call), show, "Instances", "Instance")


def _named_or_all(call: Call) -> list[Resource]:
    ids = set(call.params.json_texts("InstanceIds"))
    return [instance for instance in call.list("instance") if not ids or instance.id in ids]


def _show_ram_role(instance: Resource) -> dict[str, Any]:
    return {"InstanceId": instance.id, "RamRoleName": instance.document.get("RamRoleName", "")}


def _show_maintenance(instance: Resource) -> dict[str, Any]:
    maintenance = instance.document.get("Maintenance", {})
    return {
        "InstanceId": instance.id,
        "MaintenanceWindows": {"MaintenanceWindow": maintenance.get("Windows", [])},
        "ActionOnMaintenance": {
            "Value": maintenance.get("ActionOnMaintenance", "AutoRecover"),
            "DefaultValue": "AutoRecover",
            "SupportedValues": {"SupportedValue": ["Stop", "AutoRecover", "AutoRedeploy"]},
        },
        "NotifyOnMaintenance": maintenance.get("NotifyOnMaintenance", False),
    }


READS = {
    "DescribeUserData": describe_user_data,
    "DescribeInstanceRamRole": describe_instance_ram_role,
    "DescribeInstanceMaintenanceAttributes": describe_instance_maintenance_attributes,
    "DescribeInstanceAttachmentAttributes": describe_instance_attachment_attributes,
}
WRITES = {
    "AttachInstanceRamRole": attach_instance_ram_role,
    "DetachInstanceRamRole": detach_instance_ram_role,
    "ModifyInstanceMetadataOptions": modify_instance_metadata_options,
    "ModifyInstanceMaintenanceAttributes": modify_instance_maintenance_attributes,
}
