"""Apply: make the cloud match the manifests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from provisioner.cloud import CloudResource
from provisioner.errors import CloudError
from provisioner.ids import INFRASTRUCTURE, WORKER, EntryName, Root
from provisioner.inputs import ShootInput
from provisioner.run.adoption.ownership import Claim
from provisioner.run.apply_loop import ApplyLoop
from provisioner.run.context import Context
from provisioner.run.held_root import HeldRoot
from provisioner.run.rolling import Roll
from provisioner.run.shoot_root import ShootRoot
from provisioner.run.shoot_run import ShootRun, hold_shoot, is_worker_preliminary
from provisioner.run.shoot_status import ShootStatus, describe_states
from provisioner.runner import Plan
from provisioner.translate.images import images_in_use
from provisioner.translate.status import worker_status


@dataclass(slots=True)
class Applied:
    """The result of an apply."""

    status: ShootStatus
    """The shoot as it is now; a root that the input does not have is None."""
    entry_name: EntryName
    changed: dict[Root, int] = field(default_factory=dict)
    """Number of changes by root; empty when nothing had to change."""
    adopted: tuple[Claim, ...] = ()
    """Objects that were in the cloud and in no state, and that the run recorded."""
    rolling: tuple[Roll, ...] = ()
    """Pools and zones whose machines Auto Scaling is replacing, and the tasks that do it."""
    unproven: tuple[CloudResource, ...] = ()
    """Objects that look like the shoot's, without proof; the run left them alone."""


def apply_target(context: Context, target: ShootInput, *, beside: Collection[EntryName] = ()) -> Applied:
    """
    Apply one target: the Infrastructure, then the Worker.

    Without consent beforehand this plans everything, shows it and asks, and asks again if the Worker's final plan
    differs from the shown one. Objects of the entries `beside` are another shoot's, although they have this one's
    technical ID.

    Raises:
        ManifestError, StateError, StateLockedError, CloudError, TerraformError, ConsentError, InterruptedRunError
    """
    target.require_living()
    for warning in target.warnings:
        context.reporter.warn(warning)
    with hold_shoot(context, target, "apply", beside=beside) as run:
        run.require_possible()
        loop = ApplyLoop(run.session, run.roots)
        loop.adopt_leftovers()
        if loop.adopted:
            run.first_look.take(loop.adopted[-1].ownership)
        run.look_first()
        steps = _Steps(context, target, loop)
        steps.show(run)
        rolls = run.worker.announce_rolls() if run.worker is not None else []
        if steps.has_shown_changes or any(roll.task is None for roll in rolls):
            context.require_consent("Apply these changes?", "yes", target)
        for root in run.roots:
            steps.carry_out(root)
        loop.finish()
        # Last: new machines take the configurations as they are now.
        rolling = run.worker.roll(rolls) if run.worker is not None else []
        loop.require_nothing_left(run.first_look.surplus)
        return _describe(run, steps.changed, loop, rolling)


class _Steps:
    """What an apply has shown and done."""

    def __init__(self, context: Context, target: ShootInput, loop: ApplyLoop) -> None:
        self.changed: dict[Root, int] = {}
        """Number of changes by root."""
        self._context = context
        self._target = target
        self._loop = loop
        self._plans: dict[Root, Plan] = {}
        """Plans that the run can carry out as they are."""
        self._shown: set[tuple[str, str]] = set()
        """Address and action of every shown change."""

    @property
    def has_shown_changes(self) -> bool:
        """Whether a shown plan changes any resource."""
        return bool(self._shown)

    def show(self, run: ShootRun[HeldRoot]) -> None:
        """
        Plan all roots in parallel and show the plans: always before a question, else if that saves time.

        If the run does not ask, it may plan later, but it changes nothing without a plan.
        """
        asks = not self._context.consent.to_changes
        if not asks and not run.has_all_ids:
            return
        self._plans = run.plan()
        for name, plan in self._plans.items():
            is_preliminary = is_worker_preliminary(name, self._plans)
            if asks or not is_preliminary:
                self._context.reporter.plan(name, plan, is_preliminary=is_preliminary)
            self._shown |= _changes(plan)

    def carry_out(self, root: ShootRoot[HeldRoot]) -> None:
        """Carry out a root's plan, and once more if the run can remove the cause of an error."""
        plan = self._plans.pop(root.name, None)
        try:
            self._apply(root, plan)
        except CloudError as error:
            if not root.mend(error):
                raise
            self._plans.clear()  # the failed attempt may have created what they have stand-ins for
            self._apply(root, None, is_retry=True)

    def _apply(self, root: ShootRoot[HeldRoot], plan: Plan | None, *, is_retry: bool = False) -> None:
        """Carry out a plan; without one, plan first, and ask about changes that were not shown before."""
        context = self._context
        if plan is None and root.root.is_new and context.consent.to_changes:
            root.write()
            context.interruption.check()
            self._create(root)
            return
        if plan is None:
            plan = root.plan()
            is_news = not _changes(plan) <= self._shown
            if is_news or is_retry or context.consent.to_changes:
                context.reporter.plan(root.name, plan, is_preliminary=False)
            if is_news:
                context.require_consent(
                    f"The plan of the {root.name} has changed since it was shown. Apply the new one?",
                    "yes",
                    self._target,
                    so_far="what was applied before stays" if self.changed or is_retry else "nothing was changed",
                )
        context.interruption.check()
        if plan.has_changes:
            context.reporter.step(f"applying the {root.name}")
            self._loop.carry_out(root, plan)
            self.changed[root.name] = len(plan.changes)
            self._plans.clear()  # a plan that was made beside this one may have had stand-ins

    def _create(self, root: ShootRoot[HeldRoot]) -> None:
        """Plan and carry out at once; terraform shows its plan in between."""
        planned: list[Plan] = []

        def show(plan: Plan) -> None:
            planned.append(plan)
            self._context.reporter.plan(root.name, plan, is_preliminary=False)
            if plan.has_changes:
                self._context.reporter.step(f"applying the {root.name}")

        self._loop.create(root, show)
        if planned and planned[0].has_changes:
            self.changed[root.name] = len(planned[0].changes)
        self._plans.clear()


def _changes(plan: Plan) -> set[tuple[str, str]]:
    return {(change.address, change.action) for change in plan.changes}


def _describe(run: ShootRun[HeldRoot], changed: dict[Root, int], loop: ApplyLoop, rolling: Sequence[Roll]) -> Applied:
    target = run.session.target
    outputs = {root.name: root.root.outputs() for root in run.roots}
    images = images_in_use(target.images.values())
    if not images and run.worker is None:
        stored = worker_status(run.session.stored_state(WORKER).outputs)
        images = stored.machine_images if stored else ()
    return Applied(
        describe_states(run.session, outputs.get(INFRASTRUCTURE, {}), outputs.get(WORKER, {}), images),
        entry_name=run.session.entry_name,
        changed=changed,
        adopted=loop.recorded,
        rolling=tuple(rolling),
        unproven=loop.unproven,
    )
