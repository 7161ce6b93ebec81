"""
The root modules of a shoot in one run.

The two inits and the opening of the bucket run in parallel; when both states exist, so do the two plans. While the
Infrastructure has pending changes, the Worker's plan is preliminary: it has a stand-in for each id that does not exist
yet, and apply plans it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Generic

from provisioner.errors import ManifestError, Problem
from provisioner.ids import INFRASTRUCTURE, WORKER, EntryName, Root
from provisioner.inputs import ShootInput
from provisioner.render import module_files, render_root
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.checks.before_build import BeforeBuild, Findings
from provisioner.run.checks.plan_guard import PlanGuard
from provisioner.run.checks.ratcheting import tolerate_unchanged
from provisioner.run.context import Context
from provisioner.run.held_root import HeldRoot
from provisioner.run.infrastructure_root import InfrastructureRoot
from provisioner.run.read_root import ReadRoot
from provisioner.run.roots import PreparedRoots, prepared_roots
from provisioner.run.session import Session
from provisioner.run.shoot_root import R, ShootRoot
from provisioner.run.worker_root import WorkerRoot
from provisioner.runner import Plan
from provisioner.tfstate import State


class ShootRun(Generic[R]):
    """A shoot's root modules, read or held, ready to plan; `read_shoot` and `hold_shoot` make it."""

    def __init__(
        self,
        session: Session,
        infrastructure: InfrastructureRoot[R] | None,
        worker: WorkerRoot[R] | None,
        first_look: FirstLook,
        executor: Executor,
    ) -> None:
        self.session = session
        self.worker = worker
        """None when the input has only the Infrastructure."""
        self.first_look = first_look
        """Comes before the run creates anything."""
        self._infrastructure = infrastructure
        self._executor = executor

    @property
    def roots(self) -> list[ShootRoot[R]]:
        """The root modules of the input, in the order in which the run applies them."""
        both: tuple[ShootRoot[R] | None, ...] = (self._infrastructure, self.worker)
        return [root for root in both if root is not None]

    def require_possible(self) -> None:
        """
        Accept manifests that Auto Scaling can fulfil.

        Raises:
            ManifestError: a pool drops a setting that Auto Scaling cannot remove; with everything that `look_first`
                finds wrong.
        """
        irremovable = self.worker.find_irremovable() if self.worker is not None else []
        if irremovable:
            with self._checking() as check:
                Findings((*irremovable, *check().errors)).require_possible()

    def look_first(self) -> None:
        """
        Refuse what cannot be built, and to create objects that exist already; look now, beside init.

        The first look is for roots that certainly create something.

        Raises:
            StateError: as `FirstLook.require_known`.
            ManifestError: the cloud cannot provide what the run adds or changes; all problems at once.
            CloudError: the cloud refused, or could not be reached.
        """
        certain = [root.name for root in self.roots if root.will_create]
        with self._checking() as check:
            # Its errors first: objects that no state lists use up quotas.
            self.first_look.require_known(certain, [root.root for root in self.roots])
            findings = check()
        for problem in findings.warnings:
            self.session.context.reporter.warn(problem)
        findings.require_possible()

    @contextmanager
    def _checking(self) -> Iterator[Callable[[], Findings]]:
        """Begin to check what the run adds or changes, and give a function that waits for the findings."""
        infrastructure, worker = self._infrastructure, self.worker
        checks = BeforeBuild(
            self.session,
            infrastructure.root.state() if infrastructure is not None else State(),
            worker.root.state() if worker is not None else State(),
            worker.sizes_by_group if worker is not None else dict,
            is_incomplete=any(root.root.left_since or root.root.unclean_since for root in self.roots),
        )
        if not checks.has_work:
            yield Findings
            return
        # Not the run's: its threads are at init.
        with ThreadPoolExecutor(max_workers=3) as executor:
            looks = [executor.submit(root.look_around) for root in self.roots]
            found = executor.submit(checks.look)
            yield lambda: found.result().with_errors(_problems_of(looks))

    @property
    def has_all_ids(self) -> bool:
        """Whether both root modules can be planned in parallel without stand-ins."""
        return self._infrastructure is not None and self.worker is not None and self.worker.has_infrastructure()

    def plan(self) -> dict[Root, Plan]:
        """
        Plan the roots in parallel and return the plans; the Worker's is preliminary if ids are missing.

        Raises as `ShootRoot.plan`.
        """
        if self._infrastructure is None or self.worker is None:
            return {root.name: root.plan() for root in self.roots}
        beside = self._executor.submit(self.worker.plan, is_preliminary=True)
        try:
            infrastructure = self._infrastructure.plan()
        finally:
            error = beside.exception()
        if error is not None:
            raise error
        return {INFRASTRUCTURE: infrastructure, WORKER: beside.result()}


def _problems_of(looks: Iterable[Future[object]]) -> Iterator[Problem]:
    """Yield what looks found wrong; raises their other errors."""
    for look in looks:
        error = look.exception()
        if isinstance(error, ManifestError):
            yield from error.problems
        elif error is not None:
            raise error


@contextmanager
def read_shoot(context: Context, target: ShootInput) -> Iterator[ShootRun[ReadRoot]]:
    """
    Connect, and read the states of a shoot's root modules. The run can change nothing.

    Raises:
        ManifestError, StateError, CloudError, TerraformError
    """
    with _prepared(context, target, create_bucket=False) as prepared:
        first_look = FirstLook(prepared.session)
        roots = prepared.read()
        guard = PlanGuard(prepared.session, roots, first_look, refuses=False)
        yield _make_run(prepared, roots, guard, first_look, creates=True)


@contextmanager
def hold_shoot(
    context: Context,
    target: ShootInput,
    operation: str,
    *,
    creates: bool = True,
    beside: Collection[EntryName] = (),
) -> Iterator[ShootRun[HeldRoot]]:
    """
    Connect, take the leases of a shoot's root modules, read their states, and give the leases back at the end.

    A run that `creates` looks first, before it creates what its plan says; `beside` are entries of other shoots with
    the same technical ID.

    Raises:
        ManifestError, StateError, StateLockedError, CloudError, TerraformError
    """
    with _prepared(context, target, create_bucket=True) as prepared:
        first_look = FirstLook(prepared.session, beside=beside)
        names = [root.name for root in prepared.roots]

        def before_first_event() -> None:
            if creates:
                first_look.before_first_event(names)

        with prepared.held(operation, before_first_event=before_first_event) as roots:
            guard = PlanGuard(prepared.session, roots, first_look if creates else None, refuses=True)
            yield _make_run(prepared, roots, guard, first_look, creates=creates)


def _prepared(context: Context, target: ShootInput, *, create_bucket: bool) -> AbstractContextManager[PreparedRoots]:
    target = tolerate_unchanged(context, target)
    parts = ((INFRASTRUCTURE, target.infrastructure), (WORKER, target.worker))
    return prepared_roots(
        context,
        target,
        [name for name, part in parts if part is not None],
        # The wiring does not depend on the values, so init does not have to wait for them.
        lambda name, settings: render_root(name, {}, settings),
        modules=module_files(),
        create_bucket=create_bucket,
    )


def _make_run(
    prepared: PreparedRoots,
    roots: Sequence[R],
    guard: PlanGuard,
    first_look: FirstLook,
    *,
    creates: bool,
) -> ShootRun[R]:
    session, target, at_hand = prepared.session, prepared.session.target, {root.name: root for root in roots}

    def state_of(name: Root) -> State:
        return at_hand[name].state() if name in at_hand else session.stored_state(name)

    def infrastructure_outputs() -> Mapping[str, Any]:
        return state_of(INFRASTRUCTURE).outputs

    infrastructure = worker = None
    if target.infrastructure is not None:
        infrastructure = InfrastructureRoot(
            at_hand[INFRASTRUCTURE],
            session,
            target.infrastructure,
            guard,
            worker_state=partial(state_of, WORKER),
            creates=creates,
        )
    if target.worker is not None:
        worker = WorkerRoot(
            at_hand[WORKER],
            session,
            target.worker,
            guard,
            prepared.executor,
            infrastructure_outputs=infrastructure_outputs,
            creates=creates,
        )
    return ShootRun(session, infrastructure, worker, first_look, prepared.executor)


def is_worker_preliminary(name: Root, plans: Mapping[Root, Plan]) -> bool:
    """Return whether a root's plan, one of `ShootRun.plan`'s, may have stand-ins for ids that do not exist yet."""
    return name == WORKER and INFRASTRUCTURE in plans and plans[INFRASTRUCTURE].has_changes
