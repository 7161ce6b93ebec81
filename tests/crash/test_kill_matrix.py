"""A spread of the kill matrix over scenarios and kinds of kills; `make crash-matrix` runs the whole matrix."""

from __future__ import annotations

import re

import pytest

from tests.crash.kill import Kill, Kills, Victims
from tests.crash.kill_points import Point, When
from tests.crash.scenarios import SCENARIOS
from tests.spreads import spread


def at(when: When, action: str, occurrence: int = 1, **match: str) -> Point:
    """Return a point; the names of parameters are regular expressions."""
    return Point(action, when, tuple(match.items()), occurrence, " ".join(match.values()))


def kill(scenario: str, point: Point, victims: Victims = "everything", *, has_leftovers: bool = False) -> Kill:
    return Kill(SCENARIOS[scenario], point, victims, has_leftovers)


SPREAD = [
    kill("apply", at("after", "CreateVpc")),
    kill("apply", at("after", "AllocateEipAddress", 2), has_leftovers=True),
    kill("apply", at("after", "CreateNatGateway"), "provision"),
    kill("apply", at("after", "CreateSnatEntry", SnatEntryName="-z1$"), "terraform"),
    kill("apply", at("after", "CreateScalingGroup", ScalingGroupName="general-eu-central-1c")),
    kill("apply", at("before", "EnableScalingGroup", 3), "terraform"),
    kill("apply", at("before", "PUT", Key="infrastructure/state/"), has_leftovers=True),
    kill("apply", at("after", "PUT", Key="worker/lock/", Body='"release"'), "provision"),
    kill("repair", at("after", "PUT", Key="infrastructure/state/")),
    kill("destroy", at("after", "DeleteScalingGroup", 2)),
    kill("destroy", at("before", "DeleteVpc"), has_leftovers=True),
    kill("apply-destroy", at("after", "CreateScalingConfiguration", 4), "provision"),
    kill("update", at("after", "ModifyScalingConfiguration", 2)),
    kill("update", at("after", "CreateVSwitch"), "terraform"),
    kill("pool-removed", at("after", "CreateScalingConfiguration", 2)),
]


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Kills:
    return Kills(tmp_path_factory.mktemp("crash"))


@pytest.mark.parametrize("kill", spread(SPREAD, 2), ids=[re.sub(r"[^\w-]+", "-", str(kill)) for kill in SPREAD])
def test_the_next_run_finds_everything_and_makes_nothing_twice(matrix, kill):
    outcome = matrix.run(kill)
    assert outcome.is_good, str(outcome)
