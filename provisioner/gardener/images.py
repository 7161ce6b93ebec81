"""
Finds the image id of a machine image: by name, version, region, and capabilities if the CloudProfile has them.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/helper/helper.go and gardener
extensions/pkg/controller/worker/cloudprofile.go, read 2026-07.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from provisioner.api.alicloud_v1alpha1 import (
    CloudProfileConfig,
    ImageFlavor,
    MachineImage,
    MachineImageVersion,
    RegionImage,
)
from provisioner.api.core_v1beta1 import CapabilityDefinition, CloudProfile, MachineType
from provisioner.api.text import did_you_mean, show, show_list, show_name
from provisioner.errors import ManifestError, Problem
from provisioner.ids import RegionId

Capabilities = Mapping[str, Sequence[str]]
"""Values by capability, for example `{"architecture": ["amd64"]}`."""

ARCHITECTURE = "architecture"
DEFAULT_ARCHITECTURE = "amd64"


def find_profile_image(
    profile: CloudProfile,
    machine_type: str,
    name: str,
    version: str,
    region: RegionId,
    *,
    is_encrypted: bool = False,
    in_use: Sequence[MachineImage] = (),
    is_new: bool = False,
    object: str = "",
    path: str = "",
) -> MachineImage:
    """
    Return the image that machines of a type start from, by the CloudProfile and then by the images `in_use`.

    If the system disk `is_encrypted`, an encrypted copy in use comes first, as the Alicloud extension makes them;
    without one it is the plain image, since ESS encrypts the disk itself.

    The capabilities of a machine type that left the CloudProfile are unknown; it keeps the one image of the version in
    use. So does a machine type that no flavor of the version fits any more, or several equally well, unless it `is_new`
    to the pool.

    Raises:
        ManifestError: there is none; names the request and what exists, at `object` and `path`.
    """
    definitions = profile.spec.machine_capabilities
    machine = find_machine_type(profile, machine_type)
    capabilities: Capabilities = {}
    copy = _find_encrypted_copy(machine, definitions, name, version, in_use) if is_encrypted else None
    if copy is not None:
        return copy
    if definitions:
        if machine is None:
            known = _with_capabilities(_unencrypted(in_use, name, version), definitions)
            if len(known) == 1:
                return known[0]
            detail = f"machine type {show(machine_type)} is not in {profile.kind} {show(profile.metadata.name)}"
            fix = "its capabilities decide which image fits; add it to the CloudProfile"
            raise ManifestError.single(object, path, "NotSupported", detail, fix)
        capabilities = machine_capabilities(machine, definitions)
    try:
        return find_machine_image(
            profile.spec.provider_config,
            name,
            version,
            region,
            capabilities=capabilities,
            definitions=definitions,
            in_use=in_use,
            object=object,
            path=path,
        )
    except ManifestError:
        kept = () if is_new else _find_kept(_unencrypted(in_use, name, version), capabilities, definitions)
        if len(kept) != 1:
            raise
        return kept[0]


def _find_kept(
    images: Iterable[MachineImage], capabilities: Capabilities, definitions: Sequence[CapabilityDefinition]
) -> Sequence[MachineImage]:
    """
    Return the images in use that a machine type can keep: those that suit it, if it is one, else all for its CPU
    architecture; each id once.
    """
    known = _with_capabilities(images, definitions)
    architecture = [definition for definition in definitions if definition.name == ARCHITECTURE]
    by_id = {
        image.id: image for image in known if shares_every_capability(image.capabilities, capabilities, architecture)
    }
    best = select_best(known, capabilities, definitions)
    return best if len(best) == 1 else list(by_id.values())


def _find_encrypted_copy(
    machine: MachineType | None,
    definitions: Sequence[CapabilityDefinition],
    name: str,
    version: str,
    in_use: Sequence[MachineImage],
) -> MachineImage | None:
    """
    Return the encrypted copy of an image that is in use and suits a machine type, if there is exactly one.

    Several statuses of one shoot may list it.
    """
    copies = [image for image in in_use if (image.name, image.version, image.encrypted) == (name, version, True)]
    if definitions and machine is not None:
        copies = select_best(
            _with_capabilities(copies, definitions), machine_capabilities(machine, definitions), definitions
        )
    return copies[0] if len({copy.id for copy in copies}) == 1 else None


def find_machine_image(
    config: CloudProfileConfig | None,
    name: str,
    version: str,
    region: RegionId,
    *,
    capabilities: Capabilities | None = None,
    definitions: Sequence[CapabilityDefinition] = (),
    in_use: Sequence[MachineImage] = (),
    object: str = "",
    path: str = "",
) -> MachineImage:
    """
    Return the image for a name, a version and a region, from the mapping and then from the images `in_use`.

    Without `definitions` the mapping is exact, its first hit counts, and flavors are not looked at. With them,
    `capabilities` are the machine type's, and the best compatible flavor counts.

    Raises:
        ManifestError: there is none, or several flavors fit equally well; names the request and what exists.
    """
    found = _versions(config, name, version)
    if not definitions:
        for entry in found:
            for mapping in entry.regions:
                if mapping.name == region:
                    return MachineImage(name=name, version=version, id=mapping.id)
        for image in _unencrypted(in_use, name, version):
            return image.model_copy(update={"capabilities": {}})
        raise ManifestError([_missing(config, name, version, region, object=object, path=path)])
    candidates = _candidates(found, name, version, region, definitions)
    candidates = candidates or _with_capabilities(_unencrypted(in_use, name, version), definitions)
    if not candidates:
        raise ManifestError([_missing(config, name, version, region, object=object, path=path)])
    best = select_best(candidates, capabilities or {}, definitions)
    if len(best) == 1:
        return best[0]
    asked = f"machine image {show(name)} version {show(version)} in region {show_name(region)}"
    wanted = _show_capabilities(capabilities or {})
    if best:
        detail = f"{len(best)} flavors of {asked} fit a machine type with {wanted} equally well"
        fix = "tell them apart by their capabilities"
        raise ManifestError.single(object, path, "Invalid", detail, fix)
    offered = "; ".join(_show_capabilities(candidate.capabilities) for candidate in candidates)
    detail = f"no flavor of {asked} fits a machine type with {wanted}; there are: {offered}"
    raise ManifestError.single(object, path, "NotSupported", detail, "choose another image or machine type")


def find_machine_type(profile: CloudProfile, name: str) -> MachineType | None:
    """Return a machine type on offer; None if there is none of that name."""
    return next((item for item in profile.spec.machine_types if item.name == name), None)


def _unencrypted(images: Iterable[MachineImage], name: str, version: str) -> list[MachineImage]:
    return [it for it in images if (it.name, it.version, bool(it.encrypted)) == (name, version, False)]


def _with_capabilities(
    images: Iterable[MachineImage], definitions: Sequence[CapabilityDefinition]
) -> list[MachineImage]:
    """
    Return images of statuses, the first of each with the same capabilities: several statuses list one image.

    An entry without capabilities counts like the flat form.
    """
    found: dict[tuple[tuple[str, tuple[str, ...]], ...], MachineImage] = {}
    for image in images:
        capabilities = image.capabilities or flat_capabilities(definitions)
        key = tuple(sorted((name, tuple(values)) for name, values in capabilities.items()))
        found.setdefault(key, image.model_copy(update={"capabilities": capabilities}))
    return list(found.values())


def machine_capabilities(machine: MachineType, definitions: Sequence[CapabilityDefinition]) -> Capabilities:
    """Return the capabilities of a machine type; the older `architecture` field fills in for a missing one."""
    own = {ARCHITECTURE: (machine.architecture,)} if machine.architecture else flat_capabilities(definitions)
    return {**own, **machine.capabilities}


def flat_capabilities(definitions: Sequence[CapabilityDefinition]) -> dict[str, tuple[str, ...]]:
    """
    Return the capabilities of an image without any, in a CloudProfile that defines some: it is for amd64.

    Where there is no amd64, there is nothing to tell apart, and it is for what there is.
    """
    defined = next((item.values for item in definitions if item.name == ARCHITECTURE), ())
    return {ARCHITECTURE: defined if defined and DEFAULT_ARCHITECTURE not in defined else (DEFAULT_ARCHITECTURE,)}


def select_best(
    images: Sequence[MachineImage], capabilities: Capabilities, definitions: Sequence[CapabilityDefinition]
) -> list[MachineImage]:
    """
    Return the images that suit a machine type best: none, one, or several that cannot be told apart.

    An image fits if it shares a value with the machine type in every capability; a capability that either leaves out
    has all values of the definition. Then definitions in order, and their values in order of preference, narrow the
    choice.
    """
    shared = [
        (image, {item.name: _shared_values(image.capabilities, capabilities, item) for item in definitions})
        for image in images
    ]
    left = [(image, values) for image, values in shared if all(values.values())]
    for definition in definitions:
        for value in definition.values:
            narrowed = [(image, values) for image, values in left if value in values[definition.name]]
            if len(narrowed) == 1:
                return [narrowed[0][0]]
            left = narrowed or left
    return [image for image, _ in left]


def shares_every_capability(
    image: Capabilities, machine: Capabilities, definitions: Sequence[CapabilityDefinition]
) -> bool:
    """Return whether an image and a machine type share a value of every capability."""
    return all(_shared_values(image, machine, definition) for definition in definitions)


def _shared_values(image: Capabilities, machine: Capabilities, definition: CapabilityDefinition) -> set[str]:
    """Return the values of one capability that an image and a machine type share."""
    return set(image.get(definition.name) or definition.values) & set(machine.get(definition.name) or definition.values)


def _versions(config: CloudProfileConfig | None, name: str, version: str) -> list[MachineImageVersion]:
    """Return every entry for a name and a version; the same name may occur several times."""
    return [
        entry
        for image in (config.machine_images if config else ())
        if image.name == name
        for entry in image.versions
        if entry.version == version
    ]


def _candidates(
    entries: Iterable[MachineImageVersion],
    name: str,
    version: str,
    region: RegionId,
    definitions: Sequence[CapabilityDefinition],
) -> list[MachineImage]:
    """Return the flavors that exist in a region; an entry in the flat form counts as one flavor."""
    flavors: list[ImageFlavor] = []
    for entry in entries:
        if entry.capability_flavors:
            flavors += entry.capability_flavors
        else:
            flavors.append(ImageFlavor(capabilities=flat_capabilities(definitions), regions=entry.regions))
    found = []
    for flavor in flavors:
        # A region listed twice in one flavor: the last one wins, unlike in the flat form.
        mappings = [mapping for mapping in flavor.regions if mapping.name == region]
        if mappings:
            image_id = mappings[-1].id
            found.append(MachineImage(name=name, version=version, id=image_id, capabilities=flavor.capabilities))
    return found


def _missing(
    config: CloudProfileConfig | None, name: str, version: str, region: RegionId, *, object: str, path: str
) -> Problem:
    """Return the request and what exists instead."""
    asked = f"no image id for machine image {show(name)} version {show(version)} in region {show_name(region)}"
    images = config.machine_images if config else ()
    names = sorted({image.name for image in images})
    entries = _versions(config, name, version)
    if name not in names:
        detail = f"{asked}: the CloudProfile's providerConfig knows no image of that name, only {show_list(names)}"
        fix = did_you_mean(name, names) or "add the image to CloudProfile.spec.providerConfig.machineImages"
    elif not entries:
        versions = sorted({entry.version for image in images if image.name == name for entry in image.versions})
        detail = f"{asked}: the CloudProfile's providerConfig knows versions {show_list(versions)}"
        fix = did_you_mean(version, versions) or "add the version to CloudProfile.spec.providerConfig.machineImages"
    else:
        regions = sorted({mapping.name for entry in entries for mapping in _regions(entry)})
        detail = f"{asked}: the CloudProfile's providerConfig has one in {show_list(regions)}"
        fix = f"copy the image to {show_name(region)} and add its id there, or choose another version"
    return Problem(object, path, "NotSupported", detail, fix)


def mapped_images(config: CloudProfileConfig | None) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and id of everything in the mapping."""
    for image in config.machine_images if config else ():
        for entry in image.versions:
            yield from ((image.name, entry.version, mapping.id) for mapping in _regions(entry))


def _regions(entry: MachineImageVersion) -> list[RegionImage]:
    """Return every region mapping of a version, in either form."""
    return [*entry.regions, *(mapping for flavor in entry.capability_flavors for mapping in flavor.regions)]


def _show_capabilities(capabilities: Capabilities) -> str:
    """Return capabilities as `architecture=amd64,arm64`."""
    shown = " ".join(f"{name}={','.join(values)}" for name, values in sorted(capabilities.items()))
    return show_name(shown) or "no capabilities"
