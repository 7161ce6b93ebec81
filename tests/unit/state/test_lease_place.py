"""The place that a log knows: a run gets it before it writes anything, and writes it into events and versions."""

from __future__ import annotations

import hashlib

import pytest

from provisioner.errors import StateError
from provisioner.ids import EntryName
from provisioner.place import Place, StorePlace
from provisioner.state import LeaseEvent, known_place
from provisioner.state.record import Outcome
from tests.unit.state.shared_store import PLACE, SharedStore, state

ELSEWHERE = Place(PLACE.cloud, StorePlace("elsewhere"))
NOWHERE = Place()


def as_before(shared: SharedStore, run: str = "run-old", serial: int | None = None) -> None:
    """Let a run of the version before come and go: it knows no places, and no numbers of events."""
    log = shared.log()
    keys = [item.key for item in shared.store.list(f"{log.prefix}lock/")]
    former = LeaseEvent.from_json(shared.store.get(keys[-1]).body, keys[-1]) if keys else None
    number = len(keys)
    newest = former.state if former is not None else None
    if serial is not None:
        newest = (newest or 0) + 1
        metadata = {"run": run, "lease": str(number + 1), "operation": "apply", "serial": str(serial)}
        shared.store.put_if_absent(log.states.key(newest), state(serial), metadata | {"lineage": "lineage-1"})
    now = shared.now()
    for kind in ("acquire", "release"):
        number += 1
        event = LeaseEvent(
            event=kind,  # type: ignore[arg-type] # mypy takes it for any text
            run=run,
            host="h",
            boot_id="b",
            operation="apply",
            at=now,
            since=now,
            expires=now,
            ttl_seconds=60.0,
            outcome="clean" if kind == "release" else None,
            state=newest,
        )
        shared.store.put_if_absent(f"{log.prefix}lock/{number:010}.json", event.to_json(), {"run": run})


def told(shared: SharedStore) -> Place:
    """The place that the next run gets from the log."""
    places: list[Place] = []
    shared.lease(place=NOWHERE, accept=places.append).release("clean")
    return places[-1]


def test_a_new_log_knows_no_place(shared: SharedStore) -> None:
    assert told(shared) == NOWHERE


def test_every_event_has_the_place(shared: SharedStore) -> None:
    lease = shared.lease()
    lease.renew()
    lease.release("clean")
    assert [event["place"] for event in shared.events()] == [PLACE.to_document()] * 3


def test_every_version_has_the_place(shared: SharedStore) -> None:
    lease = shared.lease()
    lease.writer.append(state(1))
    newest = shared.log().newest()
    assert newest is not None
    assert Place.from_metadata(newest.metadata) == PLACE


def test_a_run_gets_the_place_of_the_newest_event(shared: SharedStore) -> None:
    shared.lease(place=PLACE).release("clean")
    shared.lease(place=ELSEWHERE).release("clean")
    assert told(shared) == ELSEWHERE


def test_nothing_is_written_in_a_refused_place(shared: SharedStore) -> None:
    shared.lease("run-1").release("clean")

    def refuse(known: Place) -> None:
        raise StateError(f"not {known.store}")

    before = shared.store.list("")
    with pytest.raises(StateError, match="not bucket bucket"):
        shared.lease("run-2", accept=refuse)
    assert shared.store.list("") == before


def test_an_expired_lease_is_not_taken_in_a_refused_place(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000

    def refuse(known: Place) -> None:
        raise StateError("no")

    with pytest.raises(StateError, match="no"):
        shared.lease("run-2", accept=refuse)
    assert shared.kinds() == ["acquire"]


def test_a_missing_half_of_a_runs_place_comes_from_the_log(shared: SharedStore) -> None:
    shared.lease(place=PLACE).release("clean")
    lease = shared.lease(place=NOWHERE)
    assert (lease.notes.place, lease.known_place) == (PLACE, PLACE)


def test_a_run_of_the_version_before_does_not_make_the_log_forget_its_place(shared: SharedStore) -> None:
    shared.lease().release("clean")
    as_before(shared)
    assert told(shared) == PLACE


def test_a_log_whose_chain_is_gone_knows_the_place_of_its_newest_version(shared: SharedStore) -> None:
    with shared.lease() as lease:
        lease.writer.append(state(1))
    shared.store.delete([item.key for item in shared.store.list(f"{shared.log().prefix}lock/")])
    assert told(shared) == PLACE


def test_a_log_of_the_version_before_knows_none_and_learns_it_while_a_run_works(shared: SharedStore) -> None:
    as_before(shared, serial=1)
    log = shared.log()
    lease = shared.lease(place=NOWHERE)
    assert lease.notes.place == NOWHERE
    lease.notes.set_place(PLACE)
    lease.writer.append(state(2))
    lease.release("clean")
    newest = log.newest()
    assert newest is not None
    assert (Place.from_metadata(newest.metadata), known_place(log)) == (PLACE, PLACE)


def test_a_reader_without_the_lease_learns_the_place_too(shared: SharedStore) -> None:
    shared.lease().release("clean")
    as_before(shared, serial=1)
    assert known_place(shared.log()) == PLACE


def test_half_a_place_is_completed_by_the_newest_version(shared: SharedStore) -> None:
    """A run that learned the place while it worked may have been killed before it wrote another event."""
    lease = shared.lease(place=Place(store=PLACE.store))
    lease.notes.set_place(PLACE)
    lease.writer.append(state(1))
    shared.elapsed += 1000
    assert told(shared) == PLACE


def test_a_log_that_knows_no_place_is_not_searched_again_and_again(shared: SharedStore) -> None:
    for number in range(30):
        as_before(shared, f"run-{number}", serial=1 if number == 0 else None)
    shared.lease(place=NOWHERE).release("clean")
    asked: list[str] = []
    get = shared.store.get
    shared.store.get = lambda key: asked.append(key) or get(key)  # type: ignore[method-assign, func-returns-value]
    shared.lease(place=NOWHERE)
    assert len(asked) == 2


def test_a_whole_place_costs_no_request(shared: SharedStore) -> None:
    with shared.lease() as lease:
        lease.writer.append(state(1))
    asked: list[str] = []
    get, listing = shared.store.get, shared.store.list
    shared.store.get = lambda key: asked.append(key) or get(key)  # type: ignore[method-assign, func-returns-value]
    shared.store.list = lambda *a: asked.append(a[0]) or listing(*a)  # type: ignore[method-assign, func-returns-value]
    shared.lease()
    assert [key.rpartition("/")[0].rpartition("/")[2] for key in asked] == ["lock", "lock", "state", "state"]


def test_every_run_repeats_the_entries_beside(shared: SharedStore) -> None:
    other = EntryName("shoot--foo--bar--other")
    with shared.lease() as lease:
        lease.notes.set_aside(other)
        lease.notes.set_aside(other)
    lease = shared.lease()
    lease.renew()
    assert [event.get("beside") for event in shared.events()] == [None, [other], [other], [other]]
    assert lease.notes.beside == (other,)


def test_an_event_names_the_digest_of_the_version_that_it_knows(shared: SharedStore) -> None:
    lease = shared.lease()
    lease.writer.append(state(1))
    lease.release("clean")
    shared.lease()
    digest = hashlib.sha256(state(1)).hexdigest()
    assert [(event.get("state"), event.get("state_digest")) for event in shared.events()] == [
        (None, None),
        (1, digest),
        (1, digest),
    ]


def test_every_event_names_its_own_number(shared: SharedStore) -> None:
    shared.lease("run-1").renew()
    shared.elapsed += 1000
    shared.lease("run-2").release("clean")
    assert [event["number"] for event in shared.events()] == [1, 2, 3, 4]


def test_a_moved_log_is_in_another_place_and_free(shared: SharedStore) -> None:
    lease = shared.lease(place=PLACE)
    lease.move(ELSEWHERE)
    assert shared.kinds() == ["acquire", "moved"]
    assert told(shared) == ELSEWHERE


@pytest.mark.parametrize("outcome", ["clean", "failed"])
def test_a_move_says_no_more_of_the_cloud_than_the_runs_before_it(shared: SharedStore, outcome: Outcome) -> None:
    shared.lease("run-1").release(outcome)
    shared.lease("run-2").move(ELSEWHERE)
    lease = shared.lease("run-3")
    assert (lease.notes.unclean_since is None) == (outcome == "clean")
