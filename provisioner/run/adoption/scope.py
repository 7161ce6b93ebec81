"""The shoot whose objects a run looks for in the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.ids import EntryName, TechnicalId


@dataclass(frozen=True, slots=True)
class Scope:
    """The shoot whose objects a run looks for, and what its manifests say about names."""

    technical_id: TechnicalId
    entry_name: EntryName
    zones: tuple[str, ...] = ()
    """The infrastructure's zones at their original positions, which are part of names."""
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Pool and zone by the name of their scaling group."""
    pod_cidr: str | None = None
    vpc_ids: AbstractSet[str] = frozenset()
    """VPCs that the shoot owns or uses, whatever their tags say."""
    vswitch_ids: AbstractSet[str] = frozenset()
    """The same for vSwitches that no state lists, because another tool manages the infrastructure."""
    unclean_since: datetime | None = None
    """When the first run began that may have left something behind; None if none did."""
    recorded: AbstractSet[tuple[str, str]] = frozenset()
    """Type and id of objects that a run noted: in a state that never got into the log, or before it made a binding."""
    eip_zones: Mapping[str, str] = field(default_factory=dict)
    """Zones by the id of the EIP that the user brought for them."""
    brought: AbstractSet[str] = frozenset()
    """Ids of the user's VPC and EIPs: they are never the shoot's, even if they are tagged with its name."""
    includes_unproven: bool = False
    """Whether objects with the right name or cluster tag count as the shoot's without proof: the operator says so."""
    takes_surplus: bool = False
    """Whether a surplus object that is proven to be the shoot's goes even if it is in use: the whole shoot goes."""
