"""Which old object belongs to which new one, and what is a warning because it was there before."""

from __future__ import annotations

import copy

import pytest

from tests.unit.validation.cases import Accepted, updated
from tests.unit.validation.example import CONFIG, POOL, Judge, Objects, networks, pool, shoot


def move(objects: Objects) -> None:
    """Change what cannot be changed."""
    networks(objects)["vpc"]["cidr"] = "10.250.0.0/15"


def is_compared(judge: Judge, objects: Objects, old: Objects) -> bool:
    move(objects)
    return [problem.path for problem in judge(objects, old).errors] == [f"{CONFIG}.vpc"]


@pytest.mark.parametrize(
    ("old_namespace", "new_namespace", "compared"),
    [
        ("garden-demo", "garden-demo", True),
        (None, "garden-demo", True),
        ("garden-demo", None, True),
        ("garden-other", "garden-demo", False),
    ],
)
def test_the_same_kind_name_and_namespace_is_the_same_object(
    judge: Judge, objects: Objects, old_namespace: str | None, new_namespace: str | None, compared: bool
) -> None:
    old = copy.deepcopy(objects)
    old["Shoot"]["metadata"]["namespace"] = old_namespace
    objects["Shoot"]["metadata"]["namespace"] = new_namespace
    assert is_compared(judge, objects, old) == compared


def test_another_name_is_another_object(judge: Judge, objects: Objects) -> None:
    old = copy.deepcopy(objects)
    old["Shoot"]["metadata"]["name"] = "other"
    assert not is_compared(judge, objects, old)


def test_a_name_in_two_namespaces_is_not_guessed(judge: Judge, objects: Objects) -> None:
    old = copy.deepcopy(objects)
    old["other"] = copy.deepcopy(old["Shoot"])
    old["other"]["metadata"]["namespace"] = "garden-other"
    del objects["Shoot"]["metadata"]["namespace"]
    assert not is_compared(judge, objects, old)


def test_old_objects_of_which_none_is_in_the_input_are_a_warning(judge: Judge, objects: Objects) -> None:
    other = {"Shoot": copy.deepcopy(objects["Shoot"])}
    other["Shoot"]["metadata"]["name"] = "other"
    findings = judge(objects, other)
    assert findings.errors == ()
    assert [(problem.object, problem.type) for problem in findings.warnings] == [("input", "Required")]


def test_an_object_that_the_old_ones_do_not_have_is_new_unless_it_has_a_status(judge: Judge, objects: Objects) -> None:
    old = copy.deepcopy(objects)
    del old["Shoot"]
    networks(objects)["zones"].append({"name": "eu-central-1a", "workers": "10.250.96.0/19"})
    assert judge(objects, old).errors == ()
    del objects["Shoot"]["status"]
    assert [problem.type for problem in judge(objects, old).errors] == ["Duplicate"]


BEYOND = {"name": "eu-central-1a", "workers": "10.250.96.0/19"}
"""A zone that is there already: the extension ignores it, the rule against it goes beyond Gardener."""


@pytest.mark.parametrize("has_status", [True, False])
def test_a_rule_beyond_gardener_is_an_error_for_what_is_new(judge: Judge, objects: Objects, has_status: bool) -> None:
    if not has_status:
        del objects["Shoot"]["status"]
    findings = judge(*updated(objects, Accepted("", lambda o: networks(o)["zones"].append(dict(BEYOND)))))
    assert [problem.path for problem in findings.errors] == [f"{CONFIG}.zones[3].name"]


@pytest.mark.parametrize("has_status", [True, False])
def test_a_rule_beyond_gardener_is_a_warning_for_what_was_there(
    judge: Judge, objects: Objects, has_status: bool
) -> None:
    if not has_status:
        del objects["Shoot"]["status"]
    networks(objects)["zones"].append(dict(BEYOND))
    findings = judge(*updated(objects, Accepted("", lambda o: shoot(o).update(purpose="production"))))
    assert (findings.errors, [problem.path for problem in findings.warnings]) == ((), [f"{CONFIG}.zones[3].name"])


def test_what_was_wrong_and_becomes_wrong_in_another_way_is_an_error(judge: Judge, objects: Objects) -> None:
    pool(objects)["labels"] = {"a": "!"}
    findings = judge(*updated(objects, Accepted("", lambda o: pool(o)["labels"].update(a="?"))))
    assert [(problem.path, '"?"' in problem.detail) for problem in findings.errors] == [(f"{POOL}.labels[a]", True)]


def test_a_pool_with_something_wrong_may_move(judge: Judge, objects: Objects) -> None:
    pool(objects)["labels"] = {"a": "!"}
    new = {**copy.deepcopy(pool(objects)), "name": "new", "labels": {}}
    findings = judge(*updated(objects, Accepted("", lambda o: shoot(o)["provider"]["workers"].insert(0, new))))
    assert findings.errors == ()
    assert [problem.path for problem in findings.warnings] == ["spec.provider.workers[1].labels[a]"]


def test_a_rule_of_gardener_is_an_error_even_for_what_was_there(judge: Judge, objects: Objects) -> None:
    pool(objects)["minimum"] = 7
    findings = judge(*updated(objects, Accepted("", lambda o: shoot(o).update(purpose="production"))))
    assert [problem.path for problem in findings.errors] == [f"{POOL}.maximum"]
