"""Going back to a former version: its resources under a new serial, as the newest version."""

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
    """A return that can be made under the lease it was prepared with."""

    target: StateVersion
    newest: StateVersion | None
    """What it replaces; None when that cannot be read."""
    serial: int
    """Of the version to be appended."""

    def body(self) -> bytes:
        """Return the state to be appended."""
        return self.target.state().with_serial(self.serial).to_bytes()


def require_sound(log: StateLog, number: int, event: LeaseEvent | None) -> StateVersion:
    """
    Return a version that a log may return to; `event` is the newest one of its lease.

    Raises:
        StateError: it is not there, cannot be read, or cannot follow the versions before it.
    """
    target = log.read(number)
    # A version that follows nothing may still have been put there by hand.
    fault = find_fault(log.before, number, target, parse_state(target.body), event)
    if fault:
        raise StateError(
            f"version {number} cannot be returned to: {fault}",
            object=log.describe(),
            type="NotASuccessor",
            fix=log.advice.see_history(),
        )
    return target


def prepare_rollback(log: StateLog, lease: Lease, number: int) -> Rollback:
    """
    Return what going back to version `number` leads to; nothing is changed.

    Raises:
        StateError: as `require_sound`, or the store cannot be used.
    """
    target = require_sound(log, number, lease.previous)
    newest: StateVersion | None = None
    highest = target.serial
    replaced = lease.writer.position.number
    # Serials grow with the numbers, so those before the target are lower: only what came later has to be read.
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

    What the target lists may be less than what exists, so the lease cannot be released as clean: the next run looks.

    Raises:
        StateError: it cannot be appended.
    """
    # The newest version may be the state of something else: what the new one has to follow is the target's history.
    end = lease.writer.position
    lease.writer.follow(replace(end, lineage=rollback.target.lineage, serial=rollback.serial - 1))
    lease.notes.distrust(rollback.target.last_modified)
    lease.renew()  # so that this is known even if this run dies before it gives the lease back
    return lease.writer.append(rollback.body())
