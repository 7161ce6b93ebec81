"""A spread of the late matrix, with shorter delays; `make late-matrix` runs the whole matrix."""

from __future__ import annotations

import re

import pytest

from tests.crash.late_matrix import Case, CutOffs
from tests.spreads import spread

SPREAD = [
    Case("kill", "AllocateEipAddress", 2.0, "apply", is_same_machine=False),
    Case("stop", "CreateNatGateway", 2.0, "apply", is_same_machine=True),
    Case("unlock", "CreateScalingConfiguration", 2.0, "destroy", is_same_machine=False),
    Case("continue", "CreateSecurityGroup", 0.0, "apply", is_same_machine=False),
    Case("take-over", "CreateVSwitch", 2.0, "destroy", is_same_machine=True, waits=False),
]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> CutOffs:
    return CutOffs(tmp_path_factory.mktemp("late"))


@pytest.mark.parametrize("case", spread(SPREAD, 1), ids=[re.sub(r"[^\w-]+", "-", str(case)) for case in SPREAD])
def test_no_run_vouches_for_what_shows_only_later(matrix: CutOffs, case: Case) -> None:
    outcome = matrix.run_case(case)
    assert outcome.is_good, str(outcome)
