"""
Carrying a plan out to its end: adopting what a try left behind, waiting for a cloud that refuses for the time being,
and trying again.

What was shown is what is done. Whatever else would have to go, because a try left a double behind for example, is left
to the next run, which shows it. A destroy shows the whole shoot, and takes away all that is proven to be its.
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
from provisioner.run.adoption.lost_answers import may_have_doubled
from provisioner.run.adoption.ownership import Claim, Double
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
"""Attempts that follow an adoption, whatever the error was."""
_log = logging.getLogger(__name__)


class ApplyLoop:
    """The tries of one run over all its roots; one that `destroys` takes away all that is proven to be the shoot's."""

    def __init__(self, session: Session, roots: Sequence[ShootRoot[HeldRoot]], *, destroys: bool = False) -> None:
        self.adopted: list[Adopted] = []
        """What was found in the cloud and in no state, each time something had gone wrong."""
        self._session = session
        self._roots = roots
        self._held = [root.root for root in roots]
        self._destroys = destroys
        self._shown: dict[Root, Counter[str]] = {}
        """By root: how many objects the plan that was shown takes away at an address."""
        self._unshown: dict[str, None] = {}
        """Addresses whose objects are left to be taken away by the next run."""

    @property
    def recorded(self) -> tuple[Claim, ...]:
        """Everything that was found in no state and was recorded, in all looks together."""
        return tuple(claim for found in self.adopted for claim in found.claims)

    @property
    def unproven(self) -> tuple[CloudResource, ...]:
        """What the last look found to be like the shoot's, without proof."""
        return self.adopted[-1].ownership.strangers if self.adopted else ()

    def adopt_leftovers(self) -> bool:
        """
        Before planning: record what earlier runs that did not end clean left behind, and return whether there were any.

        Raises:
            CloudError: the cloud refused to be looked at.
            StateError: a state cannot be stored.
        """
        return any(root.unclean_since is not None for root in self._held) and self.adopt()

    def adopt(self, *, is_before_plan: bool = True) -> bool:
        """
        Record what exists and is in no state, and return whether there was anything; raises as `adopt_leftovers`.

        A double is recorded, and with that deleted, only if it `is_before_plan`: no plan shows it afterwards.
        """
        told = {stranger.id for found in self.adopted for stranger in found.ownership.strangers}
        told |= {double.resource.id for found in self.adopted for double in found.ownership.doubles}
        found = adopt(
            self._session,
            self._held,
            takes_doubles=self._destroys,
            records_doubles=is_before_plan or self._destroys,
            told=told,
        )
        self.adopted.append(found)
        return bool(found.claims)

    def require_nothing_left(self, doubles: Sequence[Double] = ()) -> None:
        """
        Accept a run that has left nothing to do; `doubles` are what was found before there was a reason to look.

        Raises:
            StateError: something is left for the next run, or for the operator; the leases are released `failed`.
        """
        unshown = list(self._unshown)
        if self.adopted:
            unshown += [describe(claim.resource) for claim in self.adopted[-1].postponed]
            doubles = self.adopted[-1].ownership.doubles
        if not unshown and not doubles:
            return
        for root in self._held:
            root.doubt()
        details, fixes = [], []
        if unshown:
            details.append(f"{', '.join(unshown)} would have to go, which was not shown, and is left")
            fixes.append("run again: the next run shows what has to go")
        if doubles:
            listed = ", ".join(f"{describe(it.resource)}, which {it.reason}" for it in doubles)
            details.append(f"this shoot's and one too many is {listed}")
            fixes.append("see which object of each address is in use, and delete the other one yourself")
        raise StateError(
            f"everything else is done, but {'; '.join(details)}",
            object=self._session.target.identity.reference,
            type="LeftBehind",
            fix="; ".join(fixes),
            is_retryable=not doubles,
        )

    def carry_out(self, root: ShootRoot[HeldRoot], plan: Plan) -> None:
        """
        Do what the root's last plan says.

        A try that failed is followed by a look for what it left behind and, where the failure may pass, by another try
        with what is left to do. That one may take away only what the first plan of this root would have.

        Raises:
            CloudError, TerraformError, StateError, InterruptedRunError
        """
        self._shown.setdefault(root.name, _taken_away(plan))
        unshown = self._find_unshown(root, plan)
        if unshown:
            raise StateError(
                f"the new plan would take away {', '.join(unshown)}, which was not shown; it is left",
                object=self._session.target.identity.reference,
                type="NotShown",
                fix="run again: the next run shows it",
                is_retryable=True,
            )
        self._try(root, root.root.apply)

    def create(self, root: ShootRoot[HeldRoot], on_plan: Callable[[Plan], None]) -> None:
        """
        Plan a root that holds nothing yet and carry that out, in one terraform; `on_plan` gets the plan before that.

        Raises as `carry_out`.
        """
        self._shown.setdefault(root.name, Counter())
        self._try(root, lambda: root.root.create(on_plan))

    def _try(self, root: ShootRoot[HeldRoot], work: Callable[[], None]) -> None:
        """Do `work`, and what is left of it after each failure that may pass, until nothing is left."""
        held = root.root
        attempts, adoptions = self._session.patience.begin(), 0
        while True:
            before = held.state()
            try:
                work()
            except (CloudError, TerraformError) as error:
                held.doubt()
                # Not the serial: that grows with every try.
                if not held.state().has_same_resources(before):
                    attempts.note_progress()
                touched, has_adopted = self._look_after(error, root)
                # What was found may be the reason itself: a name is taken by what a lost answer created.
                adoptions += has_adopted
                if not has_adopted or adoptions > _ADOPTIONS:
                    attempts.wait_after(error)
                rest = self._plan_rest(root, error, touched)
                unshown = self._find_unshown(root, rest)
                if unshown:
                    error.add_note(
                        f"and trying again would take away {', '.join(unshown)}, which was not shown: it is left, and "
                        "the next run shows it"
                    )
                    raise
                if not rest.has_changes:
                    return
                work = held.apply
            except InterruptedRunError:
                held.doubt()  # terraform may have come to its end, but nothing counts what it created
                raise
            else:
                self._count_doubles(held, before)
                return

    def finish(self, *, always: bool = False) -> None:
        """
        Look once more where something may have been left behind, or `always`, then vouch that nothing is.

        Calls of a run that was killed may take effect until its processes are gone. What would have to go and was not
        shown is left; `require_nothing_left` tells.

        Raises:
            CloudError, TerraformError, StateError, InterruptedRunError; StateError also after a destroy of which more
            keeps appearing.
        """
        if not always and all(root.unclean_since is None for root in self._held) and not self.adopted:
            return
        for _ in range(_LAST_LOOKS):
            looked_at = self._session.store.now()
            if not self.adopt(is_before_plan=False):
                if not self.adopted[-1].postponed and not self.adopted[-1].ownership.doubles:
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
                f"more of this shoot keeps appearing in the cloud while it is destroyed, last {found}",
                object=self._session.target.identity.reference,
                type="LeftBehind",
                fix="stop what creates it, then destroy again",
                is_retryable=True,
            )
        _log.warning("more keeps appearing in the cloud; the next run will look again")

    def settle(self, *, waits: bool) -> None:
        """
        Go on looking until a look can tell that nothing is left: the last one of a shoot, whom no run comes after.

        Who does not wait is told when that would be; so is who ends the wait.

        Raises:
            StateError: it takes longer, and this run does not wait; or what was cut off works on.
            CloudError, TerraformError, InterruptedRunError: as `finish`.
        """
        for _ in range(_SETTLING_LOOKS):
            if not self._wait_until_settled(waits=waits):
                return
            self.finish(always=True)
        if self._settles_at() is not None:
            raise self._unsettled("an earlier run of this shoot goes on being at work")

    def _settles_at(self) -> datetime | None:
        """Return when a look can tell everything; None if the last one could."""
        times = [root.settles_at for root in self._held if not root.is_vouched]
        return max((time for time in times if time is not None), default=None)

    def _wait_until_settled(self, *, waits: bool) -> bool:
        """Return whether another look is needed, when it is time for it."""
        interruption, reporter = self._session.context.interruption, self._session.context.reporter
        is_first = True
        while (settles_at := self._settles_at()) is not None:
            seconds = (settles_at - self._session.store.now()).total_seconds()
            if seconds <= 0:
                return True
            if not waits:
                raise self._unsettled("this run does not wait for that")
            after = ": an earlier run was cut off, and what it began may still appear" if is_first else ""
            reporter.step(f"nothing is left as far as can be seen; looking again in {math.ceil(seconds)} s{after}")
            is_first = False
            try:
                interruption.wait(min(seconds, _PROGRESS_SECONDS))
            except InterruptedRunError as error:
                error.add_note(str(self._unsettled("the wait for that was ended")))
                raise
        return False

    def _unsettled(self, reason: str) -> StateError:
        for root in self._held:
            root.doubt()
        settles_at = self._settles_at()
        after = "" if settles_at is None else f" after {format_time(settles_at)}"
        return StateError(
            "everything that is known of is destroyed, but an earlier run was cut off, and what it began may still "
            f"appear: {reason}",
            object=self._session.target.identity.reference,
            type="Unsettled",
            fix=f"destroy again{after}; that looks once more",
            is_retryable=True,
        )

    def _find_unshown(self, root: ShootRoot[HeldRoot], plan: Plan) -> list[str]:
        """Return the addresses at which a plan takes away more than the one that was shown."""
        return [] if self._destroys else sorted(_taken_away(plan) - self._shown.get(root.name, Counter()))

    def _plan_rest(self, root: ShootRoot[HeldRoot], error: ProvisionError, touched: Sequence[Address]) -> Plan:
        held = root.root
        if is_throttled(error):
            rest = held.plan_again(touched, destroy=self._destroys)
        else:
            rest = held.plan(destroy=self._destroys)
        root.check(rest)
        return rest

    def _count_doubles(self, held: HeldRoot, before: State) -> None:
        """Have this run look at its end, or the next one, if an answer that was lost may have left something."""
        if self._destroys:
            return
        try:
            has_doubled = may_have_doubled(self._session.client, before, held.state())
        except ProvisionError:
            held.doubt()
            raise
        if has_doubled:
            held.doubt()

    def _look_after(self, error: ProvisionError, root: ShootRoot[HeldRoot]) -> tuple[Sequence[Address], bool]:
        """
        Adopt after a failure; return the addresses to be read again, and whether anything was found.

        That this fails as well must not hide the failure.
        """
        try:
            self.adopt(is_before_plan=False)
        except ProvisionError as second:
            error.add_note(f"and what it left behind could not be looked for: {second}")
            return (), False
        found = self.adopted[-1]
        return found.touched.get(root.name, ()), any(claim.root == root.name for claim in found.claims)


def _taken_away(plan: Plan) -> Counter[str]:
    """Return how many objects a plan takes away at each address: a double waits there for its deletion, too."""
    return Counter(change.address for change in plan.changes if change.takes_away)
