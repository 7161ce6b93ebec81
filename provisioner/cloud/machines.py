"""
The machines of scaling groups, and replacing them.

Sources: Ecs 2014-05-26 DescribeInstances; Ess 2014-08-28 StartInstanceRefresh, DescribeInstanceRefreshes; API documents
read 2026-11. Auto Scaling tags each machine with its group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.cloud.client import CloudClient
from provisioner.cloud.resource import row_tags
from provisioner.errors import CloudError

GROUP_TAG = "acs:autoscaling:scalingGroupId"
_UNDER_WAY = frozenset({"Pending", "InProgress", "Paused", "CheckpointPause", "Cancelling", "RollbackInProgress"})
_NOTHING_TO_DO = "InvalidInstance.NoInstanceNeedBeRefreshed"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine, the scaling group that made it, and one of its tags."""

    id: str
    group_id: str
    tag: str | None


def find_machines(client: CloudClient, cluster: tuple[str, str], tag: str) -> Iterator[Machine]:
    """
    Yield the machines of scaling groups that carry a cluster's tag, with the value of another `tag`.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    given = {"Tag.1.Key": cluster[0], "Tag.1.Value": cluster[1]}
    for row in client.pages("ecs", "DescribeInstances", given, "Instances", "Instance"):
        tags = row_tags(row)
        if GROUP_TAG in tags:
            yield Machine(row["InstanceId"], tags[GROUP_TAG], tags.get(tag))


def running_refresh(client: CloudClient, group_id: str) -> str | None:
    """
    Return the id of the task that replaces a group's machines right now, or None.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    answer = client.call("ess", "DescribeInstanceRefreshes", {"ScalingGroupId": group_id})
    for task in answer["InstanceRefreshTasks"]["InstanceRefreshTask"]:
        if task["Status"] in _UNDER_WAY:
            return str(task["InstanceRefreshTaskId"])
    return None


def start_refresh(client: CloudClient, group_id: str, least_healthy: int, most_healthy: int) -> str | None:
    """
    Begin to replace all machines of a group, and return the task's id; None when there is nothing to replace.

    Percentages are of the group's size. All machines are replaced, since those of a configuration that was modified in
    place count as matching.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    given = {
        "ScalingGroupId": group_id,
        "MinHealthyPercentage": str(least_healthy),
        "MaxHealthyPercentage": str(most_healthy),
        "SkipMatching": "false",
    }
    try:
        # A second one is refused while the first is under way, so that a repetition can do no harm.
        answer = client.change("ess", "StartInstanceRefresh", given, is_idempotent=True)
    except CloudError as error:
        if error.cloud_code == _NOTHING_TO_DO:
            return None
        # The first answer may have been lost, or another caller was faster.
        task = running_refresh(client, group_id)
        if task is None:
            raise
        return task
    return str(answer["InstanceRefreshTaskId"])
