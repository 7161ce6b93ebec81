"""
Checks whether the zones of new and changed pools sell their machine types and disk categories.

One question names all types of the region. Disks depend on the type: that is one question for each type, and one for
each type with a system disk that has data disks beside it. With more than `_MOST_DISK_QUESTIONS` of them, one question
about what the zones sell for whichever type stands for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from provisioner.cloud import CloudClient, offer
from provisioner.errors import Problem
from provisioner.run.checks.additions import NewDisk, NewPool
from provisioner.run.checks.fields import Fields
from provisioner.run.checks.questions import Question, Questions, Subject, answer_of

_MOST_DISK_QUESTIONS: Final = 12
_PERMISSION: Final = "ecs:DescribeAvailableResource"
_TYPES: Final = Subject("machine types", _PERMISSION)
_DISKS: Final = Subject("disk categories", _PERMISSION)
_DiskKey: TypeAlias = tuple[str, str]
"""A machine type and, for data disks, the category of the system disk."""


class Sales:
    """What is sold, asked for when this is made."""

    def __init__(self, questions: Questions, client: CloudClient, pools: Sequence[NewPool], fields: Fields) -> None:
        self._pools = pools
        self._fields = fields
        self._types: Question[offer.Sold] | None = None
        self._disks: dict[_DiskKey, Question[offer.Sold]] = {}
        self._any_disks: Question[offer.Sold] | None = None
        if any(new.type_zones for new in pools):
            self._types = questions.ask(_TYPES, offer.sold_instance_types, client)
        wanted = {_disk_key(new, disk) for new in pools for disk in new.disks}
        if len(wanted) > _MOST_DISK_QUESTIONS:
            self._any_disks = questions.ask(_DISKS, offer.sold_disks, client)
            return
        for type_name, system in sorted(wanted):
            self._disks[type_name, system] = (
                questions.ask(_DISKS, offer.sold_data_disks, client, type_name, system)
                if system
                else questions.ask(_DISKS, offer.sold_system_disks, client, type_name)
            )

    def problems(self) -> Iterator[tuple[Problem, bool]]:
        """Yield what is not sold, and what has no stock; the latter is no error, because it passes."""
        types = _sold(self._types)
        for new in self._pools:
            lacking: set[str] = set()
            if types is not None:
                path = self._fields.machine_type(new.number)
                what = _Item(path, new.pool.machine_type, "choose another machine type or other zones")
                yield from self._judge(what, new.type_zones, types)
                lacking = {zone for zone in new.type_zones if zone not in types.get(new.pool.machine_type, {})}
            for disk in new.disks:
                # Of a machine type that a zone does not sell, it sells no disk: that is one problem, not two.
                zones = [zone for zone in disk.zones if zone not in lacking]
                disks = _sold(self._any_disks or self._disks[_disk_key(new, disk)])
                if disks is not None:
                    yield from self._judge(self._disk(new, disk), zones, disks)

    def _disk(self, new: NewPool, disk: NewDisk) -> _Item:
        path = self._fields.volume(new.number, disk.data_volume)
        if self._any_disks is not None:
            return _Item(path, disk.category, "choose another category")
        return _Item(path, disk.category, "choose another category or machine type", f" for {new.pool.machine_type}")

    def _judge(self, item: _Item, zones: Sequence[str], sold: offer.Sold) -> Iterator[tuple[Problem, bool]]:
        in_zones, reference = sold.get(item.name, {}), self._fields.worker
        missing = [zone for zone in zones if zone not in in_zones]
        empty = [zone for zone in zones if in_zones.get(zone) is False]
        if missing:
            zones_with = ", ".join(sorted(in_zones))
            elsewhere = f", only in {zones_with}" if zones_with else ""
            detail = f"the cloud does not sell {item.name}{item.context} in {', '.join(missing)}{elsewhere}"
            yield Problem(reference, item.path, "NotSupported", detail, item.fix), True
        if empty:
            detail = f"the cloud has no stock of {item.name}{item.context} in {', '.join(empty)} at the moment"
            fix = f"it passes: machines start there when there is stock again; else {item.fix}"
            yield Problem(reference, item.path, "NoStock", detail, fix), False


@dataclass(frozen=True, slots=True)
class _Item:
    path: str
    name: str
    fix: str
    context: str = ""
    """What the item is for, with a space before it."""


def _sold(question: Question[offer.Sold] | None) -> offer.Sold | None:
    """Return an answer; an empty one says nothing: every region sells something."""
    return answer_of(question) or None


def _disk_key(new: NewPool, disk: NewDisk) -> _DiskKey:
    return new.pool.machine_type, "" if disk.data_volume is None else new.system_category
