"""
Rules for the machine images of a Shoot's pools, which Gardener's API server compares with the CloudProfile's offer.

The pools of a Worker come from such a Shoot, and may have what is not on offer any more.

Source: gardener plugin/pkg/shoot/validator/admission.go (validateMachineImagesConstraints, validateMachineCapabilities)
and plugin/pkg/shoot/mutator/admission.go (getDefaultMachineImage), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.core_v1beta1 import CloudProfile, ProfileImageVersion
from provisioner.api.text import did_you_mean, show, show_list, show_name
from provisioner.errors import Problem
from provisioner.gardener.image_offer import (
    ImageWish,
    find_version,
    image_architectures,
    machine_architecture,
    offered_images,
    offered_versions,
    suits_machine,
)
from provisioner.gardener.images import find_machine_type
from provisioner.gardener.lifecycle import EXPIRED, UNAVAILABLE, current_stage
from provisioner.gardener.versions import is_older
from provisioner.validation.findings import Rule
from provisioner.validation.machines import FIELDS_FOR_IMAGES
from provisioner.validation.pools import Pool, PoolsSubject


def check_choices(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool that names no image or only a part of a version, if no version on offer fits it.
    """
    if subject.profile is None or not subject.profile.has_read(FIELDS_FOR_IMAGES):
        return
    for pool in subject.pools:
        if pool.wish is None or pool.image_name is not None:
            continue
        fits = f"fits machine type {show(pool.machine_type)} with architecture {show(pool.wish.architecture)}"
        if pool.wish.is_in_place:
            fits += " and updates in place"
        if pool.wish.name:
            yield _unknown(subject, pool, subject.profile, pool.wish, f"no version for {pool.wish.shown} {fits}")
        else:
            offered = show_list(offered_images(subject.profile, pool.wish))
            detail = f"no machine image on offer {fits}; there are {offered}"
            yield subject.problem(pool.image_path, "NotSupported", detail, "name image and version, or choose a type")


def check_offer(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool whose image version the CloudProfile does not offer, or not to such a pool or not now.
    An existing pool may move forward to a version that has expired.
    """
    profile = subject.profile
    if profile is None or not profile.has_read(FIELDS_FOR_IMAGES):
        return
    for pool in subject.pools:
        wish = pool.wish
        if wish is None or pool.image_name is None or pool.image_version is None:
            continue
        name, version = pool.image_name, pool.image_version
        entry = find_version(profile, name, version)
        if entry is None:
            detail = f"version {show(version)} of machine image {show(name)} is not offered"
            yield _unknown(subject, pool, profile, wish, detail)
            continue
        before = subject.images_before.get(pool.name)
        for type_, reason in _objections(profile, wish, entry, before):
            offered = offered_versions(profile, wish, name)
            detail = f"version {show(version)} of machine image {show(name)} {reason}"
            detail += f"; there are {show_list(offered)}"
            fix = "choose one of these" if offered else "choose another image"
            yield subject.problem(pool.image_path, type_, detail, fix)


def _unknown(subject: PoolsSubject, pool: Pool, profile: CloudProfile, wish: ImageWish, detail: str) -> Problem:
    """Return the problem that a version or a whole image is not on offer, with what a pool could have instead."""
    name = pool.image_name or wish.name or ""
    if all(image.name != name for image in profile.spec.machine_images):
        names = offered_images(profile, wish)
        detail = f"machine image {show(name)} is not offered; there are {show_list(names)}"
        return subject.problem(pool.image_path, "NotSupported", detail, did_you_mean(name, names))
    versions = offered_versions(profile, wish, name)
    detail += f"; there are {show_list(versions)}"
    fix = did_you_mean(pool.image_version or wish.version or "", versions)
    return subject.problem(pool.image_path, "NotSupported", detail, fix or "choose another version or image")


def _objections(
    profile: CloudProfile, wish: ImageWish, entry: ProfileImageVersion, before: str | None
) -> Iterator[tuple[str, str]]:
    """Yield error type and reason for all that keeps a pool from a version; `before` is what an existing pool has."""
    definitions, machine = profile.spec.machine_capabilities, find_machine_type(profile, wish.machine_type)
    architectures = image_architectures(entry, definitions)
    own = machine_architecture(machine, definitions) if machine else None
    if wish.architecture not in architectures and own in (None, wish.architecture):  # else the type is wrong already
        yield "NotSupported", f"is not for architecture {show(wish.architecture)}, only for {show_list(architectures)}"
    elif not suits_machine(entry, machine, definitions):
        yield "NotSupported", f"has no flavor for the capabilities of machine type {show(wish.machine_type)}"
    stage = current_stage(entry, wish.now)
    if stage == UNAVAILABLE:
        yield "NotSupported", "is not available yet"
    elif stage == EXPIRED and (before is None or before == entry.version or is_older(entry.version, before)):
        since = show_name(f" since {entry.expiration_date}" if entry.expiration_date else "")
        yield "Forbidden", f"has expired{since}"
    if wish.is_in_place and before != entry.version:
        updates = entry.in_place_updates
        if updates is None or not updates.supported:
            yield "NotSupported", f"cannot be updated in place, as {show(wish.pool)} is"
        elif before is not None and (
            updates.min_version_for_update is None or is_older(before, updates.min_version_for_update)
        ):
            least = show(updates.min_version_for_update)
            yield "NotSupported", f"cannot be reached in place from {show(before)}, only from {least} on"


IMAGE_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_choices, in_schema="objects", is_for_changes=True),
    Rule(check_offer, in_schema="objects", is_for_changes=True),
)
