"""A Worker as variables of the worker root module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, MachineImage
from provisioner.api.core_v1beta1 import DataVolume, Volume
from provisioner.api.extensions_v1alpha1 import Worker, WorkerPool
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.distribution import desired_size, distribute_over_zones
from provisioner.gardener.quantities import disk_size_gib
from provisioner.ids import EntryName, TechnicalId
from provisioner.translate.images import images_in_use
from provisioner.translate.machine_deployments import machine_deployments
from provisioner.translate.names import VPC_NAME_LIMIT, cluster_tags, fit_name, instance_tags
from provisioner.translate.resource_types import SCALING_GROUP
from provisioner.translate.rolling import REVISION_TAG, revision

KNOWN_AFTER_INFRASTRUCTURE = "known-after-infrastructure"
"""Stands in a plan for an id that exists only after the Infrastructure is applied."""

DEFAULT_DISK_CATEGORY = "cloud_essd"
"""For a volume without a type: the category that every current instance family can have."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where machines go: what a Worker needs from the Infrastructure."""

    vswitch_ids: Mapping[str, str]
    """vSwitch id by zone."""
    security_group_id: str
    key_pair_name: str | None

    @classmethod
    def from_status(cls, status: InfrastructureStatus) -> Placement:
        """Return the placement that an InfrastructureStatus describes; only objects for nodes count."""
        vpc = status.vpc
        groups = [group.id for group in vpc.security_groups if group.purpose == "nodes"]
        return cls(
            {vswitch.zone: vswitch.id for vswitch in reversed(vpc.vswitches) if vswitch.purpose == "nodes"},
            groups[0] if groups else "",
            status.key_pair_name or None,
        )

    def with_stand_ins(self, zones: set[str]) -> Placement:
        """Return the same placement with a stand-in for each id that does not exist yet."""
        return Placement(
            {zone: self.vswitch_ids.get(zone, f"vsw-{KNOWN_AFTER_INFRASTRUCTURE}") for zone in zones},
            self.security_group_id or f"sg-{KNOWN_AFTER_INFRASTRUCTURE}",
            self.key_pair_name,
        )


def translate_worker(
    worker: Worker,
    technical_id: TechnicalId,
    entry_name: EntryName,
    *,
    images: Mapping[str, MachineImage],
    placement: Placement,
    sizes: Mapping[tuple[str, str], int],
    is_hibernated: bool,
    user_data: Mapping[str, str],
    applied: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """
    Return the variables of the worker root, as plain JSON.

    `images` has the image of each pool; `sizes` the current size of each (pool, zone) whose scaling group exists.
    The `user_data` itself is not among the variables. `applied` are the machine deployments of the state.

    Raises:
        ManifestError: a pool uses a zone that the infrastructure does not have, or a disk size is no quantity.
    """
    problems: list[Problem] = []
    pools = {
        pool.name: {
            "image_id": images[pool.name].id,
            "instance_type": pool.machine_type,
            "instance_name": fit_name(f"{technical_id}-{pool.name}", VPC_NAME_LIMIT),
            "system_disk": _system_disk(worker, f"spec.pools[{number}].volume", pool.volume, problems),
            "data_disks": [
                _data_disk(worker, f"spec.pools[{number}].dataVolumes[{index}]", volume, technical_id, problems)
                for index, volume in enumerate(pool.data_volumes)
            ],
            "instance_tags": instance_tags(technical_id, entry_name, pool.labels)
            | {REVISION_TAG: revision(pool, user_data.get(pool.name))},
            "zones": {
                zone: {
                    "vswitch_id": placement.vswitch_ids[zone],
                    "scaling_group_name": SCALING_GROUP.name_of(technical_id, pool=pool.name, zone=zone),
                    "minimum": minimum,
                    "maximum": maximum,
                    "desired": desired_size(
                        sizes.get((pool.name, zone)), minimum, maximum, is_hibernated=is_hibernated
                    ),
                }
                for zone, minimum, maximum in zone_limits(pool, is_hibernated=is_hibernated)
                if zone in placement.vswitch_ids
            },
        }
        for number, pool in enumerate(worker.spec.pools)
    }
    problems.extend(_unplaced_zones(worker, placement))
    if not placement.security_group_id:
        problems.append(
            Problem(
                worker.reference,
                "spec.infrastructureProviderStatus.vpc.securityGroups",
                "Required",
                "the infrastructure has no security group for nodes",
                "apply the Infrastructure first",
            )
        )
    if problems:
        raise ManifestError(problems)
    return {
        "cluster_name": technical_id,
        "region": worker.spec.region,
        "tags": cluster_tags(technical_id, entry_name),
        "security_group_id": placement.security_group_id,
        "key_pair_name": placement.key_pair_name,
        # The state keeps them for the status, and so that a version that leaves the CloudProfile stays known while a
        # pool uses it.
        "machine_images": [
            image.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            for image in images_in_use(images.values())
        ],
        "machine_deployments": machine_deployments(worker, technical_id, applied),
        "pools": pools,
    }


def zone_limits(pool: WorkerPool, *, is_hibernated: bool) -> list[tuple[str, int, int]]:
    """Return each zone of a pool with its minimum and maximum; a zone that is listed twice counts once."""
    zones = list(dict.fromkeys(pool.zones))
    if is_hibernated:
        return [(zone, 0, 0) for zone in zones]
    return [
        (
            zone,
            distribute_over_zones(pool.minimum, index, len(zones)),
            distribute_over_zones(pool.maximum, index, len(zones)),
        )
        for index, zone in enumerate(zones)
    ]


def _unplaced_zones(worker: Worker, placement: Placement) -> list[Problem]:
    return [
        Problem(
            worker.reference,
            f"spec.pools[{number}].zones[{index}]",
            "NotSupported",
            f"the infrastructure has no vSwitch for nodes in zone {zone!r}",
            f"use one of: {', '.join(sorted(placement.vswitch_ids)) or 'none'}",
        )
        for number, pool in enumerate(worker.spec.pools)
        for index, zone in enumerate(pool.zones)
        if zone not in placement.vswitch_ids
    ]


def _system_disk(worker: Worker, path: str, volume: Volume | None, problems: list[Problem]) -> dict[str, Any]:
    if volume is None:
        problems.append(Problem(worker.reference, path, "Required", "a system disk with type and size is needed"))
        return {}
    return {
        "category": volume.type or DEFAULT_DISK_CATEGORY,
        "size_gib": _size(worker, f"{path}.size", volume.size, problems),
        "encrypted": volume.encrypted,
    }


def _data_disk(
    worker: Worker, path: str, volume: DataVolume, technical_id: TechnicalId, problems: list[Problem]
) -> dict[str, Any]:
    return {
        "name": volume.name,
        "category": volume.type or DEFAULT_DISK_CATEGORY,
        "size_gib": _size(worker, f"{path}.size", volume.size, problems),
        "encrypted": volume.encrypted,
        "description": fit_name(f"{technical_id}-datavol-{volume.name}", VPC_NAME_LIMIT),
    }


def _size(worker: Worker, path: str, size: str, problems: list[Problem]) -> int:
    try:
        return disk_size_gib(size)
    except ValueError as error:
        problems.append(Problem(worker.reference, path, "Invalid", str(error)))
        return 0
