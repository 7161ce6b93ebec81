"""
What a CloudProfile offers as machine images, and which of them a pool gets that names none or only a part of a version.

The offer is `spec.machineImages`; the image ids are elsewhere, in the provider's configuration.

Source: gardener pkg/api/core/v1beta1/helper/cloudprofile.go (architectures, capabilities) and
plugin/pkg/shoot/mutator/admission.go (ensureMachineImage, getDefaultMachineImage), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioner.api.core_v1beta1 import (
    CapabilityDefinition,
    CloudProfile,
    MachineType,
    ProfileImageVersion,
    ShootWorker,
)
from provisioner.api.text import show_name
from provisioner.errors import Problem
from provisioner.gardener.images import (
    ARCHITECTURE,
    DEFAULT_ARCHITECTURE,
    find_machine_type,
    machine_capabilities,
    shares_every_capability,
)
from provisioner.gardener.lifecycle import DEPRECATED, EXPIRED, PREVIEW, UNAVAILABLE, current_stage, is_active
from provisioner.gardener.update_strategies import IN_PLACE
from provisioner.gardener.versions import (
    Version,
    begins_with,
    is_older,
    is_part_of_version,
    read_version,
    version_order,
)


def find_version(profile: CloudProfile, name: str, version: str) -> ProfileImageVersion | None:
    """Return the version of an image on offer, expired or not; None if there is none."""
    for image in profile.spec.machine_images:
        if image.name == name:
            for entry in image.versions:
                if entry.version == version:
                    return entry
    return None


def image_architectures(version: ProfileImageVersion, definitions: Sequence[CapabilityDefinition]) -> tuple[str, ...]:
    """Return the CPU architectures that a version is for."""
    defined = next((item.values for item in definitions if item.name == ARCHITECTURE), ())
    if version.capability_flavors and definitions:
        flavors = (flavor.get(ARCHITECTURE) or defined for flavor in version.capability_flavors)
        found = tuple(dict.fromkeys(value for values in flavors for value in values))
    else:
        found = defined
    return found or version.architectures or (DEFAULT_ARCHITECTURE,)


def pool_architecture(profile: CloudProfile | None, machine_type: str, architecture: str | None) -> str:
    """Return the CPU architecture of a pool: its own, else the only one of its machine type, else amd64."""
    if architecture is not None or profile is None:
        return architecture or DEFAULT_ARCHITECTURE
    machine = find_machine_type(profile, machine_type)
    return (machine and machine_architecture(machine, profile.spec.machine_capabilities)) or DEFAULT_ARCHITECTURE


def machine_architecture(machine: MachineType, definitions: Sequence[CapabilityDefinition]) -> str | None:
    """Return the CPU architecture of a machine type; None if its capabilities leave several."""
    values = machine_capabilities(machine, definitions)[ARCHITECTURE] if definitions else ()
    return values[0] if len(values) == 1 else machine.architecture or (None if values else DEFAULT_ARCHITECTURE)


def suits_machine(
    version: ProfileImageVersion, machine: MachineType | None, definitions: Sequence[CapabilityDefinition]
) -> bool:
    """
    Return whether a version has a flavor for a machine type. A version without flavors suits all, and so does every
    version if nothing is known of the machine type.
    """
    if machine is None or not definitions or not version.capability_flavors:
        return True
    capabilities = machine_capabilities(machine, definitions)
    return any(shares_every_capability(flavor, capabilities, definitions) for flavor in version.capability_flavors)


@dataclass(frozen=True, slots=True)
class ImageWish:
    """The machine image that a pool asks for, and what it has to fit."""

    pool: str
    path: str
    """Where the Shoot says it, or would."""
    name: str | None
    """Name of the image; None for any."""
    version: str | None
    """Its version, or the first one or two numbers of it; None for any."""
    machine_type: str
    architecture: str
    is_in_place: bool
    """Whether the pool's machines are updated in place."""
    now: datetime
    """When it is asked."""

    def is_open(self, profile: CloudProfile) -> bool:
        """Return whether the wish leaves a choice: it has no name, or no version on offer and only a part of one."""
        if not self.name or not self.version:
            return True
        return is_part_of_version(self.version) and find_version(profile, self.name, self.version) is None

    def fits(self, name: str, version: str) -> bool:
        """Return whether an image is one that was asked for."""
        return (not self.name or name == self.name) and begins_with(version, self.version)

    def announce(self, object: str, choice: ImageChoice) -> Problem:
        """Return what an operator has to know of a choice that was made for a pool."""
        among = f"the newest of {choice.count} that fit" if choice.count > 1 else "the only one that fits"
        detail = f"pool {show_name(self.pool)} asks for {self.shown}"
        detail += f": {show_name(choice.name)} {show_name(choice.version)} is chosen, {among}"
        return Problem(object, self.path, "Chosen", detail, "name image and version to choose yourself")

    @property
    def shown(self) -> str:
        """What is asked for, as a message says it."""
        if not self.name:
            return "no machine image"
        name = f"machine image {show_name(self.name)}"
        return f"{name} version {show_name(self.version)}" if self.version else name


def image_wish(worker: ShootWorker, path: str, profile: CloudProfile, now: datetime) -> ImageWish:
    """Return what a pool of a Shoot asks for at a path."""
    machine, image = worker.machine, worker.machine.image
    return ImageWish(
        pool=worker.name,
        path=path,
        name=image.name if image else None,
        version=image.version if image else None,
        machine_type=machine.type,
        architecture=pool_architecture(profile, machine.type, machine.architecture),
        is_in_place=worker.update_strategy in IN_PLACE,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """The image that an open wish leads to, and how many there were to choose from."""

    name: str
    version: str
    count: int


def choose_image(profile: CloudProfile, wish: ImageWish, before: str | None = None) -> ImageChoice | None:
    """
    Return the image for an open wish; None if nothing on offer fits.

    It is the first image of the CloudProfile, or the one of the wish's name, that has a version for the pool, in the
    newest of these: neither in preview nor expired, and deprecated only if there is no other. An existing pool, which
    has the version `before`, may move forward to an expired one, if there is no other. Gardener takes an expired
    version here, and then refuses it for a new pool.
    """
    for image in profile.spec.machine_images:
        if wish.name and image.name != wish.name:
            continue
        by_rank: dict[int, list[tuple[Version, str]]] = {}
        for entry in fitting_versions(profile, wish, image.versions):
            rank, version = _rank(entry, wish.now, before), read_version(entry.version)
            if rank is not None and version is not None and begins_with(entry.version, wish.version):
                by_rank.setdefault(rank, []).append((version, entry.version))
        if by_rank:
            best = by_rank[min(by_rank)]
            return ImageChoice(image.name, max(best)[1], sum(map(len, by_rank.values())))
    return None


def _rank(entry: ProfileImageVersion, now: datetime, before: str | None) -> int | None:
    """Return how soon a version is chosen, 0 first; None for never."""
    stage = current_stage(entry, now)
    if stage == EXPIRED:
        return 2 if before is not None and not is_older(entry.version, before) else None
    if stage in (PREVIEW, UNAVAILABLE):
        return None
    return 1 if stage == DEPRECATED else 0


def fitting_versions(
    profile: CloudProfile, wish: ImageWish, versions: Iterable[ProfileImageVersion]
) -> Iterator[ProfileImageVersion]:
    """Yield the versions that suit a pool, whatever they count as."""
    machine, definitions = find_machine_type(profile, wish.machine_type), profile.spec.machine_capabilities
    for entry in versions:
        if (
            wish.architecture in image_architectures(entry, definitions)
            and suits_machine(entry, machine, definitions)
            and (not wish.is_in_place or (entry.in_place_updates is not None and entry.in_place_updates.supported))
        ):
            yield entry


def can_start(profile: CloudProfile, wish: ImageWish, name: str, version: str) -> bool:
    """Return whether a version is on offer and suits a pool, whatever it counts as."""
    entry = find_version(profile, name, version)
    return entry is not None and any(fitting_versions(profile, wish, [entry]))


def offered_versions(profile: CloudProfile, wish: ImageWish, name: str) -> list[str]:
    """Return the versions of an image that a pool could have now, newest first."""
    found = [
        entry.version
        for image in profile.spec.machine_images
        if image.name == name
        for entry in fitting_versions(profile, wish, image.versions)
        if is_active(entry, wish.now)
    ]
    return sorted(found, key=version_order, reverse=True)


def offered_images(profile: CloudProfile, wish: ImageWish) -> list[str]:
    """Return the names of the images that a pool could have now, in the order of the CloudProfile."""
    return [
        image.name
        for image in profile.spec.machine_images
        if any(is_active(entry, wish.now) for entry in fitting_versions(profile, wish, image.versions))
    ]


def newest(images: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return the image with the highest version, of names and versions."""
    return max(images, key=lambda image: version_order(image[1]))
