"""The primary network interfaces of instances (Ecs 2014-05-26); there are no others, and none without an instance."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.paging import answer_tokens
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.catalogue import hashed_id
from provisioner.sandbox.cloud.resource import Resource


def describe_network_interfaces(call: Call) -> Answer:
    """Return network interfaces, filtered by id, instance, place, security group and type."""
    _ = call.region
    params = call.params
    ids = set(params.texts("NetworkInterfaceId"))
    found = [
        instance
        for instance in call.list("instance", parent=params.text("VSwitchId") or None)
        if (not ids or network_interface_id(instance) in ids)
        and params.text("InstanceId") in ("", instance.id)
        and params.text("VpcId") in ("", instance.document["VpcId"])
        and params.text("SecurityGroupId") in ("", *instance.document["SecurityGroupIds"])
        and params.text("Type") in ("", "Primary")
        # Their tags are not the instance's, and nothing here gives them any.
        and not params.tags()
    ]
    return answer_tokens(call, found, _show, "NetworkInterfaceSets", "NetworkInterfaceSet")


def network_interface_id(instance: Resource) -> str:
    """Return the id of an instance's network interface; no action of its own."""
    return f"eni-{hashed_id(instance.region, f'{instance.id}/eni')}"


def mac_address(instance: Resource) -> str:
    """Return the MAC address of an instance's network interface; no action of its own."""
    octets = (f"{int(part):02x}" for part in instance.document["PrivateIp"].split("."))
    return ":".join(["00", "16", *octets])


def _show(instance: Resource) -> dict[str, Any]:
    address = instance.document["PrivateIp"]
    return {
        "NetworkInterfaceId": network_interface_id(instance),
        "NetworkInterfaceName": "",
        "NetworkInterfaceTrafficMode": "Standard",
        "Description": "",
        "Type": "Primary",
        "Status": "InUse",
        "InstanceId": instance.id,
        "MacAddress": mac_address(instance),
        "PrivateIpAddress": address,
        "VpcId": instance.document["VpcId"],
        "VSwitchId": instance.parent,
        "ZoneId": instance.document["ZoneId"],
        "OwnerId": instance.account,
        "CreationTime": timestamp(instance.created_at),
        "DeleteOnRelease": True,
        "QueueNumber": 1,
        "ResourceGroupId": "",
        "SourceDestCheck": False,
        "SecurityGroupIds": {"SecurityGroupId": instance.document["SecurityGroupIds"]},
        "PrivateIpSets": {"PrivateIpSet": [{"Primary": True, "PrivateIpAddress": address}]},
        "Ipv4PrefixSets": {"Ipv4PrefixSet": []},
        "Ipv6PrefixSets": {"Ipv6PrefixSet": []},
        "Ipv6Sets": {"Ipv6Set": []},
        "AssociatedPublicIp": {},
        "Attachment": {"InstanceId": instance.id},
        "Tags": {"Tag": []},
    }


READS = {"DescribeNetworkInterfaces": describe_network_interfaces}
