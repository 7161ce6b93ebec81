"""One thing the simulated cloud holds, and which kinds there are to count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VISIBLE_AT = "VisibleAt"
"""Key in a resource's document: seconds since the epoch from which reading actions see it."""

INHERENT = "Inherent"
"""Key in a resource's document: true for what comes and goes with another one, which `counts` leaves out."""

COUNTED_KINDS = (
    "vpc",
    "vswitch",
    "route_table",
    "route_entry",
    "ipv6_gateway",
    "nat_gateway",
    "eip",
    "snat_entry",
    "security_group",
    "security_group_rule",
    "key_pair",
    "scaling_group",
    "scaling_configuration",
    "scaling_rule",
    "instance",
    "disk",
    "launch_template",
    "load_balancer",
    "ram_role",
    "ram_user",
)
"""The kinds that `Cloud.counts` reports; others (images, parts of these kinds) come and go with them."""


@dataclass(slots=True)
class Resource:
    """One thing the cloud holds."""

    kind: str
    """As `Cloud.counts` names it: `vpc`, `vswitch`, `nat_gateway` ..."""
    id: str
    account: str
    region: str
    parent: str
    """Id of the object that it cannot exist without, or empty."""
    name: str
    """Its name in the service; separate from the document because it is searched."""
    created_at: float
    ready_at: float
    """Until then the resource shows its transitional state."""
    gone_at: float | None
    """Set while it is being deleted; from then on it does not exist."""
    document: dict[str, Any]

    def is_visible(self, now: float) -> bool:
        """Return whether readers see it at `now`, in seconds since the epoch; only a fault delays that."""
        return bool(self.document.get(VISIBLE_AT, 0.0) <= now)

    def status(self, now: float) -> str:
        """Return the state a reader sees at `now`, in seconds since the epoch."""
        if self.gone_at is not None:
            return "Deleting"
        settled = str(self.document.get("Status", "Available"))
        if now < self.ready_at:
            return str(self.document.get("TransitionalStatus", settled))
        return settled
