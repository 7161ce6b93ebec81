"""
Both root modules of a shoot in one run.

The two inits run beside each other and beside opening the bucket; when both states exist, so do the two plans. While
the Infrastructure has pending changes, the Worker's plan is preliminary: it has a stand-in for each id that does not
exist yet, and apply plans it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.cloud import current_sizes, ensure_nat_role
from provisioner.cloud.machines import Machine
from provisioner.errors import CloudError, ManifestError, Problem, StateLockedError
from provisioner.ids import INFRASTRUCTURE, ROOTS, WORKER, EntryName
from provisioner.inputs import ShootInput, status_images
from provisioner.render import module_files, render_root
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.ownership import find_uses
from provisioner.run.adoption.record import look
from provisioner.run.checks.destructive_changes import count_gone, find_casualties, find_in_use
from provisioner.run.checks.ess_limits import find_irremovable, keep_key_pair, key_pair_in_use
from provisioner.run.checks.ratcheting import tolerate_unchanged
from provisioner.run.checks.user_network import look_around, require_own_placement
from provisioner.run.context import Context
from provisioner.run.rolling import Roll, find_machines, find_rolls, start_roll
from provisioner.run.root_run import PreparedRoot, RootRun, releasing, wait_for_all
from provisioner.run.session import Session, provider_settings
from provisioner.run.timing import timed
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner import Plan, find_engine
from provisioner.translate.images import find_pool_images
from provisioner.translate.infrastructure import translate_infrastructure
from provisioner.translate.resource_types import KEY_PAIR, SCALING_GROUP, pool_instances
from provisioner.translate.status import applied_deployments, infrastructure_status, worker_status
from provisioner.translate.worker import Placement, translate_worker

_GIVING_UP = timedelta(seconds=2)
"""How long a run that could not get its first lease may take to give the second one back."""


class ShootRun:
    """A shoot's two root modules, connected and ready to plan. Either may be None when the input asks for one alone."""

    def __init__(
        self,
        session: Session,
        infrastructure: RootRun | None,
        worker: RootRun | None,
        executor: ThreadPoolExecutor,
        *,
        creates: bool = True,
        beside: Collection[EntryName] = (),
    ) -> None:
        self.session = session
        self.infrastructure = infrastructure
        self.worker = worker
        self._executor = executor
        self._creates = creates
        self.allows_replace = False
        """Whether the operator has said that VPC, vSwitches, NAT gateway, EIPs and whole pools may go."""
        self.recreates = False
        """Whether the operator has said that what was deleted outside is to be made again."""
        self.first_look = FirstLook(session, self.roots, beside=beside)
        """What stands before everything that is created; an adopt creates nothing."""
        self._is_written = False
        self._machines: Future[list[Machine]] | None = None
        self._sizes: dict[str, int | None] = {}
        """By scaling group id; None for one that is gone."""

    @property
    def roots(self) -> list[RootRun]:
        """The root modules of this run, in the order in which they are applied."""
        return [root for root in (self.infrastructure, self.worker) if root is not None]

    @classmethod
    @contextmanager
    def open(
        cls,
        context: Context,
        target: ShootInput,
        operation: str | None,
        *,
        creates: bool = True,
        beside: Collection[EntryName] = (),
    ) -> Iterator[ShootRun]:
        """
        Connect, render and read the state; with an `operation` also take the leases, and give them back at the end.

        Before anything that it `creates`, and plans to create, comes the first look; `beside` are entries whose objects
        are another shoot's, though they have this one's technical ID.

        Raises:
            ManifestError, StateError, StateLockedError, CloudError, TerraformError
        """
        target = tolerate_unchanged(context, target)
        settings = context.settings
        engine = find_engine(settings.terraform, context.environ, settings.cache_root())
        with timed("connect to the cloud"):
            access = context.connect_to(target)
        with (
            Workspace(settings.work_root(), target.identity.technical_id, context.machine) as workspace,
            ThreadPoolExecutor(max_workers=4) as executor,
        ):
            workspace.write("", module_files())
            # The wiring is the same whatever the values are, so init need not wait for them.
            wiring = {root: render_root(root, {}, provider_settings(target, access)) for root in ROOTS}
            prepared = {
                root: PreparedRoot.start(
                    context, access, root, workspace=workspace, engine=engine, executor=executor, files=wiring[root]
                )
                for root, part in ((INFRASTRUCTURE, target.infrastructure), (WORKER, target.worker))
                if part is not None
            }
            session = Session.open(context, target, access, create_bucket=operation is not None, executor=executor)
            roots = {root: RootRun(session, part) for root, part in prepared.items()}
            run = cls(session, roots.get(INFRASTRUCTURE), roots.get(WORKER), executor, creates=creates, beside=beside)
            with releasing(run.roots, executor):
                run._prepare(operation)
                yield run

    def _prepare(self, operation: str | None) -> None:
        target = self.session.target
        if self._creates:
            for root in self.roots:
                root.before_first_event = self.first_look.before_first_event
        with timed("take leases, read states"):
            opened = [self._executor.submit(root.open, operation) for root in self.roots]
            try:
                wait_for_all(opened)
            except StateLockedError:
                if operation is None or not (self.roots[0].is_held or self.session.lease_wait.is_patient):
                    raise
                self._wait_for_leases(operation)
        if self.worker is not None and self._groups():
            # Beside everything else; what is made later is of the newest revision anyway.
            self._machines = self._executor.submit(find_machines, self.session.client, target.identity.technical_id)

    def _wait_for_leases(self, operation: str) -> None:
        """
        Take the leases that were not free, one after the other, and read the states.

        Two runs that begin at once may get one lease each. The one without the Infrastructure's gives up, or gives the
        Worker's back before it waits: nobody waits for the Infrastructure's and holds what its holder may wait for.
        """
        first, *others = self.roots
        if not first.is_held:
            for root in others:
                root.release()
        for root in self.roots:
            if not root.is_held:
                root.acquire(operation, least=timedelta(0) if root is first else _GIVING_UP)
                root.load_state()

    def plan_infrastructure(self) -> Plan:
        """
        Return the plan of the infrastructure root.

        Raises:
            ManifestError: what the shoot is to use and does not own is not there; or the plan would take away what the
                Worker's machines stand on.
        """
        assert self.infrastructure is not None
        self.write_infrastructure()
        plan = self.infrastructure.plan()
        self.check_plan(self.infrastructure, plan)
        return plan

    def write_infrastructure(self) -> None:
        """
        Write the infrastructure root, once: what is around it is looked at with the state as it is now.

        Raises:
            ManifestError: as `plan_infrastructure`.
        """
        if self.infrastructure is None or self._is_written:
            return
        target, state = self.session.target, self.infrastructure.state()
        worker_state = self.worker.state if self.worker else partial(self.session.stored_state, WORKER)
        surroundings = look_around(self.session, state)
        variables = translate_infrastructure(
            keep_key_pair(self.session, state, worker_state),
            target.identity.technical_id,
            self.session.entry_name,
            target.pod_cidr,
            surroundings,
        )
        if self._creates:
            # Before terraform can make one: a run that is killed right afterwards leaves nothing else that tells.
            self.infrastructure.note_binds(surroundings.bindings_to_make())
        self.infrastructure.write(render_root(INFRASTRUCTURE, variables, self.session.provider_settings()))
        self._is_written = True

    def require_possible(self) -> None:
        """
        Accept pools that Auto Scaling can bring about.

        Raises:
            ManifestError: one is to lose what cannot be taken away from it.
        """
        target = self.session.target
        if self.worker is not None and target.worker is not None:
            reference = target.identity.reference if target.is_of_shoot else target.worker.reference
            problems = find_irremovable(self.worker.state(), target.worker, target.user_data, reference)
            if problems:
                raise ManifestError(problems)

    def look_first(self) -> None:
        """
        Let no plan through that creates what exists already, and look at once, beside init, where one will for sure.

        Raises:
            StateError, CloudError: as `FirstLook.require_known`.
        """
        worker = self.session.target.worker
        has_pools = worker is not None and bool(worker.spec.pools)
        new = [root.root for root in self.roots if root.is_new and (root is not self.worker or has_pools)]
        self.first_look.require_known(new)

    def ensure_nat_role(self, error: CloudError) -> bool:
        """
        Return whether it was the missing role of the NAT gateway service that kept a gateway from being created.

        The role is an account's, created with its first gateway: asked for only where there is none, it costs no other
        run anything. Whoever may not ask for it is warned; the error stands then.
        """
        if ".alicloud_nat_gateway." not in f".{error}":
            return False
        try:
            return ensure_nat_role(self.session.client)
        except CloudError as refused:
            text = f"the role of the NAT gateway service cannot be ensured: {refused}"
            problem = Problem(self.session.target.identity.reference, "", "NotEnsured", text, "see whether it exists")
            self.session.context.reporter.warn(problem)
            return False

    def check_plan(self, root: RootRun, plan: Plan) -> None:
        """
        Accept a plan that can be carried out; say what it would take away that people rely on.

        Raises:
            StateError: it would create what exists already and is in no state.
            ManifestError: it would take away what the Worker's machines stand on; or, in an apply, something that
                people rely on, and nobody has said that this is meant.
        """
        if self._creates and any(change.creates for change in plan.changes):
            self.first_look.require_known([root.root])
        reference = self.session.target.identity.reference
        if root is self.infrastructure and any(change.takes_away for change in plan.changes):
            fix = "first remove the worker pools or their zone and apply, then change the infrastructure"
            uprooted = find_in_use(plan.changes, root.state(), self.session.stored_state(WORKER))
            if uprooted:
                raise ManifestError([Problem(reference, address, "Forbidden", text, fix) for address, text in uprooted])
        replaced = [
            Problem(reference, address, "Forbidden", sentence, "--allow-replace if that is meant")
            for address, sentence in find_casualties(plan.changes, root.state(), self._find_uses)
        ]
        gone = count_gone(root.state(), plan)
        recreated = []
        if gone and any(change.creates for change in plan.changes):
            text = f"all {gone} objects that the {root.root} state lists were deleted outside of provision"
            recreated = [Problem(reference, "", "Forbidden", text, "--recreate if they are to be made again")]
        refused = [] if self.allows_replace else replaced
        refused = refused if self.recreates else [*refused, *recreated]
        if refused and root.is_held:
            raise ManifestError(refused)
        for problem in [*replaced, *recreated]:
            self.session.context.reporter.warn(problem)

    def _find_uses(self) -> Mapping[str, tuple[str, ...]]:
        _, inventory = look(self.session, self.roots)
        return find_uses(inventory)

    def plan_worker(self, *, with_stand_ins: bool) -> Plan:
        """
        Return the plan of the worker root against the infrastructure as it is now.

        Raises:
            ManifestError: the infrastructure lacks what a pool needs (never with stand-ins), or as `check_plan`.
        """
        assert self.worker is not None
        self.write_worker(with_stand_ins=with_stand_ins)
        plan = self.worker.plan()
        self.check_plan(self.worker, plan)
        return plan

    def write_worker(self, *, with_stand_ins: bool) -> None:
        """
        Write the worker root for the infrastructure as it is now.

        Raises:
            ManifestError: as `plan_worker`.
        """
        assert self.worker is not None
        if self._creates:
            require_own_placement(self.session, self.worker.state())
        self.worker.write(self._worker_files(with_stand_ins=with_stand_ins))

    def plan_root(self, root: RootRun) -> Plan:
        """Return the plan of one of the roots; raises as `plan_infrastructure` and `plan_worker` do."""
        return self.plan_infrastructure() if root is self.infrastructure else self.plan_worker(with_stand_ins=False)

    def plan_both(self) -> tuple[Plan | None, Plan | None]:
        """Return both plans, made side by side; the Worker's has stand-ins where the Infrastructure has no ids yet."""
        if self.infrastructure is None or self.worker is None:
            return (
                self.plan_infrastructure() if self.infrastructure else None,
                self.plan_worker(with_stand_ins=False) if self.worker else None,
            )
        worker_plan = self._executor.submit(self.plan_worker, with_stand_ins=True)
        try:
            infrastructure_plan = self.plan_infrastructure()
        finally:
            error = worker_plan.exception()
        if error is not None:
            raise error
        return infrastructure_plan, worker_plan.result()

    def has_infrastructure(self) -> bool:
        """Return whether the state knows every id that the Worker needs."""
        placement = self._placement()
        target = self.session.target
        zones = {zone for pool in (target.worker.spec.pools if target.worker else ()) for zone in pool.zones}
        return bool(placement.security_group_id) and zones <= set(placement.vswitch_ids)

    def _worker_files(self, *, with_stand_ins: bool) -> dict[str, bytes]:
        target = self.session.target
        assert target.worker is not None
        assert self.worker is not None
        placement = self._placement()
        if with_stand_ins:
            known = {zone for pool in target.worker.spec.pools for zone in pool.zones}
            config = target.infrastructure.spec.provider_config if target.infrastructure else None
            declared = {zone.name for zone in config.networks.zones} if config else set()
            placement = placement.with_stand_ins(known & (declared | set(placement.vswitch_ids)))
            if placement.key_pair_name is None and target.infrastructure and target.infrastructure.spec.ssh_public_key:
                placement = replace(placement, key_pair_name=KEY_PAIR.name_of(target.identity.technical_id))
        variables = translate_worker(
            target.worker,
            target.identity.technical_id,
            self.session.entry_name,
            images=self._images(),
            placement=placement,
            sizes=self._current_sizes(),
            is_hibernated=target.is_hibernated,
            user_data=target.user_data,
            applied=applied_deployments(self.worker.outputs()),
        )
        return render_root(WORKER, variables, self.session.provider_settings(), target.user_data)

    def _images(self) -> Mapping[str, MachineImage]:
        """Return the image of each pool; one with an encrypted system disk keeps the encrypted copy that it has."""
        target = self.session.target
        assert target.worker is not None
        assert self.worker is not None
        status = worker_status(self.worker.outputs())
        in_use = status.machine_images if status else ()
        if target.cloud_profile is None or not any(image.encrypted for image in in_use):
            return target.images
        known = find_pool_images(target.worker, target.cloud_profile, (*status_images(target.worker), *in_use)).found
        return {**target.images, **{pool: image for pool, image in known.items() if image.encrypted}}

    def _placement(self) -> Placement:
        target = self.session.target
        assert target.worker is not None
        if not target.worker_is_linked:
            status = target.worker.spec.infrastructure_provider_status
        elif self.infrastructure is not None:
            status = infrastructure_status(self.infrastructure.outputs())
        else:
            status = infrastructure_status(self.session.stored_state(INFRASTRUCTURE).outputs)
        placement = Placement.from_status(status) if status is not None else Placement({}, "", None)
        if placement.key_pair_name is None and self.worker is not None:
            return replace(placement, key_pair_name=key_pair_in_use(self.worker.state()))
        return placement

    def _current_sizes(self) -> dict[tuple[str, str], int]:
        """Return the size of each scaling group in the state, adopted ones included; each is asked for once per run."""
        groups = self._groups()
        unasked = set(groups.values()) - self._sizes.keys()
        if unasked:
            with timed("ask for current sizes"):
                self._sizes |= dict.fromkeys(unasked) | current_sizes(self.session.client, unasked)
        return {place: size for place, group in groups.items() if (size := self._sizes[group]) is not None}

    def announce_rolls(self) -> list[Roll]:
        """
        Say and return which machines the manifests ask to replace; the look at them began with the run.

        Raises:
            CloudError: the cloud refused, or could not be reached.
        """
        target = self.session.target
        if self._machines is None or target.worker is None:
            return []
        machines = self._machines.result()
        rolls = find_rolls(self.session.client, target.worker, target.user_data, self._groups(), machines)
        for roll in rolls:
            self.session.context.reporter.step(str(roll))
        return rolls

    def roll(self, rolls: Sequence[Roll]) -> list[Roll]:
        """
        Begin to replace machines where that is not under way, and return what is under way then.

        Raises:
            CloudError: the cloud refused, or could not be reached.
        """
        worker, client = self.session.target.worker, self.session.client
        assert worker is not None
        begun = [replace(roll, task=roll.task or start_roll(client, worker, roll)) for roll in rolls]
        return [roll for roll in begun if roll.task is not None]

    def _groups(self) -> dict[tuple[str, str], str]:
        """Return the ids of the scaling groups in the state, by pool and zone."""
        assert self.worker is not None
        instances = pool_instances(self.worker.state(), SCALING_GROUP)
        return {(pool, str(instance.address.key)): instance.id for pool, instance in instances}
