"""The operations of a resource type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.sandbox.provider.calls import Connection
from provisioner.sandbox.provider.record import Record

Operation = Callable[[Record, Connection], None]


@dataclass(frozen=True, slots=True)
class Operations:
    """
    The four operations of a resource type.

    Each works on a `Record` and raises `OperationFailed`; `create` sets the record's id as soon as the object exists,
    so that a later failure loses nothing. `read` raises a missing object's refusal when the object is gone.
    """

    create: Operation
    read: Operation
    update: Operation
    delete: Operation
    id_parts: int = 1
    """Parts of the id, separated by colons; an import checks them."""
