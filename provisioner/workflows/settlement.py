"""
What the state decides where the manifests leave it open: whether something was so before.

Gardener asks its offer, the CloudProfile, only about what is new or changed, and a machine image that left it stays
known while a pool uses it: a healthy running cluster must stay reconcilable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.errors import ManifestError, Problem
from provisioner.state.document import state_outputs
from provisioner.translate.images import find_pool_images
from provisioner.translate.machine_deployments import what_is_offered
from provisioner.translate.status import worker_status
from provisioner.workflows.session import WORKER, Context, Session
from provisioner.workflows.target import Target, status_images

_POOL = re.compile(r"spec\.(?:provider\.workers|pools)\[(\d+)\]")


def settle(context: Context, target: Target) -> Target:
    """
    Return the target without anything undecided; of what was so before the operator is warned.

    Only reads: nothing is created for a manifest that turns out to be wrong.

    Raises:
        ManifestError: what is undecided was not so before.
        StateError, CloudError: the state cannot be read.
    """
    worker, profile = target.worker, target.cloud_profile
    if not target.undecided or worker is None or profile is None:
        return target
    session = Session.open(context, target, create_bucket=False)
    outputs = state_outputs(session.stored_state(WORKER))
    status = worker_status(outputs)
    in_use = (*(status.machine_images if status else ()), *status_images(worker))
    images = find_pool_images(worker, profile, in_use).found
    applied: dict[str, list[Mapping[str, Any]]] = {}
    for deployment in outputs.get("machine_deployments") or ():
        applied.setdefault(deployment["pool"], []).append(deployment)
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for problem in target.undecided:
        pool = _pool_of(problem, worker.spec.pools)
        if pool is not None and _is_about_image(problem):
            if pool.name not in images:
                errors.append(problem)
        else:
            was_so = pool is not None and _is_as_applied(problem, pool, applied.get(pool.name, ()))
            (warnings if was_so else errors).append(problem)
    if errors:
        raise ManifestError(errors)
    for problem in warnings:
        context.reporter.warn(problem)
    return replace(target, images=images, undecided=())


def _pool_of(problem: Problem, pools: tuple[WorkerPool, ...]) -> WorkerPool | None:
    match = _POOL.match(problem.path)
    number = int(match[1]) if match else len(pools)
    return pools[number] if number < len(pools) else None


def _is_about_image(problem: Problem) -> bool:
    return problem.path.endswith((".machine.image", ".machineImage"))


def _is_as_applied(problem: Problem, pool: WorkerPool, deployments: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether what a problem is about is as it was when the pool was last applied, and where it was."""
    name = "volumeTypes" if "olume" in problem.path else "machineType"
    wanted = what_is_offered(pool)[name]
    return {*pool.zones} <= {deployment["zone"] for deployment in deployments} and all(
        deployment.get(name) == wanted for deployment in deployments
    )
