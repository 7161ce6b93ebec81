"""Turns manifests into shoots to work on: finds everything that a verb needs, or reports what is missing."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE, MachineImage
from provisioner.api.bindings import CredentialsBinding, SecretBinding
from provisioner.api.core_v1beta1 import CloudProfile, Secret, Shoot
from provisioner.api.extensions_v1alpha1 import BackupBucket, Infrastructure, Worker
from provisioner.api.projects import find_contradictions
from provisioner.api.regions import check_region
from provisioner.api.secret_names import CREDENTIALS_SECRET, user_data_secret_name
from provisioner.api.text import show
from provisioner.cloud import Credentials
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.machine_access import MOST_USER_DATA_BYTES
from provisioner.ids import RegionId, TechnicalId
from provisioner.inputs.shoot_input import Bucket, ShootInput, status_images
from provisioner.manifests import Manifests
from provisioner.translate.identity import Identity, identify_namespace, identify_shoot
from provisioner.translate.images import PoolImages, find_pool_images
from provisioner.translate.shoot import (
    complete_pools,
    translate_shoot_infrastructure,
    translate_shoot_worker,
)
from provisioner.validation.findings import Subject
from provisioner.validation.names import check_bucket_name

_ACCESS_KEY_ID = "accessKeyID"
_ACCESS_KEY_SECRET = "accessKeySecret"  # noqa: S105 - the name of a key, not a secret
_SECURITY_TOKEN = "securityToken"  # noqa: S105 - the name of a key, not a secret
_ENVIRONMENT_KEYS = (
    ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
)
_FOLDER_NAME = re.compile(r"[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?")


def resolve_shoots(
    manifests: Manifests,
    environ: Mapping[str, str],
    *,
    to_destroy: bool = False,
    undecided: Sequence[Problem] | None = None,
) -> list[ShootInput]:
    """
    Return the shoots that the input asks for, in its order.

    With `undecided` problems of validation, which may be none, shoots carry theirs, and an image that the CloudProfile
    does not have is one of them.

    Raises:
        ManifestError: something needed is missing; all problems at once.
    """
    shoots: list[ShootInput] = []
    problems = list(find_contradictions(manifests.shoots, manifests.projects))

    def collect(resolve: _Resolver) -> None:
        try:
            shoots.append(resolve.resolve())
        except ManifestError as error:
            problems.extend(error.problems)

    for shoot in manifests.shoots:
        collect(_Resolver(manifests, environ, to_destroy, undecided, shoot=shoot))
    # An Infrastructure and a Worker of the same shoot share name and namespace.
    infrastructures = {(item.metadata.namespace, item.metadata.name): item for item in manifests.infrastructures}
    workers = {(item.metadata.namespace, item.metadata.name): item for item in manifests.workers}
    for place in {**infrastructures, **workers}:
        infrastructure, worker = infrastructures.get(place), workers.get(place)
        collect(_Resolver(manifests, environ, to_destroy, undecided, infrastructure=infrastructure, worker=worker))
    if not shoots and not problems:
        problems.append(
            Problem("input", "", "Required", "the input has no Shoot, Infrastructure or Worker", "add one of them")
        )
    if problems:
        raise ManifestError(problems)
    return shoots


class _Resolver:
    """Puts one input together."""

    def __init__(
        self,
        manifests: Manifests,
        environ: Mapping[str, str],
        to_destroy: bool,
        undecided: Sequence[Problem] | None,
        *,
        shoot: Shoot | None = None,
        infrastructure: Infrastructure | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._manifests = manifests
        self._environ = environ
        self._to_destroy = to_destroy
        self._undecided = undecided
        self._shoot = shoot
        self._infrastructure = infrastructure
        self._worker = worker
        self._warnings: list[Problem] = []

    def resolve(self) -> ShootInput:
        """Return the input; raises ManifestError."""
        found = self._resolve_shoot(self._shoot) if self._shoot else self._resolve_extension_objects()
        _check_folder_names(found.identity)
        return found

    def _resolve_shoot(self, shoot: Shoot) -> ShootInput:
        manifests = self._manifests
        identity = identify_shoot(shoot, manifests.projects, manifests.backup_entries)
        find_secret = partial(self._secret_of_shoot, shoot, identity.technical_id)
        credentials = self._credentials_of_shoot(shoot, identity, find_secret)
        bucket = self._bucket(identity.reference, credentials)
        common = {
            "identity": identity,
            "region": _region_of(shoot),
            "credentials": credentials,
            "bucket": bucket,
            "is_of_shoot": True,
        }

        infrastructure = translate_shoot_infrastructure(shoot, identity.technical_id, find_secret)
        profile = None if self._to_destroy else self._cloud_profile(shoot)
        worker = translate_shoot_worker(shoot, identity.technical_id, find_secret, None, profile)
        if profile is None:
            return ShootInput(
                **common,  # type: ignore[arg-type]  # a dict of fields
                infrastructure=infrastructure,
                worker=worker,
                warnings=tuple(self._warnings),
            )
        images, undecided = self._images(worker, profile, shoot.reference)
        without = [pool.name for pool in worker.spec.pools if pool.user_data_secret_ref is None]
        if without:
            secrets = ", ".join(user_data_secret_name(name) for name in without)
            self._warnings.append(
                Problem(
                    identity.reference,
                    "spec.provider.workers",
                    "Required",
                    f"no user data for pool {', '.join(without)}: its machines start without any",
                    f"add Secret {secrets} with key cloud_config",
                )
            )
        networking = shoot.spec.networking
        return ShootInput(
            **common,  # type: ignore[arg-type]  # a dict of fields
            infrastructure=infrastructure,
            worker=worker,
            pod_cidr=networking.pods if networking else None,
            is_hibernated=bool(shoot.spec.hibernation and shoot.spec.hibernation.enabled),
            images=images,
            user_data=self._user_data(worker, find_secret),
            warnings=tuple(self._warnings),
            cloud_profile=profile,
            undecided=undecided,
        )

    def _resolve_extension_objects(self) -> ShootInput:
        manifests, worker, infrastructure = self._manifests, self._worker, self._infrastructure
        leading = infrastructure or worker
        assert leading is not None
        # Each is rendered with its own region.
        region, *_ = [_region_of(item) for item in (infrastructure, worker) if item is not None]
        namespace = leading.metadata.namespace
        cluster = manifests.cluster_of(namespace)
        identity = identify_namespace(leading.reference, namespace, cluster, manifests.backup_entries)
        reference = leading.spec.secret_ref
        name, place = reference.name or CREDENTIALS_SECRET, reference.namespace or namespace
        credentials = self._credentials(
            leading.reference,
            "spec.secretRef",
            self._manifests.secret(name, place),
            self._manifests.describe_absent_secret(name, place),
        )
        shoot = cluster.spec.shoot if cluster else None
        networking = shoot.spec.networking if shoot else None
        images: Mapping[str, MachineImage] = {}
        user_data: Mapping[str, str] = {}
        profile: CloudProfile | None = None
        undecided: tuple[Problem, ...] = ()
        if worker is not None and not self._to_destroy:
            profile = self._cloud_profile_of_worker(worker)
            worker = complete_pools(worker, profile)
            images, undecided = self._images(worker, profile, worker.reference)
            user_data = self._user_data(worker, lambda name: manifests.secret(name, namespace))
        elif cluster is not None and not self._to_destroy:
            machines = translate_shoot_worker(cluster.spec.shoot, identity.technical_id, lambda _: None, None)
            images = find_pool_images(machines, cluster.spec.cloud_profile, status_images(infrastructure)).found
        return ShootInput(
            identity=identity,
            region=region,
            credentials=credentials,
            bucket=self._bucket(leading.reference, credentials),
            infrastructure=infrastructure,
            worker=worker,
            pod_cidr=networking.pods if networking else None,
            is_hibernated=bool(shoot and shoot.spec.hibernation and shoot.spec.hibernation.enabled),
            images=images,
            user_data=user_data,
            worker_is_linked=worker is None or worker.spec.infrastructure_provider_status is None,
            warnings=tuple(self._warnings),
            cloud_profile=profile,
            undecided=undecided,
        )

    def _secret_of_shoot(self, shoot: Shoot, technical_id: TechnicalId, name: str) -> Secret | None:
        """
        Return the Secret of that name that a Shoot refers to, or None.

        It is beside the Shoot, in its project's namespace, or else in the shoot's namespace on the seed. There
        everything belongs to the one shoot, but then the manifests were read at different times.
        """
        found = self._manifests.secret(name, shoot.metadata.namespace)
        if found is None and technical_id != shoot.metadata.namespace:
            found = self._manifests.secret(name, technical_id)
            if found is not None:
                self._warn(
                    Problem(
                        shoot.reference,
                        "",
                        "OtherNamespace",
                        f"{found.reference} is taken from the shoot's namespace on the seed, {technical_id}",
                        f"check that it is the newest, or add it with namespace {shoot.metadata.namespace}",
                    )
                )
        return found

    def _warn(self, problem: Problem) -> None:
        if problem not in self._warnings:
            self._warnings.append(problem)

    def _credentials_of_shoot(
        self, shoot: Shoot, identity: Identity, find_secret: Callable[[str], Secret | None]
    ) -> Credentials:
        binding = self._manifests.binding_of(shoot)
        spec = shoot.spec
        named = spec.credentials_binding_name or spec.secret_binding_name
        path = "spec.secretBindingName" if not spec.credentials_binding_name else "spec.credentialsBindingName"
        if binding is not None:
            return self._credentials_behind(identity.reference, path, binding)
        found = find_secret(CREDENTIALS_SECRET)
        absent = self._manifests.describe_absent_secret(CREDENTIALS_SECRET, shoot.metadata.namespace)
        if named and named != CREDENTIALS_SECRET:
            what = "CredentialsBinding" if spec.credentials_binding_name else "SecretBinding"
            absent = f"{what} {show(named)} is not in the input, and {absent}"
            if found is not None and found.metadata.namespace != identity.technical_id:
                self._warn(
                    Problem(
                        identity.reference,
                        path,
                        "Required",
                        f"{what} {show(named)} is not in the input; assuming that it leads to {found.reference}",
                        "add the binding and its Secret",
                    )
                )
        return self._credentials(identity.reference, path, found, absent)

    def _credentials_behind(
        self, reference: str, path: str, binding: SecretBinding | CredentialsBinding
    ) -> Credentials:
        """Return the credentials that a binding leads to; raises ManifestError."""
        types = {type.strip() for type in binding.provider.type.split(",")} if binding.provider else {PROVIDER_TYPE}
        meant = binding.credentials
        namespace = meant.namespace or binding.metadata.namespace
        if PROVIDER_TYPE not in types:
            raise ManifestError.single(
                binding.reference,
                "provider.type",
                "NotSupported",
                f"{show(', '.join(sorted(types)))} is not the provider type of the shoot",
                f"name a binding of type {PROVIDER_TYPE} in the Shoot",
            )
        secret: Secret | None
        if meant.kind == "Secret":
            secret = self._manifests.secret(meant.name, namespace)
        elif meant.kind == "InternalSecret":
            secret = self._manifests.internal_secret(meant.name, namespace)
        else:
            raise ManifestError.single(
                binding.reference,
                "credentialsRef.kind",
                "NotSupported",
                f"{show(meant.kind)} is not supported: a run needs an access key",
                "point the binding to a Secret or an InternalSecret with accessKeyID and accessKeySecret",
            )
        absent = f"{meant.kind} {show(meant.name)} of {binding.reference} is not in the input"
        return self._credentials(
            reference, path, secret, f"{absent} in namespace {show(namespace)}" if namespace else absent
        )

    def _credentials(self, reference: str, path: str, secret: Secret | None, absent: str) -> Credentials:
        if secret is not None:
            return _read_credentials(secret)
        environ = self._environ
        for id_name, secret_name, token_name in _ENVIRONMENT_KEYS:
            if environ.get(id_name) and environ.get(secret_name):
                return Credentials(environ[id_name], environ[secret_name], environ.get(token_name, ""))
        raise ManifestError.single(
            reference,
            path,
            "Required",
            f"no credentials: {absent}",
            "add it with accessKeyID and accessKeySecret, or set ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY",
        )

    def _bucket(self, reference: str, credentials: Credentials) -> Bucket:
        buckets: tuple[BackupBucket, ...] = self._manifests.backup_buckets
        entries = {entry.spec.bucket_name for entry in self._manifests.backup_entries}
        chosen = [bucket for bucket in buckets if bucket.metadata.name in entries] or list(buckets)
        if not chosen:
            raise ManifestError.single(
                reference,
                "",
                "Required",
                "no BackupBucket in the input, so there is nowhere to keep the state; nothing was changed",
                "add a BackupBucket (extensions.gardener.cloud/v1alpha1); its name is the OSS bucket's name",
            )
        if len(chosen) > 1:
            names = ", ".join(sorted(bucket.metadata.name for bucket in chosen))
            raise ManifestError.single(
                reference,
                "",
                "Duplicate",
                f"several BackupBuckets in the input ({names}), and no BackupEntry says which one to use",
                "keep one, or add the BackupEntry",
            )
        bucket = chosen[0]
        if bucket.spec.secret_ref.name:
            secret_reference = bucket.spec.secret_ref
            secret = self._manifests.secret(secret_reference.name, secret_reference.namespace)
            if secret is None:
                raise ManifestError.single(
                    bucket.reference,
                    "spec.secretRef.name",
                    "Required",
                    self._manifests.describe_absent_secret(secret_reference.name, secret_reference.namespace),
                    "add it with accessKeyID and accessKeySecret, or leave secretRef out to use the shoot's",
                )
            credentials = _read_credentials(secret)
        # A host is called after the bucket, too.
        problems = list(
            check_bucket_name(Subject(bucket.reference, is_new=False), "metadata.name", bucket.metadata.name)
        )
        if problems:
            raise ManifestError(problems)
        return Bucket(bucket.metadata.name, _region_of(bucket), credentials)

    def _cloud_profile(self, shoot: Shoot) -> CloudProfile:
        profile = self._manifests.cloud_profile_of(shoot)
        if profile is not None:
            return profile
        known = ", ".join(sorted(profile.metadata.name for profile in self._manifests.cloud_profiles)) or "none"
        raise ManifestError.single(
            shoot.reference,
            "spec.cloudProfile.name",
            "Required",
            f"CloudProfile {shoot.cloud_profile_name!r} is not in the input (there: {known})",
            "add it",
        )

    def _cloud_profile_of_worker(self, worker: Worker) -> CloudProfile:
        profile = self._manifests.cloud_profile_around(worker.metadata.namespace)
        if profile is not None:
            return profile
        raise ManifestError.single(
            worker.reference,
            "metadata.namespace",
            "Required",
            f"no Cluster called {worker.metadata.namespace!r} in the input, so the machine images are not known",
            "add the Cluster, or exactly one CloudProfile",
        )

    def _images(
        self, worker: Worker, profile: CloudProfile, reference: str
    ) -> tuple[Mapping[str, MachineImage], tuple[Problem, ...]]:
        """Return the images that are known, and what is undecided of `reference`, the object that has the pools."""
        images: PoolImages = find_pool_images(worker, profile, status_images(worker))
        if self._undecided is None:
            if images.problems:
                raise ManifestError(images.problems)
            return images.found, ()
        undecided = tuple(problem for problem in self._undecided if problem.object == reference)
        return images.found, undecided or images.problems

    def _user_data(self, worker: Worker, find_secret: Callable[[str], Secret | None]) -> dict[str, str]:
        found: dict[str, str] = {}
        problems: list[Problem] = []
        for number, pool in enumerate(worker.spec.pools):
            if pool.user_data_secret_ref is None:
                if pool.user_data:
                    found[pool.name] = base64.b64encode(pool.user_data).decode()
                continue
            name, key = pool.user_data_secret_ref.name, pool.user_data_secret_ref.key
            path = f"spec.pools[{number}].userDataSecretRef"
            secret = find_secret(name)
            value = secret.decoded(key) if secret else None
            if secret is None:
                problems.append(
                    Problem(
                        worker.reference,
                        f"{path}.name",
                        "Required",
                        self._manifests.describe_absent_secret(name, worker.metadata.namespace),
                        "add it",
                    )
                )
            elif not value:
                keys = ", ".join(secret.keys) or "none"
                problems.append(
                    Problem(
                        worker.reference, f"{path}.key", "Required", f"Secret {name!r} has no {key!r} (keys: {keys})"
                    )
                )
            elif len(value) > MOST_USER_DATA_BYTES:
                detail = f"{key!r} of Secret {name!r} has {len(value)} bytes; user data takes {MOST_USER_DATA_BYTES}"
                problems.append(Problem(worker.reference, f"{path}.key", "TooLong", detail))
            else:
                found[pool.name] = base64.b64encode(value).decode()
        if problems:
            raise ManifestError(problems)
        return found


def _check_folder_names(identity: Identity) -> None:
    """
    Check that a shoot's names are safe for folders: the state's in the bucket, and the run's on this machine.

    Raises:
        ManifestError: one of the folders would be elsewhere.
    """
    for what, name in (("technical ID", identity.technical_id), ("entry name", identity.entry_name)):
        if name is not None and not _FOLDER_NAME.fullmatch(name):
            detail = f"{show(name)} cannot be the shoot's {what}"
            fix = "correct the technical ID, the uid or the BackupEntry: letters, digits, hyphens and dots"
            raise ManifestError.single(identity.reference, "", "Invalid", detail, fix)


def _region_of(item: Shoot | Infrastructure | Worker | BackupBucket) -> RegionId:
    """
    Return the region that an object names. Requests go to hosts that have it in their name.

    Raises:
        ManifestError: it cannot be one.
    """
    problems = list(check_region(item.reference, "spec.region", item.spec.region))
    if problems:
        raise ManifestError(problems)
    return item.spec.region


def _read_credentials(secret: Secret) -> Credentials:
    values = {}
    problems = []
    # Only the access keys of STS have a token.
    tokens = (_SECURITY_TOKEN,) if _SECURITY_TOKEN in secret.keys else ()
    for key in (_ACCESS_KEY_ID, _ACCESS_KEY_SECRET, *tokens):
        value = secret.decoded(key)
        text = value.decode(errors="replace").strip() if value else ""
        if not text or not text.isascii() or not text.isprintable():
            problem = "is missing" if not text else "has characters that no access key has"
            problems.append(
                Problem(secret.reference, f"data.{key}", "Required" if not text else "Invalid", f"{key} {problem}")
            )
        values[key] = text
    if problems:
        raise ManifestError(problems)
    return Credentials(values[_ACCESS_KEY_ID], values[_ACCESS_KEY_SECRET], values.get(_SECURITY_TOKEN, ""))
