"""Parts of the example's objects, and cases: one change to them, one problem."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import pytest

from provisioner.validation import Findings

Objects = dict[str, dict[str, Any]]
Change = Callable[[Objects], object]

CONFIG = "spec.provider.infrastructureConfig.networks"
POOL = "spec.provider.workers[0]"
EXTENSIONS = "extensions.gardener.cloud/v1alpha1"
PROVIDER = "alicloud.provider.extensions.gardener.cloud/v1alpha1"


class Judge(Protocol):
    """Loads and validates objects, beside what they were."""

    def __call__(self, objects: Objects, old: Objects | None = None) -> Findings:
        """Return what is wrong with them."""


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


def found(judge: Judge, objects: Objects, case: Case) -> list[tuple[str, str, str, list[str]]]:
    """Return object, path and type of each error after the case's change, and what it says of what it is to say."""
    objects["Shoot"]["spec"]["provider"]["workers"][1]["zones"] = ["eu-central-1a"]
    case.change(objects)
    if "status" not in case.path:
        # Without a status the shoot counts as new, so that every rule gives an error.
        objects["Shoot"].pop("status", None)
    errors = [problem for problem in judge(objects).errors if not is_second_pool(problem.path, case.path)]
    return [
        (problem.object, problem.path, problem.type, [part for part in case.says if part in str(problem)])
        for problem in errors
    ]


def errors_of_new(judge: Judge, objects: Objects, case: Accepted) -> list[str]:
    """Return the errors after a case's change, as text, when the Shoot is new: every rule gives an error then."""
    case.change(objects)
    objects["Shoot"].pop("status", None)
    return [str(problem) for problem in judge(objects).errors]


def updated(objects: Objects, case: Case | Accepted) -> tuple[Objects, Objects]:
    """Return the objects after a case's update, and before."""
    case.before(objects)
    old = copy.deepcopy(objects)
    case.change(objects)
    return objects, old


def found_in_update(judge: Judge, objects: Objects, case: Case) -> list[tuple[str, str, str, list[str]]]:
    """Return what `found` returns, for an update."""
    return [
        (problem.object, problem.path, problem.type, [part for part in case.says if part in str(problem)])
        for problem in judge(*updated(objects, case)).errors
    ]


def is_second_pool(path: str, wanted: str) -> bool:
    """Both pools use the same volume type and image: a change to the CloudProfile hits both."""
    return path.startswith("spec.provider.workers[1]") and not wanted.startswith("spec.provider.workers[1]")


def shoot(objects: Objects) -> Any:
    return objects["Shoot"]["spec"]


def networks(objects: Objects) -> Any:
    return shoot(objects)["provider"]["infrastructureConfig"]["networks"]


def pool(objects: Objects) -> Any:
    return shoot(objects)["provider"]["workers"][0]


def profile(objects: Objects) -> Any:
    return objects["CloudProfile"]["spec"]
