"""The images that machines of worker pools start from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import CloudProfile, Shoot
from provisioner.api.extensions_v1alpha1 import PoolMachineImage, Worker, WorkerPool
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.image_offer import ImageWish, choose_image, image_wish
from provisioner.gardener.images import find_profile_image


@dataclass(frozen=True, slots=True)
class PoolImages:
    """The images found for the pools of a Worker, and a problem for each one missing."""

    found: Mapping[str, MachineImage]
    """Image by pool."""
    problems: tuple[Problem, ...]
    """One for each pool that has none."""


def find_pool_images(
    worker: Worker,
    profile: CloudProfile,
    in_use: Sequence[MachineImage] = (),
    new_machine_types: Collection[str] = (),
) -> PoolImages:
    """
    Return the image of each pool: by the CloudProfile, and then by the images `in_use`, which come from a status.

    For the pools with `new_machine_types`, an image in use has to fit as one that is chosen.
    """
    found: dict[str, MachineImage] = {}
    problems: list[Problem] = []
    for number, pool in enumerate(worker.spec.pools):
        path = f"spec.pools[{number}].machineImage"
        try:
            found[pool.name] = _find_pool_image(
                pool, profile, worker, path, in_use, is_new=pool.name in new_machine_types
            )
        except ManifestError as error:
            problems.extend(error.problems)
    return PoolImages(found, tuple(problems))


def image_wishes(shoot: Shoot, profile: CloudProfile, now: datetime) -> list[ImageWish]:
    """Return what the pools of a Shoot ask for that leave a choice; Gardener's API server makes it for a new pool."""
    workers = enumerate(shoot.spec.provider.workers)
    wishes = [
        image_wish(worker, f"spec.provider.workers[{index}].machine.image", profile, now) for index, worker in workers
    ]
    return [wish for wish in wishes if wish.is_open(profile)]


def choose_images(profile: CloudProfile, wishes: Iterable[ImageWish]) -> dict[str, PoolMachineImage]:
    """Return the machine images of new pools by their wishes, as far as something fits."""
    found = ((wish.pool, choose_image(profile, wish)) for wish in wishes)
    return {pool: PoolMachineImage(name=choice.name, version=choice.version) for pool, choice in found if choice}


def with_images(worker: Worker, images: Mapping[str, PoolMachineImage]) -> Worker:
    """Return a Worker whose pools have the machine images that are given."""
    if not images:
        return worker
    pools = tuple(
        pool.model_copy(update={"machine_image": images[pool.name]}) if pool.name in images else pool
        for pool in worker.spec.pools
    )
    return worker.model_copy(update={"spec": worker.spec.model_copy(update={"pools": pools})})


def images_in_use(images: Iterable[MachineImage]) -> tuple[MachineImage, ...]:
    """Return each image once, in an order that does not depend on that of the pools."""
    different = {image.model_dump_json(): image for image in images}
    return tuple(sorted(different.values(), key=lambda image: (image.name, image.version, image.id)))


def _find_pool_image(
    pool: WorkerPool,
    profile: CloudProfile,
    worker: Worker,
    path: str,
    in_use: Sequence[MachineImage],
    *,
    is_new: bool,
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
        is_new=is_new,
        object=worker.reference,
        path=path,
    )
