"""IPv6 beside IPv4: one change to the example with dual stack, one problem or none."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.validation.dual_stack import NLB_REGIONS
from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import CONFIG, SHOOT, Judge, Objects, bucket, networks, shoot


def turn_on(objects: Objects) -> Any:
    shoot(objects)["provider"]["infrastructureConfig"]["dualStack"] = {"enabled": True}
    return networks(objects)


def blocks(objects: Objects, *numbers: int | None) -> None:
    for zone, number in zip(networks(objects)["zones"], numbers, strict=True):
        zone["ipv6CidrBlock"] = number


def in_existing_vpc(objects: Objects, *numbers: int | None) -> None:
    turn_on(objects)["vpc"] = {"id": "vpc-1"}
    blocks(objects, *numbers)


def move_to(objects: Objects, region: str) -> None:
    """Rename the region everywhere."""
    shoot(objects)["region"] = bucket(objects)["region"] = region
    spec = objects["CloudProfile"]["spec"]
    spec["regions"][0]["name"] = region
    for image in spec["providerConfig"]["machineImages"]:
        for version in image["versions"]:
            version["regions"][0]["name"] = region


CASES = [
    Case(
        "region without nlb",
        lambda o: (move_to(o, "me-east-1"), turn_on(o)),
        SHOOT,
        "spec.region",
        "NotSupported",
        ['"me-east-1" does not have', "eu-central-1", "us-west-1"],
    ),
    Case(
        "block twice",
        lambda o: (turn_on(o), blocks(o, 7, 7, 8)),
        SHOOT,
        f"{CONFIG}.zones[1].ipv6CidrBlock",
        "Duplicate",
        ["7 is also used by zones[0]"],
    ),
    Case(
        "block that is the position of another zone",
        lambda o: (turn_on(o), blocks(o, 2, None, None)),
        SHOOT,
        f"{CONFIG}.zones[2].ipv6CidrBlock",
        "Duplicate",
        ["2, the zone's position, is also used by zones[0]"],
    ),
    Case(
        "block after the position of another zone",
        lambda o: (turn_on(o), blocks(o, None, 0, None)),
        SHOOT,
        f"{CONFIG}.zones[1].ipv6CidrBlock",
        "Duplicate",
        ["0 is also used by zones[0]"],
    ),
    Case(
        "block out of range",
        lambda o: (turn_on(o), blocks(o, 256, None, None)),
        SHOOT,
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["between 0 and 255", "256"],
    ),
    Case(
        "negative block",
        lambda o: (turn_on(o), blocks(o, -1, None, None)),
        SHOOT,
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["between 0 and 255", "-1"],
    ),
    Case(
        "existing vpc without a block",
        lambda o: in_existing_vpc(o, 0, None, 2),
        SHOOT,
        f"{CONFIG}.zones[1].ipv6CidrBlock",
        "Required",
        ["in an existing VPC", "0 to 255"],
    ),
]

ACCEPTED = [
    Accepted("positions", turn_on),
    Accepted("blocks", lambda o: (turn_on(o), blocks(o, 255, 0, 7))),
    Accepted("a block and positions", lambda o: (turn_on(o), blocks(o, 9, None, None))),
    Accepted("existing vpc with blocks", lambda o: in_existing_vpc(o, 10, 11, 12)),
    Accepted("region without nlb and without dual stack", lambda o: move_to(o, "me-east-1")),
    Accepted("existing vpc without dual stack", lambda o: networks(o).update(vpc={"id": "vpc-1"})),
]

test_bad_dual_stack_gives_exactly_one_problem = one_problem_each(CASES)
test_good_dual_stack_is_no_problem = no_problem_each(ACCEPTED)


def test_unused_blocks_are_a_warning_for_a_running_shoot(judge: Judge, objects: Objects) -> None:
    blocks(objects, 7, 7, None)
    findings = judge(objects)
    assert (findings.errors, [problem.type for problem in findings.warnings]) == ((), ["Duplicate"])


@pytest.mark.parametrize("region", ["cn-shanghai", "ap-southeast-7", "na-south-1"])
def test_the_regions_are_those_of_the_extension(region: str) -> None:
    assert (len(set(NLB_REGIONS)), region in NLB_REGIONS) == (23, True)
