"""
State unlock: take the lease from a run that will not give it back, and leave it free.

It is a take-over that does not wait for the expiry: the state sequence is sealed, so that a holder that lives after all
loses its next renewal and its next append. What it may have left in the cloud is for the next run to look for.
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
    """What became of one lease."""

    root: Root
    holder: LeaseEvent | None
    """Whose it was; None when it was free."""


def unlock_target(context: Context, target: ShootInput, roots: Sequence[Root]) -> list[Unlocked]:
    """
    Show who holds the leases of `roots`, ask, and free them.

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
    # Only what was shown is taken: another run may have waited for the expiry and be at work by now.
    take = session.lease_of(
        session.log(root), "unlock", is_holder_dead=lambda holder: holder.run == shown.run, is_forced=True
    )
    take().release_untouched()
