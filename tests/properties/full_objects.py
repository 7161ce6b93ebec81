"""
Valid manifests that have every field of every object that is read, made of the examples and of the catalogue.

What an example does not have gets a value of the right type, or the one that `VALUES` has for it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from provisioner.manifests.field_names import catalogue

EXAMPLES = Path(__file__).parents[2] / "examples"
PROVIDER = "alicloud.provider.extensions.gardener.cloud/v1alpha1"

_BY_LETTER = {"s": "text", "i": 1, "b": False, "q": "1", "r": {"anything": 1}}

_CONTROL_PLANE = {
    "apiVersion": PROVIDER,
    "kind": "ControlPlaneConfig",
    "cloudControllerManager": {"featureGates": {"HPAScaleToZero": False}},
    "csi": {"enableADController": True},
}

VALUES: Mapping[str, Any] = {
    "Provider.controlPlaneConfig": _CONTROL_PLANE,
    "ext.ControlPlaneSpec.providerConfig": _CONTROL_PLANE,
    "meta.generation": 3,
    "meta.labels": {"example.org/team": "a"},
    "meta.annotations": {"example.org/note": "b"},
    "Worker.annotations": {"example.org/note": "b"},
    "Worker.kubeletDataVolumeName": "pgdata",
    "Worker.dataVolumes": [{"name": "pgdata", "type": "cloud_essd", "size": "200Gi", "encrypted": True}],
    "Worker.labels": {"workload": "database"},
    "Worker.taints": [{"key": "workload", "value": "database", "effect": "NoSchedule"}],
    "Worker.updateStrategy": "AutoRollingUpdate",
    "Worker.sysctls": {"vm.max_map_count": "262144"},
    "WorkerSystemComponents.allow": True,
    "WorkerKubernetes.version": "1.31.4",
    "WorkersSettings.sshAccess": {"enabled": True},
    "taint.timeAdded": "2026-01-01T00:00:00Z",
    "ext.WorkerPool.annotations": {"example.org/note": "b"},
    "ext.WorkerPool.kubeletDataVolumeName": "pgdata",
    "ext.WorkerPool.dataVolumes": [{"name": "pgdata", "type": "cloud_essd", "size": "200Gi", "encrypted": True}],
    "ext.WorkerPool.labels": {"workload": "database"},
    "ext.WorkerPool.taints": [{"key": "workload", "value": "database", "effect": "NoSchedule"}],
    "ext.WorkerPool.updateStrategy": "AutoRollingUpdate",
    "ext.WorkerPool.architecture": "amd64",
    "ext.WorkerPool.kubernetesVersion": "1.31.4",
    "ext.NodeTemplate.capacity": {"cpu": "2", "gpu": "0", "memory": "8Gi"},
    "ext.NodeTemplate.virtualCapacity": {"example.org/licenses": "1"},
    "key.optional": False,
    "CloudProfileSpec.limits": {"maxNodesTotal": 1000},
    "MachineImageVersion.expirationDate": "2099-01-01T00:00:00Z",
    "MachineImageVersion.classification": "supported",
    "MachineImageVersion.architectures": ["amd64"],
    "MachineImageVersion.lifecycle": [{"classification": "supported", "startTime": "2020-01-01T00:00:00Z"}],
    "MachineImageVersion.kubeletVersionConstraint": ">= 1.20",
    "MachineImageVersion.cri": [{"name": "containerd", "containerRuntimes": []}],
    "MachineImage.updateStrategy": "major",
    "ExpirableVersion.expirationDate": "2099-01-01T00:00:00Z",
    "ExpirableVersion.classification": "supported",
    "MachineType.usable": True,
    "MachineType.architecture": "amd64",
    "MachineTypeStorage.minSize": "20Gi",
    "MachineTypeStorage.size": "50Gi",
    "VolumeType.usable": True,
    "VolumeType.minSize": "20Gi",
    "AvailabilityZone.unavailableMachineTypes": ["ecs.g9.large"],
    "AvailabilityZone.unavailableVolumeTypes": ["cloud_ssd"],
    "ClusterAutoscalerOptions.scaleDownUtilizationThreshold": "0.5",
    "ClusterAutoscalerOptions.scaleDownGpuUtilizationThreshold": "0.5",
    "ext.ClusterAutoscalerOptions.scaleDownUtilizationThreshold": "0.5",
    "ext.ClusterAutoscalerOptions.scaleDownGpuUtilizationThreshold": "0.5",
    "ShootSpec.cloudProfileName": "alicloud",
    "ShootSpec.maintenance": {},
    "Networking.ipFamilies": ["IPv4"],
    "LastOperation.state": "Succeeded",
    "LastOperation.type": "Reconcile",
    "ProjectSpec.namespace": "garden-demo",
    "SecretBindingProvider.type": "alicloud",
    "sec.CredentialsBindingProvider.type": "alicloud",
    "ali.VSwitch.purpose": "nodes",
    "ali.VSwitch.zone": "eu-central-1a",
    "ali.SecurityGroup.purpose": "nodes",
    "SeedProvider.type": "alicloud",
}
"""Values that have a meaning, by type and field."""

_DURATIONS = ("Timeout", "Time", "Duration", "Interval", "Delay", "Period")

LEFT_OUT: Mapping[str, str] = {
    "meta.deletionTimestamp": "an object that is being deleted is a case of its own",
    "meta.deletionGracePeriodSeconds": "the same",
    "meta.managedFields": "written by the API server, whatever version it is of",
    "MachineImageVersion.inPlaceUpdates": "belongs to pools that are updated in place",
}
"""Fields that the manifests do not have, and why."""


def garden_objects() -> list[Any]:
    """Return what a garden has: Shoot, CloudProfile, Project, Secrets, bindings, BackupBucket, BackupEntry."""
    objects = _read("shoot.yaml")
    shoot = _of_kind(objects, "Shoot")
    shoot["spec"]["provider"]["infrastructureConfig"] |= {"dualStack": {"enabled": False}}
    for zone, number in zip(_zones(shoot), range(3), strict=True):
        zone |= {"natGateway": {"eipAllocationID": f"eip-{number}"}, "ipv6CidrBlock": number, "worker": zone["workers"]}
    shoot["spec"]["provider"]["infrastructureConfig"]["networks"]["vpc"]["useCustomRouteTable"] = False
    bucket = _of_kind(objects, "BackupBucket")
    bucket["spec"]["providerConfig"] = _protection()
    reference = {"name": "cloudprovider", "namespace": "garden-demo"}
    core, security = "core.gardener.cloud/v1beta1", "security.gardener.cloud/v1alpha1"
    objects += [
        {"apiVersion": core, "kind": "Project", "metadata": {"name": "demo"}},
        {
            "apiVersion": security,
            "kind": "CredentialsBinding",
            "metadata": {"name": "cloudprovider", "namespace": "garden-demo"},
            "credentialsRef": {"apiVersion": "v1", "kind": "Secret", **reference},
        },
        {
            "apiVersion": core,
            "kind": "SecretBinding",
            "metadata": {"name": "older", "namespace": "garden-demo"},
            "secretRef": reference,
        },
        {
            "apiVersion": core,
            "kind": "InternalSecret",
            "metadata": {"name": "i"},
            "data": {"a": "eA=="},
            "stringData": {},
        },
        _entry("shoot--demo--canary--3f0d4f52-8c0e-4a5b-9d57-6f1f6c1b2a90", reference),
        _namespaced_profile(_of_kind(objects, "CloudProfile")),
        {
            "apiVersion": core,
            "kind": "Seed",
            "metadata": {"name": "soil"},
            "spec": {"backup": {"provider": "alicloud", "providerConfig": _protection()}},
        },
    ]
    left_out = _leave_out(
        "CloudProfileSpec.machineCapabilities",
        "MachineType.capabilities",
        "MachineImageVersion.capabilityFlavors",
        "ShootSpec.secretBindingName",
    )
    not_here = {"NamespacedCloudProfile": {"ExpirableVersion.classification"}}
    return [_fill(item, left_out | not_here.get(item["kind"], set())) for item in objects]


def seed_objects() -> list[Any]:
    """Return what a seed has: Cluster, Infrastructure, Worker, Secrets, BackupBucket, BackupEntry."""
    objects = _read("06-extension-objects.yaml")
    reference = {"name": "cloudprovider", "namespace": "shoot--demo--seeded"}
    cluster, infrastructure = _of_kind(objects, "Cluster"), _of_kind(objects, "Infrastructure")
    cluster["spec"]["seed"] = {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "Seed", "metadata": {"name": "a"}}
    _of_kind(objects, "BackupBucket")["spec"]["providerConfig"] = _protection()
    networks = infrastructure["spec"]["providerConfig"]["networks"]
    networks["vpc"] = {"id": "vpc-1", "gardenerManagedNATGateway": True, "useCustomRouteTable": False}
    cluster["spec"]["shoot"]["spec"]["provider"]["infrastructureConfig"]["networks"] = copy.deepcopy(networks)
    profile = cluster["spec"]["cloudProfile"]["spec"]
    profile["machineCapabilities"] = [{"name": "architecture", "values": ["amd64"]}]
    profile["machineTypes"][0]["capabilities"] = {"architecture": ["amd64"]}
    version = profile["machineImages"][0]["versions"][0]
    version["capabilityFlavors"] = [{"architecture": ["amd64"]}]
    mapped = profile["providerConfig"]["machineImages"][0]["versions"][0]
    mapped["capabilityFlavors"] = [{"capabilities": {"architecture": ["amd64"]}, "regions": mapped.pop("regions")}]
    vswitches = [{"purpose": "nodes", "id": f"vsw-{zone}", "zone": f"eu-central-1{zone}"} for zone in "ab"]
    status = {
        "apiVersion": PROVIDER,
        "kind": "InfrastructureStatus",
        "vpc": {"id": "vpc-1", "vswitches": vswitches, "securityGroups": [{"purpose": "nodes", "id": "sg-1"}]},
        "machineImages": [{"name": "gardenlinux", "version": "1592.4.0", "id": "m-1", "encrypted": False}],
    }
    infrastructure["status"] = {"providerStatus": copy.deepcopy(status)}
    worker = _of_kind(objects, "Worker")
    worker["spec"]["infrastructureProviderStatus"] = status
    worker["spec"]["sshPublicKey"] = infrastructure["spec"]["sshPublicKey"]
    worker["status"] = {
        "providerStatus": {"apiVersion": PROVIDER, "kind": "WorkerStatus", "machineImages": status["machineImages"]}
    }
    metadata = copy.deepcopy(worker["metadata"])
    control_plane = {"apiVersion": worker["apiVersion"], "kind": "ControlPlane", "metadata": metadata}
    objects.append({**control_plane, "spec": {"type": "alicloud", "region": "eu-central-1", "secretRef": reference}})
    objects.append(_entry("shoot--demo--seeded--6d8c5c5e-5a0a-4a52-8a53-0f4b1d1b7a06", reference))
    return [_fill(item, _leave_out("ShootSpec.credentialsBindingName")) for item in objects]


def _namespaced_profile(profile: Any) -> Any:
    """Return a NamespacedCloudProfile that adds an image, a machine type and a disk category."""
    image = {"name": "own", "versions": [{"version": "1.0.0", "regions": [{"name": "eu-central-1", "id": "m-1"}]}]}
    config = {"apiVersion": PROVIDER, "kind": "CloudProfileConfig", "machineImages": [image]}
    return {
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "NamespacedCloudProfile",
        "metadata": {"name": "own", "namespace": "garden-demo"},
        "spec": {
            "caBundle": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "parent": {"kind": "CloudProfile", "name": "alicloud"},
            "kubernetes": {"versions": [{"version": "1.31.4"}]},
            "machineImages": [{"name": "own", "versions": [{"version": "1.0.0"}]}],
            "machineTypes": [{"name": "ecs.g9.large", "cpu": "2", "gpu": "0", "memory": "8Gi"}],
            "volumeTypes": [{"name": "cloud_ssd", "class": "premium"}],
            "providerConfig": config,
        },
        "status": {"cloudProfileSpec": copy.deepcopy(profile["spec"])},
    }


def config_objects() -> list[Any]:
    """Return the provider's configurations and statuses as documents of their own."""
    objects = _read("shoot.yaml")
    shoot, profile = _of_kind(objects, "Shoot"), _of_kind(objects, "CloudProfile")
    status = {"apiVersion": PROVIDER, "kind": "InfrastructureStatus"}
    return [
        shoot["spec"]["provider"]["infrastructureConfig"],
        profile["spec"]["providerConfig"],
        _fill(status, frozenset(LEFT_OUT)),
        _fill({"apiVersion": PROVIDER, "kind": "WorkerStatus"}, frozenset(LEFT_OUT)),
        _protection(),
        copy.deepcopy(_CONTROL_PLANE),
    ]


def _leave_out(*more: str) -> frozenset[str]:
    return frozenset({*LEFT_OUT, *more})


def _read(name: str) -> list[Any]:
    return [document for document in yaml.safe_load_all((EXAMPLES / name).read_text()) if document]


def _of_kind(objects: list[Any], kind: str) -> Any:
    return next(item for item in objects if item["kind"] == kind)


def _zones(shoot: Any) -> Any:
    return shoot["spec"]["provider"]["infrastructureConfig"]["networks"]["zones"]


def _protection() -> Any:
    immutability = {"retentionType": "bucket", "retentionPeriod": 7, "locked": False}
    return {"apiVersion": PROVIDER, "kind": "BackupBucketConfig", "immutability": immutability}


def _entry(name: str, reference: Any) -> Any:
    return {
        "apiVersion": "extensions.gardener.cloud/v1alpha1",
        "kind": "BackupEntry",
        "metadata": {"name": name},
        "spec": {
            "type": "alicloud",
            "region": "eu-central-1",
            "bucketName": "demo-garden-backups",
            "secretRef": reference,
        },
    }


def _fill(item: Any, left_out: frozenset[str]) -> Any:
    """Return an object with every field that Gardener has for its kind."""
    return _fill_object(copy.deepcopy(item), catalogue().kinds[item["kind"]], left_out)


def _fill_object(given: dict[str, Any], name: str, left_out: frozenset[str]) -> dict[str, Any]:
    for field, expected in catalogue().types[name].items():
        key = f"{name}.{field}"
        if key in left_out:
            given.pop(field, None)
            continue
        value = given.get(field)
        if value is None:
            value = copy.deepcopy(VALUES.get(key))
        if value is None and expected == "s" and field.endswith(_DURATIONS):
            value = "10m0s"
        given[field] = _fill_value(value, expected, left_out)
    return given


def _fill_value(given: Any, expected: str, left_out: frozenset[str]) -> Any:
    """Return a value, or one of the right type, with everything that can be in it."""
    first, inner = expected[0], expected[1:]
    if first == "[":
        return [_fill_value(item, inner, left_out) for item in ([None] if given is None else given)]
    if first == "{":
        return {
            key: _fill_value(item, inner, left_out) for key, item in ({"key": None} if given is None else given).items()
        }
    if expected in catalogue().types:
        return _fill_object({} if given is None else given, expected, left_out)
    return copy.deepcopy(_BY_LETTER[expected]) if given is None else given
