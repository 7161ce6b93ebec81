"""
What an answer that was lost may have left beside what was created, without an error that anybody sees.

The provider repeats a create call that got no answer. For most types the call carries a ClientToken by which the
service knows the second one, or the service refuses another object of that name or range. For the types here it does
neither (provider 1.289.0: `resource_alicloud_nat_gateway.go` makes a new token for each try,
`resource_alicloud_ess_scaling_configuration.go` sends none; read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from provisioner.cloud import CloudClient
from provisioner.cloud.endpoints import Product
from provisioner.tfstate import State
from provisioner.translate.resource_types import NAT_GATEWAY, SCALING_CONFIGURATION

_CALLS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class _Listing:
    """How the objects of a type are listed that are in one parent."""

    parent: str
    """The attribute that has the parent's id."""
    product: Product
    action: str
    parameter: str
    container: str
    element: str

    def ids(self, client: CloudClient, parent: str) -> set[str]:
        """Return what is in a parent."""
        rows = client.pages(self.product, self.action, {self.parameter: parent}, self.container, self.element)
        return {str(row[f"{self.element}Id"]) for row in rows}


_LISTINGS: Final[Mapping[str, _Listing]] = {
    NAT_GATEWAY.type: _Listing("vpc_id", "vpc", "DescribeNatGateways", "VpcId", "NatGateways", "NatGateway"),
    SCALING_CONFIGURATION.type: _Listing(
        "scaling_group_id",
        "ess",
        "DescribeScalingConfigurations",
        "ScalingGroupId",
        "ScalingConfigurations",
        "ScalingConfiguration",
    ),
}


def may_have_doubled(client: CloudClient, before: State, after: State) -> bool:
    """
    Return whether beside something that was created between two states there is more of its type than the state lists.

    It may be another shoot's; a whole look tells.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    created = after.objects() - before.objects()
    known = {id for _, id in after.objects()}
    places = {
        (instance.address.type, str(instance.attributes.get(_LISTINGS[instance.address.type].parent)))
        for instance in after.instances()
        if instance.address.type in _LISTINGS and (instance.address.type, instance.id) in created
    }

    def has_more(place: tuple[str, str]) -> bool:
        type, parent = place
        return bool(_LISTINGS[type].ids(client, parent) - known)

    if not places:
        return False
    with ThreadPoolExecutor(max_workers=_CALLS_AT_ONCE) as executor:
        return any(list(executor.map(has_more, sorted(places))))
