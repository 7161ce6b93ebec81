"""
Finds the changes of a plan that delete or replace what people and machines rely on, in one sentence each.

A run replaces or deletes a VPC, vSwitch, NAT gateway or EIP, or a whole worker pool, only if the operator has agreed to
that. It never deletes or replaces an object that workers use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from provisioner.runner import Change, Plan
from provisioner.tfstate import Instance, State
from provisioner.translate.resource_types import KEY_PAIR, RESOURCE_TYPES, SCALING_GROUP, pool_of

_DONE: Final = {"delete": "deleted", "replace": "replaced"}
Uses: TypeAlias = Mapping[str, tuple[str, ...]]
"""The ids of the objects that live in, on or behind an object, by its id."""


def find_casualties(
    changes: Iterable[Change], state: State, find_uses: Callable[[], Uses] = dict
) -> list[tuple[str, str]]:
    """
    Return address and sentence of each such change of a plan; `state` is the state before it.

    A deposed object counts if something lives in, on or behind it: `find_uses` asks the cloud for that, only if a plan
    deletes such an object.
    """
    changes = list(changes)
    current = [instance for instance in state.instances() if not instance.is_deposed and instance.id]
    going = _going(changes, state)
    found = [
        (str(instance.address), _sentence(instance, going[str(instance.address)]))
        for instance in current
        if _loss(instance) and str(instance.address) in going
    ]
    deposed = [instance for instance in _going_deposed(changes, state) if _loss(instance)]
    uses = find_uses() if deposed else {}
    found += [
        (instance.label, f"{_sentence(instance, 'delete')}; it holds or serves {', '.join(uses[instance.id])}")
        for instance in deposed
        if instance.id in uses
    ]
    return found + _whole_pools(current, going)


def find_in_use(changes: Iterable[Change], state: State, worker_state: State) -> list[tuple[str, str]]:
    """Return address and sentence of each object that a plan of the infrastructure takes away and workers use."""
    changes = list(changes)
    going = _going(changes, state)
    current = [instance for instance in state.instances() if not instance.is_deposed and str(instance.address) in going]
    leaving = [instance for instance in [*current, *_going_deposed(changes, state)] if _is_under_workers(instance)]
    return [
        (instance.label, f"this plan would delete or replace {instance.id}, which the workers use")
        for instance in leaving
        if instance.id and worker_state.mentions(instance.id)
    ]


def count_gone(state: State, plan: Plan, *, destroys: bool = False) -> int:
    """
    Return how many objects a state lists if a plan found that none of them exists, else 0; key pairs do not count.

    The id of a key pair is its name, which proves nothing. A plan that `destroys` leaves out the objects that are gone
    already, and deletes the rest.
    """
    listed = {
        str(instance.address)
        for instance in state.instances()
        if instance.id and instance.address.type != KEY_PAIR.type
    }
    gone = {change.address for change in plan.drift if change.action == "delete"}
    if destroys:
        gone = listed - {change.address for change in plan.changes}
    return len(listed) if listed <= gone else 0


def _going(changes: Iterable[Change], state: State) -> dict[str, str]:
    """Return "delete" or "replace" by the address of each current object that a plan deletes."""
    actions: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        if change.takes_away:
            actions[change.address].append(change.action)
    if not actions:
        return {}
    # A deposed object has the address of the object that stays, and terraform's plan does not tell them apart.
    deposed = Counter(str(instance.address) for instance in state.instances() if instance.is_deposed)
    return {
        address: "replace" if "replace" in of_address else "delete"
        for address, of_address in actions.items()
        if "replace" in of_address or len(of_address) > deposed[address]
    }


def _going_deposed(changes: Iterable[Change], state: State) -> list[Instance]:
    """Return the deposed objects that a plan deletes: all of them at an address where it deletes something."""
    deleted = {change.address for change in changes if change.action == "delete"}
    return [
        instance
        for instance in state.instances()
        if instance.is_deposed and instance.id and str(instance.address) in deleted
    ]


def _loss(instance: Instance) -> str:
    row = RESOURCE_TYPES.get(instance.address.type)
    return row.loss if row is not None else ""


def _is_under_workers(instance: Instance) -> bool:
    row = RESOURCE_TYPES.get(instance.address.type)
    return row is not None and row.is_under_workers


def _sentence(instance: Instance, action: str) -> str:
    return _loss(instance).format(
        id=instance.id,
        key=instance.address.key,
        address=instance.attributes.get("ip_address", ""),
        done=_DONE[action],
    )


def _whole_pools(instances: Iterable[Instance], going: Mapping[str, str]) -> list[tuple[str, str]]:
    groups: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        pool = pool_of(instance.address)
        if pool is not None and instance.address.type == SCALING_GROUP.type:
            groups[pool].append(instance)
    return [
        (of_pool[0].address.module, f"worker pool {pool} would be {_fate(of_pool, going)}, with all its machines")
        for pool, of_pool in groups.items()
        if all(str(group.address) in going for group in of_pool)
    ]


def _fate(groups: Iterable[Instance], going: Mapping[str, str]) -> str:
    return "replaced" if any(going[str(group.address)] == "replace" for group in groups) else "deleted"
