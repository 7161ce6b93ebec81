"""All rules together, over the example's objects."""

from __future__ import annotations

from provisioner.validation import Findings
from tests.unit.validation.example import CONFIG, POOL, Judge, Objects, networks, pool, profile


def test_the_example_is_valid_and_gives_no_warning(judge: Judge, objects: Objects) -> None:
    assert judge(objects) == Findings()


def test_all_problems_are_reported_at_once(judge: Judge, objects: Objects) -> None:
    networks(objects)["vpc"].clear()
    pool(objects).update(minimum=7)
    profile(objects)["providerConfig"]["machineImages"].pop()
    assert {problem.path for problem in judge(objects).errors} == {
        f"{CONFIG}.vpc",
        f"{POOL}.maximum",
        "spec.machineImages[1].versions[0]",
    }


def test_reading_warnings_are_among_the_findings(judge: Judge, objects: Objects) -> None:
    objects["ConfigMap"] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert [problem.object for problem in judge(objects).warnings] == ["ConfigMap"]
