"""
What the cloud holds of one shoot, found without any state: by tag, by name, and through parents.

The real provider tags vSwitches, NAT gateways, EIPs and scaling groups in a second call after it created them, so what
a killed run leaves behind may carry no tag yet; except for the groups, its description names the owner. SNAT entries,
EIP associations, security group rules and scaling configurations cannot be tagged at all (a configuration's tags are
those of its instances): they belong to their parents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

from provisioner.cloud import network
from provisioner.cloud.client import CloudClient
from provisioner.cloud.resource import CloudResource
from provisioner.cloud.scaling_groups import find_scaling_groups


class Inventory:
    """Every object found of one shoot, and the other objects in its VPCs; this class does not decide who owns them."""

    def __init__(self, resources: Iterable[CloudResource]) -> None:
        self._resources = {(resource.type, resource.id): resource for resource in resources}

    def __iter__(self) -> Iterator[CloudResource]:
        """Yield every resource, parents before their children."""
        return iter(self._resources.values())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._resources)

    def of(self, type: str) -> list[CloudResource]:
        """Return the resources of one type."""
        return [resource for resource in self if resource.type == type]


def find_resources(
    client: CloudClient, *, tag: tuple[str, str], name_prefix: str, vpc_ids: Iterable[str] = ()
) -> Inventory:
    """
    Return the objects that carry `tag`, are named like the shoot's objects, or are in one of its VPCs.

    `vpc_ids` are VPCs known to be the shoot's, or used by it. An untagged object outside any VPC is found by
    `name_prefix`.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    # Calls that need no other answer run beside the rest: if the cloud has nothing, that is half of the calls.
    with ThreadPoolExecutor(max_workers=2) as beside:
        return Inventory(_find(client, tag, name_prefix, vpc_ids, beside))


def _find(
    client: CloudClient, tag: tuple[str, str], name_prefix: str, vpc_ids: Iterable[str], beside: Executor
) -> Iterator[CloudResource]:
    tag_filter = {"Tag.1.Key": tag[0], "Tag.1.Value": tag[1]}
    key_pairs = beside.submit(lambda: list(network.find_key_pairs(client, tag_filter)))
    vpcs = {vpc.id: vpc for vpc in network.find_vpcs(client, tag_filter)}
    for vpc_id in vpc_ids:
        for vpc in () if vpc_id in vpcs else network.find_vpcs(client, {"VpcId": vpc_id}):
            vpcs[vpc.id] = vpc
    yield from vpcs.values()
    gateways: list[CloudResource] = []
    for vpc_id, vpc in vpcs.items():
        yield from network.find_vswitches(client, vpc_id)
        found = list(network.find_nat_gateways(client, vpc_id))
        yield from found
        gateways += found
        yield from network.find_ipv6_gateways(client, vpc_id)
        yield from network.find_route_tables(client, vpc_id)
        for group in network.find_security_groups(client, vpc_id):
            yield group
            yield from network.find_rules(client, group.id, vpc.facts["cidr"])
    groups = beside.submit(lambda: list(find_scaling_groups(client, name_prefix, set(vpcs))))
    yield from network.find_addresses(client, tag, name_prefix, {gateway.id for gateway in gateways})
    for gateway in gateways:
        for table in gateway.facts["snat_tables"]:
            yield from network.find_snat_entries(client, gateway.id, table)
    yield from key_pairs.result()
    yield from groups.result()
