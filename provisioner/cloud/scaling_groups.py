"""
Finding scaling groups and their configurations.

Sources: DescribeScalingGroups and DescribeScalingConfigurations of ESS 2014-08-28, API documents read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.cloud.client import CloudClient
from provisioner.cloud.resource import CloudResource, row_time, tags_by_id


def find_scaling_groups(client: CloudClient, name_prefix: str, vpc_ids: set[str]) -> Iterator[CloudResource]:
    """Yield the scaling groups that are named alike or in one of the VPCs, each followed by its configurations."""
    rows = [
        row
        for row in client.pages("ess", "DescribeScalingGroups", {}, "ScalingGroups", "ScalingGroup")
        if row.get("VpcId") in vpc_ids or row.get("ScalingGroupName", "").startswith(name_prefix)
    ]
    tags = tags_by_id(client, "ess", "scalinggroup", [row["ScalingGroupId"] for row in rows])
    for row in rows:
        group_id = row["ScalingGroupId"]
        is_enabled = row.get("LifecycleState") == "Active"
        machines = int(row.get("TotalCapacity") or 0)
        yield CloudResource(
            "alicloud_ess_scaling_group",
            group_id,
            row.get("ScalingGroupName", ""),
            row.get("VpcId", ""),
            tags=tags.get(group_id, {}),
            created=row_time(row, "CreationTime"),
            attributes={
                "min_size": int(row.get("MinSize", 0)),
                "max_size": int(row.get("MaxSize", 0)),
                # By these terraform would replace the group if its state did not have them.
                "group_type": row.get("GroupType") or None,
                "multi_az_policy": row.get("MultiAZPolicy") or None,
            },
            status=row.get("LifecycleState", ""),
            holds=(f"{machines} machines",) if machines else (),
            facts={"vswitch_id": row.get("VSwitchId", ""), "is_enabled": is_enabled},
        )
        for configuration in client.pages(
            "ess",
            "DescribeScalingConfigurations",
            {"ScalingGroupId": group_id},
            "ScalingConfigurations",
            "ScalingConfiguration",
        ):
            yield CloudResource(
                "alicloud_ess_scaling_configuration",
                configuration["ScalingConfigurationId"],
                configuration.get("ScalingConfigurationName", ""),
                group_id,
                created=row_time(configuration, "CreationTime"),
                attributes={
                    "scaling_group_id": group_id,
                    "instance_type": configuration.get("InstanceType", ""),
                    "security_group_id": configuration.get("SecurityGroupId", ""),
                    "key_name": configuration.get("KeyPairName") or None,
                    "data_disk": [_data_disk(disk) for disk in configuration["DataDisks"]["DataDisk"]],
                },
                facts={
                    "is_active": configuration["ScalingConfigurationId"] == row.get("ActiveScalingConfigurationId"),
                    "is_enabled": is_enabled,
                    "has_user_data": bool(configuration.get("UserData")),
                },
            )


def _data_disk(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a data disk as terraform knows it: the provider never reads them back (provider 1.289.0)."""
    return {
        "name": row.get("DiskName"),
        "category": row.get("Category"),
        "size": row.get("Size"),
        "encrypted": bool(row.get("Encrypted")),
        "description": row.get("Description"),
        "delete_with_instance": bool(row.get("DeleteWithInstance", True)),
        # What no module of ours sets.
        **dict.fromkeys(
            (
                "auto_snapshot_policy_id",
                "device",
                "kms_key_id",
                "performance_level",
                "provisioned_iops",
                "snapshot_id",
            )
        ),
    }
