"""Enough addresses for the machines of each zone."""

from __future__ import annotations

import pytest

from tests.unit.validation.cases import Accepted, updated
from tests.unit.validation.example import CONFIG, Judge, Objects, networks, shoot

ZONE = f"{CONFIG}.zones[0].workers"


def shrink(objects: Objects, prefix: int, *maxima: int) -> None:
    """Give the first zone a small range, and the pools sizes."""
    networks(objects)["zones"][0]["workers"] = f"10.250.0.0/{prefix}"
    for worker, maximum in zip(shoot(objects)["provider"]["workers"], maxima, strict=True):
        worker.update(minimum=0, maximum=maximum)


@pytest.mark.parametrize(
    ("prefix", "maxima", "paths"),
    [
        # Of 8 addresses the cloud keeps 4, and the NAT gateway takes 1. The first pool is in three zones, the second
        # in two.
        (29, (6, 2), []),
        (29, (6, 3), [ZONE]),
        (29, (9, 0), []),
        (29, (10, 0), [ZONE]),
        (29, (0, 7), [ZONE]),
        (28, (18, 10), []),
        (28, (19, 10), [ZONE]),
    ],
)
def test_the_first_zone_needs_room_for_its_share_of_every_maximum(
    judge: Judge, objects: Objects, prefix: int, maxima: tuple[int, int], paths: list[str]
) -> None:
    shrink(objects, prefix, *maxima)
    del objects["Shoot"]["status"]
    assert [problem.path for problem in judge(objects).errors] == paths


def test_the_problem_says_how_many_there_are_and_who_wants_them(judge: Judge, objects: Objects) -> None:
    shrink(objects, 29, 7, 3)
    del objects["Shoot"]["status"]
    (problem,) = judge(objects).errors
    assert problem.detail == (
        "zones[0] (10.250.0.0/29) has 3 addresses for machines, but zone eu-central-1a may need 5"
        " (general 3, database 2)"
    )


def test_a_gateway_of_the_users_takes_no_address_here(judge: Judge, objects: Objects) -> None:
    shrink(objects, 29, 6, 3)
    networks(objects)["vpc"] = {"id": "vpc-1"}
    del objects["Shoot"]["status"]
    assert judge(objects).errors == ()


def test_a_running_shoot_that_grows_beyond_its_range_is_an_error_only_if_it_is_this_change(
    judge: Judge, objects: Objects
) -> None:
    shrink(objects, 29, 6, 4)
    grown = judge(*updated(objects, Accepted("", lambda o: shrink(o, 29, 7, 4))))
    same = judge(*updated(objects, Accepted("", lambda o: shoot(o).update(purpose="production"))))
    assert [problem.path for problem in grown.errors] == [ZONE]
    assert (same.errors, [problem.path for problem in same.warnings]) == ((), [ZONE])


@pytest.mark.parametrize(("maximum", "paths"), [(3, []), (4, ["spec.pools"])])
def test_a_worker_needs_room_in_its_infrastructure(
    judge: Judge, seed_objects: Objects, maximum: int, paths: list[str]
) -> None:
    zones = seed_objects["Infrastructure"]["spec"]["providerConfig"]["networks"]["zones"]
    zones[0]["workers"] = "10.250.0.0/29"
    seed_objects["Worker"]["spec"]["pools"][0]["maximum"] = maximum
    assert [problem.path for problem in judge(seed_objects).errors] == paths
