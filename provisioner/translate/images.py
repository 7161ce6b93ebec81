"""The images that machines of worker pools start from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import Worker, WorkerPool
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.images import find_profile_image


@dataclass(frozen=True, slots=True)
class PoolImages:
    """The images found for the pools of a Worker, and a problem for each one missing."""

    found: Mapping[str, MachineImage]
    """Image by pool."""
    problems: tuple[Problem, ...]
    """One for each pool that has none."""


def find_pool_images(worker: Worker, profile: CloudProfile, in_use: Sequence[MachineImage] = ()) -> PoolImages:
    """Return the image of each pool: by the CloudProfile, and then by the images `in_use`, which come from a status."""
    found: dict[str, MachineImage] = {}
    problems: list[Problem] = []
    for number, pool in enumerate(worker.spec.pools):
        path = f"spec.pools[{number}].machineImage"
        try:
            found[pool.name] = _find_pool_image(pool, profile, worker, path, in_use)
        except ManifestError as error:
            problems.extend(error.problems)
    return PoolImages(found, tuple(problems))


def images_in_use(images: Iterable[MachineImage]) -> tuple[MachineImage, ...]:
    """Return each image once, in an order that does not depend on that of the pools."""
    different = {image.model_dump_json(): image for image in images}
    return tuple(sorted(different.values(), key=lambda image: (image.name, image.version, image.id)))


def _find_pool_image(
    pool: WorkerPool, profile: CloudProfile, worker: Worker, path: str, in_use: Sequence[MachineImage]
) -> MachineImage:
    image = pool.machine_image
    if image is None:
        detail = f"pool {pool.name!r} names no machine image"
        raise ManifestError.single(worker.reference, path, "Required", detail, "give name and version")
    return find_profile_image(
        profile,
        pool.machine_type,
        image.name,
        image.version,
        worker.spec.region,
        is_encrypted=bool(pool.volume and pool.volume.encrypted),
        in_use=in_use,
        object=worker.reference,
        path=path,
    )
