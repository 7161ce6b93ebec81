"""A root module whose state has been read: a run can write and plan it, but change nothing in the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any

from provisioner.ids import EntryName
from provisioner.render import render_kept_tags
from provisioner.run.kept_tags import current_tags, known_tags, merge
from provisioner.run.prepared_root import PreparedRoot
from provisioner.run.session import Session
from provisioner.run.timing import timed
from provisioner.run.usable_state import require_usable
from provisioner.runner import Plan
from provisioner.runner.terraform import STATE_FILE
from provisioner.state import StateLog, StateVersion, known_place, read_log
from provisioner.tfstate import Address, State


class ReadRoot:
    """A root module with its newest state in the working copy; `read_root` makes it."""

    def __init__(
        self,
        session: Session,
        prepared: PreparedRoot,
        log: StateLog,
        *,
        left_since: datetime | None = None,
        beside: tuple[EntryName, ...] = (),
    ) -> None:
        self.name = prepared.name
        self.left_since = left_since
        """When the first run began that may have left something or is still working; None under the lease."""
        self._session = session
        self._workspace = prepared.workspace
        self._terraform = prepared.terraform
        self._log = log
        self._beside = beside
        self._init: Future[None] | None = prepared.init

    @property
    def beside(self) -> tuple[EntryName, ...]:
        """Entries of other shoots whose objects have this shoot's technical ID, as the operator has said."""
        return self._beside

    def set_aside(self, entry: EntryName) -> None:
        """Note in the log that the objects of an entry are not this shoot's; without the lease this notes nothing."""

    def note_binds(self, ids: Iterable[str]) -> None:
        """Note bindings that this run is about to make; without the lease it makes none, and notes nothing."""

    @property
    def unclean_since(self) -> datetime | None:
        """When the first run began that may have left objects in the cloud that no state lists; None if none did."""
        return None  # only the holder of the lease looks for them

    @property
    def recorded(self) -> Iterable[tuple[str, str]]:
        """Type and id of objects that a run has noted and that no state of the log has."""
        return ()

    @property
    def is_new(self) -> bool:
        """Whether the state holds no resource yet, so that a run can change or lose nothing."""
        return self.state().is_empty

    def state(self) -> State:
        """Return the working copy's state, which is empty before the first apply."""
        try:
            return State.from_bytes(self._terraform.state_path.read_bytes())
        except FileNotFoundError:
            return State()

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs in the working copy's state."""
        return self.state().outputs

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files of the root module into the working copy."""
        self._workspace.write(self.name, files)

    def start_from(self, version: StateVersion | None) -> None:
        """
        Make a version of the log the working copy's state; None leaves the state empty.

        Raises:
            StateError: a newer terraform wrote it, or it is another shoot's.
        """
        if version is not None:
            require_usable(self._session, self._log, version, self._terraform.engine)
            self.write({STATE_FILE: version.body})

    def plan(self, *, destroy: bool = False) -> Plan:
        """Return what terraform would change; raises as `Terraform.plan` does, after retries."""
        self._finish_init()
        with timed(f"plan {self.name}"):
            plan = self._plan_with_kept_tags(lambda: self._terraform.plan(destroy=destroy), destroy=destroy)
        if any(change.action == "delete" for change in plan.drift):
            # The cloud answers an unknown access key with 404 (InvalidAccessKeyId.NotFound), and the provider then
            # believes that the objects are gone (1.289.0): such a plan would forget everything.
            self._session.client.require_credentials()
        return plan

    def _plan_with_kept_tags(self, plan: Callable[[], Plan], *, destroy: bool, looks: bool = True) -> Plan:
        """
        Return a plan that keeps foreign tags.

        With `looks` it asks the cloud for tags that came or went since terraform wrote the state.
        """
        policy, session = self._session.retry_policy, self._session
        if destroy or self.is_new:
            return policy.retry(plan)
        technical_id, state = session.target.identity.technical_id, self.state()
        known = known_tags(state, technical_id)
        self.write(render_kept_tags(known))
        planned = policy.retry(plan)
        updated = {change.address for change in planned.changes if change.action == "update"}
        if not updated or not looks:
            return planned
        current = current_tags(session.client, state, technical_id, updated)
        kept = merge(known, current)
        if kept == known:
            return planned
        self._remember_tags(current)
        self.write(render_kept_tags(kept))
        return policy.retry(plan)

    def _remember_tags(self, current: Mapping[Address, dict[str, str]]) -> None:
        """Store foreign tags for the next plan; without the lease this stores nothing."""

    def _finish_init(self) -> None:
        if self._init is not None:
            with timed(f"wait for init of {self.name}"):
                self._init.result()
            self._init = None


def read_root(session: Session, prepared: PreparedRoot) -> ReadRoot:
    """
    Return a root module with the newest state of its log.

    Raises:
        StateError: the state is unreadable, or belongs to another place.
        CloudError: the cloud did not say whether the state belongs here.
    """
    log = session.log(prepared.name)
    reading = read_log(log)
    session.require_here(log, known_place(log, reading.event, reading.newest), reading.newest)
    beside = () if reading.event is None else reading.event.beside
    root = ReadRoot(session, prepared, log, left_since=reading.left_since, beside=beside)
    root.start_from(reading.newest)
    return root
