"""The size that scaling groups have right now."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.cloud.client import CloudClient

IDS_PER_CALL = 20
"""DescribeScalingGroups takes at most 20 group ids (API document, read 2026-11)."""


def current_sizes(client: CloudClient, group_ids: Iterable[str]) -> dict[str, int]:
    """
    Return the desired capacity of each scaling group, by id; a group that is gone is left out.

    A group without a desired capacity counts its instances, as ESS does.

    Raises:
        CloudError: the cloud refused, or could not be reached.

    Source: ESS 2014-08-28 DescribeScalingGroups.
    """
    wanted = sorted(set(group_ids))
    sizes: dict[str, int] = {}
    for start in range(0, len(wanted), IDS_PER_CALL):
        batch = wanted[start : start + IDS_PER_CALL]
        parameters = {f"ScalingGroupId.{number}": group_id for number, group_id in enumerate(batch, 1)}
        answer = client.call("ess", "DescribeScalingGroups", {**parameters, "PageSize": str(IDS_PER_CALL)})
        for group in answer["ScalingGroups"]["ScalingGroup"]:
            desired = group.get("DesiredCapacity")
            sizes[group["ScalingGroupId"]] = int(group.get("TotalCapacity", 0) if desired is None else desired)
    return sizes
