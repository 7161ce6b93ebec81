"""
What an edge of a rule is, and short ways to write one.

    edge("pool_sizes.sizes", "Invalid", f"{POOL}.minimum", 6, 7)
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from tests.unit.validation.cases import as_it_is
from tests.unit.validation.example import Change, Objects

SHOOT: Final = "Shoot.spec"
POOL: Final = f"{SHOOT}.provider.workers.0"
CONFIG: Final = f"{SHOOT}.provider.infrastructureConfig"
VPC: Final = f"{CONFIG}.networks.vpc"
ZONE: Final = f"{CONFIG}.networks.zones.0"
PROFILE: Final = "CloudProfile.spec"
MAPPING: Final = f"{PROFILE}.providerConfig.machineImages"
GONE: Final = object()
"""The value of a field that is left out."""

_OF_A_SEED = ("Infrastructure", "Worker", "Cluster")


class Edge(NamedTuple):
    """Two changes as close to each other as a rule's edge allows, of which only the second is a problem."""

    rule: str
    """As docs/validation.md names it."""
    type: str
    """The error type of the problem."""
    name: str
    inside: Change
    outside: Change
    given: Change = as_it_is
    """What is changed before either; a rule about updates compares with the objects as they are then."""
    is_of_seed: bool = False
    """Whether the objects are those that a seed has: Cluster, Infrastructure and Worker."""
    then: Change | None = None
    """For an update from either of the two: the update, so that the older objects are what differs."""


def edge(  # noqa: PLR0917 - so that most edges are one line
    rule: str,
    type: str,
    path: str,
    inside: Any,
    outside: Any,
    given: Change = as_it_is,
    *,
    then: Change | None = None,
    note: str = "",
) -> Edge:
    """Return the edge between two values of a field, `Kind.field.0.field`; a `note` tells it from a similar one."""
    name = f"{path} {_show(inside)} and {_show(outside)}{note and f', {note}'}"
    is_of_seed = path.startswith(_OF_A_SEED)
    return Edge(rule, type, name, put(path, inside), put(path, outside), given, is_of_seed, then)


def put(path: str, value: Any) -> Change:
    """Return a change that gives a field its value; the objects around it come into being."""

    def change(objects: Objects) -> None:
        *way, last = path.split(".")
        item: Any = objects
        for key in way:
            item = item[int(key)] if isinstance(item, list) else item.setdefault(key, {})
        if isinstance(item, list):
            item[int(last)] = copy.deepcopy(value)
        elif value is GONE:
            item.pop(last, None)
        else:
            item[last] = copy.deepcopy(value)

    return change


def all_of(*changes: Callable[[Objects], object]) -> Change:
    """Return the changes as one."""
    return lambda objects: [change(objects) for change in changes]


def _show(value: Any) -> str:
    """Return a value in few characters."""
    text = "nothing" if value is GONE else str(value)
    return text if len(text) <= 40 else f"{text[:30]}...({len(text)})"
