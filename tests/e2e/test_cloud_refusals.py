"""
What an operator sees when the cloud refuses: one message that names resource, code and request, and a way out.

Every test refuses once, mends the cause, and applies again; afterwards nothing of the shoot is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager

import pytest
import yaml

from tests.e2e.conftest import EXAMPLE, caller_of, dump_bare

REGION = "eu-central-1"
VPC, ECS, ESS = "2016-04-28", "2014-05-26", "2014-08-28"


@pytest.fixture
def shoot(provision):
    """Return a function that writes a small shoot, changed, and returns its file."""

    def write(change: Callable[..., None] = lambda **_: None):
        documents = list(yaml.load_all(EXAMPLE.read_text(), Loader=yaml.BaseLoader))
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
        self.caller = caller_of(cloud)

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

    def a_nat_gateway(self):
        """Return a VPC, a vSwitch and a NAT gateway of somebody else's."""
        vpc = self.call(VPC, "CreateVpc", CidrBlock="172.16.0.0/12")["VpcId"]
        self.available("DescribeVpcs", "Vpcs", "Vpc", VpcId=vpc)
        vswitch = self.a_vswitch(vpc, "eu-central-1a", "172.16.0.0/24")
        gateway = self.call(VPC, "CreateNatGateway", VpcId=vpc, VSwitchId=vswitch)["NatGatewayId"]
        self.available("DescribeNatGateways", "NatGateways", "NatGateway", NatGatewayId=gateway)
        return vpc, vswitch, gateway

    def delete_snat_entry(self, gateway):
        table = gateway["SnatTableIds"]["SnatTableId"][0]
        entry = self.the("DescribeSnatTableEntries", "SnatTableEntries", "SnatTableEntry", SnatTableId=table)
        self.call(VPC, "DeleteSnatEntry", SnatTableId=table, SnatEntryId=entry["SnatEntryId"])
        time.sleep(0.02)

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


def refusal(done):
    """Return the error document of a command that the cloud refused."""
    assert done.code == 5, done.out + done.err
    assert "Traceback" not in done.err
    error = done.document["error"]
    print(done.err[-3000:])
    assert error["requestId"]
    assert error["requestId"] in error["message"]
    return error


def test_probe_zone(provision, shoot):
    def change(zones, profile, **_):
        profile["regions"][0]["zones"].append({"name": "eu-central-1x"})
        zones.append({"name": "eu-central-1x", "workers": "10.250.32.0/19"})

    print(refusal(provision("apply", shoot(change), "-o", "json")))
    file = shoot()
    provision.ok("apply", file)
    provision.ok("destroy", file)
    assert provision.counts() == {}
