"""
What the Alicloud extension gets wrong, and what happens here instead: docs/differences.md has the list.

Only what no other test shows is here.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.e2e.conftest import Provision
from tests.e2e.network_variants import new_with_table
from tests.e2e.other_user import ESS, VPC, call_as_other_user, other_user
from tests.e2e.shoot_sandbox import ShootSandbox
from tests.e2e.variants import (
    POOLS,
    ZONES,
    Change,
    append,
    as_it_is,
    infrastructure_object,
    put,
    seed_objects,
    volume,
    zone,
)
from tests.spreads import LONG, spread

CLUSTER = "kubernetes.io/cluster/shoot--demo--canary"
ZONE_TYPES = ("alicloud_vswitch", "alicloud_eip_address", "alicloud_eip_association", "alicloud_snat_entry")
TAGGED = {"vpc", "vswitch", "nat_gateway", "eip", "security_group", "key_pair", "scaling_group"}

FORMS: dict[str, tuple[Change, tuple[str, ...]]] = {
    "shoot": (as_it_is, ("infrastructure", "worker")),
    "objects of a seed": (seed_objects, ("infrastructure", "worker")),
    "Infrastructure alone": (infrastructure_object, ("infrastructure",)),
}
"""How a shoot can be given to a destroy, and the roots it has then."""


@pytest.fixture
def place(provision: Provision) -> ShootSandbox:
    """Return an empty sandbox."""
    return ShootSandbox(provision)


@pytest.fixture
def applied(request: pytest.FixtureRequest, place: ShootSandbox) -> ShootSandbox:
    """Return a sandbox as an apply left it, of a Shoot unless the test says otherwise."""
    place.provision.begin_applied(place.write(FORMS[getattr(request, "param", "shoot")][0]))
    return place


every_form = pytest.mark.parametrize(
    ("applied", "roots"),
    [
        pytest.param(name, roots, marks=() if name == "objects of a seed" else LONG)
        for name, (_, roots) in FORMS.items()
    ],
    indirect=["applied"],
    ids=list(FORMS),
)


@every_form
class TestDestroyWithoutState:
    """The extension's delete succeeds without having deleted anything when its state is missing or empty."""

    def test_missing_state_is_an_error_that_lists_what_there_is(self, applied, roots):
        held = applied.provision.counts()
        applied.lose()
        refused = applied.provision("destroy", applied.file)
        assert (refused.code, applied.provision.counts()) == (1, held)
        assert "there is no state of shoot--demo--canary" in refused.err
        assert "alicloud_vpc vpc-" in refused.err
        assert "alicloud_eip_address eip-" in refused.err

    def test_state_whose_versions_were_lost_is_found_again(self, applied, roots):
        applied.lose("/state/")
        applied.provision.ok("destroy", applied.file)
        assert applied.provision.counts() == {}

    def test_emptied_state_proves_nothing(self, applied, roots):
        applied.empty(*roots)
        applied.provision.ok("destroy", applied.file)
        assert applied.provision.counts() == {}

    def test_objects_without_proof_that_they_are_the_shoots_are_no_success(self, applied, roots):
        with other_user(applied.provision) as other:
            vpc_id = other.the("DescribeVpcs", "Vpcs", "Vpc")["VpcId"]
            other.call(VPC, "UnTagResources", ResourceType="VPC", ResourceId__1=vpc_id, TagKey__1="provisioner/owner")
        applied.empty(*roots)
        error = applied.document("destroy", applied.file)["error"]
        assert (error["type"], vpc_id in error["message"]) == ("LeftBehind", True)

    @pytest.mark.parametrize("types", [ZONE_TYPES, ("alicloud_eip_address",)], ids=["zone", "EIP"])
    def test_zone_that_the_state_forgot_goes_with_its_eip(self, applied, roots, types):
        """The extension releases only EIPs of zones whose vSwitch its state knows."""
        applied.forget("infrastructure", *types)
        applied.provision.ok("destroy", applied.file)
        assert applied.provision.counts() == {}


@pytest.mark.parametrize("root", ["infrastructure", "worker"])
def test_shoot_of_which_one_state_was_emptied_is_destroyed_as_a_whole(applied, root):
    applied.empty(root)
    applied.provision.ok("destroy", applied.file)
    assert applied.provision.counts() == {}


@pytest.mark.parametrize("applied", ["Infrastructure alone"], indirect=True)
class TestEipOfAZoneWhoseVswitchIsGone:
    """Nothing leads to it but its own tags."""

    @pytest.fixture
    def eip(self, applied):
        applied.delete_all_but_the_eip()
        applied.forget("infrastructure", *ZONE_TYPES)
        (eip,) = applied.eips()
        return eip["AllocationId"]

    def test_adopt_finds_it_and_its_zone(self, applied, eip):
        found = {item["id"]: item["address"] for item in applied.document("adopt", applied.file)["found"]}
        assert found == {eip: 'module.infrastructure.alicloud_eip_address.nat["eu-central-1a"]'}

    def test_destroy_without_state_lists_it(self, applied, eip):
        applied.lose()
        assert f"alicloud_eip_address {eip}" in applied.document("destroy", applied.file)["error"]["message"]

    def test_destroy_releases_it(self, applied, eip):
        applied.provision.ok("destroy", applied.file)
        assert applied.eips() == []


@pytest.mark.parametrize("applied", ["objects of a seed"], indirect=True)
class TestDestroyOfOneOfTwo:
    """Infrastructure and Worker of one shoot, each destroyed by a manifest of its own."""

    def test_worker_whose_state_was_emptied_is_found(self, applied):
        applied.empty("worker")
        applied.provision.ok("destroy", applied.without("Infrastructure"))
        assert not applied.provision.counts().keys() & {"scaling_group", "scaling_configuration", "instance"}
        applied.provision.ok("destroy", applied.without("Worker"))
        assert applied.provision.counts() == {}

    def test_worker_whose_state_is_missing_is_no_success(self, applied):
        held = applied.provision.counts()
        applied.lose("/worker/")
        refused = applied.provision("destroy", applied.without("Infrastructure"))
        assert (refused.code, applied.provision.counts()) == (1, held)
        assert "alicloud_ess_scaling_group asg-" in refused.err

    def test_group_that_the_state_of_the_worker_forgot_is_found(self, applied):
        applied.forget("worker", "alicloud_ess_scaling_group", "alicloud_ess_scaling_configuration")
        applied.provision.ok("destroy", applied.without("Infrastructure"))
        assert "scaling_group" not in applied.provision.counts()

    @pytest.mark.parametrize("is_missing", [False, True])
    def test_infrastructure_stays_whole_while_a_worker_that_no_state_knows_is_in_it(self, applied, is_missing):
        held = applied.provision.counts()
        if is_missing:
            applied.lose("/worker/")
        else:
            applied.empty("worker")
        refused = applied.provision("destroy", applied.without("Worker"))
        assert (refused.code, applied.provision.counts()) == (3, held)
        assert "destroy the Worker first" in refused.err


class TestForeignTags:
    """The extension removes every tag that it does not know, at each reconcile."""

    @pytest.fixture
    def tagged(self, applied):
        applied.tag_everything("cost-centre", "4711")
        return applied

    def survivors(self, place):
        return place.kinds_tagged("cost-centre", "4711")

    def test_are_no_change(self, tagged):
        assert tagged.provision("plan", tagged.file).code == 0

    def test_survive_an_apply_that_has_nothing_to_do(self, tagged):
        assert tagged.provision.ok("apply", tagged.file, "-o", "json").document["changed"] == {}
        assert self.survivors(tagged) == TAGGED

    @LONG
    def test_are_known_from_then_on(self, tagged):
        """So that later plans need no second look."""
        tagged.provision.ok("apply", tagged.file)
        with closing(tagged.provision.cloud()) as cloud:
            before = len(cloud.access_log())
            assert tagged.provision("plan", tagged.file).code == 0
            asked = [record.action for record in cloud.access_log()[before:]]
        assert asked.count("DescribeNatGateways") <= 1

    def test_survive_an_update(self, tagged):
        more = append(ZONES, zone("eu-central-1b", "10.250.32.0/19"))
        file = tagged.write(more, put(f"{POOLS}/0/maximum", 9))
        assert set(tagged.provision.ok("apply", file, "-o", "json").document["changed"]) == {"infrastructure", "worker"}
        assert self.survivors(tagged) == TAGGED - {"vswitch", "eip"}  # those of the new zone never had it
        assert tagged.provision("plan", file).code == 0

    @LONG
    def test_survive_an_adoption(self, tagged):
        tagged.lose()
        tagged.provision.ok("adopt", tagged.file, "--yes")
        tagged.provision.ok("apply", tagged.file)
        assert self.survivors(tagged) == TAGGED

    @LONG
    def test_do_not_come_back_after_they_were_removed(self, tagged):
        tagged.provision.ok("apply", tagged.file)
        tagged.untag_everything("cost-centre")
        assert tagged.provision("plan", tagged.file).code == 0
        tagged.provision.ok("apply", tagged.file)
        assert not tagged.is_anything_tagged("cost-centre")

    @LONG
    def test_stay_while_a_tag_of_the_shoots_is_restored(self, tagged):
        tagged.untag_everything(CLUSTER)
        tagged.provision.ok("apply", tagged.file)
        assert (self.survivors(tagged), tagged.kinds_tagged(CLUSTER, "1")) == (TAGGED, TAGGED)


def test_disk_of_one_tebibyte_has_1024_gibibytes(place):
    """The extension takes `1Ti` for one GiB."""
    place.provision.ok("apply", place.write(put(f"{POOLS}/0/dataVolumes", [volume("data", "1Ti")])))
    answer = call_as_other_user(place.provision, ESS, "DescribeScalingConfigurations")
    disks = [row["DataDisks"]["DataDisk"] for row in answer["ScalingConfigurations"]["ScalingConfiguration"]]
    assert 1024 in [disk["Size"] for of_one in disks for disk in of_one]


class TestFirstRunThatFails:
    """The extension dies of the status that it cannot write, instead of telling what went wrong."""

    def test_before_anything_exists_it_tells_the_error_and_there_is_a_status(self, place):
        for product in ("vpc", "ecs"):
            place.provision.ok("sandbox", "fault", "add", f"{product}:*", "--kind", "quota")
        error = place.document("apply", place.write())["error"]
        assert (error["codes"], "QuotaExceeded.Vpc" in error["message"]) == (["ERR_INFRA_QUOTA_EXCEEDED"], True)
        status = place.provision.ok("status", place.file, "-o", "json").document
        assert (status["infrastructureStatus"], status["workerStatus"], status["egressCIDRs"]) == (None, None, [])

    def test_half_way_the_status_has_what_exists(self, place):
        place.provision.ok("sandbox", "fault", "add", "CreateSecurityGroup", "--kind", "quota")
        assert place.provision("apply", place.write()).code == 5
        with other_user(place.provision) as other:
            vpc_id = other.the("DescribeVpcs", "Vpcs", "Vpc")["VpcId"]
        status = place.provision.ok("status", place.file, "-o", "json").document
        assert status["infrastructureStatus"]["vpc"]["id"] == vpc_id

    def test_it_goes_through_later_and_away_without_a_trace(self, place):
        place.provision.ok("sandbox", "fault", "add", "CreateVpc", "--kind", "quota")
        assert place.provision("apply", place.write()).code == 5
        place.provision.ok("sandbox", "fault", "clear")
        place.provision.ok("apply", place.file)
        place.provision.ok("destroy", place.file)
        assert place.provision.counts() == {}


class TestStatus:
    def test_egress_addresses_are_gone_with_the_last_eip(self, applied):
        before = applied.provision.ok("status", applied.file, "-o", "json").document
        assert len(before["egressCIDRs"]) == 1
        applied.provision.ok("destroy", applied.file)
        after = applied.provision.ok("status", applied.file, "-o", "json").document
        assert (after["egressCIDRs"], after["infrastructureStatus"]) == ([], None)

    def test_zones_are_in_one_order_whatever_the_manifest_has(self, place):
        zones = [zone(f"eu-central-1{letter}", f"10.250.{32 * number}.0/19") for number, letter in enumerate("cab")]
        applied = place.provision.ok("apply", place.write(put(ZONES, zones)), "-o", "json").document
        listed = [vswitch["zone"] for vswitch in applied["infrastructureStatus"]["vpc"]["vswitches"]]
        assert listed == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
        ips = {row["Name"][-1]: row["IpAddress"] for row in place.eips()}
        assert applied["egressCIDRs"] == [f"{ips[position]}/32" for position in "120"]


@pytest.mark.parametrize("action", spread(["CreateVSwitch", "CreateSecurityGroup", "CreateScalingGroup"], 1))
class TestWhatWasJustMadeIsNotFoundYet:
    """The extension calls each `*.NotFound` a problem of the Shoot, after which gardenlet stops."""

    def test_once_is_survived(self, place, action):
        fault = ("sandbox", "fault", "add", action, "--kind", "throttling", "--code", "InvalidVpcId.NotFound")
        place.provision.ok(*fault, "--times", "1")
        place.provision.ok("apply", place.write())
        assert place.provision("plan", place.file).code == 0

    def test_for_good_is_no_problem_of_the_shoot(self, place, action):
        place.provision.ok(
            "sandbox", "fault", "add", action, "--kind", "throttling", "--code", "InvalidVSwitchId.NotFound"
        )
        error = place.document("apply", place.write())["error"]
        assert (error["codes"], error["retryable"]) == (["ERR_RETRYABLE_INFRA_DEPENDENCIES"], True)


def test_service_that_is_busy_ends_in_a_code_after_which_gardenlet_tries_again(place):
    place.provision.ok(
        "sandbox", "fault", "add", "CreateScalingGroup", "--kind", "throttling", "--code", "OperationConflict"
    )
    error = place.document("apply", place.write())["error"]
    assert (error["cloudCode"], error["codes"]) == ("OperationConflict", ["ERR_RETRYABLE_INFRA_DEPENDENCIES"])


class TestZoneThatLostItsWayOut:
    def test_eip_is_made_again_and_reported(self, applied):
        applied.delete_eip()
        done = applied.provision.ok("apply", applied.file, "-o", "json").document
        (eip,) = applied.eips()
        assert (eip["Status"], done["egressCIDRs"]) == ("InUse", [f"{eip['IpAddress']}/32"])
        assert applied.provision("plan", applied.file).code == 0

    @LONG
    def test_route_is_made_again(self, place):
        file = place.write(new_with_table)
        place.provision.ok("apply", file)
        held = place.provision.counts()
        place.delete_route()
        place.provision.ok("apply", file)
        assert place.provision.counts() == held
