"""Images (Ecs 2014-05-26): Alibaba's public ones and custom ones shared with every account."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import IMAGE_KIND, Image, images_of


def describe_images(call: Call) -> Answer:
    """Return the region's images, filtered by id (a comma list), name, family, owner, system, platform and status."""
    params = call.params
    ids = {part for part in params.text("ImageId").split(",") if part}
    found = [
        image
        for image in available_images(call, call.region).values()
        if (not ids or image.id in ids)
        and _matches(params.text("ImageName"), image.name)
        and params.text("ImageFamily") in ("", image.family)
        and params.text("ImageOwnerAlias") in ("", image.owner_alias)
        and params.text("Architecture") in ("", image.architecture)
        and params.text("OSType") in ("", "linux")
        and "Available" in (params.text("Status") or "Available").split(",")
    ]
    return {**answer_page(call, found, _show, "Images", "Image", largest=100), "RegionId": call.region}


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
            owner_alias="others",
            size_gib=20,
            created=timestamp(resource.created_at)[:10],
        )
        for resource in call.tx.select(IMAGE_KIND, region=region)
    }
    return {**images_of(region), **added}


def _matches(pattern: str, name: str) -> bool:
    return pattern in ("", name) or (pattern.endswith("*") and name.startswith(pattern.rstrip("*")))


def _show(image: Image) -> dict[str, Any]:
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
        "Usage": "none",
        "ProductCode": "",
        "IsSupportIoOptimized": True,
        "IsSupportCloudinit": True,
        "IsSubscribed": False,
        "IsSelfShared": "False",
        "IsCopied": False,
        "CreationTime": f"{image.created}T08:00:00Z",
        "ResourceGroupId": "",
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Tags": {"Tag": []},
    }


READS = {"DescribeImages": describe_images}
