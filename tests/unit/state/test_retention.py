from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from provisioner.objectstore import ObjectInfo
from provisioner.state import Lease
from provisioner.state.retention import Retention, is_due, prune
from tests.unit.state.shared_store import SharedStore, state

DAY = 86_400


class Counted:
    """Counts the requests to the shared store."""

    def __init__(self, shared: SharedStore) -> None:
        self.listings = 0
        self.deletions = 0
        plain_list, plain_delete = shared.store.list, shared.store.delete

        def list_(prefix: str, start_after: str = "", limit: int = 1000) -> list[ObjectInfo]:
            self.listings += 1
            return plain_list(prefix, start_after, limit)

        def delete(keys: Sequence[str]) -> None:
            self.deletions += 1
            plain_delete(keys)

        shared.store.list = list_  # type: ignore[method-assign] # counts what passes through
        shared.store.delete = delete  # type: ignore[method-assign] # counts what passes through


def lived(shared: SharedStore, runs: int) -> Lease:
    """Let runs write a version a day each, and return the lease of one more."""
    for number in range(1, runs + 1):
        with shared.lease(f"run-{number}") as lease:
            lease.writer.append(state(number))
            lease.release("clean")
        shared.elapsed += DAY
    return shared.lease("run-now")


def numbers(shared: SharedStore, kind: str) -> list[int]:
    prefix = f"{shared.log().prefix}{kind}/"
    return [int(info.key.removeprefix(prefix).partition(".")[0]) for info in shared.store.list(prefix)]


def test_objects_beyond_number_and_age_go(shared: SharedStore) -> None:
    lease = lived(shared, 30)
    prune(shared.log(), lease, Retention(10, timedelta(days=5)))
    assert numbers(shared, "state") == list(range(21, 31))


def test_young_objects_stay_whatever_their_number(shared: SharedStore) -> None:
    lease = lived(shared, 30)
    prune(shared.log(), lease, Retention(10, timedelta(days=20, hours=1)))
    assert numbers(shared, "state") == list(range(11, 31))


def test_events_of_the_lease_go_likewise(shared: SharedStore) -> None:
    lease = lived(shared, 30)
    assert lease.number == 61
    prune(shared.log(), lease, Retention(10, timedelta(days=5)))
    assert numbers(shared, "lock") == list(range(52, 62))


def test_the_newest_version_and_the_lease_in_force_stay_in_any_case(shared: SharedStore) -> None:
    lease = lived(shared, 3)
    shared.elapsed += 50  # the lease still holds
    prune(shared.log(), lease, Retention(1, timedelta(0)))
    assert (numbers(shared, "state"), numbers(shared, "lock")) == ([3], [7])


def test_a_run_goes_on_as_before_after_it(shared: SharedStore) -> None:
    lease = lived(shared, 30)
    prune(shared.log(), lease, Retention(1, timedelta(0)))
    lease.release("clean")
    with shared.lease("run-next") as following:
        assert following.writer.append(state(31)) == 31


def test_nothing_goes_if_a_policy_forbids_it(shared: SharedStore) -> None:
    lease = lived(shared, 30)
    shared.store.forbids_deletion = lambda: True  # type: ignore[method-assign] # a bucket with a WORM policy
    assert prune(shared.log(), lease, Retention(1, timedelta(0))) == 0
    assert len(numbers(shared, "state")) == 30


def test_small_numbers_cost_nothing(shared: SharedStore) -> None:
    lease = lived(shared, 4)
    counted = Counted(shared)
    prune(shared.log(), lease, Retention(100, timedelta(0)))
    assert (counted.listings, counted.deletions) == (0, 0)


def test_ten_thousand_versions_cost_a_listing_and_a_deletion(shared: SharedStore) -> None:
    log, now = shared.log(), shared.elapsed
    for number in range(1, 10_001):
        metadata = {"run": "run-1", "serial": str(number), "lineage": "lineage-1"}
        shared.store.put_if_absent(log.states.key(number), state(number), metadata)
    shared.elapsed = now + 100 * DAY
    lease = shared.lease()
    counted = Counted(shared)
    deleted = prune(log, lease, Retention(100, timedelta(days=30)))
    assert (counted.listings, counted.deletions, deleted) == (1, 1, 1000)


def test_ten_thousand_versions_do_not_make_a_run_list_more(shared: SharedStore) -> None:
    """A run asks for the lease's end, then for the log's, with the number in the lease as the hint."""
    log = shared.log()
    for number in range(1, 10_001):
        metadata = {"run": "run-1", "serial": str(number), "lineage": "lineage-1"}
        shared.store.put_if_absent(log.states.key(number), state(number), metadata)
    with shared.lease() as lease:
        lease.release("clean", 10_000)
    counted = Counted(shared)
    lease = shared.lease("run-2")
    assert lease.state is not None
    assert (lease.state.number, counted.listings) == (10_000, 2)


@pytest.mark.parametrize("first", [1, 2])
def test_about_every_tenth_run_looks(shared: SharedStore, first: int) -> None:
    due = 0
    if first == 2:
        event = {"event": "release", "run": "r", "host": "h", "boot_id": "b", "operation": "apply", "ttl_seconds": 60}
        times = dict.fromkeys(("at", "since", "expires"), shared.now().isoformat())
        shared.store.put_if_absent(f"{shared.log().prefix}lock/0000000001.json", json.dumps(event | times).encode(), {})
    for number in range(100):
        with shared.lease(f"run-{number}") as lease:
            due += is_due(lease)
            lease.release("clean")
    assert due == 10
