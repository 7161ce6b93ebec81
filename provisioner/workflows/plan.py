"""Plan: show what apply would change, without changing anything and without taking the lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from provisioner.errors import Problem
from provisioner.ids import INFRASTRUCTURE, WORKER, Root, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.run.rolling import Roll
from provisioner.run.shoot_run import is_worker_preliminary, read_shoot
from provisioner.runner import Plan
from provisioner.state.record import format_time


@dataclass(frozen=True, slots=True)
class Planned:
    """Both plans of a target; None for a root that the input does not have."""

    technical_id: TechnicalId
    infrastructure: Plan | None
    worker: Plan | None
    rolls: Sequence[Roll] = ()
    """Machines that Auto Scaling has to replace, including those for which a task is under way."""

    @property
    def has_changes(self) -> bool:
        """Whether apply would change anything."""
        return any(plan is not None and plan.has_changes for plan in (self.infrastructure, self.worker)) or any(
            roll.task is None for roll in self.rolls
        )


def plan_target(context: Context, target: ShootInput) -> Planned:
    """
    Plan one target.

    Raises:
        ManifestError, StateError, CloudError, TerraformError, InterruptedRunError
    """
    target.require_living()
    for warning in target.warnings:
        context.reporter.warn(warning)
    with read_shoot(context, target) as run:
        run.require_possible()
        for root in run.roots:
            if root.root.left_since is not None:
                context.reporter.warn(_incomplete(target, root.name, root.root.left_since))
        run.look_first()
        plans = run.plan()
        for name, plan in plans.items():
            context.reporter.plan(name, plan, is_preliminary=is_worker_preliminary(name, plans))
        rolls = run.worker.announce_rolls() if run.worker is not None else []
        return Planned(target.identity.technical_id, plans.get(INFRASTRUCTURE), plans.get(WORKER), rolls)


def _incomplete(target: ShootInput, root: Root, since: datetime) -> Problem:
    return Problem(
        target.identity.reference,
        "",
        "MayBeIncomplete",
        f"a run of {format_time(since)} is still working or did not end clean: the {root} state may lack objects that "
        "it created, and then this plan creates them a second time",
        "`provision adopt` lists them; `provision apply` looks for them before it changes anything",
    )
