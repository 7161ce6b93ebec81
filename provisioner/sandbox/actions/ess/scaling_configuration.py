"""Scaling configurations (Ess 2014-08-28): what a scaling group's instances are made of."""

from __future__ import annotations

import json
from typing import Any

from provisioner.sandbox.actions.ecs.image import available_images
from provisioner.sandbox.actions.ecs.user_data import check_user_data
from provisioner.sandbox.actions.ess.scaling_group import check_not_deleting, get_scaling_group
from provisioner.sandbox.actions.ess.scaling_instance import instance_in_use, instances_of
from provisioner.sandbox.actions.ess.scaling_parameters import invalid_parameter, scaling_name
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import check_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import DISK_CATEGORIES, DISK_SIZES_GIB, INSTANCE_TYPES
from provisioner.sandbox.cloud.parameters import Parameters
from provisioner.sandbox.cloud.resource import Resource

# Parameter: key in the answer. The service flattens some names of the system disk and leaves others dotted.
_TEXTS = {
    "CreditSpecification": "CreditSpecification",
    "DedicatedHostClusterId": "DedicatedHostClusterId",
    "DeploymentSetId": "DeploymentSetId",
    "HostName": "HostName",
    "HttpEndpoint": "HttpEndpoint",
    "HttpTokens": "HttpTokens",
    "ImageFamily": "ImageFamily",
    "ImageName": "ImageName",
    "InstanceDescription": "InstanceDescription",
    "InstanceName": "InstanceName",
    "InternetChargeType": "InternetChargeType",
    "IoOptimized": "IoOptimized",
    "KeyPairName": "KeyPairName",
    "RamRoleName": "RamRoleName",
    "ResourceGroupId": "ResourceGroupId",
    "SecurityEnhancementStrategy": "SecurityEnhancementStrategy",
    "SecurityGroupId": "SecurityGroupId",
    "SpotStrategy": "SpotStrategy",
    "SystemDisk.AutoSnapshotPolicyId": "SystemDiskAutoSnapshotPolicyId",
    "SystemDisk.Category": "SystemDiskCategory",
    "SystemDisk.Description": "SystemDiskDescription",
    "SystemDisk.DiskName": "SystemDiskName",
    "SystemDisk.EncryptAlgorithm": "SystemDisk.EncryptAlgorithm",
    "SystemDisk.KMSKeyId": "SystemDisk.KMSKeyId",
    "SystemDisk.PerformanceLevel": "SystemDiskPerformanceLevel",
}
_INTEGERS = {
    "InternetMaxBandwidthIn": "InternetMaxBandwidthIn",
    "InternetMaxBandwidthOut": "InternetMaxBandwidthOut",
    "LoadBalancerWeight": "LoadBalancerWeight",
    "SpotDuration": "SpotDuration",
    "SystemDisk.ProvisionedIops": "SystemDisk.ProvisionedIops",
    "SystemDisk.Size": "SystemDiskSize",
}
_BOOLEANS = {
    "DeletionProtection": "DeletionProtection",
    "ImageOptions.LoginAsNonRoot": "ImageOptions.LoginAsNonRoot",
    "PasswordInherit": "PasswordInherit",
    "SystemDisk.Encrypted": "SystemDisk.Encrypted",
}
_DISK_TEXTS = (
    "AutoSnapshotPolicyId",
    "Category",
    "Description",
    "Device",
    "DiskName",
    "Encrypted",
    "KMSKeyId",
    "PerformanceLevel",
    "SnapshotId",
)
_SMALLEST_SYSTEM_DISK, _LARGEST_SYSTEM_DISK = 20, 2048
_MOST_TAGS = 20
_LARGEST_USER_DATA_KIB = 32


def create_scaling_configuration(call: Call) -> Answer:
    """Create an inactive configuration in a group; without a name, the id is its name."""
    group = get_scaling_group(call)
    check_not_deleting(group)
    name = scaling_name(call, "ScalingConfigurationName")
    document: dict[str, Any] = {
        "Scalars": {},
        "ImageId": "",
        "InstanceTypes": [],
        "Weights": [],
        "SecurityGroupIds": [],
        "DataDisks": [],
        "SpotPrices": [],
        "Tags": {},
        "LifecycleState": "Inactive",
    }
    _apply(call, group, document)
    siblings = call.tx.select("scaling_configuration", parent=group.id)
    if name and any(sibling.name == name for sibling in siblings):
        raise _duplicate()
    call.check_quota(
        "scaling_configuration",
        len(siblings),
        ActionError(
            "QuotaExceeded.ScalingConfiguration", "Scaling configuration quota exceeded in the specified scaling group."
        ),
    )
    configuration_id = call.new_id("asc", group.region)
    call.create(
        "scaling_configuration",
        configuration_id,
        region=group.region,
        parent=group.id,
        name=name or configuration_id,
        document=document,
    )
    return {"ScalingConfigurationId": configuration_id}


def modify_scaling_configuration(call: Call) -> Answer:
    """Change what was sent; running instances stay as they are."""
    configuration = _get(call)
    group = call.tx.select("scaling_group", id=configuration.parent)[0]
    name = scaling_name(call, "ScalingConfigurationName")
    _apply(call, group, configuration.document)
    if name and name != configuration.name:
        if any(other.name == name for other in call.tx.select("scaling_configuration", parent=group.id)):
            raise _duplicate()
        configuration.name = name
    call.tx.update(configuration)
    return {}


def describe_scaling_configurations(call: Call) -> Answer:
    """Return configurations, filtered by group, ids and names."""
    params = call.params
    ids, names = set(params.texts("ScalingConfigurationId")), set(params.texts("ScalingConfigurationName"))
    found = [
        configuration
        for configuration in call.list("scaling_configuration", parent=params.text("ScalingGroupId") or None)
        if (not ids or configuration.id in ids) and (not names or configuration.name in names)
    ]
    return answer_page(call, found, lambda one: _show(call, one), "ScalingConfigurations", "ScalingConfiguration")


def delete_scaling_configuration(call: Call) -> Answer:
    """Delete a configuration that is not active and has no instances left."""
    configuration = _get(call)
    if configuration.document["LifecycleState"] == "Active":
        raise ActionError(
            "IncorrectScalingConfigurationLifecycleState",
            "The current lifecycle state of specified scaling configuration does not support this action.",
        )
    group = call.tx.select("scaling_group", id=configuration.parent)[0]
    used = {instance.document["ScalingConfigurationId"] for instance in instances_of(call, group)}
    if configuration.id in used:
        raise instance_in_use()
    call.tx.remove([configuration])
    return {}


def _get(call: Call) -> Resource:
    missing = ActionError(
        "InvalidScalingConfigurationId.NotFound", "The specified scaling configuration does not exist.", 404
    )
    return call.get("scaling_configuration", call.params.required("ScalingConfigurationId"), missing)


def _apply(call: Call, group: Resource, document: dict[str, Any]) -> None:
    """Take over what was sent and refuse the result if it could not start an instance."""
    params = call.params
    scalars: dict[str, Any] = document["Scalars"]
    scalars.update(params.sent(_TEXTS, _INTEGERS, _BOOLEANS))
    vswitches = [
        found[0]
        for id in group.document["VSwitchIds"]
        if (found := call.tx.select("vswitch", id=id, account=group.account))
    ]
    _apply_instance_types(call, document, [vswitch.document["ZoneId"] for vswitch in vswitches])
    _apply_image(call, group, document)
    _apply_security_groups(call, document, {vswitch.parent for vswitch in vswitches})
    if "KeyPairName" in scalars and not call.tx.select(
        "key_pair", id=scalars["KeyPairName"], account=group.account, region=group.region
    ):
        raise ActionError(
            "InvalidKeyPairName.NotFound", "The specified KeyPairName does not exist in our records.", 404
        )
    _apply_disks(params, document)
    _apply_user_data(call, document)
    _apply_tags(params, document)
    prices = params.structures("SpotPriceLimit")
    if prices:
        document["SpotPrices"] = [
            {"InstanceType": price.text("InstanceType"), "PriceLimit": price.number("PriceLimit") or 0.0}
            for price in prices
        ]


def _apply_instance_types(call: Call, document: dict[str, Any], zones: list[str]) -> None:
    params, offer = call.params, call.offer
    overrides = params.structures("InstanceTypeOverride")
    types = [override.required("InstanceType") for override in overrides] or params.texts("InstanceTypes")
    if not types and "InstanceType" in params:
        types = [params.text("InstanceType")]
    if types:
        document["InstanceTypes"] = types
        document["Weights"] = [override.integer("WeightedCapacity") or 1 for override in overrides]
    if not document["InstanceTypes"]:
        raise invalid_parameter("InstanceType")
    for type_name in document["InstanceTypes"]:
        if type_name not in INSTANCE_TYPES:
            raise invalid_parameter("InstanceType")
        if zones and all(offer.refuses(type_name, zone) for zone in zones):
            raise ActionError(
                "InvalidResourceType.NotSupported",
                "This resource type is not supported; please try other resource types.",
                403,
            )


def _apply_image(call: Call, group: Resource, document: dict[str, Any]) -> None:
    images = available_images(call, group.region)
    wanted_id, wanted_name = call.params.text("ImageId"), call.params.text("ImageName")
    if not wanted_id and wanted_name:
        wanted_id = next((image.id for image in images.values() if image.name == wanted_name), wanted_name)
    image_id = wanted_id or document["ImageId"]
    if not image_id:
        raise ActionError("MissingImageId", "ImageId is mandatory for this action.")
    image = images.get(image_id)
    if image is None:
        raise ActionError("InvalidImageId.NotFound", "The specified image does not exist.", 404)
    if any(INSTANCE_TYPES[name].architecture != image.architecture for name in document["InstanceTypes"]):
        raise ActionError(
            "InvalidImageId.InstanceTypeMismatch", "The specified image does not support the specified instance type."
        )
    document["ImageId"] = image_id


def _apply_security_groups(call: Call, document: dict[str, Any], vpcs: set[str]) -> None:
    params = call.params
    ids = params.texts("SecurityGroupIds")
    if ids:
        document["Scalars"].pop("SecurityGroupId", None)
    elif "SecurityGroupId" in params:
        ids = [params.text("SecurityGroupId")]
    document["SecurityGroupIds"] = ids or document["SecurityGroupIds"]
    if not document["SecurityGroupIds"]:
        raise ActionError("MissingSecurityGroupId", "SecurityGroupId is mandatory for this action.")
    missing = ActionError("InvalidSecurityGroupId.NotFound", "The specified security group does not exist.", 404)
    for id in document["SecurityGroupIds"]:
        security_group = call.get("security_group", id, missing)
        if vpcs and security_group.parent not in vpcs:
            raise ActionError(
                "InvalidSecurityGroupId.VPCMismatch",
                "The specified security group and the specified virtual switch are not in the same VPC.",
            )


def _apply_disks(params: Parameters, document: dict[str, Any]) -> None:
    scalars = document["Scalars"]
    if scalars.get("SystemDisk.Category", "cloud_efficiency") not in DISK_CATEGORIES:
        raise invalid_parameter("SystemDisk.Category")
    if not _SMALLEST_SYSTEM_DISK <= scalars.get("SystemDisk.Size", _SMALLEST_SYSTEM_DISK) <= _LARGEST_SYSTEM_DISK:
        raise invalid_parameter("SystemDisk.Size")
    disks = params.structures("DataDisk")
    if not disks:
        return
    shown = []
    for number, disk in enumerate(disks, start=1):
        category = disk.text("Category") or "cloud_efficiency"
        if category not in DISK_CATEGORIES:
            raise invalid_parameter(f"DataDisk.{number}.Category")
        size = disk.integer("Size")
        smallest, largest = DISK_SIZES_GIB[category]
        if (size is None and "SnapshotId" not in disk) or not smallest <= (size or smallest) <= largest:
            raise invalid_parameter(f"DataDisk.{number}.Size")
        one: dict[str, Any] = {**disk.echo(*_DISK_TEXTS)}
        for name in ("Size", "ProvisionedIops"):
            if name in disk:
                one[name] = disk.integer(name)
        if "DeleteWithInstance" in disk:
            one["DeleteWithInstance"] = disk.boolean("DeleteWithInstance")
        shown.append(one)
    document["DataDisks"] = shown


def _apply_user_data(call: Call, document: dict[str, Any]) -> None:
    user_data = call.params.text("UserData")
    if not user_data:
        return
    check_user_data(user_data, largest_kib=_LARGEST_USER_DATA_KIB)
    document["SealedUserData"] = call.sealer.seal(user_data)


def _apply_tags(params: Parameters, document: dict[str, Any]) -> None:
    if "Tags" not in params:
        return
    try:
        tags = json.loads(params.text("Tags"))
    except (ValueError, RecursionError):
        raise invalid_parameter("Tags") from None
    if not isinstance(tags, dict):
        raise invalid_parameter("Tags")
    tags = {str(key): str(value) for key, value in tags.items()}
    if len(tags) > _MOST_TAGS:
        raise ActionError("InvalidTags.ListSize", f'The specified tags list size cannot be more than "{_MOST_TAGS}".')
    if not all(tags):
        raise ActionError("InvalidTags.KeyValue", "The specified tags key/value cannot be empty.")
    check_tags(tags)
    document["Tags"] = tags


def _show(call: Call, configuration: Resource) -> dict[str, Any]:
    document = configuration.document
    scalars = document["Scalars"]
    type_ = INSTANCE_TYPES[document["InstanceTypes"][0]]
    shown = {
        "ScalingConfigurationId": configuration.id,
        "ScalingConfigurationName": configuration.name,
        "ScalingGroupId": configuration.parent,
        "LifecycleState": document["LifecycleState"],
        "CreationTime": timestamp(configuration.created_at),
        "ImageId": document["ImageId"],
        "InstanceType": document["InstanceTypes"][0],
        "Cpu": type_.cpus,
        "Memory": int(type_.memory_gib),
        "InternetChargeType": "PayByBandwidth",
        "InternetMaxBandwidthOut": 0,
        "SystemDiskCategory": "cloud_efficiency",
        "PasswordInherit": False,
        "DeletionProtection": False,
        "InstanceTypes": {"InstanceType": document["InstanceTypes"]},
        "WeightedCapacities": {"WeightedCapacity": document["Weights"]},
        "SecurityGroupIds": {"SecurityGroupId": [] if "SecurityGroupId" in scalars else document["SecurityGroupIds"]},
        "DataDisks": {"DataDisk": document["DataDisks"]},
        "SpotPriceLimit": {"SpotPriceModel": document["SpotPrices"]},
        "SchedulerOptions": {},
        "InstancePatternInfos": {"InstancePatternInfo": []},
        "NetworkInterfaces": {"NetworkInterface": []},
        "CustomPriorities": {"CustomPriority": []},
        "Tags": {"Tag": show_tags(configuration, "Key", "Value")},
    }
    # The rest is shown only when it was sent: an attribute that appears by itself is a difference in every plan.
    for names in (_TEXTS, _INTEGERS, _BOOLEANS):
        shown.update({key: scalars[name] for name, key in names.items() if name in scalars})
    if "SealedUserData" in document:
        shown["UserData"] = call.sealer.unseal(document["SealedUserData"])
    return shown


def _duplicate() -> ActionError:
    return ActionError(
        "InvalidScalingConfigurationName.Duplicate",
        "The specified value of parameter ScalingConfigurationName is duplicated.",
    )


READS = {"DescribeScalingConfigurations": describe_scaling_configurations}
WRITES = {
    "CreateScalingConfiguration": create_scaling_configuration,
    "ModifyScalingConfiguration": modify_scaling_configuration,
    "DeleteScalingConfiguration": delete_scaling_configuration,
}
