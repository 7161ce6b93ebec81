"""
What an operator sees when the cloud refuses: one message that names resource, code and request, and a way out.

Every test refuses once, mends the cause, and applies again; afterwards nothing of the shoot is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from tests.e2e.conftest import EXAMPLE, dump_bare
from tests.e2e.other_user import ESS, VPC, other_user
from tests.spreads import LONG, spread

SHOOT = {
    "eip": 1,
    "instance": 1,
    "key_pair": 1,
    "nat_gateway": 1,
    "scaling_configuration": 1,
    "scaling_group": 1,
    "security_group": 1,
    "security_group_rule": 8,
    "snat_entry": 1,
    "vpc": 1,
    "vswitch": 1,
}
GROUP = 'module.worker_pool["general"].alicloud_ess_scaling_group.nodes["eu-central-1a"]'
CONFIGURATION = 'module.worker_pool["general"].alicloud_ess_scaling_configuration.nodes["eu-central-1a"]'
SNAT_ENTRY = 'module.infrastructure.alicloud_snat_entry.nodes["eu-central-1a"]'
LONGEST_REFUSAL_SECONDS = 12
WRONG_SECRET = "not-the-secret-the-account-was-made-with"


def load_example():
    """Return the example's documents, every scalar as text."""
    return list(yaml.load_all(EXAMPLE.read_text(), Loader=yaml.BaseLoader))


def is_credentials(document):
    return "accessKeySecret" in document.get("stringData", {})


@pytest.fixture
def shoot(provision):
    """Return a function that writes a small shoot, changed, and returns its file."""

    def write(change: Callable[..., None] = lambda **_: None):
        documents = load_example()
        by_kind = {document["kind"].lower(): document for document in documents}
        provider = by_kind["shoot"]["spec"]["provider"]
        general = provider["workers"][0]
        general.update(zones=["eu-central-1a"], minimum="1", maximum="2")
        provider["workers"] = [general]
        networks = provider["infrastructureConfig"]["networks"]
        networks["zones"] = networks["zones"][:1]
        change(zones=networks["zones"], pool=general, profile=by_kind["cloudprofile"]["spec"], documents=documents)
        path = provision.folder / "shoot.yaml"
        path.write_text("---\n".join(dump_bare(document) for document in documents))
        return path

    return write


def refusal(done, code, address=""):
    """
    Return Gardener's codes in the one readable error of a refused command.

    Without an address it is not looked at: terraform names none for an object that is no longer configured.
    """
    assert done.code == 5, done.out + done.err
    assert "Traceback" not in done.err
    error = done.document["error"]
    (problem,) = error["problems"]
    assert error["cloudCode"] == code
    assert error["requestId"]
    if address:
        assert problem["object"] == address
        assert error["requestId"] in error["message"]
    assert code in error["message"]
    assert [line for line in done.err.splitlines() if line.startswith("error: ")] == [f"error: {error['message']}"]
    return error["codes"]


@pytest.fixture
def unasked(provision):
    """Let the credentials not ask what the cloud has, so that a run meets the refusal on its way."""
    for pattern in ("ecs:DescribeA*", "quotas:*"):
        provision.ok("sandbox", "fault", "add", pattern, "--kind", "forbidden")


@pytest.fixture
def converges(provision):
    """Return a function that applies until there is a whole shoot, and destroys until nothing is left."""

    def check(file):
        provision.ok("apply", file, "--allow-replace")  # what was made of the refused manifest may go again
        with other_user(provision) as other:
            assert other.cloud.counts() == SHOOT
        provision.ok("destroy", file)
        with other_user(provision) as other:
            assert other.cloud.counts() == {}

    return check


def a_second_zone(zones, **_):
    zones.append({"name": "eu-central-1b", "workers": "10.250.32.0/19"})


@LONG
def test_zone_that_only_the_cloud_profile_knows(provision, shoot, converges):
    def change(zones, profile, **_):
        profile["regions"][0]["zones"].append({"name": "eu-central-1x"})
        zones.append({"name": "eu-central-1x", "workers": "10.250.32.0/19"})

    refused = provision("apply", shoot(change), "-o", "json")
    address = 'module.infrastructure.alicloud_vswitch.nodes["eu-central-1x"]'
    assert refusal(refused, "InvalidZoneId.NotFound", address) == ["ERR_CONFIGURATION_PROBLEM"]
    converges(shoot())


@LONG
def test_vswitch_in_a_range_that_is_taken(provision, shoot, converges):
    provision.begin_applied(shoot())
    with other_user(provision) as other:
        vpc = other.the("DescribeVpcs", "Vpcs", "Vpc")["VpcId"]
        foreign = other.a_vswitch(vpc, "eu-central-1c", "10.250.32.0/24")

    refused = provision("apply", shoot(a_second_zone), "-o", "json")
    address = 'module.infrastructure.alicloud_vswitch.nodes["eu-central-1b"]'
    assert refusal(refused, "InvalidCidrBlock.Overlapped", address) == ["ERR_INFRA_DEPENDENCIES"]

    with other_user(provision) as other:
        other.call(VPC, "DeleteVSwitch", VSwitchId=foreign)
    provision.ok("apply", shoot(a_second_zone))
    converges(shoot())


@LONG
def test_vpc_with_a_foreign_vswitch(provision, shoot):
    provision.begin_applied(shoot())
    with other_user(provision) as other:
        vpc = other.the("DescribeVpcs", "Vpcs", "Vpc")["VpcId"]
        foreign = other.a_vswitch(vpc, "eu-central-1c", "10.250.200.0/24")

    started = time.monotonic()
    refused = provision("destroy", shoot(), "-o", "json")
    assert refusal(refused, "DependencyViolation.VSwitch") == ["ERR_INFRA_DEPENDENCIES"]
    assert time.monotonic() - started < LONGEST_REFUSAL_SECONDS

    with other_user(provision) as other:
        assert other.cloud.counts() == {"vpc": 1, "vswitch": 1}
        other.call(VPC, "DeleteVSwitch", VSwitchId=foreign)
    provision.ok("destroy", shoot())
    with other_user(provision) as other:
        assert other.cloud.counts() == {}


@LONG
def test_eip_that_another_user_bound_elsewhere(provision, shoot, converges):
    provision.begin_applied(shoot())
    with other_user(provision) as other:
        gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")
        eip = other.the("DescribeEipAddresses", "EipAddresses", "EipAddress")
        other.delete_snat_entry(gateway)
        other.unbind(eip)
        vpc, vswitch, elsewhere = other.a_nat_gateway()
        other.bind(eip, elsewhere)

    refused = provision("apply", shoot(), "-o", "json")
    address = 'module.infrastructure.alicloud_eip_association.nat["eu-central-1a"]'
    assert refusal(refused, "IncorrectEipStatus", address) == []

    with other_user(provision) as other:
        other.unbind({**eip, "InstanceId": elsewhere})
        other.delete_nat_gateway(vpc, vswitch, elsewhere)
    converges(shoot())


@LONG
def test_snat_entry_for_an_eip_that_another_user_unbound_meanwhile(provision, shoot, converges):
    """The binding goes after terraform has looked at it and before the entry is created."""
    provision.begin_applied(shoot())
    with other_user(provision) as other:
        gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")
        eip = other.the("DescribeEipAddresses", "EipAddresses", "EipAddress")
        other.delete_snat_entry(gateway)
        calls_before = len(other.cloud.access_log())

        def unbind_once_read():
            while not any(
                record.action == "DescribeSnatTableEntries" for record in other.cloud.access_log()[calls_before:]
            ):
                time.sleep(0.01)
            other.unbind(eip)

        with ThreadPoolExecutor(1) as pool:
            unbinding = pool.submit(unbind_once_read)
            # Every call waits first, so there is a gap between the refresh and the creation that depends on it.
            refused = provision("apply", shoot(), "-o", "json", PROVISION_SANDBOX_LATENCY="cloud=100")
            unbinding.result(timeout=1)

    address = 'module.infrastructure.alicloud_snat_entry.nodes["eu-central-1a"]'
    assert refusal(refused, "EIP_NOT_IN_GATEWAY", address) == []
    converges(shoot())


@pytest.mark.parametrize(
    "image_id",
    [
        pytest.param("m-gw8thereisnosuchimage", id="image-that-does-not-exist"),
        pytest.param("m-uf6zh0gqr3b3gjb7l7q3", id="image-of-another-region", marks=LONG),
    ],
)
def test_image_that_the_region_does_not_have(provision, shoot, converges, image_id):
    def change(profile, **_):
        profile["providerConfig"]["machineImages"][0]["versions"][0]["regions"][0]["id"] = image_id

    refused = provision("apply", shoot(change), "-o", "json")
    assert refusal(refused, "InvalidImageId.NotFound", CONFIGURATION) == ["ERR_CONFIGURATION_PROBLEM"]
    converges(shoot())


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(("ecs.g99.large", "InvalidParameter", []), id="type-that-does-not-exist", marks=LONG),
        pytest.param(
            ("ecs.g9i.large", "InvalidResourceType.NotSupported", ["ERR_CONFIGURATION_PROBLEM"]),
            id="type-not-sold-in-the-zone",
        ),
    ],
)
@pytest.mark.usefixtures("unasked")
def test_machine_type_that_the_zone_does_not_have(provision, shoot, converges, case):
    machine_type, code, codes = case

    def change(zones, pool, profile, **_):
        zones[0]["name"] = "eu-central-1b"
        pool["zones"] = ["eu-central-1b"]
        pool["machine"]["type"] = machine_type
        profile["machineTypes"].append({**profile["machineTypes"][0], "name": machine_type})

    def mended(zones, pool, **_):
        zones[0]["name"] = "eu-central-1b"
        pool["zones"] = ["eu-central-1b"]

    refused = provision("apply", shoot(change), "-o", "json")
    assert refusal(refused, code, CONFIGURATION.replace("1a", "1b")) == codes
    converges(shoot(mended))


QUOTAS = [
    ("vpc", "QuotaExceeded.Vpc", "module.infrastructure.alicloud_vpc.this[0]"),
    ("security_group", "QuotaExceed.SecurityGroup", "module.infrastructure.alicloud_security_group.nodes"),
    ("eip", "QuotaExceeded.Eip", 'module.infrastructure.alicloud_eip_address.nat["eu-central-1a"]'),
    ("snat_entry", "Forbidden.SnatEntryCountLimited", SNAT_ENTRY),
    ("scaling_group", "QuotaExceeded.ScalingGroup", GROUP),
]


@pytest.mark.usefixtures("unasked")
@pytest.mark.parametrize("case", spread(QUOTAS, 1), ids=[quota for quota, _, _ in QUOTAS])
def test_quota_that_is_used_up(provision, shoot, converges, case):
    quota, code, address = case
    with other_user(provision) as other:
        other.cloud.set_quota(quota, 0)
    refused = provision("apply", shoot(), "-o", "json")
    assert refusal(refused, code, address) == ["ERR_INFRA_QUOTA_EXCEEDED"]
    with other_user(provision) as other:
        other.cloud.set_quota(quota, 100)
    converges(shoot())


@LONG
def test_scaling_group_name_that_is_in_use(provision, shoot, converges):
    with other_user(provision) as other:
        vpc, vswitch = other.a_network()
        group = {"ScalingGroupName": "shoot--demo--canary-general-eu-central-1a", "MinSize": 0, "MaxSize": 1}
        foreign = other.call(ESS, "CreateScalingGroup", **group, VSwitchId=vswitch)["ScalingGroupId"]
    refused = provision("apply", shoot(), "-o", "json")
    assert refusal(refused, "InvalidScalingGroupName.Duplicate", GROUP) == []
    with other_user(provision) as other:
        other.call(ESS, "DeleteScalingGroup", ScalingGroupId=foreign)
        other.delete_network(vpc, vswitch)
    converges(shoot())


def test_wrong_secret(provision, shoot, converges):
    def change(documents, **_):
        for document in documents:
            if is_credentials(document):
                document["stringData"]["accessKeySecret"] = WRONG_SECRET

    provision.begin_applied(shoot())
    refused = provision("apply", shoot(change), "-o", "json")
    assert refusal(refused, "SignatureDoesNotMatch") == ["ERR_INFRA_UNAUTHORIZED"]
    assert WRONG_SECRET not in refused.out + refused.err
    converges(shoot())
