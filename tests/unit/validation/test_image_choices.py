"""The machine images of pools that name none, or only a part of a version."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from provisioner.errors import Problem
from tests.unit.validation.example import SHOOT, Judge, Objects, pool, profile
from tests.unit.validation.image_offer import IMAGE, NEWER, PAST, ask, change_offer, images, offer


def chosen(judge: Judge, objects: Objects, old: Objects | None = None) -> list[Problem]:
    found = judge(objects, old)
    assert [str(problem) for problem in found.errors] == []
    return list(found.choices)


@pytest.mark.parametrize(
    ("version", "name", "choice"),
    [
        (None, None, f"gardenlinux {NEWER} is chosen, the newest of 3"),
        (None, "gardenlinux", f"gardenlinux {NEWER} is chosen, the newest of 3"),
        (None, "coreos", "coreos 2023.4.0 is chosen, the only one"),
        ("1592", "gardenlinux", f"gardenlinux {NEWER} is chosen, the newest of 2"),
        ("1592.4", "gardenlinux", "gardenlinux 1592.4.0 is chosen, the only one"),
        ("1443", "gardenlinux", "gardenlinux 1443.10.0 is chosen, the only one"),
        ("v1592.5", "gardenlinux", f"gardenlinux {NEWER} is chosen, the only one"),
    ],
)
def test_a_new_pool_gets_the_newest_image_that_fits(
    judge: Judge, objects: Objects, version: str | None, name: str | None, choice: str
) -> None:
    offer(objects, NEWER)
    ask(objects, version, name)
    (announced,) = chosen(judge, objects)
    assert (announced.object, announced.path) == (SHOOT, IMAGE)
    assert choice in announced.detail


def test_an_image_that_is_named_is_not_announced(judge: Judge, objects: Objects) -> None:
    assert chosen(judge, objects) == []


def test_a_partial_version_that_is_itself_on_offer_is_that_version(judge: Judge, objects: Objects) -> None:
    offer(objects, "1592")
    ask(objects, "1592")
    assert chosen(judge, objects) == []


@pytest.mark.parametrize(
    "more",
    [
        {"classification": "preview"},
        {"classification": "deprecated"},
        {"expirationDate": PAST},
        {"classification": "unavailable"},
        {"architectures": ["arm64"]},
    ],
    ids=str,
)
def test_a_newer_version_that_is_worse_is_not_chosen(judge: Judge, objects: Objects, more: dict[str, Any]) -> None:
    offer(objects, NEWER, **more)
    ask(objects)
    (announced,) = chosen(judge, objects)
    assert "gardenlinux 1592.4.0 is chosen" in announced.detail


def test_a_deprecated_version_is_chosen_if_there_is_no_other(judge: Judge, objects: Objects) -> None:
    change_offer(objects, classification="deprecated")
    ask(objects, "1592")
    (announced,) = chosen(judge, objects)
    assert "gardenlinux 1592.4.0 is chosen" in announced.detail


def test_versions_are_compared_by_their_numbers(judge: Judge, objects: Objects) -> None:
    offer(objects, "1592.10.0")
    offer(objects, "1592.9.0")
    ask(objects)
    (announced,) = chosen(judge, objects)
    assert "gardenlinux 1592.10.0 is chosen" in announced.detail


def test_the_first_image_that_has_a_version_for_the_pool_is_the_default(judge: Judge, objects: Objects) -> None:
    for version in profile(objects)["machineImages"][0]["versions"]:
        version["architectures"] = ["arm64"]
    pool(objects)["machine"]["image"] = None
    objects["Shoot"]["spec"]["provider"]["workers"] = [pool(objects)]
    objects["Shoot"].pop("status")
    (announced,) = chosen(judge, objects)
    assert "coreos 2023.4.0 is chosen" in announced.detail


def test_without_any_image_for_the_pool_there_is_no_default(judge: Judge, objects: Objects) -> None:
    for image in profile(objects)["machineImages"]:
        for version in image["versions"]:
            version["expirationDate"] = PAST
    ask(objects, name=None)
    (problem,) = [problem for problem in judge(objects).errors if problem.path == IMAGE]
    assert (problem.type, "no machine image on offer fits" in problem.detail) == ("NotSupported", True)


def test_a_pool_updated_in_place_gets_an_image_that_takes_it(judge: Judge, objects: Objects) -> None:
    offer(objects, NEWER)
    ask(objects)
    pool(objects)["updateStrategy"] = "AutoInPlaceUpdate"
    (announced,) = chosen(judge, objects)
    assert "gardenlinux 1592.4.0 is chosen" in announced.detail


@pytest.mark.parametrize(("version", "name"), [(None, None), (None, "gardenlinux"), ("1592", "gardenlinux")])
def test_an_existing_pool_keeps_what_it_has(
    judge: Judge, objects: Objects, version: str | None, name: str | None
) -> None:
    old = copy.deepcopy(objects)
    offer(objects, NEWER)
    ask(objects, version, name)
    assert chosen(judge, objects, old) == []


def test_an_existing_pool_may_move_to_an_expired_version_by_its_first_number(judge: Judge, objects: Objects) -> None:
    offer(objects, "1600.1.0", expirationDate=PAST)
    old = copy.deepcopy(objects)
    ask(objects, "1600")
    (announced,) = chosen(judge, objects, old)
    assert "gardenlinux 1600.1.0 is chosen" in announced.detail
    assert images(judge, objects) == [("NotSupported", IMAGE)], "a new one may not"
