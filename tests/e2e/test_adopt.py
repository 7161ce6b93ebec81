"""`provision adopt` shows objects that no state lists, and records them when the operator says so."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from datetime import timedelta

import pytest
import yaml

from provisioner.ids import EntryName
from provisioner.state import Lease, StateLog
from provisioner.translate.names import owner_description
from tests.e2e.conftest import ENTRY, EXAMPLE, Provision, open_bucket
from tests.e2e.other_user import ESS, VPC, call_as_other_user, other_user
from tests.e2e.variants import example, only_zones
from tests.spreads import LONG

ZONE = "eu-central-1a"
CLUSTER = "kubernetes.io/cluster/shoot--demo--canary"


def keys(provision: Provision, prefix: str = f"{ENTRY}/provisioner/") -> list[str]:
    with open_bucket(provision) as store:
        return [entry.key for entry in store.list(prefix)]


def lose(provision: Provision, *, only: str = "") -> None:
    """Delete everything below the entry, or only what has `only` in its key."""
    with open_bucket(provision) as store:
        store.delete([key.key for key in store.list(f"{ENTRY}/provisioner/") if only in key.key])


def addresses(provision: Provision) -> dict[str, str]:
    """Return the id by address, from the newest states."""
    listed = provision.ok("state", "list", EXAMPLE, "-o", "json").document
    return {item["address"]: item["id"] for item in listed["resources"]}


@pytest.fixture
def applied(provision: Provision) -> Provision:
    provision.begin_applied(EXAMPLE)
    return provision


@pytest.fixture
def lost(applied: Provision) -> Provision:
    lose(applied)
    return applied


def test_nothing_is_found_where_the_state_lists_everything(applied):
    done = applied("adopt", EXAMPLE)
    assert (done.code, done.out) == (0, "shoot--demo--canary: the cloud holds nothing that is in no state\n")


def test_nothing_is_found_before_there_is_anything_not_even_a_bucket(provision):
    done = provision("adopt", EXAMPLE, "--yes", "-o", "json")
    assert (done.code, done.document["found"], done.document["recorded"]) == (0, [], False)


def test_dry_run_shows_what_no_state_lists_and_why(lost):
    done = lost("adopt", EXAMPLE, "-o", "json")
    assert done.code == 2
    assert Counter((item["root"], item["proof"], item["surplus"]) for item in done.document["found"]) == {
        ("infrastructure", "owner tag", False): 10,
        ("infrastructure", "parent", False): 14,
        ("worker", "owner tag", False): 5,
        ("worker", "parent", False): 5,
    }
    assert (done.document["recorded"], done.document["leftAlone"]) == (False, [])


def test_dry_run_writes_nothing(lost):
    lost("adopt", EXAMPLE)
    assert keys(lost) == []


def test_dry_run_has_one_line_for_each_object_and_says_what_to_do(lost):
    lines = lost("adopt", EXAMPLE).out.splitlines()
    vpc = next(line for line in lines if line.startswith("alicloud_vpc "))
    assert vpc.split()[2:] == ["shoot--demo--canary-vpc", "module.infrastructure.alicloud_vpc.this[0]", "owner", "tag"]
    assert (len(lines), lines[-1]) == (36, "shoot--demo--canary: 34 in no state; `provision adopt --yes` records them")


def test_yaml_is_the_same_document(lost):
    as_json = lost("adopt", EXAMPLE, "-o", "json").document
    assert yaml.safe_load(lost("adopt", EXAMPLE, "-o", "yaml").out) == as_json


def test_look_at_the_example_takes_nineteen_calls(lost):
    with closing(lost.cloud()) as cloud:
        before = len(cloud.access_log())
        lost("adopt", EXAMPLE)
        asked = Counter(record.action for record in cloud.access_log()[before:])
    assert (asked.total(), asked["DescribeScalingConfigurations"], asked["ListTagResources"]) == (19, 5, 2)


def test_lost_state_is_made_whole(provision, engine):
    """Nothing is replaced, moved or even changed: each address has the object that it had."""
    provision.engine = engine
    provision.begin_applied(EXAMPLE)
    before, held = addresses(provision), provision.counts()
    lose(provision)
    adopted = provision.ok("adopt", EXAMPLE, "--yes", "-o", "json").document
    assert (adopted["recorded"], len(adopted["found"])) == (True, 34)
    assert (adopted["infrastructure"]["hasChanges"], adopted["worker"]["hasChanges"]) == (False, False)
    assert addresses(provision) == before
    assert provision("plan", EXAMPLE).code == 0
    assert provision.ok("apply", EXAMPLE, "-o", "json").document["changed"] == {}
    assert provision.counts() == held


def test_status_is_known_again(applied):
    before = applied.ok("status", EXAMPLE, "-o", "json").document
    lose(applied)
    applied.ok("adopt", EXAMPLE, "--yes")
    assert applied.ok("status", EXAMPLE, "-o", "json").document == before


@pytest.mark.parametrize("root", ["infrastructure", pytest.param("worker", marks=LONG)])
def test_state_of_one_root_can_be_lost_alone(applied, root):
    before = addresses(applied)
    lose(applied, only=f"/{root}/")
    applied.ok("adopt", EXAMPLE, "--yes")
    assert addresses(applied) == before
    assert applied("plan", EXAMPLE).code == 0


def test_sandbox_does_not_say_yes(lost):
    """`--sandbox` never asks, but recording is a decision."""
    assert lost("adopt", EXAMPLE).code == 2
    assert keys(lost) == []


@LONG
def test_group_keeps_the_size_that_an_autoscaler_gave_it(applied):
    group = addresses(applied)[f'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["{ZONE}"]']
    call_as_other_user(applied, ESS, "ModifyScalingGroup", ScalingGroupId=group, DesiredCapacity="2")
    lose(applied)
    applied.ok("adopt", EXAMPLE, "--yes")
    assert applied("plan", EXAMPLE).code == 0


def test_user_data_stays_masked(lost):
    lost.ok("adopt", EXAMPLE, "--yes")
    shown = lost.ok("state", "show", EXAMPLE, "-o", "json").out
    assert "(sensitive value)" in shown
    assert "A node of pool" not in shown
    assert "I2Nsb3VkLWNvbmZpZw" not in shown


def test_adopted_shoot_can_be_destroyed(lost):
    lost.ok("adopt", EXAMPLE, "--yes")
    lost.ok("destroy", EXAMPLE)
    assert lost.counts() == {}


def test_destroy_without_any_trace_of_a_state_says_what_there_is_and_what_to_do(lost):
    held = lost.counts()
    refused = lost("destroy", EXAMPLE)
    assert (refused.code, lost.counts()) == (1, held)
    assert "there is no state of shoot--demo--canary" in refused.err
    assert "alicloud_vpc vpc-" in refused.err
    assert "provision adopt" in refused.err


def test_destroy_finds_by_itself_what_the_lost_versions_listed(applied):
    """
    The lease's events tell that there was a run. The rule for pods, whose range a destroy does not know, goes with its
    group.
    """
    lose(applied, only="/state/")
    destroyed = applied.ok("destroy", EXAMPLE, "-o", "json").document
    assert (len(destroyed["adopted"]), destroyed["unproven"], applied.counts()) == (33, [], {})


def test_objects_of_another_owner_of_the_same_name_are_left_alone(applied):
    other = applied.write("other.yaml", lambda shoot: shoot["status"].update(uid="another-uid"))
    done = applied("adopt", other, "--yes")
    assert (done.code, ENTRY in done.err) == (3, True)
    assert keys(applied, "shoot--demo--canary--another-uid") == []


class TestDouble:
    """An EIP of the shoot's beside the one that the state lists."""

    address = f'module.infrastructure.alicloud_eip_address.nat["{ZONE}"]'

    def make(self, provision: Provision) -> str:
        with other_user(provision) as other:
            made: str = other.call(VPC, "AllocateEipAddress", InternetChargeType="PayByTraffic")["AllocationId"]
            tags = {"provisioner/owner": ENTRY, "provisioner/key": f"eip/{ZONE}", CLUSTER: "1"}
            for key, value in tags.items():
                given = {"ResourceType": "EIP", "ResourceId__1": made, "Tag__1__Key": key, "Tag__1__Value": value}
                other.call(VPC, "TagResources", **given)
            return made

    def test_that_a_killed_run_made_is_shown_and_deleted_by_the_next_apply(self, applied):
        held = applied.counts()
        with open_bucket(applied) as store:
            begin_a_run(store, "infrastructure").release("failed")
        made = self.make(applied)
        done = applied.ok("apply", EXAMPLE, "-o", "json")
        assert f"Adopting alicloud_eip_address {made} as surplus at {self.address}, to be deleted" in done.err
        assert f"- {self.address}" in done.err
        assert applied.counts() == held

    @LONG
    def test_that_is_in_use_is_left_alone_by_every_run_and_named(self, applied):
        with open_bucket(applied) as store:
            begin_a_run(store, "infrastructure").release("failed")
        made = self.make(applied)
        with other_user(applied) as other:
            gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")["NatGatewayId"]
            other.bind({"AllocationId": made}, gateway)
        held = applied.counts()
        for _ in range(2):
            left = applied("apply", EXAMPLE, "-o", "json")
            assert (left.code, left.document["error"]["type"]) == (1, "LeftBehind")
            assert f"{made}, which holds or serves {gateway}" in left.document["error"]["message"]
            assert applied.counts() == held
        assert applied("plan", EXAMPLE).code == 0

    def test_that_no_killed_run_can_have_made_is_for_the_operator(self, applied):
        made = self.make(applied)
        held = applied.counts()
        for options in ((), ("--yes",)):
            found = applied("adopt", EXAMPLE, *options, "-o", "json")
            assert (found.code, found.document["found"]) == (2, [])
            (double,) = found.document["doubles"]
            assert (double["id"], double["address"]) == (made, self.address)
        assert "surplus: left alone, it is older than any run that may have left it" in applied("adopt", EXAMPLE).out
        assert applied.counts() == held

    @LONG
    def test_stands_in_no_way_but_the_run_that_saw_it_fails(self, provision):
        smaller = provision.folder / "smaller.yaml"
        documents = example()
        only_zones("ab")(documents)
        smaller.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
        provision.begin_applied(smaller)
        made = self.make(provision)
        left = provision("apply", EXAMPLE, "-o", "json")
        assert (left.code, left.document["error"]["type"]) == (1, "LeftBehind")
        assert made in left.document["error"]["message"]
        assert provision("plan", EXAMPLE).code == 0
        with open_bucket(provision) as store:
            last = store.list(f"{ENTRY}/provisioner/infrastructure/lock/")[-1].key
            assert json.loads(store.get(last).body)["outcome"] == "failed"

    def test_goes_with_the_whole_shoot(self, applied):
        self.make(applied)
        applied.ok("destroy", EXAMPLE)
        assert applied.counts() == {}


class TestUnproven:
    """What has the cluster's tag or a name of the shoot, but no owner."""

    @pytest.fixture
    def unowned(self, applied):
        vpc_id = addresses(applied)["module.infrastructure.alicloud_vpc.this[0]"]
        call_as_other_user(
            applied, VPC, "UnTagResources", ResourceType="VPC", ResourceId__1=vpc_id, TagKey__1="provisioner/owner"
        )
        lose(applied)
        return applied

    def test_is_shown_as_such(self, unowned):
        found = unowned("adopt", EXAMPLE, "-o", "json").document["found"]
        assert [item["type"] for item in found if item["proof"] == "none"] == ["alicloud_vpc"]
        assert "no proof: cluster tag, name or manifest only" in unowned("adopt", EXAMPLE).out

    @LONG
    def test_is_recorded_on_demand_and_gets_its_owner_tag_by_the_next_apply(self, unowned):
        unowned.ok("adopt", EXAMPLE, "--yes")
        plan = unowned("plan", EXAMPLE, "-o", "json")
        assert plan.actions("infrastructure") == {"module.infrastructure.alicloud_vpc.this[0]": "update"}
        unowned.ok("apply", EXAMPLE)
        assert unowned("plan", EXAMPLE).code == 0

    def test_is_left_alone_and_named_by_an_apply_after_a_run_that_failed(self, applied):
        made = call_as_other_user(applied, VPC, "AllocateEipAddress", InternetChargeType="PayByTraffic")["AllocationId"]
        tag = {"Tag.1.Key": CLUSTER, "Tag.1.Value": "1"}
        call_as_other_user(applied, VPC, "TagResources", **{"ResourceType": "EIP", "ResourceId.1": made, **tag})
        with open_bucket(applied) as store:
            begin_a_run(store, "infrastructure").release("failed")
        held = applied.counts()
        again = applied.ok("apply", EXAMPLE, "-o", "json")
        assert again.document["unproven"] == [{"type": "alicloud_eip_address", "id": made, "name": ""}]
        assert f"alicloud_eip_address {made} exists, is in no state and is not proven to be this shoot's" in again.err
        assert applied.counts() == held

    def test_one_too_many_is_left_alone_even_then(self, applied):
        made = call_as_other_user(applied, VPC, "AllocateEipAddress", InternetChargeType="PayByTraffic")["AllocationId"]
        name = "shoot--demo--canary-eip-natgw-z0"
        call_as_other_user(applied, VPC, "ModifyEipAddressAttribute", AllocationId=made, Name=name)
        done = applied("adopt", EXAMPLE, "--yes", "-o", "json")
        assert (done.code, done.document["found"]) == (0, [])
        assert done.document["leftAlone"] == [{"type": "alicloud_eip_address", "id": made, "name": name}]


class TestBornOwned:
    """EIPs that were killed before they got a tag: named as the shoot's, and as new as its unclean run."""

    name = "shoot--demo--canary-eip-natgw-z0"

    def make(self, provision: Provision, owner: str) -> str:
        with open_bucket(provision) as store:
            begin_a_run(store, "infrastructure").release("failed")
        described = {"Description": owner_description(EntryName(owner))} if owner else {}
        given = {"InternetChargeType": "PayByTraffic", "Name": self.name, **described}
        made: str = call_as_other_user(provision, VPC, "AllocateEipAddress", **given)["AllocationId"]
        return made

    def test_every_object_that_is_tagged_later_is_created_with_its_owner(self, applied):
        with other_user(applied) as other:
            gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")
            vswitches = other.call(VPC, "DescribeVSwitches", PageSize=50)["VSwitches"]["VSwitch"]
            eips = other.call(VPC, "DescribeEipAddresses", PageSize=50)["EipAddresses"]["EipAddress"]
        assert {row["Description"] for row in (gateway, *vswitches, *eips)} == {f"provisioner-owner_{ENTRY}"}

    def test_that_says_so_is_the_shoots_and_one_too_many(self, applied):
        held = applied.counts()
        made = self.make(applied, ENTRY)
        done = applied.ok("apply", EXAMPLE)
        assert f"Adopting alicloud_eip_address {made} ({self.name}) as surplus" in done.err + done.out
        assert applied.counts() == held

    def test_that_says_nothing_is_left_alone_and_named(self, applied):
        """A version before descriptions left it, or another landscape's does: name and age prove nothing."""
        made = self.make(applied, "")
        held = applied.counts()
        done = applied.ok("apply", EXAMPLE, "-o", "json")
        assert done.document["unproven"] == [{"type": "alicloud_eip_address", "id": made, "name": self.name}]
        assert applied.counts() == held

    def test_of_another_landscape_stays_when_the_shoot_of_the_same_name_is_destroyed(self, applied):
        self.make(applied, "shoot--demo--canary--another-uid")
        applied.ok("destroy", EXAMPLE)
        assert applied.counts() == {"eip": 1}


def begin_a_run(store, root):
    """Take a lease as a run on another machine does."""
    log = StateLog(store, ENTRY, root)
    return Lease.acquire(log, "run-other", "apply", "other-host", timedelta(minutes=5), renewing=False)


def test_recording_waits_for_no_other_run(lost):
    with open_bucket(lost) as store:
        begin_a_run(store, "infrastructure")
    refused = lost("adopt", EXAMPLE, "--yes")
    assert (refused.code, "run run-other on other-host holds the state" in refused.err) == (4, True)


def test_recorded_state_is_vouched_for(lost):
    lost.ok("adopt", EXAMPLE, "--yes")
    with open_bucket(lost) as store:
        for root in ("infrastructure", "worker"):
            last = store.list(f"{ENTRY}/provisioner/{root}/lock/")[-1].key
            event = json.loads(store.get(last).body)
            assert (event["event"], event["operation"], event["outcome"]) == ("release", "adopt", "clean")
