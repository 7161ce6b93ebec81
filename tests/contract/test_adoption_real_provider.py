"""
A shoot whose states are lost, adopted and carried on by the unmodified aliyun/alicloud provider.

What adoption writes is little more than ids; that the provider completes it without wanting to replace anything is the
provider's behaviour, not ours, and shows with it alone.
"""

from __future__ import annotations

import pytest

from tests.contract.real_provider import MISSING, REAL_PROVIDER
from tests.e2e.conftest import ENTRY, EXAMPLE, Provision, open_bucket

pytestmark = [pytest.mark.skipif(not REAL_PROVIDER, reason=MISSING), pytest.mark.timeout(900)]
REAL = ("--provider", "real")


@pytest.fixture
def lost(tmp_path):
    """The example, made by the real provider, and every object below its entry deleted."""
    provision = Provision(tmp_path, environment={"PROVISION_REAL_PROVIDER": str(REAL_PROVIDER)})
    provision.ok("apply", EXAMPLE, *REAL)
    with open_bucket(provision) as store:
        store.delete([entry.key for entry in store.list(f"{ENTRY}/provisioner/")])
    return provision


def test_lost_states_are_made_whole_and_nothing_is_left_to_change(lost):
    held = lost.counts()
    adopted = lost.ok("adopt", EXAMPLE, "--yes", *REAL, "-o", "json").document
    assert len(adopted["found"]) == 34
    assert (adopted["infrastructure"]["changes"], adopted["worker"]["changes"]) == ([], [])
    planned = lost("plan", EXAMPLE, *REAL)
    assert planned.code == 0, planned.out + planned.err
    assert lost.ok("apply", EXAMPLE, *REAL, "-o", "json").document["changed"] == {}
    assert lost.counts() == held
    lost.ok("destroy", EXAMPLE, *REAL)
    assert lost.counts() == {}


def test_shoot_is_destroyed_right_after_its_lost_states_were_adopted(lost):
    lost.ok("adopt", EXAMPLE, "--yes", *REAL)
    lost.ok("destroy", EXAMPLE, *REAL)
    assert lost.counts() == {}
