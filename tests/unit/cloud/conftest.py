"""A simulated cloud behind its HTTP door, and the product's own client in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.cloud import CloudAccess, CloudClient, Credentials, Inventory, find_resources
from provisioner.sandbox.cloud import Cloud, Latency
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from tests.unit.sandbox.conftest import PUBLIC_KEY, Account, Clock

REGION = "eu-central-1"
CLUSTER = "kubernetes.io/cluster/shoot--foo--bar"
TAGGED = {"Tag__1__Key": CLUSTER, "Tag__1__Value": "1"}


class SimulatedAccount:
    """One account of the cloud, its clock, and a client that does not wait."""

    def __init__(self, cloud: Cloud, url: str, clock: Clock) -> None:
        key, secret = "LTAIone", "secret-one"
        self.cloud = cloud
        self.account = Account(cloud, cloud.enroll(key, secret), clock, REGION)
        self.waits: list[float] = []
        self.client = self.client_with(url, key, secret)
        self.url = url

    def client_with(self, url: str, key: str, secret: str, kind: type[CloudClient] = CloudClient) -> CloudClient:
        credentials = Credentials(key, secret)
        access = CloudAccess(
            credentials=credentials,
            oss_endpoint="",
            oss_credentials=credentials,
            openapi_scheme="http",
            openapi_endpoints=dict.fromkeys(
                ("ecs", "ess", "quotas", "resourcemanager", "slb", "sts", "vpc"), url.removeprefix("http://")
            ),
        )
        return kind(access, REGION, {}, sleep=self.waits.append)

    def look(self, *vpc_ids: str, name_prefix: str = "shoot--foo--bar-") -> Inventory:
        """Return what the client finds of shoot--foo--bar."""
        return find_resources(self.client, tag=(CLUSTER, "1"), name_prefix=name_prefix, vpc_ids=vpc_ids)

    def asked(self) -> list[str]:
        """Return the actions that were called, in their order."""
        return [record.action for record in self.cloud.access_log()]

    def a_network(self) -> tuple[str, str, str, str, str]:
        """Return the ids of a tagged VPC, and of a vSwitch, NAT gateway, bound EIP and security group of it."""
        account = self.account
        vpc_id = account.a_vpc(VpcName="shoot--foo--bar-vpc", **TAGGED)
        vswitch_id = account.a_vswitch(vpc_id)
        gateway_id, table_id = account.a_nat_gateway(vpc_id, vswitch_id)
        eip_id, address = account.an_eip(bound_to=gateway_id)
        account.vpc(
            "CreateSnatEntry",
            SnatTableId=table_id,
            SourceVSwitchId=vswitch_id,
            SnatIp=address,
            SnatEntryName="shoot--foo--bar-snat-z0",
        )
        group_id = account.a_security_group(vpc_id)
        account.settle()
        return vpc_id, vswitch_id, gateway_id, eip_id, group_id

    def a_key_pair(self, name: str, **parameters: object) -> None:
        """Import a key pair."""
        self.account.ecs("ImportKeyPair", KeyPairName=name, PublicKeyBody=PUBLIC_KEY, **parameters)


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedAccount]:
    clock = Clock()
    cloud = open_cloud(tmp_path / "cloud", latency=Latency(), settle_ms=100, clock=clock)
    with serve_cloud(cloud) as server:
        yield SimulatedAccount(cloud, server.url, clock)
    cloud.close()
