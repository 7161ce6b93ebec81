"""Disks that a scaling configuration can have: one change to the example, one problem or none."""

from __future__ import annotations

from typing import Any

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import POOL, SHOOT, Change, Judge, Objects, pool, profile

DISK = f"{POOL}.dataVolumes[0]"


def data(size: str = "20Gi", category: str = "cloud_essd", name: str = "data") -> Change:
    """Return a change that gives the first pool a data volume, of a category that is on offer."""

    def change(objects: Objects) -> None:
        offer(objects, category)
        take_any_disk(objects)
        pool(objects)["dataVolumes"] = [{"name": name, "type": category, "size": size}]

    return change


def system(size: str, category: str = "cloud_essd") -> Change:
    """Return a change of the first pool's system disk."""

    def change(objects: Objects) -> None:
        offer(objects, category)
        pool(objects)["volume"] = {"type": category, "size": size}

    return change


def offer(objects: Objects, category: str) -> None:
    profile(objects)["volumeTypes"].append({"name": category})


def take_any_disk(objects: Objects) -> None:
    """Give the first pool machines of a family that takes older disks, too."""
    profile(objects)["machineTypes"].append({"name": "ecs.g6.large", "cpu": "2", "gpu": "0", "memory": "8Gi"})
    pool(objects)["machine"]["type"] = "ecs.g6.large"


def many(count: int) -> Any:
    return [{"name": f"disk{number}", "type": "cloud_essd", "size": "20Gi"} for number in range(count)]


SIZES = (
    ("system disk too small", system("19Gi"), f"{POOL}.volume.size", "20 to 500 GiB (aliyun/alicloud)"),
    ("system disk too large", system("501Gi"), f"{POOL}.volume.size", '"501Gi" is 501 GiB'),
    ("system disk of a tebibyte", system("1024Gi"), f"{POOL}.volume.size", '"1024Gi" is 1024 GiB'),
    ("data disk too small for any", data("4Gi"), f"{DISK}.size", "5 to 32768 GiB (aliyun/alicloud)"),
    ("data disk too large for any", data("32769Gi"), f"{DISK}.size", "5 to 32768 GiB"),
    ("essd data disk too small", data("19Gi"), f"{DISK}.size", "cloud_essd has 20 to 32768 GiB"),
    ("efficiency data disk too small", data("19Gi", "cloud_efficiency"), f"{DISK}.size", "20 to 32768 GiB"),
    ("ssd data disk too small", data("5Gi", "cloud_ssd"), f"{DISK}.size", "20 to 32768 GiB"),
    ("basic data disk too large", data("2001Gi", "cloud"), f"{DISK}.size", "5 to 2000 GiB"),
    ("basic data disk of three tebibytes", data("3072Gi", "cloud"), f"{DISK}.size", '"3072Gi" is 3072 GiB'),
    ("local data disk too large", data("801Gi", "ephemeral_ssd"), f"{DISK}.size", "5 to 800 GiB"),
)

CASES = [
    *(Case(name, change, SHOOT, path, "Invalid", [says]) for name, change, path, says in SIZES),
    Case(
        "more data volumes than ess takes",
        lambda o: pool(o).update(dataVolumes=many(17)),
        SHOOT,
        f"{POOL}.dataVolumes",
        "TooMany",
        ["17 data volumes", "at most 16 (CreateScalingConfiguration)", "takes 64"],
    ),
    Case(
        "system disk of a category that the provider does not take",
        system("50Gi", "cloud_auto"),
        SHOOT,
        f"{POOL}.volume.type",
        "NotSupported",
        ['"cloud_auto"', "system disk", "cloud_essd_xc1"],
    ),
    Case(
        "data disk of a category that the provider does not take",
        data("50Gi", "cloud_essd_entry"),
        SHOOT,
        f"{DISK}.type",
        "NotSupported",
        ['"cloud_essd_entry"', "data disk", "cloud_ssd"],
    ),
    Case(
        "data volume with a colon",
        data(name="my:disk"),
        SHOOT,
        f"{DISK}.name",
        "Invalid",
        ['"my:disk" has a colon'],
    ),
]

ACCEPTED = [
    Accepted("smallest system disk", system("20Gi")),
    Accepted("largest system disk", system("500Gi")),
    Accepted("smallest essd data disk", data("20Gi")),
    Accepted("largest essd data disk", data("32768Gi")),
    Accepted("data disk of a tebibyte", data("1024Gi", "cloud")),
    Accepted("smallest basic data disk", data("5Gi", "cloud")),
    Accepted("largest local data disk", data("800Gi", "ephemeral_ssd")),
    Accepted("sixteen data volumes", lambda o: pool(o).update(dataVolumes=many(16))),
    Accepted("data volume with every other character", data(name="my-disk-1a")),
]

test_a_bad_disk_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_disk_is_no_problem = no_problem_each(ACCEPTED)


def test_what_the_provider_refuses_is_an_error_for_a_running_shoot_too(judge: Judge, objects: Objects) -> None:
    system("501Gi")(objects)
    assert [problem.path for problem in judge(objects).errors] == [f"{POOL}.volume.size"]


def test_what_only_a_category_does_not_have_is_a_warning_for_a_running_shoot(judge: Judge, objects: Objects) -> None:
    data("19Gi")(objects)
    findings = judge(objects)
    assert (findings.errors, [problem.path for problem in findings.warnings]) == ((), [f"{DISK}.size"])
