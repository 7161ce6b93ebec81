"""
Describes a pool in each of its zones beyond the machines themselves: its bounds, and what its nodes carry.

Gardener keeps this in MachineDeployments and MachineClasses, where node controllers and the cluster-autoscaler read it.
Here it goes into the state, and from there into the status.

Source: gardener-extension-provider-alicloud pkg/controller/worker/machines.go and gardener extensions
pkg/controller/worker, read 2026-07.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.api.core_v1beta1 import ClusterAutoscalerOptions, DataVolume, Taint, Volume
from provisioner.api.extensions_v1alpha1 import Worker, WorkerPool
from provisioner.gardener.distribution import distribute_over_zones
from provisioner.gardener.durations import read_duration, show_duration
from provisioner.gardener.images import DEFAULT_ARCHITECTURE
from provisioner.ids import RegionId, TechnicalId
from provisioner.translate.rolling import zone_share

_AUTOSCALER = "autoscaler.gardener.cloud"
_ZONE_LABEL = "topology.diskplugin.csi.alibabacloud.com/zone"


def machine_deployments(
    worker: Worker, technical_id: TechnicalId, applied: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """
    Return a document for each pool and zone, in the order of the Worker; a zone that is listed twice counts once.

    If the machine type is no longer known, what a node offers stays as it was `applied`.
    """
    offers = {(it["pool"], it["machineType"]): it["nodeTemplate"]["capacity"] for it in applied}
    return [
        deployment
        for pool in worker.spec.pools
        for deployment in _deployments(
            pool, worker.spec.region, technical_id, offers.get((pool.name, pool.machine_type), {})
        )
    ]


def with_scaling_groups(
    deployments: list[Mapping[str, Any]], pools: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return deployments as they were applied, with the ids of their scaling groups, which `pools` has by zone."""
    found = []
    for deployment in deployments:
        group = (pools.get(deployment["pool"]) or {}).get(deployment["zone"]) or {}
        ids = {
            "scalingGroupID": group.get("scaling_group_id"),
            "scalingConfigurationID": group.get("scaling_configuration_id"),
        }
        found.append({**deployment, **{name: id for name, id in ids.items() if id}})
    return found


def what_is_offered(pool: WorkerPool) -> dict[str, Any]:
    """Return the values of a pool that the CloudProfile has to offer; a deployment carries the same."""
    image = pool.machine_image
    volumes: list[Volume | DataVolume] = [*([pool.volume] if pool.volume else []), *pool.data_volumes]
    return {
        "machineType": pool.machine_type,
        "architecture": pool.architecture or DEFAULT_ARCHITECTURE,
        "machineImage": {"name": image.name, "version": image.version} if image else {},
        "volumeTypes": [volume.type or "" for volume in volumes],
        "volumeSizes": [volume.size for volume in volumes],
    }


def autoscaler_annotations(options: ClusterAutoscalerOptions | None) -> dict[str, str]:
    """Return the annotations by which the cluster-autoscaler finds a pool's options, durations as Go prints them."""
    if options is None:
        return {}
    shares = {
        "scale-down-utilization-threshold": options.scale_down_utilization_threshold,
        "scale-down-gpu-utilization-threshold": options.scale_down_gpu_utilization_threshold,
    }
    times = {
        "scale-down-unneeded-time": options.scale_down_unneeded_time,
        "scale-down-unready-time": options.scale_down_unready_time,
        "max-node-provision-time": options.max_node_provision_time,
    }
    found = {name: share for name, share in shares.items() if share is not None}
    for name, text in times.items():
        duration = read_duration(text) if text is not None else None
        if duration is not None:
            found[name] = show_duration(duration)
    return {f"{_AUTOSCALER}/{name}": value for name, value in found.items()}


def _deployments(
    pool: WorkerPool, region: RegionId, technical_id: TechnicalId, offer: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    zones = list(dict.fromkeys(pool.zones))
    template = pool.node_template
    for index, zone in enumerate(zones):
        deployment: dict[str, Any] = {
            "name": f"{technical_id}-{pool.name}-{zone}",
            "pool": pool.name,
            "zone": zone,
            "minimum": distribute_over_zones(pool.minimum, index, len(zones)),
            "maximum": distribute_over_zones(pool.maximum, index, len(zones)),
            "maxSurge": zone_share(pool.max_surge, pool.maximum, index, len(zones)),
            "maxUnavailable": zone_share(pool.max_unavailable, pool.minimum, index, len(zones)),
            **what_is_offered(pool),
            "labels": {**pool.labels, _ZONE_LABEL: zone},
            "annotations": pool.annotations,
            "taints": [_taint(taint) for taint in pool.taints],
            "nodeTemplate": {
                "architecture": pool.architecture or DEFAULT_ARCHITECTURE,
                "capacity": dict(template.capacity) if template else dict(offer),
                "virtualCapacity": dict(template.virtual_capacity) if template else {},
                "instanceType": pool.machine_type,
                "region": region,
                "zone": zone,
            },
        }
        if pool.priority is not None:
            deployment["priority"] = pool.priority
        if options := autoscaler_annotations(pool.cluster_autoscaler):
            deployment["clusterAutoscalerAnnotations"] = options
        yield deployment


def _taint(taint: Taint) -> dict[str, str]:
    """Return a taint as Gardener writes it: without an empty value."""
    return {"key": taint.key, **({"value": taint.value} if taint.value else {}), "effect": taint.effect}
