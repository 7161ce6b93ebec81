"""What may change in a Shoot, an Infrastructure or a Worker: one change to the example, one problem or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.errors import Problem
from tests.unit.validation.cases import Accepted, Case, each, found_in_update, no_problem_each_update, updated
from tests.unit.validation.example import SHOOT, Judge, Objects, shoot


def networking(objects: Objects) -> Any:
    return shoot(objects)["networking"]


def delete(objects: Objects) -> None:
    objects["Shoot"]["metadata"]["deletionTimestamp"] = "2026-11-22T12:00:00Z"


REFUSED = [
    Case(
        "no workers any more",
        lambda o: shoot(o)["provider"].update(workers=[]),
        SHOOT,
        "spec.provider.workers",
        "Forbidden",
        ["a Shoot with workers cannot become one without", "maximum: 0"],
    ),
    Case(
        "an older kubernetes",
        lambda o: shoot(o)["kubernetes"].update(version="1.31.3"),
        SHOOT,
        "spec.kubernetes.version",
        "Forbidden",
        ['cannot go back: it was "1.31.4", and would be "1.31.3"'],
    ),
    Case(
        "two minor versions at once",
        lambda o: shoot(o)["kubernetes"].update(version="1.33.0"),
        SHOOT,
        "spec.kubernetes.version",
        "Forbidden",
        ["cannot skip a minor version", "go to 1.32 first"],
    ),
    Case(
        "another region",
        lambda o: shoot(o).update(region="cn-shanghai"),
        SHOOT,
        "spec.region",
        "Invalid",
        ['field is immutable: it was "eu-central-1", and would be "cn-shanghai"', "has to be created there"],
    ),
    *(
        Case(
            f"another range for {name}",
            lambda o, name=name, text=text: networking(o).update({name: text}),
            SHOOT,
            f"spec.networking.{name}",
            "Invalid",
            ["field is immutable", f'would be "{text}"'],
        )
        for name, text in (("pods", "192.168.0.0/18"), ("services", "192.168.128.0/18"), ("nodes", "10.250.0.0/17"))
    ),
    Case(
        "no range for pods",
        lambda o: networking(o).pop("pods"),
        SHOOT,
        "spec.networking.pods",
        "Invalid",
        ['it was "192.168.0.0/17", and would be null'],
    ),
    Case(
        "another network plugin",
        lambda o: networking(o).update(type="cilium"),
        SHOOT,
        "spec.networking.type",
        "Invalid",
        ['it was "calico", and would be "cilium"'],
    ),
    Case(
        "another technical id",
        lambda o: o["Shoot"]["status"].update(technicalID="shoot--demo--other"),
        SHOOT,
        "status.technicalID",
        "Invalid",
        ['it was "shoot--demo--canary"'],
    ),
    Case(
        "another uid",
        lambda o: o["Shoot"]["status"].update(uid="other"),
        SHOOT,
        "status.uid",
        "Invalid",
        ['would be "other"'],
    ),
    Case(
        "a change while it is being deleted",
        lambda o: shoot(o).update(purpose="production"),
        SHOOT,
        "spec",
        "Forbidden",
        ['has been in deletion since "2026-11-22T12:00:00Z"'],
        before=delete,
    ),
]

ACCEPTED = [
    Accepted("a newer patch version", lambda o: shoot(o)["kubernetes"].update(version="1.31.5")),
    Accepted("the next minor version", lambda o: shoot(o)["kubernetes"].update(version="1.32.0")),
    Accepted("a partial version", lambda o: shoot(o)["kubernetes"].update(version="1.31")),
    Accepted("another purpose", lambda o: shoot(o).update(purpose="production")),
    Accepted("hibernated", lambda o: shoot(o).update(hibernation={"enabled": True})),
    Accepted("other credentials", lambda o: shoot(o).update(credentialsBindingName="other")),
    Accepted(
        "a range for nodes that was missing",
        lambda o: networking(o).update(nodes="10.250.0.0/16"),
        before=lambda o: networking(o).pop("nodes"),
    ),
    Accepted(
        "a range for nodes that was none",
        lambda o: networking(o).update(nodes="10.250.0.0/16"),
        before=lambda o: networking(o).update(nodes="10.250.0.0"),
    ),
    Accepted("deletion", delete),
    Accepted("the status written", lambda o: None, before=lambda o: o["Shoot"].pop("status")),
]


@each(REFUSED)
def test_a_forbidden_update_is_named(judge: Judge, objects: Objects, case: Case) -> None:
    """A shoot elsewhere has other problems, too."""
    assert case.problems[0] in found_in_update(judge, objects, case)


test_an_allowed_update_is_no_problem = no_problem_each_update(ACCEPTED)


@pytest.mark.parametrize("kind", ["Infrastructure", "Worker"])
@pytest.mark.parametrize("change", [("region", "eu-central-1", "cn-shanghai"), ("class", "shoot", "seed")])
def test_an_extension_object_stays_where_and_what_it_is(
    judge: Judge, seed_objects: Objects, kind: str, change: tuple[str, str, str]
) -> None:
    field, was, value = change
    case = Accepted(field, lambda o: o[kind]["spec"].update({field: value}))
    wanted = Problem(
        f"{kind}/canary",
        f"spec.{field}",
        "Invalid",
        f'field is immutable: it was "{was}", and would be "{value}"',
    )
    found = [replace(problem, fix="") for problem in judge(*updated(seed_objects, case)).errors]
    assert wanted in found


@pytest.mark.parametrize("kind", ["Infrastructure", "Worker"])
def test_an_extension_object_may_get_other_credentials_and_say_its_class(
    judge: Judge, seed_objects: Objects, kind: str
) -> None:
    change = {"class": "shoot", "secretRef": {"name": "other"}}
    case = Accepted("harmless", lambda o: o[kind]["spec"].update(change))
    assert judge(*updated(seed_objects, case)).errors == ()


@pytest.mark.parametrize("kind", ["Infrastructure", "Worker"])
def test_an_extension_object_does_not_change_while_it_is_being_deleted(
    judge: Judge, seed_objects: Objects, kind: str
) -> None:
    def change(objects: Objects) -> None:
        objects[kind]["metadata"] = {**objects[kind]["metadata"], "deletionTimestamp": "2026-11-22T12:00:00Z"}
        objects[kind]["spec"]["secretRef"] = {"name": "other"}

    found = [(problem.path, problem.type) for problem in judge(*updated(seed_objects, Accepted("", change))).errors]
    assert found == [("spec", "Forbidden")]


def test_a_shoot_on_another_cloud_is_not_even_read(judge: Judge, objects: Objects) -> None:
    case = Accepted("aws", lambda o: shoot(o)["provider"].update(type="aws"))
    (problem,) = judge(*updated(objects, case)).errors
    assert (problem.path, problem.type) == ("spec.provider.type", "NotSupported")
