"""Makes the subjects of rules: an object, with its context from the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from provisioner.api.alicloud_v1alpha1 import ControlPlaneConfig, InfrastructureConfig
from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import CloudProfile, Shoot, ShootMachineImage
from provisioner.api.extensions_v1alpha1 import (
    BackupBucket,
    BackupEntry,
    Cluster,
    ControlPlane,
    Infrastructure,
    Worker,
)
from provisioner.errors import Problem
from provisioner.gardener.image_offer import ImageWish, choose_image, image_wish
from provisioner.gardener.versions import is_part_of_version
from provisioner.ids import RegionId
from provisioner.validation.backup import BackupBucketSubject, BackupEntrySubject, RetentionSubject
from provisioner.validation.cloud_profile import ImageUse, ProfileConfigSubject, ProfileSubject
from provisioner.validation.extension_objects import ExtensionSubject
from provisioner.validation.infrastructure import InfrastructureSubject
from provisioner.validation.networking import NetworkingSubject
from provisioner.validation.pools import MOST_POOLS, Pool, PoolsSubject, pool_of_shoot, pool_of_worker
from provisioner.validation.shoot import ShootSubject, has_known_profile_kind
from provisioner.validation.zone_capacity import ZoneCapacitySubject

if TYPE_CHECKING:
    from provisioner.api.core_v1beta1.seed_manifest import SeedManifest
    from provisioner.validation.control_plane import ControlPlaneSubject


def profile_subject(profile: CloudProfile, uses: tuple[ImageUse, ...]) -> ProfileSubject:
    """Return a CloudProfile. It has no status, and changes while shoots use it, so it never counts as new."""
    return ProfileSubject(profile.reference, False, profile, uses)


def image_uses(manifests: Manifests, shoots: Iterable[Shoot], profile: CloudProfile) -> Iterator[ImageUse]:
    """Yield the parts of a CloudProfile that the pools of Shoots use, also through a NamespacedCloudProfile."""
    for shoot in shoots:
        if manifests.root_profile_name(shoot) != profile.metadata.name:
            continue
        override = manifests.namespaced_profile_of(shoot) if shoot.has_namespaced_profile else None
        config = override.spec.provider_config if override else None
        own = {
            (image.name, entry.version)
            for image in (config.machine_images if config else ())
            for entry in image.versions
        }
        yield from (use for use in pool_images(shoot) if (use.image, use.version) not in own)


def pool_images(shoot: Shoot) -> Iterator[ImageUse]:
    """Yield the images that the pools of a Shoot name with their versions."""
    for index, worker in enumerate(shoot.spec.provider.workers[:MOST_POOLS]):
        image = worker.machine.image
        if image is not None and image.version is not None:
            where = f"{shoot.reference} spec.provider.workers[{index}]"
            yield ImageUse(where, image.name, image.version, shoot.spec.region)


def shoot_subject(manifests: Manifests, shoot: Shoot, now: datetime, was: Shoot | None) -> ShootSubject:
    """Return a Shoot as a whole; it exists if it `was` there before."""
    profile = manifests.cloud_profile_of(shoot)
    # A NamespacedCloudProfile without a parent says so itself, and so does a wrong kind.
    is_said = not has_known_profile_kind(shoot) or (
        shoot.has_namespaced_profile and manifests.namespaced_profile_of(shoot) is not None
    )
    kind = "NamespacedCloudProfile" if shoot.has_namespaced_profile else "CloudProfile"
    is_said = is_said or (bool(shoot.cloud_profile_name) and manifests.unread.may_have(kind))
    absent = ("", "") if profile is not None or is_said else manifests.describe_absent_profile(shoot)
    root = manifests.root_profile_name(shoot)
    label, is_new = shoot.reference, shoot.status is None
    return ShootSubject(
        label,
        is_new,
        shoot,
        profile,
        absent,
        root,
        manifests.projects,
        manifests.unread,
        now,
        is_creation=is_new and was is None,
    )


def shoot_networking(shoot: Shoot) -> NetworkingSubject | None:
    """Return a Shoot's own ranges; None when it has none."""
    networking = shoot.spec.networking
    return None if networking is None else NetworkingSubject(shoot.reference, shoot.status is None, networking)


def shoot_infrastructure(manifests: Manifests, shoot: Shoot) -> InfrastructureSubject | None:
    """Return the InfrastructureConfig in a Shoot; None when it has none."""
    config = shoot.spec.provider.infrastructure_config
    if config is None:
        return None
    return InfrastructureSubject(
        label=shoot.reference,
        is_new=shoot.status is None,
        path="spec.provider.infrastructureConfig.",
        config=config,
        region=shoot.spec.region,
        networking=shoot.spec.networking,
        profile=manifests.cloud_profile_of(shoot),
    )


def shoot_pools(
    manifests: Manifests, shoot: Shoot, now: datetime, was: Shoot | None = None, *, is_old: bool = False
) -> PoolsSubject:
    """
    Return a Shoot's worker pools; what it `was` before says which images they have, where it is not written.

    Of a Shoot that `is_old` all pools exist.
    """
    provider, profile = shoot.spec.provider, manifests.cloud_profile_of(shoot)
    before: dict[str, ShootMachineImage] = {}
    for worker in was.spec.provider.workers if was else ():
        if worker.machine.image is not None:
            before.setdefault(worker.name, worker.machine.image)
    pools: list[Pool] = []
    for index, worker in enumerate(provider.workers[:MOST_POOLS]):
        pool = pool_of_shoot(index, worker)
        if profile is not None:
            wish = image_wish(worker, pool.image_path, profile, now)
            pool = _with_image(pool, wish, profile, before.get(worker.name))
        pools.append(pool)
    config, known = provider.infrastructure_config, shoot if is_old else was
    return PoolsSubject(
        label=shoot.reference,
        is_new=shoot.status is None,
        path="spec.provider.workers",
        count=len(provider.workers),
        pools=tuple(pools),
        region=shoot.spec.region,
        profile=profile,
        infrastructure_zones=_named_zones(config),
        infrastructure_name="infrastructureConfig.networks",
        kubernetes_version=shoot.spec.kubernetes.version if shoot.spec.kubernetes else "",
        pools_before=frozenset(worker.name for worker in known.spec.provider.workers) if known else None,
        images_before={name: image.version for name, image in before.items() if image.version},
    )


def _with_image(pool: Pool, wish: ImageWish, profile: CloudProfile, before: ShootMachineImage | None) -> Pool:
    """Return a pool with the image that it has or gets; without one if nothing on offer fits."""
    if not wish.is_open(profile):
        return replace(pool, wish=wish)
    had = before.version if before else None
    if before and had and not is_part_of_version(had) and wish.fits(before.name, had):
        return replace(pool, wish=wish, image_name=before.name, image_version=had)
    choice = choose_image(profile, wish, had)
    name, version = (choice.name, choice.version) if choice else (None, None)
    return replace(pool, wish=wish, choice=choice, image_name=name, image_version=version)


def image_choices(pools: PoolsSubject) -> Iterator[Problem]:
    """Yield what was chosen for pools that name no image, or not its whole version."""
    for pool in pools.pools:
        if pool.wish is not None and pool.choice is not None:
            yield pool.wish.announce(pools.label, pool.choice)


def shoot_control_plane(shoot: Shoot) -> ControlPlaneSubject | None:
    """Return the ControlPlaneConfig in a Shoot; None when it has none, or no workers, so that it cannot have one."""
    config = shoot.spec.provider.control_plane_config
    if config is None or not shoot.spec.provider.workers:
        return None
    version = shoot.spec.kubernetes.version if shoot.spec.kubernetes else ""
    path = "spec.provider.controlPlaneConfig."
    return _control_plane(shoot.reference, shoot.status is None, path, config, version)


def cluster_control_plane(cluster: Cluster) -> ControlPlaneSubject | None:
    """Return the ControlPlaneConfig of the Shoot in a Cluster, which an API server has checked."""
    subject = shoot_control_plane(cluster.spec.shoot)
    if subject is None:
        return None
    path = f"spec.shoot.{subject.path}"
    return _control_plane(cluster.reference, False, path, subject.config, subject.kubernetes_version)


def control_plane_subject(manifests: Manifests, item: ControlPlane) -> ControlPlaneSubject | None:
    """Return the ControlPlaneConfig in a ControlPlane; None when it has none."""
    config = item.spec.provider_config
    if config is None:
        return None
    cluster = manifests.cluster_of(item.metadata.namespace)
    kubernetes = cluster.spec.shoot.spec.kubernetes if cluster else None
    version = kubernetes.version if kubernetes else ""
    return _control_plane(item.reference, item.status is None, "spec.providerConfig.", config, version)


def control_plane_document(config: ControlPlaneConfig, *, is_new: bool) -> ControlPlaneSubject:
    """Return a ControlPlaneConfig that is a document of its own."""
    return _control_plane(config.kind, is_new, "", config, "")


def _control_plane(
    label: str, is_new: bool, path: str, config: ControlPlaneConfig, version: str
) -> ControlPlaneSubject:
    from provisioner.validation.control_plane import ControlPlaneSubject  # only here: hardly any shoot has one

    return ControlPlaneSubject(label, is_new, path, config, version)


def shoot_zone_capacity(infrastructure: InfrastructureSubject, pools: PoolsSubject) -> ZoneCapacitySubject:
    """Return a Shoot's zones and the pools in them."""
    return _room(infrastructure, pools.label, pools.is_new, "", pools.pools)


def worker_zone_capacity(manifests: Manifests, worker: Worker) -> ZoneCapacitySubject | None:
    """Return a Worker's pools and the zones of its Infrastructure; None when the input does not have it."""
    infrastructure = manifests.infrastructure_of(worker)
    around = infrastructure_subject(manifests, infrastructure) if infrastructure else None
    if around is None:
        return None
    pools = tuple(pool_of_worker(index, pool) for index, pool in enumerate(worker.spec.pools[:MOST_POOLS]))
    return _room(around, worker.reference, worker.status is None, "spec.pools", pools)


def _room(
    infrastructure: InfrastructureSubject, label: str, is_new: bool, path: str, pools: tuple[Pool, ...]
) -> ZoneCapacitySubject:
    by_path = {item.path.rpartition(".")[0]: item for item in infrastructure.zone_ranges}
    ranges = {zone.name: by_path[zone_path] for zone_path, zone in infrastructure.zones if zone_path in by_path}
    networks = infrastructure.config.networks
    gateway_zone = networks.zones[0].name if networks.zones and networks.vpc.has_managed_nat_gateway else None
    return ZoneCapacitySubject(label, is_new, path, ranges, pools, gateway_zone)


def extension_subject(manifests: Manifests, item: Infrastructure | Worker) -> ExtensionSubject:
    """Return an Infrastructure or a Worker as an object."""
    namespace = item.metadata.namespace
    cluster = manifests.cluster_of(namespace)
    pools = item.spec.pools if isinstance(item, Worker) else ()
    references = (pool.user_data_secret_ref for pool in pools)
    found = {ref.name: manifests.secret(ref.name, namespace) for ref in references if ref}
    return ExtensionSubject(
        label=item.reference,
        is_new=item.status is None,
        item=item,
        cluster=cluster,
        profile=manifests.cloud_profile_around(namespace),
        needs_profile=isinstance(item, Worker)
        and not manifests.unread.may_have("Cluster")
        and not manifests.unread.may_have("CloudProfile"),
        secrets={
            name: secret
            for name, secret in found.items()
            if secret is not None and not manifests.unread.is_in(secret.reference, "")
        },
        absent_secrets={
            name: manifests.describe_absent_secret(name, namespace)
            for name, secret in found.items()
            if secret is None and not manifests.unread.may_have("Secret")
        },
        unread=manifests.unread,
    )


def infrastructure_subject(manifests: Manifests, infrastructure: Infrastructure) -> InfrastructureSubject | None:
    """Return the InfrastructureConfig in an Infrastructure; None when it has none."""
    config = infrastructure.spec.provider_config
    if config is None:
        return None
    # Without a Cluster, pods and services are unknown.
    cluster = manifests.cluster_of(infrastructure.metadata.namespace)
    return InfrastructureSubject(
        label=infrastructure.reference,
        is_new=infrastructure.status is None,
        path="spec.providerConfig.",
        config=config,
        region=infrastructure.spec.region,
        networking=cluster.spec.shoot.spec.networking if cluster else None,
        profile=manifests.cloud_profile_around(infrastructure.metadata.namespace),
    )


def profile_config(profile: CloudProfile) -> ProfileConfigSubject | None:
    """Return the mapping in a CloudProfile; None when it has none."""
    config = profile.spec.provider_config
    if config is None:
        return None
    return ProfileConfigSubject(profile.reference, False, "spec.providerConfig.", config, profile)


def config_subject(config: InfrastructureConfig) -> InfrastructureSubject:
    """Return an InfrastructureConfig that is a document of its own."""
    return InfrastructureSubject(
        label=config.kind, is_new=True, path="", config=config, region=RegionId(""), networking=None, profile=None
    )


def worker_pools(manifests: Manifests, worker: Worker) -> PoolsSubject:
    """Return a Worker's pools. Its zones are those of its infrastructure's status, else of the Infrastructure."""
    zones, where = _worker_zones(manifests, worker)
    status = worker.spec.infrastructure_provider_status
    own_status = worker.status.provider_status if worker.status else None
    in_use = (*(status.machine_images if status else ()), *(own_status.machine_images if own_status else ()))
    return PoolsSubject(
        label=worker.reference,
        is_new=worker.status is None,
        path="spec.pools",
        count=len(worker.spec.pools),
        pools=tuple(pool_of_worker(index, pool) for index, pool in enumerate(worker.spec.pools[:MOST_POOLS])),
        region=worker.spec.region,
        profile=manifests.cloud_profile_around(worker.metadata.namespace),
        infrastructure_zones=zones,
        infrastructure_name=where,
        images_in_use=in_use,
    )


def bucket_retention(bucket: BackupBucket) -> RetentionSubject:
    """Return the protection of a BackupBucket."""
    return RetentionSubject(bucket.reference, False, "spec.providerConfig.", bucket.spec.provider_config)


def bucket_subject(manifests: Manifests, bucket: BackupBucket) -> BackupBucketSubject:
    """Return a BackupBucket and the Secret it refers to."""
    reference = bucket.spec.secret_ref
    secret = manifests.secret(reference.name, reference.namespace) if reference.name else None
    is_absent = secret is None and not manifests.unread.may_have("Secret")
    absent = manifests.describe_absent_secret(reference.name, reference.namespace) if is_absent else ""
    known = manifests.offered_regions
    return BackupBucketSubject(bucket.reference, bucket.status is None, bucket, secret, absent, known)


def entry_subject(manifests: Manifests, entry: BackupEntry) -> BackupEntrySubject:
    """Return a BackupEntry and the bucket it names."""
    named = (bucket for bucket in manifests.backup_buckets if bucket.metadata.name == entry.spec.bucket_name)
    return BackupEntrySubject(entry.reference, entry.status is None, entry, next(named, None))


def seed_retention(seed: SeedManifest) -> RetentionSubject | None:
    """Return the protection that a Seed asks for its backups; None if they are in another cloud, or nowhere."""
    backup = seed.spec.backup
    if backup is None:
        return None
    return RetentionSubject(seed.reference, False, "spec.backup.providerConfig.", backup.provider_config)


def _worker_zones(manifests: Manifests, worker: Worker) -> tuple[tuple[str, ...] | None, str]:
    """Return the zones that a Worker can use and where that is written; None when the input does not say."""
    status = worker.spec.infrastructure_provider_status
    if status is not None and not manifests.unread.is_in(worker.reference, "spec.infrastructureProviderStatus"):
        nodes = (vswitch.zone for vswitch in status.vpc.vswitches if vswitch.purpose == "nodes")
        return tuple(dict.fromkeys(nodes)), "spec.infrastructureProviderStatus.vpc.vswitches"
    infrastructure = manifests.infrastructure_of(worker)
    if infrastructure is not None:
        return _named_zones(infrastructure.spec.provider_config), infrastructure.reference
    return None, ""


def _named_zones(config: InfrastructureConfig | None) -> tuple[str, ...] | None:
    """Return the zones of an InfrastructureConfig; None if it has none or one without a name, a problem of its own."""
    zones = config.networks.distinct_zones if config else {}
    return None if not zones or "" in zones else tuple(zones)
