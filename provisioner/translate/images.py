"""The image id that a worker pool's machines start from."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.api.images import find_profile_image
from provisioner.errors import ManifestError


def find_machine_image(
    profile: CloudProfile, pool: WorkerPool, region: str, in_use: Sequence[MachineImage] = ()
) -> str:
    """
    Return the image id for a pool, by the CloudProfile and then by the images `in_use` (from a status).

    Raises:
        ManifestError: the pool names no image, or there is no id for it; says what was asked and what exists. Object
            and path are the caller's to fill in.
    """
    image = pool.machine_image
    if image is None:
        detail = f"pool {pool.name!r} names no machine image"
        raise ManifestError.single("", "", "Required", detail, "give name and version")
    return find_profile_image(profile, pool.machine_type, image.name, image.version, region, in_use=in_use).id
