"""The shoot that is looked for in the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.ids import EntryName, TechnicalId


@dataclass(frozen=True, slots=True)
class Scope:
    """The shoot that is looked for, and what its manifests say about names."""

    technical_id: TechnicalId
    entry_name: EntryName
    zones: tuple[str, ...] = ()
    """The infrastructure's zones at their original positions, which are part of names."""
    groups: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Pool and zone by the name of their scaling group."""
    pod_cidr: str | None = None
    vpc_ids: AbstractSet[str] = frozenset()
    """VPCs that are the shoot's, or used by it, whatever they are tagged with."""
    vswitch_ids: AbstractSet[str] = frozenset()
    """The same for vSwitches that no state lists: those of an infrastructure that somebody else manages."""
    unclean_since: datetime | None = None
    """When the first run began that may have left something behind; None if none did."""
    recorded: AbstractSet[tuple[str, str]] = frozenset()
    """Type and id of what a run has noted: in a state that never got into the log, or before it made a binding."""
    eip_zones: Mapping[str, str] = field(default_factory=dict)
    """Zones by the id of the EIP that the user brought for them."""
    brought: AbstractSet[str] = frozenset()
    """Ids of what the user brought, the VPC and EIPs: never the shoot's, though somebody tagged them with its name."""
    includes_unproven: bool = False
    """Whether what has the right name or cluster tag but no proof counts as the shoot's: the operator says so."""
    takes_doubles: bool = False
    """Whether what is proven to be the shoot's goes even if it is one too many and in use: the whole shoot goes."""
