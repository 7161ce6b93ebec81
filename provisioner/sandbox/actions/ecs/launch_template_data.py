"""The data in a version of a launch template about the instances to start; no action of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioner.sandbox.actions.ecs.user_data import check_user_data
from provisioner.sandbox.actions.tagging import check_tags
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.parameters import Parameters

_LARGEST_USER_DATA_KIB = 16
_TEXTS = (
    "AutoReleaseTime",
    "CreditSpecification",
    "DeploymentSetId",
    "Description",
    "HostName",
    "HttpEndpoint",
    "HttpTokens",
    "ImageId",
    "ImageOwnerAlias",
    "InstanceChargeType",
    "InstanceName",
    "InstanceType",
    "InternetChargeType",
    "IoOptimized",
    "KeyPairName",
    "NetworkType",
    "PeriodUnit",
    "PrivateIpAddress",
    "RamRoleName",
    "ResourceGroupId",
    "SecurityEnhancementStrategy",
    "SecurityGroupId",
    "SpotStrategy",
    "SystemDisk.Category",
    "SystemDisk.Description",
    "SystemDisk.DiskName",
    "SystemDisk.KMSKeyId",
    "SystemDisk.PerformanceLevel",
    "VSwitchId",
    "VpcId",
    "ZoneId",
)
_INTEGERS = (
    "AutoRenewPeriod",
    "HttpPutResponseHopLimit",
    "InternetMaxBandwidthIn",
    "InternetMaxBandwidthOut",
    "Ipv6AddressCount",
    "Period",
    "SpotDuration",
    "SystemDisk.Iops",
    "SystemDisk.Size",
)
_BOOLEANS = (
    "AutoRenew",
    "DeletionProtection",
    "EnableVmOsConfig",
    "PasswordInherit",
    "SystemDisk.DeleteWithInstance",
    "SystemDisk.Encrypted",
)
_DISK_TEXTS = (
    "AutoSnapshotPolicyId",
    "Category",
    "Description",
    "Device",
    "DiskName",
    "KMSKeyId",
    "PerformanceLevel",
    "SnapshotId",
)
_INTERFACE_TEXTS = (
    "Description",
    "InstanceType",
    "NetworkInterfaceName",
    "NetworkInterfaceTrafficMode",
    "PrimaryIpAddress",
    "SecurityGroupId",
    "VSwitchId",
)


def checked_data(call: Call) -> dict[str, Any]:
    """
    Return what the call says about instances, as it is kept.

    Forms are checked, and neither whether anything exists nor whether an instance could be started.
    """
    params = call.params
    tags = params.tags()
    check_tags(tags)
    user_data = params.text("UserData")
    check_user_data(user_data, largest_kib=_LARGEST_USER_DATA_KIB)
    scalars = params.sent(_TEXTS, _INTEGERS, _BOOLEANS)
    price = params.number("SpotPriceLimit")
    if price is not None:
        scalars["SpotPriceLimit"] = price
    data: dict[str, Any] = {
        "Scalars": scalars,
        "DataDisks": [_data_disk(disk) for disk in params.structures("DataDisk")],
        "NetworkInterfaces": [_network_interface(one) for one in params.structures("NetworkInterface")],
        "SecurityGroupIds": params.texts("SecurityGroupIds"),
        "Tags": tags,
    }
    login = params.boolean("ImageOptions.LoginAsNonRoot")
    if login is not None:
        data["LoginAsNonRoot"] = login
    if user_data:
        data["SealedUserData"] = call.sealer.seal(user_data)
    return data


def show_data(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Return kept data as `LaunchTemplateData`: what was not sent is not shown, lists always are."""
    shown = {
        **data["Scalars"],
        "DataDisks": {"DataDisk": data["DataDisks"]},
        "NetworkInterfaces": {
            "NetworkInterface": [
                {**one, "SecurityGroupIds": {"SecurityGroupId": one["SecurityGroupIds"]}}
                for one in data["NetworkInterfaces"]
            ]
        },
        "SecurityGroupIds": {"SecurityGroupId": data["SecurityGroupIds"]},
        "Tags": {"InstanceTag": [{"Key": key, "Value": value} for key, value in data["Tags"].items()]},
    }
    if "LoginAsNonRoot" in data:
        shown["ImageOptions"] = {"LoginAsNonRoot": data["LoginAsNonRoot"]}
    if "SealedUserData" in data:
        shown["UserData"] = call.sealer.unseal(data["SealedUserData"])
    return shown


def flatten_data(call: Call, data: dict[str, Any]) -> dict[str, str]:
    """Return kept data as the parameters it was sent as."""
    sent: dict[str, Any] = {
        **data["Scalars"],
        "DataDisk": data["DataDisks"],
        "NetworkInterface": data["NetworkInterfaces"],
        "SecurityGroupIds": data["SecurityGroupIds"],
        "Tag": [{"Key": key, "Value": value} for key, value in data["Tags"].items()],
    }
    if "LoginAsNonRoot" in data:
        sent["ImageOptions.LoginAsNonRoot"] = data["LoginAsNonRoot"]
    flat = dict(_flatten("", sent))
    if "SealedUserData" in data:
        flat["UserData"] = call.sealer.unseal(data["SealedUserData"])
    return flat


def _data_disk(disk: Parameters) -> dict[str, Any]:
    kept: dict[str, Any] = {**disk.echo(*_DISK_TEXTS)}
    for name, read in (("Size", disk.integer), ("DeleteWithInstance", disk.boolean), ("Encrypted", disk.boolean)):
        if name in disk:
            kept[name] = read(name)
    return kept


def _network_interface(interface: Parameters) -> dict[str, Any]:
    kept: dict[str, Any] = {**interface.echo(*_INTERFACE_TEXTS)}
    kept["SecurityGroupIds"] = interface.texts("SecurityGroupIds")
    if "DeleteOnRelease" in interface:
        kept["DeleteOnRelease"] = interface.boolean("DeleteOnRelease")
    return kept


def _flatten(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the parameters that a value is sent as."""
    if isinstance(value, list):
        value = {str(number): element for number, element in enumerate(value, start=1)}
    if isinstance(value, dict):
        for key, element in value.items():
            yield from _flatten(f"{name}.{key}".lstrip("."), element)
    else:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)
