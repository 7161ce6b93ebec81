"""The CloudProfile and its mapping of machine images: one change to the example, one problem."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.validation.cases import Case, one_problem_each
from tests.unit.validation.example import POOL, Judge, Objects, profile

CASES = [
    Case(
        "cloud profile version without a mapping",
        lambda o: profile(o)["machineImages"][1]["versions"].append({"version": "2247.6.0"}),
        "CloudProfile/alicloud",
        "spec.machineImages[1].versions[1]",
        "Required",
        ['"2247.6.0"', '"coreos"', "2023.4.0"],
    ),
    Case(
        "mapping without regions",
        lambda o: profile(o)["providerConfig"]["machineImages"][1]["versions"][0].pop("regions"),
        "CloudProfile/alicloud",
        "spec.providerConfig.machineImages[1].versions[0].regions",
        "Required",
        ['"2023.4.0"', '"coreos"'],
    ),
    Case(
        "mapping with an empty id",
        lambda o: profile(o)["providerConfig"]["machineImages"][1]["versions"][0]["regions"][0].update(id=""),
        "CloudProfile/alicloud",
        "spec.providerConfig.machineImages[1].versions[0].regions[0].id",
        "Required",
        ["must not be empty"],
    ),
    Case(
        "mapping with flavors but no capabilities",
        lambda o: profile(o)["providerConfig"]["machineImages"][1]["versions"].__setitem__(
            0, {"version": "2023.4.0", "capabilityFlavors": [{"regions": [{"name": "eu-central-1", "id": "m-1"}]}]}
        ),
        "CloudProfile/alicloud",
        "spec.providerConfig.machineImages[1].versions[0].capabilityFlavors",
        "Forbidden",
        ["machineCapabilities"],
    ),
    Case(
        "memory that is no quantity",
        lambda o: profile(o)["machineTypes"][0].update(memory="8GB"),
        "CloudProfile/alicloud",
        "spec.machineTypes[0].memory",
        "Invalid",
        ['"8GB" is not a quantity'],
    ),
    Case(
        "negative cpu",
        lambda o: profile(o)["machineTypes"][0].update(cpu="-2"),
        "CloudProfile/alicloud",
        "spec.machineTypes[0].cpu",
        "Invalid",
        ["must not be negative"],
    ),
    Case(
        "least volume that is none",
        lambda o: profile(o)["volumeTypes"][0].update(minSize="small"),
        "CloudProfile/alicloud",
        "spec.volumeTypes[0].minSize",
        "Invalid",
        ['"small"'],
    ),
]

test_a_bad_cloud_profile_gives_exactly_one_problem = one_problem_each(CASES)


def test_a_cloud_profile_without_a_mapping_is_named_beside_the_pools_that_miss_it(
    judge: Judge, objects: Objects
) -> None:
    del profile(objects)["providerConfig"]
    assert [(problem.object, problem.path) for problem in judge(objects).errors] == [
        ("CloudProfile/alicloud", "spec.providerConfig"),
        ("Shoot/canary", f"{POOL}.machine.image"),
        ("Shoot/canary", "spec.provider.workers[1].machine.image"),
    ]


def test_a_region_without_id_matters_only_for_versions_in_use(judge: Judge, objects: Objects) -> None:
    profile(objects)["providerConfig"]["machineImages"][0]["versions"][1]["regions"][0]["name"] = "cn-shanghai"
    assert judge(objects).errors == ()


AMD, ARM = {"architecture": ["amd64"]}, {"architecture": ["arm64"]}
REGIONS = [{"name": "eu-central-1", "id": "m-1"}]


def offer(objects: Objects, *offered: dict[str, Any], mapped: list[dict[str, Any]] | None) -> None:
    """Let the first version be on offer in variants, and be mapped in others, or flat."""
    spec = profile(objects)
    spec["machineCapabilities"] = [{"name": "architecture", "values": ["amd64", "arm64"]}]
    for machine in spec["machineTypes"]:
        machine["capabilities"] = AMD
    spec["machineImages"][0]["versions"][0]["capabilityFlavors"] = list(offered)
    version = spec["providerConfig"]["machineImages"][0]["versions"][0]
    if mapped is not None:
        version.pop("regions")
        version["capabilityFlavors"] = [{"capabilities": flavor, "regions": REGIONS} for flavor in mapped]


def flavors_missed(judge: Judge, objects: Objects) -> list[str]:
    prefix = "spec.machineImages[0].versions[0].capabilityFlavors"
    errors = judge(objects).errors
    return [problem.path.removeprefix(prefix) for problem in errors if problem.path.startswith(prefix)]


@pytest.mark.parametrize(
    ("offered", "mapped", "missed"),
    [
        ([AMD, ARM], [AMD, ARM], []),
        ([AMD, ARM], [AMD], ["[1]"]),
        ([AMD, ARM], None, ["[1]"]),
        ([AMD], None, []),
        ([{}], [{}], []),
        ([{}], [AMD, ARM], ["[0]"]),
        ([], None, []),
    ],
)
def test_each_variant_on_offer_needs_an_image_id(
    judge: Judge,
    objects: Objects,
    offered: list[dict[str, Any]],
    mapped: list[dict[str, Any]] | None,
    missed: list[str],
) -> None:
    offer(objects, *offered, mapped=mapped)
    assert flavors_missed(judge, objects) == missed
