"""
The NamespacedCloudProfile: what a project changes about a CloudProfile.

It is rare, so only an input that has one imports this.
"""

from pydantic import Field

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig
from provisioner.api.core_v1beta1.cloud_profile import (
    CloudProfileSpec,
    KubernetesSettings,
    Limits,
    MachineType,
    ProfileImageVersion,
    ProfileMachineImage,
    VolumeType,
)
from provisioner.api.core_v1beta1.version import API_VERSION
from provisioner.api.model import ApiObject, Int64, Items, Raw, TolerantModel


class OverrideImageVersion(ProfileImageVersion):
    """A version of a machine image: a new one, or another expiration date for one of the parent's."""

    cri: Items[Raw] = ()
    """Container runtimes; only of a new version."""
    kubelet_version_constraint: str | None = None
    """Versions of the kubelet that it takes; only of a new version."""


class OverrideMachineImage(ProfileMachineImage):
    """A machine image: a new one, or versions for one of the parent's."""

    versions: Items[OverrideImageVersion] = ()
    """Versions."""


class ParentReference(TolerantModel):
    """The CloudProfile that a NamespacedCloudProfile changes."""

    kind: str = ""
    """Always `CloudProfile`."""
    name: str = ""
    """Its name. Cannot be changed."""


class NamespacedCloudProfileSpec(TolerantModel):
    """What differs from the parent."""

    parent: ParentReference = Field(default_factory=ParentReference)
    """The CloudProfile that this one changes."""
    ca_bundle: str | None = None
    """Certificates for the machines, beside the parent's."""
    kubernetes: KubernetesSettings = Field(default_factory=KubernetesSettings)
    """Other expiration dates for the parent's versions of Kubernetes."""
    machine_images: Items[OverrideMachineImage] = ()
    """Further machine images and versions, and other expiration dates for the parent's."""
    machine_types: Items[MachineType] = ()
    """Further machine types; one of the same name takes the place of the parent's."""
    volume_types: Items[VolumeType] = ()
    """Further disk categories; one of the same name takes the place of the parent's."""
    limits: Limits | None = None
    """Limits that take the place of the parent's."""
    provider_config: CloudProfileConfig | None = None
    """The image ids of the further versions."""


class NamespacedCloudProfileStatus(TolerantModel):
    """What Gardener made of parent and override."""

    cloud_profile_spec: CloudProfileSpec | None = None
    """The result, as of the last reconciliation."""
    observed_generation: Int64 | None = None
    """Generation that it belongs to."""


class NamespacedCloudProfile(ApiObject):
    """A CloudProfile of one project: everything of its parent, and what the project adds."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "NamespacedCloudProfile"
    """Always `NamespacedCloudProfile`."""
    spec: NamespacedCloudProfileSpec = Field(default_factory=NamespacedCloudProfileSpec)
    """What differs from the parent."""
    status: NamespacedCloudProfileStatus | None = None
    """The result; unset in a hand-written manifest."""
