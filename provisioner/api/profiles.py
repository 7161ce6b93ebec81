"""
The CloudProfile that a NamespacedCloudProfile amounts to.

Source: gardener pkg/controllermanager/controller/namespacedcloudprofile/reconciler.go (MergeCloudProfiles) and
pkg/utils/gardener/namespacedcloudprofile.go; gardener-extension-provider-alicloud
pkg/admission/mutator/namespacedcloudprofile.go; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig, MachineImages, MachineImageVersion
from provisioner.api.core_v1beta1 import CloudProfile, MachineType
from provisioner.api.core_v1beta1.cloud_profile import CloudProfileSpec, ProfileImageVersion, ProfileMachineImage
from provisioner.api.core_v1beta1.namespaced_cloud_profile import (
    NamespacedCloudProfile,
    NamespacedCloudProfileSpec,
    OverrideImageVersion,
)
from provisioner.api.model import ApiModel

_ARCHITECTURE = "architecture"
_FLAT: dict[str, tuple[str, ...]] = {_ARCHITECTURE: ("amd64",)}
"""What an image id without capabilities stands for."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_NamedT = TypeVar("_NamedT", bound=_Named)
_ModelT = TypeVar("_ModelT", bound=ApiModel)


def effective_profile(item: NamespacedCloudProfile, parent: CloudProfile | None) -> CloudProfile | None:
    """
    Return the CloudProfile that a NamespacedCloudProfile amounts to, under its own kind and name; None if neither the
    parent nor the status is there.

    With the parent, both are merged: what the manifests say now is what Gardener's controller makes of them next, while
    the status is what it made of them before.
    """
    spec = None
    if parent is not None:
        spec = _merge(parent.spec, item.spec)
    elif item.status is not None and item.status.cloud_profile_spec is not None:
        found = item.status.cloud_profile_spec
        # The API server writes an empty specification before the first reconciliation.
        if found.type:
            spec = _changed(found, provider_config=_merge_mappings(found.provider_config, item.spec.provider_config))
    return None if spec is None else CloudProfile(kind=item.kind, metadata=item.metadata, spec=spec)


def mapped_versions(config: CloudProfileConfig | None) -> Mapping[tuple[str, str], MachineImageVersion]:
    """Return the entries of a mapping by the image's name and the version; of several for one, the last."""
    images = config.machine_images if config else ()
    return {(image.name, entry.version): entry for image in images for entry in image.versions}


def _merge(parent: CloudProfileSpec, override: NamespacedCloudProfileSpec) -> CloudProfileSpec:
    dates = {version.version: version.expiration_date for version in override.kubernetes.versions}
    versions = (
        _changed(version, expiration_date=dates[version.version]) if version.version in dates else version
        for version in parent.kubernetes.versions
    )
    has_capabilities = bool(parent.machine_capabilities)
    types = (_in_form_of_parent(machine, has_capabilities) for machine in override.machine_types)
    limits = override.limits if override.limits and (override.limits.max_nodes_total or 0) > 0 else parent.limits
    return _changed(
        parent,
        kubernetes=_changed(parent.kubernetes, versions=tuple(versions)),
        machine_images=_merge_images(parent, override),
        machine_types=_replaced(parent.machine_types, types),
        volume_types=_replaced(parent.volume_types, override.volume_types),
        limits=limits,
        provider_config=_merge_mappings(parent.provider_config, override.provider_config),
    )


def _merge_images(parent: CloudProfileSpec, override: NamespacedCloudProfileSpec) -> tuple[ProfileMachineImage, ...]:
    images = {image.name: image for image in parent.machine_images}
    mapped = mapped_versions(override.provider_config) if parent.machine_capabilities else {}
    for image in override.machine_images:
        known = images.get(image.name, ProfileMachineImage(name=image.name))
        versions = {version.version: version for version in known.versions}
        for version in image.versions:
            own = _image_version(version, mapped.get((image.name, version.version)), bool(parent.machine_capabilities))
            old = versions.get(version.version)
            is_date_alone = not (
                own.architectures
                or own.capability_flavors
                or version.cri
                or version.kubelet_version_constraint
                or version.classification
            )
            if old is not None and is_date_alone:
                own = _changed(old, expiration_date=version.expiration_date)
            versions[version.version] = own
        images[image.name] = _changed(known, versions=tuple(versions.values()))
    return tuple(images.values())


def _image_version(
    version: OverrideImageVersion, mapped: MachineImageVersion | None, has_capabilities: bool
) -> ProfileImageVersion:
    """Return a version in the form that the parent has: with flavors, or with architectures alone."""
    flavors, architectures = version.capability_flavors, version.architectures
    if not has_capabilities:
        found = dict.fromkeys(value for flavor in flavors for value in flavor.get(_ARCHITECTURE, ()))
        return _changed(version, architectures=architectures or tuple(found), capability_flavors=())
    if mapped is not None:
        flavors = tuple(flavor.capabilities for flavor in mapped.capability_flavors) or (_FLAT,)
    elif not flavors:
        flavors = tuple({_ARCHITECTURE: (architecture,)} for architecture in architectures)
    return _changed(version, capability_flavors=flavors)


def _in_form_of_parent(machine: MachineType, has_capabilities: bool) -> MachineType:
    """Return a machine type in the form that the parent has: without capabilities its architecture alone counts."""
    if has_capabilities or not machine.capabilities:
        return machine
    architectures = machine.capabilities.get(_ARCHITECTURE)
    architecture = machine.architecture or (architectures[0] if architectures else None)
    return _changed(machine, architecture=architecture, capabilities={})


def _merge_mappings(
    parent: CloudProfileConfig | None, override: CloudProfileConfig | None
) -> CloudProfileConfig | None:
    """Return the image ids of both; the override's come in the place of the parent's for the same version."""
    if parent is None or override is None:
        return parent or override
    own = mapped_versions(override)
    images = [
        _changed(image, versions=tuple(entry for entry in image.versions if (image.name, entry.version) not in own))
        for image in parent.machine_images
    ]
    for image in override.machine_images:
        place = next((number for number, known in enumerate(images) if known.name == image.name), None)
        if place is None:
            images.append(image)
        else:
            images[place] = MachineImages(name=image.name, versions=(*images[place].versions, *image.versions))
    return _changed(parent, machine_images=tuple(images))


def _replaced(parent: Iterable[_NamedT], override: Iterable[_NamedT]) -> tuple[_NamedT, ...]:
    """Return what the parent has, with the override's in the place of the same name or at the end."""
    return tuple({item.name: item for item in (*parent, *override)}.values())


def _changed(model: _ModelT, **fields: Any) -> _ModelT:
    """Return a model with other values in some fields."""
    return model.model_copy(update=fields)
