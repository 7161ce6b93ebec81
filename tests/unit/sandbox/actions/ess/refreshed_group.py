"""A scaling group whose instances are refreshed."""

from __future__ import annotations

from typing import Any

STEP = 0.1
"""One settle time of the clock: every step takes that long."""
OTHER_IMAGE = "aliyun_3_x64_20G_alibase_20240528.vhd"
LONG = 60.0


class Group:
    """An enabled group in one vSwitch."""

    def __init__(self, account: Any, size: int, **parameters: object) -> None:
        vpc_id = account.a_vpc()
        self.account = account
        self.security_group_id = account.a_security_group(vpc_id)
        self.vswitch_id = account.a_vswitch(vpc_id)
        given = {"MinSize": 0, "MaxSize": 20, "DesiredCapacity": size, **parameters}
        self.id = account.a_scaling_group(self.vswitch_id, **given)
        self.first = account.a_configuration(self.id, self.security_group_id)
        account.ess("EnableScalingGroup", ScalingGroupId=self.id, ActiveScalingConfigurationId=self.first)
        account.settle()

    def another(self, **parameters: object) -> str:
        """Return the id of a second, inactive configuration."""
        return str(self.account.a_configuration(self.id, self.security_group_id, **parameters))

    def start(self, **parameters: object) -> str:
        """Start a refresh and return its id."""
        made = self.account.ess("StartInstanceRefresh", ScalingGroupId=self.id, **parameters)
        return str(made["InstanceRefreshTaskId"])

    def task(self, task_id: str = "") -> dict[str, Any]:
        """Return the latest task, or one."""
        filters = {"InstanceRefreshTaskId__1": task_id} if task_id else {}
        answer = self.account.ess("DescribeInstanceRefreshes", ScalingGroupId=self.id, **filters)
        return dict(answer["InstanceRefreshTasks"]["InstanceRefreshTask"][0])

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        """Run an action on the group."""
        return dict(self.account.ess(action, ScalingGroupId=self.id, **parameters))

    def instances(self) -> list[dict[str, Any]]:
        """Return the instances, those on their way in and out included."""
        answer = self.account.ess("DescribeScalingInstances", ScalingGroupId=self.id, PageSize=100)
        return list(answer["ScalingInstances"]["ScalingInstance"])

    def made_of(self) -> list[str]:
        """Return the configurations of the instances."""
        return [one["ScalingConfigurationId"] for one in self.instances()]

    def states(self) -> list[str]:
        """Return the lifecycle states of the instances."""
        return sorted(one["LifecycleState"] for one in self.instances())

    def images(self) -> set[str]:
        """Return the images of the instances."""
        return {one["ImageId"] for one in self.account.ecs("DescribeInstances")["Instances"]["Instance"]}

    def active(self) -> str:
        """Return the active configuration."""
        answer = self.account.ess("DescribeScalingGroups", ScalingGroupId__1=self.id)
        return str(answer["ScalingGroups"]["ScalingGroup"][0]["ActiveScalingConfigurationId"])
