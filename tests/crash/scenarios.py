"""The scenarios of a kill: what is applied before, which command is killed, and which command repairs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.e2e.conftest import EXAMPLE, dump_bare

Command = Literal["apply", "destroy"]
HALF_MADE = "half-made"
"""Not a manifest, but what a run of the example leaves that is killed in the middle."""
_ZONE_C = "eu-central-1c"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A manifest that is applied before (or none), the command that is killed, and the command that repairs."""

    name: str
    start: str | None
    killed: tuple[Command, str]
    repair: tuple[Command, str]

    @property
    def leaves_nothing(self) -> bool:
        """Whether the cloud has to be empty afterwards."""
        return self.repair[0] == "destroy"


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("apply", None, ("apply", "example"), ("apply", "example")),
        Scenario("repair", HALF_MADE, ("apply", "example"), ("apply", "example")),
        Scenario("destroy", "example", ("destroy", "example"), ("destroy", "example")),
        Scenario("apply-destroy", None, ("apply", "example"), ("destroy", "example")),
        Scenario("update", "two-zones", ("apply", "updated"), ("apply", "updated")),
        Scenario("pool-removed", "example", ("apply", "one-pool-more"), ("apply", "example")),
    )
}


def write_manifest(name: str, folder: Path) -> Path:
    """Write one of the manifests that scenarios name, and return it."""
    if name == "example":
        return EXAMPLE
    documents = list(yaml.load_all(EXAMPLE.read_text(), Loader=yaml.BaseLoader))
    _CHANGES[name](documents[0]["spec"]["provider"])
    path = folder / f"{name}.yaml"
    # BaseLoader keeps every scalar as text, so numbers have to be written bare again.
    path.write_text("---\n".join(dump_bare(document) for document in documents))
    return path


def _two_zones(provider: dict[str, Any]) -> None:
    networks = provider["infrastructureConfig"]["networks"]
    networks["zones"] = [zone for zone in networks["zones"] if zone["name"] != _ZONE_C]
    for pool in provider["workers"]:
        pool["zones"] = [zone for zone in pool["zones"] if zone != _ZONE_C]


def _updated(provider: dict[str, Any]) -> None:
    general = provider["workers"][0]
    general["machine"]["type"] = "ecs.g7.xlarge"
    general["machine"]["image"]["version"] = "1443.10.0"


def _one_pool_more(provider: dict[str, Any]) -> None:
    provider["workers"].append({**copy.deepcopy(provider["workers"][0]), "name": "extra"})


def _two_zones_one_pool_more(provider: dict[str, Any]) -> None:
    _two_zones(provider)
    _one_pool_more(provider)


_CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "two-zones": _two_zones,
    "updated": _updated,
    "one-pool-more": _one_pool_more,
    "two-zones-one-pool-more": _two_zones_one_pool_more,
}
