"""Rules for worker pools, whether they come with a Shoot or with a Worker."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import AvailabilityZone, CloudProfile, DataVolume, ShootWorker, Volume
from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.api.images import DEFAULT_ARCHITECTURE, find_profile_image
from provisioner.api.text import did_you_mean, show, show_list, show_name
from provisioner.errors import ManifestError, Problem
from provisioner.validation.cloud_profile import region_zones
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import check_label
from provisioner.validation.quantities import check_count_or_percentage, check_size

_DATA_VOLUME_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9.\-_:]+")
_DATA_VOLUME_NAME_LENGTH = 64
_MOST_DATA_VOLUMES = 64

MOST_POOLS = 1000
"""Most pools that are looked at; an object of that size does not fit into an API server."""


@dataclass(frozen=True)
class Pool:
    """A worker pool, wherever it is written, and where each part of it is."""

    path: str
    name: str
    type_path: str
    machine_type: str
    image_path: str
    image_name: str | None
    image_version: str | None
    architecture: str | None
    architecture_path: str
    minimum: int
    maximum: int
    max_surge: int | str | None
    max_unavailable: int | str | None
    zones: tuple[str, ...]
    volume: Volume | None
    data_volumes: tuple[DataVolume, ...]
    kubelet_data_volume_name: str | None

    @property
    def volumes(self) -> list[tuple[str, Volume | DataVolume]]:
        """System disk and data volumes with their paths."""
        data = [(f"{self.path}.dataVolumes[{index}]", volume) for index, volume in enumerate(self.data_volumes)]
        return [*([(f"{self.path}.volume", self.volume)] if self.volume else []), *data]


def pool_of_shoot(index: int, worker: ShootWorker) -> Pool:
    """Return a Shoot's worker pool."""
    path = f"spec.provider.workers[{index}]"
    image = worker.machine.image
    return Pool(
        path=path,
        name=worker.name,
        type_path=f"{path}.machine.type",
        machine_type=worker.machine.type,
        image_path=f"{path}.machine.image",
        image_name=image.name if image else None,
        image_version=image.version if image else None,
        architecture=worker.machine.architecture,
        architecture_path=f"{path}.machine.architecture",
        minimum=worker.minimum,
        maximum=worker.maximum,
        max_surge=worker.max_surge,
        max_unavailable=worker.max_unavailable,
        zones=worker.zones,
        volume=worker.volume,
        data_volumes=worker.data_volumes,
        kubelet_data_volume_name=worker.kubelet_data_volume_name,
    )


def pool_of_worker(index: int, pool: WorkerPool) -> Pool:
    """Return a Worker's pool."""
    path = f"spec.pools[{index}]"
    image = pool.machine_image
    return Pool(
        path=path,
        name=pool.name,
        type_path=f"{path}.machineType",
        machine_type=pool.machine_type,
        image_path=f"{path}.machineImage",
        image_name=image.name if image else None,
        image_version=image.version if image else None,
        architecture=pool.architecture,
        architecture_path=f"{path}.architecture",
        minimum=pool.minimum,
        maximum=pool.maximum,
        max_surge=pool.max_surge,
        max_unavailable=pool.max_unavailable,
        zones=pool.zones,
        volume=pool.volume,
        data_volumes=pool.data_volumes,
        kubelet_data_volume_name=pool.kubelet_data_volume_name,
    )


@dataclass(frozen=True)
class PoolsSubject(Subject):
    """All worker pools of one object and what surrounds them."""

    path: str
    """Where the pools are, for example `spec.provider.workers`."""
    count: int
    """How many pools there are."""
    pools: tuple[Pool, ...]
    """The pools that are looked at."""
    region: str
    profile: CloudProfile | None
    infrastructure_zones: tuple[str, ...] | None
    """Zones that the infrastructure has; None when the input does not say."""
    infrastructure_name: str
    """How a problem names the place of these zones."""
    images_in_use: tuple[MachineImage, ...] = ()
    """Images that resolve although the CloudProfile does not have them any more."""

    @cached_property
    def profile_zones(self) -> dict[str, AvailabilityZone]:
        """What the CloudProfile says of the region's zones, by name."""
        for region in self.profile.spec.regions if self.profile else ():
            if region.name == self.region:
                return {zone.name: zone for zone in region.zones}
        return {}


def check_count(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem if there are more pools than are looked at."""
    if subject.count > MOST_POOLS:
        yield subject.problem(subject.path, "TooMany", f"{subject.count} pools, the limit is {MOST_POOLS}")


def check_names(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool without a DNS label of its own as name."""
    first: dict[str, str] = {}
    for pool in subject.pools:
        yield from check_label(subject, f"{pool.path}.name", pool.name)
        other = first.setdefault(pool.name, pool.path)
        if other != pool.path:
            detail = f"{show(pool.name)} is also the name of {other.rpartition('.')[2]}"
            yield subject.problem(f"{pool.path}.name", "Duplicate", detail, "give each pool a name of its own")


def check_sizes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose size or update limits make no sense."""
    for pool in subject.pools:
        for field, value in (("minimum", pool.minimum), ("maximum", pool.maximum)):
            if value < 0:
                yield subject.problem(f"{pool.path}.{field}", "Invalid", f"must not be negative, but is {value}")
        if pool.maximum < pool.minimum:
            detail = f"minimum {pool.minimum} is greater than maximum {pool.maximum}"
            yield subject.problem(f"{pool.path}.maximum", "Invalid", detail, "raise maximum or lower minimum")
        yield from check_count_or_percentage(subject, f"{pool.path}.maxSurge", pool.max_surge)
        yield from check_count_or_percentage(subject, f"{pool.path}.maxUnavailable", pool.max_unavailable)


def check_zones(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool without zones, and for each zone that is unknown or named twice."""
    known = region_zones(subject.profile, subject.region)
    there = frozenset(subject.infrastructure_zones or ())
    for pool in subject.pools:
        if not pool.zones:
            yield subject.problem(f"{pool.path}.zones", "Required", "at least one zone is required")
        first: dict[str, int] = {}
        for index, zone in enumerate(pool.zones):
            path = f"{pool.path}.zones[{index}]"
            if first.setdefault(zone, index) != index:
                yield subject.problem(path, "Duplicate", f"{show(zone)} is also zones[{first[zone]}]", "remove it")
                continue
            if subject.infrastructure_zones is not None and zone not in there:
                detail = f"{show(zone)} is not a zone of {subject.infrastructure_name}"
                detail += f"; there are {show_list(subject.infrastructure_zones)}"
                yield subject.problem(path, "NotSupported", detail, "add it there, or choose one of these")
            if known is not None and zone not in known:
                detail = f"{show(zone)} is not a zone of region {show_name(subject.region)}"
                detail += f"; there are {show_list(known)}"
                yield subject.problem(path, "NotSupported", detail, did_you_mean(zone, known))


def check_machine_types(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each machine type that the CloudProfile does not offer, or not in a zone of the pool."""
    if subject.profile is None:
        return
    offered = {item.name: item for item in subject.profile.spec.machine_types}
    usable = {name: None for name, item in offered.items() if item.usable is not False}
    for pool in subject.pools:
        if pool.machine_type not in usable:
            state = "is not usable" if pool.machine_type in offered else "is not offered"
            detail = f"machine type {show(pool.machine_type)} {state}; there are {show_list(usable)}"
            yield subject.problem(pool.type_path, "NotSupported", detail, did_you_mean(pool.machine_type, usable))
            continue
        architecture = offered[pool.machine_type].architecture
        if architecture and architecture != (pool.architecture or DEFAULT_ARCHITECTURE):
            detail = f"machine type {show(pool.machine_type)} has architecture {show(architecture)}"
            detail += f", the pool asks for {show(pool.architecture or DEFAULT_ARCHITECTURE)}"
            yield subject.problem(pool.architecture_path, "NotSupported", detail, f"write {show_name(architecture)}")
        for zone_name in pool.zones:
            zone = subject.profile_zones.get(zone_name)
            if zone is not None and pool.machine_type in zone.unavailable_machine_types:
                detail = f"machine type {show(pool.machine_type)} cannot be had in zone {show_name(zone_name)}"
                yield subject.problem(pool.type_path, "NotSupported", detail, "choose another type or other zones")


def check_volumes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each missing system disk, and for each volume without a known type and a correct size."""
    usable = None
    if subject.profile is not None:
        usable = {item.name: None for item in subject.profile.spec.volume_types if item.usable is not False}
    for pool in subject.pools:
        if pool.volume is None:
            fix = "give type and size of the system disk"
            yield subject.problem(f"{pool.path}.volume", "Required", "is required", fix)
        for path, volume in pool.volumes:
            yield from check_size(subject, f"{path}.size", volume.size)
            if not volume.type:
                yield subject.problem(f"{path}.type", "Required", "is required", "give a disk category")
            elif usable is not None:
                yield from _check_volume_type(subject, pool, f"{path}.type", volume.type, usable)


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
            detail = f"volume type {show(volume_type)} cannot be had in zone {show_name(zone_name)}"
            yield subject.problem(path, "NotSupported", detail, "choose another type or other zones")


def check_data_volumes(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose data volumes are too many or not named as they must be."""
    for pool in subject.pools:
        names = [volume.name for volume in pool.data_volumes]
        if len(names) > _MOST_DATA_VOLUMES:
            detail = f"{len(names)} data volumes, the limit is {_MOST_DATA_VOLUMES}"
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
                yield subject.problem(path, "Duplicate", detail, "give each data volume a name of its own")
        kubelet = pool.kubelet_data_volume_name
        if kubelet is not None and kubelet not in names:
            detail = f"{show(kubelet)} is not a data volume of the pool; there are {show_list(names)}"
            yield subject.problem(f"{pool.path}.kubeletDataVolumeName", "NotSupported", detail)


def check_images(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose machine image has no image id in the region."""
    for pool in subject.pools:
        if pool.image_name is None or pool.image_version is None:
            path = pool.image_path if pool.image_name is None else f"{pool.image_path}.version"
            yield subject.problem(path, "Required", "is required", "name a machine image and its version")
        elif subject.profile is not None:
            try:
                find_profile_image(
                    subject.profile,
                    pool.machine_type,
                    pool.image_name,
                    pool.image_version,
                    subject.region,
                    in_use=subject.images_in_use,
                    object=subject.label,
                    path=pool.image_path,
                )
            except ManifestError as error:
                yield from error.problems


POOL_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_count),
    Rule(check_names),
    Rule(check_sizes),
    Rule(check_zones),
    Rule(check_machine_types),
    Rule(check_volumes),
    Rule(check_data_volumes),
    Rule(check_images),
)
