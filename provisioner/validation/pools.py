"""Worker pools as rules look at them, whether they come with a Shoot or with a Worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import (
    AvailabilityZone,
    CloudProfile,
    ClusterAutoscalerOptions,
    DataVolume,
    MachineControllerManagerSettings,
    ShootWorker,
    Taint,
    Volume,
)
from provisioner.api.extensions_v1alpha1 import NodeTemplate, WorkerPool
from provisioner.api.model import Raw
from provisioner.api.text import show_name
from provisioner.errors import Problem
from provisioner.gardener.image_offer import ImageChoice, ImageWish
from provisioner.gardener.update_strategies import IN_PLACE
from provisioner.ids import RegionId
from provisioner.validation.findings import Subject

MOST_POOLS = 1000
"""Most pools that rules check; an object with more does not fit into an API server."""


@dataclass(eq=False, repr=False)
class Pool:
    """A worker pool, wherever it is written, and where each part of it is."""

    path: str
    name: str
    type_path: str
    machine_type: str
    image_path: str
    image_name: str | None
    image_version: str | None
    architecture: str | None
    architecture_path: str
    minimum: int
    maximum: int
    max_surge: int | str | None
    max_unavailable: int | str | None
    zones: tuple[str, ...]
    volume: Volume | None
    data_volumes: tuple[DataVolume, ...]
    kubelet_data_volume_name: str | None
    labels: dict[str, str]
    annotations: dict[str, str]
    taints: tuple[Taint, ...]
    update_strategy: str | None
    priority: int | None
    provider_config: Raw | None
    node_template: NodeTemplate | None = None
    machine_settings: MachineControllerManagerSettings | None = None
    autoscaler: ClusterAutoscalerOptions | None = None
    allows_system_components: bool = True
    kubernetes_version: str | None = None
    """The pool's own; None means the shoot's."""
    image_is_required: bool = True
    """Whether name and version have to be written: a Shoot may leave the choice to the CloudProfile."""
    wish: ImageWish | None = None
    """What a Shoot's pool asks of the CloudProfile as image; None for a Worker's, or without CloudProfile."""
    choice: ImageChoice | None = None
    """What the image was chosen from, if it was not named."""

    @property
    def is_in_place(self) -> bool:
        """Whether its machines are updated instead of replaced."""
        return self.update_strategy in IN_PLACE

    @property
    def distinct_zones(self) -> list[str]:
        """Its zones; one that is named twice counts once."""
        return list(dict.fromkeys(self.zones))

    @property
    def volumes(self) -> list[tuple[str, Volume | DataVolume]]:
        """System disk and data volumes with their paths."""
        data = [(f"{self.path}.dataVolumes[{index}]", volume) for index, volume in enumerate(self.data_volumes)]
        return [*([(f"{self.path}.volume", self.volume)] if self.volume else []), *data]


def pool_of_shoot(index: int, worker: ShootWorker) -> Pool:
    """Return a Shoot's worker pool."""
    path = f"spec.provider.workers[{index}]"
    image = worker.machine.image
    return Pool(
        path=path,
        name=worker.name,
        type_path=f"{path}.machine.type",
        machine_type=worker.machine.type,
        image_path=f"{path}.machine.image",
        image_name=image.name if image else None,
        image_version=image.version if image else None,
        architecture=worker.machine.architecture,
        architecture_path=f"{path}.machine.architecture",
        minimum=worker.minimum,
        maximum=worker.maximum,
        max_surge=worker.max_surge,
        max_unavailable=worker.max_unavailable,
        zones=worker.zones,
        volume=worker.volume,
        data_volumes=worker.data_volumes,
        kubelet_data_volume_name=worker.kubelet_data_volume_name,
        labels=worker.labels,
        annotations=worker.annotations,
        taints=worker.taints,
        update_strategy=worker.update_strategy,
        priority=worker.priority,
        provider_config=worker.provider_config,
        machine_settings=worker.machine_controller_manager,
        autoscaler=worker.cluster_autoscaler,
        allows_system_components=worker.system_components is None or worker.system_components.allow,
        kubernetes_version=worker.kubernetes.version if worker.kubernetes else None,
        image_is_required=False,
    )


def pool_of_worker(index: int, pool: WorkerPool) -> Pool:
    """Return a Worker's pool."""
    path = f"spec.pools[{index}]"
    image = pool.machine_image
    return Pool(
        path=path,
        name=pool.name,
        type_path=f"{path}.machineType",
        machine_type=pool.machine_type,
        image_path=f"{path}.machineImage",
        image_name=image.name if image else None,
        image_version=image.version if image else None,
        architecture=pool.architecture,
        architecture_path=f"{path}.architecture",
        minimum=pool.minimum,
        maximum=pool.maximum,
        max_surge=pool.max_surge,
        max_unavailable=pool.max_unavailable,
        zones=pool.zones,
        volume=pool.volume,
        data_volumes=pool.data_volumes,
        kubelet_data_volume_name=pool.kubelet_data_volume_name,
        labels=pool.labels,
        annotations=pool.annotations,
        taints=pool.taints,
        update_strategy=pool.update_strategy,
        priority=pool.priority,
        provider_config=pool.provider_config,
        node_template=pool.node_template,
        machine_settings=pool.machine_controller_manager,
        autoscaler=pool.cluster_autoscaler,
    )


@dataclass(eq=False, repr=False)
class PoolsSubject(Subject):
    """All worker pools of one object and what surrounds them."""

    path: str
    """Where the pools are, for example `spec.provider.workers`."""
    count: int
    """How many pools there are."""
    pools: tuple[Pool, ...]
    """The pools that rules check."""
    region: RegionId
    profile: CloudProfile | None
    infrastructure_zones: tuple[str, ...] | None
    """Zones that the infrastructure has; None when the input does not say."""
    infrastructure_name: str
    """How a problem names the place of these zones."""
    images_in_use: tuple[MachineImage, ...] = ()
    """Images that resolve although they left the CloudProfile."""
    kubernetes_version: str = ""
    """The shoot's; empty when the input does not say."""
    images_before: Mapping[str, str] = field(default_factory=dict)
    """The image version that each existing pool had."""
    pools_before: frozenset[str] | None = None
    """The names of all pools that there were; None when there is no older form."""

    @cached_property
    def profile_zones(self) -> dict[str, AvailabilityZone]:
        """The CloudProfile's entries for the region's zones, by name."""
        for region in self.profile.spec.regions if self.profile else ():
            if region.name == self.region:
                return {zone.name: zone for zone in region.zones}
        return {}

    @cached_property
    def _places(self) -> dict[str, str]:
        return {pool.path: f"{self.path}[{show_name(pool.name)}]" for pool in self.pools}

    def creates(self, pool: Pool) -> bool:
        """Return whether a pool is new."""
        return self.is_new if self.pools_before is None else pool.name not in self.pools_before

    def place(self, path: str) -> str:
        """Return a path with a pool's name for its number."""
        end = path.find("]", len(self.path)) + 1
        return self._places.get(path[:end], path[:end]) + path[end:]


def find_unused_configs(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool with a provider configuration: nothing reads it.

    Source: gardener-extension-provider-alicloud pkg/apis/alicloud/v1alpha1, which has no WorkerConfig, read 2026-11.
    """
    for pool in subject.pools:
        if pool.provider_config is not None:
            detail = "is not used: the Alicloud extension has no configuration for worker pools"
            yield subject.problem(f"{pool.path}.providerConfig", "NotSupported", detail, "remove it")
