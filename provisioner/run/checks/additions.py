"""
What a run adds to the cloud or changes there, as far as the states tell: only that is checked before it is built.

A state that does not tell a value (an object that was just adopted) counts as unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureConfig
from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.inputs import ShootInput
from provisioner.tfstate import Instance, State
from provisioner.translate.resource_types import SCALING_CONFIGURATION, SCALING_GROUP, pool_instances
from provisioner.translate.worker import DEFAULT_DISK_CATEGORY, zone_limits


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """What the run adds to the network."""

    config: InfrastructureConfig
    has_vpc: bool
    has_gateway: bool
    has_security_group: bool
    zones: tuple[str, ...]
    """Zones that get a vSwitch."""
    eips: int

    def __bool__(self) -> bool:
        """Whether it adds anything."""
        return bool(self.has_vpc or self.has_gateway or self.has_security_group or self.zones or self.eips)


@dataclass(frozen=True, slots=True)
class NewDisk:
    """A disk category that is new for a pool in some zones, or whose machine type is."""

    category: str
    data_volume: int | None
    """Its number among the pool's data volumes; None for the system disk."""
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewPool:
    """What is new about a pool; `number` is its place in the manifest."""

    number: int
    pool: WorkerPool
    type_zones: tuple[str, ...]
    """Zones in which the machine type is new."""
    disks: tuple[NewDisk, ...]

    @property
    def system_category(self) -> str:
        """The category of the system disk."""
        return _system_category(self.pool)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many machines one pool may have in one zone, and could have before."""

    pool: str
    machine_type: str
    minimum: int
    maximum: int
    old_minimum: int
    old_maximum: int
    group_id: str | None
    """None for a group that the run creates."""

    @property
    def grows(self) -> bool:
        """Whether the pool may or must have more machines there than before."""
        return self.minimum > self.old_minimum or self.maximum > self.old_maximum


def find_new_network(target: ShootInput, state: State) -> NewNetwork | None:
    """Return what a run adds to a network; None if the input has none. `state` is the infrastructure root's."""
    infrastructure = target.infrastructure
    config = infrastructure.spec.provider_config if infrastructure is not None else None
    if config is None:
        return None
    listed: dict[str, set[str]] = {}
    for instance in state.instances():
        if not instance.is_deposed:
            listed.setdefault(instance.address.type, set()).add(str(instance.address.key))
    networks = config.networks
    zones = networks.distinct_zones
    own_eips = zones.keys() - networks.user_eips.keys()
    return NewNetwork(
        config,
        has_vpc=networks.vpc.id is None and "alicloud_vpc" not in listed,
        has_gateway=networks.vpc.has_managed_nat_gateway and "alicloud_nat_gateway" not in listed and bool(zones),
        has_security_group="alicloud_security_group" not in listed,
        zones=tuple(zone for zone in zones if zone not in listed.get("alicloud_vswitch", ())),
        eips=len(own_eips - listed.get("alicloud_eip_address", set())),
    )


def find_new_pools(target: ShootInput, state: State) -> list[NewPool]:
    """Return the pools with a machine type or disk category that is new in a zone; `state` is the worker root's."""
    if target.worker is None:
        return []
    applied = {
        (pool, str(instance.address.key)): instance.attributes
        for pool, instance in pool_instances(state, SCALING_CONFIGURATION)
    }
    found = []
    for number, pool in enumerate(target.worker.spec.pools):
        new = NewPool(number, pool, tuple(_zones_of_new_type(pool, applied)), tuple(_new_disks(pool, applied)))
        if new.type_zones or new.disks:
            found.append(new)
    return found


def find_sizes(target: ShootInput, state: State) -> list[Sizes]:
    """Return the sizes of each pool in each zone, of those that go, too; `state` is the worker root's."""
    if target.worker is None:
        return []
    groups = {(pool, str(instance.address.key)): instance for pool, instance in pool_instances(state, SCALING_GROUP)}
    types = {
        (pool, str(instance.address.key)): str(instance.attributes.get("instance_type") or "")
        for pool, instance in pool_instances(state, SCALING_CONFIGURATION)
    }
    found = []
    for pool in target.worker.spec.pools:
        for zone, minimum, maximum in zone_limits(pool, is_hibernated=target.is_hibernated):
            group = groups.pop((pool.name, zone), None)
            found.append(
                Sizes(
                    pool.name,
                    pool.machine_type,
                    minimum,
                    maximum,
                    old_minimum=0 if group is None else _limit(group, "min_size", minimum),
                    old_maximum=0 if group is None else _limit(group, "max_size", maximum),
                    group_id=None if group is None else group.id,
                )
            )
    for (name, zone), group in groups.items():
        found.append(Sizes(name, types.get((name, zone), ""), 0, 0, old_minimum=0, old_maximum=0, group_id=group.id))
    return found


def _limit(group: Instance, name: str, unknown: int) -> int:
    value = group.attributes.get(name)
    return unknown if value is None else int(value)


def _zones_of_new_type(pool: WorkerPool, applied: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[str]:
    for zone in dict.fromkeys(pool.zones):
        known = applied.get((pool.name, zone))
        if known is None or (known.get("instance_type") or pool.machine_type) != pool.machine_type:
            yield zone


def _new_disks(pool: WorkerPool, applied: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[NewDisk]:
    new_type = set(_zones_of_new_type(pool, applied))
    wanted: list[tuple[int | None, str]] = [(None, _system_category(pool))]
    wanted += [(number, disk.type or DEFAULT_DISK_CATEGORY) for number, disk in enumerate(pool.data_volumes)]
    for number, category in wanted:
        zones = [
            zone
            for zone in dict.fromkeys(pool.zones)
            if zone in new_type or category not in _known_categories(applied[pool.name, zone], category, number)
        ]
        if zones:
            yield NewDisk(category, number, tuple(zones))


def _known_categories(known: Mapping[str, Any], category: str, number: int | None) -> set[str]:
    if number is None:
        return {str(known.get("system_disk_category") or category)}
    if known.get("instance_type") is None:
        return {category}
    return {str(disk.get("category")) for disk in known.get("data_disk") or ()}


def _system_category(pool: WorkerPool) -> str:
    return (pool.volume.type if pool.volume is not None else None) or DEFAULT_DISK_CATEGORY
