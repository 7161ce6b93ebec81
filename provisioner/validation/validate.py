"""Which rules look at what: subjects are put together from the input and run through their rules."""

from __future__ import annotations

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig, InfrastructureConfig
from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import CloudProfile, Secret, Shoot
from provisioner.api.extensions_v1alpha1 import Cluster, Infrastructure, Worker
from provisioner.validation.backup import (
    BACKUP_BUCKET_RULES,
    BACKUP_ENTRY_RULES,
    BackupBucketSubject,
    BackupEntrySubject,
)
from provisioner.validation.cloud_profile import (
    PROFILE_CONFIG_RULES,
    PROFILE_RULES,
    ProfileConfigSubject,
    ProfileSubject,
)
from provisioner.validation.extension_objects import EXTENSION_RULES, ExtensionSubject
from provisioner.validation.findings import Findings, Report
from provisioner.validation.infrastructure import INFRASTRUCTURE_RULES, InfrastructureSubject
from provisioner.validation.networking import NETWORKING_RULES, NetworkingSubject
from provisioner.validation.pools import MOST_POOLS, POOL_RULES, PoolsSubject, pool_of_shoot, pool_of_worker
from provisioner.validation.secrets import SECRET_RULES, SecretSubject
from provisioner.validation.shoot import PROJECT_RULES, SHOOT_RULES, ProjectSubject, ShootSubject


def validate(manifests: Manifests) -> Findings:
    """Return everything that is wrong or noteworthy, warnings from reading included; never raises for bad input."""
    report = Report()
    report.add_warnings(manifests.warnings)
    for project in manifests.projects:
        report.apply(PROJECT_RULES, ProjectSubject(project.reference, True, project))
    for profile in manifests.cloud_profiles:
        _validate_profile(report, profile)
    for config in manifests.cloud_profile_configs:
        _validate_profile_config(report, config)
    for shoot in manifests.shoots:
        _validate_shoot(report, manifests, shoot)
    for infrastructure in manifests.infrastructures:
        _validate_infrastructure(report, manifests, infrastructure)
    for infrastructure_config in manifests.infrastructure_configs:
        _validate_infrastructure_config(report, infrastructure_config)
    for worker in manifests.workers:
        _validate_worker(report, manifests, worker)
    for bucket in manifests.backup_buckets:
        reference = bucket.spec.secret_ref
        secret = _find_secret(manifests, reference.name, reference.namespace) if reference.name else None
        is_new = bucket.status is None
        report.apply(BACKUP_BUCKET_RULES, BackupBucketSubject(bucket.reference, is_new, bucket, secret))
    for entry in manifests.backup_entries:
        report.apply(BACKUP_ENTRY_RULES, BackupEntrySubject(entry.reference, entry.status is None, entry))
    for secret in manifests.secrets:
        report.apply(SECRET_RULES, SecretSubject(secret.reference, True, secret))
    return report.findings()


def _validate_profile(report: Report, profile: CloudProfile) -> None:
    """Check a CloudProfile and the mapping in it."""
    # A CloudProfile has no status; it changes while shoots use it, so it never counts as new.
    report.apply(PROFILE_RULES, ProfileSubject(profile.reference, False, profile))
    if profile.spec.provider_config is not None:
        subject = ProfileConfigSubject(
            profile.reference, False, "spec.providerConfig.", profile.spec.provider_config, profile
        )
        report.apply(PROFILE_CONFIG_RULES, subject)


def _validate_profile_config(report: Report, config: CloudProfileConfig) -> None:
    """Check a mapping that is a document of its own."""
    report.apply(PROFILE_CONFIG_RULES, ProfileConfigSubject(config.kind, False, "", config, None))


def _validate_infrastructure_config(report: Report, config: InfrastructureConfig) -> None:
    """Check a network configuration that is a document of its own."""
    subject = InfrastructureSubject(
        label=config.kind, is_new=True, path="", config=config, region="", networking=None, profile=None
    )
    report.apply(INFRASTRUCTURE_RULES, subject)


def _validate_shoot(report: Report, manifests: Manifests, shoot: Shoot) -> None:
    """Check a Shoot and everything in it."""
    name = shoot.cloud_profile_name
    profile = manifests.cloud_profile(name) if name else None
    label, is_new, spec = shoot.reference, shoot.status is None, shoot.spec
    known = tuple(item.metadata.name for item in manifests.cloud_profiles)
    report.apply(SHOOT_RULES, ShootSubject(label, is_new, shoot, profile, known, manifests.projects))
    if spec.networking is not None:
        report.apply(NETWORKING_RULES, NetworkingSubject(label, is_new, spec.networking))
    config = spec.provider.infrastructure_config
    zones = None
    if config is not None:
        zones = tuple(dict.fromkeys(zone.name for zone in config.networks.zones))
        subject = InfrastructureSubject(
            label=label,
            is_new=is_new,
            path="spec.provider.infrastructureConfig.",
            config=config,
            region=spec.region,
            networking=spec.networking,
            profile=profile,
        )
        report.apply(INFRASTRUCTURE_RULES, subject)
    pools = PoolsSubject(
        label=label,
        is_new=is_new,
        path="spec.provider.workers",
        count=len(spec.provider.workers),
        pools=tuple(pool_of_shoot(index, worker) for index, worker in enumerate(spec.provider.workers[:MOST_POOLS])),
        region=spec.region,
        profile=profile,
        infrastructure_zones=zones,
        infrastructure_name="infrastructureConfig.networks",
    )
    report.apply(POOL_RULES, pools)


def _validate_infrastructure(report: Report, manifests: Manifests, infrastructure: Infrastructure) -> None:
    """Check an Infrastructure. Without a Cluster, pods and services are unknown and their rules are silent."""
    cluster = _find_cluster(manifests, infrastructure.metadata.namespace)
    profile = _find_profile(manifests, cluster)
    label, is_new = infrastructure.reference, infrastructure.status is None
    report.apply(
        EXTENSION_RULES,
        ExtensionSubject(label, is_new, infrastructure, cluster, profile, needs_profile=False, secrets={}),
    )
    config = infrastructure.spec.provider_config
    if config is not None:
        subject = InfrastructureSubject(
            label=label,
            is_new=is_new,
            path="spec.providerConfig.",
            config=config,
            region=infrastructure.spec.region,
            networking=cluster.spec.shoot.spec.networking if cluster else None,
            profile=profile,
        )
        report.apply(INFRASTRUCTURE_RULES, subject)


def _validate_worker(report: Report, manifests: Manifests, worker: Worker) -> None:
    """Check a Worker. Its zones are compared with its infrastructure's status, else with the Infrastructure."""
    namespace = worker.metadata.namespace
    cluster = _find_cluster(manifests, namespace)
    profile = _find_profile(manifests, cluster)
    label, is_new = worker.reference, worker.status is None
    references = (pool.user_data_secret_ref for pool in worker.spec.pools)
    found = {ref.name: _find_secret(manifests, ref.name, namespace) for ref in references if ref}
    secrets = {name: secret for name, secret in found.items() if secret is not None}
    report.apply(
        EXTENSION_RULES,
        ExtensionSubject(label, is_new, worker, cluster, profile, needs_profile=True, secrets=secrets),
    )
    zones, where = _worker_zones(manifests, worker)
    status = worker.spec.infrastructure_provider_status
    own_status = worker.status.provider_status if worker.status else None
    in_use = (*(status.machine_images if status else ()), *(own_status.machine_images if own_status else ()))
    pools = PoolsSubject(
        label=label,
        is_new=is_new,
        path="spec.pools",
        count=len(worker.spec.pools),
        pools=tuple(pool_of_worker(index, pool) for index, pool in enumerate(worker.spec.pools[:MOST_POOLS])),
        region=worker.spec.region,
        profile=profile,
        infrastructure_zones=zones,
        infrastructure_name=where,
        images_in_use=in_use,
    )
    report.apply(POOL_RULES, pools)


def _worker_zones(manifests: Manifests, worker: Worker) -> tuple[tuple[str, ...] | None, str]:
    """Return the zones that a Worker can use and where that is written; None when the input does not say."""
    status = worker.spec.infrastructure_provider_status
    if status is not None:
        nodes = (vswitch.zone for vswitch in status.vpc.vswitches if vswitch.purpose == "nodes")
        return tuple(dict.fromkeys(nodes)), "spec.infrastructureProviderStatus.vpc.vswitches"
    for item in manifests.infrastructures:
        is_same = (item.metadata.namespace, item.metadata.name) == (worker.metadata.namespace, worker.metadata.name)
        if is_same and item.spec.provider_config is not None:
            names = (zone.name for zone in item.spec.provider_config.networks.zones)
            return tuple(dict.fromkeys(names)), item.reference
    return None, ""


def _find_cluster(manifests: Manifests, namespace: str | None) -> Cluster | None:
    """Return the Cluster of a namespace; an object without a namespace belongs to the only Cluster."""
    if namespace is None:
        return manifests.clusters[0] if len(manifests.clusters) == 1 else None
    return manifests.cluster(namespace)


def _find_profile(manifests: Manifests, cluster: Cluster | None) -> CloudProfile | None:
    """Return the Cluster's CloudProfile; without a Cluster, the only one of the input."""
    if cluster is not None:
        return cluster.spec.cloud_profile
    return manifests.cloud_profiles[0] if len(manifests.cloud_profiles) == 1 else None


def _find_secret(manifests: Manifests, name: str, namespace: str | None) -> Secret | None:
    """Return a Secret by name, preferring the namespace; hand-written input often mixes garden and seed namespaces."""
    return manifests.secret(name, namespace) or manifests.secret(name)
