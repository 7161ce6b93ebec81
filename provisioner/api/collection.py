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
        Return the Secret of that name, or None.

        With a namespace, one that names another namespace does not count; one without a namespace (hand-written
        manifests often leave it out) does, unless there is one with exactly that namespace.
        """
        found = [secret for secret in self.secrets if secret.metadata.name == name]
        if namespace is None:
            return found[0] if found else None
        exact = [secret for secret in found if secret.metadata.namespace == namespace]
        return next(iter(exact or [secret for secret in found if secret.metadata.namespace is None]), None)

    def cloud_profile(self, name: str) -> CloudProfile | None:
        """Return the CloudProfile of that name, or None."""
        return next((profile for profile in self.cloud_profiles if profile.metadata.name == name), None)

    def cluster(self, namespace: str | None) -> Cluster | None:
        """Return the Cluster of a shoot's namespace in the seed, or None."""
        return next((cluster for cluster in self.clusters if cluster.metadata.name == namespace), None)
