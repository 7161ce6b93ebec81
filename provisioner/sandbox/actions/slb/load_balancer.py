"""
Classic load balancers (Slb 2014-05-15).

An internal one is in a vSwitch and has one of its addresses; an internet-facing one is in no VPC.

Sources: the models of alibabacloud-slb20140515 3.3.31, the service's public list of actions and error codes, and for
how `Tags` filters, pkg/controller/service/clbv1/loadbalancer.go of kubernetes/cloud-provider-alibaba-cloud, read
2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

CHARGE_TYPES = {"paybybandwidth": "3", "paybytraffic": "4"}
"""How DescribeLoadBalancers numbers them; everything else spells them."""
_MOST_ASKED_FOR = 10
_MOST_TAGS_ASKED_FOR = 10


def describe_load_balancers(call: Call) -> Answer:
    """Return load balancers, filtered by all that the service filters by but backend servers."""
    _ = call.region
    params = call.params
    ids, names = (_several(call, name) for name in ("LoadBalancerId", "LoadBalancerName"))
    has_tag = _tag_filter(call)
    found = [
        one
        for one in call.list("load_balancer", parent=params.text("VSwitchId") or None)
        if (not ids or one.id in ids)
        and (not names or one.name in names)
        and params.text("VpcId") in ("", one.document["VpcId"])
        and params.text("Address") in ("", one.document["Address"])
        and params.text("AddressType").lower() in ("", one.document["AddressType"])
        and params.text("AddressIPVersion").lower() in ("", "ipv4")
        and params.text("NetworkType").lower() in ("", _network_type(one))
        and params.text("InternetChargeType").lower() in ("", one.document["InternetChargeType"])
        and params.text("LoadBalancerStatus") in ("", call.status(one))
        and params.text("PayType") in ("", "PayOnDemand")
        and params.text("ResourceGroupId") in ("", one.document.get("ResourceGroupId"))
        and params.text("MasterZoneId") in ("", one.document["MasterZoneId"])
        and params.text("SlaveZoneId") in ("", one.document["SlaveZoneId"])
        # There are no backend servers.
        and not ("ServerId" in params or "ServerIntranetAddress" in params)
        and has_tag(one)
        and matches_tags(call, one)
    ]
    return answer_page(
        call, found, lambda one: _show_row(call, one), "LoadBalancers", "LoadBalancer", largest=100, default=10
    )


def describe_load_balancer_attribute(call: Call) -> Answer:
    """Return everything about one load balancer, its listeners included."""
    one = get_load_balancer(call)
    listeners = call.list("load_balancer_listener", parent=one.id)
    ports = [
        {"ListenerPort": listener.document["ListenerPort"], "ListenerProtocol": listener.document["ListenerProtocol"]}
        for listener in listeners
    ]
    return {
        **show_load_balancer(call, one),
        "InternetChargeType": one.document["InternetChargeType"],
        "EndTime": "2999-09-08T16:00Z",
        "EndTimeStamp": 32493801600000,
        "ListenerPorts": {"ListenerPort": [port["ListenerPort"] for port in ports]},
        # The service answers in both spellings.
        "ListenerPortsAndProtocal": {
            "ListenerPortAndProtocal": [
                {"ListenerPort": port["ListenerPort"], "ListenerProtocal": port["ListenerProtocol"]} for port in ports
            ]
        },
        "ListenerPortsAndProtocol": {
            "ListenerPortAndProtocol": [
                {**port, "Description": listener.document["Description"], "ListenerForward": "off"}
                for port, listener in zip(ports, listeners, strict=True)
            ]
        },
        "BackendServers": {"BackendServer": []},
    }


def set_load_balancer_delete_protection(call: Call) -> Answer:
    """Switch a load balancer's deletion protection."""
    one = get_load_balancer(call)
    call.params.required("DeleteProtection")
    one.document["DeleteProtection"] = one_of(call, "DeleteProtection", "on", "off", default="off")
    call.tx.update(one)
    return {}


def delete_load_balancer(call: Call) -> Answer:
    """Delete an unprotected load balancer, and its listeners and groups of backend servers with it."""
    one = get_load_balancer(call)
    if one.document["DeleteProtection"] == "on":
        raise ActionError(
            "OperationDenied.DeleteProtectionIsOn",
            "The loadbalancer can not be deleted due to DeleteProtection is enabled.",
        )
    for kind in ("load_balancer_listener", "vserver_group"):
        call.tx.remove(call.list(kind, parent=one.id))
    call.tx.remove([one])
    return {}


def get_load_balancer(call: Call) -> Resource:
    """Return the load balancer the call names or refuse; no action of its own."""
    missing = ActionError("InvalidLoadBalancerId.NotFound", "The specified LoadBalancerId does not exist.", 404)
    return call.get("load_balancer", call.params.required("LoadBalancerId"), missing)


def _show_row(call: Call, one: Resource) -> dict[str, Any]:
    charge_type = one.document["InternetChargeType"]
    return {
        **show_load_balancer(call, one),
        "InternetChargeType": CHARGE_TYPES[charge_type],
        "InternetChargeTypeAlias": charge_type,
    }


def show_load_balancer(call: Call, one: Resource) -> dict[str, Any]:
    """Return what every answer tells of a load balancer; no action of its own."""
    document = one.document
    return {
        "LoadBalancerId": one.id,
        "LoadBalancerName": one.name,
        "LoadBalancerStatus": call.status(one),
        "LoadBalancerSpec": document["LoadBalancerSpec"],
        "InstanceChargeType": document["InstanceChargeType"],
        "Address": document["Address"],
        "AddressType": document["AddressType"],
        "AddressIPVersion": "ipv4",
        "NetworkType": _network_type(one),
        "VpcId": document["VpcId"],
        "VSwitchId": one.parent,
        "RegionId": one.region,
        "RegionIdAlias": one.region,
        "MasterZoneId": document["MasterZoneId"],
        "SlaveZoneId": document["SlaveZoneId"],
        "Bandwidth": document["Bandwidth"],
        "PayType": "PayOnDemand",
        "ResourceGroupId": document.get("ResourceGroupId", ""),
        "DeleteProtection": document["DeleteProtection"],
        "ModificationProtectionStatus": document["ModificationProtectionStatus"],
        "ModificationProtectionReason": document["ModificationProtectionReason"],
        # Without seconds, as the service tells it.
        "CreateTime": timestamp(one.created_at)[:-4] + "Z",
        "CreateTimeStamp": int(one.created_at * 1000),
        "Tags": {"Tag": show_tags(one)},
    }


def _network_type(one: Resource) -> str:
    return "vpc" if one.document["VpcId"] else "classic"


def one_of(call: Call, name: str, *known: str, default: str) -> str:
    """Return a parameter that has one of a few values, or refuse; no action of its own."""
    value = call.params.text(name) or default
    if value not in known:
        raise call.params.invalid(name)
    return value


def _several(call: Call, name: str) -> set[str]:
    values = {part for part in call.params.text(name).split(",") if part}
    if len(values) > _MOST_ASKED_FOR:
        raise call.params.invalid(name)
    return values


def _tag_filter(call: Call) -> Callable[[Resource], bool]:
    """Return whether a load balancer has one of the tags in the JSON text `Tags`: one is enough."""
    if "Tags" not in call.params:
        return lambda _: True
    refusal = call.params.invalid("Tags")
    try:
        asked = json.loads(call.params.text("Tags"))
        wanted = [(str(tag["TagKey"]), str(tag.get("TagValue") or "")) for tag in asked]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refusal from None
    if len(wanted) > _MOST_TAGS_ASKED_FOR:
        raise refusal

    def has_one(one: Resource) -> bool:
        tags: dict[str, str] = one.document["Tags"]
        return any(key in tags and value in ("", tags[key]) for key, value in wanted)

    return has_one


READS = {
    "DescribeLoadBalancers": describe_load_balancers,
    "DescribeLoadBalancerAttribute": describe_load_balancer_attribute,
}
WRITES = {
    "SetLoadBalancerDeleteProtection": set_load_balancer_delete_protection,
    "DeleteLoadBalancer": delete_load_balancer,
}
