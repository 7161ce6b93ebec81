"""Checks a plan before a run shows it or carries it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provisioner.errors import ManifestError, Problem
from provisioner.ids import INFRASTRUCTURE, WORKER
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.ownership import find_uses
from provisioner.run.adoption.record import look
from provisioner.run.checks.destructive_changes import count_gone, find_casualties, find_in_use
from provisioner.run.read_root import ReadRoot
from provisioner.run.session import Session
from provisioner.runner import Plan


class PlanGuard:
    """
    The checks of one run's plans. Safe for several threads.

    Without a `first_look` the run creates nothing. A run that carries out its plans `refuses` changes to which the
    operator has not agreed; another run only warns of them.
    """

    def __init__(
        self, session: Session, roots: Sequence[ReadRoot], first_look: FirstLook | None, *, refuses: bool
    ) -> None:
        self._session = session
        self._roots = roots
        self._first_look = first_look
        self._refuses = refuses

    def check(self, root: ReadRoot, plan: Plan) -> None:
        """
        Accept a plan that a run may carry out; warn of its destructive changes.

        Raises:
            StateError: it would create an object that exists and is in no state.
            ManifestError: it would delete or replace an object that workers use; or, in a run that refuses, it has a
                destructive change to which the operator has not agreed.
            CloudError: the cloud refused a listing.
        """
        if self._first_look is not None and any(change.creates for change in plan.changes):
            self._first_look.require_known([root.name], self._roots)
        self._require_unused(root, plan)
        replaced, recreated = self._casualties(root, plan), self._recreated(root, plan)
        consent = self._session.context.consent
        refused = [] if consent.to_replacements else replaced
        refused = refused if consent.to_recreation else [*refused, *recreated]
        if refused and self._refuses:
            raise ManifestError(refused)
        for problem in [*replaced, *recreated]:
            self._session.context.reporter.warn(problem)

    def _require_unused(self, root: ReadRoot, plan: Plan) -> None:
        if root.name != INFRASTRUCTURE or not any(change.takes_away for change in plan.changes):
            return
        in_use = find_in_use(plan.changes, root.state(), self._session.stored_state(WORKER))
        if in_use:
            fix = "first remove the worker pools or their zone and apply, then change the infrastructure"
            raise ManifestError([self._forbidden(address, text, fix) for address, text in in_use])

    def _casualties(self, root: ReadRoot, plan: Plan) -> list[Problem]:
        return [
            self._forbidden(address, sentence, "--allow-replace to allow it")
            for address, sentence in find_casualties(plan.changes, root.state(), self._find_uses)
        ]

    def _recreated(self, root: ReadRoot, plan: Plan) -> list[Problem]:
        gone = count_gone(root.state(), plan)
        if not gone or not any(change.creates for change in plan.changes):
            return []
        text = f"all {gone} objects in the {root.name} state were deleted outside of provision"
        return [self._forbidden("", text, "--recreate to create them again")]

    def _find_uses(self) -> Mapping[str, tuple[str, ...]]:
        _, inventory = look(self._session, self._roots)
        return find_uses(inventory)

    def _forbidden(self, address: str, text: str, fix: str) -> Problem:
        return Problem(self._session.target.identity.reference, address, "Forbidden", text, fix)
