"""
Rules for a CloudProfile and its CloudProfileConfig.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/cloudprofile.go (ValidateCloudProfileConfig),
read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig, MachineImageVersion, RegionImage
from provisioner.api.core_v1beta1 import CloudProfile, MachineType, VolumeType
from provisioner.api.text import did_you_mean, show, show_list
from provisioner.errors import Problem
from provisioner.gardener.images import ARCHITECTURE, flat_capabilities
from provisioner.gardener.lifecycle import STAGES, read_time
from provisioner.ids import RegionId
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.quantities import check_quantity
from provisioner.validation.repeated import find_repeated

_IMAGE_FIELDS = ("machineImages", "providerConfig", "machineCapabilities")


@dataclass(eq=False, repr=False)
class ProfileConfigSubject(Subject):
    """A CloudProfileConfig, on its own or in a CloudProfile."""

    path: str
    """Where the configuration is, ending in a dot; empty when it is a document of its own."""
    config: CloudProfileConfig
    profile: CloudProfile | None
    may_be_empty: bool = False
    """Whether it need not have an image: a NamespacedCloudProfile may add none."""

    @property
    def versions(self) -> Iterator[tuple[str, str, MachineImageVersion]]:
        """Path, image name and version entry of everything in the mapping."""
        for index, image in enumerate(self.config.machine_images):
            for number, version in enumerate(image.versions):
                yield f"{self.path}machineImages[{index}].versions[{number}]", image.name, version

    def place(self, path: str) -> str:
        """Return a path with an image's name and version for their numbers."""
        for version_path, name, entry in self.versions:
            if path.startswith(f"{version_path}."):
                return f"{name}/{entry.version}{path[len(version_path) :]}"
        return path


@dataclass(eq=False, repr=False)
class ImageUse:
    """A version of a machine image, and a pool that asks for it."""

    where: str
    """Object and path of the pool."""
    image: str
    version: str
    region: RegionId


@dataclass(eq=False, repr=False)
class ProfileSubject(Subject):
    """A CloudProfile and the parts of it that shoots of the input use."""

    profile: CloudProfile
    uses: tuple[ImageUse, ...] = ()


def check_offer_is_there(subject: ProfileSubject) -> Iterator[Problem]:
    """
    Yield a problem if the CloudProfile offers no machine image, no machine type or no region.

    Source: gardener pkg/api/core/validation/cloudprofile.go, read 2026-11.
    """
    spec = subject.profile.spec
    for name, offer in (
        ("machineImages", spec.machine_images),
        ("machineTypes", spec.machine_types),
        ("regions", spec.regions),
    ):
        if not offer:
            yield subject.problem(f"spec.{name}", "Required", "is required: the CloudProfile offers none", "add one")


def check_config_is_there(subject: ProfileSubject) -> Iterator[Problem]:
    """Yield a problem if the CloudProfile has no mapping at all."""
    if subject.profile.spec.provider_config is None:
        fix = "add the CloudProfileConfig with the image ids"
        yield subject.problem("spec.providerConfig", "Required", "is required", fix)


def check_versions_are_mapped(subject: ProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each version on offer that the mapping does not have; regions are not looked at."""
    config = subject.profile.spec.provider_config
    if config is None or not subject.profile.has_read(_IMAGE_FIELDS):
        return
    mapped: dict[str, dict[str, None]] = {}
    for image in config.machine_images:
        mapped.setdefault(image.name, {}).update((version.version, None) for version in image.versions)
    for index, offered in enumerate(subject.profile.spec.machine_images):
        for number, version in enumerate(offered.versions):
            known = mapped.get(offered.name, {})
            if version.version in known:
                continue
            path = f"spec.machineImages[{index}].versions[{number}]"
            detail = f"version {show(version.version)} of machine image {show(offered.name)} has no image id"
            detail += f"; providerConfig has versions {show_list(known)}"
            fix = f"add it to spec.providerConfig.machineImages ({show(offered.name)})"
            if offered.name not in mapped and (question := did_you_mean(offered.name, mapped)):
                fix += f"; {question}"
            yield subject.problem(path, "Required", detail, fix)


def check_flavors_are_mapped(subject: ProfileSubject) -> Iterator[Problem]:
    """
    Yield a problem for each variant of a version on offer that the mapping does not have. A version without variants is
    skipped, because there the pool's request decides.

    Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/cloudprofile.go
    (validateImageFlavorMapping), read 2026-11.
    """
    spec = subject.profile.spec
    config = spec.provider_config
    if config is None or not spec.machine_capabilities or not subject.profile.has_read(_IMAGE_FIELDS):
        return
    defaults = {item.name: frozenset(item.values) for item in spec.machine_capabilities}
    flat = frozenset(flat_capabilities(spec.machine_capabilities)[ARCHITECTURE])
    mapped = {(image.name, entry.version): entry for image in config.machine_images for entry in image.versions}
    for index, offered in enumerate(spec.machine_images):
        for number, version in enumerate(offered.versions):
            entry = mapped.get((offered.name, version.version))
            if entry is None:
                continue
            known = [_with_defaults(flavor.capabilities, defaults) for flavor in entry.capability_flavors]
            for place, flavor in enumerate(version.capability_flavors):
                wanted = _with_defaults(flavor, defaults)
                # Without flavors, a mapping is for amd64 alone, where there is amd64.
                is_flat = not known and wanted.get(ARCHITECTURE, flat) <= flat
                if not is_flat and wanted not in known:
                    shown = "; ".join(f"{name}: {show_list(sorted(values))}" for name, values in wanted.items())
                    detail = f"version {show(version.version)} of machine image {show(offered.name)}"
                    detail += f" has no image id for a machine with {shown}"
                    path = f"spec.machineImages[{index}].versions[{number}].capabilityFlavors[{place}]"
                    fix = f"add it to spec.providerConfig.machineImages ({show(offered.name)})"
                    yield subject.problem(path, "Required", detail, fix)


def _with_defaults(
    capabilities: Mapping[str, Iterable[str]], defaults: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Return capabilities completed from the definitions, in their order."""
    return {name: frozenset(capabilities.get(name) or values) for name, values in defaults.items()}


def check_amounts(subject: ProfileSubject) -> Iterator[Problem]:
    """
    Yield a problem for each amount of a machine type, and each least size, that is not a quantity.

    Source: gardener pkg/api/core/validation/utils.go (validateMachineTypes, validateVolumeTypes), read 2026-11.
    """
    spec = subject.profile.spec
    yield from check_profile_amounts(subject, spec.machine_types, spec.volume_types)


def check_profile_amounts(
    subject: Subject, machine_types: tuple[MachineType, ...], volume_types: tuple[VolumeType, ...]
) -> Iterator[Problem]:
    """Yield a problem for each amount of a machine type, and each least size, that is not a quantity."""
    for index, machine in enumerate(machine_types):
        for field, amount in (("cpu", machine.cpu), ("gpu", machine.gpu), ("memory", machine.memory)):
            yield from check_quantity(subject, f"spec.machineTypes[{index}].{field}", amount)
    for index, volume in enumerate(volume_types):
        if volume.min_size is not None:
            yield from check_quantity(subject, f"spec.volumeTypes[{index}].minSize", volume.min_size)


def check_lifecycles(subject: ProfileSubject) -> Iterator[Problem]:
    """
    Yield a problem for each version on offer whose expiration or lifecycle says nothing: a run counts it as not there.

    Source: gardener pkg/api/core/validation/utils.go (validateExpirableVersion), read 2026-11.
    """
    for index, image in enumerate(subject.profile.spec.machine_images):
        for number, version in enumerate(image.versions):
            path = f"spec.machineImages[{index}].versions[{number}]"
            if version.lifecycle and (version.classification or version.expiration_date):
                detail = "lifecycle excludes classification and expirationDate, which do not count beside it"
                yield subject.problem(f"{path}.lifecycle", "Forbidden", detail, "keep one of them")
            stages = [(f"{path}.lifecycle[{place}]", stage) for place, stage in enumerate(version.lifecycle)]
            times = [(f"{path}.expirationDate", version.expiration_date)]
            times += [(f"{where}.startTime", stage.start_time) for where, stage in stages]
            for where, time in times:
                if time and read_time(time) is None:
                    fix = 'write it like "2027-01-31T00:00:00Z"'
                    yield subject.problem(where, "Invalid", f"{show(time)} is not a time with a time zone", fix)
            kinds = [(f"{path}.classification", version.classification)]
            kinds += [(f"{where}.classification", stage.classification) for where, stage in stages]
            for where, kind in kinds:
                if kind and kind not in STAGES:
                    detail = f"{show(kind)} is not a classification; there are {show_list(STAGES)}"
                    yield subject.problem(where, "NotSupported", detail, did_you_mean(kind, STAGES))


def check_images_are_there(subject: ProfileConfigSubject) -> Iterator[Problem]:
    """Yield a problem for each part of the mapping that is empty."""
    images = subject.config.machine_images
    if not images and not subject.may_be_empty:
        yield subject.problem(f"{subject.path}machineImages", "Required", "at least one machine image is required")
    for index, image in enumerate(images):
        path = f"{subject.path}machineImages[{index}]"
        if not image.name:
            yield subject.problem(f"{path}.name", "Required", "must not be empty")
        if not image.versions:
            detail = f"machine image {show(image.name)} needs at least one version"
            yield subject.problem(f"{path}.versions", "Required", detail)


def check_versions(subject: ProfileConfigSubject) -> Iterator[Problem]:
    """Yield a problem for each version that is not in exactly one of the two forms."""
    first: dict[tuple[str, str], str] = {}
    for path, name, entry in subject.versions:
        if not entry.version:
            yield subject.problem(f"{path}.version", "Required", "must not be empty")
        other = first.setdefault((name, entry.version), path)
        if other != path:
            detail = f"version {show(entry.version)} of {show(name)} is also at {other}"
            yield subject.problem(f"{path}.version", "Duplicate", detail, "keep one of them")
        if entry.regions and entry.capability_flavors:
            detail = "regions and capabilityFlavors exclude each other"
            yield subject.problem(path, "Forbidden", detail, "keep one of them")
        elif not entry.regions and not entry.capability_flavors:
            detail = f"version {show(entry.version)} of machine image {show(name)} needs at least one region"
            yield subject.problem(f"{path}.regions", "Required", detail)
        if entry.capability_flavors and subject.profile and not subject.profile.spec.machine_capabilities:
            detail = "the CloudProfile defines no spec.machineCapabilities"
            yield subject.problem(f"{path}.capabilityFlavors", "Forbidden", detail, "use regions")
        yield from _check_regions(subject, f"{path}.regions", entry.regions)
        for number, flavor in enumerate(entry.capability_flavors):
            flavor_path = f"{path}.capabilityFlavors[{number}]"
            if not flavor.regions:
                yield subject.problem(f"{flavor_path}.regions", "Required", "at least one region is required")
            yield from _check_regions(subject, f"{flavor_path}.regions", flavor.regions)
            yield from _check_capabilities(subject, f"{flavor_path}.capabilities", flavor.capabilities)


def _check_regions(subject: ProfileConfigSubject, path: str, regions: tuple[RegionImage, ...]) -> Iterator[Problem]:
    """Yield a problem for each region entry without a name or an id."""
    for index, region in enumerate(regions):
        for field, value in (("name", region.name), ("id", region.id)):
            if not value:
                yield subject.problem(f"{path}[{index}].{field}", "Required", "must not be empty")


def _check_capabilities(
    subject: ProfileConfigSubject, path: str, capabilities: dict[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Yield a problem for each capability or value that the CloudProfile does not define."""
    definitions = (
        {item.name: item.values for item in subject.profile.spec.machine_capabilities} if subject.profile else {}
    )
    if not definitions:
        return
    for name, values in capabilities.items():
        if name not in definitions:
            detail = f"{show(name)} is not a capability of the CloudProfile; there are {show_list(definitions)}"
            yield subject.problem(path, "NotSupported", detail)
            continue
        for value in values:
            if value not in definitions[name]:
                detail = f"{show(value)} is not a value of {show(name)}; there are {show_list(definitions[name])}"
                yield subject.problem(path, "NotSupported", detail)


def check_repeated_regions(subject: ProfileConfigSubject) -> Iterator[Problem]:
    """
    Yield a problem for each region listed twice; which one counts depends on the form.

    Source: here alone: the extension takes the first one of a flat list, and the last one of a flavor.
    """
    for path, _, entry in subject.versions:
        lists = [(f"{path}.regions", entry.regions)]
        lists += [
            (f"{path}.capabilityFlavors[{number}].regions", flavor.regions)
            for number, flavor in enumerate(entry.capability_flavors)
        ]
        for list_path, regions in lists:
            for index, other in find_repeated(region.name for region in regions).items():
                detail = f"region {show(regions[index].name)} is also regions[{other}]"
                yield subject.problem(f"{list_path}[{index}].name", "Duplicate", detail, "keep one of them")


def check_profile_region(subject: Subject, path: str, region: RegionId, profile: CloudProfile) -> Iterator[Problem]:
    """Yield a problem if a CloudProfile does not have a region."""
    known = [item.name for item in profile.spec.regions]
    if region not in known and profile.knows("regions"):
        name = f"{profile.kind} {show(profile.metadata.name)}"
        detail = f"{show(region)} is not a region of {name}; there are {show_list(known)}"
        yield subject.problem(path, "NotSupported", detail, did_you_mean(region, known))


def region_zones(profile: CloudProfile | None, region: RegionId) -> list[str] | None:
    """Return the zones that the CloudProfile has in a region; None when it is not known."""
    for item in profile.spec.regions if profile and profile.knows("regions") else ():
        if item.name == region:
            return [zone.name for zone in item.zones]
    return None


PROFILE_RULES: tuple[Rule[ProfileSubject], ...] = (
    Rule(check_offer_is_there, in_schema="yes", is_for_changes=True),
    Rule(check_config_is_there, in_schema="yes"),
    Rule(check_versions_are_mapped, in_schema="fields"),
    Rule(check_flavors_are_mapped, in_schema="fields"),
    Rule(check_amounts, in_schema="yes"),
    Rule(check_lifecycles, in_schema="yes", is_beyond_gardener=True),
)

PROFILE_CONFIG_RULES: tuple[Rule[ProfileConfigSubject], ...] = (
    Rule(check_images_are_there, in_schema="yes"),
    Rule(check_versions, in_schema="partly"),
    Rule(check_repeated_regions, in_schema="fields", is_beyond_gardener=True),
)
