"""
Rules for the zones, machine type and image of a pool.

The offer of the CloudProfile binds new and changed pools; Gardener lets a pool keep what is no longer on offer.

Source: gardener plugin/pkg/shoot/validator/admission.go (machine types, zones and machine images), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import did_you_mean, show, show_list, show_name
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.image_offer import can_start, machine_architecture
from provisioner.gardener.images import find_profile_image
from provisioner.validation.cloud_profile import region_zones
from provisioner.validation.findings import Rule
from provisioner.validation.pools import PoolsSubject
from provisioner.validation.repeated import find_repeated

FIELDS_FOR_IMAGES = ("machineImages", "providerConfig", "machineCapabilities", "machineTypes")


def check_zones(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool without zones, and for each zone without a vSwitch or named twice."""
    there = frozenset(subject.infrastructure_zones or ())
    for pool in subject.pools:
        if not pool.zones:
            yield subject.problem(f"{pool.path}.zones", "Required", "at least one zone is required")
        again = find_repeated(pool.zones)
        for index, zone in enumerate(pool.zones):
            path = f"{pool.path}.zones[{index}]"
            if index in again:
                yield subject.problem(path, "Duplicate", f"{show(zone)} is also zones[{again[index]}]", "remove it")
            elif subject.infrastructure_zones is not None and zone not in there:
                detail = f"{show(zone)} is not a zone of {subject.infrastructure_name}"
                detail += f"; there are {show_list(subject.infrastructure_zones)}"
                yield subject.problem(path, "NotSupported", detail, "add it there, or choose one of these")


def check_zones_on_offer(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each zone of a pool that the CloudProfile does not have in the region."""
    known = region_zones(subject.profile, subject.region)
    if known is None:
        return
    for pool in subject.pools:
        for zone in pool.distinct_zones:
            if zone not in known:
                detail = f"{show(zone)} is not a zone of region {show_name(subject.region)}"
                detail += f"; there are {show_list(known)}"
                path = f"{pool.path}.zones[{pool.zones.index(zone)}]"
                yield subject.problem(path, "NotSupported", detail, did_you_mean(zone, known))


def check_machine_types(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each machine type that the CloudProfile does not offer, or not in a zone of the pool."""
    if subject.profile is None or not subject.profile.knows("machineTypes"):
        return
    offered = {item.name: item for item in subject.profile.spec.machine_types}
    usable = {name: None for name, item in offered.items() if item.usable is not False}
    for pool in subject.pools:
        if pool.machine_type not in usable:
            state = "is not usable" if pool.machine_type in offered else "is not offered"
            detail = f"machine type {show(pool.machine_type)} {state}; there are {show_list(usable)}"
            yield subject.problem(pool.type_path, "NotSupported", detail, did_you_mean(pool.machine_type, usable))
            continue
        architecture = machine_architecture(offered[pool.machine_type], subject.profile.spec.machine_capabilities)
        if architecture and pool.architecture is not None and pool.architecture != architecture:
            detail = f"machine type {show(pool.machine_type)} has architecture {show(architecture)}"
            detail += f", the pool asks for {show(pool.architecture)}"
            yield subject.problem(pool.architecture_path, "NotSupported", detail, f"write {show_name(architecture)}")
        for zone_name in pool.zones:
            zone = subject.profile_zones.get(zone_name)
            if zone is not None and pool.machine_type in zone.unavailable_machine_types:
                detail = f"machine type {show(pool.machine_type)} is not available in zone {show_name(zone_name)}"
                yield subject.problem(pool.type_path, "NotSupported", detail, "choose another type or other zones")


def check_images_are_named(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool of a Worker without a machine image or its version; a Shoot leaves the choice."""
    for pool in subject.pools:
        if pool.image_is_required and (pool.image_name is None or pool.image_version is None):
            path = pool.image_path if pool.image_name is None else f"{pool.image_path}.version"
            yield subject.problem(path, "Required", "is required", "name a machine image and its version")


def check_images(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose machine image has no image id in the region, and no encrypted copy in use."""
    if subject.profile is None or not subject.profile.has_read(FIELDS_FOR_IMAGES):
        return
    for pool in subject.pools:
        if pool.image_name is not None and pool.image_version is not None:
            if pool.wish and not can_start(subject.profile, pool.wish, pool.image_name, pool.image_version):
                continue  # another rule's: it is not on offer
            try:
                find_profile_image(
                    subject.profile,
                    pool.machine_type,
                    pool.image_name,
                    pool.image_version,
                    subject.region,
                    is_encrypted=bool(pool.volume and pool.volume.encrypted),
                    in_use=subject.images_in_use,
                    object=subject.label,
                    path=pool.image_path,
                )
            except ManifestError as error:
                yield from error.problems


MACHINE_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_zones, in_schema="fields"),
    Rule(check_zones_on_offer, in_schema="objects", is_for_changes=True),
    Rule(check_machine_types, in_schema="objects", is_for_changes=True),
    Rule(check_images_are_named, in_schema="yes"),
    Rule(check_images, in_schema="objects", is_for_changes=True),
)
