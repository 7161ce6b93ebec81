"""`provision state diff`."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import EXAMPLE
from tests.e2e.state.log import put, stored, versions


def test_diff_shows_what_changed_attribute_by_attribute(applied):
    newest = versions(applied, "worker")[-1]
    run = stored(applied, "worker", newest).metadata["run"]
    before = max(it for it in versions(applied, "worker") if stored(applied, "worker", it).metadata["run"] != run)
    diff = applied.ok("state", "diff", EXAMPLE, before, "--root", "worker", "-o", "json").document
    changed = {item["address"]: item["attributes"] for item in diff["resources"]}
    group = changed['module.worker_pool["general"].alicloud_ess_scaling_group.nodes["eu-central-1a"]']
    assert group["max_size"]["old"] < group["max_size"]["new"]
    assert (diff["from"]["number"], diff["to"]["number"]) == (before, newest)


def test_diff_of_two_numbers_goes_the_way_that_is_asked(applied):
    newest = versions(applied, "infrastructure")[-1]
    forth = applied.ok("state", "diff", EXAMPLE, 1, newest).out
    back = applied.ok("state", "diff", EXAMPLE, newest, 1).out
    assert forth.count("\n  + ") == back.count("\n  - ") > 0
    assert f"from version {newest} to version 1: 0 added" in back


def test_diff_masks_what_is_sensitive_unless_asked(applied):
    def change(state: dict[str, Any]) -> None:
        state["serial"] += 1
        for resource in state["resources"]:
            for instance in resource["instances"]:
                if "user_data" in instance["attributes"]:
                    instance["attributes"]["user_data"] = "bmV3IHNlY3JldA=="

    before = put(applied, "worker", change)
    masked = applied.ok("state", "diff", EXAMPLE, before, "--root", "worker").out
    assert ("bmV3IHNlY3JldA==" in masked, 'user_data: "(sensitive value)" -> "(sensitive value)"' in masked) == (
        False,
        True,
    )
    assert "bmV3IHNlY3JldA==" in applied.ok("state", "diff", EXAMPLE, before, "--root", "worker", "--reveal").out


def test_diff_without_a_number_is_refused(applied):
    assert applied("state", "diff", EXAMPLE).code == 3
