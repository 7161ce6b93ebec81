"""
Rules for a NamespacedCloudProfile: what it may change about its parent.

Source: gardener pkg/api/core/validation/namespacedcloudprofile.go and
plugin/pkg/namespacedcloudprofile/validator/admission.go; gardener-extension-provider-alicloud
pkg/admission/validator/namespacedcloudprofile.go; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.core_v1beta1.namespaced_cloud_profile import NamespacedCloudProfile, OverrideImageVersion
from provisioner.api.profiles import mapped_versions
from provisioner.api.text import did_you_mean, show, show_list
from provisioner.errors import Problem
from provisioner.validation.cloud_profile import check_profile_amounts
from provisioner.validation.findings import Change, Rule, Subject
from provisioner.validation.immutability import check_deletion, check_unchanged
from provisioner.validation.names import check_subdomain
from provisioner.validation.repeated import find_repeated

_PARENT_KIND = "CloudProfile"
_CERTIFICATE = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")


@dataclass(eq=False, repr=False)
class NamespacedProfileSubject(Subject):
    """A NamespacedCloudProfile with its parent."""

    item: NamespacedCloudProfile
    parent: CloudProfile | None
    is_known: bool
    """Whether the input says what it amounts to, by the parent or by the status."""
    known_parents: tuple[str, ...]
    """Names of the CloudProfiles in the input."""

    @property
    def versions(self) -> Iterator[tuple[str, str, OverrideImageVersion]]:
        """Path, image name and entry of every version in spec.machineImages."""
        for index, image in enumerate(self.item.spec.machine_images):
            for number, version in enumerate(image.versions):
                yield f"spec.machineImages[{index}].versions[{number}]", image.name, version

    @property
    def parent_versions(self) -> set[tuple[str, str]]:
        """Image name and version of everything that the parent offers."""
        images = self.parent.spec.machine_images if self.parent else ()
        return {(image.name, version.version) for image in images for version in image.versions}


NamespacedProfileChange = Change[NamespacedProfileSubject]


def check_name(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem unless the name can be that of an object."""
    yield from check_subdomain(subject, "metadata.name", subject.item.metadata.name)


def check_parent(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem unless the parent is a CloudProfile that is in the input, or the status stands for it."""
    parent = subject.item.spec.parent
    if parent.kind != _PARENT_KIND:
        detail = f"{show(parent.kind)} cannot be a parent"
        yield subject.problem("spec.parent.kind", "NotSupported", detail, f"write {_PARENT_KIND}")
    if not parent.name:
        detail = f"is required; the input has {show_list(subject.known_parents)}"
        yield subject.problem("spec.parent.name", "Required", detail, "name the CloudProfile")
    elif not subject.is_known and parent.kind == _PARENT_KIND:
        detail = f"CloudProfile {show(parent.name)} is not in the input; there are {show_list(subject.known_parents)}"
        fix = did_you_mean(parent.name, subject.known_parents)
        fix = fix or "add its manifest, or give this object with the status that Gardener writes"
        yield subject.problem("spec.parent.name", "Required", detail, fix)


def check_repeated(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each machine type, disk category, image or version that is listed twice."""
    spec = subject.item.spec
    lists: list[tuple[str, str, list[str]]] = [
        ("spec.machineTypes", "name", [item.name for item in spec.machine_types]),
        ("spec.volumeTypes", "name", [item.name for item in spec.volume_types]),
        ("spec.machineImages", "name", [item.name for item in spec.machine_images]),
        ("spec.kubernetes.versions", "version", [item.version for item in spec.kubernetes.versions]),
    ]
    for index, image in enumerate(spec.machine_images):
        lists.append((f"spec.machineImages[{index}].versions", "version", [item.version for item in image.versions]))
    for path, field, names in lists:
        for index, other in find_repeated(names).items():
            detail = f"{show(names[index])} is also {path}[{other}]"
            yield subject.problem(f"{path}[{index}].{field}", "Duplicate", detail, "keep one of them")


def check_kubernetes_versions(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each Kubernetes version that changes more than the expiration date of one of the parent's."""
    offered = [version.version for version in subject.parent.spec.kubernetes.versions] if subject.parent else []
    for index, version in enumerate(subject.item.spec.kubernetes.versions):
        path = f"spec.kubernetes.versions[{index}]"
        if version.classification is not None:
            detail = "cannot be changed here: the parent decides it"
            yield subject.problem(f"{path}.classification", "Forbidden", detail, "remove it")
        # A hand-written parent may leave out its versions.
        if offered and version.version not in offered:
            detail = (
                f"{show(version.version)} is not a Kubernetes version of the parent; there are {show_list(offered)}"
            )
            yield subject.problem(f"{path}.version", "NotSupported", detail, "remove it")
        elif version.expiration_date is None:
            fix = "give the date, which is all that can be changed"
            yield subject.problem(f"{path}.expirationDate", "Required", "is required", fix)


def check_image_overrides(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each of the parent's image versions that changes in more than its expiration date."""
    offered = subject.parent_versions
    for path, name, version in subject.versions:
        if (name, version.version) not in offered:
            continue
        for field, value in (
            ("classification", version.classification),
            ("cri", version.cri),
            ("architectures", version.architectures),
            ("capabilityFlavors", version.capability_flavors),
            ("kubeletVersionConstraint", version.kubelet_version_constraint),
            ("inPlaceUpdates", version.in_place_updates),
        ):
            if value:
                detail = f"version {show(version.version)} of machine image {show(name)} is the parent's: only its"
                detail += " expiration date can be changed"
                yield subject.problem(f"{path}.{field}", "Forbidden", detail, "remove it")
        if version.expiration_date is None:
            detail = f"is required: version {show(version.version)} of machine image {show(name)} is the parent's"
            fix = "give the date, which is all that can be changed, or remove the version"
            yield subject.problem(f"{path}.expirationDate", "Required", detail, fix)


def check_images_are_there(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each image without a name, and for each one without versions that is not the parent's."""
    offered = {image.name for image in subject.parent.spec.machine_images} if subject.parent else None
    for index, image in enumerate(subject.item.spec.machine_images):
        path = f"spec.machineImages[{index}]"
        if not image.name:
            yield subject.problem(f"{path}.name", "Required", "must not be empty")
        elif not image.versions and offered is not None and image.name not in offered:
            detail = f"machine image {show(image.name)} needs at least one version: it is not one of the parent's"
            yield subject.problem(f"{path}.versions", "Required", detail)


def check_images_are_mapped(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each image version that the parent does not have and that has no image id."""
    if subject.parent is None:
        return
    offered, mapped = subject.parent_versions, mapped_versions(subject.item.spec.provider_config)
    for path, name, version in subject.versions:
        if (name, version.version) in offered or (name, version.version) in mapped:
            continue
        known = [entry for image, entry in mapped if image == name]
        detail = f"version {show(version.version)} of machine image {show(name)} has no image id; providerConfig has"
        detail += f" versions {show_list(known)}"
        fix = did_you_mean(version.version, known) or f"add it to spec.providerConfig.machineImages ({show(name)})"
        yield subject.problem(path, "Required", detail, fix)


def check_mapping_is_needed(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each image id of a version that is the parent's, or that spec.machineImages does not have."""
    config = subject.item.spec.provider_config
    own = {(name, version.version) for _, name, version in subject.versions}
    offered = subject.parent_versions
    for index, image in enumerate(config.machine_images if config else ()):
        for number, entry in enumerate(image.versions):
            path = f"spec.providerConfig.machineImages[{index}].versions[{number}]"
            what = f"version {show(entry.version)} of machine image {show(image.name)}"
            if (image.name, entry.version) in offered:
                yield subject.problem(path, "Forbidden", f"{what} is the parent's, with the parent's ids", "remove it")
            elif (image.name, entry.version) not in own:
                yield subject.problem(path, "Invalid", f"{what} is not in spec.machineImages", "add it there")


def check_regions_of_flavors(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each region that has an image id for some variants of a version, and not for others."""
    config = subject.item.spec.provider_config
    for index, image in enumerate(config.machine_images if config else ()):
        for number, entry in enumerate(image.versions):
            regions = [{region.name for region in flavor.regions} for flavor in entry.capability_flavors]
            every = dict.fromkeys(region.name for flavor in entry.capability_flavors for region in flavor.regions)
            for place, known in enumerate(regions):
                absent = [name for name in every if name not in known]
                if absent:
                    path = f"spec.providerConfig.machineImages[{index}].versions[{number}].capabilityFlavors[{place}]"
                    detail = f"has no image id in {show_list(absent)}, where other flavors of version"
                    detail += f" {show(entry.version)} have one"
                    yield subject.problem(f"{path}.regions", "Required", detail, "add it")


def check_amounts(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem for each amount of a machine type, and each least size, that is not a quantity."""
    spec = subject.item.spec
    yield from check_profile_amounts(subject, spec.machine_types, spec.volume_types)


def check_limits(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem if shoots could have no machine at all."""
    limits = subject.item.spec.limits
    if limits is not None and limits.max_nodes_total is not None and limits.max_nodes_total <= 0:
        detail = f"must be at least 1, but is {limits.max_nodes_total}"
        yield subject.problem("spec.limits.maxNodesTotal", "Invalid", detail)


def check_certificates(subject: NamespacedProfileSubject) -> Iterator[Problem]:
    """Yield a problem if the bundle of certificates has none."""
    bundle = subject.item.spec.ca_bundle
    if bundle is not None and not all(mark in bundle for mark in _CERTIFICATE):
        yield subject.problem("spec.caBundle", "Invalid", "is not a certificate in PEM", "give it from BEGIN to END")


def check_change(change: NamespacedProfileChange) -> Iterator[Problem]:
    """Yield a problem if the parent changes, or anything while the object is being deleted."""
    old, new = change.old.item, change.new.item
    for path, was, now in (
        ("spec.parent.kind", old.spec.parent.kind, new.spec.parent.kind),
        ("spec.parent.name", old.spec.parent.name, new.spec.parent.name),
    ):
        fix = "restore the old value; another parent needs another NamespacedCloudProfile"
        yield from check_unchanged(change, path, was, now, fix)
    yield from check_deletion(change, old, new)


NAMESPACED_PROFILE_RULES: tuple[Rule[NamespacedProfileSubject], ...] = (
    Rule(check_name, in_schema="yes"),
    Rule(check_parent, in_schema="objects"),
    Rule(check_amounts, in_schema="yes"),
    # An API server has checked existing objects. Since then, the parent may have got what they added, or lost what they
    # changed, and the result is the same.
    Rule(check_repeated, in_schema="fields", is_beyond_gardener=True),
    Rule(check_kubernetes_versions, in_schema="objects", is_beyond_gardener=True),
    Rule(check_image_overrides, in_schema="objects", is_beyond_gardener=True),
    Rule(check_images_are_there, in_schema="objects", is_beyond_gardener=True),
    Rule(check_images_are_mapped, in_schema="objects", is_beyond_gardener=True),
    Rule(check_mapping_is_needed, in_schema="objects", is_beyond_gardener=True),
    Rule(check_regions_of_flavors, in_schema="fields", is_beyond_gardener=True),
    Rule(check_limits, in_schema="yes", is_beyond_gardener=True),
    Rule(check_certificates, in_schema="yes", is_beyond_gardener=True),
)

NAMESPACED_PROFILE_UPDATE_RULES: tuple[Rule[NamespacedProfileChange], ...] = (Rule(check_change, in_schema="before"),)
