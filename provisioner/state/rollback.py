"""Goes back to an earlier version: appends its resources under a new serial, as the newest version."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provisioner.errors import StateError
from provisioner.state.lease import Lease
from provisioner.state.log import StateLog
from provisioner.state.record import LeaseEvent, StateVersion
from provisioner.state.soundness import find_fault
from provisioner.tfstate import parse_state


@dataclass(frozen=True, slots=True)
class Rollback:
    """A prepared rollback, for the lease under which it was prepared."""

    target: StateVersion
    newest: StateVersion | None
    """The version that it replaces; None if that is unreadable."""
    serial: int
    """The serial of the version to append."""

    def body(self) -> bytes:
        """Return the state to append."""
        return self.target.state().with_serial(self.serial).to_bytes()


def require_sound(log: StateLog, number: int, event: LeaseEvent | None) -> StateVersion:
    """
    Return a version that a log may return to; `event` is the newest event of its lease.

    Raises:
        StateError: it is missing, unreadable, or cannot follow the versions before it.
    """
    target = log.read(number)
    # An operator may have put a version there that cannot follow the others.
    fault = find_fault(log.before, number, target, parse_state(target.body), event)
    if fault:
        raise StateError(
            f"cannot go back to version {number}: {fault}",
            object=log.describe(),
            type="NotASuccessor",
            fix=log.advice.see_history(),
        )
    return target


def prepare_rollback(log: StateLog, lease: Lease, number: int) -> Rollback:
    """
    Prepare going back to version `number`; this changes nothing.

    Raises:
        StateError: as `require_sound`, or the store is not usable.
    """
    target = require_sound(log, number, lease.previous)
    newest: StateVersion | None = None
    highest = target.serial
    replaced = lease.writer.position.number
    # Serials grow with the numbers, so those before the target are lower: it is enough to read the later ones.
    for info in log.history():
        if info.number <= number:
            continue
        stored = log.raw(info.number)
        try:
            version = log.read(info.number)
        except StateError:
            serial = stored.metadata.get("serial", "")
            highest = max(highest, int(serial) if serial.isdecimal() else 0)
        else:
            highest = max(highest, version.serial)
            newest = version if info.number == replaced else newest
    return Rollback(target, newest if number != replaced else target, highest + 1)


def roll_back(lease: Lease, rollback: Rollback) -> int:
    """
    Append the version and return its number.

    The target may list less than what exists, so the run cannot release the lease as clean: the next run looks.

    Raises:
        StateError: the version cannot be appended.
    """
    # The newest version may be the state of something else: the new one has to follow the target's history.
    end = lease.writer.position
    lease.writer.follow(replace(end, lineage=rollback.target.lineage, serial=rollback.serial - 1))
    lease.notes.distrust(rollback.target.last_modified)
    lease.renew()  # so that the chain has the note even if this run dies before it gives the lease back
    return lease.writer.append(rollback.body())
