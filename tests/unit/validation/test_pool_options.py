"""What a pool tells the cluster-autoscaler and the machine-controller-manager: one change, one problem or none."""

from __future__ import annotations

from typing import Any

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import POOL, SHOOT, Change, Judge, Objects, pool

AUTOSCALER, SETTINGS = f"{POOL}.clusterAutoscaler", f"{POOL}.machineControllerManager"


def autoscaler(**options: Any) -> Change:
    return lambda objects: pool(objects).update(clusterAutoscaler=options)


def settings(strategy: str | None = None, **values: Any) -> Change:
    """Return a change of a pool, which has at most six machines."""

    def change(objects: Objects) -> None:
        pool(objects).update(machineControllerManager=values)
        if strategy is not None:
            pool(objects).update(updateStrategy=strategy, maxSurge=0, maxUnavailable=1)

    return change


def bad(name: str, change: Change, path: str, says: str, type: str = "Invalid") -> Case:
    return Case(name, change, SHOOT, path, type, [says])


SHARE, GPU_SHARE = "scaleDownUtilizationThreshold", "scaleDownGpuUtilizationThreshold"
CASES = [
    bad("share over one", autoscaler(**{SHARE: 1.01}), f"{AUTOSCALER}.{SHARE}", 'from 0 to 1, but is "1.01"'),
    bad("share below zero", autoscaler(**{GPU_SHARE: -0.1}), f"{AUTOSCALER}.{GPU_SHARE}", 'but is "-0.1"'),
    bad("no share", autoscaler(**{SHARE: "half"}), f"{AUTOSCALER}.{SHARE}", "from 0 to 1"),
    bad("days", autoscaler(scaleDownUnneededTime="1d"), f"{AUTOSCALER}.scaleDownUnneededTime", "is not a duration"),
    bad("time below zero", autoscaler(scaleDownUnreadyTime="-1s"), f"{AUTOSCALER}.scaleDownUnreadyTime", "negative"),
    bad("no unit", autoscaler(maxNodeProvisionTime="15"), f"{AUTOSCALER}.maxNodeProvisionTime", "write it as 30m"),
    bad("drain", settings(machineDrainTimeout="2 h"), f"{SETTINGS}.machineDrainTimeout", "is not a duration"),
    bad("health", settings(machineHealthTimeout="-10m"), f"{SETTINGS}.machineHealthTimeout", "negative"),
    bad("creation", settings(machineCreationTimeout=""), f"{SETTINGS}.machineCreationTimeout", "is not a duration"),
    bad("preserve", settings(machinePreserveTimeout="4d"), f"{SETTINGS}.machinePreserveTimeout", "is not a duration"),
    bad("evictions", settings(maxEvictRetries=-1), f"{SETTINGS}.maxEvictRetries", "negative"),
    bad(
        "preserved machines of all",
        settings(autoPreserveFailedMachineMax=6),
        f"{SETTINGS}.autoPreserveFailedMachineMax",
        "at most 5 of maximum 6",
    ),
    bad(
        "in place while rolling",
        settings(inPlaceUpdateTimeout="20m"),
        f"{SETTINGS}.inPlaceUpdateTimeout",
        "only with update strategy",
        "Forbidden",
    ),
    bad(
        "no health timeout while rolling",
        settings(disableHealthTimeout=True),
        f"{SETTINGS}.disableHealthTimeout",
        "only with update strategy",
        "Forbidden",
    ),
]

ACCEPTED = [
    Accepted("shares", autoscaler(**{SHARE: 1, GPU_SHARE: 0.0})),
    Accepted(
        "times", autoscaler(scaleDownUnneededTime="30m", scaleDownUnreadyTime="0", maxNodeProvisionTime="1h30m0.5s")
    ),
    Accepted("settings", settings(machineDrainTimeout="2h", maxEvictRetries=0, autoPreserveFailedMachineMax=5)),
    Accepted("in place", settings("AutoInPlaceUpdate", inPlaceUpdateTimeout="20m", disableHealthTimeout=True)),
    Accepted("health timeout while rolling", settings(disableHealthTimeout=False)),
]

test_a_bad_option_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_option_is_no_problem = no_problem_each(ACCEPTED)


def test_a_worker_writes_shares_as_text(judge: Judge, seed_objects: Objects) -> None:
    pools = seed_objects["Worker"]["spec"]["pools"]
    pools[0]["clusterAutoscaler"] = {SHARE: "0.5"}
    assert judge(seed_objects).errors == ()
    pools[0]["clusterAutoscaler"] = {SHARE: "1.5"}
    (problem,) = judge(seed_objects).errors
    assert (problem.path, problem.type) == ("spec.pools[0].clusterAutoscaler.scaleDownUtilizationThreshold", "Invalid")
