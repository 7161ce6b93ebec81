"""
Tolerates findings about values that have not changed since the last apply.

Gardener checks only new and changed values against its offer, the CloudProfile, and a machine image that left the offer
stays known while a pool uses it: a healthy running cluster must stay reconcilable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.errors import ManifestError, Problem
from provisioner.ids import WORKER
from provisioner.inputs import ShootInput, status_images
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.tfstate import State
from provisioner.translate.images import find_pool_images
from provisioner.translate.machine_deployments import what_is_offered
from provisioner.translate.resource_types import SCALING_CONFIGURATION, pool_instances
from provisioner.translate.status import worker_status

_POOL = re.compile(r"spec\.(?:provider\.workers|pools)\[(\d+)\]")
_ZONE = re.compile(r"\.zones\[(\d+)\]$")


def tolerate_unchanged(context: Context, target: ShootInput) -> ShootInput:
    """
    Decide every undecided finding of a target: warn the operator if the value has not changed since the last apply.

    This only reads, so that a wrong manifest creates nothing.

    Raises:
        ManifestError: a finding is about a value that is new or changed.
        StateError, CloudError: the state is unreadable.
    """
    worker, profile = target.worker, target.cloud_profile
    if not target.undecided or worker is None or profile is None:
        return target
    session = Session.open(context, target, create_bucket=False)
    state = session.stored_state(WORKER)
    status = worker_status(state.outputs)
    in_use = (*(status.machine_images if status else ()), *status_images(worker))
    images = find_pool_images(worker, profile, in_use).found
    applied: dict[str, list[Mapping[str, Any]]] = {}
    for deployment in _deployments(state):
        applied.setdefault(deployment["pool"], []).append(deployment)
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for problem in target.undecided:
        pool = _pool_of(problem, worker.spec.pools)
        if pool is not None and _is_about_image(problem):
            # If an extension made the pools, its statuses do not say which pool has which image.
            is_known = not applied or _has_image(pool, applied.get(pool.name, ()))
            if pool.name not in images or not is_known:
                errors.append(problem)
        else:
            was_so = pool is not None and _is_as_applied(problem, pool, applied.get(pool.name, ()))
            (warnings if was_so else errors).append(problem)
    if errors:
        raise ManifestError(errors)
    for problem in warnings:
        context.reporter.warn(problem)
    return replace(target, images=images, undecided=())


def _deployments(state: State) -> list[Mapping[str, Any]]:
    """Return the settings of every pool in each zone: from the outputs or, if no run has stored them, the resources."""
    told: list[Mapping[str, Any]] | None = state.outputs.get("machine_deployments")
    if told is not None:
        return told
    found: list[Mapping[str, Any]] = []
    for pool, instance in pool_instances(state, SCALING_CONFIGURATION):
        known = instance.attributes
        disks = [known.get("system_disk_category"), *(disk["category"] for disk in known.get("data_disk") or ())]
        place = {"pool": pool, "zone": instance.address.key}
        found.append({**place, "machineType": known.get("instance_type"), "volumeTypes": disks})
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
