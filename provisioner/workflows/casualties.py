"""
What an apply would take away that people and machines rely on, in one sentence each.

An apply that would replace or delete a VPC, vSwitch, NAT gateway or EIP, or a whole worker pool, is not carried out
unless somebody has said that this is meant; one that would take away what the workers stand on, never.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from provisioner.runner import Change
from provisioner.state.document import Instance, state_instances
from provisioner.workflows.places import pool_of

_GROUP: Final = "alicloud_ess_scaling_group"
_CONSEQUENCES: Final[Mapping[str, str]] = {
    "alicloud_vpc": "VPC {id} would be {done}, with everything in it",
    "alicloud_vswitch": "vSwitch {id} of zone {key} would be {done}: no machine can be in it meanwhile",
    "alicloud_nat_gateway": "NAT gateway {id} would be {done}: the nodes have no way out without it",
    "alicloud_eip_address": "EIP {id} ({address}) of zone {key} would be {done}: the shoot's egress address changes",
}
_STOOD_ON: Final = ("alicloud_vpc", "alicloud_vswitch", "alicloud_security_group")
_DONE: Final = {"delete": "deleted", "replace": "replaced"}


def find_casualties(changes: Iterable[Change], state: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return address and sentence of everything of that kind that a plan would take away from a state."""
    current = [instance for instance in state_instances(state) if not instance.is_deposed and instance.id]
    going = _going(changes, state)
    found = [
        (str(instance.address), _sentence(instance, going[str(instance.address)]))
        for instance in current
        if instance.address.type in _CONSEQUENCES and str(instance.address) in going
    ]
    return found + _whole_pools(current, going)


def find_uprooted(
    changes: Iterable[Change], state: Mapping[str, Any], worker_state: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Return address and sentence of what a plan would take away from the infrastructure and the workers stand on."""
    going = _going(changes, state)
    leaving = [
        instance
        for instance in state_instances(state)
        if instance.address.type in _STOOD_ON and not instance.is_deposed and str(instance.address) in going
    ]
    used = json.dumps(worker_state) if leaving else ""
    return [
        (str(instance.address), f"this plan would delete or replace {instance.id}, which the workers use")
        for instance in leaving
        if instance.id and f'"{instance.id}"' in used
    ]


def _going(changes: Iterable[Change], state: Mapping[str, Any]) -> dict[str, str]:
    """Return delete or replace by the address of each current object that a plan takes away."""
    actions: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.takes_away:
            actions[change.address].append(change.action)
    if not actions:
        return {}
    # A double waits for its deletion at the address of the object that stays, and terraform's plan does not tell which.
    deposed = Counter(str(instance.address) for instance in state_instances(state) if instance.is_deposed)
    return {
        address: "replace" if "replace" in of_address else "delete"
        for address, of_address in actions.items()
        if "replace" in of_address or len(of_address) > deposed[address]
    }


def _sentence(instance: Instance, action: str) -> str:
    return _CONSEQUENCES[instance.address.type].format(
        id=instance.id,
        key=instance.address.key,
        address=(instance.content.get("attributes") or {}).get("ip_address", ""),
        done=_DONE[action],
    )


def _whole_pools(instances: Iterable[Instance], going: Mapping[str, str]) -> list[tuple[str, str]]:
    groups: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        pool = pool_of(instance.address)
        if pool is not None and instance.address.type == _GROUP:
            groups[pool].append(instance)
    return [
        (of_pool[0].address.module, f"worker pool {pool} would be {_fate(of_pool, going)}, with all its machines")
        for pool, of_pool in groups.items()
        if all(str(group.address) in going for group in of_pool)
    ]


def _fate(groups: Iterable[Instance], going: Mapping[str, str]) -> str:
    return "replaced" if any(going[str(group.address)] == "replace" for group in groups) else "deleted"
