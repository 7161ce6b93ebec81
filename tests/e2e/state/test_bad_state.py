"""A run refuses a bad state before anything changes."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import EXAMPLE
from tests.e2e.state.log import versions
from tests.e2e.state.spoilers import BAD, cut, of_another_owner, other_lineage
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import spread


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_bad_state_is_refused_before_anything_changes_and_a_good_version_named(applied, spoil):
    good = spoil(applied)
    before = applied.counts()
    refused = applied("apply", applied.folder / "changed.yaml")
    assert (refused.code, BAD[spoil] in refused.err) == (1, True), refused.err
    assert f"provision state rollback FILE... --root infrastructure --to {good}" in refused.err
    assert applied.counts() == before
    assert versions(applied, "infrastructure")[-1] == good + 1, "nothing was appended"


@pytest.mark.parametrize("command", ["plan", "destroy"])
@pytest.mark.parametrize("spoil", [other_lineage, of_another_owner], ids=lambda spoil: spoil.__name__)
def test_other_commands_refuse_it_too(applied, spoil, command):
    spoil(applied)
    before = applied.counts()
    refused = applied(command, applied.folder / "changed.yaml")
    assert (refused.code, BAD[spoil] in refused.err, applied.counts()) == (1, True, before)


@pytest.mark.parametrize("spoil", spread([cut, other_lineage, of_another_owner], 1), ids=lambda spoil: spoil.__name__)
def test_the_rollback_that_is_named_mends_it(applied, spoil):
    good = spoil(applied)
    applied.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", good)
    applied.ok("apply", applied.folder / "changed.yaml")
    assert applied("plan", applied.folder / "changed.yaml").code == 0
    assert applied.counts() == EXPECTED
