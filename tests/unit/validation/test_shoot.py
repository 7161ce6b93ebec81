"""A Shoot as a whole, and what it is named after: one change to the example, one problem."""

from __future__ import annotations

import pytest

from tests.unit.validation.cases import Case, one_problem_each
from tests.unit.validation.example import Judge, Objects, shoot

CASES = [
    Case(
        "another cloud",
        lambda o: shoot(o)["provider"].update(type="gcp"),
        "Shoot/canary",
        "spec.provider.type",
        "NotSupported",
        ['"gcp"', "alicloud"],
    ),
    Case(
        "no cloud profile in the input",
        lambda o: o.pop("CloudProfile"),
        "Shoot/canary",
        "spec.cloudProfile.name",
        "Required",
        ['CloudProfile "alicloud" is not in the input', "there are none"],
    ),
    Case(
        "another cloud profile in the input",
        lambda o: o["CloudProfile"]["metadata"].update(name="alicloud-china"),
        "Shoot/canary",
        "spec.cloudProfile.name",
        "Required",
        ['"alicloud"', "did you mean alicloud-china?"],
    ),
    Case(
        "cloud profile named the older way",
        lambda o: shoot(o).update(cloudProfile=None, cloudProfileName="ali"),
        "Shoot/canary",
        "spec.cloudProfileName",
        "Required",
        ['"ali"', "alicloud"],
    ),
    Case(
        "no cloud profile named",
        lambda o: shoot(o).pop("cloudProfile"),
        "Shoot/canary",
        "spec.cloudProfile.name",
        "Required",
        ["is required", "alicloud"],
    ),
    Case(
        "name with shell syntax",
        lambda o: o["Shoot"]["metadata"].update(name='a"; ${var.x} %{if}'),
        'Shoot/a"; ${var.x} %{if}',
        "metadata.name",
        "Invalid",
        ["is not a DNS label"],
    ),
    Case(
        "name with two hyphens",
        lambda o: o["Shoot"]["metadata"].update(name="ca--nary"),
        "Shoot/ca--nary",
        "metadata.name",
        "Invalid",
        ["two hyphens in a row"],
    ),
    Case(
        "name over the limit",
        lambda o: o["Shoot"]["metadata"].update(name="a" * 64),
        f"Shoot/{'a' * 64}",
        "metadata.name",
        "TooLong",
        ["64 characters", "63"],
    ),
    Case(
        "technical id with a path",
        lambda o: o["Shoot"]["status"].update(technicalID="shoot--demo--canary/../x"),
        "Shoot/canary",
        "status.technicalID",
        "Invalid",
        ["is not a DNS label"],
    ),
    Case(
        "uid with a path",
        lambda o: o["Shoot"]["status"].update(uid="../x"),
        "Shoot/canary",
        "status.uid",
        "Invalid",
        ['"../x" is not a uid'],
    ),
    Case(
        "namespace without a project",
        lambda o: o["Shoot"].pop("status") and o["Shoot"]["metadata"].update(namespace="default"),
        "Shoot/canary",
        "metadata.namespace",
        "Required",
        ["technical ID cannot be derived", '"default"'],
    ),
    Case(
        "technical id over the limit",
        lambda o: o["Shoot"].pop("status") and o["Shoot"]["metadata"].update(name="a" * 51),
        f"Shoot/{'a' * 51}",
        "metadata.name",
        "TooLong",
        [f'"shoot--demo--{"a" * 51}" has 64 characters', "63", "shorter name"],
    ),
]

test_a_bad_shoot_gives_exactly_one_problem = one_problem_each(CASES)


def test_a_shoot_without_status_gets_its_project_from_the_namespace(judge: Judge, objects: Objects) -> None:
    del objects["Shoot"]["status"]
    assert judge(objects).errors == ()


def test_a_shoot_in_an_unusual_namespace_is_found_through_its_project(judge: Judge, objects: Objects) -> None:
    del objects["Shoot"]["status"]
    objects["Shoot"]["metadata"]["namespace"] = "team-a"
    objects["Project"] = {
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "Project",
        "metadata": {"name": "demo"},
        "spec": {"namespace": "team-a"},
    }
    assert judge(objects).errors == ()


@pytest.mark.parametrize(("length", "is_good"), [(17, True), (18, False)])
def test_names_of_shoot_and_project_have_21_characters_together(
    judge: Judge, objects: Objects, length: int, is_good: bool
) -> None:
    del objects["Shoot"]["status"]
    objects["Shoot"]["metadata"]["name"] = "a" * length
    found = [(problem.path, problem.type) for problem in judge(objects).errors]
    assert found == ([] if is_good else [("metadata.name", "TooLong")])


def test_a_running_shoot_keeps_its_long_name(judge: Judge, objects: Objects) -> None:
    objects["Shoot"]["metadata"]["name"] = "a" * 50
    objects["Shoot"]["status"]["technicalID"] = f"shoot--demo--{'a' * 50}"
    findings = judge(objects)
    assert (findings.errors, [problem.type for problem in findings.warnings]) == ((), ["TooLong"])
