"""
What the cloud sells in a zone at this moment: the catalogue, as far as nothing else is set (`Cloud.set_offer`).

An item is an instance type, a disk category, one of both together (`ecs.g7.large/cloud_ssd`, a category that the type
does not take), or `nat-gateway`.

Source: Status and StatusCategory of Ecs 2014-05-26 DescribeAvailableResource, API document read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provisioner.sandbox.cloud.catalogue import DISK_CATEGORIES, INSTANCE_TYPES, REGIONS, is_sold

NAT_GATEWAY: Final = "nat-gateway"
"""The item that stands for Enhanced NAT gateways."""

SOLD, CLOSING, NO_STOCK, CLOSED, NOT_SOLD = "sold", "closing", "no-stock", "closed", "not-sold"
STATES: Final[Mapping[str, str]] = {
    SOLD: "Available, WithStock",
    CLOSING: "Available, ClosedWithStock: what is left can be bought",
    NO_STOCK: "SoldOut, WithoutStock: more will come",
    CLOSED: "SoldOut, ClosedWithoutStock: no more will come",
    NOT_SOLD: "not mentioned at all",
}
"""Every state and what the cloud says of an item that is in it."""
LACKING: Final = frozenset({NO_STOCK, CLOSED, NOT_SOLD})
"""States in which an item cannot be bought."""
_PREFIX: Final = "offer/"


class Offer:
    """The items of every zone; `settings` are those of the cloud."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._changed = {name.removeprefix(_PREFIX): state for name, state in settings.items()}

    def state(self, item: str, zone: str) -> str:
        """Return the state of an item in a zone; a state for one zone wins over one for all."""
        changed = self._changed.get(f"{zone}/{item}") or self._changed.get(f"/{item}")
        if changed is not None:
            return changed
        return SOLD if item not in INSTANCE_TYPES or is_sold(item, zone) else NOT_SOLD

    def disk_state(self, type_name: str, category: str, zone: str) -> str:
        """Return the state of a disk category for an instance type in a zone."""
        found = self.state(category, zone)
        return self.state(f"{type_name}/{category}", zone) if found == SOLD and type_name else found

    def refuses(self, item: str, zone: str) -> bool:
        """Return whether an item was never sold in a zone, or no longer is; one without stock is sold."""
        return self.state(item, zone) == NOT_SOLD

    def lacks(self, item: str, zone: str) -> bool:
        """Return whether an item cannot be bought in a zone right now."""
        return self.state(item, zone) in LACKING


def setting_of(item: str, state: str, zone: str) -> tuple[str, str]:
    """
    Return name and value of the setting that gives an item a state, in a zone or, without one, everywhere.

    Raises:
        ValueError: there is no such item, state or zone.
    """
    type_name, _, category = item.rpartition("/")
    is_known = category in DISK_CATEGORIES or (not type_name and item in (*INSTANCE_TYPES, NAT_GATEWAY))
    if not is_known or (type_name and type_name not in INSTANCE_TYPES):
        raise ValueError(f"item: {item!r} is no instance type or disk category, nor TYPE/CATEGORY, nor {NAT_GATEWAY}")
    if state not in STATES:
        raise ValueError(f"state: {state!r} is not one of {', '.join(STATES)}")
    if zone and not any(zone in zones for zones in REGIONS.values()):
        raise ValueError(f"zone: there is no zone {zone!r}")
    return f"{_PREFIX}{zone}/{item}", state


def changed_offers(settings: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return item, zone and state of everything that was set; without a zone it is for all."""
    found = []
    for name, state in sorted(settings.items()):
        zone, _, item = name.removeprefix(_PREFIX).partition("/")
        found.append((item, zone, state))
    return found
