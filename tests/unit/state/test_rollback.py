from __future__ import annotations

import json

import pytest

from provisioner.errors import StateError
from provisioner.state.rollback import prepare_rollback, require_sound, roll_back
from tests.unit.state.world import World, state


def written(world: World, *serials: int) -> None:
    log = world.log()
    with world.lease() as lease:
        for serial in serials:
            log.append(state(serial, note=f"serial {serial}"), lease, "run-1")
        lease.release("clean")


def put(world: World, number: int, body: bytes, **metadata: str) -> None:
    world.store.put_if_absent(f"{world.log().prefix}state/{number:010}.tfstate", body, metadata)


def returned_to(world: World, number: int) -> tuple[int, dict[str, object]]:
    """Roll back; return the new version's number and content."""
    log = world.log()
    with world.lease("run-2", "rollback") as lease:
        appended = roll_back(log, lease, prepare_rollback(log, lease, number))
        lease.release("failed", appended)
    newest = log.newest()
    assert newest is not None
    return newest.number, json.loads(newest.body)


def test_the_former_version_comes_back_with_a_serial_of_its_own(world: World) -> None:
    written(world, 1, 4, 9)
    number, content = returned_to(world, 2)
    assert (number, content["serial"], content["lineage"], content["note"]) == (4, 10, "lineage-1", "serial 4")


def test_a_version_that_cannot_be_read_is_left_behind(world: World) -> None:
    written(world, 1, 2)
    put(world, 3, b'{"cut', serial="8", lineage="lineage-1")
    number, content = returned_to(world, 2)
    assert (number, content["serial"]) == (4, 9)


def test_the_state_of_something_else_is_left_behind(world: World) -> None:
    written(world, 1, 2)
    put(world, 3, state(40, "lineage-2"))
    number, content = returned_to(world, 2)
    assert (number, content["serial"], content["lineage"]) == (4, 41, "lineage-1")


def test_a_version_of_another_lineage_is_no_target(world: World) -> None:
    written(world, 1, 2)
    put(world, 3, state(40, "lineage-2"))
    with pytest.raises(StateError, match="version 3 cannot be returned to: it has lineage lineage-2"):
        require_sound(world.log(), 3)


def test_a_version_that_cannot_be_read_is_no_target(world: World) -> None:
    put(world, 1, b"{")
    with pytest.raises(StateError, match="not complete JSON"):
        require_sound(world.log(), 1)


def test_the_next_run_looks_for_what_came_after_the_version(world: World) -> None:
    written(world, 1)
    stored_at = world.log().raw(1).last_modified
    world.elapsed += 500
    written(world, 2)
    world.elapsed += 500
    returned_to(world, 1)
    assert world.lease("run-3").unclean_since == stored_at
