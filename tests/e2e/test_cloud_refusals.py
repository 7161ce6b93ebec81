"""
What an operator sees when the cloud refuses: one message that names resource, code and request, and a way out.

Every test refuses once, mends the cause, and applies again; afterwards nothing of the shoot is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import yaml

from tests.e2e.conftest import EXAMPLE, dump_bare

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
REGION = "eu-central-1"
VPC, ESS = "2016-04-28", "2014-08-28"


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


class Behind:
    """Somebody else with the same account, who does things behind terraform's back."""

    def __init__(self, cloud):
        self.cloud = cloud
        (account,) = (document["stringData"] for document in load_example() if is_credentials(document))
        self.caller = cloud.enroll(account["accessKeyID"], account["accessKeySecret"])

    def call(self, version, action, **parameters):
        given = {name.replace("__", "."): str(value) for name, value in parameters.items()}
        return self.cloud.call(self.caller, version, action, {"RegionId": REGION, **given})

    def available(self, action, container, element, **parameters):
        """Return the one thing found, once it has settled."""
        while True:
            (found,) = self.call(VPC, action, **parameters)[container][element]
            if found["Status"] in ("Available", "InUse"):
                return found
            time.sleep(0.005)

    def the(self, action, container, element, version=VPC, **parameters):
        """Return the one thing there is."""
        (found,) = self.call(version, action, **parameters)[container][element]
        return found

    def a_vswitch(self, vpc_id, zone, cidr):
        made = self.call(VPC, "CreateVSwitch", VpcId=vpc_id, ZoneId=zone, CidrBlock=cidr)["VSwitchId"]
        self.available("DescribeVSwitches", "VSwitches", "VSwitch", VSwitchId=made)
        return made

    def a_network(self):
        """Return a VPC and a vSwitch of somebody else's."""
        vpc = self.call(VPC, "CreateVpc", CidrBlock="172.16.0.0/12")["VpcId"]
        self.available("DescribeVpcs", "Vpcs", "Vpc", VpcId=vpc)
        return vpc, self.a_vswitch(vpc, "eu-central-1a", "172.16.0.0/24")

    def delete_network(self, vpc_id, vswitch_id):
        self.call(VPC, "DeleteVSwitch", VSwitchId=vswitch_id)
        self.call(VPC, "DeleteVpc", VpcId=vpc_id)

    def a_nat_gateway(self):
        """Return a VPC, a vSwitch and a NAT gateway of somebody else's."""
        vpc, vswitch = self.a_network()
        gateway = self.call(VPC, "CreateNatGateway", VpcId=vpc, VSwitchId=vswitch)["NatGatewayId"]
        self.available("DescribeNatGateways", "NatGateways", "NatGateway", NatGatewayId=gateway)
        return vpc, vswitch, gateway

    def delete_snat_entry(self, gateway):
        table = gateway["SnatTableIds"]["SnatTableId"][0]
        entry = self.the("DescribeSnatTableEntries", "SnatTableEntries", "SnatTableEntry", SnatTableId=table)
        self.call(VPC, "DeleteSnatEntry", SnatTableId=table, SnatEntryId=entry["SnatEntryId"])
        time.sleep(0.02)

    def bind(self, eip, gateway_id):
        self.call(
            VPC, "AssociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=gateway_id, InstanceType="Nat"
        )
        self.available("DescribeEipAddresses", "EipAddresses", "EipAddress", AllocationId=eip["AllocationId"])

    def delete_nat_gateway(self, vpc_id, vswitch_id, gateway_id):
        """Delete a NAT gateway with its vSwitch and VPC."""
        self.call(VPC, "DeleteNatGateway", NatGatewayId=gateway_id)
        while self.call(VPC, "DescribeNatGateways", NatGatewayId=gateway_id)["TotalCount"]:
            time.sleep(0.005)
        self.delete_network(vpc_id, vswitch_id)

    def unbind(self, eip):
        self.call(VPC, "UnassociateEipAddress", AllocationId=eip["AllocationId"], InstanceId=eip["InstanceId"])
        self.available("DescribeEipAddresses", "EipAddresses", "EipAddress", AllocationId=eip["AllocationId"])


@pytest.fixture
def behind(provision):
    @contextmanager
    def opened():
        cloud = provision.cloud()
        try:
            yield Behind(cloud)
        finally:
            cloud.close()

    return opened


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
def converges(provision, behind):
    """Return a function that applies until there is a whole shoot, and destroys until nothing is left."""

    def check(file):
        provision.ok("apply", file, "--allow-replace")  # what was made of the refused manifest may go again
        with behind() as other:
            assert other.cloud.counts() == SHOOT
        provision.ok("destroy", file)
        with behind() as other:
            assert other.cloud.counts() == {}

    return check


def a_second_zone(zones, **_):
    zones.append({"name": "eu-central-1b", "workers": "10.250.32.0/19"})


def test_zone_that_only_the_cloud_profile_knows(provision, shoot, converges):
    def change(zones, profile, **_):
        profile["regions"][0]["zones"].append({"name": "eu-central-1x"})
        zones.append({"name": "eu-central-1x", "workers": "10.250.32.0/19"})

    refused = provision("apply", shoot(change), "-o", "json")
    address = 'module.infrastructure.alicloud_vswitch.nodes["eu-central-1x"]'
    assert refusal(refused, "InvalidZoneId.NotFound", address) == ["ERR_CONFIGURATION_PROBLEM"]
    converges(shoot())


def test_vswitch_in_a_range_that_somebody_took(provision, shoot, behind, converges):
    provision.ok("apply", shoot())
    with behind() as other:
        vpc = other.the("DescribeVpcs", "Vpcs", "Vpc")["VpcId"]
        foreign = other.a_vswitch(vpc, "eu-central-1c", "10.250.32.0/24")

    refused = provision("apply", shoot(a_second_zone), "-o", "json")
    address = 'module.infrastructure.alicloud_vswitch.nodes["eu-central-1b"]'
    assert refusal(refused, "InvalidCidrBlock.Overlapped", address) == ["ERR_INFRA_DEPENDENCIES"]

    with behind() as other:
        other.call(VPC, "DeleteVSwitch", VSwitchId=foreign)
    provision.ok("apply", shoot(a_second_zone))
    converges(shoot())


def test_vpc_in_which_somebody_has_a_vswitch(provision, shoot, behind):
    provision.ok("apply", shoot())
    with behind() as other:
        vpc = other.the("DescribeVpcs", "Vpcs", "Vpc")["VpcId"]
        foreign = other.a_vswitch(vpc, "eu-central-1c", "10.250.200.0/24")

    started = time.monotonic()
    refused = provision("destroy", shoot(), "-o", "json")
    assert refusal(refused, "DependencyViolation.VSwitch") == ["ERR_INFRA_DEPENDENCIES"]
    assert time.monotonic() - started < LONGEST_REFUSAL_SECONDS

    with behind() as other:
        assert other.cloud.counts() == {"vpc": 1, "vswitch": 1}
        other.call(VPC, "DeleteVSwitch", VSwitchId=foreign)
    provision.ok("destroy", shoot())
    with behind() as other:
        assert other.cloud.counts() == {}


def test_eip_that_somebody_bound_elsewhere(provision, shoot, behind, converges):
    provision.ok("apply", shoot())
    with behind() as other:
        gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")
        eip = other.the("DescribeEipAddresses", "EipAddresses", "EipAddress")
        other.delete_snat_entry(gateway)
        other.unbind(eip)
        vpc, vswitch, elsewhere = other.a_nat_gateway()
        other.bind(eip, elsewhere)

    refused = provision("apply", shoot(), "-o", "json")
    address = 'module.infrastructure.alicloud_eip_association.nat["eu-central-1a"]'
    assert refusal(refused, "IncorrectEipStatus", address) == []

    with behind() as other:
        other.unbind({**eip, "InstanceId": elsewhere})
        other.delete_nat_gateway(vpc, vswitch, elsewhere)
    converges(shoot())


def test_snat_entry_for_an_eip_that_somebody_unbound_meanwhile(provision, shoot, behind, converges):
    """The binding goes after terraform has looked at it and before the entry is created."""
    provision.ok("apply", shoot())
    with behind() as other:
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
        pytest.param("m-uf6zh0gqr3b3gjb7l7q3", id="image-of-another-region"),
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
        pytest.param(("ecs.g99.large", "InvalidParameter", []), id="type-that-does-not-exist"),
        pytest.param(
            ("ecs.g9i.large", "InvalidResourceType.NotSupported", ["ERR_CONFIGURATION_PROBLEM"]),
            id="type-not-sold-in-the-zone",
        ),
    ],
)
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


@pytest.mark.parametrize(
    "case",
    [
        ("vpc", "QuotaExceeded.Vpc", "module.infrastructure.alicloud_vpc.this[0]"),
        ("security_group", "QuotaExceed.SecurityGroup", "module.infrastructure.alicloud_security_group.nodes"),
        ("eip", "QuotaExceeded.Eip", 'module.infrastructure.alicloud_eip_address.nat["eu-central-1a"]'),
        ("snat_entry", "Forbidden.SnatEntryCountLimited", SNAT_ENTRY),
        ("scaling_group", "QuotaExceeded.ScalingGroup", GROUP),
    ],
    ids=["vpc", "security_group", "eip", "snat_entry", "scaling_group"],
)
def test_quota_that_is_used_up(provision, shoot, behind, converges, case):
    quota, code, address = case
    with behind() as other:
        other.cloud.set_quota(quota, 0)
    refused = provision("apply", shoot(), "-o", "json")
    assert refusal(refused, code, address) == ["ERR_INFRA_QUOTA_EXCEEDED"]
    with behind() as other:
        other.cloud.set_quota(quota, 100)
    converges(shoot())


def test_scaling_group_name_that_somebody_uses(provision, shoot, behind, converges):
    with behind() as other:
        vpc, vswitch = other.a_network()
        group = {"ScalingGroupName": "shoot--demo--canary-general-eu-central-1a", "MinSize": 0, "MaxSize": 1}
        foreign = other.call(ESS, "CreateScalingGroup", **group, VSwitchId=vswitch)["ScalingGroupId"]
    refused = provision("apply", shoot(), "-o", "json")
    assert refusal(refused, "InvalidScalingGroupName.Duplicate", GROUP) == []
    with behind() as other:
        other.call(ESS, "DeleteScalingGroup", ScalingGroupId=foreign)
        other.delete_network(vpc, vswitch)
    converges(shoot())


def test_wrong_secret(provision, shoot, converges):
    def change(documents, **_):
        for document in documents:
            if is_credentials(document):
                document["stringData"]["accessKeySecret"] = WRONG_SECRET

    provision.ok("apply", shoot())
    refused = provision("apply", shoot(change), "-o", "json")
    assert refusal(refused, "SignatureDoesNotMatch") == ["ERR_INFRA_UNAUTHORIZED"]
    assert WRONG_SECRET not in refused.out + refused.err
    converges(shoot())
