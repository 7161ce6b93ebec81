from __future__ import annotations

import json

import pytest

from provisioner.errors import StateError
from provisioner.state.chain import newest_event
from provisioner.state.rollback import prepare_rollback, require_sound, roll_back
from tests.unit.state.shared_store import SharedStore, state


def written(shared: SharedStore, *serials: int) -> None:
    with shared.lease() as lease:
        for serial in serials:
            lease.writer.append(state(serial, note=f"serial {serial}"))
        lease.release("clean")


def put(shared: SharedStore, number: int, body: bytes, **metadata: str) -> None:
    shared.store.put_if_absent(f"{shared.log().prefix}state/{number:010}.tfstate", body, metadata)


def returned_to(shared: SharedStore, number: int) -> tuple[int, dict[str, object]]:
    """Roll back; return the new version's number and content."""
    log = shared.log()
    with shared.lease("run-2", "rollback") as lease:
        appended = roll_back(lease, prepare_rollback(log, lease, number))
        lease.release("failed", appended)
    newest = log.newest()
    assert newest is not None
    return newest.number, json.loads(newest.body)


def test_the_earlier_version_comes_back_with_its_own_serial(shared: SharedStore) -> None:
    written(shared, 1, 4, 9)
    number, content = returned_to(shared, 2)
    assert (number, content["serial"], content["lineage"], content["note"]) == (4, 10, "lineage-1", "serial 4")


def test_a_version_that_cannot_be_read_is_left_behind(shared: SharedStore) -> None:
    written(shared, 1, 2)
    put(shared, 3, b'{"cut', serial="8", lineage="lineage-1")
    number, content = returned_to(shared, 2)
    assert (number, content["serial"]) == (4, 9)


def test_the_state_of_something_else_is_left_behind(shared: SharedStore) -> None:
    written(shared, 1, 2)
    put(shared, 3, state(40, "lineage-2"))
    number, content = returned_to(shared, 2)
    assert (number, content["serial"], content["lineage"]) == (4, 41, "lineage-1")


def test_a_version_of_another_lineage_is_no_target(shared: SharedStore) -> None:
    written(shared, 1, 2)
    put(shared, 3, state(40, "lineage-2"))
    with pytest.raises(StateError, match="cannot go back to version 3: it has lineage lineage-2"):
        require_sound(shared.log(), 3, newest_event(shared.log()))


def test_a_version_that_cannot_be_read_is_no_target(shared: SharedStore) -> None:
    put(shared, 1, b"{")
    with pytest.raises(StateError, match="not complete JSON"):
        require_sound(shared.log(), 1, None)


def test_the_next_run_looks_for_objects_newer_than_the_version(shared: SharedStore) -> None:
    written(shared, 1)
    stored_at = shared.log().raw(1).last_modified
    shared.elapsed += 500
    written(shared, 2)
    shared.elapsed += 500
    returned_to(shared, 1)
    assert shared.lease("run-3").notes.unclean_since == stored_at
