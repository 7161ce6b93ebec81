"""What shoots lose when the CloudProfile changes: warnings where nothing else changed, errors where something did."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.validation import Findings
from tests.unit.validation.cases import Accepted, each, updated
from tests.unit.validation.example import POOL, Change, Judge, Objects, pool, profile


def drop_version(objects: Objects) -> None:
    """Take away the version that both pools use."""
    profile(objects)["machineImages"][0]["versions"].pop(0)
    profile(objects)["providerConfig"]["machineImages"][0]["versions"].pop(0)


def drop_region(objects: Objects) -> None:
    """Take away the image id of this version in the shoot's region."""
    profile(objects)["providerConfig"]["machineImages"][0]["versions"][0]["regions"].pop(0)


def drop_unused(objects: Objects) -> None:
    """Take away an image that no pool uses."""
    profile(objects)["machineImages"].pop()
    profile(objects)["providerConfig"]["machineImages"].pop()


def first_zone(objects: Objects) -> Any:
    return profile(objects)["regions"][0]["zones"][0]


TAKEN = [
    Accepted("version", drop_version),
    Accepted("image id in the region", drop_region),
    Accepted("machine type", lambda o: profile(o)["machineTypes"].pop(0)),
    Accepted("use of a machine type", lambda o: profile(o)["machineTypes"][0].update(usable=False)),
    Accepted("machine type in a zone", lambda o: first_zone(o).update(unavailableMachineTypes=["ecs.g7.large"])),
    Accepted("volume type", lambda o: profile(o)["volumeTypes"].pop(1)),
    Accepted("volume type in a zone", lambda o: first_zone(o).update(unavailableVolumeTypes=["cloud_essd"])),
    Accepted("small volumes", lambda o: profile(o)["volumeTypes"][1].update(minSize="100Gi")),
    Accepted("zone", lambda o: profile(o)["regions"][0]["zones"].pop(0)),
]


def of_pool(findings: Findings) -> list[str]:
    return [problem.path for problem in findings.errors if problem.path.startswith(POOL)]


@each(TAKEN)
def test_what_is_not_on_offer_any_more_is_a_warning_for_a_pool_that_has_it(
    judge: Judge, objects: Objects, case: Accepted
) -> None:
    findings = judge(*updated(objects, case))
    assert findings.errors == ()
    assert any(problem.path.startswith(POOL) for problem in findings.warnings)


@each(TAKEN)
def test_what_is_not_on_offer_any_more_is_an_error_for_a_new_pool(
    judge: Judge, objects: Objects, case: Accepted
) -> None:
    def change(objects: Objects) -> None:
        case.change(objects)
        pool(objects)["name"] = "new"

    assert of_pool(judge(*updated(objects, Accepted("", change)))) != []


@each(TAKEN)
def test_without_the_old_objects_it_is_an_error_even_for_a_shoot_with_a_status(
    judge: Judge, objects: Objects, case: Accepted
) -> None:
    """It is unknown whether the pool had it before."""
    case.change(objects)
    assert of_pool(judge(objects)) != []


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        (drop_version, ["spec.providerConfig.machineImages"] * 2),
        (drop_region, ["spec.providerConfig.machineImages"] * 2),
        (drop_unused, []),
    ],
)
def test_a_version_in_use_that_goes_is_a_warning_that_names_each_pool(
    judge: Judge, objects: Objects, change: Change, paths: list[str]
) -> None:
    findings = judge(*updated(objects, Accepted("", change)))
    found = [problem for problem in findings.warnings if problem.object == "CloudProfile/alicloud"]
    assert [problem.path for problem in found] == paths
    for number, problem in enumerate(found):
        assert 'version "1592.4.0" of machine image "gardenlinux"' in problem.detail
        assert f"Shoot/canary spec.provider.workers[{number}] uses it" in problem.detail


def test_a_cloud_profile_alone_is_compared_with_what_the_old_shoots_use(judge: Judge, objects: Objects) -> None:
    new, old = updated(objects, Accepted("", drop_version))
    findings = judge({"CloudProfile": new["CloudProfile"]}, old)
    assert (findings.errors, len(findings.warnings)) == ((), 2)


def test_a_version_that_no_pool_could_use_before_does_not_go(judge: Judge, objects: Objects) -> None:
    findings = judge(*updated(objects, Accepted("", drop_unused, before=drop_version)))
    assert [problem for problem in findings.warnings if problem.object == "CloudProfile/alicloud"] == []


def test_a_region_listed_twice_is_an_error_when_it_is_new_and_a_warning_when_it_was_there(
    judge: Judge, objects: Objects
) -> None:
    def double(objects: Objects) -> None:
        regions = profile(objects)["providerConfig"]["machineImages"][0]["versions"][0]["regions"]
        regions.append(regions[0])

    def drop_first_image(objects: Objects) -> None:
        """Move everything one place forward."""
        images = profile(objects)["providerConfig"]["machineImages"]
        images.insert(0, images.pop())

    new = judge(*updated(objects, Accepted("new", double)))
    moved = judge(*updated(objects, Accepted("there", drop_first_image)))
    assert [problem.type for problem in new.errors] == ["Duplicate"]
    assert ([problem.type for problem in moved.warnings], moved.errors) == (["Duplicate"], ())
