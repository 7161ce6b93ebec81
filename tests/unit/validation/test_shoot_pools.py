"""What Gardener's API server wants of a Shoot's pools, beyond what machines need: one change, one problem or none."""

from __future__ import annotations

from typing import Any

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import POOL, SHOOT, Judge, Objects, networks, pool, shoot

POOLS = "spec.provider.workers"
DISK = "spec.provider.workers[1].dataVolumes[0]"


def pools(objects: Objects) -> Any:
    return shoot(objects)["provider"]["workers"]


def sizes(*maxima: int, allow: tuple[bool | None, ...] = (None, None)) -> Any:
    """Return a change of the maximum of both pools, and of whether they take system components."""

    def change(objects: Objects) -> None:
        for item, maximum, allowed in zip(pools(objects), maxima, allow, strict=True):
            item.update(minimum=0, maximum=maximum)
            if allowed is not None:
                item["systemComponents"] = {"allow": allowed}

    return change


def own_version(version: str) -> Any:
    return lambda objects: pool(objects).update(kubernetes={"version": version})


def disk(**values: Any) -> Any:
    return lambda objects: pools(objects)[1]["dataVolumes"][0].update(values)


CASES = [
    Case(
        "name of 16", lambda o: pool(o).update(name="p" * 16), SHOOT, f"{POOL}.name", "TooLong", ["16 characters", "15"]
    ),
    Case("no machine at all", sizes(0, 0), SHOOT, POOLS, "Forbidden", ["no pool with maximum above 0"]),
    Case("none allowed", sizes(6, 4, allow=(False, False)), SHOOT, POOLS, "Forbidden", ["systemComponents.allow"]),
    Case("allowed without machines", sizes(0, 4, allow=(True, False)), SHOOT, POOLS, "Forbidden", ["no pool"]),
    Case("two machines, three zones", sizes(2, 4), SHOOT, f"{POOL}.maximum", "Forbidden", ["2 machines", "3 zones"]),
    Case("volume named with a dot", disk(name="my.disk"), SHOOT, f"{DISK}.name", "Invalid", ["is not a DNS label"]),
    Case("volume name of 16", disk(name="d" * 16), SHOOT, f"{DISK}.name", "TooLong", ["16 characters", "15"]),
    Case("size in tebibytes", disk(size="1Ti"), SHOOT, f"{DISK}.size", "Invalid", ["whole GiB", "write 1024Gi"]),
    Case("size without unit", disk(size="214748364800"), SHOOT, f"{DISK}.size", "Invalid", ["write 200Gi"]),
    Case(
        "pool newer than the shoot",
        own_version("1.31.5"),
        SHOOT,
        f"{POOL}.kubernetes.version",
        "Forbidden",
        ['"1.31.5" is newer', '"1.31.4"'],
    ),
    Case(
        "pool four versions behind",
        own_version("1.27.9"),
        SHOOT,
        f"{POOL}.kubernetes.version",
        "Forbidden",
        ["more than 3 minor versions behind"],
    ),
    Case("no version", own_version("latest"), SHOOT, f"{POOL}.kubernetes.version", "Invalid", ["is not a version"]),
]

ACCEPTED = [
    Accepted("name of 15", lambda o: pool(o).update(name="p" * 15)),
    Accepted("one machine of one pool", lambda o: (sizes(0, 2)(o), None)),
    Accepted("a machine for each zone", sizes(3, 2)),
    Accepted("fewer machines, no system components", sizes(2, 4, allow=(False, True))),
    Accepted(
        "fewer machines beside a pool in the same zones",
        lambda o: (sizes(1, 3)(o), pools(o)[1].update(zones=list(reversed(pool(o)["zones"])))),
    ),
    Accepted("volume name of 15", disk(name="d" * 15)),
    Accepted("pool as new as the shoot", own_version("1.31.4")),
    Accepted("pool three versions behind", own_version("1.28.0")),
]

test_a_bad_pool_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_pool_is_no_problem = no_problem_each(ACCEPTED)


def test_a_running_shoot_keeps_what_an_api_server_took_once(judge: Judge, objects: Objects) -> None:
    pool(objects).update(name="p" * 16)
    sizes(2, 4)(objects)
    findings = judge(objects)
    assert findings.errors == ()
    assert [(problem.path, problem.type) for problem in findings.warnings] == [
        (f"{POOL}.name", "TooLong"),
        (f"{POOL}.maximum", "Forbidden"),
    ]


def test_a_shoot_without_workers_is_valid_without_network_and_infrastructure(judge: Judge, objects: Objects) -> None:
    spec = shoot(objects)
    del objects["Shoot"]["status"], spec["networking"], spec["credentialsBindingName"]
    spec["provider"] = {"type": "alicloud"}
    assert judge(objects).errors == ()


def test_a_shoot_without_workers_has_neither_network_nor_infrastructure(judge: Judge, objects: Objects) -> None:
    del objects["Shoot"]["status"]
    shoot(objects)["provider"]["workers"] = []
    networks(objects)["vpc"] = {"cidr": "10.250.0.0/16"}
    errors = judge(objects).errors
    assert {problem.type for problem in errors} == {"Forbidden"}
    assert [problem.path for problem in errors] == [
        "spec.provider.infrastructureConfig",
        "spec.networking.type",
        "spec.networking.pods",
        "spec.networking.nodes",
        "spec.credentialsBindingName",
    ]
