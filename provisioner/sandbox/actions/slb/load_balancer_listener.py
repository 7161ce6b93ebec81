"""Listeners of a load balancer: those for TCP (Slb 2014-05-15)."""

from __future__ import annotations

from provisioner.sandbox.actions.slb.load_balancer import get_load_balancer
from provisioner.sandbox.actions.slb.vserver_group import get_vserver_group
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call

_LARGEST_PORT = 65535


def create_load_balancer_tcp_listener(call: Call) -> Answer:
    """Let a load balancer listen on a port, and send to a group of backend servers or to a port of them all."""
    region = call.region
    one = get_load_balancer(call)
    port = _port(call, "ListenerPort")
    call.params.required("Bandwidth")
    group_id = ""
    if "VServerGroupId" in call.params:
        group = get_vserver_group(call)
        if group.parent != one.id:
            raise call.params.invalid("VServerGroupId")
        group_id = group.id
    else:
        _port(call, "BackendServerPort")
    id = f"{one.id}_tcp_{port}"
    if call.find("load_balancer_listener", id):
        raise ActionError(
            "ListenerAlreadyExists", "There is already a listener bound to the port on the load balancer."
        )
    document = {
        "ListenerPort": port,
        "ListenerProtocol": "tcp",
        "Description": call.params.text("Description"),
        "VServerGroupId": group_id,
    }
    call.create("load_balancer_listener", id, region=region, parent=one.id, document=document)
    return {}


def delete_load_balancer_listener(call: Call) -> Answer:
    """Delete the listener on a port."""
    one = get_load_balancer(call)
    port = _port(call, "ListenerPort")
    missing = ActionError("InvalidParameter", "The specified resource does not exist.", 404)
    if call.params.text("ListenerProtocol").lower() not in ("", "tcp"):
        raise missing
    call.tx.remove([call.get("load_balancer_listener", f"{one.id}_tcp_{port}", missing)])
    return {}


def _port(call: Call, name: str) -> int:
    call.params.required(name)
    port = call.params.integer(name)
    if port is None or not 1 <= port <= _LARGEST_PORT:
        raise call.params.invalid(name)
    return port


WRITES = {
    "CreateLoadBalancerTCPListener": create_load_balancer_tcp_listener,
    "DeleteLoadBalancerListener": delete_load_balancer_listener,
}
