"""
The disks of instances (Ecs 2014-05-26).

Each is made with its instance, as a part of it, and has an id that follows from the instance's. A disk that outlives
its instance becomes a separate resource, until a caller deletes it.
"""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.naming import check_texts
from provisioner.sandbox.actions.paging import answer_tokens
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import DISK_CATEGORIES, DISK_SIZES_GIB, Image, hashed_id
from provisioner.sandbox.cloud.parameters import Parameters
from provisioner.sandbox.cloud.resource import Resource

KIND = "disk"
"""The kind of a disk that has no instance any more."""

_TEXTS = ("Category", "Description", "DiskName", "KMSKeyId", "PerformanceLevel", "SnapshotId", "AutoSnapshotPolicyId")
_SYSTEM_SIZES_GIB = (20, 2048)
_DEFAULT_SYSTEM_GIB = 40
_MOST_DATA_DISKS = 16
_DEFAULT_CATEGORY = "cloud_efficiency"


def describe_disks(call: Call) -> Answer:
    """Return disks, filtered by instance, ids, type, category, status and tags; those without an instance come last."""
    _ = call.region
    params = call.params
    ids = set(params.json_texts("DiskIds"))
    attached = [disk for instance in call.list("instance") for disk in disks_of(instance)]
    left = [_show_left(disk) for disk in call.list(KIND)]
    found = [
        disk
        for disk in (*attached, *left)
        if (not ids or disk["DiskId"] in ids)
        and params.text("InstanceId") in ("", disk["InstanceId"])
        and params.text("DiskType") in ("", "all", disk["Type"])
        and params.text("Category") in ("", "all", disk["Category"])
        and params.text("Status") in ("", "All", disk["Status"])
        # Their tags are not the instance's, and nothing here gives them any.
        and not params.tags()
    ]
    return answer_tokens(call, found, lambda disk: disk, "Disks", "Disk")


def resize_disk(call: Call) -> Answer:
    """Make a disk larger."""
    owner, stored = _get(call)
    call.params.required("NewSize")
    size = call.params.integer("NewSize") or 0
    is_system = stored is owner.document.get("SystemDisk")
    largest = _SYSTEM_SIZES_GIB[1] if is_system else DISK_SIZES_GIB[stored["Category"]][1]
    if not stored["Size"] < size <= largest:
        raise ActionError("InvalidDiskSize.NotSupported", "The specified disk size is not supported.")
    stored["Size"] = size
    call.tx.update(owner)
    return {}


def modify_disk_attribute(call: Call) -> Answer:
    """Change a disk's name, its description, empty ones clear them, or whether it goes with its instance."""
    owner, stored = _get(call)
    _check_texts(call.params)
    for name in ("DiskName", "Description"):
        stored[name] = call.params.changed(name, stored.get(name, ""))
    goes = call.params.boolean("DeleteWithInstance")
    if goes is not None:
        stored["DeleteWithInstance"] = goes
    call.tx.update(owner)
    return {}


def delete_disk(call: Call) -> Answer:
    """Delete a disk that no instance has."""
    owner, _ = _get(call)
    if owner.kind != KIND:
        raise ActionError("IncorrectDiskStatus", "The current disk status does not support this operation.", 403)
    call.tx.remove([owner])
    return {}


def leave_disks(call: Call, instance: Resource) -> None:
    """Keep the disks that outlive an instance that is released; no action of its own."""
    for position, stored in enumerate(instance.document.get("DataDisks", ()), start=1):
        if not stored["DeleteWithInstance"]:
            document = {**stored, "ZoneId": instance.document["ZoneId"], "AttachedAt": instance.created_at}
            call.create(KIND, _disk_id(instance, position), region=instance.region, document=document)


def new_disks(params: Parameters, image: Image) -> dict[str, Any]:
    """Return the part of an instance's document that describes its disks or refuse them; no action of its own."""
    data_disks = params.structures("DataDisk")
    if len(data_disks) > _MOST_DATA_DISKS:
        raise ActionError(
            "InstanceDiskNumber.LimitExceed", "The total number of specified disk in an instance exceeds."
        )
    return {
        "SystemDisk": _new_system_disk(params, image),
        "DataDisks": [_new_data_disk(disk) for disk in data_disks],
    }


def disks_of(instance: Resource) -> list[dict[str, Any]]:
    """Return an instance's disks as the service shows them, the system disk first; no action of its own."""
    return [
        _show(instance, position, stored)
        for position, stored in enumerate(_stored(instance))
        # On its way out it has lost what stays.
        if instance.gone_at is None or stored.get("DeleteWithInstance", True)
    ]


def _new_system_disk(params: Parameters, image: Image) -> dict[str, Any]:
    category = params.text("SystemDisk.Category") or _DEFAULT_CATEGORY
    if category not in DISK_CATEGORIES:
        raise ActionError("InvalidSystemDiskCategory.ValueNotSupported", "The specified system disk category is wrong.")
    size = params.integer("SystemDisk.Size")
    if size is None:
        size = max(_DEFAULT_SYSTEM_GIB, image.size_gib)
    elif size < image.size_gib:
        raise ActionError(
            "InvalidSystemDiskSize.LessThanImageSize",
            "The specified parameter SystemDisk.Size is less than the image size.",
            404,
        )
    if not _SYSTEM_SIZES_GIB[0] <= size <= _SYSTEM_SIZES_GIB[1]:
        raise ActionError("InvalidSystemDiskSize.ValueNotSupported", "The specified system disk size is out of range.")
    texts = {name: value for name in _TEXTS if (value := params.text(f"SystemDisk.{name}"))}
    _check_texts(Parameters(texts))
    encrypted = bool(params.boolean("SystemDisk.Encrypted"))
    return {**texts, "Category": category, "Size": size, "Encrypted": encrypted, "DeleteWithInstance": True}


def _new_data_disk(disk: Parameters) -> dict[str, Any]:
    category = disk.text("Category") or _DEFAULT_CATEGORY
    if category not in DISK_CATEGORIES:
        raise ActionError("InvalidDataDiskCategory.ValueNotSupported", "The specified data disk category is wrong.")
    size = disk.integer("Size")
    smallest, largest = DISK_SIZES_GIB[category]
    if size is None or not smallest <= size <= largest:
        raise ActionError("InvalidDataDiskSize.ValueNotSupported", "The specified data disk size is out of range.")
    _check_texts(disk)
    kept = disk.boolean("DeleteWithInstance") is False
    encrypted = bool(disk.boolean("Encrypted"))
    texts = disk.echo(*_TEXTS, "Device")
    return {**texts, "Category": category, "Size": size, "Encrypted": encrypted, "DeleteWithInstance": not kept}


def _check_texts(params: Parameters) -> None:
    check_texts(
        params,
        "DiskName",
        ActionError("InvalidDiskName.Malformed", 'The specified parameter "DiskName" is not valid.'),
        ActionError("InvalidDescription.Malformed", 'The specified parameter "Description" is not valid.'),
        shortest=2,
        extra=":_.-",
    )


def _stored(instance: Resource) -> list[dict[str, Any]]:
    """Return the parts of the instance's document that describe its disks, the system disk first."""
    # Auto Scaling starts its instances without one.
    default = {"Category": _DEFAULT_CATEGORY, "Size": _DEFAULT_SYSTEM_GIB}
    return [instance.document.setdefault("SystemDisk", default), *instance.document.get("DataDisks", ())]


def _disk_id(instance: Resource, position: int) -> str:
    return f"d-{hashed_id(instance.region, f'{instance.id}/disk/{position}')}"


def _get(call: Call) -> tuple[Resource, dict[str, Any]]:
    """Return the instance of the disk the call names, or the disk itself when it has none, and its description."""
    wanted = call.params.required("DiskId")
    left = call.find(KIND, wanted)
    if left is not None:
        return left, left.document
    for instance in call.list("instance"):
        for position, stored in enumerate(_stored(instance)):
            if _disk_id(instance, position) == wanted and instance.gone_at is None:
                return instance, stored
    raise ActionError("InvalidDiskId.NotFound", "The specified disk does not exist.", 404)


def _show(instance: Resource, position: int, stored: dict[str, Any]) -> dict[str, Any]:
    created = timestamp(instance.created_at)
    return {
        **_show_any(_disk_id(instance, position), stored, instance.region, instance.document["ZoneId"], created),
        "InstanceId": instance.id,
        "Type": "data" if position else "system",
        "Device": stored.get("Device") or f"/dev/xvd{'abcdefghijklmnopq'[position]}",
        "Status": "In_use",
        "ImageId": "" if position else instance.document["ImageId"],
        "Portable": bool(position),
        "AttachedTime": created,
    }


def _show_left(disk: Resource) -> dict[str, Any]:
    document = disk.document
    created = timestamp(document["AttachedAt"])
    return {
        **_show_any(disk.id, document, disk.region, document["ZoneId"], created),
        "InstanceId": "",
        "Type": "data",
        "Device": "",
        "Status": "Available",
        "ImageId": "",
        "Portable": True,
        "AttachedTime": created,
        "DetachedTime": timestamp(disk.created_at),
    }


def _show_any(id: str, stored: dict[str, Any], region: str, zone: str, created: str) -> dict[str, Any]:
    return {
        "DiskId": id,
        "Category": stored["Category"],
        "Size": stored["Size"],
        "DiskName": stored.get("DiskName", ""),
        "Description": stored.get("Description", ""),
        "Encrypted": stored.get("Encrypted", False),
        "KMSKeyId": stored.get("KMSKeyId", ""),
        "PerformanceLevel": stored.get("PerformanceLevel", "PL1" if stored["Category"] == "cloud_essd" else ""),
        "DeleteWithInstance": stored.get("DeleteWithInstance", True),
        "DeleteAutoSnapshot": False,
        "EnableAutoSnapshot": True,
        "MultiAttach": "Disabled",
        "AutoSnapshotPolicyId": stored.get("AutoSnapshotPolicyId", ""),
        "SourceSnapshotId": stored.get("SnapshotId", ""),
        "ProductCode": "",
        "RegionId": region,
        "ZoneId": zone,
        "DiskChargeType": "PostPaid",
        "CreationTime": created,
        "DetachedTime": "",
        "ExpiredTime": "2999-09-08T16:00Z",
        "ResourceGroupId": "",
        "OperationLocks": {"OperationLock": []},
        "Attachments": {"Attachment": []},
        "MountInstances": {"MountInstance": []},
        "Tags": {"Tag": []},
    }


READS = {"DescribeDisks": describe_disks}
WRITES = {"ResizeDisk": resize_disk, "ModifyDiskAttribute": modify_disk_attribute, "DeleteDisk": delete_disk}
