"""
Settings that Auto Scaling cannot remove from a pool's scaling configuration: user data, the last data volume, the key
pair.

ModifyScalingConfiguration keeps every setting that a request does not name, and the provider does not name unset ones
(1.289.0). Every plan would show the same change again, and new machines would still have the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from provisioner.api.extensions_v1alpha1 import Infrastructure, Worker
from provisioner.api.secret_names import user_data_secret_name
from provisioner.errors import Problem
from provisioner.run.reporter import Reporter
from provisioner.tfstate import State
from provisioner.translate.resource_types import KEY_PAIR, SCALING_CONFIGURATION, pool_instances

_UNREAD_KEY: Final = "ssh-rsa AAAA"
"""For an adopted key pair, whose key is unreadable: the module ignores changes of it, and no cloud would accept it."""


def find_irremovable(state: State, worker: Worker, user_data: Mapping[str, str], reference: str) -> list[Problem]:
    """
    Return a problem for each pool of a worker state that drops a setting which Auto Scaling cannot remove.

    `reference` names the object that has the pools: the Worker, or the Shoot from which it was made.
    """
    is_written = reference == worker.reference
    having = {"user_data": set[str](), "data_disk": set[str]()}
    for pool, attributes in _configurations(state):
        for name, pools in having.items():
            if attributes.get(name):
                pools.add(pool)
    problems: list[Problem] = []
    for number, item in enumerate(worker.spec.pools):
        path = f"spec.pools[{number}]" if is_written else f"spec.provider.workers[{number}]"
        if item.name in having["user_data"] and item.name not in user_data:
            detail = f"machines of pool {item.name!r} start with user data, and the input has none"
            where = f"{path}.userDataSecretRef" if is_written else path
            secret = "the Secret that has it" if is_written else f"Secret {user_data_secret_name(item.name)}"
            problems.append(Problem(reference, where, "Required", detail, f"add {secret}; ESS cannot remove user data"))
        if item.name in having["data_disk"] and not item.data_volumes:
            detail = f"pool {item.name!r} has data volumes, and ESS cannot remove the last one"
            fix = "keep one, or add a pool of another name without data volumes and remove this one"
            problems.append(Problem(reference, f"{path}.dataVolumes", "NotSupported", detail, fix))
    return problems


def key_pair_in_use(state: State) -> str | None:
    """Return the name of the key pair in the scaling configurations of a worker state; None without one."""
    names = {str(attributes["key_name"]) for _, attributes in _configurations(state) if attributes.get("key_name")}
    return min(names, default=None)


def keep_key_pair(
    infrastructure: Infrastructure, state: State, worker_state: Callable[[], State], reporter: Reporter
) -> Infrastructure:
    """
    Return the Infrastructure; if workers still use its key pair, with the key pair that its state has.

    If the key pair that their configurations name were gone, no machine could start any more.
    """
    keys = {
        instance.id: instance.attributes.get("public_key") or _UNREAD_KEY
        for instance in state.instances()
        if instance.address.type == KEY_PAIR.type and not instance.is_deposed
    }
    if infrastructure.spec.ssh_public_key is not None or not keys:
        return infrastructure
    in_use = key_pair_in_use(worker_state())
    if in_use not in keys:
        return infrastructure
    detail = f"key pair {in_use} stays: ESS cannot remove it from the pools that have it"
    fix = "the machines themselves decide whether they accept the key"
    problem = Problem(infrastructure.reference, "spec.sshPublicKey", "NotRemoved", detail, fix)
    reporter.warn(problem)
    spec = infrastructure.spec.model_copy(update={"ssh_public_key": str(keys[in_use]).encode()})
    return infrastructure.model_copy(update={"spec": spec})


def _configurations(state: State) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((pool, instance.attributes) for pool, instance in pool_instances(state, SCALING_CONFIGURATION))
