from __future__ import annotations

import json

import pytest

from provisioner.errors import StateError
from provisioner.state import StateVersion
from tests.unit.state.shared_store import SharedStore, state


def written(shared: SharedStore, *serials: int) -> None:
    """Let a run append versions, and end."""
    with shared.lease() as lease:
        for serial in serials:
            lease.writer.append(state(serial))
        lease.release("clean")


def put(shared: SharedStore, number: int, body: bytes) -> None:
    """Put a version there as an operator does: without any metadata."""
    shared.store.put_if_absent(f"{shared.log().prefix}state/{number:010}.tfstate", body, {})


def newest(shared: SharedStore) -> StateVersion:
    found = shared.log().newest()
    assert found is not None
    return found


def refusal(shared: SharedStore) -> StateError:
    with pytest.raises(StateError) as caught:
        shared.log().newest()
    return caught.value


def test_a_state_of_another_lineage_is_refused(shared: SharedStore) -> None:
    written(shared, 1, 2)
    put(shared, 3, state(7, "lineage-2"))
    error = refusal(shared)
    assert error.problem.detail == (
        "the newest version cannot be used: it has lineage lineage-2, version 2 has lineage-1: "
        "it is the state of something else"
    )
    assert error.problem.fix.startswith("version 2 (serial 2) is good")


def test_an_older_serial_is_refused(shared: SharedStore) -> None:
    written(shared, 1, 5)
    put(shared, 3, state(4))
    error = refusal(shared)
    assert error.problem.detail.endswith("its serial 4 is older than 5 of version 2")
    assert error.problem.fix.startswith("version 2 (serial 5) is good")


def test_a_later_state_that_an_operator_put_there_is_accepted(shared: SharedStore) -> None:
    written(shared, 1)
    put(shared, 2, state(4))
    assert newest(shared).serial == 4


def test_a_good_state_after_a_bad_one_is_accepted(shared: SharedStore) -> None:
    written(shared, 1)
    put(shared, 2, state(9, "lineage-2"))
    put(shared, 3, state(2))
    assert newest(shared).number == 3


def test_a_take_over_does_not_make_a_bad_state_good(shared: SharedStore) -> None:
    """Its fence repeats the bad version, and is an object that a run wrote."""
    written(shared, 1)
    shared.lease("run-2")
    put(shared, 2, state(9, "lineage-2"))
    shared.elapsed += 1000
    shared.lease("run-3")
    error = refusal(shared)
    assert "lineage-2" in error.problem.detail
    assert error.problem.fix.startswith("version 1 (serial 1) is good")


def test_states_that_an_operator_put_there_are_compared_with_each_other(shared: SharedStore) -> None:
    put(shared, 1, state(3))
    put(shared, 2, state(2))
    assert refusal(shared).problem.type == "NotASuccessor"


def test_a_changed_object_is_not_vouched_for_by_its_metadata(shared: SharedStore) -> None:
    written(shared, 1, 2)
    metadata = {"run": "run-1", "serial": "3", "lineage": "lineage-1"}
    shared.store.put_if_absent(f"{shared.log().prefix}state/0000000003.tfstate", state(1, "lineage-2"), metadata)
    assert refusal(shared).problem.type == "NotASuccessor"


def test_a_format_of_a_newer_terraform_is_refused(shared: SharedStore) -> None:
    written(shared, 1)
    put(shared, 2, json.dumps({"version": 5, "serial": 2, "lineage": "lineage-1"}).encode())
    assert "has format 5, which a newer terraform wrote" in refusal(shared).problem.detail


def test_a_version_that_a_run_appended_is_not_compared_again(shared: SharedStore) -> None:
    written(shared, *range(1, 30))
    asked: list[str] = []
    plain_get = shared.store.get
    shared.store.get = lambda key: asked.append(key) or plain_get(key)  # type: ignore[method-assign, func-returns-value]
    shared.log().newest()
    assert len(asked) == 1
