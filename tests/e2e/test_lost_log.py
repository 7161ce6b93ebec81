"""A shoot that lives, and a log that does not know it: nothing is made a second time, and nothing is taken away."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.errors import StateError
from tests.e2e.before_build import QUESTIONS
from tests.e2e.conftest import ENTRY, EXAMPLE, Done, Provision, open_bucket
from tests.e2e.other_user import VPC, call_as_other_user, other_user
from tests.e2e.test_adopt import CLUSTER, ZONE, addresses, begin_a_run, lose
from tests.e2e.variants import Change, Documents, example, only_zones, put, take
from tests.spreads import spread

SSH_KEY = "canary.ssh-keypair"
READING = ("Describe", "List", "Get")
OTHER = "shoot--demo--canary--0c2a8c1e-0000-4000-8000-000000000002"
"""The entry of a new shoot of the same name."""


def write(provision: Provision, *changes: Change) -> Path:
    """Write the example, changed, and return the file."""
    documents = example()
    for change in changes:
        change(documents)
    path = provision.folder / "changed.yaml"
    path.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
    return path


def made_again(documents: Documents) -> None:
    """Give the shoot the uid of another one of its name."""
    documents["Shoot"]["status"]["uid"] = OTHER.removeprefix("shoot--demo--canary--")


def lose_bucket(provision: Provision) -> Path:
    """Return manifests that name a bucket which is not there."""
    return write(provision, put("BackupBucket/metadata/name", "demo-garden-backup"))


def lose_log(provision: Provision) -> Path:
    lose(provision)
    return EXAMPLE


def lose_infrastructure(provision: Provision) -> Path:
    lose(provision, only="/infrastructure/")
    return EXAMPLE


def lose_newest_versions(provision: Provision) -> Path:
    """Leave of each root its first version alone, and nothing that says how that run ended."""
    with open_bucket(provision) as store:
        found = [entry.key for entry in store.list(f"{ENTRY}/provisioner/")]
        store.delete([key for key in found if not key.endswith("state/0000000001.tfstate")])
    return EXAMPLE


LOSSES = [lose_bucket, lose_log, lose_infrastructure]


class Watched:
    """What becomes of the cloud from now on."""

    def __init__(self, provision: Provision) -> None:
        self._provision = provision
        self._begun = len(self._log())

    def asked(self) -> list[str]:
        """Return the actions that were called."""
        return self._log()[self._begun :]

    def changed(self) -> list[str]:
        """Return those that change something."""
        return [action for action in self.asked() if not action.startswith(READING)]

    def _log(self) -> list[str]:
        with closing(self._provision.cloud()) as cloud:
            return [record.action for record in cloud.access_log()]


def refusal(done: Done, type: str = "NotInState") -> dict[str, Any]:
    """Return the problem that a command was refused with."""
    assert done.code == 1, done.out + done.err
    (problem,) = done.document["error"]["problems"]
    assert problem["type"] == type, problem
    return dict(problem)


@pytest.fixture
def applied(provision: Provision) -> Provision:
    provision.begin_applied(EXAMPLE)
    return provision


@pytest.fixture
def keyless(provision: Provision) -> Provision:
    """Without an SSH key, whose name is taken, nothing in the cloud refuses a second network."""
    provision.begin_applied(write(provision, take(SSH_KEY)))
    return provision


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("loss", LOSSES)
def test_what_lives_and_is_in_no_state_is_listed_before_anything_is_changed(applied, command, loss):
    ids = {id for id in addresses(applied).values() if id.startswith(("ngw-", "eip-gw", "vsw-")) and ":" not in id}
    file = loss(applied)
    watched = Watched(applied)
    detail = refusal(applied(command, file, "-o", "json"))["detail"]
    assert watched.changed() == []
    assert {id for id in ids if id in detail} == ids
    assert "alicloud_nat_gateway ngw-" in detail
    assert "(shoot--demo--canary-natgw)" in detail


@pytest.mark.parametrize("loss", spread(LOSSES, 1))
def test_advice_taken_literally_leads_to_a_plan_without_changes(applied, loss):
    file = loss(applied)
    before = applied.counts()
    fix = refusal(applied("apply", file, "-o", "json"))["fix"]
    advised = re.search(r"`provision ([^`]+)`", fix)
    assert advised is not None
    applied.ok(*shlex.split(advised[1].replace("FILE...", str(file))))
    assert applied("plan", file).code == 0
    assert applied.ok("apply", file, "-o", "json").document["changed"] == {}
    assert applied.counts() == before


def test_no_second_network_is_made_where_the_cloud_would_let_it(keyless):
    lose_log(keyless)
    held = keyless.counts()
    refusal(keyless("apply", write(keyless, take(SSH_KEY)), "-o", "json"))
    assert keyless.counts() == held


def test_versions_without_any_event_are_made_good_by_what_there_is(keyless):
    """The end of their run is unknown: it counts as killed."""
    lose_newest_versions(keyless)
    held, file = keyless.counts(), write(keyless, take(SSH_KEY))
    assert not any(keyless.ok("apply", file, "-o", "json").document["changed"].values())
    assert keyless("plan", file).code == 0
    assert keyless.counts() == held


def test_first_apply_looks_with_five_calls(provision):
    watched = Watched(provision)
    provision("plan", EXAMPLE)
    apart = {"GetCallerIdentity", *QUESTIONS}
    assert sorted(action for action in watched.asked() if action not in apart) == [
        "DescribeEipAddresses",
        "DescribeKeyPairs",
        "DescribeScalingGroups",
        "DescribeVSwitches",
        "DescribeVpcs",
    ]


def test_plan_that_creates_nothing_does_not_look(applied):
    watched = Watched(applied)
    file = write(applied, put("Shoot/spec/provider/workers/0/maximum", 7))
    assert applied("plan", file).code == 2
    assert "DescribeVpcs" not in watched.asked()


def test_shoot_without_workers_does_not_look_again(provision):
    file = write(provision, put("Shoot/spec/provider/workers", []))
    provision.ok("apply", file)
    watched = Watched(provision)
    provision.ok("apply", file)
    assert "DescribeVpcs" not in watched.asked()


def test_pool_is_added_after_one_look(applied):
    documents = example()
    more = {**documents["Shoot"]["spec"]["provider"]["workers"][0], "name": "extra"}
    file = write(applied, lambda found: found["Shoot"]["spec"]["provider"]["workers"].append(more))
    applied.ok("apply", file)
    assert applied("plan", file).code == 0


def test_name_without_any_tag_is_enough_to_stop(provision):
    made = call_as_other_user(
        provision, VPC, "AllocateEipAddress", InternetChargeType="PayByTraffic", Name="shoot--demo--canary-eip-natgw-z0"
    )["AllocationId"]
    assert made in refusal(provision("apply", EXAMPLE, "-o", "json"))["detail"]


def test_types_of_the_root_that_creates_nothing_are_not_looked_at(applied):
    lose(applied, only="/worker/")
    documents = example()
    documents["Shoot"]["spec"]["provider"]["workers"] = []
    file = applied.folder / "no-workers.yaml"
    file.write_text(yaml.safe_dump_all(documents.values()))
    planned = applied("plan", file)
    assert (planned.code, "only outputs change" in planned.out) == (2, True)


def test_what_is_being_deleted_is_not_in_the_way(provision):
    with other_user(provision) as other:
        vpc_id = other.call(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
        other.available("DescribeVpcs", "Vpcs", "Vpc", VpcId=vpc_id)
        tag = {"ResourceType": "VPC", "ResourceId__1": vpc_id, "Tag__1__Key": CLUSTER, "Tag__1__Value": "1"}
        other.call(VPC, "TagResources", **tag)
        vswitch_id = other.a_vswitch(vpc_id, ZONE, "10.0.0.0/24")
        gateway = other.call(
            VPC, "CreateNatGateway", VpcId=vpc_id, VSwitchId=vswitch_id, Name="shoot--demo--canary-natgw"
        )
        other.available("DescribeNatGateways", "NatGateways", "NatGateway", NatGatewayId=gateway["NatGatewayId"])
    detail = refusal(provision("apply", EXAMPLE, "-o", "json"))["detail"]
    assert gateway["NatGatewayId"] in detail
    provision.ok("sandbox", "fault", "add", "vpc:*", "--kind", "slow-state", "--delay-ms", "60000")
    call_as_other_user(provision, VPC, "DeleteNatGateway", NatGatewayId=gateway["NatGatewayId"])
    assert gateway["NatGatewayId"] not in refusal(provision("apply", EXAMPLE, "-o", "json"))["detail"]


def test_run_after_one_that_was_killed_adopts_by_itself(applied):
    lose(applied)
    with open_bucket(applied) as store:
        begin_a_run(store, "infrastructure").release("failed")
    held = applied.counts()
    assert len(applied.ok("apply", EXAMPLE, "-o", "json").document["adopted"]) == 34
    assert applied.counts() == held


class TestAnotherOwner:
    """A shoot of the same name whose state is under another entry."""

    def test_entry_of_this_bucket_is_named_as_the_place_of_the_state(self, applied):
        held = applied.counts()
        for command in ("plan", "apply"):
            done = applied(command, write(applied, made_again))
            assert (done.code, ENTRY in done.err) == (3, True)
        assert applied.counts() == held

    def test_entry_of_this_bucket_cannot_be_set_aside(self, applied):
        held = applied.counts()
        done = applied("apply", write(applied, made_again), "--beside", ENTRY)
        assert (done.code, ENTRY in done.err) == (3, True)
        assert applied.counts() == held

    @pytest.fixture
    def elsewhere(self, keyless):
        """The other entry is not in this bucket, and there are no names that may exist only once."""
        lose(keyless)
        return keyless

    def one_network(self, provision: Provision, *changes: Change) -> Path:
        """Return manifests of the other shoot: its network alone."""
        return write(provision, made_again, take(SSH_KEY), put("Shoot/spec/provider/workers", []), *changes)

    @pytest.mark.parametrize("command", ["plan", "apply"])
    def test_unknown_entry_is_refused(self, elsewhere, command):
        held = elsewhere.counts()
        problem = refusal(elsewhere(command, self.one_network(elsewhere), "-o", "json"), "OtherOwner")
        assert ENTRY in problem["detail"]
        assert f"--beside {ENTRY}" in problem["fix"]
        assert elsewhere.counts() == held

    def test_mistyped_entry_sets_nothing_aside(self, elsewhere):
        held = elsewhere.counts()
        file = self.one_network(elsewhere)
        refusal(elsewhere("apply", file, "--beside", ENTRY[:-1], "-o", "json"), "OtherOwner")
        assert elsewhere.counts() == held

    def test_entry_is_set_aside_once_and_both_shoots_live_and_die_alone(self, elsewhere):
        held, file = elsewhere.counts(), self.one_network(elsewhere, only_zones("ab"))
        elsewhere.ok("apply", file, "--beside", ENTRY)
        assert elsewhere.counts()["vpc"] == 2 * held["vpc"]
        assert elsewhere("plan", file).code == 0
        file = self.one_network(elsewhere)
        assert elsewhere("plan", file).code == 2
        elsewhere.ok("apply", file)
        with open_bucket(elsewhere) as store:
            last = store.list(f"{OTHER}/provisioner/infrastructure/lock/")[-1].key
            assert json.loads(store.get(last).body)["beside"] == [ENTRY]
        elsewhere.ok("destroy", file)
        assert elsewhere.counts() == held

    def test_other_owners_objects_are_never_offered_to_adoption(self, elsewhere):
        refusal(elsewhere("adopt", self.one_network(elsewhere), "--yes", "-o", "json"), "OtherOwner")

    def test_destroy_without_a_state_names_the_other_owner(self, elsewhere):
        refused = elsewhere("destroy", self.one_network(elsewhere))
        assert (refused.code, ENTRY in refused.err) == (1, True)


def test_refused_run_creates_no_bucket(applied):
    """A bucket whose name is mistyped would be there from then on, and pass for the right one."""
    refusal(applied("apply", lose_bucket(applied), "-o", "json"))
    with open_bucket(applied, "demo-garden-backup") as store, pytest.raises(StateError, match="NoSuchBucket"):
        store.place()


def test_refused_run_leaves_no_trace_of_a_log(applied):
    """Else the entry that it named would be one of several from then on."""
    assert applied("apply", write(applied, made_again)).code == 3
    lose(applied)
    refusal(applied("apply", EXAMPLE, "-o", "json"))
    with open_bucket(applied) as store:
        assert list(store.list("shoot--demo--canary")) == []
    refusal(applied("apply", EXAMPLE, "-o", "json"))
