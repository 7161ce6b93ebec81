"""How many machines a pool has, and how they are replaced: one change to the example, one problem or none."""

from __future__ import annotations

import pytest

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import POOL, SHOOT, Judge, Objects, networks, pool

IN_PLACE = "AutoInPlaceUpdate"
MANUAL = "ManualInPlaceUpdate"


def rolling(surge: int | str | None, unavailable: int | str | None, strategy: str | None = None) -> Accepted:
    """Return a change of how a pool's machines are replaced."""
    values = {"maxSurge": surge, "maxUnavailable": unavailable, "updateStrategy": strategy}
    return Accepted(f"{surge} {unavailable} {strategy}", lambda o: pool(o).update(values))


CASES = [
    *(
        Case(
            f"never replaced {case.name}",
            case.change,
            SHOOT,
            f"{POOL}.maxUnavailable",
            "Invalid",
            ["no machine could be replaced", "raise one of them"],
        )
        for case in (rolling(0, 0), rolling("0%", "00%"), rolling(0, None), rolling(None, 0, IN_PLACE))
    ),
    Case(
        "surge by hand",
        rolling(1, None, MANUAL).change,
        SHOOT,
        f"{POOL}.maxSurge",
        "Invalid",
        ["is 1", "ManualInPlaceUpdate", "remove it"],
    ),
    Case(
        "strategy that is none",
        rolling(1, 0, "Recreate").change,
        SHOOT,
        f"{POOL}.updateStrategy",
        "NotSupported",
        ['"Recreate"', "AutoRollingUpdate, AutoInPlaceUpdate, ManualInPlaceUpdate"],
    ),
    Case(
        "priority too low",
        lambda o: pool(o).update(priority=-2),
        SHOOT,
        f"{POOL}.priority",
        "Invalid",
        ["less than -1", "-2"],
    ),
    Case(
        "more machines than a scaling group takes",
        lambda o: pool(o).update(maximum=6001),
        SHOOT,
        f"{POOL}.maximum",
        "Invalid",
        ["6001 machines are 2001 in zone eu-central-1a", "at most 2000"],
    ),
    Case("surge of minus one", rolling(-1, 1).change, SHOOT, f"{POOL}.maxSurge", "Invalid", ["must not be negative"]),
    Case("surge with a sign", rolling("-5%", 1).change, SHOOT, f"{POOL}.maxSurge", "Invalid", ['"-5%"']),
    Case("surge with a point", rolling("2.5%", 1).change, SHOOT, f"{POOL}.maxSurge", "Invalid", ['"2.5%"']),
    Case("surge in quotes", rolling("1", 1).change, SHOOT, f"{POOL}.maxSurge", "Invalid", ['"1"', "1 or 25%"]),
    Case("more than all", rolling(1, "101%").change, SHOOT, f"{POOL}.maxUnavailable", "Invalid", ["up to 100%"]),
]

ACCEPTED = [
    rolling(1, 0),
    rolling(0, 1),
    rolling(None, None),
    rolling(None, 0),
    rolling("150%", "100%"),
    rolling(0, None, IN_PLACE),
    rolling(None, None, MANUAL),
    Accepted("lowest priority", lambda o: pool(o).update(priority=-1)),
    Accepted("as many machines as scaling groups take", lambda o: pool(o).update(maximum=6000)),
    Accepted("no machines", lambda o: pool(o).update(minimum=0, maximum=0)),
]

test_a_bad_size_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_size_is_no_problem = no_problem_each(ACCEPTED)


@pytest.mark.parametrize(("surge", "unavailable"), [(0, 0), ("0%", 0), (1, 0)])
def test_a_worker_may_have_neither_surge_nor_unavailable_machines(
    judge: Judge, seed_objects: Objects, surge: int | str, unavailable: int | str
) -> None:
    seed_objects["Worker"]["spec"]["pools"][0].update(maxSurge=surge, maxUnavailable=unavailable)
    assert judge(seed_objects).errors == ()


def test_zones_named_twice_count_once_in_the_size_of_a_group(judge: Judge, objects: Objects) -> None:
    networks(objects)["zones"].pop()
    pool(objects).update(zones=["eu-central-1a", "eu-central-1a"], maximum=2001)
    assert f"{POOL}.maximum" in [problem.path for problem in judge(objects).errors]
