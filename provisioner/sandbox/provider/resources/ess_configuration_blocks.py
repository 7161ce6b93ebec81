"""The nested blocks of a scaling configuration, as parameters and as answers."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.ess_instance_pattern import read_pattern
from provisioner.sandbox.provider.resources.tags import nested

_DATA_DISK = {
    "size": "Size",
    "provisioned_iops": "ProvisionedIops",
    "category": "Category",
    "snapshot_id": "SnapshotId",
    "delete_with_instance": "DeleteWithInstance",
    "device": "Device",
    "encrypted": "Encrypted",
    "kms_key_id": "KMSKeyId",
    "name": "DiskName",
    "description": "Description",
    "auto_snapshot_policy_id": "AutoSnapshotPolicyId",
    "performance_level": "PerformanceLevel",
}
_DATA_DISK_ZEROS: dict[str, Any] = {
    "size": 0,
    "provisioned_iops": 0,
    "delete_with_instance": False,
    "encrypted": False,
}


def data_disk_parameters(disk: dict[str, Any]) -> dict[str, Any]:
    """Return a data disk as the create call takes it."""
    return {key: disk.get(name) or _DATA_DISK_ZEROS.get(name) for name, key in _DATA_DISK.items()}


def changed_data_disk_parameters(disk: dict[str, Any]) -> dict[str, Any]:
    """Return a data disk as the modify call takes it: what is not set travels as an empty text."""
    return {key: disk.get(name) or _DATA_DISK_ZEROS.get(name, "") for name, key in _DATA_DISK.items()}


def type_override_parameters(element: dict[str, Any]) -> dict[str, Any]:
    """Return an instance type with its weight."""
    return {
        "InstanceType": element.get("instance_type") or None,
        "WeightedCapacity": element.get("weighted_capacity") or 0,
    }


def price_limit_parameters(element: dict[str, Any]) -> dict[str, Any]:
    """Return the highest price of an instance type."""
    return {
        "InstanceType": element.get("instance_type") or None,
        "PriceLimit": f"{element.get('price_limit') or 0:.2f}",
    }


def network_interface_parameters(element: dict[str, Any]) -> dict[str, Any]:
    """Return a network interface."""
    return {
        "InstanceType": element.get("instance_type") or None,
        "NetworkInterfaceTrafficMode": element.get("network_interface_traffic_mode") or None,
        "Ipv6AddressCount": element.get("ipv6_address_count") or 0,
        "SecurityGroupIds": element.get("security_group_ids"),
    }


def priority_parameters(element: dict[str, Any]) -> dict[str, Any]:
    """Return an instance type and the vSwitch to make it in."""
    return {"InstanceType": element.get("instance_type") or None, "VswitchId": element.get("vswitch_id") or None}


def read_blocks(record: Record, found: dict[str, Any]) -> None:
    """Store what the cloud answers about the blocks."""
    if record.ok("instance_type_override"):
        types = nested(found, "InstanceTypes", "InstanceType")
        weights = nested(found, "WeightedCapacities", "WeightedCapacity")
        if types and weights:
            record.set(
                "instance_type_override",
                [
                    {"instance_type": name, "weighted_capacity": int(weight)}
                    for name, weight in zip(types, weights, strict=False)
                ],
            )
    if found.get("SpotPriceLimit") is not None:
        record.set(
            "spot_price_limit",
            [
                {"instance_type": limit.get("InstanceType"), "price_limit": round(float(limit["PriceLimit"]), 2)}
                for limit in nested(found, "SpotPriceLimit", "SpotPriceModel")
            ],
        )
    if found.get("InstancePatternInfos") is not None:
        patterns = nested(found, "InstancePatternInfos", "InstancePatternInfo")
        record.set("instance_pattern_info", [read_pattern(pattern) for pattern in patterns])
    if found.get("NetworkInterfaces") is not None:
        record.set(
            "network_interfaces",
            [
                {
                    "instance_type": interface.get("InstanceType"),
                    "network_interface_traffic_mode": interface.get("NetworkInterfaceTrafficMode"),
                    "ipv6_address_count": interface.get("Ipv6AddressCount"),
                    "security_group_ids": nested(interface, "SecurityGroupIds", "SecurityGroupId"),
                }
                for interface in nested(found, "NetworkInterfaces", "NetworkInterface")
            ],
        )
    if found.get("CustomPriorities") is not None:
        record.set(
            "custom_priorities",
            [
                {"instance_type": priority.get("InstanceType"), "vswitch_id": priority.get("VswitchId")}
                for priority in nested(found, "CustomPriorities", "CustomPriority")
            ],
        )
