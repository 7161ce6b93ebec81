"""Differences between two states."""

from __future__ import annotations

from typing import Any

from provisioner.tfstate import State
from provisioner.tfstate.diff import ResourceChange, diff_states

PASSWORD = [[{"type": "get_attr", "value": "secret"}]]


def holding(*instances: dict[str, Any]) -> State:
    return State({"resources": [{"mode": "managed", "type": "t", "name": "n", "instances": list(instances)}]})


def instance(key: str, **more: Any) -> dict[str, Any]:
    attributes = {name: value for name, value in more.items() if name not in ("status", "deposed", "sensitive")}
    rest = {name: value for name, value in more.items() if name in ("status", "deposed")}
    return {
        "index_key": key,
        "attributes": attributes,
        "sensitive_attributes": PASSWORD if "sensitive" in more else [],
        "private": "provider's own",
        **rest,
    }


def test_equal_states_have_no_difference():
    assert diff_states(holding(instance("a", id="1")), holding(instance("a", id="1")), reveal=False) == ()


def test_what_came_went_and_changed_is_in_the_order_of_addresses():
    before = holding(instance("b", id="1"), instance("c", id="1", size=1, gone=True))
    after = holding(instance("c", id="1", size=2, new="x"), instance("a", id="1"))
    assert diff_states(before, after, reveal=False) == (
        ResourceChange('t.n["a"]', "added"),
        ResourceChange('t.n["b"]', "removed"),
        ResourceChange('t.n["c"]', "changed", {"gone": (True, None), "new": (None, "x"), "size": (1, 2)}),
    )


def test_without_a_former_state_everything_was_added():
    (change,) = diff_states(State(), holding(instance("a", id="1")), reveal=False)
    assert change.action == "added"


def test_what_is_sensitive_in_one_of_them_is_masked_in_both():
    before = holding(instance("a", secret="old", sensitive=True))
    after = holding(instance("a", secret="new"))
    (change,) = diff_states(before, after, reveal=False)
    assert change.attributes == {"secret": ("(sensitive value)", "(sensitive value)")}


def test_what_is_sensitive_is_shown_when_asked_for():
    before = holding(instance("a", user_data=None))
    after = holding(instance("a", user_data="new"))
    (change,) = diff_states(before, after, reveal=True)
    assert change.attributes == {"user_data": (None, "new")}


def test_a_value_that_was_not_there_is_not_masked():
    (change,) = diff_states(holding(instance("a")), holding(instance("a", password="new")), reveal=False)
    assert change.attributes == {"password": (None, "(sensitive value)")}


def test_a_resource_that_became_tainted_has_changed():
    (change,) = diff_states(holding(instance("a")), holding(instance("a", status="tainted")), reveal=False)
    assert change.attributes == {"(status)": (None, "tainted")}


def test_an_object_that_waits_for_its_deletion_is_one_of_its_own():
    after = holding(instance("a", id="2"), instance("a", id="1", deposed="deadbeef"))
    (change,) = diff_states(holding(instance("a", id="2")), after, reveal=False)
    assert change == ResourceChange('t.n["a"] (deposed deadbeef)', "added")
