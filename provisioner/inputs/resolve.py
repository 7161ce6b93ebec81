"""Turns manifests into shoots to work on: finds everything that a verb needs, or reports what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import CloudProfile, Secret, Shoot
from provisioner.api.extensions_v1alpha1 import Infrastructure, Worker
from provisioner.api.projects import find_contradictions
from provisioner.api.secret_names import CREDENTIALS_SECRET, user_data_secret_name
from provisioner.api.text import show
from provisioner.errors import ManifestError, Problem
from provisioner.ids import TechnicalId
from provisioner.inputs.bucket import find_bucket
from provisioner.inputs.credentials import CredentialSource
from provisioner.inputs.region import region_of
from provisioner.inputs.shoot_input import ShootInput, status_images
from provisioner.inputs.user_data import find_user_data
from provisioner.manifests import Manifests
from provisioner.translate.identity import Identity, identify_namespace, identify_shoot
from provisioner.translate.images import PoolImages, choose_images, find_pool_images, image_wishes, with_images
from provisioner.translate.shoot import (
    complete_pools,
    translate_shoot_infrastructure,
    translate_shoot_worker,
)

_FOLDER_NAME = re.compile(r"[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?")


def resolve_shoots(
    manifests: Manifests,
    environ: Mapping[str, str],
    *,
    to_destroy: bool = False,
    undecided: Sequence[Problem] | None = None,
    of_new: Sequence[Problem] = (),
    now: datetime | None = None,
    warn: Callable[[Problem], None] = lambda problem: None,
) -> list[ShootInput]:
    """
    Return the shoots that the input asks for, in its order. One without workers asks for nothing; a destroy looks for
    what it had before. If that is not possible, because such a Shoot has no credentials, `warn` is told, as long as
    there are other shoots.

    With `undecided` problems of validation, which may be none, shoots carry theirs, and an image that the CloudProfile
    does not have is one of them. They also carry theirs of the problems `of_new` objects. Without a time `now`, nothing
    is chosen for pools that name no image.

    Raises:
        ManifestError: something needed is missing; all problems at once.
    """
    shoots: list[ShootInput] = []
    problems = list(find_contradictions(manifests.shoots, manifests.projects))
    passed_over: list[Problem] = []

    def collect(resolve: _Resolver, problems: list[Problem] = problems) -> None:
        try:
            found = resolve.resolve()
            own = [problem for problem in of_new if problem.object in resolve.references]
            shoots.append(replace(found, of_new=tuple(own)) if own else found)
        except ManifestError as error:
            problems.extend(error.problems)

    for shoot in manifests.shoots:
        if shoot.is_workerless and not to_destroy:
            continue
        resolver = _Resolver(manifests, environ, to_destroy, undecided, now=now, shoot=shoot)
        collect(resolver, passed_over if shoot.is_workerless else problems)
    # An Infrastructure and a Worker of the same shoot share name and namespace.
    infrastructures = {(item.metadata.namespace, item.metadata.name): item for item in manifests.infrastructures}
    workers = {(item.metadata.namespace, item.metadata.name): item for item in manifests.workers}
    for place in {**infrastructures, **workers}:
        infrastructure, worker = infrastructures.get(place), workers.get(place)
        collect(_Resolver(manifests, environ, to_destroy, undecided, infrastructure=infrastructure, worker=worker))
    if not shoots and not problems and not manifests.shoots:
        problems.append(
            Problem("input", "", "Required", "the input has no Shoot, Infrastructure or Worker", "add one of them")
        )
    if problems or (passed_over and not shoots):
        raise ManifestError((*problems, *passed_over))
    for problem in passed_over:
        warn(replace(problem, detail=f"nothing is looked for of a Shoot without workers: {problem.detail}"))
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
        now: datetime | None = None,
        shoot: Shoot | None = None,
        infrastructure: Infrastructure | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._manifests = manifests
        self._credentials = CredentialSource(manifests, environ, self._warn)
        self._to_destroy = to_destroy
        self._undecided = undecided
        self._now = now
        self._shoot = shoot
        self._infrastructure = infrastructure
        self._worker = worker
        self._warnings: list[Problem] = []

    @property
    def references(self) -> set[str]:
        """The objects that ask for the shoot."""
        return {item.reference for item in (self._shoot, self._infrastructure, self._worker) if item is not None}

    def resolve(self) -> ShootInput:
        """Return the input; raises ManifestError."""
        found = self._resolve_shoot(self._shoot) if self._shoot else self._resolve_extension_objects()
        _check_folder_names(found.identity)
        return found

    def _resolve_shoot(self, shoot: Shoot) -> ShootInput:
        manifests = self._manifests
        identity = identify_shoot(shoot, manifests.projects, manifests.backup_entries)
        find_secret = partial(self._secret_of_shoot, shoot, identity.technical_id)
        credentials = self._credentials.of_shoot(shoot, identity, find_secret)
        bucket = find_bucket(manifests, identity.reference, credentials)
        common = {
            "deleted_since": shoot.metadata.deletion_timestamp,
            "identity": identity,
            "region": region_of(shoot),
            "credentials": credentials,
            "bucket": bucket,
            "is_of_shoot": True,
            "asks_for_nothing": shoot.is_workerless,
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
        wishes = image_wishes(shoot, profile, self._now) if self._now else []
        worker = with_images(worker, choose_images(profile, wishes))
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
            user_data=find_user_data(manifests, worker, find_secret),
            warnings=tuple(self._warnings),
            cloud_profile=profile,
            undecided=undecided,
            image_wishes=() if self._undecided is None else tuple(wishes),
        )

    def _resolve_extension_objects(self) -> ShootInput:
        manifests, worker, infrastructure = self._manifests, self._worker, self._infrastructure
        leading = infrastructure or worker
        assert leading is not None
        # Each is rendered with its own region.
        region, *_ = [region_of(item) for item in (infrastructure, worker) if item is not None]
        namespace = leading.metadata.namespace
        cluster = manifests.cluster_of(namespace)
        identity = identify_namespace(leading.reference, namespace, cluster, manifests.backup_entries)
        reference = leading.spec.secret_ref
        name, place = reference.name or CREDENTIALS_SECRET, reference.namespace or namespace
        credentials = self._credentials.of_reference(leading.reference, "spec.secretRef", name, place)
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
            user_data = find_user_data(manifests, worker, lambda name: manifests.secret(name, namespace))
        elif cluster is not None and not self._to_destroy:
            machines = translate_shoot_worker(cluster.spec.shoot, identity.technical_id, lambda _: None, None)
            images = find_pool_images(machines, cluster.spec.cloud_profile, status_images(infrastructure)).found
        objects = [item for item in (infrastructure, worker, shoot) if item is not None]
        return ShootInput(
            deleted_since=next(filter(None, (item.metadata.deletion_timestamp for item in objects)), None),
            identity=identity,
            region=region,
            credentials=credentials,
            bucket=find_bucket(manifests, leading.reference, credentials),
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

    def _cloud_profile(self, shoot: Shoot) -> CloudProfile:
        profile = self._manifests.cloud_profile_of(shoot)
        if profile is not None:
            return profile
        detail, fix = self._manifests.describe_absent_profile(shoot)
        raise ManifestError.single(shoot.reference, "spec.cloudProfile.name", "Required", detail, fix)

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
