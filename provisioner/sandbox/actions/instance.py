"""ECS instances (Ecs 2014-05-26). Only Auto Scaling starts any here; reading and deleting them works as in ECS."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.scaling_instance import reconcile
from provisioner.sandbox.actions.tagging import matches_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES
from provisioner.sandbox.cloud.store import Resource


def describe_instances(call: Call) -> Answer:
    """Return instances, filtered by id, place, security group, key pair, image, type, name, status and tags."""
    _ = call.region
    params = call.params
    ids = set(params.json_texts("InstanceIds"))
    wanted = {
        name: params.text(name)
        for name in ("VpcId", "ZoneId", "KeyPairName", "ImageId", "InstanceType")
        if name in params
    }
    found = [
        instance
        for instance in call.list(
            "instance", parent=params.text("VSwitchId") or None, name=params.text("InstanceName") or None
        )
        if (not ids or instance.id in ids)
        and all(instance.document.get(name) == value for name, value in wanted.items())
        and params.text("SecurityGroupId") in ("", *instance.document["SecurityGroupIds"])
        and params.text("Status") in ("", instance_status(call, instance))
        and matches_tags(call, instance)
    ]
    return answer_page(call, found, lambda instance: _show(call, instance), "Instances", "Instance", largest=100)


def delete_instance(call: Call) -> Answer:
    """Release an instance; a running one needs `Force`. Its scaling group will start another."""
    missing = ActionError("InvalidInstanceId.NotFound", "The specified InstanceId does not exist.", 404)
    instance = call.get("instance", call.params.required("InstanceId"), missing)
    if not call.params.boolean("Force") and instance_status(call, instance) != "Stopped":
        raise ActionError(
            "IncorrectInstanceStatus", "The current status of the resource does not support this operation.", 403
        )
    if instance.gone_at is None:
        call.vanish([instance])
        for group in call.tx.select(
            "scaling_group", id=instance.document.get("ScalingGroupId", ""), account=call.account
        ):
            reconcile(call, group)
    return {}


def instance_status(call: Call, instance: Resource) -> str:
    """Return the state ECS shows; no action of its own."""
    # ECS never shows "Deleting": clients take an unknown state for a failure.
    status = call.status(instance)
    return "Stopping" if status == "Deleting" else status


def _show(call: Call, instance: Resource) -> dict[str, Any]:
    document = instance.document
    type_ = INSTANCE_TYPES[document["InstanceType"]]
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.id,
        "Description": "",
        "Status": instance_status(call, instance),
        "RegionId": instance.region,
        "ZoneId": document["ZoneId"],
        "ImageId": document["ImageId"],
        "InstanceType": type_.name,
        "InstanceTypeFamily": type_.family,
        "Cpu": type_.cpus,
        "Memory": int(type_.memory_gib * 1024),
        "OSName": "",
        "OSType": "linux",
        "KeyPairName": document.get("KeyPairName", ""),
        "ResourceGroupId": "",
        "CreationTime": timestamp(instance.created_at),
        "StartTime": timestamp(instance.ready_at),
        "ExpiredTime": "2099-12-31T15:59Z",
        "InstanceChargeType": "PostPaid",
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": -1,
        "InternetMaxBandwidthOut": 0,
        "InstanceNetworkType": "vpc",
        "SpotStrategy": "NoSpot",
        "SpotPriceLimit": 0.0,
        "StoppedMode": "Not-applicable",
        "DeletionProtection": False,
        "IoOptimized": True,
        "SecurityGroupIds": {"SecurityGroupId": document["SecurityGroupIds"]},
        "PublicIpAddress": {"IpAddress": []},
        "InnerIpAddress": {"IpAddress": []},
        "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
        "VpcAttributes": {
            "VpcId": document["VpcId"],
            "VSwitchId": instance.parent,
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [document["PrivateIp"]]},
        },
        "NetworkInterfaces": {"NetworkInterface": []},
        "OperationLocks": {"LockReason": []},
        "MetadataOptions": {"HttpTokens": "optional", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1},
        "ImageOptions": {"LoginAsNonRoot": False},
        "Tags": {"Tag": show_tags(instance)},
    }


READS = {"DescribeInstances": describe_instances}
WRITES = {"DeleteInstance": delete_instance}
