from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.errors import StateError
from provisioner.ids import EntryName
from provisioner.place import Place, StorePlace
from provisioner.state import LeaseEvent, StateVersion
from provisioner.state.record import Move
from tests.unit.state.shared_store import PLACE

GOOD = {"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "0a1b", "outputs": {}, "resources": []}
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVENT = LeaseEvent(
    event="renew",
    run="run-1",
    host="seed-7",
    boot_id="b00t",
    operation="apply",
    at=NOON,
    since=NOON - timedelta(minutes=1),
    expires=NOON + timedelta(seconds=61),
    ttl_seconds=60.0,
    state=41,
)


def test_a_version_does_not_show_its_body() -> None:
    assert "secret" not in repr(StateVersion(1, b"secret", 1, "l", {}, NOON))


def test_a_lease_event_comes_back_as_it_was_stored() -> None:
    event = dataclasses.replace(EVENT, unclean_since=NOON, outcome="failed", event="release")
    assert LeaseEvent.from_json(event.to_json(), "x") == event


def test_a_disturbance_comes_back_as_it_was_stored() -> None:
    event = dataclasses.replace(EVENT, event="disturb", repeats="renew", disturbed_by="run-0")
    assert LeaseEvent.from_json(event.to_json(), "x") == event


def test_an_event_of_this_version_comes_back_as_it_was_stored() -> None:
    event = dataclasses.replace(
        EVENT,
        event="moved",
        number=7,
        state_digest="ab" * 32,
        place=PLACE,
        beside=(EntryName("shoot--foo--bar--other"),),
        binds=("eip-1:ngw-1",),
        moved=Move(Place(store=StorePlace("former")), PLACE),
    )
    assert LeaseEvent.from_json(event.to_json(), "x") == event


def test_no_run_holds_the_lease_of_a_log_that_moved() -> None:
    assert dataclasses.replace(EVENT, event="moved").is_free


def test_the_stored_keys_of_a_lease_event_are_these() -> None:
    assert json.loads(EVENT.to_json()) == {
        "event": "renew",
        "run": "run-1",
        "host": "seed-7",
        "boot_id": "b00t",
        "operation": "apply",
        "at": "2026-11-22T12:00:00.000Z",
        "since": "2026-11-22T11:59:00.000Z",
        "expires": "2026-11-22T12:01:01.000Z",
        "ttl_seconds": 60.0,
        "state": 41,
    }


def test_unknown_keys_of_a_lease_event_are_ignored() -> None:
    body = json.dumps(json.loads(EVENT.to_json()) | {"colour": "blue"}).encode()
    assert LeaseEvent.from_json(body, "x") == EVENT


@pytest.mark.parametrize(
    "change",
    [
        {"event": "steal"},
        {"event": "disturb"},
        {"expires": "noon"},
        {"expires": "2026-11-22T12:00:00"},
        {"ttl_seconds": None},
        {"ttl_seconds": "NaN"},
        {"state": "41"},
        {"number": True},
        {"place": {"cloud": {"kind": "alibabacloud"}}},
    ],
)
def test_a_damaged_lease_event_is_refused_with_its_name(change: dict[str, object]) -> None:
    body = json.dumps(json.loads(EVENT.to_json()) | change).encode()
    with pytest.raises(StateError) as caught:
        LeaseEvent.from_json(body, "oss://b/lock/0000000001.json")
    assert caught.value.problem.object == "oss://b/lock/0000000001.json"
