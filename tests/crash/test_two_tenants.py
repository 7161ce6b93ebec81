"""What a shoot owns stays its own when other manifests name it; `make two-tenants` tries every cell."""

from __future__ import annotations

import re

import pytest

from tests.crash.two_tenants import Cell, Tenants, cells
from tests.spreads import chosen

ALWAYS = {
    Cell("the EIP that is bound to a gateway in the same VPC", "destroy", runs=True),
    Cell("the EIP that is bound to the user's gateway", "adopt", runs=False),
    Cell("the technical ID, beside its Shoot", "destroy", runs=True),
    Cell("the namespace", "apply", runs=False),
    Cell("the user data, where it has none", "apply", runs=False),
}
assert set(cells()) >= ALWAYS


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Tenants:
    return Tenants(tmp_path_factory.mktemp("tenants"))


@pytest.mark.parametrize(
    "cell", chosen(cells(), ALWAYS.__contains__), ids=[re.sub(r"[^\w]+", "-", str(cell)) for cell in cells()]
)
def test_nothing_of_the_others_is_changed_read_or_printed(tenants: Tenants, cell: Cell) -> None:
    outcome = tenants.run(cell)
    assert outcome.crossed == [], str(outcome)
