"""`provision state show`, `list` and `pull`."""

from __future__ import annotations

import json

from tests.e2e.conftest import EXAMPLE
from tests.e2e.state.log import stored, versions

CONFIGURATION = 'module.worker_pool["general"].alicloud_ess_scaling_configuration.nodes["eu-central-1a"]'


def test_show_takes_one_address(applied):
    document = applied.ok("state", "show", EXAMPLE, CONFIGURATION, "-o", "json").document
    assert [item["address"] for item in document["resources"]] == [CONFIGURATION]
    assert document["resources"][0]["attributes"]["user_data"] == "(sensitive value)"


def test_show_and_list_look_at_a_former_version(applied):
    listed = applied.ok("state", "list", EXAMPLE, "--number", "1", "--root", "worker", "-o", "json").document
    shown = applied.ok("state", "show", EXAMPLE, "--number", "1", "--root", "worker", "-o", "json").document
    state = json.loads(stored(applied, "worker", 1).body)
    expected = sum(len(resource["instances"]) for resource in state["resources"])
    assert (len(listed["resources"]), len(shown["resources"])) == (expected, expected)


def test_pull_masks_what_is_sensitive_unless_asked(applied):
    masked = applied.ok("state", "pull", EXAMPLE, "--root", "worker", "-o", "json").document
    values = {
        instance["attributes"].get("user_data")
        for resource in masked["resources"]
        for instance in resource["instances"]
    }
    assert "(sensitive value)" in values
    newest = stored(applied, "worker", versions(applied, "worker")[-1])
    assert applied.ok("state", "pull", EXAMPLE, "--root", "worker", "--reveal").out.encode() == newest.body
