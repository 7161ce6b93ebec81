"""The parameters of the calls that create or modify a scaling configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provisioner.sandbox.provider.failures import InvalidRequest
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.ess_configuration_blocks import (
    changed_data_disk_parameters,
    data_disk_parameters,
    network_interface_parameters,
    price_limit_parameters,
    priority_parameters,
    type_override_parameters,
)
from provisioner.sandbox.provider.resources.ess_instance_pattern import pattern_parameters
from provisioner.sandbox.provider.resources.ess_user_data import encoded_user_data

_CREATED_ALWAYS = {
    "image_id": "ImageId",
    "scaling_group_id": "ScalingGroupId",
    "password_inherit": "PasswordInherit",
    "system_disk_encrypted": "SystemDisk.Encrypted",
    "image_options_login_as_non_root": "ImageOptions.LoginAsNonRoot",
    "deletion_protection": "DeletionProtection",
    "system_disk_kms_key_id": "SystemDisk.KMSKeyId",
    "internet_max_bandwidth_out": "InternetMaxBandwidthOut",
}
_CREATED_WHEN_NOT_ZERO = {
    "resource_pool_options_strategy": "ResourcePoolOptions.Strategy",
    "security_group_id": "SecurityGroupId",
    "security_group_ids": "SecurityGroupIds",
    "scaling_configuration_name": "ScalingConfigurationName",
    "instance_description": "InstanceDescription",
    "system_disk_encrypt_algorithm": "SystemDisk.EncryptAlgorithm",
    "image_name": "ImageName",
    "internet_charge_type": "InternetChargeType",
    "system_disk_provisioned_iops": "SystemDisk.ProvisionedIops",
    "system_disk_category": "SystemDisk.Category",
    "security_enhancement_strategy": "SecurityEnhancementStrategy",
    "internet_max_bandwidth_in": "InternetMaxBandwidthIn",
    "credit_specification": "CreditSpecification",
    "system_disk_size": "SystemDisk.Size",
    "system_disk_name": "SystemDisk.DiskName",
    "system_disk_description": "SystemDisk.Description",
    "system_disk_auto_snapshot_policy_id": "SystemDisk.AutoSnapshotPolicyId",
    "system_disk_performance_level": "SystemDisk.PerformanceLevel",
    "resource_group_id": "ResourceGroupId",
    "role_name": "RamRoleName",
    "key_name": "KeyPairName",
    "instance_name": "InstanceName",
    "host_name": "HostName",
    "spot_strategy": "SpotStrategy",
    "dedicated_host_cluster_id": "DedicatedHostClusterId",
    "http_endpoint": "HttpEndpoint",
}
_MODIFIED = {
    "override": "Override",
    "password_inherit": "PasswordInherit",
    "image_id": "ImageId",
    "image_name": "ImageName",
    "instance_description": "InstanceDescription",
    "system_disk_encrypt_algorithm": "SystemDisk.EncryptAlgorithm",
    "scaling_configuration_name": "ScalingConfigurationName",
    "internet_charge_type": "InternetChargeType",
    "system_disk_category": "SystemDisk.Category",
    "internet_max_bandwidth_out": "InternetMaxBandwidthOut",
    "credit_specification": "CreditSpecification",
    "system_disk_name": "SystemDisk.DiskName",
    "system_disk_description": "SystemDisk.Description",
    "system_disk_auto_snapshot_policy_id": "SystemDisk.AutoSnapshotPolicyId",
    "system_disk_performance_level": "SystemDisk.PerformanceLevel",
    "resource_group_id": "ResourceGroupId",
    "role_name": "RamRoleName",
    "key_name": "KeyPairName",
    "instance_name": "InstanceName",
    "host_name": "HostName",
    "spot_strategy": "SpotStrategy",
    "dedicated_host_cluster_id": "DedicatedHostClusterId",
    "http_endpoint": "HttpEndpoint",
    "system_disk_encrypted": "SystemDisk.Encrypted",
    "image_options_login_as_non_root": "ImageOptions.LoginAsNonRoot",
    "deletion_protection": "DeletionProtection",
    "system_disk_kms_key_id": "SystemDisk.KMSKeyId",
}
_MODIFIED_WHEN_GIVEN = {"spot_duration": "SpotDuration", "system_disk_provisioned_iops": "SystemDisk.ProvisionedIops"}
_MODIFIED_WHEN_NOT_ZERO = {
    "resource_pool_options_strategy": "ResourcePoolOptions.Strategy",
    "internet_max_bandwidth_in": "InternetMaxBandwidthIn",
    "system_disk_size": "SystemDisk.Size",
}
_MODIFIED_BLOCKS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "custom_priorities": ("CustomPriorities", priority_parameters),
    "spot_price_limit": ("SpotPriceLimit", price_limit_parameters),
    "instance_pattern_info": ("InstancePatternInfo", pattern_parameters),
    "data_disk": ("DataDisk", changed_data_disk_parameters),
}
_INSTANCE_TYPE_CHOICES = ("instance_type", "instance_types", "instance_type_override", "instance_pattern_info")


def create_parameters(record: Record) -> dict[str, Any]:
    """Return what `CreateScalingConfiguration` carries; raises InvalidRequest."""
    if not record.ok("security_group_id") and not record.ok("security_group_ids"):
        raise InvalidRequest("security_group_id or security_group_ids must be assigned")
    if not any(record.ok(name) for name in _INSTANCE_TYPE_CHOICES):
        raise InvalidRequest(
            "instance_type or instance_types or instance_type_override or instance_pattern_info must be assigned"
        )
    request = {key: record.get(name) for name, key in _CREATED_ALWAYS.items()}
    request |= {key: record.ok(name) for name, key in _CREATED_WHEN_NOT_ZERO.items()}
    request |= _pool_parameters(record)
    request |= {
        "Password": record.ok("password") or record.ok("kms_encrypted_password"),
        "InstanceTypes": _instance_types(record),
        "InstanceTypeOverride": [type_override_parameters(element) for element in record.get("instance_type_override")],
        "SpotDuration": record.given("spot_duration"),
        "UserData": encoded_user_data(record),
        "Tags": json.dumps(record.get("tags")) if record.ok("tags") else None,
        "DataDisk": [data_disk_parameters(disk) for disk in record.get("data_disk")],
        "SpotPriceLimit": [price_limit_parameters(element) for element in record.get("spot_price_limit")],
        "NetworkInterfaces": [network_interface_parameters(element) for element in record.get("network_interfaces")],
        "InstancePatternInfo": [pattern_parameters(element) for element in record.get("instance_pattern_info")],
        "CustomPriorities": [priority_parameters(element) for element in record.get("custom_priorities")],
        "IoOptimized": "none" if record.get("is_outdated") else "optimized",
    }
    return request


def modify_parameters(record: Record) -> dict[str, Any]:
    """Return what `ModifyScalingConfiguration` has to carry, empty when nothing has changed; raises InvalidRequest."""
    change = {key: record.get(name) for name, key in _MODIFIED.items() if record.has_change(name)}
    given = {key: record.given(name) for name, key in _MODIFIED_WHEN_GIVEN.items() if record.has_change(name)}
    given |= {key: record.ok(name) for name, key in _MODIFIED_WHEN_NOT_ZERO.items() if record.has_change(name)}
    change |= {key: value for key, value in given.items() if value is not None}
    if record.has_change("resource_pool_options_private_pool_ids", "resource_pool_options_private_pool_tags"):
        change |= _pool_parameters(record)
    overriding = bool(record.get("override"))
    if overriding:
        change |= {"ImageId": record.get("image_id"), "ImageName": record.get("image_name")}
    if overriding or record.has_change("security_group_id", "security_group_ids", "network_interfaces"):
        change |= _security_groups(record)
    change |= _changed_types(record, overriding=overriding)
    if record.has_change("user_data"):
        change["UserData"] = encoded_user_data(record)
    if record.has_change("tags"):
        change["Tags"] = json.dumps(record.get("tags")) if record.ok("tags") else None
    for name, (key, form) in _MODIFIED_BLOCKS.items():
        if record.has_change(name):
            change[key] = [form(element) for element in record.get(name)]
    return change


def _changed_types(record: Record, *, overriding: bool) -> dict[str, Any]:
    change: dict[str, Any] = {}
    overrides_changed = record.has_change("instance_type_override")
    if record.has_change("instance_type", "instance_types") and (
        not overrides_changed or not record.ok("instance_type_override")
    ):
        change["InstanceTypes"] = _instance_types(record)
        if not change["InstanceTypes"]:
            raise InvalidRequest("instance_type or instance_types must be assigned")
    if overrides_changed and overriding:
        change["InstanceTypeOverride"] = [
            type_override_parameters(element) for element in record.get("instance_type_override")
        ]
    return change


def _security_groups(record: Record) -> dict[str, Any]:
    interfaces = [network_interface_parameters(element) for element in record.get("network_interfaces")]
    single, several = record.ok("security_group_id"), record.ok("security_group_ids")
    if not (interfaces or single or several):
        raise InvalidRequest("securityGroupId or securityGroupIds must be assigned")
    return {"NetworkInterfaces": interfaces, "SecurityGroupIds": several, "SecurityGroupId": single}


def _instance_types(record: Record) -> list[str]:
    single = record.ok("instance_type")
    return [*record.get("instance_types"), *([single] if single else [])]


def _pool_parameters(record: Record) -> dict[str, Any]:
    return {
        "ResourcePoolOptions.PrivatePoolIds": sorted(record.get("resource_pool_options_private_pool_ids")),
        "ResourcePoolOptions.PrivatePoolTags": [
            {"Key": element.get("key"), "Value": element.get("value")}
            for element in record.get("resource_pool_options_private_pool_tags")
        ],
    }
