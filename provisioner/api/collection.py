"""Every object of one input, by kind: what reading gives back and validation looks at."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import (
    BackupBucketConfig,
    CloudProfileConfig,
    InfrastructureConfig,
    InfrastructureStatus,
    WorkerStatus,
)
from provisioner.api.core_v1beta1 import CloudProfile, Project, Secret, Shoot
from provisioner.api.extensions_v1alpha1 import BackupBucket, BackupEntry, Cluster, Infrastructure, Worker
from provisioner.errors import Problem


@dataclass(frozen=True, eq=False, repr=False)
class Manifests:
    """Every object of the input, by kind and in the order of the input."""

    shoots: tuple[Shoot, ...] = ()
    cloud_profiles: tuple[CloudProfile, ...] = ()
    projects: tuple[Project, ...] = ()
    secrets: tuple[Secret, ...] = ()
    infrastructures: tuple[Infrastructure, ...] = ()
    workers: tuple[Worker, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    backup_buckets: tuple[BackupBucket, ...] = ()
    backup_entries: tuple[BackupEntry, ...] = ()
    cloud_profile_configs: tuple[CloudProfileConfig, ...] = ()
    """Provider configurations that are documents of their own, not part of a CloudProfile."""
    infrastructure_configs: tuple[InfrastructureConfig, ...] = ()
    infrastructure_statuses: tuple[InfrastructureStatus, ...] = ()
    worker_statuses: tuple[WorkerStatus, ...] = ()
    backup_bucket_configs: tuple[BackupBucketConfig, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """What was left out, and why."""

    def secret(self, name: str, namespace: str | None = None) -> Secret | None:
        """
        Return the Secret of that name that an object in `namespace` means, or None.

        One in exactly that namespace comes first, then one without a namespace (hand-written manifests often leave it
        out), then any: manifests that come from a garden and from a seed name different namespaces for the same Secret.
        """
        found = [secret for secret in self.secrets if secret.metadata.name == name]
        namespaces = (namespace, None) if namespace is not None else ()
        for wanted in namespaces:
            chosen = next((secret for secret in found if secret.metadata.namespace == wanted), None)
            if chosen is not None:
                return chosen
        return found[0] if found else None

    def cluster_of(self, namespace: str | None) -> Cluster | None:
        """Return the Cluster of a namespace on the seed; an object without a namespace belongs to the only Cluster."""
        if namespace is None:
            return self.clusters[0] if len(self.clusters) == 1 else None
        return next((cluster for cluster in self.clusters if cluster.metadata.name == namespace), None)

    def cloud_profile_of(self, shoot: Shoot) -> CloudProfile | None:
        """Return the CloudProfile that a Shoot names, if the input has it."""
        name = shoot.cloud_profile_name
        return next((profile for profile in self.cloud_profiles if name and profile.metadata.name == name), None)

    def cloud_profile_around(self, namespace: str | None) -> CloudProfile | None:
        """Return the CloudProfile of a namespace's Cluster; without a Cluster, the only one of the input."""
        cluster = self.cluster_of(namespace)
        if cluster is not None:
            return cluster.spec.cloud_profile
        return self.cloud_profiles[0] if len(self.cloud_profiles) == 1 else None

    def infrastructure_of(self, worker: Worker) -> Infrastructure | None:
        """Return the Infrastructure of a Worker's shoot: it has the same name and namespace."""
        wanted = (worker.metadata.namespace, worker.metadata.name)
        return next(
            (item for item in self.infrastructures if (item.metadata.namespace, item.metadata.name) == wanted), None
        )
