"""Stores the state of a root module's working copy while terraform runs, and keeps its journal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from provisioner.errors import ProvisionError, StateError, TerraformError
from provisioner.folders import shown
from provisioner.ids import Root
from provisioner.run.session import Session
from provisioner.run.timing import timed
from provisioner.run.working_copy.journal import JOURNAL_FILE, Journal
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner import Terraform
from provisioner.runner.terraform import EMERGENCY_FILE, STATE_FILE
from provisioner.state import Lease, StateWatcher, TornStateError
from provisioner.tfstate import parse_state

_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


class StateKeeper:
    """
    Brings one root module's state from terraform's file into the log.

    The working copy stays after the run for as long as it may know more than the log, or may be the proof that the
    holder of a lease is dead.
    """

    def __init__(self, session: Session, workspace: Workspace, terraform: Terraform, root: Root) -> None:
        self._session = session
        self._workspace = workspace
        self._terraform = terraform
        self._root = root
        self._log = session.log(root)
        self._lease_reason = f"the lease of the {root} state may not be free"
        self._state_reason = f"the {root} state may not be stored"

    def note(self, lease: Lease | None) -> None:
        """
        Write the journal; `lease` is None before the run takes it.

        Raises:
            ProvisionError: the journal cannot be written.
        """
        session = self._session
        place = session.here.place()
        journal = Journal(session.run_id, session.store.describe(), session.entry_name, self._root, place=place)
        if lease is not None:
            position = lease.writer.position
            journal = replace(
                journal,
                lease=lease.number,
                since=lease.since,
                base=position.number,
                serial=position.serial,
                lineage=position.lineage,
            )
        self._workspace.write(self._root, {JOURNAL_FILE: journal.to_json()})
        self._workspace.keep(self._lease_reason)

    def note_free_lease(self) -> None:
        """Note that this run does not hold the lease: no later run needs the proof that this one is over."""
        self._workspace.let_go(self._lease_reason)

    def store_while(self, lease: Lease, work: Callable[[], _Result]) -> _Result:
        """
        Return what `work` returns; every state that terraform writes meanwhile goes into the log.

        Raises:
            ProvisionError: what `work` raises; all readable state is stored.
            StateError: the state could not be stored; the working copy stays, and the error names it.
        """
        session = self._session
        result: list[_Result] = []
        failure: ProvisionError | None = None
        self._workspace.keep(self._state_reason)
        interruption = session.context.interruption
        watcher = StateWatcher(
            lease.writer,
            self._terraform.state_path,
            on_append=lambda: self._note_again(lease),
            is_hurried=interruption.is_hurried,
        )
        torn: TornStateError | None = None
        try:
            with watcher:
                try:
                    with timed(f"apply {self._root}"):
                        result.append(work())
                except ProvisionError as error:
                    failure = error
                with timed(f"commit {self._root}"):
                    try:
                        watcher.commit()
                    except TornStateError as error:
                        torn = error
                    if self._store_rescued(lease) and torn is None:
                        torn = TornStateError("terraform could not write its state file", type="UnreadableState")
        except ProvisionError as error:
            before = f"{failure.problem.detail}; then " if failure is not None else ""
            raise StateError(
                f"{before}{error.problem.detail}; the newest state is not stored, and stays in "
                f"{shown(self._terraform.state_path)}",
                object=error.problem.object,
                fix="do not delete that file; when the cause is gone, run again on this machine: the run stores the "
                "file first",
            ) from (failure or error)
        self._workspace.let_go(self._state_reason)
        if torn is not None:
            raise self._restore(lease, torn, failure) from torn
        if failure is not None:
            raise failure
        return result[0]

    def _store_rescued(self, lease: Lease) -> bool:
        """Store a state that terraform could not write to its file and put elsewhere; return whether there was one."""
        rescued = [body for body in self._terraform.emergency_states() if _is_newer(body, lease)]
        if rescued:
            lease.writer.append(rescued[0])
        return bool(rescued)

    def _restore(self, lease: Lease, torn: TornStateError, failure: ProvisionError | None) -> ProvisionError:
        """
        Put the newest version in place of an unusable state file, and return why terraform failed.

        Objects that terraform made after that version are in the cloud, where the run looks for them.
        """
        try:
            # First make room: the disk may be full.
            for name in (STATE_FILE, EMERGENCY_FILE):
                (self._terraform.folder / name).unlink(missing_ok=True)
            position = lease.writer.position
            if position.digest is not None:
                self._workspace.write(self._root, {STATE_FILE: self._log.read(position.number).body})
        except (OSError, ProvisionError) as error:
            return StateError(
                f"{torn.problem.detail}; {error}; everything readable is stored",
                object=torn.problem.object,
                type="UnreadableState",
            )
        self._note_again(lease)
        if failure is None:
            return TerraformError(torn.problem.detail, object=torn.problem.object, is_retryable=True)
        failure.add_note(f"and {torn}; the newest stored version is in its place")
        return failure

    def _note_again(self, lease: Lease) -> None:
        try:
            self.note(lease)
        except ProvisionError as error:
            # With an older base a later run only looks for the objects of this copy, instead of storing it.
            _log.warning("the journal of the %s state is not up to date: %s", self._root, error)


def _is_newer(body: bytes, lease: Lease) -> bool:
    position = lease.writer.position
    try:
        state = parse_state(body)
    except StateError:
        return False
    return position.serial is None or (state.lineage == position.lineage and state.serial > position.serial)
