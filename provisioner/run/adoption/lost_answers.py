"""
Finds surplus objects that a lost answer may have left behind without any visible error.

The provider repeats a create call that got no answer. For most types the service recognises the second call by its
ClientToken, or refuses another object of that name or range. For the types here it does neither (provider 1.289.0:
`resource_alicloud_nat_gateway.go` makes a new token for each attempt, `resource_alicloud_ess_scaling_configuration.go`
sends none; read 2026-11).
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
    """The call that lists the objects of a type in one parent."""

    parent: str
    """The attribute that has the parent's id."""
    product: Product
    action: str
    parameter: str
    container: str
    element: str

    def ids(self, client: CloudClient, parent: str) -> set[str]:
        """Return the ids of the objects in a parent."""
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


def may_have_surplus(client: CloudClient, before: State, after: State) -> bool:
    """
    Return whether the cloud holds more objects of a type than the state lists, beside one created between two states.

    They may be another shoot's; only a whole look can say.

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
