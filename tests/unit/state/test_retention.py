from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from provisioner.objectstore import ObjectInfo
from provisioner.state import Lease
from provisioner.state.retention import Retention, is_due, prune
from tests.unit.state.world import World, state

DAY = 86_400


class Counted:
    """Counts what a world's store is asked for."""

    def __init__(self, world: World) -> None:
        self.listings = 0
        self.deletions = 0
        plain_list, plain_delete = world.store.list, world.store.delete

        def list_(prefix: str, start_after: str = "", limit: int = 1000) -> list[ObjectInfo]:
            self.listings += 1
            return plain_list(prefix, start_after, limit)

        def delete(keys: Sequence[str]) -> None:
            self.deletions += 1
            plain_delete(keys)

        world.store.list = list_  # type: ignore[method-assign] # counts what passes through
        world.store.delete = delete  # type: ignore[method-assign] # counts what passes through


def lived(world: World, runs: int) -> Lease:
    """Let runs write a version a day each, and return the lease of one more."""
    for number in range(1, runs + 1):
        with world.lease(f"run-{number}") as lease:
            world.log().append(state(number), lease, f"run-{number}")
            lease.release("clean")
        world.elapsed += DAY
    return world.lease("run-now")


def numbers(world: World, kind: str) -> list[int]:
    prefix = f"{world.log().prefix}{kind}/"
    return [int(info.key.removeprefix(prefix).partition(".")[0]) for info in world.store.list(prefix)]


def test_what_is_beyond_number_and_age_goes(world: World) -> None:
    lease = lived(world, 30)
    prune(world.log(), lease, Retention(10, timedelta(days=5)))
    assert numbers(world, "state") == list(range(21, 31))


def test_what_is_young_stays_whatever_its_number(world: World) -> None:
    lease = lived(world, 30)
    prune(world.log(), lease, Retention(10, timedelta(days=20, hours=1)))
    assert numbers(world, "state") == list(range(11, 31))


def test_events_of_the_lease_go_likewise(world: World) -> None:
    lease = lived(world, 30)
    assert lease.number == 61
    prune(world.log(), lease, Retention(10, timedelta(days=5)))
    assert numbers(world, "lock") == list(range(52, 62))


def test_the_newest_version_and_the_lease_in_force_stay_in_any_case(world: World) -> None:
    lease = lived(world, 3)
    world.elapsed += 50  # the lease still holds
    prune(world.log(), lease, Retention(1, timedelta(0)))
    assert (numbers(world, "state"), numbers(world, "lock")) == ([3], [7])


def test_a_run_goes_on_as_before_after_it(world: World) -> None:
    lease = lived(world, 30)
    prune(world.log(), lease, Retention(1, timedelta(0)))
    lease.release("clean")
    with world.lease("run-next") as following:
        assert world.log().append(state(31), following, "run-next") == 31


def test_nothing_goes_where_a_policy_forbids_it(world: World) -> None:
    lease = lived(world, 30)
    world.store.forbids_deletion = lambda: True  # type: ignore[method-assign] # a bucket with a WORM policy
    assert prune(world.log(), lease, Retention(1, timedelta(0))) == 0
    assert len(numbers(world, "state")) == 30


def test_small_numbers_cost_nothing(world: World) -> None:
    lease = lived(world, 4)
    counted = Counted(world)
    prune(world.log(), lease, Retention(100, timedelta(0)))
    assert (counted.listings, counted.deletions) == (0, 0)


def test_ten_thousand_versions_cost_a_listing_and_a_deletion(world: World) -> None:
    log, now = world.log(), world.elapsed
    for number in range(1, 10_001):
        metadata = {"run": "run-1", "serial": str(number), "lineage": "lineage-1"}
        world.store.put_if_absent(log.states.key(number), state(number), metadata)
    world.elapsed = now + 100 * DAY
    lease = world.lease()
    counted = Counted(world)
    deleted = prune(log, lease, Retention(100, timedelta(days=30)))
    assert (counted.listings, counted.deletions, deleted) == (1, 1, 1000)


def test_ten_thousand_versions_do_not_make_a_run_list_more(world: World) -> None:
    """What a run asks for: the lease's end, then the log's, with what the lease knows as the hint."""
    log = world.log()
    for number in range(1, 10_001):
        metadata = {"run": "run-1", "serial": str(number), "lineage": "lineage-1"}
        world.store.put_if_absent(log.states.key(number), state(number), metadata)
    with world.lease() as lease:
        lease.release("clean", 10_000)
    counted = Counted(world)
    lease = world.lease("run-2")
    assert lease.state is not None
    assert (lease.state.number, counted.listings) == (10_000, 2)


@pytest.mark.parametrize("first", [1, 2])
def test_about_every_tenth_run_looks(world: World, first: int) -> None:
    due = 0
    if first == 2:
        event = {"event": "release", "run": "r", "host": "h", "boot_id": "b", "operation": "apply", "ttl_seconds": 60}
        times = dict.fromkeys(("at", "since", "expires"), world.now().isoformat())
        world.store.put_if_absent(f"{world.log().prefix}lock/0000000001.json", json.dumps(event | times).encode(), {})
    for number in range(100):
        with world.lease(f"run-{number}") as lease:
            due += is_due(lease)
            lease.release("clean")
    assert due == 10
