"""`provision state history`."""

from __future__ import annotations

from tests.e2e.conftest import EXAMPLE
from tests.e2e.state.log import ROOTS


def test_history_says_who_did_what_and_what_changed(applied):
    document = applied.ok("state", "history", EXAMPLE, "-o", "json").document
    by_root = {root: [entry for entry in document["versions"] if entry["root"] == root] for root in ROOTS}
    *_, before, newest = by_root["worker"]
    assert newest["number"] == before["number"] + 1
    assert (newest["operation"], newest["resources"], bool(newest["host"])) == ("apply", 10, True)
    # How many versions a run stores is a matter of time.
    of_the_run = [entry for entry in by_root["worker"] if entry["run"] == newest["run"]]
    sums = {name: sum(entry[name] for entry in of_the_run) for name in ("added", "removed", "changed")}
    assert (sums["added"], sums["removed"], sums["changed"] > 0) == (0, 0, True)
    assert newest["run"].startswith("run-")
    assert sum(entry["added"] for entry in by_root["infrastructure"]) == 24
