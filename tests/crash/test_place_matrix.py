"""Manifests that name another place are refused where the shoot is known, and describe another shoot elsewhere."""

from __future__ import annotations

import re

import pytest

from tests.crash.place_cells import Cell, cells
from tests.crash.places import Places
from tests.spreads import chosen

ALWAYS = {
    Cell("apply", ("account",)),
    Cell("plan", ("bucket",)),
    Cell("rollback", ("technical ID", "uid")),
    Cell("destroy", ("account",), has_old_log=True),
}
assert set(cells()) >= ALWAYS


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(tmp_path_factory.mktemp("places"))


@pytest.mark.parametrize(
    "cell", chosen(cells(), ALWAYS.__contains__), ids=[re.sub(r"[^\w]+", "-", str(cell)) for cell in cells()]
)
def test_another_place_is_refused_or_makes_another_shoot(places, cell):
    outcome = places.run(cell)
    assert outcome.wrong == [], str(outcome)
