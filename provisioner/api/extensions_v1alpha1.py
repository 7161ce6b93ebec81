"""
Infrastructure, Worker, ControlPlane, Cluster, BackupBucket and BackupEntry of extensions.gardener.cloud/v1alpha1.

Only the fields that matter here are listed; everything else in such an object is ignored.

Source: gardener/gardener pkg/apis/extensions/v1alpha1 and its CRDs, read 2026-08.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from provisioner.api.alicloud_v1alpha1 import (
    BackupBucketConfig,
    ControlPlaneConfig,
    InfrastructureConfig,
    InfrastructureStatus,
    WorkerStatus,
)
from provisioner.api.core_v1beta1 import (
    CloudProfile,
    ClusterAutoscalerOptions,
    DataVolume,
    MachineControllerManagerSettings,
    Seed,
    Shoot,
    Taint,
    Volume,
)
from provisioner.api.model import (
    ApiObject,
    Bytes,
    Int,
    Int64,
    IntOrString,
    Items,
    LastError,
    LastOperation,
    Mapping,
    Raw,
    SecretReference,
    Text,
    TolerantModel,
)
from provisioner.ids import RegionId

API_VERSION = "extensions.gardener.cloud/v1alpha1"


class InfrastructureSpec(TolerantModel):
    """The specification of a shoot's infrastructure."""

    type: str
    """Provider; `alicloud` here."""
    extension_class: str | None = Field(default=None, alias="class")
    """shoot, seed or garden; unset means shoot."""
    region: RegionId
    """Region. Cannot be changed."""
    secret_ref: SecretReference = Field(default_factory=SecretReference)
    """Credentials."""
    ssh_public_key: Bytes | None = Field(default=None, alias="sshPublicKey")
    """Public key for the nodes; unset when SSH access is disabled."""
    provider_config: InfrastructureConfig | None = None
    """VPC and zones."""


class InfrastructureNetworking(TolerantModel):
    """Address ranges that the provider decided."""

    nodes: Items[str] = ()
    """Address ranges of nodes."""
    pods: Items[str] = ()
    """Address ranges of pods."""
    services: Items[str] = ()
    """Address ranges of services."""


class InfrastructureObjectStatus(TolerantModel):
    """The status of a shoot's infrastructure."""

    provider_status: InfrastructureStatus | None = None
    """Ids of what exists."""
    egress_cidrs: Items[str] = Field(default=(), alias="egressCIDRs")
    """Addresses that traffic of the nodes comes from."""
    networking: InfrastructureNetworking | None = None
    """Address ranges that the provider decided."""
    last_operation: LastOperation | None = None
    """The last operation."""
    last_error: LastError | None = None
    """Errors of the last operation."""
    observed_generation: Int64 | None = None
    """Generation that the status belongs to."""
    state: Any = None
    """Data that must survive a move to another seed."""


class Infrastructure(ApiObject):
    """The networks of one shoot."""

    api_version: str = API_VERSION
    """Always `extensions.gardener.cloud/v1alpha1`."""
    kind: str = "Infrastructure"
    """Always `Infrastructure`."""
    spec: InfrastructureSpec
    """Specification."""
    status: InfrastructureObjectStatus | None = None
    """Status."""


class PoolMachineImage(TolerantModel):
    """The machine image of a pool."""

    name: str
    """Name as in the CloudProfile."""
    version: Text
    """Version as in the CloudProfile."""


class UserDataSecretReference(TolerantModel):
    """The key of the Secret that holds a pool's user data, in the Worker's namespace."""

    name: str = ""
    """Name of the Secret."""
    key: str
    """Key in the Secret."""


class NodeTemplate(TolerantModel):
    """The resources of a pool's future node, for scaling up from zero."""

    capacity: Mapping[Text] = Field(default_factory=dict)
    """Quantities by resource: cpu, gpu, memory."""
    virtual_capacity: Mapping[Text] = Field(default_factory=dict)
    """Further quantities; a change rolls no machine."""


class WorkerPool(TolerantModel):
    """One pool of a Worker."""

    name: str
    """Name, unique within the Worker."""
    machine_type: str
    """ECS instance type."""
    machine_image: PoolMachineImage | None = None
    """Machine image; resolved to an image id through the CloudProfile."""
    architecture: str | None = None
    """CPU architecture; unset means `amd64`."""
    minimum: Int
    """Least number of machines over all zones together."""
    maximum: Int
    """Greatest number of machines over all zones together."""
    max_surge: IntOrString = 1
    """Machines beyond the wanted number during an update."""
    max_unavailable: IntOrString = 0
    """Machines that may be missing during an update."""
    zones: Items[str] = ()
    """Zones; their order decides which of them get the remainder."""
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
    user_data_secret_ref: UserDataSecretReference | None = None
    """Where the user data is; excludes `user_data`."""
    user_data: Bytes | None = Field(default=None, repr=False)
    """User data written inline, as Gardener did up to v1.100."""
    node_agent_secret_name: str | None = None
    """Changes exactly when the pool's nodes must be replaced."""
    node_template: NodeTemplate | None = None
    """The resources of a future node."""
    kubernetes_version: Text | None = None
    """Kubernetes version of the pool; unset means the shoot's."""
    kubelet_config: Raw | None = None
    """Settings of the kubelet."""
    machine_controller_manager: MachineControllerManagerSettings | None = None
    """Settings of the machine-controller-manager."""
    cluster_autoscaler: ClusterAutoscalerOptions | None = None
    """Settings of the cluster-autoscaler."""
    priority: Int | None = None
    """Rank among the pools when the autoscaler chooses one."""
    update_strategy: str | None = None
    """AutoRollingUpdate (default), AutoInPlaceUpdate or ManualInPlaceUpdate."""
    provider_config: Raw | None = None
    """Provider configuration; Alicloud has none for workers."""


class WorkerSpec(TolerantModel):
    """The specification of a shoot's machines."""

    type: str
    """Provider; `alicloud` here."""
    extension_class: str | None = Field(default=None, alias="class")
    """shoot, seed or garden; unset means shoot."""
    region: RegionId
    """Region. Cannot be changed."""
    secret_ref: SecretReference = Field(default_factory=SecretReference)
    """Credentials."""
    ssh_public_key: Bytes | None = Field(default=None, alias="sshPublicKey")
    """Public key for the nodes."""
    infrastructure_provider_status: InfrastructureStatus | None = None
    """Copy of `Infrastructure.status.providerStatus`."""
    pools: Items[WorkerPool] = ()
    """The pools."""


class MachineDeployment(TolerantModel):
    """One pool in one zone, as the autoscaler sees it."""

    name: str
    """`<technical ID>-<pool>-<zone>`."""
    minimum: Int
    """Least number of machines."""
    maximum: Int
    """Greatest number of machines."""
    priority: Int | None = None
    """Rank among the deployments."""


class WorkerObjectStatus(TolerantModel):
    """The status of a shoot's machines."""

    provider_status: WorkerStatus | None = None
    """Images in use."""
    machine_deployments: Items[MachineDeployment] = ()
    """Pools per zone."""
    machine_deployments_last_update_time: str | None = None
    """When `machine_deployments` last changed, RFC 3339."""
    last_operation: LastOperation | None = None
    """The last operation."""
    last_error: LastError | None = None
    """Errors of the last operation."""
    observed_generation: Int64 | None = None
    """Generation that the status belongs to."""
    state: Any = None
    """Data that must survive a move to another seed."""


class Worker(ApiObject):
    """The machines of one shoot."""

    api_version: str = API_VERSION
    """Always `extensions.gardener.cloud/v1alpha1`."""
    kind: str = "Worker"
    """Always `Worker`."""
    spec: WorkerSpec
    """Specification."""
    status: WorkerObjectStatus | None = None
    """Status."""


class ControlPlaneSpec(TolerantModel):
    """The specification of the provider's part of a control plane."""

    type: str
    """Provider; `alicloud` here."""
    provider_config: ControlPlaneConfig | None = None
    """Settings of the control plane."""


class ControlPlane(ApiObject):
    """The provider's part of a shoot's control plane. Its configuration is checked, and nothing else is used here."""

    api_version: str = API_VERSION
    """Always `extensions.gardener.cloud/v1alpha1`."""
    kind: str = "ControlPlane"
    """Always `ControlPlane`."""
    spec: ControlPlaneSpec
    """Specification."""
    status: Raw | None = None
    """Status."""


class ClusterSpec(TolerantModel):
    """Copies of the garden's objects."""

    cloud_profile: Annotated[CloudProfile, AfterValidator(CloudProfile.as_copy)]
    """The CloudProfile that the shoot uses."""
    shoot: Shoot
    """The shoot, with its status."""
    seed: Seed | None = None
    """The seed that runs the shoot."""


class Cluster(ApiObject):
    """An extension's view of a shoot; its name is the namespace of the shoot's Infrastructure and Worker."""

    api_version: str = API_VERSION
    """Always `extensions.gardener.cloud/v1alpha1`."""
    kind: str = "Cluster"
    """Always `Cluster`."""
    spec: ClusterSpec
    """Copies of the garden's objects."""


class BackupBucketSpec(TolerantModel):
    """The specification of a bucket."""

    type: str
    """Provider; `alicloud` here."""
    extension_class: str | None = Field(default=None, alias="class")
    """shoot, seed or garden; unset means shoot."""
    region: RegionId
    """Region of the bucket. Cannot be changed."""
    secret_ref: SecretReference = Field(default_factory=SecretReference)
    """Credentials."""
    provider_config: BackupBucketConfig | None = None
    """Write-once protection."""


class BackupObjectStatus(TolerantModel):
    """The status of a bucket or an entry."""

    last_operation: LastOperation | None = None
    """The last operation."""
    last_error: LastError | None = None
    """Errors of the last operation."""
    observed_generation: Int64 | None = None
    """Generation that the status belongs to."""
    provider_status: Raw | None = None
    """Alicloud has none."""


class BackupBucket(ApiObject):
    """A bucket for backups; its name is the bucket's name."""

    api_version: str = API_VERSION
    """Always `extensions.gardener.cloud/v1alpha1`."""
    kind: str = "BackupBucket"
    """Always `BackupBucket`."""
    spec: BackupBucketSpec
    """Specification."""
    status: BackupObjectStatus | None = None
    """Status."""


class BackupEntrySpec(TolerantModel):
    """Where a shoot's backups are."""

    type: str
    """Provider; `alicloud` here."""
    extension_class: str | None = Field(default=None, alias="class")
    """shoot, seed or garden; unset means shoot."""
    region: RegionId
    """Region of the bucket."""
    secret_ref: SecretReference = Field(default_factory=SecretReference)
    """Credentials."""
    bucket_name: str
    """Bucket that holds the entry."""
    backup_bucket_provider_status: Raw | None = None
    """Alicloud has none."""


class BackupEntry(ApiObject):
    """The part of a bucket that belongs to one shoot; its name is the prefix of the objects."""

    api_version: str = API_VERSION
    """Always `extensions.gardener.cloud/v1alpha1`."""
    kind: str = "BackupEntry"
    """Always `BackupEntry`."""
    spec: BackupEntrySpec
    """Where it is."""
    status: BackupObjectStatus | None = None
    """Status."""
