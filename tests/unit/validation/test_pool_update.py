"""What may change in a Shoot's worker pools: one change to the example, one problem or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.validation.cases import Accepted, Case, no_problem_each_update, one_problem_each_update, updated
from tests.unit.validation.example import POOL, SHOOT, Judge, Objects, pool, shoot

A, B, C = "eu-central-1a", "eu-central-1b", "eu-central-1c"


def in_place(objects: Objects) -> None:
    pool(objects).update(updateStrategy="AutoInPlaceUpdate", maxSurge=0, maxUnavailable=1)


def workers(objects: Objects) -> Any:
    return shoot(objects)["provider"]["workers"]


REFUSED = [
    Case(
        "an older image in place",
        lambda o: pool(o)["machine"]["image"].update(version="1443.10.0"),
        SHOOT,
        f"{POOL}.machine.image.version",
        "Forbidden",
        ['it was "1592.4.0", and would be "1443.10.0"'],
        before=in_place,
    ),
    Case(
        "an older kubernetes version of a pool",
        lambda o: pool(o).update(kubernetes={"version": "1.30.9"}),
        SHOOT,
        f"{POOL}.kubernetes.version",
        "Forbidden",
        ['cannot go back: it was "1.31.4", and would be "1.30.9"'],
    ),
    Case(
        "two minor versions at once in place",
        lambda o: (in_place(o), pool(o).update(kubernetes={"version": "1.31.4"})),
        SHOOT,
        f"{POOL}.kubernetes.version",
        "Forbidden",
        ["cannot skip a minor version", "go to 1.30 first"],
        before=lambda o: (in_place(o), pool(o).update(kubernetes={"version": "1.29.9"})),
    ),
    Case(
        "zone removed",
        lambda o: pool(o).update(zones=[A, B]),
        SHOOT,
        f"{POOL}.zones",
        "Invalid",
        [f"field is immutable: it was [{A}, {B}, {C}], and would be [{A}, {B}]", "append new ones"],
    ),
    Case(
        "zones in another order",
        lambda o: pool(o).update(zones=[B, A, C]),
        SHOOT,
        f"{POOL}.zones",
        "Invalid",
        [f"would be [{B}, {A}, {C}]"],
    ),
    Case(
        "zone put before the others",
        lambda o: pool(o).update(zones=[C, A, B]),
        SHOOT,
        f"{POOL}.zones",
        "Invalid",
        [f"it was [{A}, {B}]"],
        before=lambda o: pool(o).update(zones=[A, B]),
    ),
    Case(
        "machines updated in place from now on",
        in_place,
        SHOOT,
        f"{POOL}.updateStrategy",
        "Invalid",
        ['it was null, now "AutoInPlaceUpdate"', "use another pool"],
    ),
    Case(
        "other machines in place",
        lambda o: pool(o)["machine"].update(type="ecs.g7.xlarge"),
        SHOOT,
        f"{POOL}.machine.type",
        "Invalid",
        ['it was "ecs.g7.large", and would be "ecs.g7.xlarge"'],
        before=in_place,
    ),
    Case(
        "another image in place",
        lambda o: pool(o)["machine"].update(image={"name": "coreos", "version": "2023.4.0"}),
        SHOOT,
        f"{POOL}.machine.image.name",
        "Invalid",
        ['it was "gardenlinux", and would be "coreos"'],
        before=in_place,
    ),
    Case(
        "another disk in place",
        lambda o: pool(o)["volume"].update(size="80Gi"),
        SHOOT,
        f"{POOL}.volume",
        "Invalid",
        ["immutable with update strategy AutoInPlaceUpdate"],
        before=in_place,
    ),
    Case(
        "another data disk in place",
        lambda o: pool(o).update(dataVolumes=[{"name": "data", "type": "cloud_essd", "size": "20Gi"}]),
        SHOOT,
        f"{POOL}.dataVolumes",
        "Invalid",
        ["immutable with update strategy AutoInPlaceUpdate"],
        before=in_place,
    ),
]

ACCEPTED = [
    Accepted("zone appended", lambda o: pool(o)["zones"].append(C), before=lambda o: pool(o).update(zones=[A, B])),
    Accepted("pool removed", lambda o: workers(o).pop()),
    Accepted("pool added in front", lambda o: workers(o).insert(0, {**pool(o), "name": "new", "zones": [B]})),
    Accepted("pools in another order", lambda o: workers(o).reverse()),
    Accepted("other machines", lambda o: pool(o)["machine"].update(type="ecs.g7.xlarge")),
    Accepted("another disk", lambda o: pool(o)["volume"].update(size="80Gi")),
    Accepted("another size", lambda o: pool(o).update(minimum=0, maximum=9)),
    Accepted(
        "a newer version in place",
        in_place,
        before=lambda o: (in_place(o), pool(o)["machine"]["image"].update(version="1443.10.0")),
    ),
    Accepted("an older version", lambda o: pool(o)["machine"]["image"].update(version="1443.10.0")),
    Accepted(
        "a newer kubernetes version of a pool",
        lambda o: pool(o).update(kubernetes={"version": "1.31.4"}),
        before=lambda o: pool(o).update(kubernetes={"version": "1.29.0"}),
    ),
]

test_a_forbidden_update_gives_exactly_one_problem = one_problem_each_update(REFUSED)
test_an_allowed_update_is_no_problem = no_problem_each_update(ACCEPTED)


@pytest.mark.parametrize(
    ("zones", "paths"), [([A, B], ["spec.pools[0].zones"]), ([C, B, A], ["spec.pools[0].zones"]), ([A, B, C], [])]
)
def test_the_pools_of_a_worker_have_the_same_rules(
    judge: Judge, seed_objects: Objects, zones: list[str], paths: list[str]
) -> None:
    case = Accepted("zones", lambda o: o["Worker"]["spec"]["pools"][0].update(zones=zones))
    assert [problem.path for problem in judge(*updated(seed_objects, case)).errors] == paths
