"""
ECS instances (Ecs 2014-05-26): what there is, and their end.

They are started by `instance_launch` or by Auto Scaling, go on and off in `instance_state` and are changed in
`instance_change`. Nothing boots: an instance is a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from provisioner.sandbox.actions.ecs.disk import leave_disks
from provisioner.sandbox.actions.ecs.key_pair import link
from provisioner.sandbox.actions.ecs.network_interface import mac_address, network_interface_id
from provisioner.sandbox.actions.paging import answer_tokens
from provisioner.sandbox.actions.tagging import matches_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES
from provisioner.sandbox.cloud.resource import Resource

SETTLED = ("Running", "Stopped")
"""The states of an instance that is not on its way to another one."""

_MOST_IDS = 100
_NEVER = "2099-12-31T15:59Z"
_ATTRIBUTES = (
    "ClusterId",
    "Cpu",
    "CreationTime",
    "CreditSpecification",
    "DedicatedHostAttribute",
    "Description",
    "EipAddress",
    "ExpiredTime",
    "HostName",
    "ImageId",
    "InnerIpAddress",
    "InstanceChargeType",
    "InstanceId",
    "InstanceName",
    "InstanceNetworkType",
    "InstanceType",
    "InternetChargeType",
    "InternetMaxBandwidthIn",
    "InternetMaxBandwidthOut",
    "Memory",
    "OperationLocks",
    "PublicIpAddress",
    "RegionId",
    "SecurityGroupIds",
    "SerialNumber",
    "Status",
    "StoppedMode",
    "VlanId",
    "VpcAttributes",
    "ZoneId",
)
_FILTERS = ("VpcId", "ZoneId", "KeyPairName", "ImageId", "InstanceType", "ResourceGroupId")


def describe_instances(call: Call) -> Answer:
    """
    Return instances.

    They are filtered by id, place, security group, key pair, image, type, address, name (`*` at its end), status,
    resource group and tags.
    """
    _ = call.region
    params = call.params
    ids = set(params.json_texts("InstanceIds"))
    if len(ids) > _MOST_IDS:
        raise params.invalid("InstanceIds")
    addresses = set(params.json_texts("PrivateIpAddresses"))
    wanted = {name: params.text(name) for name in _FILTERS if name in params}
    found = [
        instance
        for instance in call.list("instance", parent=params.text("VSwitchId") or None)
        if (not ids or instance.id in ids)
        and all(instance.document.get(name) == value for name, value in wanted.items())
        and _matches(params.text("InstanceName"), instance.name)
        and (not addresses or instance.document["PrivateIp"] in addresses)
        and params.text("SecurityGroupId") in ("", *instance.document["SecurityGroupIds"])
        and params.text("InstanceChargeType") in ("", "PostPaid")
        and params.text("Status") in ("", instance_status(call, instance))
        and matches_tags(call, instance)
    ]
    return answer_tokens(call, found, lambda one: show_instance(call, one), "Instances", "Instance")


def describe_instance_attribute(call: Call) -> Answer:
    """Return one instance."""
    instance = get_instance(call)
    shown = show_instance(call, instance)
    return {
        **{name: shown[name] for name in _ATTRIBUTES},
        "IoOptimized": "optimized",
        "EnableJumboFrame": False,
    }


def delete_instance(on_release: Callable[[Call, Resource], None]) -> Callable[[Call], Answer]:
    """
    Return the action that releases an instance; a running one needs `Force`.

    `on_release` is called for each released instance: Auto Scaling starts another one in its place.
    """

    def run(call: Call) -> Answer:
        """Release an instance."""
        instance = get_instance(call)
        if instance.document.get("DeletionProtection"):
            raise ActionError(
                "InvalidOperation.DeletionProtection",
                "The operation is not allowed because the instance is protected against being released.",
                403,
            )
        if not call.params.boolean("Force"):
            check_instance_status(call, instance, "Stopped")
        if instance.gone_at is None:
            leave_disks(call, instance)
            call.vanish([instance])
            on_release(call, instance)
        return {}

    return run


def get_instance(call: Call, id: str | None = None) -> Resource:
    """Return the instance with an id, else the one the call names, or refuse; no action of its own."""
    missing = ActionError("InvalidInstanceId.NotFound", "The specified InstanceId does not exist.", 404)
    return call.get("instance", call.params.required("InstanceId") if id is None else id, missing)


def instance_status(call: Call, instance: Resource) -> str:
    """Return the state ECS shows; no action of its own."""
    # ECS never shows "Deleting": clients take an unknown state for a failure.
    status = call.status(instance)
    return "Stopping" if status == "Deleting" else status


def check_instance_status(call: Call, instance: Resource, *allowed: str) -> None:
    """Refuse while an instance is in none of the states that allow the operation; no action of its own."""
    if instance_status(call, instance) not in allowed:
        raise ActionError(
            "IncorrectInstanceStatus", "The current status of the resource does not support this operation.", 403
        )


def save_instance(call: Call, instance: Resource) -> None:
    """Write a changed instance back, and what it is found by; no action of its own."""
    call.tx.update(instance)
    call.tx.relink(instance, set(links_of(instance.document)))


def links_of(document: dict[str, Any]) -> Iterable[str]:
    """Yield what an instance is found by besides its id: security groups, key pair and scaling group."""
    yield from document["SecurityGroupIds"]
    if document.get("KeyPairName"):
        yield link(document["KeyPairName"])
    if "ScalingGroupId" in document:
        yield document["ScalingGroupId"]


def show_instance(call: Call, instance: Resource) -> dict[str, Any]:
    """Return an instance as DescribeInstances shows it; no action of its own."""
    document = instance.document
    type_ = INSTANCE_TYPES[document["InstanceType"]]
    status = instance_status(call, instance)
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": document.get("HostName") or f"iZ{instance.id.removeprefix('i-')}Z",
        "Description": document.get("Description", ""),
        "Status": status,
        "RegionId": instance.region,
        "ZoneId": document["ZoneId"],
        "ImageId": document["ImageId"],
        "InstanceType": type_.name,
        "InstanceTypeFamily": type_.family,
        "Cpu": type_.cpus,
        "Memory": int(type_.memory_gib * 1024),
        "CpuOptions": {"CoreCount": (type_.cpus + 1) // 2, "ThreadsPerCore": min(type_.cpus, 2), "Numa": "ON"},
        "OSName": document.get("OSName", ""),
        "OSNameEn": document.get("OSName", ""),
        "OSType": "linux",
        "GPUAmount": 0,
        "GPUSpec": "",
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
        "DeviceAvailable": True,
        "Recyclable": False,
        "SerialNumber": instance.id.removeprefix("i-"),
        "ClusterId": "",
        "VlanId": "",
        "KeyPairName": document.get("KeyPairName", ""),
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "CreationTime": timestamp(instance.created_at),
        "StartTime": timestamp(instance.ready_at),
        "ExpiredTime": _NEVER,
        "AutoReleaseTime": document.get("AutoReleaseTime", ""),
        "InstanceChargeType": "PostPaid",
        "InternetChargeType": document.get("InternetChargeType", "PayByTraffic"),
        "InternetMaxBandwidthIn": document.get("InternetMaxBandwidthIn", -1),
        "InternetMaxBandwidthOut": document.get("InternetMaxBandwidthOut", 0),
        "InstanceNetworkType": "vpc",
        "SpotStrategy": document.get("SpotStrategy", "NoSpot"),
        "SpotPriceLimit": document.get("SpotPriceLimit", 0.0),
        "SpotDuration": document.get("SpotDuration", 0),
        "StoppedMode": document.get("StoppedMode", "KeepCharging") if status == "Stopped" else "Not-applicable",
        "CreditSpecification": document.get("CreditSpecification", ""),
        "DeletionProtection": document.get("DeletionProtection", False),
        "DeploymentSetId": "",
        "HpcClusterId": "",
        "IoOptimized": True,
        "SecurityGroupIds": {"SecurityGroupId": document["SecurityGroupIds"]},
        "PublicIpAddress": {"IpAddress": [document["PublicIp"]] if "PublicIp" in document else []},
        "InnerIpAddress": {"IpAddress": []},
        "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
        "VpcAttributes": {
            "VpcId": document["VpcId"],
            "VSwitchId": instance.parent,
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [document["PrivateIp"]]},
        },
        "NetworkInterfaces": {"NetworkInterface": [_show_network_interface(instance)]},
        "OperationLocks": {"LockReason": []},
        "RdmaIpAddress": {"IpAddress": []},
        "HibernationOptions": {"Configured": False},
        "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
        "MetadataOptions": {
            "HttpTokens": document.get("HttpTokens", "optional"),
            "HttpEndpoint": document.get("HttpEndpoint", "enabled"),
            "HttpPutResponseHopLimit": document.get("HttpPutResponseHopLimit", 1),
        },
        "ImageOptions": {"LoginAsNonRoot": document.get("LoginAsNonRoot", False)},
        "Tags": {"Tag": show_tags(instance)},
    }


def _show_network_interface(instance: Resource) -> dict[str, Any]:
    address = instance.document["PrivateIp"]
    return {
        "NetworkInterfaceId": network_interface_id(instance),
        "Type": "Primary",
        "MacAddress": mac_address(instance),
        "PrimaryIpAddress": address,
        "PrivateIpSets": {"PrivateIpSet": [{"Primary": True, "PrivateIpAddress": address}]},
        "Ipv6Sets": {"Ipv6Set": []},
    }


def _matches(pattern: str, name: str) -> bool:
    return pattern in ("", name) or (pattern.endswith("*") and name.startswith(pattern.rstrip("*")))


READS = {"DescribeInstances": describe_instances, "DescribeInstanceAttribute": describe_instance_attribute}
