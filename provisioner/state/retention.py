"""
Retention: what of a log's past may go.

Only whole beginnings go: the oldest versions, and the oldest events of the lease. What is among the newest N stays,
and what is younger than D days. In a bucket with a retention policy everything stays.
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
"""Numbers of the lease's chain between two looks: a run writes at least two events, so about every tenth run looks."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What has to stay."""

    versions: int
    """So many of the newest, of states and of lease events alike; at least 1."""
    age: timedelta
    """And whatever is not older than this."""


def prune(log: StateLog, lease: Lease, retention: Retention) -> int:
    """
    Delete what need not stay, at most one page of each sequence, and return how many objects that were.

    Costs nothing while the numbers are small, and at most one listing of each sequence otherwise. The newest version
    and everything of the lease that is held stay in any case.

    Raises:
        StateError, CloudError: the store cannot be used; some objects may be gone.
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
    """Return whether it is this run's turn to look for what may go."""
    # A run writes two events or more, so not every run comes by one number; of two neighbours it meets one.
    return lease.number % EVERY < 2  # noqa: PLR2004 - explained above


def _expired(log: StateLog, sequence: Sequence, last: int, age: timedelta) -> list[str]:
    """Return the keys of the beginning of a sequence that ends before what has to stay."""
    if last < 1:
        return []
    limit = log.store.now() - age
    keys = []
    for entry in sequence.oldest():
        if entry.number > last or entry.info.last_modified > limit:
            break
        keys.append(entry.info.key)
    return keys
