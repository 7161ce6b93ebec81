"""Apply: bring the cloud to what the manifests ask for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from provisioner.errors import CloudError
from provisioner.ids import INFRASTRUCTURE, WORKER, EntryName
from provisioner.inputs import ShootInput
from provisioner.run.apply_loop import Convergence
from provisioner.run.context import Context
from provisioner.run.rolling import Roll
from provisioner.run.root_run import RootRun
from provisioner.run.shoot_run import ShootRun
from provisioner.run.shoot_status import ShootStatus, describe_states
from provisioner.runner import Plan
from provisioner.translate.images import images_in_use
from provisioner.translate.status import worker_status


@dataclass(slots=True)
class Applied:
    """What an apply led to."""

    status: ShootStatus
    """What is there now; None in it for a root that is not part of the input."""
    entry_name: EntryName
    changed: dict[str, int] = field(default_factory=dict)
    """Number of changes by root; empty when nothing had to change."""
    adopted: list[dict[str, str]] = field(default_factory=list)
    """Type, id and address of what was found in the cloud and in no state, and was recorded."""
    rolling: list[dict[str, object]] = field(default_factory=list)
    """Pools and zones whose machines are being replaced, and the tasks that do it."""
    unproven: list[dict[str, str]] = field(default_factory=list)
    """Type, id and name of what looks like the shoot's without proof, and was left alone."""


def apply_target(
    context: Context,
    target: ShootInput,
    *,
    asks: bool,
    allows_replace: bool = False,
    recreates: bool = False,
    beside: Collection[EntryName] = (),
) -> Applied:
    """
    Apply one target: the Infrastructure, then the Worker.

    With `asks`, everything is planned and shown first, and again where the second plan differs from what was shown. A
    VPC, vSwitch, NAT gateway, EIP or whole pool is replaced or deleted only if the operator `allows_replace`. Objects
    of the entries that this shoot is to live `beside` are another shoot's, though they have its technical ID. A root of
    which everything was deleted outside is made again only if the operator `recreates` it.

    Raises:
        ManifestError, StateError, StateLockedError, CloudError, TerraformError, ConsentError, InterruptedRunError
    """
    for warning in target.warnings:
        context.reporter.warn(warning)
    with ShootRun.open(context, target, "apply", beside=beside) as run:
        run.allows_replace, run.recreates = allows_replace, recreates
        run.require_possible()
        convergence = Convergence(run.session, run.roots, check=run.check_plan, destroys=False)
        convergence.adopt_leftovers()
        if convergence.adopted:
            run.first_look.take(convergence.adopted[-1].ownership)
        run.look_first()
        changed: dict[str, int] = {}
        infrastructure_plan, worker_plan = _plan_ahead(run, asks=asks)
        shown = _shown(infrastructure_plan, worker_plan)
        rolls = run.announce_rolls()
        if asks and (shown or any(roll.task is None for roll in rolls)):
            context.require_consent("Apply these changes?", "yes", target)
        if run.infrastructure is not None:
            try:
                has_changed = _apply_infrastructure(
                    run, convergence, run.infrastructure, infrastructure_plan, changed, asks=asks
                )
            except CloudError as error:
                if not run.ensure_nat_role(error):
                    raise
                has_changed = _apply_infrastructure(run, convergence, run.infrastructure, None, changed, asks=asks)
            if has_changed:
                worker_plan = None
        if run.worker is not None and worker_plan is None and run.worker.is_new and not asks:
            run.write_worker(with_stand_ins=False)
            _create(run, convergence, run.worker, changed)
        elif run.worker is not None:
            if worker_plan is None:
                before = shown
                worker_plan = run.plan_worker(with_stand_ins=False)
                shown = _shown(None, worker_plan)
                is_news = not shown <= before
                if is_news or not asks:
                    context.reporter.plan(run.worker.root, worker_plan, is_preliminary=False)
                if asks and is_news:
                    context.require_consent("The workers' plan is not the one shown before. Apply it?", "yes", target)
            _carry_out(run, convergence, run.worker, worker_plan, changed)
        convergence.finish(run.plan_root)
        # Last: machines are made of what the configurations say by now.
        rolling = run.roll(rolls) if rolls else []
        convergence.require_nothing_left(run.first_look.doubles)
        return _describe(run, changed, convergence, rolling)


def _apply_infrastructure(
    run: ShootRun,
    convergence: Convergence,
    root: RootRun,
    plan: Plan | None,
    changed: dict[str, int],
    *,
    asks: bool,
) -> bool:
    """Bring the infrastructure to what was planned, or is planned now, and return whether the Worker's plan is void."""
    if plan is None and root.is_new and not asks:
        run.write_infrastructure()
        _create(run, convergence, root, changed)
        return False
    if plan is None:
        plan = run.plan_infrastructure()
        run.session.context.reporter.plan(root.root, plan, is_preliminary=False)
    return _carry_out(run, convergence, root, plan, changed)


def _plan_ahead(run: ShootRun, *, asks: bool) -> tuple[Plan | None, Plan | None]:
    """
    Plan what there is at once: always when somebody is to be asked, else where that saves time.

    Nothing is changed without a plan that was made here or, when nobody is asked, later.
    """
    if not asks and (run.infrastructure is None or run.worker is None or not run.has_infrastructure()):
        return None, None
    infrastructure, worker = run.plan_both()
    reporter = run.session.context.reporter
    is_preliminary = infrastructure is not None and infrastructure.has_changes
    if infrastructure is not None:
        reporter.plan(INFRASTRUCTURE, infrastructure, is_preliminary=False)
    if worker is not None and (asks or not is_preliminary):
        reporter.plan(WORKER, worker, is_preliminary=is_preliminary)
    return infrastructure, worker


def _carry_out(run: ShootRun, convergence: Convergence, root: RootRun, plan: Plan, changed: dict[str, int]) -> bool:
    """Apply the root's plan if it has changes, and return whether it had."""
    context = run.session.context
    context.interruption.check()
    if not plan.has_changes:
        return False
    context.reporter.step(f"applying the {root.root}")
    changed[root.root] = convergence.carry_out(root, plan, root.apply)
    return True


def _create(run: ShootRun, convergence: Convergence, root: RootRun, changed: dict[str, int]) -> None:
    """Plan and create at once what is new as a whole."""
    context = run.session.context
    context.interruption.check()
    shown: list[Plan] = []

    def show(plan: Plan) -> None:
        shown.append(plan)
        context.reporter.plan(root.root, plan, is_preliminary=False)
        if plan.has_changes:
            context.reporter.step(f"applying the {root.root}")

    convergence.carry_out(root, Plan(has_changes=True, changes=()), lambda: root.create(show))
    if shown and shown[0].has_changes:
        changed[root.root] = len(shown[0].changes)


def _shown(*plans: Plan | None) -> set[tuple[str, str]]:
    return {(change.address, change.action) for plan in plans if plan is not None for change in plan.changes}


def _describe(run: ShootRun, changed: dict[str, int], convergence: Convergence, rolling: Sequence[Roll]) -> Applied:
    target = run.session.target
    infrastructure = run.infrastructure.outputs() if run.infrastructure else {}
    worker = run.worker.outputs() if run.worker else {}
    images = images_in_use(target.images.values())
    if not images and run.worker is None:
        stored = worker_status(run.session.stored_state(WORKER).outputs)
        images = stored.machine_images if stored else ()
    return Applied(
        describe_states(run.session, infrastructure, worker, images),
        entry_name=run.session.entry_name,
        changed=changed,
        adopted=convergence.adopted_documents(),
        rolling=[roll.as_dict() for roll in rolling],
        unproven=convergence.unproven_documents(),
    )
