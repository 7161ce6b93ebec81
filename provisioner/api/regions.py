"""Checks the region of an object: host names contain it, so a manifest must not be able to choose a host."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.ids import RegionId, is_region


def check_region(object: str, path: str, region: RegionId) -> Iterator[Problem]:
    """Yield a problem unless what an object has at a path can be a region."""
    if not region:
        yield Problem(object, path, "Required", "must not be empty", "name the region, for example eu-central-1")
    elif not is_region(region):
        fix = "write it as Alibaba Cloud does, for example eu-central-1"
        yield Problem(object, path, "Invalid", f"{show(region)} is not the id of a region", fix)
