"""What Auto Scaling shows of an object."""

from __future__ import annotations

from typing import Any


def shown_group(account: Any, group_id: str) -> dict[str, Any]:
    (group,) = account.ess("DescribeScalingGroups", ScalingGroupId__1=group_id)["ScalingGroups"]["ScalingGroup"]
    return dict(group)


def shown_configuration(account: Any, configuration_id: str) -> dict[str, Any]:
    answer = account.ess("DescribeScalingConfigurations", ScalingConfigurationId__1=configuration_id)
    (configuration,) = answer["ScalingConfigurations"]["ScalingConfiguration"]
    return dict(configuration)


def instances(account: Any, group_id: str) -> list[dict[str, Any]]:
    answer = account.ess("DescribeScalingInstances", ScalingGroupId=group_id)
    return list(answer["ScalingInstances"]["ScalingInstance"])
