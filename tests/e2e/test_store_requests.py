"""How often a command asks the object store: each request is a round trip, and one tells all about the bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, Provision
from tests.spreads import chosen

WATCHED = Path(__file__).parents[1] / "walk" / "watched.py"
SETTINGS = ("bucketInfo", "versioning", "encryption", "lifecycle", "worm", "acl")
COMMANDS = {
    "plan": 10,
    "apply --yes": 10,
    "destroy --yes": 12,
    "adopt": 14,
    "status": 10,
    "state list": 6,
    "state show": 6,
    "state history": 10,
    "state pull": 4,
    "state diff": 5,
    "state unlock --yes": 6,
    "state rollback --yes": 25,
}
"""
The most that each may read when a shoot was applied once.

One is for whether the bucket has the entry that the manifests name; a state that is used for more than looking at it
is held against the chain of its lease, which knows where it belongs.
"""


def reads(provision: Provision, command: str) -> Counter[str]:
    """
    Run a command on the example, and return what it reads from the object store, by what that tells of the bucket.

    How much it writes depends on how long terraform takes: a state every second, a renewal every twenty.
    """
    words, record = command.split(), provision.folder / "requests.jsonl"
    verb = words[: 2 if words[0] == "state" else 1]
    line = [*verb, str(EXAMPLE), *words[len(verb) :], "--sandbox"]
    if "diff" in verb:
        line.insert(3, "1")
    if "rollback" in verb:
        line += ["--root", "worker", "--to", "1"]
    done = subprocess.run(
        [sys.executable, str(WATCHED), str(record), *line],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **provision.variables},
    )
    assert done.returncode == 0, done.stderr
    entries = [json.loads(entry) for entry in record.read_text().splitlines()]
    asked = [entry for entry in entries if entry["kind"] == "client" and "x-acs-action" not in entry["headers"]]
    names = [{name for name, _ in entry["query"]} for entry in asked if entry["method"] == "GET"]
    return Counter(next((setting for setting in SETTINGS if setting in found), "objects") for found in names)


@pytest.mark.parametrize("command", chosen(list(COMMANDS), {"plan", "apply --yes"}.__contains__))
def test_the_bucket_is_asked_once_and_no_command_asks_more_than_before(provision: Provision, command: str) -> None:
    provision.begin_applied(EXAMPLE)
    made = reads(provision, command)
    settings = {name: count for name, count in made.items() if name in SETTINGS}
    assert (settings, made.total() <= COMMANDS[command]) == ({"bucketInfo": 1}, True)


def test_a_bucket_that_is_made_is_asked_at_most_once_more(provision: Provision) -> None:
    made = reads(provision, "apply --yes")
    assert (made["bucketInfo"], made["versioning"]) in ((1, 0), (2, 0))
