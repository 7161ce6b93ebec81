"""The infrastructure root: the network of a shoot, planned for the user's network around it."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.api.extensions_v1alpha1 import Infrastructure
from provisioner.cloud import ensure_nat_role
from provisioner.errors import CloudError, Problem, ProvisionError
from provisioner.ids import INFRASTRUCTURE
from provisioner.render import render_root
from provisioner.run.checks.ess_limits import keep_key_pair
from provisioner.run.checks.plan_guard import PlanGuard
from provisioner.run.checks.user_network import look_at_user_network
from provisioner.run.session import Session
from provisioner.run.shoot_root import R, ShootRoot
from provisioner.runner import Plan
from provisioner.tfstate import State
from provisioner.translate.infrastructure import translate_infrastructure
from provisioner.translate.user_network import UserNetwork


class InfrastructureRoot(ShootRoot[R]):
    """The root module of an Infrastructure. It needs no ids of another root, so its plans are never preliminary."""

    def __init__(
        self,
        root: R,
        session: Session,
        infrastructure: Infrastructure,
        guard: PlanGuard,
        *,
        worker_state: Callable[[], State],
        creates: bool,
    ) -> None:
        super().__init__(root)
        self._session = session
        self._infrastructure = infrastructure
        self._guard = guard
        self._worker_state = worker_state
        self._creates = creates
        self._is_written = False
        self._user_network: UserNetwork | None = None

    def look_around(self) -> UserNetwork:
        """Return the user's objects that the network uses, looked for once; raises as `look_at_user_network`."""
        if self._user_network is None:
            self._user_network = look_at_user_network(self._session, self.root.state())
        return self._user_network

    def write(self, *, is_preliminary: bool = False) -> None:
        """Write the root module, once, for its surroundings as they are with the first state."""
        if self._is_written:
            return
        session, state = self._session, self.root.state()
        user_network = self.look_around()
        variables = translate_infrastructure(
            keep_key_pair(self._infrastructure, state, self._worker_state, session.context.reporter),
            session.target.identity.technical_id,
            session.entry_name,
            session.target.pod_cidr,
            user_network,
        )
        # Before terraform can make one: a run that is killed right afterwards leaves no other proof.
        if self._creates:
            self.root.note_binds(user_network.bindings_to_make())
        self.root.write(render_root(INFRASTRUCTURE, variables, session.provider_settings()))
        self._is_written = True

    def check(self, plan: Plan) -> None:
        """Accept a plan that can be carried out; raises as `PlanGuard.check`."""
        self._guard.check(self.root, plan)

    def mend(self, error: ProvisionError) -> bool:
        """
        Create the role of the NAT gateway service if terraform needed it, and return whether it was missing.

        An account gets the role with its first gateway. Only a run that failed to create a gateway asks for it, so
        other runs pay nothing. If the credentials may not ask for it, this warns the operator, and the error stands.
        """
        if ".alicloud_nat_gateway." not in f".{error}":
            return False
        try:
            return ensure_nat_role(self._session.client)
        except CloudError as refused:
            text = f"cannot make sure that the role of the NAT gateway service exists: {refused}"
            reference = self._session.target.identity.reference
            self._session.context.reporter.warn(Problem(reference, "", "NotEnsured", text, "check whether it exists"))
            return False
