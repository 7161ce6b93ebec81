"""Status: what the newest states say of a shoot, without any contact to the cloud beyond the bucket."""

from __future__ import annotations

from provisioner.ids import INFRASTRUCTURE, ROOTS, WORKER
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.session import Session
from provisioner.run.shoot_status import ShootStatus, describe_states


def read_status(session: Session) -> ShootStatus:
    """
    Return what the newest states say.

    Raises:
        StateError: they belong elsewhere; or there are none, and the cloud holds objects of this shoot.
        CloudError: the cloud could not be asked.
    """
    if session.is_new_entry:
        FirstLook(session).require_known(ROOTS, ())
    infrastructure, worker = (session.stored_state(root).outputs for root in (INFRASTRUCTURE, WORKER))
    return describe_states(session, infrastructure, worker)
