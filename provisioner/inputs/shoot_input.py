"""The input of one run: a shoot's identity, its credentials, its bucket, and its requested objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, MachineImage, WorkerStatus
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import Infrastructure, Worker
from provisioner.api.text import show
from provisioner.cloud import Credentials
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.image_offer import ImageWish
from provisioner.ids import RegionId
from provisioner.inputs.bucket import Bucket
from provisioner.translate.identity import Identity


@dataclass(frozen=True, slots=True)
class ShootInput:
    """
    One shoot to work on.

    `infrastructure` or `worker` is None when the input has only the other one. Images and user data are empty when the
    input is for a destroy, which does not need them.
    """

    identity: Identity
    region: RegionId
    credentials: Credentials
    bucket: Bucket
    infrastructure: Infrastructure | None
    worker: Worker | None
    pod_cidr: str | None = None
    is_hibernated: bool = False
    images: Mapping[str, MachineImage] = field(default_factory=dict)
    """Image by pool; for an Infrastructure alone, the images of its Cluster's Shoot."""
    user_data: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Base64 user data by pool."""
    is_of_shoot: bool = False
    """Whether Infrastructure and Worker were made from a Shoot, and are in no manifest."""
    asks_for_nothing: bool = False
    """Whether it is a Shoot without workers: a destroy looks for what it had before, if it had workers."""
    worker_is_linked: bool = True
    """Whether the Worker takes its infrastructure from the state (a Shoot's), or from its own manifest."""
    warnings: tuple[Problem, ...] = ()
    deleted_since: str | None = None
    """The deletionTimestamp of the object; unset for a living one."""
    cloud_profile: CloudProfile | None = None
    undecided: tuple[Problem, ...] = ()
    """Problems that are errors unless the state says that the value was so before: see `tolerate_unchanged`."""
    of_new: tuple[Problem, ...] = ()
    """Problems that are errors unless the state says that the object exists."""
    image_wishes: tuple[ImageWish, ...] = ()
    """
    What pools ask for that do not name their image. A new pool's is chosen already, and an existing one keeps what the
    state says.
    """

    def require_living(self) -> None:
        """
        Do nothing for an object that is not being deleted.

        Raises:
            ManifestError: it is; nothing is created or changed for it any more.
        """
        if self.deleted_since is not None:
            detail = (
                f"it has been in deletion since {show(self.deleted_since)}, so nothing is created or changed for it"
            )
            fix = "`provision destroy` removes its machines and infrastructure; for a new one, leave the field out"
            raise ManifestError.single(self.identity.reference, "metadata.deletionTimestamp", "Forbidden", detail, fix)


def status_images(part: Infrastructure | Worker | None) -> tuple[MachineImage, ...]:
    """Return the images in use by what a manifest says of its own status, or of that of its infrastructure."""
    statuses: list[InfrastructureStatus | WorkerStatus | None] = []
    if isinstance(part, Worker):
        statuses.append(part.spec.infrastructure_provider_status)
    if part is not None and part.status is not None:
        statuses.append(part.status.provider_status)
    return tuple(image for status in statuses if status is not None for image in status.machine_images)
