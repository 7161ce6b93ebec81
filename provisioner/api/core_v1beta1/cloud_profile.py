"""The CloudProfile: what a landscape offers on one cloud."""

import re
from collections.abc import Collection, Iterable

from pydantic import Field, PrivateAttr

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig
from provisioner.api.core_v1beta1.version import API_VERSION
from provisioner.api.model import ApiObject, Flag, Int, Items, Mapping, OptionalFlag, Text, TolerantModel


class CapabilityDefinition(TolerantModel):
    """A capability that machine types and images can have; values in order of preference."""

    name: str
    """Name, for example `architecture`."""
    values: Items[str] = ()
    """All values; also the default where a machine type or image names none."""


class LifecycleStage(TolerantModel):
    """What a version counts as from some time on."""

    classification: str
    """unavailable, preview, supported, deprecated or expired."""
    start_time: str | None = None
    """When the stage begins; unset in the first one means long ago."""


class InPlaceUpdates(TolerantModel):
    """Whether machines can be updated to a version without being replaced."""

    supported: Flag = False
    """Whether they can."""
    min_version_for_update: Text | None = None
    """The oldest version that can be updated from."""


class ExpirableVersion(TolerantModel):
    """A version of Kubernetes or of a machine image that users may choose."""

    version: Text
    """Version."""
    expiration_date: str | None = None
    """When it stops being offered."""
    classification: str | None = None
    """preview, supported or deprecated."""
    lifecycle: Items[LifecycleStage] = ()
    """The stages of the version in order, instead of `expirationDate` and `classification`."""


class ProfileImageVersion(ExpirableVersion):
    """A version of a machine image that users may choose."""

    in_place_updates: InPlaceUpdates | None = None
    """Updates of machines in place; unset means that there are none."""
    architectures: Items[str] = ()
    """CPU architectures; empty means `amd64`."""
    capability_flavors: Items[dict[str, Items[str]]] = ()
    """Variants of the version by capabilities."""


class ProfileMachineImage(TolerantModel):
    """A machine image that users may choose."""

    name: str
    """Name."""
    versions: Items[ProfileImageVersion] = ()
    """Versions."""


class MachineTypeStorage(TolerantModel):
    """What a machine type asks of a disk of one category."""

    type: str = ""
    """Disk category, for example `cloud_essd`."""
    min_size: Text | None = None
    """Least size, a quantity."""


class MachineType(TolerantModel):
    """A machine type that users may choose."""

    name: str
    """ECS instance type."""
    cpu: Text = "0"
    """Number of CPUs, a quantity."""
    gpu: Text = "0"
    """Number of GPUs, a quantity."""
    memory: Text = "0"
    """Memory, a quantity."""
    usable: OptionalFlag = None
    """Whether it may be chosen; unset means yes."""
    architecture: str | None = None
    """CPU architecture; unset means `amd64`."""
    storage: MachineTypeStorage | None = None
    """What it asks of a disk of one category; unset: nothing."""
    capabilities: Mapping[Items[str]] = Field(default_factory=dict)
    """Capabilities of this machine type; missing ones have the defaults of `machineCapabilities`."""


class VolumeType(TolerantModel):
    """A disk category that users may choose."""

    name: str
    """Disk category, for example `cloud_essd`."""
    volume_class: str | None = Field(default=None, alias="class")
    """standard or premium."""
    usable: OptionalFlag = None
    """Whether it may be chosen; unset means yes."""
    min_size: Text | None = None
    """Least size, a quantity."""


class AvailabilityZone(TolerantModel):
    """A zone of a region and what it lacks."""

    name: str
    """Zone, for example `eu-central-1a`."""
    unavailable_machine_types: Items[str] = ()
    """Machine types that are not available here."""
    unavailable_volume_types: Items[str] = ()
    """Disk categories that are not available here."""


class Region(TolerantModel):
    """A region that users may choose."""

    name: str
    """Region, for example `eu-central-1`."""
    zones: Items[AvailabilityZone] = ()
    """Its zones."""


class KubernetesSettings(TolerantModel):
    """What users may choose of Kubernetes."""

    versions: Items[ExpirableVersion] = ()
    """Versions."""


class Limits(TolerantModel):
    """How large shoots may become."""

    max_nodes_total: Int | None = None
    """Most machines that the minimum of all pools together may ask for; unset: any number."""


class CloudProfileSpec(TolerantModel):
    """The landscape's offer on one cloud."""

    type: str
    """Provider; `alicloud` here."""
    kubernetes: KubernetesSettings = Field(default_factory=KubernetesSettings)
    """Versions of Kubernetes."""
    machine_images: Items[ProfileMachineImage] = ()
    """Machine images."""
    machine_types: Items[MachineType] = ()
    """Machine types."""
    volume_types: Items[VolumeType] = ()
    """Disk categories."""
    regions: Items[Region] = ()
    """Regions and zones."""
    machine_capabilities: Items[CapabilityDefinition] = ()
    """Capabilities, in order of importance; empty: images have none."""
    limits: Limits | None = None
    """How large shoots may become; unset: no limit."""
    provider_config: CloudProfileConfig | None = None
    """The image ids."""


class CloudProfile(ApiObject):
    """Gardener's offer on one cloud: regions, zones, machine types, disk categories and machine images."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "CloudProfile"
    """Always `CloudProfile`."""
    spec: CloudProfileSpec
    """The offer."""

    _unread: frozenset[str] = PrivateAttr(default=frozenset())
    """JSON names of the specification's fields that could not be read completely."""
    _is_copy: bool = PrivateAttr(default=False)
    """Whether it is the one in a Cluster."""

    def knows(self, field: str) -> bool:
        """Return whether a field of the specification, by its JSON name, tells what is on offer and what is not."""
        if field in self._unread:
            return False
        return not self._is_copy or not self._lacks(field)

    def has_read(self, fields: Iterable[str]) -> bool:
        """Return whether all of these fields of the specification could be read."""
        return self._unread.isdisjoint(fields)

    def with_unread(self, head: str, paths: Collection[str]) -> "CloudProfile":
        """Return the same CloudProfile, of which something could not be read; paths to it begin with `head`."""
        spec = f"{head}spec."
        copy = self.model_copy()
        copy._unread = frozenset(
            name
            for name in (field.alias or attribute for attribute, field in CloudProfileSpec.model_fields.items())
            for path in paths
            if spec.startswith(f"{path}.") or re.match(rf"{re.escape(spec + name)}(?:[.\[]|$)", path)
        )
        return copy

    def as_copy(self) -> "CloudProfile":
        """
        Return the same CloudProfile as it is in a Cluster: what is empty there is not known.

        The extension's controllers read no offer from it, except capabilities and the ids of images.

        Source: gardener-extension-provider-alicloud pkg/controller/worker/machines.go, read 2026-11.
        """
        copy = self.model_copy()
        copy._is_copy = True
        return copy

    def _lacks(self, field: str) -> bool:
        spec = self.spec
        lacking = {
            "machineTypes": not spec.machine_types,
            "machineImages": not spec.machine_images,
            "volumeTypes": not spec.volume_types,
            "regions": not spec.regions or any(not region.zones for region in spec.regions),
        }
        return lacking.get(field, False)
