"""Groups of backend servers of a load balancer, without the servers (Slb 2014-05-15)."""

from __future__ import annotations

import re
from typing import Any

from provisioner.sandbox.actions.slb.load_balancer import get_load_balancer
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

_NAME = re.compile(r"[\w./-]{1,80}")


def create_vserver_group(call: Call) -> Answer:
    """Create a group; backend servers that are sent are not looked at."""
    region = call.region
    one = get_load_balancer(call)
    name = call.params.text("VServerGroupName")
    if name and not _NAME.fullmatch(name):
        raise call.params.invalid("VServerGroupName")
    group_id = call.new_id("rsp", region)
    call.create(
        "vserver_group",
        group_id,
        region=region,
        parent=one.id,
        name=name or group_id,
        document={"Tags": new_tags(call)},
    )
    return {"VServerGroupId": group_id, "BackendServers": {"BackendServer": []}}


def describe_vserver_groups(call: Call) -> Answer:
    """Return all groups of a load balancer: this action has no pages."""
    _ = call.region
    one = get_load_balancer(call)
    found = [
        group
        for group in call.list("vserver_group", parent=one.id)
        if call.params.text("Description") in ("", group.name) and matches_tags(call, group)
    ]
    return {"VServerGroups": {"VServerGroup": [_show(call, group) for group in found]}}


def delete_vserver_group(call: Call) -> Answer:
    """Delete a group that no listener sends to."""
    _ = call.region
    group = get_vserver_group(call)
    if _listeners(call, group):
        raise ActionError("RspoolVipExist", "there are vips associating with this vServer group.")
    call.tx.remove([group])
    return {}


def get_vserver_group(call: Call) -> Resource:
    """Return the group the call names or refuse; no action of its own."""
    missing = ActionError("InvalidParameter", "The specified VServerGroupId does not exist", 404)
    return call.get("vserver_group", call.params.required("VServerGroupId"), missing)


def _listeners(call: Call, group: Resource) -> list[Resource]:
    return [
        listener
        for listener in call.list("load_balancer_listener", parent=group.parent)
        if listener.document["VServerGroupId"] == group.id
    ]


def _show(call: Call, group: Resource) -> dict[str, Any]:
    listeners = _listeners(call, group) if call.params.boolean("IncludeListener") else []
    return {
        "VServerGroupId": group.id,
        "VServerGroupName": group.name,
        "ServerCount": 0,
        "CreateTime": timestamp(group.created_at),
        "AssociatedObjects": {
            "Listeners": {
                "Listener": [
                    {"Port": one.document["ListenerPort"], "Protocol": one.document["ListenerProtocol"]}
                    for one in listeners
                ]
            },
            "Rules": {"Rule": []},
        },
        "Tags": {"Tag": show_tags(group)},
    }


READS = {"DescribeVServerGroups": describe_vserver_groups}
WRITES = {"CreateVServerGroup": create_vserver_group, "DeleteVServerGroup": delete_vserver_group}
