"""No run replaces or deletes an object in use without the operator's explicit consent."""

from __future__ import annotations

import json

from tests.e2e.conftest import ENTRY, EXAMPLE, open_bucket
from tests.e2e.other_user import VPC, other_user
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG

SHOOT = "shoot--demo--canary"


def without_database(shoot):
    del shoot["spec"]["provider"]["workers"][1]


def test_whole_pool_is_deleted_only_with_the_flag(provision):
    provision.begin_applied(EXAMPLE)
    file = provision.write("less.yaml", without_database)
    planned = provision("plan", file)
    assert (planned.code, "worker pool database would be deleted" in planned.err) == (2, True)

    refused = provision("apply", file)
    assert (refused.code, "--allow-replace" in refused.err, provision.counts()) == (3, True, EXPECTED)

    provision.ok("apply", file, "--allow-replace")
    assert provision.counts()["scaling_group"] == EXPECTED["scaling_group"] - 2


def test_zone_of_a_pool_needs_no_flag(provision):
    provision.begin_applied(EXAMPLE)

    def in_one_zone(shoot):
        shoot["spec"]["provider"]["workers"][1]["zones"].pop()

    provision.ok("apply", provision.write("zone.yaml", in_one_zone))
    assert provision.counts()["scaling_group"] == EXPECTED["scaling_group"] - 1


def test_destroy_needs_no_flag(provision):
    provision.begin_applied(EXAMPLE)
    provision.ok("destroy", EXAMPLE)
    assert provision.counts() == {}


@LONG
def test_double_in_a_state_goes_only_with_the_flag_while_something_uses_it(provision):
    """An older program may have taken what is in use for a double, and have noted it for deletion."""
    provision.begin_applied(EXAMPLE)
    with other_user(provision) as other:
        gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")["NatGatewayId"]
        eip = other.call(VPC, "AllocateEipAddress", InternetChargeType="PayByTraffic", Name=f"{SHOOT}-eip-natgw-z0")
        other.bind(eip, gateway)
    note_for_deletion(provision, eip["AllocationId"])
    held = provision.counts()
    planned = provision("plan", EXAMPLE)
    assert (planned.code, f"it holds or serves {gateway}" in planned.err) == (2, True)
    refused = provision("apply", EXAMPLE)
    assert (refused.code, "--allow-replace" in refused.err, provision.counts()) == (3, True, held)
    with other_user(provision) as other:
        other.unbind({**eip, "InstanceId": gateway})
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED


def note_for_deletion(provision, id):
    """Store a state in which an EIP is the deposed object of another one's address."""
    with open_bucket(provision) as store:
        newest = store.list(f"{ENTRY}/provisioner/infrastructure/state/")[-1].key
        state = json.loads(store.get(newest).body)
        (eips,) = (found for found in state["resources"] if found["type"] == "alicloud_eip_address")
        double = json.loads(json.dumps(eips["instances"][0]))
        double["attributes"]["id"], double["deposed"] = id, "00abcdef"
        eips["instances"].append(double)
        state["serial"] += 1
        folder, _, name = newest.rpartition("/")
        number = int(name.partition(".")[0]) + 1
        store.put_if_absent(f"{folder}/{number:010}.tfstate", json.dumps(state).encode(), {})
