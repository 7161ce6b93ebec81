"""
Rules for the disks of a pool's machines, as Gardener and the Alicloud extension have them.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/shoot.go (ValidateWorkers); gardener
plugin/pkg/shoot/validator/admission.go (volume types), read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from provisioner.api.text import did_you_mean, show, show_list, show_name
from provisioner.errors import Problem
from provisioner.validation.findings import Rule
from provisioner.validation.pools import Pool, PoolsSubject
from provisioner.validation.quantities import check_size, read_size

_DATA_VOLUME_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9.\-_:]+")
_DATA_VOLUME_NAME_LENGTH = 64
MOST_DATA_VOLUMES = 64
"""The extension's limit."""


def check_volumes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each missing system disk, and for each volume without a type and a correct size."""
    for pool in subject.pools:
        if pool.volume is None:
            fix = "give type and size of the system disk"
            yield subject.problem(f"{pool.path}.volume", "Required", "is required", fix)
        for path, volume in pool.volumes:
            yield from check_size(subject, f"{path}.size", volume.size)
            if not volume.type:
                yield subject.problem(f"{path}.type", "Required", "is required", "give a disk category")


def check_volume_types(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each volume whose type the CloudProfile does not offer, or not in this size."""
    if subject.profile is None or not subject.profile.knows("volumeTypes"):
        return
    usable = {item.name: item for item in subject.profile.spec.volume_types if item.usable is not False}
    for pool in subject.pools:
        for path, volume in pool.volumes:
            if not volume.type:
                continue
            yield from _check_volume_type(subject, pool, f"{path}.type", volume.type, usable)
            least = usable[volume.type].min_size if volume.type in usable else None
            size, least_gib = read_size(volume.size), read_size(least or "")
            if size is not None and least_gib is not None and size < least_gib:
                detail = f"{show(volume.size)} is less than the CloudProfile's {show(least)} for {show(volume.type)}"
                yield subject.problem(f"{path}.size", "Invalid", detail, f"write at least {show_name(least or '')}")


def _check_volume_type(
    subject: PoolsSubject, pool: Pool, path: str, volume_type: str, usable: Collection[str]
) -> Iterator[Problem]:
    """Yield a problem unless the CloudProfile offers the volume type in every zone of the pool."""
    if volume_type not in usable:
        detail = f"volume type {show(volume_type)} is not offered; there are {show_list(usable)}"
        yield subject.problem(path, "NotSupported", detail, did_you_mean(volume_type, usable))
        return
    for zone_name in pool.zones:
        zone = subject.profile_zones.get(zone_name)
        if zone is not None and volume_type in zone.unavailable_volume_types:
            detail = f"volume type {show(volume_type)} is not available in zone {show_name(zone_name)}"
            yield subject.problem(path, "NotSupported", detail, "choose another type or other zones")


def check_data_volumes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose data volumes are too many or not named as they must be."""
    for pool in subject.pools:
        names = [volume.name for volume in pool.data_volumes]
        if len(names) > MOST_DATA_VOLUMES:
            detail = f"{len(names)} data volumes, the limit is {MOST_DATA_VOLUMES}"
            yield subject.problem(f"{pool.path}.dataVolumes", "TooMany", detail)
            continue
        for index, name in enumerate(names):
            path = f"{pool.path}.dataVolumes[{index}].name"
            if len(name) > _DATA_VOLUME_NAME_LENGTH:
                detail = f"{show(name)} has {len(name)} characters, the limit is {_DATA_VOLUME_NAME_LENGTH}"
                yield subject.problem(path, "TooLong", detail)
            elif not _DATA_VOLUME_NAME.fullmatch(name):
                fix = "begin with a letter, go on with letters, digits and . - _ :"
                yield subject.problem(path, "Invalid", f"{show(name)} is not a name for a data volume", fix)
            if name in names[:index]:
                detail = f"{show(name)} is also dataVolumes[{names.index(name)}]"
                yield subject.problem(path, "Duplicate", detail, "give each data volume its own name")
        kubelet = pool.kubelet_data_volume_name
        if kubelet is not None and kubelet not in names and all(names):
            detail = f"{show(kubelet)} is not a data volume of the pool; there are {show_list(names)}"
            yield subject.problem(f"{pool.path}.kubeletDataVolumeName", "NotSupported", detail)


DISK_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_volumes, in_schema="yes"),
    Rule(check_volume_types, in_schema="objects", is_for_changes=True),
    Rule(check_data_volumes, in_schema="partly"),
)
