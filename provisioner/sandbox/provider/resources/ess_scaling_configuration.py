"""alicloud_ess_scaling_configuration: id `ScalingConfigurationId` (older ones: `<group>:<configuration>`)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from provisioner.sandbox.provider.calls import ESS, Connection
from provisioner.sandbox.provider.failures import Client, InvalidRequest, ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.ess_configuration_blocks import (
    changed_data_disk_parameters,
    data_disk_parameters,
    network_interface_parameters,
    price_limit_parameters,
    priority_parameters,
    read_blocks,
    type_override_parameters,
)
from provisioner.sandbox.provider.resources.ess_instance_pattern import pattern_parameters
from provisioner.sandbox.provider.resources.ess_scaling_group import await_scaling_group, describe_scaling_group
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import nested, read_tags

_STATE_SECONDS = 120.0
_PAGE_SIZE = 50

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
_READ_ALWAYS = {
    "scaling_group_id": "ScalingGroupId",
    "image_id": "ImageId",
    "image_name": "ImageName",
    "scaling_configuration_name": "ScalingConfigurationName",
    "instance_description": "InstanceDescription",
    "internet_charge_type": "InternetChargeType",
    "system_disk_category": "SystemDiskCategory",
    "security_enhancement_strategy": "SecurityEnhancementStrategy",
    "internet_max_bandwidth_out": "InternetMaxBandwidthOut",
    "credit_specification": "CreditSpecification",
    "system_disk_name": "SystemDiskName",
    "system_disk_description": "SystemDiskDescription",
    "system_disk_auto_snapshot_policy_id": "SystemDiskAutoSnapshotPolicyId",
    "system_disk_performance_level": "SystemDiskPerformanceLevel",
    "system_disk_kms_key_id": "SystemDisk.KMSKeyId",
    "system_disk_encrypted": "SystemDisk.Encrypted",
    "image_options_login_as_non_root": "ImageOptions.LoginAsNonRoot",
    "deletion_protection": "DeletionProtection",
    "role_name": "RamRoleName",
    "key_name": "KeyPairName",
    "instance_name": "InstanceName",
    "password_inherit": "PasswordInherit",
    "resource_group_id": "ResourceGroupId",
    "host_name": "HostName",
    "spot_strategy": "SpotStrategy",
    "dedicated_host_cluster_id": "DedicatedHostClusterId",
    "http_endpoint": "HttpEndpoint",
}
_READ_WHEN_PRESENT = {
    "system_disk_encrypt_algorithm": "SystemDisk.EncryptAlgorithm",
    "spot_duration": "SpotDuration",
    "system_disk_provisioned_iops": "SystemDisk.ProvisionedIops",
    "internet_max_bandwidth_in": "InternetMaxBandwidthIn",
}
_INSTANCE_TYPE_CHOICES = ("instance_type", "instance_types", "instance_type_override", "instance_pattern_info")


def create(record: Record, connection: Connection) -> None:
    """Create the configuration, then do what an update does: activate it, enable its group, send everything again."""
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
        "UserData": _encoded_user_data(record),
        "Tags": json.dumps(record.get("tags")) if record.ok("tags") else None,
        "DataDisk": [data_disk_parameters(disk) for disk in record.get("data_disk")],
        "SpotPriceLimit": [price_limit_parameters(element) for element in record.get("spot_price_limit")],
        "NetworkInterfaces": [network_interface_parameters(element) for element in record.get("network_interfaces")],
        "InstancePatternInfo": [pattern_parameters(element) for element in record.get("instance_pattern_info")],
        "CustomPriorities": [priority_parameters(element) for element in record.get("custom_priorities")],
        "IoOptimized": "none" if record.get("is_outdated") else "optimized",
    }
    answer = connection.call(
        ESS,
        "CreateScalingConfiguration",
        request,
        subject="alicloud_ess_scaling_configuration",
        repeat_on=("Throttling", "IncorrectScalingGroupStatus"),
        repeat_transient=False,
        timeout_seconds=record.timeout_seconds("create"),
    )
    record.id = answer["ScalingConfigurationId"]
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the configuration. Data disks stay as configured: the real provider reads them and fails to store them."""
    _shorten_id(record)
    answer = connection.call(
        ESS,
        "DescribeScalingConfigurations",
        {"ScalingConfigurationId.1": record.id, "RegionId": connection.region},
        subject=record.id,
        repeat_transient=False,
    )
    configurations = nested(answer, "ScalingConfigurations", "ScalingConfiguration")
    if not configurations:
        raise ObjectMissing("ScalingConfiguration", record.id)
    found = configurations[0]
    record.set_all(found, _READ_ALWAYS)
    record.set_present(found, _READ_WHEN_PRESENT)
    if found.get("SystemDiskSize"):
        record.set("system_disk_size", found["SystemDiskSize"])
    record.set("force_delete", record.get("force_delete"))
    record.set("override", record.get("override"))
    record.set("active", found["LifecycleState"] == "Active")
    if record.ok("security_group_id"):
        record.set("security_group_id", found.get("SecurityGroupId"))
    if record.ok("security_group_ids"):
        record.set("security_group_ids", nested(found, "SecurityGroupIds", "SecurityGroupId"))
    if record.ok("instance_type"):
        record.set("instance_type", found.get("InstanceType"))
    if record.ok("instance_types"):
        record.set("instance_types", nested(found, "InstanceTypes", "InstanceType"))
    _read_user_data(record, found.get("UserData"))
    if found.get("Tags") is not None:
        record.set("tags", read_tags(nested(found, "Tags", "Tag")))
    _read_pool(record, found.get("ResourcePoolOptions") or {})
    read_blocks(record, found)


def update(record: Record, connection: Connection) -> None:
    """Activate, enable, then send what has changed; after a create everything that is set has changed."""
    record.begin_partial()
    _shorten_id(record)
    if record.has_change("active"):
        current = _describe(record, connection)
        if record.get("active") and current["LifecycleState"] == "Inactive":
            _activate(current["ScalingGroupId"], record.id, connection)
        elif not record.get("active") and current["LifecycleState"] == "Active":
            _activate_substitute(record, connection, current["ScalingGroupId"])
        record.note("active")
    if record.has_change("enable"):
        _enable(record, connection)
        record.note("enable")
    change = _change(record)
    if change:
        connection.call(
            ESS,
            "ModifyScalingConfiguration",
            {"ScalingConfigurationId": record.id, **change},
            subject="alicloud_ess_scaling_configuration",
            timeout_seconds=record.timeout_seconds("update"),
        )
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """
    Delete the configuration; a group's last one goes with its whole group, or not at all without `force_delete`.
    """
    _shorten_id(record)
    try:
        group = _describe(record, connection)["ScalingGroupId"]
    except ObjectMissing:
        return
    siblings = _describe_all(record, connection, {"ScalingGroupId": group})
    if not siblings:
        return
    if len(siblings) > 1:
        if connection.remove(
            ESS,
            "DeleteScalingConfiguration",
            {"ScalingConfigurationId": record.id, "RegionId": connection.region},
            gone_on=("InvalidScalingGroupId.NotFound", "InvalidScalingConfigurationId.NotFound"),
            missing_is_gone=False,
            subject=record.id,
            client=Client.TYPED,
            repeat_transient=False,
        ):
            connection.await_state(
                record.id, lambda: str(_describe(record, connection)), (), timeout_seconds=_STATE_SECONDS
            )
        return
    if not record.get("force_delete"):
        raise InvalidRequest(
            f"Current scaling configuration {record.id} is the last configuration for the scaling group {group}. "
            "Please launch a new active scaling configuration or set 'force_delete' to 'true' to delete it with "
            "deleting its scaling group."
        )
    if connection.remove(
        ESS,
        "DeleteScalingGroup",
        {"ScalingGroupId": group, "ForceDelete": True, "RegionId": connection.region},
        gone_on=("InvalidScalingGroupId.NotFound",),
        missing_is_gone=False,
        subject=record.id,
        client=Client.TYPED,
        repeat_transient=False,
    ):
        # The real provider looks for a group with the configuration's id, so this wait ends at once.
        await_scaling_group(record.id, connection, (), _STATE_SECONDS)


def _change(record: Record) -> dict[str, Any]:
    """Return what `ModifyScalingConfiguration` has to carry; empty when nothing has changed."""
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
        change["UserData"] = _encoded_user_data(record)
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


def _enable(record: Record, connection: Connection) -> None:
    group = record.get("scaling_group_id")
    state = describe_scaling_group(group, connection)["LifecycleState"]
    target = {"RegionId": connection.region, "ScalingGroupId": group}
    if record.get("enable") and state == "Inactive":
        page = {"ScalingGroupId": group, "PageNumber": 1, "PageSize": _PAGE_SIZE}
        configurations = _describe_all(record, connection, page)
        active = [found for found in configurations if found["LifecycleState"] == "Active"]
        if not active:
            known = ",".join(found["ScalingConfigurationId"] for found in configurations)
            raise InvalidRequest(
                f"Please active a scaling configuration before enabling scaling group {group}. "
                f"Its all scaling configuration are {known}."
            )
        connection.call(
            ESS,
            "EnableScalingGroup",
            {**target, "ActiveScalingConfigurationId": active[-1]["ScalingConfigurationId"]},
            subject=record.id,
            client=Client.TYPED,
            repeat_transient=False,
        )
        await_scaling_group(group, connection, ("Active",), _STATE_SECONDS)
    elif not record.get("enable") and state == "Active":
        connection.call(
            ESS, "DisableScalingGroup", target, subject=record.id, client=Client.TYPED, repeat_transient=False
        )
        await_scaling_group(group, connection, ("Inactive",), _STATE_SECONDS)


def _activate(group: str, configuration: str, connection: Connection) -> None:
    connection.call(
        ESS,
        "ModifyScalingGroup",
        {"ScalingGroupId": group, "ActiveScalingConfigurationId": configuration, "RegionId": connection.region},
        subject=configuration,
        client=Client.TYPED,
        repeat_transient=False,
    )


def _activate_substitute(record: Record, connection: Connection, group: str) -> None:
    substitute = record.ok("substitute")
    siblings = _describe_all(record, connection, {"ScalingGroupId": group})
    others = [found["ScalingConfigurationId"] for found in siblings if found["ScalingConfigurationId"] != record.id]
    if not substitute and not others:
        raise InvalidRequest(
            f"Current scaling configuration {record.id} is the last configuration for the scaling group {group}, "
            "and it can't be inactive."
        )
    if not substitute:
        raise InvalidRequest(
            "Before inactivating current scaling configuration, you must select a substitute for scaling group from: "
            f"{','.join(others)}."
        )
    _activate(group, substitute, connection)


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    for found in _describe_all(record, connection, {"ScalingConfigurationId.1": record.id}):
        if found["ScalingConfigurationId"] == record.id:
            return found
    raise ObjectMissing("Scaling Configuration", record.id)


def _describe_all(record: Record, connection: Connection, request: dict[str, Any]) -> list[dict[str, Any]]:
    answer = connection.call(
        ESS,
        "DescribeScalingConfigurations",
        {"RegionId": connection.region, **request},
        subject=record.id,
        client=Client.TYPED,
        repeat_transient=False,
    )
    return [dict(found) for found in nested(answer, "ScalingConfigurations", "ScalingConfiguration")]


def _shorten_id(record: Record) -> None:
    record.id = record.id.rpartition(":")[2]


def _instance_types(record: Record) -> list[str]:
    single = record.ok("instance_type")
    return [*record.get("instance_types"), *([single] if single else [])]


def _decode_base64(text: str) -> bytes | None:
    """Return the decoded text; None when it is not base64 (line ends are allowed in it)."""
    try:
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def _encoded_user_data(record: Record) -> str | None:
    text = record.ok("user_data")
    if text is None:
        return None
    return str(text) if _decode_base64(text) is not None else base64.b64encode(text.encode()).decode()


def _read_user_data(record: Record, answer: str | None) -> None:
    """Keep base64 as it is; plain text, and what an import finds, is stored decoded."""
    known = record.ok("user_data")
    if known is not None and _decode_base64(known) is not None:
        record.set("user_data", answer)
    elif answer is not None:
        decoded = _decode_base64(answer)
        record.set("user_data", answer if decoded is None else decoded.decode(errors="replace"))


def _pool_parameters(record: Record) -> dict[str, Any]:
    return {
        "ResourcePoolOptions.PrivatePoolIds": sorted(record.get("resource_pool_options_private_pool_ids")),
        "ResourcePoolOptions.PrivatePoolTags": [
            {"Key": element.get("key"), "Value": element.get("value")}
            for element in record.get("resource_pool_options_private_pool_tags")
        ],
    }


def _read_pool(record: Record, options: dict[str, Any]) -> None:
    record.set_present(options, {"resource_pool_options_strategy": "Strategy"})
    if options.get("PrivatePoolIds") is not None:
        record.set("resource_pool_options_private_pool_ids", nested(options, "PrivatePoolIds", "PrivatePoolId"))
    if options.get("PrivatePoolTags") is not None:
        tags = nested(options, "PrivatePoolTags", "PrivatePoolTag")
        record.set(
            "resource_pool_options_private_pool_tags", [{"key": tag["Key"], "value": tag["Value"]} for tag in tags]
        )


_MODIFIED_BLOCKS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "custom_priorities": ("CustomPriorities", priority_parameters),
    "spot_price_limit": ("SpotPriceLimit", price_limit_parameters),
    "instance_pattern_info": ("InstancePatternInfo", pattern_parameters),
    "data_disk": ("DataDisk", changed_data_disk_parameters),
}

OPERATIONS = Operations(create, read, update, delete)
