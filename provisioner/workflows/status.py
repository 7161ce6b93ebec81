"""Status: the shoot according to its newest states, without any contact to the cloud beyond the bucket."""

from __future__ import annotations

from provisioner.ids import INFRASTRUCTURE, ROOTS, WORKER
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.session import Session
from provisioner.run.shoot_status import ShootStatus, describe_states


def read_status(session: Session) -> ShootStatus:
    """
    Return the status from the newest states.

    Raises:
        StateError: they belong elsewhere; or there are none, and the cloud holds objects of this shoot.
        CloudError: the cloud did not answer.
    """
    if session.is_new_entry:
        FirstLook(session).require_known(ROOTS, ())
    infrastructure, worker = (session.stored_state(root).outputs for root in (INFRASTRUCTURE, WORKER))
    return describe_states(session, infrastructure, worker)
