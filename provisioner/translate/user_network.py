"""The user's objects that a shoot's network uses, as the cloud has them: a VPC, a NAT gateway, EIPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DEFAULT_CHARGE_TYPE: Final = "PayByTraffic"


@dataclass(frozen=True, slots=True)
class UserVpc:
    """An existing VPC. Its range is None where the cloud was not asked."""

    id: str
    cidr: str | None = None
    ipv6_gateway_id: str | None = None


@dataclass(frozen=True, slots=True)
class UserNatGateway:
    """A NAT gateway of the user's in an existing VPC. Ids are None where the cloud was not asked."""

    id: str | None = None
    snat_table_id: str | None = None


@dataclass(frozen=True, slots=True)
class UserEip:
    """An elastic IP address of the user's. The address is None where the cloud was not asked."""

    id: str
    ip_address: str | None = None
    is_free: bool = field(default=False, compare=False)
    """Whether it was bound to nothing when the run checked it."""


@dataclass(frozen=True, slots=True)
class UserNetwork:
    """Everything of that kind of one shoot; empty for a shoot whose network is all its own."""

    vpc: UserVpc | None = None
    nat_gateway: UserNatGateway | None = None
    """None when the gateway is the shoot's own."""
    eips: Mapping[str, UserEip] = field(default_factory=dict)
    """By zone."""
    eip_charge_type: str = DEFAULT_CHARGE_TYPE
    """For new EIPs: all EIPs of one gateway must have the same charge type."""

    def bindings_to_make(self) -> list[str]:
        """Return the ids of bindings to make that neither the gateway nor the address will prove."""
        gateway = self.nat_gateway
        if gateway is None or gateway.id is None:
            return []
        return [f"{eip.id}:{gateway.id}" for eip in self.eips.values() if eip.is_free]
