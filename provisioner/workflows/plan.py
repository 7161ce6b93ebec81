"""Plan: say what apply would change, without changing anything and without taking the lease."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.runner import Plan
from provisioner.workflows.session import Context
from provisioner.workflows.shoot_run import ShootRun
from provisioner.workflows.target import Target


@dataclass(frozen=True, slots=True)
class Planned:
    """Both plans of a target; None for a root that the input does not ask for."""

    technical_id: str
    infrastructure: Plan | None
    worker: Plan | None

    @property
    def has_changes(self) -> bool:
        """Whether apply would change anything."""
        return any(plan is not None and plan.has_changes for plan in (self.infrastructure, self.worker))


def plan_target(context: Context, target: Target) -> Planned:
    """
    Plan one target.

    Raises:
        ManifestError, StateError, CloudError, TerraformError, InterruptedRunError
    """
    for warning in target.warnings:
        context.reporter.warn(warning)
    with ShootRun.open(context, target, None) as run:
        infrastructure, worker = run.plan_both()
        if run.infrastructure is not None and infrastructure is not None:
            context.reporter.plan(run.infrastructure.root, infrastructure, is_preliminary=False)
        if run.worker is not None and worker is not None:
            is_preliminary = infrastructure is not None and infrastructure.has_changes
            context.reporter.plan(run.worker.root, worker, is_preliminary=is_preliminary)
        return Planned(target.identity.technical_id, infrastructure, worker)
