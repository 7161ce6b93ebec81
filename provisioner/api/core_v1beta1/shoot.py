"""The Shoot: a Kubernetes cluster that Gardener runs, with its worker pools."""

from pydantic import Field

from provisioner.api.alicloud_v1alpha1 import ControlPlaneConfig, InfrastructureConfig
from provisioner.api.core_v1beta1.version import API_VERSION
from provisioner.api.model import (
    ApiObject,
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
)
from provisioner.ids import RegionId, TechnicalId


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


class ClusterAutoscalerOptions(TolerantModel):
    """
    Settings of the cluster-autoscaler for one pool.

    Shares of a node's capacity are numbers in a Shoot and text in a Worker; manifests are read without the difference.
    """

    scale_down_utilization_threshold: Text | None = None
    """Share of a node's capacity, from 0 to 1, below which it can go."""
    scale_down_gpu_utilization_threshold: Text | None = None
    """The same for nodes with GPUs."""
    scale_down_unneeded_time: str | None = None
    """How long a node has to be unneeded before it goes, for example `30m`."""
    scale_down_unready_time: str | None = None
    """How long an unready node has to be unneeded before it goes."""
    max_node_provision_time: str | None = None
    """How long the autoscaler waits for a new node."""


class MachineControllerManagerSettings(TolerantModel):
    """Settings of the machine-controller-manager for one pool; durations such as `2h`."""

    machine_drain_timeout: str | None = None
    """How long a node may take to be drained."""
    machine_health_timeout: str | None = None
    """How long a machine may be unhealthy before it is replaced."""
    machine_creation_timeout: str | None = None
    """How long a machine may take to come up."""
    max_evict_retries: Int | None = None
    """How often a pod's eviction is tried."""
    node_conditions: Items[str] = ()
    """Conditions that make a machine unhealthy."""
    in_place_update_timeout: str | None = None
    """How long an update in place may take."""
    disable_health_timeout: OptionalFlag = None
    """Whether unhealthy machines stay while they are updated in place."""
    machine_preserve_timeout: str | None = None
    """How long a failed machine is preserved."""
    auto_preserve_failed_machine_max: Int | None = None
    """How many failed machines are preserved at once."""


class SystemComponents(TolerantModel):
    """Whether a pool's nodes run what the cluster itself needs."""

    allow: Flag = False
    """Whether they may."""


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
    system_components: SystemComponents | None = None
    """Whether the nodes run what the cluster itself needs; unset means yes."""
    machine_controller_manager: MachineControllerManagerSettings | None = None
    """Settings of the machine-controller-manager."""
    cluster_autoscaler: ClusterAutoscalerOptions | None = None
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
    control_plane_config: ControlPlaneConfig | None = None
    """Settings of the control plane; checked, and not used here."""
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
    provider_config: Raw | None = None
    """Settings of the network plugin; not used here."""


class ShootKubernetes(TolerantModel):
    """Kubernetes settings of the shoot."""

    version: Text = ""
    """Kubernetes version."""
    kubelet: Raw | None = None
    """Settings of every kubelet."""
    kube_proxy: Raw | None = None
    """Settings of kube-proxy."""
    kube_scheduler: Raw | None = None
    """Settings of the scheduler."""
    cluster_autoscaler: Raw | None = None
    """Settings of the cluster-autoscaler for all pools."""
    vertical_pod_autoscaler: Raw | None = None
    """Settings of the vertical pod autoscaler."""


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
    addons: Raw | None = None
    """Addons; not used here."""
    system_components: Raw | None = None
    """Settings of what the cluster itself needs; not used here."""
    purpose: str | None = None
    """evaluation, testing, development, production or infrastructure."""


class PendingWorkerUpdates(TolerantModel):
    """Pools whose machines are being updated in place."""

    auto_in_place_update: Items[str] = ()
    """Those that Gardener updates."""
    manual_in_place_update: Items[str] = ()
    """Those that the user updates."""


class InPlaceUpdatesStatus(TolerantModel):
    """How far updates in place are."""

    pending_worker_updates: PendingWorkerUpdates | None = None
    """Pools that are not done yet."""


class ShootStatus(TolerantModel):
    """The status of a shoot."""

    technical_id: TechnicalId | None = Field(default=None, alias="technicalID")
    """Name of the shoot in the seed and in the cloud, `shoot--<project>--<name>`; never changes."""
    uid: str | None = None
    """Identity of the shoot; survives a move to another garden."""
    is_hibernated: Flag = Field(default=False, alias="hibernated")
    """Whether the shoot sleeps now."""
    in_place_updates: InPlaceUpdatesStatus | None = None
    """How far updates in place are."""
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
    def is_workerless(self) -> bool:
        """Whether the shoot has a control plane alone: no machines, and so no infrastructure."""
        return not self.spec.provider.workers and self.spec.provider.infrastructure_config is None

    @property
    def pending_pools(self) -> frozenset[str]:
        """Names of the pools whose machines are being updated in place."""
        updates = self.status.in_place_updates if self.status else None
        pending = updates.pending_worker_updates if updates else None
        return frozenset((*pending.auto_in_place_update, *pending.manual_in_place_update) if pending else ())

    @property
    def binding_path(self) -> str:
        """Where the shoot names the binding that leads to its credentials, or would."""
        return "spec.credentialsBindingName" if self.spec.credentials_binding_name else "spec.secretBindingName"

    @property
    def cloud_profile_name(self) -> str | None:
        """Name of the CloudProfile that the shoot uses."""
        return self.spec.cloud_profile.name if self.spec.cloud_profile else self.spec.cloud_profile_name

    @property
    def has_namespaced_profile(self) -> bool:
        """Whether the shoot uses a NamespacedCloudProfile of its own namespace."""
        return self.spec.cloud_profile is not None and self.spec.cloud_profile.kind == "NamespacedCloudProfile"
