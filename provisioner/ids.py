"""Types for names that are all text, so that the type checker keeps them apart; and the two root modules."""

from __future__ import annotations

import re
from typing import Final, Literal, NewType, TypeAlias

TechnicalId = NewType("TechnicalId", str)
"""A shoot's `status.technicalID`, for example `shoot--project--name`: the name of its namespace on the seed."""
EntryName = NewType("EntryName", str)
"""The name of a shoot's BackupEntry, `<technical id>--<uid>`: the folder in the bucket that its state lives in."""
AccountId = NewType("AccountId", str)
"""An account of Alibaba Cloud, to which the credentials of all its users and roles belong."""
RegionId = NewType("RegionId", str)
"""A region of Alibaba Cloud, for example `eu-central-1`."""
_REGION = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
_LONGEST_LABEL = 63
"""Characters between two dots of a host's name (RFC 1035)."""

Root: TypeAlias = Literal["infrastructure", "worker"]
"""A root module: Gardener manages Infrastructure and Worker separately, so each has its own state."""
INFRASTRUCTURE: Final[Root] = "infrastructure"
WORKER: Final[Root] = "worker"
ROOTS: Final[tuple[Root, ...]] = (INFRASTRUCTURE, WORKER)
"""In the order in which they are applied."""


def is_region(text: str) -> bool:
    """Return whether a text can be the id of a region, so that a host name made from it leads to no other host."""
    return len(text) <= _LONGEST_LABEL and _REGION.fullmatch(text) is not None
