"""The machine images of a Shoot's pools: on offer, for the pool, and not expired."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.validation.cases import Case, one_problem_each
from tests.unit.validation.example import POOL, SHOOT, Judge, Objects, pool, profile
from tests.unit.validation.image_offer import (
    FUTURE,
    IMAGE,
    NEWER,
    NOW,
    OLDER,
    PAST,
    ask,
    change_offer,
    images,
    offer,
    stages,
    with_capabilities,
)

CASES = [
    Case(
        "an image that is not offered",
        lambda o: pool(o)["machine"].update(image={"name": "gardenlinus", "version": "1592.4.0"}),
        SHOOT,
        IMAGE,
        "NotSupported",
        ['machine image "gardenlinus" is not offered; there are gardenlinux, coreos', "did you mean gardenlinux?"],
    ),
    Case(
        "a version that is not offered",
        lambda o: pool(o)["machine"]["image"].update(version="1592.9.0"),
        SHOOT,
        IMAGE,
        "NotSupported",
        [
            'version "1592.9.0" of machine image "gardenlinux" is not offered',
            "there are 1592.4.0, 1443.10.0",
            "1592.4.0?",
        ],
    ),
    Case(
        "a version that is mapped, and not offered",
        lambda o: (offer(o, NEWER), profile(o)["machineImages"][0]["versions"].pop(0), ask(o, NEWER)),
        SHOOT,
        IMAGE,
        "NotSupported",
        [f'"{NEWER}"', "is not offered"],
    ),
    Case(
        "a version that has expired",
        lambda o: (offer(o, NEWER, expirationDate=PAST), ask(o, NEWER)),
        SHOOT,
        IMAGE,
        "Forbidden",
        [f'version "{NEWER}"', f"has expired since {PAST}; there are 1592.4.0, 1443.10.0"],
    ),
    Case(
        "a version whose lifecycle has ended",
        lambda o: (offer(o, NEWER, lifecycle=stages(("supported", None), ("expired", PAST))), ask(o, NEWER)),
        SHOOT,
        IMAGE,
        "Forbidden",
        ["has expired"],
    ),
    Case(
        "a version whose lifecycle begins later",
        lambda o: (
            offer(o, NEWER, lifecycle=stages(("preview", FUTURE), ("supported", "2027-01-01T00:00:00Z"))),
            ask(o, NEWER),
        ),
        SHOOT,
        IMAGE,
        "NotSupported",
        ["is not available yet"],
    ),
    Case(
        "a version that is unavailable",
        lambda o: (offer(o, NEWER, classification="unavailable"), ask(o, NEWER)),
        SHOOT,
        IMAGE,
        "NotSupported",
        ["is not available yet"],
    ),
    Case(
        "a version for another architecture",
        lambda o: (offer(o, NEWER, architectures=["arm64"]), ask(o, NEWER)),
        SHOOT,
        IMAGE,
        "NotSupported",
        [f'version "{NEWER}"', 'is not for architecture "amd64", only for arm64; there are 1592.4.0, 1443.10.0'],
    ),
    Case(
        "a version without updates in place for a pool that has them",
        lambda o: (offer(o, NEWER), ask(o, NEWER), pool(o).update(updateStrategy="AutoInPlaceUpdate")),
        SHOOT,
        IMAGE,
        "NotSupported",
        ["cannot be updated in place", "there are 1592.4.0, 1443.10.0"],
    ),
    Case(
        "a partial version that nothing begins with",
        lambda o: ask(o, "1591"),
        SHOOT,
        IMAGE,
        "NotSupported",
        ["machine image gardenlinux version 1591 fits machine type", "there are 1592.4.0, 1443.10.0"],
    ),
]

test_a_bad_image_gives_exactly_one_problem = one_problem_each(CASES)


@pytest.mark.parametrize(
    "more",
    [
        {"expirationDate": FUTURE},
        {"expirationDate": NOW},
        {"classification": "deprecated"},
        {"classification": "preview"},
        {"classification": "supported", "expirationDate": FUTURE},
        {"lifecycle": stages(("supported", None), ("expired", FUTURE))},
        {"lifecycle": stages(("supported", None), ("expired", NOW))},
        {"lifecycle": stages(("preview", PAST), ("supported", FUTURE))},
        {"lifecycle": stages(("unavailable", None), ("deprecated", PAST))},
        {"architectures": ["arm64", "amd64"]},
        {"architectures": []},
    ],
    ids=str,
)
def test_a_version_that_is_offered_to_the_pool_is_no_problem(
    judge: Judge, objects: Objects, more: dict[str, Any]
) -> None:
    offer(objects, NEWER, **more)
    ask(objects, NEWER)
    assert judge(objects).errors == ()


def test_a_suggestion_is_never_a_version_that_has_expired(judge: Judge, objects: Objects) -> None:
    change_offer(objects, expirationDate=PAST)
    ask(objects, "1592.4.1")
    problem = next(problem for problem in judge(objects).errors if problem.path == IMAGE)
    assert "1592.4.0" not in str(problem)
    assert "1443.10.0" in problem.detail


@pytest.mark.parametrize("kind", ["Worker", "Infrastructure"])
def test_the_pools_of_a_worker_may_have_what_is_not_on_offer_any_more(
    judge: Judge, seed_objects: Objects, kind: str
) -> None:
    """The extension looks for the image id alone; the API server has compared the Shoot with the offer."""
    seed_objects["Cluster"]["spec"]["cloudProfile"]["spec"]["machineImages"] = []
    assert [problem for problem in judge(seed_objects).errors if problem.object.startswith(kind)] == []


# --- existing pools ---


def judged_update(judge: Judge, objects: Objects, before: str, version: str) -> tuple[list[str], list[str]]:
    """Return the types of errors and warnings about the image of a pool that had another version."""
    old = copy.deepcopy(objects)
    pool(old)["machine"]["image"]["version"] = before
    pool(objects)["machine"]["image"]["version"] = version
    found = judge(objects, old)
    return [it.type for it in found.errors if it.path == IMAGE], [it.type for it in found.warnings if it.path == IMAGE]


def test_an_expired_version_that_a_pool_has_is_a_warning(judge: Judge, objects: Objects) -> None:
    change_offer(objects, expirationDate=PAST)
    assert judged_update(judge, objects, "1592.4.0", "1592.4.0") == ([], ["Forbidden"])


def test_a_version_that_left_the_offer_and_a_pool_has_is_a_warning(judge: Judge, objects: Objects) -> None:
    profile(objects)["machineImages"][0]["versions"].pop(0)
    assert judged_update(judge, objects, "1592.4.0", "1592.4.0") == ([], ["NotSupported"])


@pytest.mark.parametrize(("before", "errors"), [(OLDER, []), ("1592.4.0", []), ("1592.6.0", ["Forbidden"])])
def test_a_pool_may_move_forward_to_an_expired_version_and_not_back(
    judge: Judge, objects: Objects, before: str, errors: list[str]
) -> None:
    offer(objects, NEWER, expirationDate=PAST)
    assert judged_update(judge, objects, before, NEWER) == (errors, [])


def test_a_pool_cannot_move_to_a_version_that_is_not_available_yet(judge: Judge, objects: Objects) -> None:
    offer(objects, NEWER, classification="unavailable")
    assert judged_update(judge, objects, "1592.4.0", NEWER) == (["NotSupported"], [])


def test_a_new_pool_cannot_have_an_expired_version_that_another_pool_has(judge: Judge, objects: Objects) -> None:
    change_offer(objects, expirationDate=PAST)
    old = copy.deepcopy(objects)
    pool(objects)["name"] = "another"
    assert images(judge, objects, old) == [("Forbidden", IMAGE)]


@pytest.mark.parametrize(
    ("least", "errors"), [("1592.4.0", []), ("1592.4.1", ["NotSupported"]), (None, ["NotSupported"])]
)
def test_a_pool_moves_in_place_only_from_a_version_that_can(
    judge: Judge, objects: Objects, least: str | None, errors: list[str]
) -> None:
    offer(objects, NEWER, inPlaceUpdates={"supported": True, "minVersionForUpdate": least})
    pool(objects)["updateStrategy"] = "AutoInPlaceUpdate"
    assert judged_update(judge, objects, "1592.4.0", NEWER) == (errors, [])


# --- architectures and capabilities ---


def test_an_architecture_that_is_the_machine_types_need_not_be_written(judge: Judge, objects: Objects) -> None:
    types = profile(objects)["machineTypes"]
    types.append({"name": "ecs.g8y.large", "cpu": "2", "gpu": "0", "memory": "8Gi", "architecture": "arm64"})
    offer(objects, NEWER, architectures=["arm64"])
    ask(objects, NEWER)
    pool(objects)["machine"] |= {"type": "ecs.g8y.large", "architecture": None}
    assert images(judge, objects) == []


def test_a_pool_for_arm64_needs_a_machine_type_that_says_so(judge: Judge, objects: Objects) -> None:
    profile(objects)["machineTypes"].append({"name": "ecs.g8y.large", "cpu": "2", "gpu": "0", "memory": "8Gi"})
    offer(objects, NEWER, architectures=["arm64"])
    ask(objects, NEWER)
    pool(objects)["machine"] |= {"type": "ecs.g8y.large", "architecture": "arm64"}
    assert images(judge, objects) == [("NotSupported", f"{POOL}.machine.architecture")]


@pytest.mark.parametrize(("values", "errors"), [(["uefi"], []), (["uefi", "bios"], []), (["bios"], [IMAGE])])
def test_a_version_needs_a_flavor_for_the_machine_type(
    judge: Judge, objects: Objects, values: list[str], errors: list[str]
) -> None:
    with_capabilities(objects, architecture=["amd64"], boot=["bios", "uefi"])
    for machine in profile(objects)["machineTypes"]:
        machine["capabilities"] = {"boot": ["uefi"]}
    flavors = [{"boot": values}]
    offer(objects, NEWER, capabilityFlavors=flavors)
    mapped = profile(objects)["providerConfig"]["machineImages"][0]["versions"][0]
    mapped["capabilityFlavors"] = [{"capabilities": flavors[0], "regions": mapped.pop("regions")}]
    ask(objects, NEWER)
    assert [path for _, path in images(judge, objects)] == errors


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_a_capability_with_one_value_need_not_be_written_anywhere(
    judge: Judge, objects: Objects, architecture: str
) -> None:
    with_capabilities(objects, architecture=[architecture], boot=["uefi"])
    for machine in profile(objects)["machineTypes"]:
        machine.pop("architecture", None)
    for worker in objects["Shoot"]["spec"]["provider"]["workers"]:
        worker["machine"].pop("architecture", None)
    profile(objects)["machineImages"][0]["versions"][0]["capabilityFlavors"] = [{}]
    assert judge(objects).errors == ()


# --- lifecycles of a CloudProfile ---


@pytest.mark.parametrize(
    ("more", "path", "says"),
    [
        ({"expirationDate": "soon"}, "expirationDate", '"soon" is not a time'),
        ({"expirationDate": "2026-12-01T00:00:00"}, "expirationDate", "time zone"),
        ({"classification": "suported"}, "classification", "did you mean supported?"),
        ({"lifecycle": stages(("old", None))}, "lifecycle[0].classification", '"old"'),
        ({"lifecycle": stages(("supported", "x"))}, "lifecycle[0].startTime", '"x"'),
        ({"lifecycle": stages(("supported", None)), "expirationDate": FUTURE}, "lifecycle", "excludes"),
    ],
    ids=str,
)
def test_a_lifecycle_that_says_nothing_is_a_warning(
    judge: Judge, objects: Objects, more: dict[str, Any], path: str, says: str
) -> None:
    change_offer(objects, **more)
    found = judge(objects)
    assert found.errors == ()
    (problem,) = [it for it in found.warnings if it.object.startswith("CloudProfile")]
    assert problem.path == f"spec.machineImages[0].versions[0].{path}"
    assert says in str(problem)


@pytest.mark.parametrize(
    "more",
    [
        {"expirationDate": FUTURE, "classification": "deprecated"},
        {"expirationDate": "2026-12-01T00:00:00+01:00"},
        {"lifecycle": stages(("preview", None), ("supported", PAST), ("deprecated", FUTURE))},
    ],
    ids=str,
)
def test_a_good_lifecycle_is_no_problem(judge: Judge, objects: Objects, more: dict[str, Any]) -> None:
    change_offer(objects, **more)
    found = judge(objects)
    assert [it for it in (*found.errors, *found.warnings) if it.object.startswith("CloudProfile")] == []
