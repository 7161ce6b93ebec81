"""
Retention: deletes old objects of a log.

It deletes only from the beginning: the oldest versions, and the oldest events of the lease. The newest N stay, and so
do all that are younger than D days. In a bucket with a retention policy everything stays.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from provisioner.state.chain import lease_chain
from provisioner.state.lease import Lease
from provisioner.state.log import StateLog
from provisioner.state.sequence import Sequence

_LOG = logging.getLogger(__name__)

EVERY = 20
"""Numbers of the lease's chain between two turns: a run writes at least two events, so it is every tenth run's turn."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The objects that have to stay."""

    versions: int
    """How many of the newest stay, of states and of lease events alike; at least 1."""
    age: timedelta
    """Objects that are not older stay as well."""


def prune(log: StateLog, lease: Lease, retention: Retention) -> int:
    """
    Delete old objects, at most one page of each sequence, and return how many this deleted.

    Costs nothing while the numbers are small, and at most one listing of each sequence otherwise. The newest version
    and all events of the current lease stay in any case.

    Raises:
        StateError, CloudError: the store is not usable; some objects may be gone.
    """
    lease.require_held()
    last_state = lease.writer.position.number - max(1, retention.versions)
    last_event = lease.number - max(1, retention.versions)
    if max(last_state, last_event) < 1:
        return 0
    batches = [
        _expired(log, log.states, last_state, retention.age),
        _expired(log, lease_chain(log), last_event, retention.age),
    ]
    if not any(batches) or log.store.forbids_deletion():
        return 0
    for keys in filter(None, batches):
        lease.require_held()
        log.store.delete(keys)
    count = sum(map(len, batches))
    _LOG.info("deleted %d old objects of %s", count, log.describe())
    return count


def is_due(lease: Lease) -> bool:
    """Return whether it is this run's turn to delete old objects."""
    # A run writes two events or more, so a single number may be a release; of two neighbours one can be an acquire.
    return lease.number % EVERY < 2  # noqa: PLR2004 - explained above


def _expired(log: StateLog, sequence: Sequence, last: int, age: timedelta) -> list[str]:
    """Return the keys at the beginning of a sequence, up to the first object that has to stay."""
    if last < 1:
        return []
    limit = log.store.now() - age
    keys = []
    for entry in sequence.oldest():
        if entry.number > last or entry.info.last_modified > limit:
            break
        keys.append(entry.info.key)
    return keys
