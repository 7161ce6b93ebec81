"""
Rolling: replaces machines whose revision is not the one that their pool has now.

Auto Scaling does the work, in a task that goes on after the run has ended. A run joins a task that is under way. After
one that ended without replacing everything it starts another, because the machines say which revision they are of.
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
    """Machines of a pool in one zone that Auto Scaling has to replace."""

    pool: str
    zone: str
    machines: int
    """How many machines the group has."""
    outdated: int
    """How many of them are of another revision."""
    group_id: str
    task: str | None = None
    """The task that replaces them, once it has begun."""

    def __str__(self) -> str:
        """Return the line that the operator reads."""
        return f"pool {self.pool} in {self.zone}: {self.outdated} of {self.machines} machines will be replaced"


def find_rolls(
    client: CloudClient,
    worker: Worker,
    user_data: Mapping[str, str],
    groups: Mapping[tuple[str, str], str],
    found: Iterable[machines.Machine],
) -> list[Roll]:
    """
    Return the groups to roll, sorted, each with its task if that is under way already.

    `groups` are ids by pool and zone. This leaves machines without a revision alone: another program or an earlier
    version made them.

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
    Begin to replace a group's machines; return the task's id, or None when nothing is left to replace.

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
