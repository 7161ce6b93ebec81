"""
Shoot, CloudProfile, Project and InternalSecret of core.gardener.cloud/v1beta1, and Kubernetes' Secret (v1).

Only the fields that matter here are listed; everything else in such an object is ignored.

Source: gardener/gardener pkg/apis/core/v1beta1, read 2026-08.
"""

from collections.abc import Iterator

from pydantic import Field

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig, InfrastructureConfig
from provisioner.api.model import (
    ApiObject,
    Base64Text,
    Flag,
    Int,
    IntOrString,
    Items,
    LastError,
    LastOperation,
    Mapping,
    OptionalFlag,
    Raw,
    Text,
    TolerantModel,
    decode_base64,
)
from provisioner.ids import RegionId, TechnicalId

API_VERSION = "core.gardener.cloud/v1beta1"


class ShootMachineImage(TolerantModel):
    """The machine image that a worker pool asks for."""

    name: str
    """Name as in `CloudProfile.spec.machineImages[]`."""
    version: Text | None = None
    """Version; Gardener's API server always fills it in."""


class Machine(TolerantModel):
    """The machines of a worker pool."""

    type: str
    """Machine type, an ECS instance type such as `ecs.g7.large`."""
    image: ShootMachineImage | None = None
    """Machine image; Gardener's API server always fills it in."""
    architecture: str | None = None
    """CPU architecture; unset means `amd64`."""


class Volume(TolerantModel):
    """A worker pool's system disk."""

    name: str | None = None
    """Name, without meaning in the cloud."""
    type: str | None = None
    """Disk category, for example `cloud_essd`."""
    size: Text = ""
    """Size as a quantity, for example `50Gi`."""
    encrypted: OptionalFlag = None
    """Whether the disk is encrypted; unset leaves it to the account's default."""


class DataVolume(TolerantModel):
    """A further disk of each machine of a worker pool."""

    name: str
    """Name, unique within the pool."""
    type: str | None = None
    """Disk category; unset leaves the choice to the cloud."""
    size: Text = ""
    """Size as a quantity, for example `100Gi`."""
    encrypted: OptionalFlag = None
    """Whether the disk is encrypted; unset leaves it to the account's default."""


class Taint(TolerantModel):
    """A taint of a pool's nodes."""

    key: str
    """Key."""
    value: str | None = None
    """Value."""
    effect: str
    """NoSchedule, PreferNoSchedule or NoExecute."""


class WorkerKubernetes(TolerantModel):
    """Kubernetes settings of one pool."""

    version: Text | None = None
    """Kubernetes version of the pool; unset means the shoot's."""
    kubelet: Raw | None = None
    """Settings of the kubelet."""


class ShootWorker(TolerantModel):
    """One worker pool of a Shoot."""

    name: str
    """Name, unique within the shoot."""
    machine: Machine
    """Type and image of the machines."""
    minimum: Int = 0
    """Least number of machines over all zones together."""
    maximum: Int = 0
    """Greatest number of machines over all zones together."""
    max_surge: IntOrString | None = None
    """Machines beyond the wanted number during an update; unset means 1."""
    max_unavailable: IntOrString | None = None
    """Machines that may be missing during an update; unset means 0."""
    zones: Items[str] = ()
    """Zones; their order decides which of them get the remainder. Zones can be appended."""
    volume: Volume | None = None
    """System disk."""
    data_volumes: Items[DataVolume] = ()
    """Further disks."""
    kubelet_data_volume_name: str | None = None
    """Data volume that holds the kubelet's state."""
    labels: Mapping[str] = Field(default_factory=dict)
    """Labels of the nodes."""
    annotations: Mapping[str] = Field(default_factory=dict)
    """Annotations of the nodes."""
    taints: Items[Taint] = ()
    """Taints of the nodes."""
    kubernetes: WorkerKubernetes | None = None
    """Kubernetes settings of this pool."""
    priority: Int | None = None
    """Rank among the pools when the autoscaler chooses one."""
    update_strategy: str | None = None
    """AutoRollingUpdate (default), AutoInPlaceUpdate or ManualInPlaceUpdate."""
    machine_controller_manager: Raw | None = None
    """Settings of the machine-controller-manager."""
    cluster_autoscaler: Raw | None = None
    """Settings of the cluster-autoscaler."""
    provider_config: Raw | None = None
    """Provider configuration; Alicloud has none for workers."""


class SshAccess(TolerantModel):
    """SSH access to the nodes."""

    enabled: Flag = False
    """Whether nodes accept SSH."""


class WorkersSettings(TolerantModel):
    """Settings for all pools together."""

    ssh_access: SshAccess | None = None
    """SSH access; unset means enabled."""


class Provider(TolerantModel):
    """The part of a Shoot that belongs to the cloud provider."""

    type: str
    """Provider; `alicloud` here."""
    infrastructure_config: InfrastructureConfig | None = None
    """VPC and zones."""
    control_plane_config: Raw | None = None
    """Settings of the control plane; not used here."""
    workers: Items[ShootWorker] = ()
    """Worker pools."""
    workers_settings: WorkersSettings | None = None
    """Settings for all pools together."""


class Networking(TolerantModel):
    """Address ranges of the shoot."""

    type: str | None = None
    """Network plugin, for example `calico`."""
    pods: str | None = None
    """Address range of pods."""
    services: str | None = None
    """Address range of services."""
    nodes: str | None = None
    """Address range of nodes; holds every zone's range."""
    ip_families: Items[str] = Field(default=(), alias="ipFamilies")
    """IPv4, IPv6 or both; empty means IPv4."""


class ShootKubernetes(TolerantModel):
    """Kubernetes settings of the shoot."""

    version: Text = ""
    """Kubernetes version."""
    kubelet: Raw | None = None
    """Settings of every kubelet."""


class Hibernation(TolerantModel):
    """Whether the shoot sleeps."""

    enabled: Flag = False
    """Whether the shoot should sleep: no machines, everything else stays."""


class CloudProfileReference(TolerantModel):
    """The CloudProfile that a Shoot uses."""

    kind: str = "CloudProfile"
    """CloudProfile or NamespacedCloudProfile."""
    name: str
    """Name of the profile."""


class ShootSpec(TolerantModel):
    """The specification of a shoot."""

    cloud_profile_name: str | None = None
    """Name of the CloudProfile, in the older field."""
    cloud_profile: CloudProfileReference | None = None
    """The CloudProfile; wins over `cloud_profile_name`."""
    region: RegionId
    """Region, for example `eu-central-1`. Cannot be changed."""
    secret_binding_name: str | None = None
    """SecretBinding that leads to the credentials."""
    credentials_binding_name: str | None = None
    """CredentialsBinding that leads to the credentials."""
    provider: Provider
    """The provider's part."""
    networking: Networking | None = None
    """Address ranges."""
    kubernetes: ShootKubernetes | None = None
    """Kubernetes settings."""
    hibernation: Hibernation | None = None
    """Whether the shoot sleeps."""
    purpose: str | None = None
    """evaluation, testing, development, production or infrastructure."""


class ShootStatus(TolerantModel):
    """The status of a shoot."""

    technical_id: TechnicalId | None = Field(default=None, alias="technicalID")
    """Name of the shoot in the seed and in the cloud, `shoot--<project>--<name>`; never changes."""
    uid: str | None = None
    """Identity of the shoot; survives a move to another garden."""
    is_hibernated: Flag = False
    """Whether the shoot sleeps now."""
    last_operation: LastOperation | None = None
    """Gardener's last operation."""
    last_errors: Items[LastError] = ()
    """Errors of the last operation."""


class Shoot(ApiObject):
    """A Kubernetes cluster that Gardener runs."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "Shoot"
    """Always `Shoot`."""
    spec: ShootSpec
    """Specification."""
    status: ShootStatus | None = None
    """Status; unset in a hand-written manifest."""

    @property
    def cloud_profile_name(self) -> str | None:
        """Name of the CloudProfile that the shoot uses."""
        return self.spec.cloud_profile.name if self.spec.cloud_profile else self.spec.cloud_profile_name


class CapabilityDefinition(TolerantModel):
    """A capability that machine types and images can have; values in order of preference."""

    name: str
    """Name, for example `architecture`."""
    values: Items[str] = ()
    """All values; also the default where a machine type or image names none."""


class ProfileImageVersion(TolerantModel):
    """A version of a machine image that users may choose."""

    version: Text
    """Version."""
    expiration_date: str | None = None
    """When it stops being offered."""
    classification: str | None = None
    """preview, supported or deprecated."""
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


class CloudProfileSpec(TolerantModel):
    """The landscape's offer on one cloud."""

    type: str
    """Provider; `alicloud` here."""
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


class ProjectSpec(TolerantModel):
    """Where a project lives."""

    namespace: str | None = None
    """Namespace of the project's shoots."""


class Project(ApiObject):
    """A team's share of a Gardener; its name is part of every technical ID."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "Project"
    """Always `Project`."""
    spec: ProjectSpec = Field(default_factory=ProjectSpec)
    """Where it lives."""


class SeedSpec(TolerantModel):
    """The part of a seed cluster that matters here."""

    provider: Raw | None = None
    """Where the seed runs."""


class Seed(ApiObject):
    """The cluster that runs control planes; appears inside a Cluster only."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "Seed"
    """Always `Seed`."""
    spec: SeedSpec = Field(default_factory=SeedSpec)
    """Specification."""


class Secret(ApiObject):
    """Kubernetes' Secret. Its text form shows no value."""

    api_version: str = "v1"
    """Always `v1`."""
    kind: str = "Secret"
    """Always `Secret`."""
    type: str = "Opaque"
    """Type; without meaning here."""
    data: Mapping[Base64Text] = Field(default_factory=dict, repr=False)
    """Values, base64."""
    string_data: Mapping[str] = Field(default_factory=dict, repr=False)
    """Values as plain text; win over `data`."""

    def decoded(self, key: str) -> bytes | None:
        """Return the value under `key`, or None when the Secret has no such key."""
        if key in self.string_data:
            return self.string_data[key].encode()
        return decode_base64(self.data[key]) if key in self.data else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it has a value for, sorted."""
        return tuple(sorted({*self.data, *self.string_data}))

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Yield name, namespace and keys only."""
        yield "name", self.metadata.name
        yield "namespace", self.metadata.namespace
        yield "keys", self.keys


class InternalSecret(Secret):
    """Gardener's Secret that no project member may read. Its text form shows no value."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "InternalSecret"
    """Always `InternalSecret`."""
