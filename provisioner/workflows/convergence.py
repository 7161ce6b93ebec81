"""
Carrying a plan out to its end: adopting what a try left behind, waiting for a cloud that refuses for the time being,
and trying again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from provisioner.errors import CloudError, ProvisionError, TerraformError
from provisioner.runner import Plan
from provisioner.tfstate import Address
from provisioner.workflows.adoption import Adopted, adopt
from provisioner.workflows.patience import is_throttled
from provisioner.workflows.root_run import RootRun
from provisioner.workflows.session import Session

_LAST_LOOKS = 2
_ADOPTIONS = 2
"""Tries that follow an adoption, whatever the error was."""
_log = logging.getLogger(__name__)


class Convergence:
    """The tries of one run over all its roots."""

    def __init__(
        self, session: Session, roots: Sequence[RootRun], *, check: Callable[[RootRun, Plan], None], destroys: bool
    ) -> None:
        self.adopted: list[Adopted] = []
        """What was found in the cloud and in no state, each time something had gone wrong."""
        self._session = session
        self._roots = roots
        self._check = check
        self._destroys = destroys

    def adopted_documents(self) -> list[dict[str, str]]:
        """Return type, id and address of everything that was found and recorded."""
        return [
            {"type": claim.resource.type, "id": claim.resource.id, "address": str(claim.address)}
            for found in self.adopted
            for claim in found.claims
        ]

    def unproven_documents(self) -> list[dict[str, str]]:
        """Return type, id and name of what the last look found to be like the shoot's, without proof."""
        strangers = self.adopted[-1].ownership.strangers if self.adopted else ()
        return [{"type": it.type, "id": it.id, "name": it.name} for it in strangers]

    def adopt_leftovers(self) -> bool:
        """
        Before planning: record what earlier runs that did not end clean left behind, and return whether there were any.

        Raises:
            CloudError: the cloud refused to be looked at.
            StateError: a state cannot be stored.
        """
        return any(root.unclean_since is not None for root in self._roots) and self.adopt()

    def adopt(self) -> bool:
        """Record what exists and is in no state, and return whether there was anything; raises as `adopt_leftovers`."""
        told = {stranger.id for found in self.adopted for stranger in found.ownership.strangers}
        found = adopt(self._session, self._roots, told=told)
        self.adopted.append(found)
        return bool(found.claims)

    def carry_out(self, root: RootRun, plan: Plan, work: Callable[[], object]) -> int:
        """
        Do what was planned, and return the number of changes.

        A try that failed is followed by a look for what it left behind and, where the failure may pass, by another try
        with what is left to do. That one may take away only what the first plan would have.

        Raises:
            CloudError, TerraformError, StateError, InterruptedRunError
        """
        shown = {change.address for change in plan.changes if change.takes_away}
        tries, adoptions = self._session.patience.begin(), 0
        while True:
            before = root.state()
            try:
                work()
            except (CloudError, TerraformError) as error:
                # Not the serial: that grows with every try.
                if not root.state().has_same_resources(before):
                    tries.note_progress()
                touched, has_adopted = self._look_after(error, root)
                # What was found may be the reason itself: a name is taken by what a lost answer created.
                adoptions += has_adopted
                if not has_adopted or adoptions > _ADOPTIONS:
                    tries.wait_after(error)
                rest = self._plan_rest(root, error, touched)
                self._check(root, rest)
                surplus = {str(claim.address) for found in self.adopted for claim in found.claims if claim.is_surplus}
                unseen = [c.address for c in rest.changes if c.takes_away and c.address not in shown | surplus]
                if unseen:
                    # The next run shows it, and asks.
                    _log.warning("trying again would take away what nobody was shown: %s", ", ".join(unseen))
                    raise
                work = root.apply
                if not rest.has_changes:
                    return len(plan.changes)
            else:
                return len(plan.changes)

    def finish(self, plan_again: Callable[[RootRun], Plan], *, always: bool = False) -> None:
        """
        Look once more where something may have been left behind, or `always`, then vouch that nothing is.

        Calls of a run that was killed may take effect until its processes are gone.

        Raises:
            CloudError, TerraformError, StateError, InterruptedRunError
        """
        if not always and all(root.unclean_since is None for root in self._roots) and not self.adopted:
            return
        for _ in range(_LAST_LOOKS):
            if not self.adopt():
                for root in self._roots:
                    root.vouch()
                return
            for root in self._roots:
                plan = plan_again(root)
                if plan.has_changes:
                    self.carry_out(root, plan, root.apply)
        _log.warning("more keeps appearing in the cloud; the next run will look again")

    def _plan_rest(self, root: RootRun, error: ProvisionError, touched: Sequence[Address]) -> Plan:
        if is_throttled(error):
            return root.plan_again(touched, destroy=self._destroys)
        return root.plan(destroy=self._destroys)

    def _look_after(self, error: ProvisionError, root: RootRun) -> tuple[Sequence[Address], bool]:
        """
        Adopt after a failure; return the addresses to be read again, and whether anything was found.

        That this fails as well must not hide the failure.
        """
        try:
            self.adopt()
        except ProvisionError as second:
            error.add_note(f"and what it left behind could not be looked for: {second}")
            return (), False
        found = self.adopted[-1]
        return found.touched.get(root.root, ()), any(claim.root == root.root for claim in found.claims)
