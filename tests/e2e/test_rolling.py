"""Machines of an outdated revision are replaced; nothing else moves them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.other_user import ECS, ESS, call_as_other_user
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG

Pools = list[dict[str, Any]]


def machines(provision: Provision) -> dict[str, str]:
    """Return the image of each machine, by its id."""
    answer = call_as_other_user(provision, ECS, "DescribeInstances", PageSize=100)
    return {row["InstanceId"]: row["ImageId"] for row in answer["Instances"]["Instance"]}


def until(condition: Callable[[], bool]) -> None:
    """Wait until the simulated service is through with its tasks."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def change(provision: Provision, name: str, what: Callable[[Pools], None]) -> Any:
    """Write the example with other pools."""
    return provision.write(name, lambda shoot: what(shoot["spec"]["provider"]["workers"]))


def another_image(pools: Pools) -> None:
    pools[0]["machine"]["image"]["version"] = "1443.10.0"


def test_another_image_replaces_the_machines_of_that_pool(provision):
    provision.begin_applied(EXAMPLE)
    before = machines(provision)
    file = change(provision, "image.yaml", another_image)
    planned = provision("plan", file, "-o", "json")
    assert planned.code == 2
    assert {(roll["pool"], roll["zone"][-1], roll["outdated"]) for roll in planned.document["rolls"]} == {
        ("general", "a", 1),
        ("general", "b", 1),
        ("general", "c", 1),
    }

    applied = provision.ok("apply", file, "-o", "json").document
    assert [roll["pool"] for roll in applied["rolling"]] == ["general"] * 3
    assert all(roll["task"].startswith("ir-") for roll in applied["rolling"])
    assert provision("plan", file).code == 0
    until(lambda: len(machines(provision).keys() & before.keys()) == 1 and provision.counts() == EXPECTED)
    assert len(set(machines(provision).values())) == 2
    assert provision.ok("apply", file, "-o", "json").document["rolling"] == []


@LONG
def test_roll_that_a_killed_run_did_not_begin_is_begun_by_the_next(provision):
    provision.begin_applied(EXAMPLE)
    file = change(provision, "image.yaml", another_image)
    provision.ok("sandbox", "fault", "add", "StartInstanceRefresh", "--kind", "forbidden")
    assert provision("apply", file).code == 5
    provision.ok("sandbox", "fault", "clear")
    planned = provision("plan", file)
    assert (planned.code, "machines will be replaced" in planned.out + planned.err) == (2, True)
    assert len(provision.ok("apply", file, "-o", "json").document["rolling"]) == 3


def test_sizes_and_labels_replace_nothing(provision):
    provision.begin_applied(EXAMPLE)
    before = machines(provision)

    def other_sizes(pools: Pools) -> None:
        pools[0] |= {"maximum": "9", "maxSurge": "3", "labels": {"example.org/team": "a"}}

    applied = provision.ok("apply", change(provision, "sizes.yaml", other_sizes), "-o", "json").document
    assert (applied["rolling"], machines(provision)) == ([], before)


def test_protections_that_an_operator_set_stay(provision):
    provision.begin_applied(EXAMPLE)

    def groups() -> dict[str, bool]:
        rows = call_as_other_user(provision, ESS, "DescribeScalingGroups", PageSize=50)["ScalingGroups"]["ScalingGroup"]
        return {row["ScalingGroupId"]: row["GroupDeletionProtection"] for row in rows}

    def protected(group: str) -> int:
        answer = call_as_other_user(
            provision, ESS, "DescribeScalingInstances", ScalingGroupId=group, LifecycleState="Protected"
        )
        return len(answer["ScalingInstances"]["ScalingInstance"])

    group = min(groups())

    def members() -> list[str]:
        answer = call_as_other_user(provision, ESS, "DescribeScalingInstances", ScalingGroupId=group)
        return [row["InstanceId"] for row in answer["ScalingInstances"]["ScalingInstance"]]

    until(lambda: bool(members()))
    machine = members()[0]
    call_as_other_user(provision, ESS, "ModifyScalingGroup", ScalingGroupId=group, GroupDeletionProtection=True)
    call_as_other_user(
        provision,
        ESS,
        "SetInstancesProtection",
        **{"ScalingGroupId": group, "InstanceId.1": machine, "ProtectedFromScaleIn": True},
    )
    assert provision("plan", EXAMPLE).code == 0
    file = change(provision, "sizes.yaml", lambda pools: pools[0].update(maximum="9"))
    provision.ok("apply", file)
    assert (groups()[group], protected(group)) == (True, 1)
