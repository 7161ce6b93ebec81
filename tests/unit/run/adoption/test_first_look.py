"""What a run accepts of another entry's objects before it founds a log."""

from __future__ import annotations

import pytest

from provisioner.errors import StateError
from provisioner.ids import INFRASTRUCTURE, ROOTS, Root
from provisioner.objectstore import MemoryStore
from provisioner.run.adoption.first_look import FirstLook
from provisioner.state import Lease, StateLog
from provisioner.translate.names import cluster_tag
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.shoot_stand_ins import ENTRY, ID, Shoot

FORMER = "shoot--foo--bar--uid-2"


@pytest.fixture
def shoot(simulated: SimulatedAccount) -> Shoot:  # noqa: F811
    """Return a shoot whose entry is there, beside a VPC of an entry that is in another bucket."""
    shoot, store = Shoot(simulated), MemoryStore()
    mark = {"Tag__1__Key": cluster_tag(ID), "Tag__1__Value": "1"}
    owner = {"Tag__2__Key": "provisioner/owner", "Tag__2__Value": FORMER}
    simulated.account.a_vpc(VpcName=f"{ID}-vpc", **mark, **owner)

    def log(root: Root) -> StateLog:
        return StateLog(store, ENTRY, root)

    shoot.session.store, shoot.session.log = store, log
    shoot.session.is_new_entry, shoot.session.run_id = False, "run-2"
    return shoot


def test_log_of_a_root_does_not_begin_beside_an_unknown_entry(shoot):
    with pytest.raises(StateError, match=FORMER):
        FirstLook(shoot.session).before_first_event(ROOTS)


def test_log_of_a_root_begins_beside_an_entry_that_the_other_roots_log_has_set_aside(shoot):
    lease = Lease.acquire(shoot.session.log(INFRASTRUCTURE), "run-1", "apply", "host", renewing=False)
    lease.notes.set_aside(FORMER)
    lease.release("clean")
    FirstLook(shoot.session).before_first_event(ROOTS)
