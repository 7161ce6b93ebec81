"""
Rules for what a scaling configuration can give its machines as disks.

What the Terraform provider or ESS refuses cannot work for any pool, so that is always an error; what only ECS says of
a category binds new and changed disks.

Source: aliyun/alicloud 1.289.0, resource alicloud_ess_scaling_configuration; API document of CreateScalingConfiguration
(Ess 2022-02-22), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.core_v1beta1 import DataVolume
from provisioner.api.text import show, show_list, show_name
from provisioner.errors import Problem
from provisioner.validation.disks import MOST_DATA_VOLUMES
from provisioner.validation.findings import Rule
from provisioner.validation.pools import PoolsSubject
from provisioner.validation.quantities import read_size

_MOST_DATA_DISKS = 16
"""Data disks of a scaling configuration (API document of CreateScalingConfiguration, read 2026-11)."""

_SYSTEM_CATEGORIES = ("cloud", "cloud_efficiency", "cloud_essd", "cloud_essd_xc1", "cloud_ssd", "ephemeral_ssd")
_DATA_CATEGORIES = ("cloud", "cloud_efficiency", "cloud_essd", "cloud_ssd", "ephemeral_ssd")
"""Categories that aliyun/alicloud accepts in alicloud_ess_scaling_configuration, read 2026-11."""

_SYSTEM_GIB = (20, 500)
"""aliyun/alicloud's own check of system_disk_size; ECS takes up to 2048 GiB of most categories. Read 2026-11."""
_DATA_GIB = (5, 32768)
"""Least of any category in ESS, and the most of those that are not `cloud_essd`; the modules' limits."""

_DATA_GIB_OF = {
    "cloud": (5, 2000),
    "cloud_efficiency": (20, 32768),
    "cloud_essd": (20, 32768),
    "cloud_ssd": (20, 32768),
    "ephemeral_ssd": (5, 800),
}
"""Data disk sizes by category (API document of CreateScalingConfiguration, DataDisk.N.Size, read 2026-11)."""


def check_disk_count(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool with more data volumes than a scaling configuration takes."""
    for pool in subject.pools:
        count = len(pool.data_volumes)
        if _MOST_DATA_DISKS < count <= MOST_DATA_VOLUMES:
            detail = f"{count} data volumes; an ESS scaling configuration takes at most {_MOST_DATA_DISKS}"
            detail += f" (CreateScalingConfiguration), although the Alicloud extension takes {MOST_DATA_VOLUMES}"
            fix = f"use at most {_MOST_DATA_DISKS} larger volumes"
            yield subject.problem(f"{pool.path}.dataVolumes", "TooMany", detail, fix)


def check_disk_names(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each data volume whose name has a colon: Gardener takes it, the Terraform modules do not."""
    for pool in subject.pools:
        for index, volume in enumerate(pool.data_volumes):
            if ":" in volume.name:
                detail = f"{show(volume.name)} has a colon, which the name of a disk cannot have here"
                path = f"{pool.path}.dataVolumes[{index}].name"
                yield subject.problem(path, "Invalid", detail, "use letters, digits and . - _")


def check_disk_categories(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each disk of a category that the Terraform provider does not take."""
    for pool in subject.pools:
        for path, volume in pool.volumes:
            known = _DATA_CATEGORIES if isinstance(volume, DataVolume) else _SYSTEM_CATEGORIES
            if volume.type and volume.type not in known and not is_unknown_type(subject, volume.type):
                what = "data disk" if isinstance(volume, DataVolume) else "system disk"
                detail = f"{show(volume.type)} is not a category that a {what} of a scaling configuration can have"
                detail += f" (aliyun/alicloud); there are {show_list(known)}"
                yield subject.problem(f"{path}.type", "NotSupported", detail, "choose one of these")


def is_unknown_type(subject: PoolsSubject, volume_type: str) -> bool:
    """Return whether the CloudProfile does not know the type either: that problem is enough."""
    profile = subject.profile
    if profile is None or not profile.knows("volumeTypes"):
        return False
    return all(item.name != volume_type for item in profile.spec.volume_types)


def check_disk_sizes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each disk of a size that the Terraform modules do not take."""
    for pool in subject.pools:
        for path, volume in pool.volumes:
            least, most = _DATA_GIB if isinstance(volume, DataVolume) else _SYSTEM_GIB
            size = read_size(volume.size)
            if size and not least <= size <= most:
                what = "data disk" if isinstance(volume, DataVolume) else "system disk"
                detail = f"{show(volume.size)} is {size} GiB; a {what} of a scaling configuration"
                detail += f" has {least} to {most} GiB (aliyun/alicloud)"
                yield subject.problem(f"{path}.size", "Invalid", detail, f"choose a size from {least}Gi to {most}Gi")


def check_category_sizes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each data disk of a size that its category does not have."""
    for pool in subject.pools:
        for path, volume in pool.volumes:
            size = read_size(volume.size)
            limits = _DATA_GIB_OF.get(volume.type or "") if isinstance(volume, DataVolume) else None
            # Beyond the limits of all categories there is a problem already.
            if limits is None or size is None or not _DATA_GIB[0] <= size <= _DATA_GIB[1]:
                continue
            least, most = limits
            if not least <= size <= most:
                detail = f"{show(volume.size)} is {size} GiB; a data disk of category {show_name(volume.type or '')}"
                detail += f" has {least} to {most} GiB (CreateScalingConfiguration)"
                yield subject.problem(f"{path}.size", "Invalid", detail, f"choose a size from {least}Gi to {most}Gi")


SCALING_DISK_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_disk_count, in_schema="yes"),
    Rule(check_disk_names, in_schema="yes"),
    Rule(check_disk_categories, in_schema="yes"),
    Rule(check_disk_sizes, in_schema="computed"),
    Rule(check_category_sizes, in_schema="computed", is_beyond_gardener=True),
)
