"""
Tolerates findings about values that have not changed since the last apply.

Gardener checks only new and changed values against its offer, the CloudProfile, and a machine image that left the offer
stays known while a pool uses it: a healthy running cluster must stay reconcilable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import Worker, WorkerPool
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.versions import is_older
from provisioner.ids import ROOTS, WORKER, Root
from provisioner.inputs import ShootInput, status_images
from provisioner.run.checks.chosen_images import decide_images
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.tfstate import State
from provisioner.translate.images import find_pool_images, with_images
from provisioner.translate.machine_deployments import what_is_offered
from provisioner.translate.resource_types import SCALING_CONFIGURATION, pool_instances
from provisioner.translate.status import worker_status

_POOL = re.compile(r"spec\.(?:provider\.workers|pools)\[(\d+)\]")
_ZONE = re.compile(r"\.zones\[(\d+)\]$")


def tolerate_unchanged(context: Context, target: ShootInput) -> ShootInput:
    """
    Decide every undecided finding of a target: warn the operator if the value has not changed since the last apply, or
    if the finding is about new objects and the state has this one.

    A pool that does not name its machine image keeps the one that it has; a new one gets the CloudProfile's.

    This only reads, so that a wrong manifest creates nothing.

    Raises:
        ManifestError: a finding is about a value that is new or changed, or about a new object.
        StateError, CloudError: the state is unreadable.
    """
    worker, profile = target.worker, target.cloud_profile
    has_pools = worker is not None and profile is not None and bool(target.undecided or target.image_wishes)
    if not (has_pools or target.of_new):
        return target
    session = Session.open(context, target, create_bucket=False)
    stored_state = cache(session.stored_state)  # both decisions may need one
    errors, warnings = decide_by_existence(target.of_new, stored_state) if target.of_new else ([], [])
    target = replace(target, of_new=())
    if has_pools and worker is not None and profile is not None:
        try:
            target, more = decide_by_state(target, worker, profile, stored_state(WORKER))
        except ManifestError as error:
            raise ManifestError((*errors, *error.problems)) from None
        warnings = [*warnings, *more]
    if errors:
        raise ManifestError(errors)
    for problem in warnings:
        context.reporter.warn(problem)
    return target


def decide_by_existence(
    problems: Iterable[Problem], stored_state: Callable[[Root], State]
) -> tuple[list[Problem], list[Problem]]:
    """Return the problems of new objects that are errors, and those that are warnings: the state has the object."""
    exists = {root: not stored_state(root).is_empty for root in ROOTS}
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for problem in problems:
        roots = [root for root in ROOTS if root == problem.object.partition("/")[0].lower()]
        # A Shoot has both.
        (warnings if any(exists[root] for root in roots or ROOTS) else errors).append(problem)
    return errors, warnings


def decide_by_state(
    target: ShootInput, worker: Worker, profile: CloudProfile, state: State
) -> tuple[ShootInput, list[Problem]]:
    """
    Return the target with its `worker` decided by the state of its last apply, and what the operator has to know.

    Raises:
        ManifestError: a finding is about a value that is new or changed.
    """
    status = worker_status(state.outputs)
    in_use = (*(status.machine_images if status else ()), *status_images(worker))
    resources = _by_pool(_resources(state))
    told = state.outputs.get("machine_deployments")
    applied = resources if told is None else _by_pool(told)
    # A killed apply may have made a pool that the outputs lack.
    existing = {**resources, **applied}
    decided = decide_images(target.identity.reference, profile, target.image_wishes, existing, in_use)
    worker = with_images(worker, decided.images)
    changed = [pool.name for pool in worker.spec.pools if applied and not _has_type(pool, applied.get(pool.name, ()))]
    found = find_pool_images(worker, profile, in_use, changed)
    mapped = find_pool_images(worker, profile, in_use, [pool.name for pool in worker.spec.pools]).found
    images = {**found.found, **_kept_images(state, worker, in_use, applied, changed), **mapped}
    errors = list(decided.errors)
    warnings: list[Problem] = list(decided.notes)
    for problem in target.undecided:
        pool = _pool_of(problem, worker.spec.pools)
        if pool is not None and _is_about_image(problem):
            if pool.name in decided.images:
                continue  # it was about another image
            # If an extension made the pools, its statuses do not say which pool has which image.
            deployments = applied.get(pool.name, ())
            is_known = _may_have_image(problem, pool, deployments) if applied else not target.is_of_shoot
            (warnings if pool.name in images and is_known else errors).append(problem)
        else:
            was_so = pool is not None and _is_as_applied(problem, pool, applied.get(pool.name, ()))
            (warnings if was_so else errors).append(problem)
    if not errors:
        errors = [problem for problem in found.problems if _pool_name(problem, worker) not in images]
    if errors:
        raise ManifestError(errors)
    return replace(target, worker=worker, images=images, undecided=(), image_wishes=()), warnings


def _pool_name(problem: Problem, worker: Worker) -> str | None:
    pool = _pool_of(problem, worker.spec.pools)
    return pool.name if pool else None


def _kept_images(
    state: State,
    worker: Worker,
    in_use: Sequence[MachineImage],
    applied: Mapping[str, Sequence[Mapping[str, Any]]],
    changed: Sequence[str],
) -> dict[str, MachineImage]:
    """Return the image whose id a pool has by the state, for each pool that has not changed."""
    ids: dict[str, set[str]] = {}
    for pool, instance in pool_instances(state, SCALING_CONFIGURATION):
        ids.setdefault(pool, set()).add(str(instance.attributes.get("image_id")))
    kept = {}
    for item in worker.spec.pools:
        image = item.machine_image
        if image is None or item.name in changed or not _has_image(item, applied.get(item.name, ())):
            continue
        found = {
            it.id: it
            for it in in_use
            if (it.name, it.version) == (image.name, image.version) and it.id in ids.get(item.name, ())
        }
        if len(found) == 1:
            kept[item.name] = next(iter(found.values()))
    return kept


def _by_pool(deployments: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for deployment in deployments:
        found.setdefault(deployment["pool"], []).append(deployment)
    return found


def _resources(state: State) -> list[Mapping[str, Any]]:
    """Return the settings of every pool in each zone that its resources have, if no run has stored the outputs."""
    found: list[Mapping[str, Any]] = []
    for pool, instance in pool_instances(state, SCALING_CONFIGURATION):
        known = instance.attributes
        disks = [known.get("system_disk_category"), *(disk["category"] for disk in known.get("data_disk") or ())]
        place = {"pool": pool, "zone": instance.address.key}
        found.append(
            {
                **place,
                "machineType": known.get("instance_type"),
                "volumeTypes": disks,
                "imageID": known.get("image_id"),
            }
        )
    return found


def _pool_of(problem: Problem, pools: tuple[WorkerPool, ...]) -> WorkerPool | None:
    match = _POOL.match(problem.path)
    number = int(match[1]) if match else len(pools)
    return pools[number] if number < len(pools) else None


def _is_about_image(problem: Problem) -> bool:
    return problem.path.endswith((".machine.image", ".machineImage"))


def _has_image(pool: WorkerPool, deployments: Sequence[Mapping[str, Any]]) -> bool:
    wanted = what_is_offered(pool)["machineImage"]
    return any(deployment.get("machineImage", wanted) == wanted for deployment in deployments)


def _may_have_image(problem: Problem, pool: WorkerPool, deployments: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether an existing pool may have an image: it has it, or moves forward to one that has expired."""
    wanted_architecture = what_is_offered(pool)["architecture"]
    is_for_same = any(it.get("architecture", wanted_architecture) == wanted_architecture for it in deployments)
    if is_for_same and _has_image(pool, deployments):
        return True
    wanted = pool.machine_image.version if pool.machine_image else ""
    versions = [(deployment.get("machineImage") or {}).get("version", "") for deployment in deployments]
    return problem.type == "Forbidden" and any(not is_older(wanted, version) for version in versions)


def _has_type(pool: WorkerPool, deployments: Sequence[Mapping[str, Any]]) -> bool:
    return any(deployment["machineType"] == pool.machine_type for deployment in deployments)


def _is_as_applied(problem: Problem, pool: WorkerPool, deployments: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a problem is about a value that has not changed since the pool was applied in all its zones."""
    zones = {deployment["zone"] for deployment in deployments}
    zone = _ZONE.search(problem.path)
    if zone is not None:
        return pool.zones[int(zone[1])] in zones
    names = ("volumeTypes", "volumeSizes") if "olume" in problem.path else ("machineType", "architecture")
    wanted = what_is_offered(pool)
    return {*pool.zones} <= zones and all(
        # If no run has stored the outputs, some values of a pool are unknown.
        deployment.get(name, wanted[name]) == wanted[name]
        for deployment in deployments
        for name in names
    )
