"""
Cases, which are one change to the example and what comes of it, and the tests of whole tables of them.

    test_a_bad_range_gives_exactly_one_problem = one_problem_each(CASES)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest

from provisioner.errors import Problem
from tests.unit.validation.example import Change, Judge, Objects

CaseTest = Callable[[Judge, Objects, "Case"], None]
AcceptedTest = Callable[[Judge, Objects, "Accepted"], None]


def as_it_is(objects: Objects) -> None:
    """Leave the example as it is."""


class Case(NamedTuple):
    """A change to the example, and the one problem that it leads to."""

    name: str
    change: Change
    object: str
    path: str
    type: str
    says: list[str]
    """Parts of the problem as text: the values that matter and what to do."""
    before: Change = as_it_is
    """For an update: what the old objects have that the example does not have."""

    @property
    def problems(self) -> list[tuple[str, str, str, list[str]]]:
        """What `found` has to return."""
        return [(self.object, self.path, self.type, self.says)]


class Accepted(NamedTuple):
    """A change to the example that is no problem."""

    name: str
    change: Change
    before: Change = as_it_is
    """For an update: what the old objects have that the example does not have."""


def each(cases: list[Case] | list[Accepted]) -> pytest.MarkDecorator:
    """Return a mark that runs a test for each case."""
    return pytest.mark.parametrize("case", cases, ids=[case.name.replace(" ", "-") for case in cases])


def one_problem_each(cases: list[Case]) -> CaseTest:
    """Return a test: every change to a new Shoot gives exactly its problem."""

    @each(cases)
    def test(judge: Judge, objects: Objects, case: Case) -> None:
        assert found(judge, objects, case) == case.problems

    return test


def no_problem_each(cases: list[Accepted]) -> AcceptedTest:
    """Return a test: no change to a new Shoot is an error; as it is new, every rule would give one."""

    @each(cases)
    def test(judge: Judge, objects: Objects, case: Accepted) -> None:
        case.change(objects)
        objects["Shoot"].pop("status", None)
        assert [str(problem) for problem in judge(objects).errors] == []

    return test


def one_problem_each_update(cases: list[Case]) -> CaseTest:
    """Return a test: every update gives exactly its problem."""

    @each(cases)
    def test(judge: Judge, objects: Objects, case: Case) -> None:
        assert found_in_update(judge, objects, case) == case.problems

    return test


def no_problem_each_update(cases: list[Accepted]) -> AcceptedTest:
    """Return a test: no update is an error."""

    @each(cases)
    def test(judge: Judge, objects: Objects, case: Accepted) -> None:
        assert judge(*updated(objects, case)).errors == ()

    return test


def found(judge: Judge, objects: Objects, case: Case) -> list[tuple[str, str, str, list[str]]]:
    """Return what is told of the errors after the case's change."""
    objects["Shoot"]["spec"]["provider"]["workers"][1]["zones"] = ["eu-central-1a"]
    case.change(objects)
    if "status" not in case.path:
        # Without a status the shoot counts as new, so that every rule gives an error.
        objects["Shoot"].pop("status", None)
    return told([problem for problem in judge(objects).errors if not is_second_pool(problem.path, case.path)], case)


def updated(objects: Objects, case: Case | Accepted) -> tuple[Objects, Objects]:
    """Return the objects after a case's update, and before."""
    case.before(objects)
    old = copy.deepcopy(objects)
    case.change(objects)
    return objects, old


def found_in_update(judge: Judge, objects: Objects, case: Case) -> list[tuple[str, str, str, list[str]]]:
    """Return what `found` returns, for an update."""
    return told(judge(*updated(objects, case)).errors, case)


def told(errors: Iterable[Problem], case: Case) -> list[tuple[str, str, str, list[str]]]:
    """Return object, path and type of each error, and what it says of what the case's problem is to say."""
    return [
        (problem.object, problem.path, problem.type, [part for part in case.says if part in str(problem)])
        for problem in errors
    ]


def is_second_pool(path: str, wanted: str) -> bool:
    """Both pools use the same volume type and image: a change to the CloudProfile hits both."""
    return path.startswith("spec.provider.workers[1]") and not wanted.startswith("spec.provider.workers[1]")
