"""
The objects of core.gardener.cloud/v1beta1 that are read, and Kubernetes' Secret (v1), one module per kind.

Only the fields that matter here are listed; everything else in such an object is ignored.

Source: gardener/gardener pkg/apis/core/v1beta1, read 2026-08.
"""

from provisioner.api.core_v1beta1.cloud_profile import (
    AvailabilityZone,
    CapabilityDefinition,
    CloudProfile,
    ExpirableVersion,
    MachineType,
    ProfileImageVersion,
    VolumeType,
)
from provisioner.api.core_v1beta1.project import Project
from provisioner.api.core_v1beta1.secret import InternalSecret, Secret
from provisioner.api.core_v1beta1.seed import Seed
from provisioner.api.core_v1beta1.shoot import (
    ClusterAutoscalerOptions,
    DataVolume,
    MachineControllerManagerSettings,
    Networking,
    Shoot,
    ShootKubernetes,
    ShootMachineImage,
    ShootWorker,
    Taint,
    Volume,
    WorkerKubernetes,
)
from provisioner.api.core_v1beta1.version import API_VERSION

__all__ = [
    "API_VERSION",
    "AvailabilityZone",
    "CapabilityDefinition",
    "CloudProfile",
    "ClusterAutoscalerOptions",
    "DataVolume",
    "ExpirableVersion",
    "InternalSecret",
    "MachineControllerManagerSettings",
    "MachineType",
    "Networking",
    "ProfileImageVersion",
    "Project",
    "Secret",
    "Seed",
    "Shoot",
    "ShootKubernetes",
    "ShootMachineImage",
    "ShootWorker",
    "Taint",
    "Volume",
    "VolumeType",
    "WorkerKubernetes",
]
