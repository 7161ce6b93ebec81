"""
Carries a plan out to its end: adopts what an attempt left behind, waits while the cloud refuses, and tries again.

A run does only what it showed. Anything else that has to go, such as a surplus object that an attempt left behind,
waits for the next run, which shows it. A destroy shows the whole shoot, and deletes everything that is proven to belong
to it.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from provisioner.cloud import CloudResource
from provisioner.errors import CloudError, InterruptedRunError, ProvisionError, StateError, TerraformError
from provisioner.ids import Root
from provisioner.run.adoption.lost_answers import may_have_surplus
from provisioner.run.adoption.ownership import Claim, Surplus
from provisioner.run.adoption.record import Adopted, adopt, describe
from provisioner.run.held_root import HeldRoot
from provisioner.run.retry import is_throttled
from provisioner.run.session import Session
from provisioner.run.shoot_root import ShootRoot
from provisioner.runner import Plan
from provisioner.state.record import format_time
from provisioner.tfstate import Address, State

_LAST_LOOKS = 2
_SETTLING_LOOKS = 3
_PROGRESS_SECONDS = 10.0
_ADOPTIONS = 2
"""Attempts that follow an adoption at once, for any error."""
_log = logging.getLogger(__name__)


class ApplyLoop:
    """One run's attempts over all its roots; a run that `destroys` deletes all that is proven to be the shoot's."""

    def __init__(self, session: Session, roots: Sequence[ShootRoot[HeldRoot]], *, destroys: bool = False) -> None:
        self.adopted: list[Adopted] = []
        """Objects that were in the cloud and in no state, one entry for each look."""
        self._session = session
        self._roots = roots
        self._held = [root.root for root in roots]
        self._destroys = destroys
        self._shown: dict[Root, Counter[str]] = {}
        """By root: how many objects the shown plan deletes at each address."""
        self._unshown: dict[str, None] = {}
        """Addresses whose objects the next run has to delete."""

    @property
    def recorded(self) -> tuple[Claim, ...]:
        """Every object that this run adopted."""
        return tuple(claim for found in self.adopted for claim in found.claims)

    @property
    def unproven(self) -> tuple[CloudResource, ...]:
        """Objects that look like the shoot's, without proof, as of the last look."""
        return self.adopted[-1].ownership.strangers if self.adopted else ()

    def adopt_leftovers(self) -> bool:
        """
        Before planning: record what unclean earlier runs left behind, and return whether this recorded anything.

        Raises:
            CloudError: the cloud refused a listing.
            StateError: a state cannot be stored.
        """
        return any(root.unclean_since is not None for root in self._held) and self.adopt()

    def adopt(self, *, is_before_plan: bool = True) -> bool:
        """
        Record objects that exist and are in no state, and return whether there were any; raises as `adopt_leftovers`.

        This records a surplus object, which the next plan then deletes, only if it `is_before_plan`: no later plan of
        this run is shown.
        """
        told = {stranger.id for found in self.adopted for stranger in found.ownership.strangers}
        told |= {extra.resource.id for found in self.adopted for extra in found.ownership.surplus}
        found = adopt(
            self._session,
            self._held,
            takes_surplus=self._destroys,
            records_surplus=is_before_plan or self._destroys,
            told=told,
        )
        self.adopted.append(found)
        return bool(found.claims)

    def require_nothing_left(self, surplus: Sequence[Surplus] = ()) -> None:
        """
        Accept a run that has left nothing to do; `surplus` are the surplus objects that the first look found.

        Raises:
            StateError: something is left for the next run, or for the operator; the run releases its leases `failed`.
        """
        unshown = list(self._unshown)
        if self.adopted:
            unshown += [describe(claim.resource) for claim in self.adopted[-1].postponed]
            surplus = self.adopted[-1].ownership.surplus
        if not unshown and not surplus:
            return
        for root in self._held:
            root.doubt()
        details, fixes = [], []
        if unshown:
            details.append(f"this run did not delete {', '.join(unshown)}, because its plan did not show that")
            fixes.append("run again: the next run shows what it will delete")
        if surplus:
            listed = ", ".join(f"{describe(extra.resource)}, which {extra.reason}" for extra in surplus)
            details.append(f"this shoot has surplus objects: {listed}")
            fixes.append("check which object of each address is in use, and delete the other one yourself")
        raise StateError(
            f"everything else is done, but {'; '.join(details)}",
            object=self._session.target.identity.reference,
            type="LeftBehind",
            fix="; ".join(fixes),
            is_retryable=not surplus,
        )

    def carry_out(self, root: ShootRoot[HeldRoot], plan: Plan) -> None:
        """
        Carry out the root's last plan.

        After a failed attempt this looks for objects that the attempt left behind and, if the failure may pass, tries
        again with the rest. Later attempts may delete only what the first plan of this root would have deleted.

        Raises:
            CloudError, TerraformError, StateError, InterruptedRunError
        """
        self._shown.setdefault(root.name, _taken_away(plan))
        unshown = self._find_unshown(root, plan)
        if unshown:
            raise StateError(
                f"the new plan would delete {', '.join(unshown)}, which the first plan did not show, so the run stops",
                object=self._session.target.identity.reference,
                type="NotShown",
                fix="run again: the next run shows what it will delete",
                is_retryable=True,
            )
        self._try(root, root.root.apply)

    def create(self, root: ShootRoot[HeldRoot], on_plan: Callable[[Plan], None]) -> None:
        """
        Plan and apply an empty root in one terraform; `on_plan` gets the plan before terraform creates anything.

        Raises as `carry_out`.
        """
        self._shown.setdefault(root.name, Counter())
        self._try(root, lambda: root.root.create(on_plan))

    def _try(self, root: ShootRoot[HeldRoot], work: Callable[[], None]) -> None:
        """Do `work`; after each failure that may pass, do the rest of it, until nothing is left."""
        held = root.root
        attempts, adoptions = self._session.retry_policy.begin(), 0
        while True:
            before = held.state()
            try:
                work()
            except (CloudError, TerraformError) as error:
                held.doubt()
                # Not the serial: it grows with every attempt.
                if not held.state().has_same_resources(before):
                    attempts.note_progress()
                touched, has_adopted = self._look_after(error, root)
                # An adopted object may be the cause of the error: the object of a lost answer has taken a name.
                adoptions += has_adopted
                if not has_adopted or adoptions > _ADOPTIONS:
                    attempts.wait_after(error)
                rest = self._plan_rest(root, error, touched)
                unshown = self._find_unshown(root, rest)
                if unshown:
                    error.add_note(
                        f"and trying again would delete {', '.join(unshown)}, which the plan did not show; run again: "
                        "the next run shows what it will delete"
                    )
                    raise
                if not rest.has_changes:
                    return
                work = held.apply
            except InterruptedRunError:
                held.doubt()  # terraform may have finished, but `_count_surplus` has not run
                raise
            else:
                self._count_surplus(held, before)
                return

    def finish(self, *, always: bool = False) -> None:
        """
        Look once more if a run may have left something behind, or `always`, then vouch that nothing is left.

        Calls of a killed run may take effect until its processes are gone. This does not delete what no plan showed;
        `require_nothing_left` reports it.

        Raises:
            CloudError, TerraformError, StateError, InterruptedRunError; StateError also if more objects keep appearing
            during a destroy.
        """
        if not always and all(root.unclean_since is None for root in self._held) and not self.adopted:
            return
        for _ in range(_LAST_LOOKS):
            looked_at = self._session.store.now()
            if not self.adopt(is_before_plan=False):
                if not self.adopted[-1].postponed and not self.adopted[-1].ownership.surplus:
                    for held in self._held:
                        held.vouch(looked_at)
                return
            for root in self._roots:
                if self._destroys and root.root.is_new:
                    continue
                plan = root.plan()
                unshown = self._find_unshown(root, plan)
                self._unshown |= dict.fromkeys(unshown)
                if plan.has_changes and not unshown:
                    self.carry_out(root, plan)
        for held in self._held:
            held.doubt()
        if self._destroys:
            found = ", ".join(describe(claim.resource) for claim in self.adopted[-1].claims)
            raise StateError(
                f"more objects of this shoot keep appearing in the cloud while this run destroys it, last {found}",
                object=self._session.target.identity.reference,
                type="LeftBehind",
                fix="stop what creates it, then destroy again",
                is_retryable=True,
            )
        _log.warning("more objects keep appearing in the cloud; the next run will look again")

    def settle(self, *, waits: bool) -> None:
        """
        Look again until the settling time is over, so that the last look proves that nothing is left.

        Only a destroy needs this, because no run comes after it. Without `waits`, or if a signal ends the wait, the
        error says when a look can be sure.

        Raises:
            StateError: the settling time is not over and this run does not wait; or an earlier run is still working.
            CloudError, TerraformError, InterruptedRunError: as `finish`.
        """
        for _ in range(_SETTLING_LOOKS):
            if not self._wait_until_settled(waits=waits):
                return
            self.finish(always=True)
        if self._settles_at() is not None:
            raise self._unsettled("an earlier run of this shoot is still working")

    def _settles_at(self) -> datetime | None:
        """Return from when on a look can be sure; None if the last one was."""
        times = [root.settles_at for root in self._held if not root.is_vouched]
        return max((time for time in times if time is not None), default=None)

    def _wait_until_settled(self, *, waits: bool) -> bool:
        """Wait until it is time for another look, and return whether one is needed."""
        interruption, reporter = self._session.context.interruption, self._session.context.reporter
        is_first = True
        while (settles_at := self._settles_at()) is not None:
            seconds = (settles_at - self._session.store.now()).total_seconds()
            if seconds <= 0:
                return True
            if not waits:
                raise self._unsettled("this run does not wait for them")
            after = ": an earlier run was cut off, and objects that it began to create may still appear"
            reporter.step(
                f"nothing visible is left; looking again in {math.ceil(seconds)} s{after if is_first else ''}"
            )
            is_first = False
            try:
                interruption.wait(min(seconds, _PROGRESS_SECONDS))
            except InterruptedRunError as error:
                error.add_note(str(self._unsettled("a signal ended the wait for them")))
                raise
        return False

    def _unsettled(self, reason: str) -> StateError:
        for root in self._held:
            root.doubt()
        settles_at = self._settles_at()
        after = "" if settles_at is None else f" after {format_time(settles_at)}"
        return StateError(
            "all known objects are destroyed, but an earlier run was cut off, and objects that it began to create may "
            f"still appear: {reason}",
            object=self._session.target.identity.reference,
            type="Unsettled",
            fix=f"destroy again{after}: that run looks once more",
            is_retryable=True,
        )

    def _find_unshown(self, root: ShootRoot[HeldRoot], plan: Plan) -> list[str]:
        """Return the addresses at which a plan deletes more than the shown plan."""
        return [] if self._destroys else sorted(_taken_away(plan) - self._shown.get(root.name, Counter()))

    def _plan_rest(self, root: ShootRoot[HeldRoot], error: ProvisionError, touched: Sequence[Address]) -> Plan:
        held = root.root
        if is_throttled(error):
            rest = held.plan_again(touched, destroy=self._destroys)
        else:
            rest = held.plan(destroy=self._destroys)
        root.check(rest)
        return rest

    def _count_surplus(self, held: HeldRoot, before: State) -> None:
        """Have this run look again at its end, or the next run, if a lost answer may have left a surplus object."""
        if self._destroys:
            return
        try:
            has_surplus = may_have_surplus(self._session.client, before, held.state())
        except ProvisionError:
            held.doubt()
            raise
        if has_surplus:
            held.doubt()

    def _look_after(self, error: ProvisionError, root: ShootRoot[HeldRoot]) -> tuple[Sequence[Address], bool]:
        """
        Adopt after a failure; return the addresses to read again, and whether this adopted anything.

        An error in here becomes a note of the first error, so that it does not hide it.
        """
        try:
            self.adopt(is_before_plan=False)
        except ProvisionError as second:
            error.add_note(f"and the look for objects that it left behind failed: {second}")
            return (), False
        found = self.adopted[-1]
        return found.touched.get(root.name, ()), any(claim.root == root.name for claim in found.claims)


def _taken_away(plan: Plan) -> Counter[str]:
    """Return how many objects a plan deletes at each address: a surplus object has the address of another one."""
    return Counter(change.address for change in plan.changes if change.takes_away)
