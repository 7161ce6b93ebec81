"""
Rolling: replacing machines that were made of another revision than their pool has now.

Auto Scaling does the work, in a task of its own that goes on when the run has ended. A task that is under way is
joined; one that has ended without replacing everything is followed by another, because the machines say what they are
made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provisioner.api.extensions_v1alpha1 import Worker
from provisioner.cloud import CloudClient, machines
from provisioner.ids import TechnicalId
from provisioner.translate.names import cluster_tag
from provisioner.translate.rolling import REVISION_TAG, healthy_percentages, revision, zone_share


@dataclass(frozen=True, slots=True)
class Roll:
    """Machines of a pool in one zone that have to be replaced."""

    pool: str
    zone: str
    machines: int
    """How many the group has."""
    outdated: int
    """How many of them are of another revision."""
    group_id: str
    task: str | None = None
    """The task that replaces them, once it has begun."""

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{self.pool} in {self.zone}: {self.outdated} of {self.machines} machines are to be replaced"


def find_rolls(
    client: CloudClient,
    worker: Worker,
    user_data: Mapping[str, str],
    groups: Mapping[tuple[str, str], str],
    found: Iterable[machines.Machine],
) -> list[Roll]:
    """
    Return what has to be rolled, sorted; with its task where that is under way already.

    `groups` are ids by pool and zone. A machine without a revision was not made by us, or by an earlier version: it is
    left alone.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    wanted = {pool.name: revision(pool, user_data.get(pool.name)) for pool in worker.spec.pools}
    sizes, outdated = Counter[str](), Counter[str]()
    places = {group_id: place for place, group_id in groups.items()}
    for machine in found:
        place = places.get(machine.group_id)
        if place is not None and place[0] in wanted:
            sizes[machine.group_id] += 1
            outdated[machine.group_id] += machine.tag is not None and machine.tag != wanted[place[0]]
    return [
        Roll(
            *place,
            machines=sizes[group_id],
            outdated=outdated[group_id],
            group_id=group_id,
            task=machines.running_refresh(client, group_id),
        )
        for place, group_id in sorted(groups.items())
        if outdated[group_id]
    ]


def start_roll(client: CloudClient, worker: Worker, roll: Roll) -> str | None:
    """
    Begin to replace a group's machines; return the task's id, None when nothing is left to replace.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    pool = next(pool for pool in worker.spec.pools if pool.name == roll.pool)
    zones = list(dict.fromkeys(pool.zones))
    index, count = zones.index(roll.zone), len(zones)
    least, most = healthy_percentages(
        roll.machines,
        zone_share(pool.max_surge, pool.maximum, index, count),
        zone_share(pool.max_unavailable, pool.minimum, index, count),
    )
    return machines.start_refresh(client, roll.group_id, least, most)


def find_machines(client: CloudClient, technical_id: TechnicalId) -> list[machines.Machine]:
    """Return the cluster's machines with their revisions; raises as `find_rolls`."""
    return list(machines.find_machines(client, (cluster_tag(technical_id), "1"), REVISION_TAG))
