"""A root module whose lease this run holds: it stores its changes in the log, and says whether the run ends clean."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar

from provisioner.errors import InterruptedRunError, Problem, ProvisionError, StateError, StateLockedError
from provisioner.folders import shown
from provisioner.ids import EntryName
from provisioner.place import Place
from provisioner.run.kept_tags import remember
from provisioner.run.prepared_root import PreparedRoot
from provisioner.run.read_root import ReadRoot
from provisioner.run.session import Session
from provisioner.run.working_copy.recovery import Recovery
from provisioner.run.working_copy.state_keeper import StateKeeper
from provisioner.runner import Authority, Plan
from provisioner.runner.at_work import AT_WORK_FILE
from provisioner.runner.terraform import STATE_FILE
from provisioner.state import Lease, StateLog
from provisioner.state.chain import newest_event
from provisioner.state.record import Outcome
from provisioner.state.retention import Retention, is_due, prune
from provisioner.tfstate import Address, State, StateDocument
from provisioner.translate.resource_types import EIP_ASSOCIATION

_BEGINS_AGAIN: Final = frozenset({"adopt", "destroy"})
"""Operations that start a new state if no version is left: they look for everything that exists before they plan."""
_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


class HeldRoot(ReadRoot):
    """
    A root module under the lease of its state; `hold_root` makes it.

    `release`, or `close` after a run that succeeded, gives the lease back; after that it can change nothing.
    """

    def __init__(
        self,
        session: Session,
        prepared: PreparedRoot,
        log: StateLog,
        *,
        lease: Lease,
        keeper: StateKeeper,
        recovery: Recovery,
    ) -> None:
        super().__init__(session, prepared, log)
        self._lease = lease
        self._keeper = keeper
        self._recovery = recovery
        self._is_released = False
        self._is_clean = True
        self._is_doubted = False
        self._vouched_at: datetime | None = None
        """When the look began that found nothing beyond the state."""
        self._terraform.on_start = self._require_lease

    @property
    def beside(self) -> tuple[EntryName, ...]:
        """Entries of other shoots whose objects have this shoot's technical ID, as the operator has said."""
        return self._lease.notes.beside

    def set_aside(self, entry: EntryName) -> None:
        """Note in the log, for all later runs, that the objects of an entry are not this shoot's."""
        self._lease.notes.set_aside(entry)

    @property
    def recorded(self) -> Iterable[tuple[str, str]]:
        """Type and id of objects that a run has noted and that no state of the log has."""
        return (*self._recovery.candidates, *((EIP_ASSOCIATION.type, id) for id in self._lease.notes.binds))

    def note_binds(self, ids: Iterable[str]) -> None:
        """
        Note the bindings that this run is about to make of the user's free EIPs.

        Raises:
            StateError, CloudError: the note cannot be stored.
        """
        self._lease.note_binds(ids)

    @property
    def failed_updates(self) -> frozenset[str]:
        """Addresses that the last terraform failed to update."""
        return self._terraform.failed_updates

    def plan_again(self, touched: Iterable[Address], *, destroy: bool = False) -> Plan:
        """
        Return a plan of the rest after a throttled attempt, with as few calls as possible.

        Terraform wrote the state a moment ago, so this reads only the `touched` addresses from the cloud: a refresh of
        all would fail at the first throttled call that the provider does not repeat.
        """
        policy = self._session.retry_policy
        self._session.client.require_credentials()  # as `plan` does: a refresh writes at once what it takes for gone
        for address in touched:
            policy.retry(lambda address=address: self._terraform.refresh(str(address)))  # type: ignore[misc]
        return self._plan_with_kept_tags(
            lambda: self._terraform.plan(destroy=destroy, refresh=False), destroy=destroy, looks=False
        )

    def complete(self) -> None:
        """
        Let terraform read everything in the state from the cloud, and store the result with its outputs.

        Raises as `apply` does.
        """
        self._finish_init()
        policy = self._session.retry_policy
        self._session.client.require_credentials()  # as `plan` does: a refresh writes at once what it takes for gone
        self._store_while(lambda: policy.retry(self._terraform.refresh))

    def create(self, on_plan: Callable[[Plan], None]) -> None:
        """
        Plan and apply a root that `is_new` in one terraform; `on_plan` gets the plan before terraform creates anything.

        Raises as `apply` does.
        """
        self._finish_init()
        self._store_while(lambda: self._terraform.apply_at_once(on_plan))

    def apply(self) -> None:
        """
        Carry out the last plan; every state that terraform writes meanwhile goes into the log.

        Raises:
            CloudError, TerraformError: terraform failed; its state is stored.
            StateError: the state could not be stored; the working copy stays, and the error names it.
        """
        self._store_while(self._terraform.apply)

    def _store_while(self, work: Callable[[], _Result]) -> _Result:
        lease = self._lease
        # The machine may have slept during a question, for longer than the lease lasts.
        lease.require_held()
        self._is_clean = False
        try:
            result = self._keeper.store_while(lease, work)
        except ProvisionError:
            # The last calls of a destroy only delete; no object can appear because of them.
            if self._terraform.is_cut_off and lease.operation != "destroy":
                lease.notes.unsettle()
            raise
        self._is_clean = True
        self._session.context.interruption.check()
        return result

    def replace_state(self, document: StateDocument) -> None:
        """
        Make a changed state the newest one, in the log and in the working copy.

        Raises:
            StateError: it cannot be stored.
        """
        body = document.state.to_bytes()
        self._lease.writer.append(body)
        self.write({STATE_FILE: body})
        self._keeper.note(self._lease)

    def write_state(self, state: State) -> None:
        """Replace the working copy's state, where the next plan starts; the log gets only the result of that plan."""
        self.write({STATE_FILE: state.to_bytes()})

    def _remember_tags(self, current: Mapping[Address, dict[str, str]]) -> None:
        document = StateDocument(self.state())
        remember(document, current, self._session.target.identity.technical_id)
        self.replace_state(document)

    @property
    def unclean_since(self) -> datetime | None:
        """When the first run began that may have left objects in the cloud that no state lists; None if none did."""
        times = [] if self.is_vouched else [self._lease.notes.unclean_since, self._recovery.since]
        times += [] if self._is_clean and not self._is_doubted else [self._lease.since]
        return min((time for time in times if time is not None), default=None)

    @property
    def is_vouched(self) -> bool:
        """Whether a look has shown that everything in the cloud is in the state."""
        vouched_at, settles_at = self._vouched_at, self.settles_at
        return vouched_at is not None and not self._is_doubted and (settles_at is None or settles_at <= vouched_at)

    @property
    def settles_at(self) -> datetime | None:
        """From when on a look shows everything that a run created before it was cut off; None if none was."""
        since = self._lease.notes.unsettled_since
        return None if since is None else since + self._session.context.settings.settling_time

    def vouch(self, looked_at: datetime) -> None:
        """
        Note that everything in the cloud was in the state at `looked_at`, after the last change.

        This does nothing while calls of a run that was cut off may still take effect: the look proves nothing then.
        """
        if self.settles_at is not None and self.settles_at > looked_at:
            return
        if self._are_others_at_work():
            self._vouched_at = None
            self.doubt(is_cut_off=True)
            return
        self._vouched_at, self._is_doubted = looked_at, False

    def doubt(self, *, is_cut_off: bool = False) -> None:
        """
        Note, until a later `vouch`, that this run may have left objects in the cloud that are in no state.

        With `is_cut_off` they may also appear later, because the last calls may still take effect.
        """
        self._is_doubted = True
        if is_cut_off and not self._is_released:
            self._lease.notes.unsettle()

    def release(self) -> None:
        """
        Give the lease back and record whether the run ended clean; a run that changed nothing did.

        Raises:
            StateError: a destroy ended clean, but a run that had lost its lease was working until now.
        """
        if self._is_released:
            return
        is_vouched, lease, recovery = self.is_vouched, self._lease, self._recovery
        self._is_released = True
        # `clean` covers all earlier runs, too: before a look, a run does not know what an unclean one left behind.
        is_trusted = self._is_clean and not self._is_doubted
        is_clean = is_trusted and (is_vouched or (lease.notes.unclean_since is None and recovery.since is None))
        if is_clean and self._are_others_at_work():
            is_clean = False
            lease.notes.unsettle()
        outcome: Outcome = "clean" if is_clean else "failed"
        # If the release fails, the lease has to expire, unless the next run here finds proof that this one is over.
        if lease.release(outcome, lease.writer.position.number or None):
            self._keeper.note_free_lease()
        if is_clean and lease.is_disturbed and lease.operation == "destroy":
            raise StateError(
                "a run that had lost its lease was working until now, so objects of this shoot may still appear",
                object=self._log.describe(),
                type="Unsettled",
                fix="destroy again in a minute: that run looks once more",
                is_retryable=True,
            )
        if is_clean and not lease.is_disturbed:
            recovery.forget()

    def close(self) -> None:
        """End a run that succeeded: delete old versions if it is this run's turn, then give the lease back."""
        settings = self._session.context.settings
        if not self._is_released and is_due(self._lease):
            try:
                prune(self._log, self._lease, Retention(settings.state_keep_versions, settings.state_keep_age))
            except ProvisionError as error:
                _log.warning("old versions of the %s state cannot be deleted: %s", self.name, error)
        self.release()

    def disturb(self) -> None:
        """After the lease is lost: have the next run look for objects that terraform made after the takeover."""
        if self._is_released or self._is_clean:
            return
        try:
            self._lease.disturb()
        except ProvisionError as error:
            _log.warning("this run cannot note in the log that the next run has to look again: %s", error)

    def _require_lease(self) -> None:
        """Kill a terraform that started while the lease was being lost, and raise StateError."""
        if not self._is_released and self._lease.lost:
            self._session.context.interruption.kill("the lease is lost")
            self.disturb()
            self._lease.require_held()

    def _are_others_at_work(self) -> bool:
        """Return whether a terraform still works here whose run has lost the lease, and warn where."""
        session = self._session
        found = self._workspace.leftovers.others_at_work(
            session.store.describe(), session.entry_name, self.name, session.here.place(), session.run_id
        )
        for leftover in found:
            session.context.reporter.warn(
                Problem(
                    str(shown(leftover.folder)),
                    "",
                    "AtWork",
                    f"a terraform or a provider of run {leftover.journal.run}, which has lost its lease, still works",
                    f"end the processes that have {shown(leftover.folder / AT_WORK_FILE)} open (fuser -k)",
                )
            )
        return bool(found)


def hold_root(
    session: Session,
    prepared: PreparedRoot,
    operation: str,
    *,
    before_first_event: Callable[[], None],
    waits: bool = True,
    least: timedelta = timedelta(0),
) -> HeldRoot:
    """
    Take the lease of a root module, read its newest state, and return it.

    If another run holds the lease, this waits for as long as the operator allows if it `waits`, and for `least` in any
    case. If `before_first_event` raises, this founds no log. If the state is unreadable, this gives the lease back.

    Raises:
        StateLockedError: another run holds the lease.
        StateError: the state is unreadable, or belongs to another place.
        CloudError: the cloud did not say whether the state belongs here.
        InterruptedRunError: a signal ended the wait.
    """
    log = session.log(prepared.name)
    keeper = StateKeeper(session, prepared.workspace, prepared.terraform, prepared.name)
    interruption, reporter = session.context.interruption, session.context.reporter
    held: HeldRoot | None = None

    def abandon(reason: str) -> None:
        interruption.kill(reason)
        if held is not None:
            held.disturb()

    def decide_place(known: Place) -> Place:
        try:
            place = session.decide_place(known, log)
            # A log with a place has events; for a new entry `before_first_event` has already run.
            if known == Place() and not session.is_new_entry and newest_event(log) is None:
                before_first_event()
        except ProvisionError:
            keeper.note_free_lease()  # nothing was written
            raise
        return place

    if session.is_new_entry:
        before_first_event()  # and before `place` asks about the bucket, which may create it
    # Before the lease: from its first moment on, another run has to be able to find out whether this one is alive.
    keeper.note(None)
    take = session.lease_of(
        log,
        operation,
        on_endangered=interruption.stop,
        on_lost=abandon,
        on_renewed=lambda interrupt_at, kill_at: prepared.terraform.authorise(Authority(interrupt_at, kill_at)),
        is_holder_dead=prepared.workspace.leftovers.prove_dead,
        decide_place=decide_place,
    )
    try:
        lease = session.lease_wait.acquire(take, least=least) if waits else take()
    except (StateLockedError, InterruptedRunError):
        keeper.note_free_lease()
        raise
    recovery = Recovery(prepared.workspace.leftovers, log, lease, reporter)
    held = HeldRoot(session, prepared, log, lease=lease, keeper=keeper, recovery=recovery)
    try:
        if operation in _BEGINS_AGAIN and lease.start_over():
            reporter.step(f"no usable version of the {held.name} state is left: starting a new one")
        if lease.is_takeover and lease.previous is not None:
            dead = lease.previous
            reporter.step(
                f"run {dead.run} on {dead.host} ended without giving the {held.name} lease back: "
                "looking for objects that it left behind"
            )
        session.require_here(log, lease.notes.place, lease.state)
        place = session.here.place()
        lease.notes.set_place(place)
        found = prepared.workspace.leftovers.find(session.store.describe(), session.entry_name, held.name, place)
        held.start_from(recovery.store(found))
        keeper.note(lease)
    except BaseException:
        give_back(held)
        raise
    return held


def give_back(root: HeldRoot) -> None:
    """
    Give back the lease of a run that failed.

    If this fails as well, it only warns, so that it does not hide why the run failed and where it left its state. The
    lease expires by itself.
    """
    try:
        root.release()
    except ProvisionError as error:
        _log.warning("cannot give back the lease of the %s state, which has to expire: %s", root.name, error)
