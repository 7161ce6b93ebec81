"""alicloud_ess_scaling_configuration: id `ScalingConfigurationId` (older ones: `<group>:<configuration>`)."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import ESS, Connection
from provisioner.sandbox.provider.failures import Client, InvalidRequest, ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.ess_configuration_blocks import read_blocks
from provisioner.sandbox.provider.resources.ess_configuration_parameters import create_parameters, modify_parameters
from provisioner.sandbox.provider.resources.ess_scaling_group import await_scaling_group, describe_scaling_group
from provisioner.sandbox.provider.resources.ess_user_data import read_user_data
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import nested, read_tags

_STATE_SECONDS = 120.0
_PAGE_SIZE = 50

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


def create(record: Record, connection: Connection) -> None:
    """Create the configuration, then do what an update does: activate it, enable its group, send everything again."""
    answer = connection.call(
        ESS,
        "CreateScalingConfiguration",
        create_parameters(record),
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
    read_user_data(record, found.get("UserData"))
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
    change = modify_parameters(record)
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


def _read_pool(record: Record, options: dict[str, Any]) -> None:
    record.set_present(options, {"resource_pool_options_strategy": "Strategy"})
    if options.get("PrivatePoolIds") is not None:
        record.set("resource_pool_options_private_pool_ids", nested(options, "PrivatePoolIds", "PrivatePoolId"))
    if options.get("PrivatePoolTags") is not None:
        tags = nested(options, "PrivatePoolTags", "PrivatePoolTag")
        record.set(
            "resource_pool_options_private_pool_tags", [{"key": tag["Key"], "value": tag["Value"]} for tag in tags]
        )


OPERATIONS = Operations(create, read, update, delete)
