"""Generated shoots are valid; whatever is then put anywhere into them, there are findings and never a traceback."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.errors import Problem
from provisioner.validation import Findings
from tests.unit.validation.example import Judge, Objects

TYPES = {"Required", "Invalid", "Forbidden", "Duplicate", "NotSupported", "TooMany", "TooLong"}
"""Kubernetes' error types."""

ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
NONSENSE = [
    None, True, 0, -1, 1, 2**31, 2**70, 1.5, "", "x", "-1", "0%", "٣", "a" * 300, "10.0.0.0/8", "0.0.0.0/0", "::/0",
    "100.64.0.0/10", "1.2.3.4/29", "9" * 400 + "Gi", "1e3", "eu-central-1a", "cloud_auto", "a\nb", "${x}", [], {},
    [None], [[]], [""], {"a": 1}, {"name": None}, {"": ""}, ["eu-central-1a"] * 3,
]  # fmt: skip

# Nothing is kept between runs, and the same cases come every time.
QUIET = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def pools(draw: st.DrawFn, zones: list[str]) -> dict[str, Any]:
    """Return a worker pool in some of the zones."""
    zones = zones[: draw(st.integers(1, len(zones)))]
    minimum, maximum = draw(st.integers(0, 5)), draw(st.integers(5, 10))
    surge = draw(st.sampled_from([None, 1, 3, "25%", "150%"]))
    disks = draw(st.lists(st.sampled_from(["20Gi", "1024Gi", "100Gi"]), max_size=3))
    return {
        "machine": {
            "type": draw(st.sampled_from(["ecs.g7.large", "ecs.g7.xlarge", "ecs.r7.xlarge"])),
            "image": {"name": "gardenlinux", "version": draw(st.sampled_from(["1592.4.0", "1443.10.0"]))},
        },
        "minimum": minimum,
        "maximum": maximum,
        "maxSurge": surge,
        "maxUnavailable": draw(st.sampled_from([0, 1, "30%"])),
        "zones": zones,
        "volume": {"type": "cloud_essd", "size": draw(st.sampled_from(["20Gi", "500Gi", "64Gi"]))},
        "dataVolumes": [{"name": f"d{n}", "type": "cloud_essd", "size": size} for n, size in enumerate(disks)],
        "labels": draw(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.just("v"), max_size=3)),
        "taints": draw(st.sampled_from([[], [{"key": "a", "effect": "NoExecute"}]])),
    }


@st.composite
def shoots(draw: st.DrawFn) -> dict[str, Any]:
    """Return what a Shoot has that the example's does not need to have."""
    zones = ZONES[: draw(st.integers(1, 3))]
    vpc = draw(st.sampled_from(["10.0.0.0/8", "10.250.0.0/16", "172.16.0.0/12", "47.0.0.0/16"]))
    is_existing, has_ipv6 = draw(st.booleans()), draw(st.booleans())
    ranges = IPv4Network(vpc).subnets(new_prefix=draw(st.integers(19, 24)))
    config: dict[str, Any] = {
        "apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1",
        "kind": "InfrastructureConfig",
        "networks": {
            "vpc": {"id": "vpc-1"} if is_existing else {"cidr": vpc},
            "zones": [
                {
                    "name": name,
                    draw(st.sampled_from(["worker", "workers"])): str(range_),
                    **({"ipv6CidrBlock": 10 + number} if is_existing and has_ipv6 else {}),
                    **({"natGateway": {"eipAllocationID": f"eip-{number}"}} if draw(st.booleans()) else {}),
                }
                for number, (name, range_) in enumerate(zip(zones, ranges, strict=False))
            ],
        },
    }
    if has_ipv6:
        config["dualStack"] = {"enabled": True}
    workers = draw(st.lists(pools(zones), min_size=1, max_size=3))
    return {
        "networking": {"type": "calico", "nodes": vpc, "pods": "192.168.0.0/17", "services": "192.168.128.0/17"},
        "provider": {
            "type": "alicloud",
            "infrastructureConfig": config,
            "workers": [{"name": f"pool-{number}", **worker} for number, worker in enumerate(workers)],
        },
    }


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container in a value with each of its keys."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def spoil(draw: st.DrawFn, objects: Objects) -> None:
    """Put nonsense at one place, remove what is there, or put it there twice."""
    found = list(places(objects))
    container, key = found[draw(st.integers(0, len(found) - 1))]
    action = draw(st.sampled_from(["put", "remove", "double"]))
    if action == "remove":
        del container[key]
    elif action == "double" and isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    else:
        container[key] = copy.deepcopy(NONSENSE[draw(st.integers(0, len(NONSENSE) - 1))])


def is_complete(problem: Problem) -> bool:
    """Return whether a problem says where, of which kind and what."""
    texts = (problem.object, problem.path, problem.type, problem.detail, problem.fix)
    has_texts = all(isinstance(text, str) for text in texts) and bool(problem.object and problem.detail)
    return has_texts and problem.type in TYPES and "\n" not in str(problem)


def with_shoot(objects: Objects, spec: dict[str, Any], *, is_new: bool) -> Objects:
    """Return the example with another Shoot."""
    result = copy.deepcopy(objects)
    result["Shoot"]["spec"] |= copy.deepcopy(spec)
    if is_new:
        del result["Shoot"]["status"]
    return result


def half_said(judge: Judge, data: st.DataObject, objects: Objects) -> list[Problem]:
    """Put nonsense into the objects; return the problems, also beside what they were, that do not say everything."""
    old = copy.deepcopy(objects)
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(data.draw, objects)
    found = (judge(objects), judge(objects, old))
    problems = [problem for findings in found for problem in (*findings.errors, *findings.warnings)]
    return [problem for problem in problems if not is_complete(problem)]


@QUIET
@given(spec=shoots(), is_new=st.booleans())
def test_a_generated_shoot_is_valid(judge: Judge, example_objects: Objects, spec: dict[str, Any], is_new: bool) -> None:
    objects = with_shoot(example_objects, spec, is_new=is_new)
    assert judge(objects, objects) == judge(objects) == Findings()


@QUIET
@given(spec=shoots(), is_new=st.booleans(), data=st.data())
def test_nonsense_anywhere_leads_to_findings(
    judge: Judge, example_objects: Objects, spec: dict[str, Any], is_new: bool, data: st.DataObject
) -> None:
    assert half_said(judge, data, with_shoot(example_objects, spec, is_new=is_new)) == []


@QUIET
@given(data=st.data())
def test_nonsense_anywhere_on_a_seed_leads_to_findings(
    judge: Judge, seed_objects: Objects, data: st.DataObject
) -> None:
    assert half_said(judge, data, copy.deepcopy(seed_objects)) == []
