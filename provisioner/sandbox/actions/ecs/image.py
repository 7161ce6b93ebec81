"""Images (Ecs 2014-05-26): Alibaba's public ones, custom ones shared with every account, and the caller's own."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import IMAGE_KIND, INSTANCE_TYPES, Image, images_of
from provisioner.sandbox.cloud.resource import Resource

SHARED_WITH = "SharedWith"
"""Key in the document of a custom image: ids of the accounts its owner shares it with."""


def describe_images(call: Call) -> Answer:
    """
    Return the images the caller can use in a region.

    They are filtered by id (a comma list), name, family, owner, architecture, system, status, instance type, use and
    tags.
    """
    params = call.params
    region = call.region
    ids = {part for part in params.text("ImageId").split(",") if part}
    wanted_type = INSTANCE_TYPES.get(params.text("InstanceType"))
    own = {resource.id: resource for resource in call.list(IMAGE_KIND)}
    used = {instance.document["ImageId"] for instance in call.list("instance")}
    found = [
        image
        for image in available_images(call, region).values()
        if (not ids or image.id in ids)
        and _matches(params.text("ImageName"), image.name)
        and params.text("ImageFamily") in ("", image.family)
        and params.text("ImageOwnerAlias") in ("", image.owner_alias)
        and params.text("ImageOwnerId") in ("", call.account if image.id in own else None)
        and params.text("Architecture") in ("", image.architecture)
        and ("InstanceType" not in params or (wanted_type and wanted_type.architecture == image.architecture))
        and params.text("OSType") in ("", "linux")
        and params.text("Usage") in ("", "instance" if image.id in used else "none")
        and params.boolean("IsSupportIoOptimized") is not False
        and params.boolean("IsSupportCloudinit") is not False
        and "SnapshotId" not in params
        and params.text("ResourceGroupId") in ("", _resource_group(own.get(image.id)))
        and "Available" in (params.text("Status") or "Available").split(",")
        and (not params.tags() or (image.id in own and matches_tags(call, own[image.id])))
    ]

    def show(image: Image) -> dict[str, Any]:
        return _show(image, own.get(image.id), "instance" if image.id in used else "none")

    return {**answer_page(call, found, show, "Images", "Image", largest=100), "RegionId": region}


def delete_image(call: Call) -> Answer:
    """Delete a custom image of the caller's; it must not be shared, and with `Force` alone be in use."""
    _ = call.region
    image = call.find(IMAGE_KIND, call.params.required("ImageId"))
    # One that does not exist, or is not the caller's, is passed over.
    if image is not None:
        if image.document.get(SHARED_WITH):
            raise ActionError("ImageUseShared", "The specified image has been shared to others.", 403)
        in_use = any(instance.document["ImageId"] == image.id for instance in call.list("instance"))
        if in_use and not call.params.boolean("Force"):
            raise ActionError("ImageUsingByInstance", "The specified image has been used to create instances.", 403)
        call.tx.remove([image])
    return {}


def available_images(call: Call, region: str) -> dict[str, Image]:
    """Return every image an account can use in a region, by id; no action of its own."""
    added = {
        resource.id: Image(
            id=resource.id,
            name=resource.name,
            family="",
            os_name="Customized Linux",
            platform="Customized Linux",
            architecture=resource.document["Architecture"],
            owner_alias="self" if resource.account == call.account else "others",
            size_gib=20,
            created=timestamp(resource.created_at)[:10],
        )
        for resource in call.tx.select(IMAGE_KIND, region=region)
        # An image without an owner belongs to an unknown account that shares it with every account.
        if resource.account in ("", call.account) or call.account in resource.document.get(SHARED_WITH, ())
    }
    return {**images_of(region), **added}


def _matches(pattern: str, name: str) -> bool:
    return pattern in ("", name) or (pattern.endswith("*") and name.startswith(pattern.rstrip("*")))


def _resource_group(own: Resource | None) -> str:
    return str(own.document.get("ResourceGroupId", "")) if own else ""


def _show(image: Image, own: Resource | None, usage: str) -> dict[str, Any]:
    is_shared = own is not None and bool(own.document.get(SHARED_WITH))
    return {
        "ImageId": image.id,
        "ImageName": image.name,
        "ImageFamily": image.family,
        "Description": "",
        "OSName": image.os_name,
        "OSNameEn": image.os_name,
        "OSType": "linux",
        "Platform": image.platform,
        "Architecture": image.architecture,
        "ImageOwnerAlias": image.owner_alias,
        "ImageVersion": "",
        "Status": "Available",
        "Progress": "100%",
        "Size": image.size_gib,
        "Usage": usage,
        "ProductCode": "",
        "IsSupportIoOptimized": True,
        "IsSupportCloudinit": True,
        "IsSubscribed": False,
        "IsSelfShared": str(is_shared),
        "IsCopied": False,
        "CreationTime": f"{image.created}T08:00:00Z",
        "ResourceGroupId": _resource_group(own),
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Tags": {"Tag": show_tags(own) if own else []},
    }


READS = {"DescribeImages": describe_images}
WRITES = {"DeleteImage": delete_image}
