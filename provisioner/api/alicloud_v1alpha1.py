"""
The provider configurations and statuses of alicloud.provider.extensions.gardener.cloud/v1alpha1.

Configurations are strict, statuses tolerant: a status written by a newer extension must stay readable.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/v1alpha1, read 2026-08.
"""

from typing import Literal

from pydantic import ConfigDict, Field

from provisioner.api.model import ApiModel, Flag, Int, Items, Mapping, OptionalFlag, StrictModel, Text, TolerantModel

ApiVersion = Literal["alicloud.provider.extensions.gardener.cloud/v1alpha1"]

PROVIDER_TYPE = "alicloud"
"""The `type` of everything that is handled here."""

API_VERSION: ApiVersion = "alicloud.provider.extensions.gardener.cloud/v1alpha1"


class RegionImage(StrictModel):
    """The id of a machine image in one region."""

    name: str
    """Region, for example `eu-central-1`."""
    id: str
    """Image id in that region; any form is possible (`m-...`, or a public image's name)."""


class ImageFlavor(StrictModel):
    """One variant of an image version, told apart by its capabilities."""

    capabilities: Mapping[Items[str]] = Field(default_factory=dict)
    """Capabilities of the image, for example `architecture: [amd64]`; missing ones have the CloudProfile's defaults."""
    regions: Items[RegionImage] = ()
    """Image id per region."""


class MachineImageVersion(StrictModel):
    """The image ids of one version. Exactly one of `regions` and `capability_flavors` is given."""

    version: Text
    """Version as in `CloudProfile.spec.machineImages[].versions[]`."""
    regions: Items[RegionImage] = ()
    """Image id per region; excludes `capability_flavors`."""
    capability_flavors: Items[ImageFlavor] = ()
    """Variants of the image; needs `CloudProfile.spec.machineCapabilities`, excludes `regions`."""


class MachineImages(StrictModel):
    """The image ids of one machine image, by version."""

    name: str
    """Name as in `CloudProfile.spec.machineImages[]`."""
    versions: Items[MachineImageVersion] = ()
    """Versions with their image ids."""


class CloudProfileConfig(StrictModel):
    """`CloudProfile.spec.providerConfig`: which image id stands for which machine image version in which region."""

    api_version: ApiVersion
    """Always `alicloud.provider.extensions.gardener.cloud/v1alpha1`."""
    kind: Literal["CloudProfileConfig"]
    """Always `CloudProfileConfig`."""
    machine_images: Items[MachineImages] = ()
    """The mapping."""


class VpcConfig(StrictModel):
    """The VPC: an existing one by `id`, or a new one by `cidr`. Cannot be changed once the shoot exists."""

    id: str | None = None
    """Id of an existing VPC; excludes `cidr`."""
    cidr: str | None = None
    """Address range of the VPC to create; excludes `id`."""
    gardener_managed_nat_gateway: OptionalFlag = Field(default=None, alias="gardenerManagedNATGateway")
    """Create the NAT gateway in the existing VPC; only with `id`. Unset or false: the VPC's own one is used."""
    use_custom_route_table: OptionalFlag = None
    """Use a route table of the shoot's own. Takes effect at creation only; with `id` it needs a managed NAT gateway."""

    @property
    def has_managed_nat_gateway(self) -> bool:
        """Whether the NAT gateway is the shoot's own."""
        return self.id is None or bool(self.gardener_managed_nat_gateway)


class NatGatewayConfig(StrictModel):
    """How nodes of one zone reach the internet."""

    eip_allocation_id: str | None = Field(default=None, alias="eipAllocationID")
    """An elastic IP address of the user's own, never released by us; unset: one is created. May be changed."""


class ZoneConfig(StrictModel):
    """One availability zone of the shoot. Zones can be appended, never removed."""

    name: str
    """Zone, for example `eu-central-1a`."""
    workers: str | None = None
    """Address range of the zone's nodes. Cannot be changed."""
    worker: str | None = None
    """Deprecated twin of `workers`, which wins when both are given."""
    nat_gateway: NatGatewayConfig | None = None
    """The zone's way to the internet; unset: a new elastic IP address."""
    ipv6_cidr_block: Int | None = None
    """Number (0-255) of the zone's /64 in the VPC's IPv6 range; dual stack only. Default: the zone's position."""

    @property
    def cidr(self) -> str | None:
        """The address range of the zone's nodes, wherever it is written."""
        return self.workers or self.worker or None


class NetworksConfig(StrictModel):
    """The shoot's network in the cloud."""

    vpc: VpcConfig
    """The VPC."""
    zones: Items[ZoneConfig] = ()
    """The zones; at least one."""

    @property
    def distinct_zones(self) -> dict[str, tuple[int, ZoneConfig]]:
        """The zones by name, each with its position; of zones with the same name the first one counts."""
        found: dict[str, tuple[int, ZoneConfig]] = {}
        for position, zone in enumerate(self.zones):
            found.setdefault(zone.name, (position, zone))
        return found

    @property
    def user_eips(self) -> dict[str, str]:
        """Ids of the EIPs that the user brings, by the zone's name; zones that get a new one are left out."""
        given = {name: zone.nat_gateway for name, (_, zone) in self.distinct_zones.items()}
        return {name: nat.eip_allocation_id for name, nat in given.items() if nat and nat.eip_allocation_id}


class DualStackConfig(StrictModel):
    """IPv6 beside IPv4."""

    enabled: Flag = False
    """Whether nodes also get IPv6 addresses. Can be turned on later, never off."""


class InfrastructureConfig(StrictModel):
    """`Shoot.spec.provider.infrastructureConfig` and `Infrastructure.spec.providerConfig`."""

    api_version: ApiVersion
    """Always `alicloud.provider.extensions.gardener.cloud/v1alpha1`."""
    kind: Literal["InfrastructureConfig"]
    """Always `InfrastructureConfig`."""
    networks: NetworksConfig
    """VPC and zones."""
    dual_stack: DualStackConfig | None = None
    """IPv6; unset means IPv4 only."""

    @property
    def has_ipv6(self) -> bool:
        """Whether nodes get IPv6 addresses, too."""
        return self.dual_stack is not None and self.dual_stack.enabled


class LenientModel(ApiModel):
    """A part of a configuration that the extension reads leniently: what it does not know is kept, and judged later."""

    model_config = ConfigDict(extra="allow")


class CloudControllerManagerConfig(LenientModel):
    """Settings of the cloud-controller-manager."""

    feature_gates: Mapping[Flag] = Field(default_factory=dict)
    """Feature gates of Kubernetes by name, on or off."""


class CsiConfig(LenientModel):
    """Settings of the CSI plugin."""

    enable_ad_controller: OptionalFlag = Field(default=None, alias="enableADController")
    """Attach and detach disks from the controller; unset: as the shoot was created."""


class ControlPlaneConfig(LenientModel):
    """`Shoot.spec.provider.controlPlaneConfig` and `ControlPlane.spec.providerConfig`. Checked, and not used here."""

    api_version: ApiVersion
    """Always `alicloud.provider.extensions.gardener.cloud/v1alpha1`."""
    kind: Literal["ControlPlaneConfig"]
    """Always `ControlPlaneConfig`."""
    cloud_controller_manager: CloudControllerManagerConfig | None = None
    """Settings of the cloud-controller-manager."""
    csi: CsiConfig | None = None
    """Settings of the CSI plugin."""


class VSwitch(TolerantModel):
    """A vSwitch of the shoot."""

    id: str
    """Id in the cloud, `vsw-...`."""
    purpose: str = "nodes"
    """Its purpose: `nodes`, or `internal` (defined, unused)."""
    zone: str
    """Its zone."""


class SecurityGroup(TolerantModel):
    """A security group of the shoot."""

    id: str
    """Id in the cloud, `sg-...`."""
    purpose: str = "nodes"
    """Its purpose: `nodes`."""


class VpcStatus(TolerantModel):
    """The VPC as it exists."""

    id: str
    """Id in the cloud, `vpc-...`."""
    vswitches: Items[VSwitch] = ()
    """One vSwitch per zone; select by zone and purpose, the order means nothing."""
    security_groups: Items[SecurityGroup] = ()
    """Security groups; select by purpose."""
    route_table_id: str | None = Field(default=None, alias="routeTableID")
    """The shoot's own route table; only with `useCustomRouteTable`."""


class MachineImage(TolerantModel):
    """One image in use: the name, the version and what they resolved to."""

    name: str
    """Name of the machine image."""
    version: Text
    """Version of the machine image."""
    id: str
    """Image id in the shoot's region."""
    encrypted: OptionalFlag = None
    """Whether it is the shoot account's encrypted copy; unset means no."""
    capabilities: Mapping[Items[str]] = Field(default_factory=dict)
    """Capabilities of the image; only where the CloudProfile defines capabilities."""


class InfrastructureStatus(TolerantModel):
    """`Infrastructure.status.providerStatus`: what the Worker needs to know of the infrastructure."""

    api_version: str = API_VERSION
    """Always `alicloud.provider.extensions.gardener.cloud/v1alpha1`."""
    kind: str = "InfrastructureStatus"
    """Always `InfrastructureStatus`."""
    vpc: VpcStatus
    """VPC, vSwitches and security groups."""
    key_pair_name: str = ""
    """Name of the SSH key pair; deprecated in Gardener, but a required key of the JSON."""
    machine_images: Items[MachineImage] = ()
    """Images in use, so that a version gone from the CloudProfile still resolves."""


class WorkerStatus(TolerantModel):
    """`Worker.status.providerStatus`."""

    api_version: str = API_VERSION
    """Always `alicloud.provider.extensions.gardener.cloud/v1alpha1`."""
    kind: str = "WorkerStatus"
    """Always `WorkerStatus`."""
    machine_images: Items[MachineImage] = ()
    """Images in use by the pools."""


class ImmutabilityConfig(StrictModel):
    """Write-once protection of a bucket."""

    retention_type: Literal["bucket"]
    """Always `bucket`: the whole bucket is protected."""
    retention_period: Int
    """How long an object cannot be changed or deleted, in days; at least 1. Can only grow once locked."""
    locked: Flag = False
    """Whether the protection is final. Can be turned on, never off."""


class BackupBucketConfig(StrictModel):
    """`BackupBucket.spec.providerConfig`."""

    api_version: ApiVersion
    """Always `alicloud.provider.extensions.gardener.cloud/v1alpha1`."""
    kind: Literal["BackupBucketConfig"]
    """Always `BackupBucketConfig`."""
    immutability: ImmutabilityConfig | None = None
    """Write-once protection; unset: none."""
