"""
What a scaling group registers its instances with (Ess 2014-08-28): load balancers, databases, ALB server groups.

Nothing of that is simulated, so the ids are kept and shown, and never looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.actions.ess.scaling_group import check_not_deleting, get_scaling_group
from provisioner.sandbox.actions.ess.scaling_parameters import server_groups
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.parameters import Parameters


def _change(key: str, read: Callable[[Parameters], list[Any]], *, attaches: bool) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        group = get_scaling_group(call)
        check_not_deleting(group)
        named = read(call.params)
        identities = [_identity(one) for one in named]
        attached: list[Any] = group.document.get(key, [])
        kept = [one for one in attached if _identity(one) not in identities]
        group.document[key] = kept + named if attaches else kept
        call.tx.update(group)
        return {"ScalingActivityId": ""}

    return run


def _identity(attached: Any) -> Any:
    # A server group may be attached several times, each time with another port.
    return (attached["AlbServerGroupId"], attached["Port"]) if isinstance(attached, dict) else attached


def _load_balancers(params: Parameters) -> list[Any]:
    return params.texts("LoadBalancer")


def _databases(params: Parameters) -> list[Any]:
    return params.texts("DBInstance")


WRITES = {
    f"{verb}{name}": _change(key, read, attaches=verb == "Attach")
    for name, key, read in (
        ("LoadBalancers", "LoadBalancerIds", _load_balancers),
        ("DBInstances", "DBInstanceIds", _databases),
        ("AlbServerGroups", "AlbServerGroups", server_groups),
    )
    for verb in ("Attach", "Detach")
}
