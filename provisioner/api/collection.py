"""Every object of one input, by kind: what reading gives back and validation looks at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from provisioner.api.alicloud_v1alpha1 import (
    BackupBucketConfig,
    CloudProfileConfig,
    ControlPlaneConfig,
    InfrastructureConfig,
    InfrastructureStatus,
    WorkerStatus,
)
from provisioner.api.bindings import CredentialsBinding, SecretBinding
from provisioner.api.core_v1beta1 import (
    CloudProfile,
    InternalSecret,
    Project,
    Secret,
    Seed,
    Shoot,
)
from provisioner.api.extensions_v1alpha1 import (
    BackupBucket,
    BackupEntry,
    Cluster,
    ControlPlane,
    Infrastructure,
    Worker,
)
from provisioner.api.model import ApiObject
from provisioner.api.secret_names import CREDENTIALS_SECRET, ssh_secret_name, user_data_secret_name
from provisioner.api.text import did_you_mean, show, show_list
from provisioner.api.unread import Unread
from provisioner.errors import Problem

if TYPE_CHECKING:
    from provisioner.api.core_v1beta1.namespaced_cloud_profile import NamespacedCloudProfile
    from provisioner.api.core_v1beta1.seed_manifest import SeedManifest

_Object = TypeVar("_Object", bound=ApiObject)
_Key = TypeVar("_Key")


@dataclass(frozen=True, eq=False, repr=False)
class Manifests:
    """Every object of the input, by kind and in the order of the input."""

    shoots: tuple[Shoot, ...] = ()
    cloud_profiles: tuple[CloudProfile, ...] = ()
    namespaced_cloud_profiles: tuple[NamespacedCloudProfile, ...] = ()
    projects: tuple[Project, ...] = ()
    seeds: tuple[SeedManifest, ...] = ()
    secrets: tuple[Secret, ...] = ()
    internal_secrets: tuple[InternalSecret, ...] = ()
    secret_bindings: tuple[SecretBinding, ...] = ()
    credentials_bindings: tuple[CredentialsBinding, ...] = ()
    infrastructures: tuple[Infrastructure, ...] = ()
    workers: tuple[Worker, ...] = ()
    control_planes: tuple[ControlPlane, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    backup_buckets: tuple[BackupBucket, ...] = ()
    backup_entries: tuple[BackupEntry, ...] = ()
    cloud_profile_configs: tuple[CloudProfileConfig, ...] = ()
    """Provider configurations that are documents of their own, not part of a CloudProfile."""
    infrastructure_configs: tuple[InfrastructureConfig, ...] = ()
    control_plane_configs: tuple[ControlPlaneConfig, ...] = ()
    infrastructure_statuses: tuple[InfrastructureStatus, ...] = ()
    worker_statuses: tuple[WorkerStatus, ...] = ()
    backup_bucket_configs: tuple[BackupBucketConfig, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """What reading skipped, and why."""
    skipped: tuple[Problem, ...] = ()
    """What was not read, and why."""
    errors: tuple[Problem, ...] = ()
    """What cannot be read or is wrong in itself. With errors, the collection is for `validate` alone."""
    unread: Unread = field(default_factory=Unread)
    """What is missing because of the errors."""

    @property
    def state_buckets(self) -> tuple[BackupBucket, ...]:
        """The buckets that a state can be in: those that a BackupEntry names, or else all of the input."""
        entries = {entry.spec.bucket_name for entry in self.backup_entries}
        named = tuple(bucket for bucket in self.backup_buckets if bucket.metadata.name in entries)
        return named or self.backup_buckets

    def describe_absent_bucket(self) -> tuple[str, str] | None:
        """Return what is wrong and what to do where the input does not say which bucket a state is in, else None."""
        chosen = self.state_buckets
        if not chosen:
            detail = "no BackupBucket in the input, so there is nowhere to keep the state"
            fix = "add a BackupBucket (extensions.gardener.cloud/v1alpha1); its name is the OSS bucket's name"
            return detail, fix
        if len(chosen) > 1:
            names = show_list(sorted(bucket.metadata.name for bucket in chosen))
            detail = f"several BackupBuckets in the input ({names}), and no BackupEntry says which one to use"
            return detail, "keep one, or add the BackupEntry"
        return None

    def secret(self, name: str, namespace: str | None) -> Secret | None:
        """
        Return the Secret of that name that an object in `namespace` refers to, or None.

        It is the one in that namespace: the same name in another one belongs to another object. Hand-written manifests
        often leave the namespace out; such a Secret counts only if objects of a single namespace can refer to it.
        """
        return _find(self._secrets_by_name, name, namespace, self._askers.get(name, set()))

    def internal_secret(self, name: str, namespace: str | None) -> InternalSecret | None:
        """Return the InternalSecret of that name that an object in `namespace` refers to, or None; as `secret`."""
        return _find(self._internal_secrets_by_name, name, namespace, self._askers.get(name, set()))

    def binding_of(self, shoot: Shoot) -> SecretBinding | CredentialsBinding | None:
        """Return the binding that leads to the Shoot's credentials, if the input has it."""
        namespace, spec = shoot.metadata.namespace, shoot.spec
        askers = self._binding_askers.get((spec.credentials_binding_name, spec.secret_binding_name), set())
        if spec.credentials_binding_name:
            return _find(self._credentials_bindings_by_name, spec.credentials_binding_name, namespace, askers)
        return _find(self._secret_bindings_by_name, spec.secret_binding_name or "", namespace, askers)

    def secret_behind(self, binding: SecretBinding | CredentialsBinding) -> Secret | None:
        """Return the Secret with an access key that a binding leads to, or None."""
        meant = binding.credentials
        if not binding.has_access_key:
            return None
        find = self.internal_secret if meant.kind == "InternalSecret" else self.secret
        return find(meant.name, meant.namespace or binding.metadata.namespace)

    def describe_absent_behind(self, binding: SecretBinding | CredentialsBinding) -> str:
        """Return the message for a Secret that `secret_behind` does not find."""
        meant = binding.credentials
        namespace = meant.namespace or binding.metadata.namespace
        text = f"{meant.kind} {show(meant.name)} of {binding.reference} is not in the input"
        return f"{text} in namespace {show(namespace)}" if namespace else text

    def has_credentials(self, secret: Secret) -> bool:
        """Return whether an object reads its credentials from this Secret."""
        places = self._credentials_askers.get(secret.metadata.name, set())
        return bool(places) if secret.metadata.namespace is None else secret.metadata.namespace in places

    def describe_absent_secret(self, name: str, namespace: str | None) -> str:
        """Return the message for a Secret that an object in `namespace` refers to and that `secret` does not find."""
        found = self._secrets_by_name.get(name, {}).keys()
        text = f"Secret {show(name)} is not in the input"
        if None in found:
            return f"Secret {show(name)} has no namespace, and objects of several namespaces can refer to it"
        if not found:
            return text
        where = f"in namespace {show(namespace)}" if namespace else "without a namespace"
        return f"{text} {where}, only in {show_list(sorted(other for other in found if other))}"

    # Kept, because 1,000 shoots look for their Secrets among those of all.

    @cached_property
    def _askers(self) -> dict[str, set[str | None]]:
        """The namespaces of the Secrets that any object refers to, by name."""
        return _group((*self._credentials_references(), *self._other_references()))

    @cached_property
    def _credentials_askers(self) -> dict[str, set[str | None]]:
        """The namespaces of the Secrets that any object takes its credentials from, by name."""
        return _group(self._credentials_references())

    @cached_property
    def _binding_askers(self) -> dict[tuple[str | None, str | None], set[str | None]]:
        """The namespaces of the Shoots, by the bindings that they name."""
        specs = ((item.spec, item.metadata.namespace) for item in self.shoots)
        return _group(((spec.credentials_binding_name, spec.secret_binding_name), place) for spec, place in specs)

    @cached_property
    def _secrets_by_name(self) -> dict[str, dict[str | None, Secret]]:
        return _by_name(self.secrets)

    @cached_property
    def _internal_secrets_by_name(self) -> dict[str, dict[str | None, InternalSecret]]:
        return _by_name(self.internal_secrets)

    @cached_property
    def _secret_bindings_by_name(self) -> dict[str, dict[str | None, SecretBinding]]:
        return _by_name(self.secret_bindings)

    @cached_property
    def _credentials_bindings_by_name(self) -> dict[str, dict[str | None, CredentialsBinding]]:
        return _by_name(self.credentials_bindings)

    def _credentials_references(self) -> Iterator[tuple[str, str | None]]:
        """Yield name and namespace of each Secret that an object takes its credentials from."""
        for shoot in self.shoots:
            if self.binding_of(shoot) is None:
                yield CREDENTIALS_SECRET, shoot.metadata.namespace
        extensions: tuple[Infrastructure | Worker, ...] = (*self.infrastructures, *self.workers)
        for item in extensions:
            reference = item.spec.secret_ref
            yield reference.name or CREDENTIALS_SECRET, reference.namespace or item.metadata.namespace
        for bucket in self.backup_buckets:
            yield bucket.spec.secret_ref.name, bucket.spec.secret_ref.namespace
        bindings: tuple[SecretBinding | CredentialsBinding, ...] = (*self.secret_bindings, *self.credentials_bindings)
        for binding in bindings:
            yield binding.credentials.name, binding.credentials.namespace or binding.metadata.namespace

    def _other_references(self) -> Iterator[tuple[str, str | None]]:
        """Yield name and namespace of each Secret with an SSH key or user data that an object refers to."""
        for shoot in self.shoots:
            namespace = shoot.metadata.namespace
            yield ssh_secret_name(shoot.metadata.name), namespace
            yield from ((user_data_secret_name(pool.name), namespace) for pool in shoot.spec.provider.workers)
        for worker in self.workers:
            references = (pool.user_data_secret_ref for pool in worker.spec.pools)
            yield from ((reference.name, worker.metadata.namespace) for reference in references if reference)

    def cluster_of(self, namespace: str | None) -> Cluster | None:
        """Return the Cluster of a namespace on the seed; an object without a namespace belongs to the only Cluster."""
        if namespace is None:
            return self.clusters[0] if len(self.clusters) == 1 else None
        return next((cluster for cluster in self.clusters if cluster.metadata.name == namespace), None)

    def cloud_profile_of(self, shoot: Shoot) -> CloudProfile | None:
        """
        Return the CloudProfile that a Shoot names, if the input has it.

        For a NamespacedCloudProfile it is what that amounts to; None also if its parent would be needed for that.
        """
        if shoot.has_namespaced_profile:
            item = self.namespaced_profile_of(shoot)
            return None if item is None else self.effective_profile(item)
        return self._profiles_by_name.get(shoot.cloud_profile_name or "")

    def namespaced_profile_of(self, shoot: Shoot) -> NamespacedCloudProfile | None:
        """Return the NamespacedCloudProfile that a Shoot names, if the input has it in the Shoot's namespace."""
        name, namespace = shoot.cloud_profile_name or "", shoot.metadata.namespace
        found = self._namespaced_profiles.get((name, namespace))
        # One without a namespace counts only if Shoots of a single namespace can mean it, as with Secrets.
        if found is None and self._namespaced_profile_askers.get(name, set()) <= {namespace}:
            found = self._namespaced_profiles.get((name, None))
        return found

    def effective_profile(self, item: NamespacedCloudProfile) -> CloudProfile | None:
        """Return the CloudProfile that a NamespacedCloudProfile of the input amounts to; None if that is unknown."""
        return self._effective_profiles.get(id(item))

    def parent_of(self, item: NamespacedCloudProfile) -> CloudProfile | None:
        """Return the CloudProfile that a NamespacedCloudProfile changes, if the input has it."""
        return self._profiles_by_name.get(item.spec.parent.name)

    def root_profile_name(self, shoot: Shoot) -> str | None:
        """Return the name of the CloudProfile that a Shoot's profile is or changes; None where that is unknown."""
        if not shoot.has_namespaced_profile:
            return shoot.cloud_profile_name
        item = self.namespaced_profile_of(shoot)
        return item.spec.parent.name if item else None

    def describe_absent_profile(self, shoot: Shoot) -> tuple[str, str]:
        """Return what to say where a Shoot names no profile, or one that the input does not have; and what to do."""
        kind = "NamespacedCloudProfile" if shoot.has_namespaced_profile else "CloudProfile"
        name, namespace = shoot.cloud_profile_name or "", shoot.metadata.namespace
        items = self.namespaced_cloud_profiles
        known = list(self._profiles_by_name)
        where = ""
        others: set[str | None] = set()
        if shoot.has_namespaced_profile:
            known = list(dict.fromkeys(it.metadata.name for it in items if it.metadata.namespace in (None, namespace)))
            where = f" in namespace {show(namespace)}" if namespace else " without a namespace"
            others = {it.metadata.namespace for it in items if it.metadata.name == name} - {namespace}
        if not name:
            return f"is required; the input has {show_list(known)}", f"name the {kind}"
        if None in others:
            detail = f"{kind} {show(name)} has no namespace, and Shoots of several namespaces name it"
            return detail, "give it the namespace of its Shoots"
        detail = f"{kind} {show(name)} is not in the input{where}"
        if others:
            places = show_list(sorted(other for other in others if other))
            return f"{detail}, only in {places}", "a Shoot takes the one of its own namespace: add that"
        fix = did_you_mean(name, known) or f"add the {kind}'s manifest to the input"
        return f"{detail}; there are {show_list(known)}", fix

    @cached_property
    def _profiles_by_name(self) -> dict[str, CloudProfile]:
        return {profile.metadata.name: profile for profile in reversed(self.cloud_profiles)}

    @cached_property
    def _namespaced_profiles(self) -> dict[tuple[str, str | None], NamespacedCloudProfile]:
        return {(item.metadata.name, item.metadata.namespace): item for item in self.namespaced_cloud_profiles}

    @cached_property
    def _namespaced_profile_askers(self) -> dict[str, set[str | None]]:
        """The namespaces of the Shoots that name a NamespacedCloudProfile and have none of their own, by its name."""
        found: dict[str, set[str | None]] = {}
        for shoot in self.shoots:
            name, namespace = shoot.cloud_profile_name or "", shoot.metadata.namespace
            if shoot.has_namespaced_profile and (name, namespace) not in self._namespaced_profiles:
                found.setdefault(name, set()).add(namespace)
        return found

    @cached_property
    def _effective_profiles(self) -> dict[int, CloudProfile | None]:
        """What every NamespacedCloudProfile amounts to, by its identity in memory: 1,000 Shoots may share one."""
        if not self.namespaced_cloud_profiles:
            return {}
        from provisioner.api.profiles import effective_profile  # only here: such profiles are rare

        found = {id(item): effective_profile(item, self.parent_of(item)) for item in self.namespaced_cloud_profiles}
        for item in self.namespaced_cloud_profiles if self.unread.paths else ():
            profile, parent = found[id(item)], self.parent_of(item)
            if profile is not None:
                references = (item.reference, parent.reference if parent else "")
                paths = [path for reference in references for path in self.unread.paths.get(reference, ())]
                found[id(item)] = profile.with_unread("", paths)
        return found

    @cached_property
    def offered_regions(self) -> tuple[str, ...]:
        """The regions of every CloudProfile and Seed of the input, each once."""
        clusters = self.clusters
        profiles = [*self.cloud_profiles, *(cluster.spec.cloud_profile for cluster in clusters)]
        profiles += filter(None, self._effective_profiles.values())
        found = [region.name for profile in profiles for region in profile.spec.regions]
        if found:
            seeds: list[Seed] = [*self.seeds, *(cluster.spec.seed for cluster in clusters if cluster.spec.seed)]
            found += [
                str(place["region"]) for place in (seed.spec.provider or {} for seed in seeds) if place.get("region")
            ]
            found += [seed.spec.backup.region for seed in self.seeds if seed.spec.backup and seed.spec.backup.region]
        return tuple(dict.fromkeys(found))

    def cloud_profile_around(self, namespace: str | None) -> CloudProfile | None:
        """
        Return the CloudProfile of a namespace's Cluster; without a Cluster, the only one of the input.

        A NamespacedCloudProfile counts where there is no CloudProfile, since it may be that of other shoots.
        """
        cluster = self.cluster_of(namespace)
        if cluster is not None:
            return cluster.spec.cloud_profile
        if not self.cloud_profiles and len(self.namespaced_cloud_profiles) == 1:
            return self.effective_profile(self.namespaced_cloud_profiles[0])
        return self.cloud_profiles[0] if len(self.cloud_profiles) == 1 else None

    def infrastructure_of(self, worker: Worker) -> Infrastructure | None:
        """Return the Infrastructure of a Worker's shoot: it has the same name and namespace."""
        wanted = (worker.metadata.namespace, worker.metadata.name)
        return next(
            (item for item in self.infrastructures if (item.metadata.namespace, item.metadata.name) == wanted), None
        )


def _group(pairs: Iterable[tuple[_Key, str | None]]) -> dict[_Key, set[str | None]]:
    """Return the second parts by the first ones."""
    found: dict[_Key, set[str | None]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return found


def _by_name(objects: Iterable[_Object]) -> dict[str, dict[str | None, _Object]]:
    """Return objects by name and namespace."""
    found: dict[str, dict[str | None, _Object]] = {}
    for item in objects:
        found.setdefault(item.metadata.name, {})[item.metadata.namespace] = item
    return found


def _find(
    objects: dict[str, dict[str | None, _Object]], name: str, namespace: str | None, askers: set[str | None]
) -> _Object | None:
    """Return the object of a name in a namespace, else the one without a namespace if it is the only candidate."""
    found = objects.get(name, {})
    if namespace in found:
        return found[namespace]
    return found.get(None) if askers - found.keys() <= {namespace} else None
