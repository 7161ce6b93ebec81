"""
State unlock: take the lease from a run that does not give it back, and free it.

It is a take-over that does not wait for the expiry: it seals the state sequence, so that the next renewal and the next
append of a holder that is still alive fail. The next run looks for objects that the holder may have left in the cloud.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.ids import Root
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.state import LeaseEvent
from provisioner.state.chain import newest_event


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The result for one lease."""

    root: Root
    holder: LeaseEvent | None
    """The newest event of the run that held it; None if the lease was free."""


def unlock_target(context: Context, target: ShootInput, roots: Sequence[Root]) -> list[Unlocked]:
    """
    Show which runs hold the leases of `roots`, ask, and free the leases.

    Raises:
        StateLockedError: meanwhile another run took a lease, rightly.
        StateError, CloudError, ConsentError, InterruptedRunError
    """
    session = Session.open(context, target, create_bucket=False)
    holders = {root: _find_holder(session, root) for root in roots}
    held = {root: holder for root, holder in holders.items() if holder is not None}
    for root, holder in held.items():
        context.reporter.step(f"{root}: {holder.describe()}")
    if held:
        context.require_consent(
            "Take the lease from the run above? If it is still working, it will be stopped.", "yes", target
        )
    for root, holder in held.items():
        _free(session, root, holder)
    return [Unlocked(root, holder) for root, holder in holders.items()]


def _find_holder(session: Session, root: Root) -> LeaseEvent | None:
    event = newest_event(session.log(root))
    return None if event is None or event.is_free else event


def _free(session: Session, root: Root, shown: LeaseEvent) -> None:
    # Take the lease only from the shown run: another run may have waited for the expiry and be working by now.
    take = session.lease_of(
        session.log(root), "unlock", is_holder_dead=lambda holder: holder.run == shown.run, is_forced=True
    )
    take().release_untouched()
