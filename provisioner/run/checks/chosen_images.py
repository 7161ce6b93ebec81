"""
Machine images of pools that do not name theirs: an existing pool keeps what it has, a new one gets the newest.

A version that the CloudProfile begins to offer rolls no pool by itself; in Gardener, only the maintenance of a Shoot
does that.

Source: gardener plugin/pkg/shoot/mutator/admission.go (ensureMachineImage), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import PoolMachineImage
from provisioner.api.text import show_list, show_name
from provisioner.errors import Problem
from provisioner.gardener.image_offer import ImageWish, choose_image, newest
from provisioner.gardener.images import mapped_images


@dataclass(slots=True)
class DecidedImages:
    """What becomes of the pools that do not name their image."""

    images: dict[str, PoolMachineImage] = field(default_factory=dict)
    """The image of each existing pool that keeps one, or moves to another than a new pool would get."""
    notes: list[Problem] = field(default_factory=list)
    """What the operator has to know."""
    errors: list[Problem] = field(default_factory=list)


def decide_images(
    reference: str,
    profile: CloudProfile,
    wishes: Iterable[ImageWish],
    applied: Mapping[str, Sequence[Mapping[str, Any]]],
    in_use: Sequence[MachineImage],
) -> DecidedImages:
    """Return the images of pools by their wishes, and by what is `applied` of each pool in its zones."""
    decided = DecidedImages()
    for wish in wishes:
        choice = choose_image(profile, wish)
        if wish.pool not in applied:
            if choice is not None:
                decided.notes.append(wish.announce(reference, choice))
            continue
        has = _applied_images(profile, wish, applied[wish.pool], in_use)
        if not has:
            ids = show_list({str(deployment.get("imageID")) for deployment in applied[wish.pool]})
            detail = f"pool {show_name(wish.pool)} has image {ids}, which is of no version in the CloudProfile"
            fix = "name image and version: what is chosen for a new pool would replace its machines"
            decided.errors.append(Problem(reference, wish.path, "Required", detail, fix))
            continue
        kept = [(name, version) for name, version in has if wish.fits(name, version)]
        if kept:
            name, version = newest(kept)
            decided.images[wish.pool] = PoolMachineImage(name=name, version=version)
            if choice is not None and (choice.name, choice.version) != (name, version):
                detail = f"pool {show_name(wish.pool)} keeps {show_name(name)} {show_name(version)}"
                detail += f"; a new pool would get {show_name(choice.name)} {show_name(choice.version)}"
                fix = "name image and version to move it"
                decided.notes.append(Problem(reference, wish.path, "Kept", detail, fix))
            continue
        choice = choose_image(profile, wish, before=newest(has)[1])
        if choice is not None:
            decided.images[wish.pool] = PoolMachineImage(name=choice.name, version=choice.version)
            decided.notes.append(wish.announce(reference, choice))
    return decided


def _applied_images(
    profile: CloudProfile, wish: ImageWish, deployments: Sequence[Mapping[str, Any]], in_use: Sequence[MachineImage]
) -> list[tuple[str, str]]:
    """Return names and versions of the images that a pool has; by their ids if no run has stored the names."""
    told = [deployment["machineImage"] for deployment in deployments if deployment.get("machineImage")]
    if told:
        return [(image["name"], image["version"]) for image in told]
    ids = {deployment.get("imageID") for deployment in deployments}
    known = [(image.name, image.version) for image in in_use if image.id in ids]
    known += [(name, version) for name, version, id in mapped_images(profile.spec.provider_config) if id in ids]
    return [image for image in known if wish.fits(*image)] or known
