from __future__ import annotations

import json

import pytest

from provisioner.errors import StateError
from provisioner.state import StateVersion
from tests.unit.state.world import World, state


def written(world: World, *serials: int) -> None:
    """Let a run append versions, and end."""
    log = world.log()
    with world.lease() as lease:
        for serial in serials:
            log.append(state(serial), lease, "run-1")
        lease.release("clean")


def put(world: World, number: int, body: bytes) -> None:
    """Put a version by hand: without any metadata."""
    world.store.put_if_absent(f"{world.log().prefix}state/{number:010}.tfstate", body, {})


def newest(world: World) -> StateVersion:
    found = world.log().newest()
    assert found is not None
    return found


def refusal(world: World) -> StateError:
    with pytest.raises(StateError) as caught:
        world.log().newest()
    return caught.value


def test_a_state_of_another_lineage_is_refused(world: World) -> None:
    written(world, 1, 2)
    put(world, 3, state(7, "lineage-2"))
    error = refusal(world)
    assert error.problem.detail == (
        "the newest version cannot be used: it has lineage lineage-2, version 2 has lineage-1: "
        "it is the state of something else"
    )
    assert error.problem.fix.startswith("version 2 (serial 2) is good")


def test_an_older_serial_is_refused(world: World) -> None:
    written(world, 1, 5)
    put(world, 3, state(4))
    error = refusal(world)
    assert error.problem.detail.endswith("its serial 4 is older than 5 of version 2")
    assert error.problem.fix.startswith("version 2 (serial 5) is good")


def test_a_later_state_that_was_put_by_hand_is_taken(world: World) -> None:
    written(world, 1)
    put(world, 2, state(4))
    assert newest(world).serial == 4


def test_a_bad_state_is_mended_by_a_good_one_after_it(world: World) -> None:
    written(world, 1)
    put(world, 2, state(9, "lineage-2"))
    put(world, 3, state(2))
    assert newest(world).number == 3


def test_a_take_over_does_not_make_a_bad_state_good(world: World) -> None:
    """Its fence repeats the bad version, and is an object that a run wrote."""
    written(world, 1)
    world.lease("run-2")
    put(world, 2, state(9, "lineage-2"))
    world.elapsed += 1000
    world.lease("run-3")
    error = refusal(world)
    assert "lineage-2" in error.problem.detail
    assert error.problem.fix.startswith("version 1 (serial 1) is good")


def test_states_that_were_all_put_by_hand_are_held_against_each_other(world: World) -> None:
    put(world, 1, state(3))
    put(world, 2, state(2))
    assert refusal(world).problem.type == "NotASuccessor"


def test_a_changed_object_is_not_vouched_for_by_its_metadata(world: World) -> None:
    written(world, 1, 2)
    metadata = {"run": "run-1", "serial": "3", "lineage": "lineage-1"}
    world.store.put_if_absent(f"{world.log().prefix}state/0000000003.tfstate", state(1, "lineage-2"), metadata)
    assert refusal(world).problem.type == "NotASuccessor"


def test_a_format_of_a_newer_terraform_is_refused(world: World) -> None:
    written(world, 1)
    put(world, 2, json.dumps({"version": 5, "serial": 2, "lineage": "lineage-1"}).encode())
    assert "has format 5, which a newer terraform wrote" in refusal(world).problem.detail


def test_what_a_run_appended_is_not_held_against_anything_again(world: World) -> None:
    written(world, *range(1, 30))
    asked: list[str] = []
    plain_get = world.store.get
    world.store.get = lambda key: asked.append(key) or plain_get(key)  # type: ignore[method-assign, func-returns-value]
    world.log().newest()
    assert len(asked) == 1
