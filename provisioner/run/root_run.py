"""One root module in one run: its files, its state from the log and back into it, its plan and apply."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from provisioner.cloud import CloudAccess
from provisioner.errors import InterruptedRunError, Problem, ProvisionError, StateError, StateLockedError
from provisioner.folders import shown
from provisioner.ids import EntryName, Root
from provisioner.place import Place
from provisioner.render import pinned_provider, render_kept_tags
from provisioner.run.context import Context
from provisioner.run.kept_tags import current_tags, known_tags, merge, remember
from provisioner.run.session import Session
from provisioner.run.timing import timed
from provisioner.run.usable_state import require_usable
from provisioner.run.working_copy.recovery import Recovery
from provisioner.run.working_copy.state_keeper import StateKeeper
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner import Authority, Engine, Pin, Plan, Providers, Terraform
from provisioner.runner.at_work import AT_WORK_FILE
from provisioner.runner.environment import terraform_environment
from provisioner.runner.terraform import STATE_FILE
from provisioner.state import Lease, StateVersion, known_place, read_log
from provisioner.state.chain import newest_event
from provisioner.state.record import Outcome
from provisioner.state.retention import Retention, is_due, prune
from provisioner.tfstate import Address, State, StateDocument
from provisioner.translate.resource_types import EIP_ASSOCIATION

_BEGINS_ANEW: Final = frozenset({"adopt", "destroy"})
"""Operations that begin a state anew of which no version is left: they look for all that exists before they plan."""
_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PreparedRoot:
    """A working copy whose `terraform init` runs already: it needs neither variables nor state nor the bucket."""

    root: Root
    workspace: Workspace
    terraform: Terraform
    init: Future[None]

    @classmethod
    def start(
        cls,
        context: Context,
        access: CloudAccess,
        root: Root,
        *,
        workspace: Workspace,
        engine: Engine,
        executor: ThreadPoolExecutor,
        files: Mapping[str, bytes],
    ) -> PreparedRoot:
        """Write the root module's files and start its init beside other work."""
        environment = terraform_environment(context.environ, access.terraform_environment)
        terraform = Terraform(
            engine,
            workspace.write(root, files),
            environment,
            context.interruption,
            on_event=lambda event: context.reporter.event(root, event),
            parallelism=context.settings.parallelism,
            inherited_fds=(workspace.alive_fd,),
            providers=Providers(
                Pin(*pinned_provider()),
                context.settings.cache_root(),
                environment,
                context.reporter.warn,
                access.provider_executable,
            ),
        )
        return cls(root, workspace, terraform, executor.submit(terraform.init))


class RootRun:
    """
    A root module's working copy and its state.

    Use: `write` the variables, `load_state`, then `plan`, and with a lease (`acquire`) `apply`.
    """

    def __init__(self, session: Session, prepared: PreparedRoot) -> None:
        self.root = prepared.root
        self.terraform = prepared.terraform
        self.newest: StateVersion | None = None
        self.left_since: datetime | None = None
        """Without the lease: when the first run began that may have left something, or that still goes on."""
        self.before_first_event: Callable[[], None] = lambda: None
        """Called before this run's first event founds the log; that it raises keeps the log from being there."""
        self._session = session
        self._workspace = prepared.workspace
        self._log = session.log(prepared.root)
        self._lease: Lease | None = None
        self._recovery: Recovery | None = None
        self._keeper = StateKeeper(session, prepared.workspace, prepared.terraform, prepared.root)
        self._is_clean = True
        self._vouched_at: datetime | None = None
        """When the look began by which nothing exists that the state does not list."""
        self._is_doubted = False
        self._beside: tuple[EntryName, ...] = ()
        self._init: Future[None] | None = prepared.init

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files of the root module into the working copy."""
        self._workspace.write(self.root, files)

    def open(self, operation: str | None) -> None:
        """Take the lease if there is an operation to take it for, and read the newest state."""
        if operation is not None:
            self.acquire(operation, waits=False)
        self.load_state()

    @property
    def is_held(self) -> bool:
        """Whether this run has the lease."""
        return self._lease is not None

    def acquire(self, operation: str, *, waits: bool = True, least: timedelta = timedelta(0)) -> None:
        """
        Take the lease of this root's state; `waits` is for as long as the operator allows, and `least` in any case.

        Raises:
            StateLockedError: another run holds it.
            InterruptedRunError: a signal ended the wait.
        """
        session = self._session
        interruption = session.context.interruption
        if session.is_new_entry:
            self.before_first_event()  # and before the bucket is asked what it is: it may have to be created for that
        # Before the lease: from its first moment on, whoever finds it must be able to find out whether this run lives.
        self._keeper.note(None)
        take = session.lease_of(
            self._log,
            operation,
            on_endangered=interruption.stop,
            on_lost=self._abandon,
            on_renewed=lambda interrupt_at, kill_at: self.terraform.authorise(Authority(interrupt_at, kill_at)),
            is_holder_dead=self._workspace.leftovers.prove_dead,
            decide_place=self._decide_place,
        )
        try:
            self._lease = session.lease_wait.acquire(take, least=least) if waits else take()
        except (StateLockedError, InterruptedRunError):
            self._keeper.note_free_lease()
            raise
        self.terraform.on_start = self._require_lease
        if operation in _BEGINS_ANEW and self._lease.begin_anew():
            session.context.reporter.step(f"no version of the {self.root} state is left: beginning a new one")
        if self._lease.is_takeover and self._lease.previous is not None:
            dead = self._lease.previous
            session.context.reporter.step(
                f"run {dead.run} on {dead.host} ended without giving the {self.root} lease back: "
                "looking for what it left behind"
            )

    def _decide_place(self, known: Place) -> Place:
        try:
            place = self._session.decide_place(known, self._log)
            # Whoever knows a place has events; that an entry is new was told before.
            if known == Place() and not self._session.is_new_entry and newest_event(self._log) is None:
                self.before_first_event()
        except ProvisionError:
            self._keeper.note_free_lease()  # nothing was written
            raise
        return place

    def _abandon(self, reason: str) -> None:
        """Kill terraform; what it may have made since the lease was taken is left to the next run to look for."""
        self._session.context.interruption.kill(reason)
        lease = self._lease
        if lease is None or self._is_clean:
            return
        try:
            lease.disturb()
        except ProvisionError as error:
            _log.warning("the next run is not told to look again after this one: %s", error)

    def _require_lease(self) -> None:
        """Kill a terraform that was started while the lease got lost, and raise StateError."""
        if self._lease is not None and self._lease.lost:
            self._abandon("the lease is lost")
            self._lease.require_held()

    @property
    def unclean_since(self) -> datetime | None:
        """When the first run began that may have left something in the cloud that no state lists; None if none did."""
        if self._lease is None:
            return None
        lease, recovery = self._lease, self._recovery
        times = [] if self.is_vouched else [lease.notes.unclean_since, None if recovery is None else recovery.since]
        times += [] if self._is_clean and not self._is_doubted else [lease.since]
        return min((time for time in times if time is not None), default=None)

    @property
    def recorded(self) -> Iterable[tuple[str, str]]:
        """Type and id of what a run has noted that never got into a state of the log."""
        noted = () if self._recovery is None else self._recovery.candidates
        binds = () if self._lease is None else self._lease.notes.binds
        return (*noted, *((EIP_ASSOCIATION.type, id) for id in binds))

    def note_binds(self, ids: Iterable[str]) -> None:
        """
        Note the bindings that this run is about to make of free addresses that are not the shoot's.

        Raises:
            StateError, CloudError: the note cannot be stored.
        """
        if self._lease is not None:
            self._lease.note_binds(ids)

    @property
    def failed_updates(self) -> frozenset[str]:
        """Addresses that the last terraform failed to update."""
        return self.terraform.failed_updates

    def load_state(self) -> None:
        """
        Read the newest state from the log into the working copy.

        With the lease, what ended runs on this machine could not store is stored first, where that may be.

        Raises:
            StateError: it cannot be read.
        """
        session, lease = self._session, self._lease
        if lease is None:
            reading = read_log(self._log)
            self.newest, self.left_since = reading.newest, reading.left_since
            session.require_here(self._log, known_place(self._log, reading.event, self.newest), self.newest)
            if reading.event is not None:
                self._beside = reading.event.beside
        else:
            session.require_here(self._log, lease.notes.place, lease.state)
            place = session.here.place()
            lease.notes.settle(place)
            leftovers = self._workspace.leftovers
            self._recovery = Recovery(leftovers, self._log, lease, session.context.reporter)
            found = leftovers.find(session.store.describe(), session.entry_name, self.root, place)
            self.newest = self._recovery.store(found)
        if self.newest is not None:
            require_usable(session, self._log, self.newest, self.terraform.engine)
            self.write({STATE_FILE: self.newest.body})
        if lease is not None:
            self._keeper.note(lease)

    def plan(self, *, destroy: bool = False) -> Plan:
        """Return what terraform would change; raises as `Terraform.plan` does, after patience with the cloud."""
        self._finish_init()
        with timed(f"plan {self.root}"):
            plan = self._plan_with_kept_tags(lambda: self.terraform.plan(destroy=destroy), destroy=destroy)
        if any(change.action == "delete" for change in plan.drift):
            # An access key that does not exist is answered with 404, which the provider takes for objects that are gone
            # (InvalidAccessKeyId.NotFound; provider 1.289.0): such a plan would forget everything.
            self._session.client.require_credentials()
        return plan

    def plan_again(self, touched: Iterable[Address], *, destroy: bool = False) -> Plan:
        """
        Return what is left to do after a throttled try, with as few calls as possible.

        The state was written a moment ago, so only the `touched` addresses are read from the cloud: a refresh of all
        would fail at the first call that is throttled and not repeated.
        """
        patience = self._session.patience
        self._session.client.require_credentials()  # as `plan` does: a refresh writes at once what it takes for gone
        for address in touched:
            patience.retry(lambda address=address: self.terraform.refresh(str(address)))  # type: ignore[misc]
        return self._plan_with_kept_tags(
            lambda: self.terraform.plan(destroy=destroy, refresh=False), destroy=destroy, looks=False
        )

    def _plan_with_kept_tags(self, plan: Callable[[], Plan], *, destroy: bool, looks: bool = True) -> Plan:
        """
        Return a plan that leaves tags of somebody else's as they are.

        It `looks` for those that came or went since the state was written, unless that was a moment ago.
        """
        patience, session = self._session.patience, self._session
        if destroy or self.is_new:
            return patience.retry(plan)
        technical_id, state = session.target.identity.technical_id, self.state()
        known = known_tags(state, technical_id)
        self.write(render_kept_tags(known))
        planned = patience.retry(plan)
        updated = {change.address for change in planned.changes if change.action == "update"}
        if not updated or not looks:
            return planned
        current = current_tags(session.client, state, technical_id, updated)
        kept = merge(known, current)
        if kept == known:
            return planned
        if self.is_held:
            document = StateDocument(state)
            remember(document, current, technical_id)
            self.replace_state(document)
        self.write(render_kept_tags(kept))
        return patience.retry(plan)

    def complete(self) -> None:
        """
        Let terraform read everything in the state from the cloud, and store what it learns, outputs included.

        Raises as `apply` does.
        """
        self._finish_init()
        patience = self._session.patience
        self._session.client.require_credentials()  # as `plan` does: a refresh writes at once what it takes for gone
        self._store_while(lambda: patience.retry(self.terraform.refresh))

    @property
    def is_new(self) -> bool:
        """Whether the state holds no resource yet, so that nothing can be changed or lost."""
        return self.state().is_empty

    def create(self, on_plan: Callable[[Plan], None]) -> Plan:
        """
        Plan and apply in one terraform; for a root that `is_new`. `on_plan` gets the plan before anything is created.

        Raises as `apply` does.
        """
        assert self.is_new
        self._finish_init()
        return self._store_while(lambda: self.terraform.apply_at_once(on_plan))

    def apply(self) -> None:
        """
        Do what the last plan says; every state that terraform writes meanwhile goes into the log.

        Raises:
            CloudError, TerraformError: terraform failed; what it did is stored.
            StateError: the state could not be stored; the working copy is kept and named.
        """
        self._store_while(self.terraform.apply)

    def _finish_init(self) -> None:
        if self._init is not None:
            with timed(f"wait for init of {self.root}"):
                self._init.result()
            self._init = None

    def _store_while(self, work: Callable[[], _Result]) -> _Result:
        lease = self._lease
        assert lease is not None, "changing anything needs the lease"
        # A question may have waited for longer than the lease lasts, on a machine that slept meanwhile.
        lease.require_held()
        self._is_clean = False
        try:
            result = self._keeper.store_while(lease, work)
        except ProvisionError:
            # A destroy's last calls take away; nothing comes of them later.
            if self.terraform.is_cut_off and lease.operation != "destroy":
                lease.notes.unsettle()
            raise
        self._is_clean = True
        self._session.context.interruption.check()
        return result

    def release(self) -> None:
        """Give the lease back, saying whether the run ended clean: a run that changed nothing did."""
        is_vouched = self.is_vouched  # which asks the lease
        lease, self._lease = self._lease, None
        if lease is None:
            return
        # `clean` is a statement about all runs before, too: what one that did not end clean left in the cloud is not
        # known before it was looked for.
        recovery = self._recovery
        has_kept = recovery is not None and recovery.since is not None
        is_trusted = self._is_clean and not self._is_doubted
        is_clean = is_trusted and (is_vouched or (lease.notes.unclean_since is None and not has_kept))
        if is_clean and self._are_others_at_work():
            is_clean = False
            lease.notes.unsettle()
        outcome: Outcome = "clean" if is_clean else "failed"
        # A lease that cannot be given back has to expire, unless the next run here finds proof that this one is over.
        if lease.release(outcome, lease.writer.position.number or None):
            self._keeper.note_free_lease()
        if is_clean and lease.is_disturbed and lease.operation == "destroy":
            raise StateError(
                "a run that had lost its lease was at work until now, so something of this shoot may still appear",
                object=self._log.describe(),
                type="Unsettled",
                fix="destroy again in a minute; that looks once more",
                is_retryable=True,
            )
        if is_clean and not lease.is_disturbed and recovery is not None:
            recovery.forget()

    def close(self) -> None:
        """End a run that succeeded: delete old versions if it is this run's turn, then give the lease back."""
        lease, settings = self._lease, self._session.context.settings
        if lease is not None and is_due(lease):
            try:
                prune(self._log, lease, Retention(settings.state_keep_versions, settings.state_keep_age))
            except ProvisionError as error:
                _log.warning("old versions of the %s state cannot be deleted: %s", self.root, error)
        self.release()

    @property
    def is_vouched(self) -> bool:
        """Whether a look has told that everything in the cloud is in the state."""
        vouched_at, settles_at = self._vouched_at, self.settles_at
        return vouched_at is not None and not self._is_doubted and (settles_at is None or settles_at <= vouched_at)

    @property
    def settles_at(self) -> datetime | None:
        """From when on a look shows all that was done before a run was cut off; None if none was."""
        since = None if self._lease is None else self._lease.notes.unsettled_since
        return None if since is None else since + self._session.context.settings.settling_time

    def vouch(self, looked_at: datetime) -> None:
        """
        Say that everything in the cloud was in the state when it was `looked_at`, after the last change.

        That proves nothing as long as a run that was cut off may bring something about, and then nothing is said.
        """
        if self.settles_at is not None and self.settles_at > looked_at:
            return
        if self._are_others_at_work():
            self._vouched_at = None
            self.doubt(is_cut_off=True)
            return
        self._vouched_at, self._is_doubted = looked_at, False

    def _are_others_at_work(self) -> bool:
        """Return whether a terraform works on here whose run has lost the lease, and say where."""
        session = self._session
        found = self._workspace.leftovers.others_at_work(
            session.store.describe(), session.entry_name, self.root, session.here.place(), session.run_id
        )
        for leftover in found:
            session.context.reporter.warn(
                Problem(
                    str(shown(leftover.folder)),
                    "",
                    "AtWork",
                    f"a terraform or a provider of run {leftover.journal.run}, which has lost its lease, still works",
                    f"end what has {shown(leftover.folder / AT_WORK_FILE)} open (fuser -k)",
                )
            )
        return bool(found)

    def doubt(self, *, is_cut_off: bool = False) -> None:
        """
        Say that this run may have left something in the cloud that is in no state, until somebody vouches.

        It may show later than now if something `is_cut_off`, so that nobody knows what became of its last calls.
        """
        self._is_doubted = True
        if is_cut_off and self._lease is not None:
            self._lease.notes.unsettle()

    @property
    def beside(self) -> tuple[EntryName, ...]:
        """Entries whose objects have this shoot's technical ID and are known not to be its own."""
        return self._beside if self._lease is None else self._lease.notes.beside

    def set_aside(self, entry: EntryName) -> None:
        """Note for good that the objects of an entry are not this shoot's."""
        assert self._lease is not None, "what is noted for good is noted under the lease"
        self._lease.notes.set_aside(entry)

    def replace_state(self, document: StateDocument) -> None:
        """
        Make a changed state the newest one, in the log and in the working copy.

        Raises:
            StateError: it cannot be stored.
        """
        lease = self._lease
        assert lease is not None, "changing a state needs the lease"
        body = document.state.to_bytes()
        lease.writer.append(body)
        self.write({STATE_FILE: body})
        self._keeper.note(lease)

    def write_state(self, state: State) -> None:
        """Replace the working copy's state, which the next plan starts from; the log gets what comes of that plan."""
        self.write({STATE_FILE: state.to_bytes()})

    def state(self) -> State:
        """Return the working copy's state; an empty one before the first apply."""
        try:
            return State.from_bytes(self.terraform.state_path.read_bytes())
        except FileNotFoundError:
            return State()

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs in the working copy's state."""
        return self.state().outputs


@contextmanager
def releasing(roots: Sequence[RootRun], executor: ThreadPoolExecutor) -> Iterator[None]:
    """
    Give the leases of `roots` back at the end.

    A lease that cannot be given back is an error of its own only where there is no other: why the run failed, and where
    it left what it could not store, must not be hidden by it. It expires by itself.
    """
    try:
        yield
    except BaseException:
        for root in roots:
            try:
                root.release()
            except ProvisionError as error:
                _log.warning("the lease of the %s state is not given back and has to expire: %s", root.root, error)
        raise
    with timed("give the leases back"):
        wait_for_all([executor.submit(root.close) for root in roots])


def wait_for_all(futures: list[Future[None]]) -> None:
    """Wait until all are done, then raise the first error if there is one: nothing is left running behind it."""
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    if errors:
        raise errors[0]
