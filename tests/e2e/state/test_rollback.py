"""`provision state rollback`."""

from __future__ import annotations

from contextlib import closing

import pytest

from provisioner.tfstate import State
from tests.e2e.conftest import EXAMPLE
from tests.e2e.state.log import events, stored, versions
from tests.e2e.state.spoilers import cut, of_another_owner, other_lineage
from tests.e2e.test_consent import Terminal
from tests.e2e.test_main_job import EXPECTED


def ids(version):
    """The ids that a stored version lists."""
    return {instance.id for instance in State.from_bytes(version.body).instances()}


def test_rollback_lists_what_the_cloud_holds_beyond_and_the_next_apply_takes_it_back(applied):
    # How much of the first apply is in the first version is a matter of time.
    missing = ids(stored(applied, "infrastructure", versions(applied, "infrastructure")[-1])) - ids(
        stored(applied, "infrastructure", 1)
    )
    done = applied.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "1", "-o", "json").document
    newest = stored(applied, "infrastructure", done["number"])
    assert (newest.metadata["operation"], newest.metadata["serial"]) == ("rollback", str(done["serial"]))
    # The rule for pods is not told: a rollback does not read their range.
    assert {item["id"] for item in done["beyond"]} == {id for id in missing if ":all:" not in id} != set()
    applied.ok("apply", applied.folder / "changed.yaml")
    assert applied.counts() == EXPECTED
    assert applied("plan", applied.folder / "changed.yaml").code == 0


def test_serial_after_a_rollback_is_higher_than_any_before(applied):
    serials = [int(stored(applied, "worker", number).metadata["serial"]) for number in versions(applied, "worker")]
    done = applied.ok("state", "rollback", EXAMPLE, "--root", "worker", "--to", "1", "-o", "json").document
    assert done["serial"] == max(serials) + 1


@pytest.mark.parametrize("spoil", [cut, other_lineage, of_another_owner], ids=lambda spoil: spoil.__name__)
def test_rollback_to_a_bad_version_is_refused(applied, spoil):
    bad = spoil(applied) + 1
    refused = applied("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", bad)
    assert (refused.code, versions(applied, "infrastructure")[-1]) == (1, bad)


def test_rollback_to_a_version_that_is_not_there_is_refused(applied):
    refused = applied("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "77")
    assert (refused.code, "there is no version 77" in refused.err) == (1, True)


def test_rollback_to_the_newest_version_changes_nothing(applied):
    newest = versions(applied, "worker")[-1]
    done = applied.ok("state", "rollback", EXAMPLE, "--root", "worker", "--to", newest)
    assert ("nothing was changed" in done.out, versions(applied, "worker")[-1]) == (True, newest)


def test_rollback_asks_on_a_terminal_and_leaves_all_as_it_was_without_consent(applied):
    before = versions(applied, "infrastructure")
    with closing(Terminal(applied, ["state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "1"])) as run:
        run.read_until("> ")
        run.type("no")
        assert (run.wait(), " removed, 0 changed" in run.text) == (3, True)
    assert versions(applied, "infrastructure") == before
    assert events(applied)[-1].outcome == "clean"
