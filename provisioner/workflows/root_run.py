"""One root module in one run: its files, its state from the log and back into it, its plan and apply."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from provisioner.cloud import CloudAccess
from provisioner.errors import ProvisionError, StateError
from provisioner.runner import Engine, Plan, Terraform
from provisioner.runner.terraform import terraform_environment
from provisioner.state import Lease, StateVersion, StateWatcher, read_boot_id
from provisioner.state.document import Address, StateDocument, state_outputs
from provisioner.state.record import Outcome
from provisioner.workflows.session import Context, Session
from provisioner.workflows.timing import timed
from provisioner.workflows.workspace import Workspace, write_private

_Result = TypeVar("_Result")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PreparedRoot:
    """A working copy whose `terraform init` runs already: it needs neither variables nor state nor the bucket."""

    root: str
    workspace: Workspace
    terraform: Terraform
    init: Future[None]

    @classmethod
    def start(
        cls,
        context: Context,
        access: CloudAccess,
        root: str,
        *,
        workspace: Workspace,
        engine: Engine,
        executor: ThreadPoolExecutor,
        files: Mapping[str, bytes],
    ) -> PreparedRoot:
        """Write the root module's files and start its init beside other work."""
        terraform = Terraform(
            engine,
            workspace.write(root, files),
            terraform_environment(context.environ, access.terraform_environment),
            context.interruption,
            on_event=lambda event: context.reporter.event(root, event),
            parallelism=context.settings.parallelism,
            inherited_fds=(workspace.alive_fd,),
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
        self._session = session
        self._workspace = prepared.workspace
        self._log = session.log(prepared.root)
        self._lease: Lease | None = None
        self._is_clean = True
        self._is_vouched = False
        self._init: Future[None] | None = prepared.init

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files of the root module into the working copy."""
        self._workspace.write(self.root, files)

    def open(self, operation: str | None) -> None:
        """Take the lease if there is an operation to take it for, and read the newest state."""
        if operation is not None:
            self.acquire(operation)
        self.load_state()

    def acquire(self, operation: str) -> None:
        """
        Take the lease of this root's state.

        Raises:
            StateLockedError: another run holds it.
        """
        session = self._session
        interruption = session.context.interruption
        self._lease = Lease.acquire(
            self._log,
            session.run_id,
            operation,
            session.host,
            ttl=session.context.settings.lease_ttl,
            boot_id=read_boot_id(),
            on_endangered=interruption.stop,
            on_lost=interruption.kill,
        )
        if self._lease.is_takeover and self._lease.previous is not None:
            dead = self._lease.previous
            session.context.reporter.step(
                f"run {dead.run} on {dead.host} ended without giving the {self.root} lease back: "
                "looking for what it left behind"
            )

    @property
    def unclean_since(self) -> datetime | None:
        """When the first run began that may have left something in the cloud that no state lists; None if none did."""
        if self._lease is None:
            return None
        earlier = None if self._is_vouched else self._lease.unclean_since
        return earlier if self._is_clean else min(earlier or self._lease.since, self._lease.since)

    @property
    def recorded(self) -> Iterable[tuple[str, str]]:
        """Type and id of what a run has noted that never got into the log."""
        return ()

    def load_state(self) -> None:
        """
        Read the newest state from the log into the working copy.

        Raises:
            StateError: it cannot be read.
        """
        self.newest = self._lease.state if self._lease is not None else self._log.newest()
        if self.newest is not None:
            write_private(self.terraform.state_path, self.newest.body)

    def plan(self, *, destroy: bool = False) -> Plan:
        """Return what terraform would change; raises as `Terraform.plan` does, after patience with the cloud."""
        self._finish_init()
        with timed(f"plan {self.root}"):
            plan = self._session.patience.retry(lambda: self.terraform.plan(destroy=destroy))
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
        return patience.retry(lambda: self.terraform.plan(destroy=destroy, refresh=False))

    @property
    def is_new(self) -> bool:
        """Whether the state holds no resource yet, so that nothing can be changed or lost."""
        return not self.state().get("resources")

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
        session = self._session
        result: list[_Result] = []
        failure: ProvisionError | None = None
        self._is_clean = False
        watcher = StateWatcher(self._log, lease, self.terraform.state_path, session.run_id)
        try:
            with watcher:
                try:
                    with timed(f"apply {self.root}"):
                        result.append(work())
                except ProvisionError as error:
                    failure = error
                with timed(f"commit {self.root}"):
                    watcher.commit()
        except ProvisionError as error:
            self._workspace.keep()
            before = f"{failure.problem.detail}; then " if failure is not None else ""
            raise StateError(
                f"{before}{error.problem.detail}; what there is of the newest state is kept in "
                f"{self.terraform.state_path}",
                object=error.problem.object,
                fix="do not delete this file; see to the object store and to free space here, then follow "
                "docs/state.md: another run would not know of what only this file lists",
            ) from (failure or error)
        if failure is not None:
            raise failure
        self._is_clean = True
        session.context.interruption.check()
        return result[0]

    def release(self) -> None:
        """Give the lease back, saying whether the run ended clean: a run that changed nothing did."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        # `clean` is a statement about all runs before, too: what one that did not end clean left in the cloud is not
        # known before it was looked for.
        is_clean = self._is_clean and (self._is_vouched or lease.unclean_since is None)
        outcome: Outcome = "clean" if is_clean else "failed"
        lease.release(outcome, lease.position.number or None)

    def vouch(self) -> None:
        """Say that everything in the cloud is in the state now: it was looked for after the last change."""
        self._is_vouched = True

    def replace_state(self, document: StateDocument) -> None:
        """
        Make a changed state the newest one, in the log and in the working copy.

        Raises:
            StateError: it cannot be stored.
        """
        lease = self._lease
        assert lease is not None, "changing a state needs the lease"
        body = json.dumps(document.content, indent=2).encode()
        self._log.append(body, lease, self._session.run_id)
        write_private(self.terraform.state_path, body)

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Replace the working copy's state, which the next plan starts from; the log gets what comes of that plan."""
        write_private(self.terraform.state_path, json.dumps(state).encode())

    def state(self) -> dict[str, Any]:
        """Return the working copy's state; an empty one before the first apply."""
        try:
            content = self.terraform.state_path.read_bytes()
        except FileNotFoundError:
            return {}
        state: dict[str, Any] = json.loads(content) if content else {}
        return state

    def outputs(self) -> dict[str, Any]:
        """Return the values of the outputs in the working copy's state."""
        return state_outputs(self.state())


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
        wait_for_all([executor.submit(root.release) for root in roots])


def wait_for_all(futures: list[Future[None]]) -> None:
    """Wait until all are done, then raise the first error if there is one: nothing is left running behind it."""
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    if errors:
        raise errors[0]
