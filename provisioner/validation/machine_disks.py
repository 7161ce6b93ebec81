"""
Rules for the disks that a machine type and its family take.

A family that is not listed may take any category. The list has only families whose page says that they take ESSDs
alone: what a newer family takes, and what an older one takes by now, is the cloud's to say before anything is built.

Source: Alibaba Cloud's instance families (github.com/AlibabaCloudDocs/ecs, intl.en-US/Instance/Instance type families:
general purpose, compute optimized, memory optimized, local SSDs, high clock speeds, ECS Bare Metal), as of 2021-07,
read 2026-12.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import show, show_name
from provisioner.errors import Problem
from provisioner.validation.findings import Rule
from provisioner.validation.pools import PoolsSubject
from provisioner.validation.quantities import read_size
from provisioner.validation.scaling_disks import is_unknown_type

ESSD_FAMILIES = frozenset((
    "c6e", "c6t", "c7", "c7t", "ebmc6e", "ebmg6e", "ebmhfc7", "ebmhfg7", "ebmhfr7", "ebmr6e", "g6e", "g6se", "g6t",
    "g7", "g7ne", "g7t", "hfc7", "hfg7", "hfr7", "i3", "i3g", "r6e", "r7", "r7t",
))  # fmt: skip
"""Families that take ESSDs alone."""
OLDER_CATEGORIES = frozenset({"cloud", "cloud_efficiency", "cloud_ssd"})
"""Basic disks, ultra disks and standard SSDs."""


def check_families(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each disk of a category that the family of its pool's machine type does not take."""
    for pool in subject.pools:
        family = machine_family(pool.machine_type)
        if family not in ESSD_FAMILIES:
            continue
        for path, volume in pool.volumes:
            if volume.type in OLDER_CATEGORIES and not is_unknown_type(subject, volume.type):
                detail = f"{show(volume.type)} is no disk for machine type {show(pool.machine_type)}"
                detail += f": family {show_name(family)} takes ESSDs alone"
                fix = "choose cloud_essd, or another machine type"
                yield subject.problem(f"{path}.type", "NotSupported", detail, fix)


def check_least_sizes(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each system disk that is smaller than its machine type asks in the CloudProfile.

    Source: gardener plugin/pkg/shoot/validator/admission.go (validateVolumeSize), read 2026-12.
    """
    machines = subject.profile.spec.machine_types if subject.profile else ()
    asked = {machine.name: machine.storage for machine in machines if machine.storage is not None}
    for pool in subject.pools:
        storage = asked.get(pool.machine_type)
        if storage is None or pool.volume is None or storage.type != pool.volume.type:
            continue
        size, least = read_size(pool.volume.size), read_size(storage.min_size or "")
        if size is not None and least is not None and size < least:
            detail = f"{show(pool.volume.size)} is less than the {show(storage.min_size)} that machine type"
            detail += f" {show(pool.machine_type)} asks of {show(storage.type)}"
            fix = f"write at least {show_name(storage.min_size or '')}"
            yield subject.problem(f"{pool.path}.volume.size", "Invalid", detail, fix)


def machine_family(machine_type: str) -> str:
    """Return the family of an ECS instance type, such as `g7` of `ecs.g7.large`; empty if the name is none."""
    parts = machine_type.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == "ecs" else ""  # noqa: PLR2004 - ecs, family and size


MACHINE_DISK_RULES: tuple[Rule[PoolsSubject], ...] = (
    # ECS has the last word: a machine that runs has its disks.
    Rule(check_families, in_schema="fields", is_beyond_gardener=True),
    Rule(check_least_sizes, in_schema="objects", is_beyond_gardener=True),
)
