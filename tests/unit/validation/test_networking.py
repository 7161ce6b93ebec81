"""A Shoot's own address ranges: one change to the example, one problem."""

from __future__ import annotations

from tests.unit.validation.cases import Case, one_problem_each
from tests.unit.validation.example import shoot

CASES = [
    Case(
        "nodes outside the vpc",
        lambda o: shoot(o)["networking"].update(nodes="10.248.0.0/14"),
        "Shoot/canary",
        "spec.networking.nodes",
        "Invalid",
        ["10.248.0.0/14", "not inside the VPC (10.250.0.0/16)"],
    ),
    Case(
        "pods overlapping services",
        lambda o: shoot(o)["networking"].update(services="192.168.64.0/18"),
        "Shoot/canary",
        "spec.networking.services",
        "Invalid",
        ["192.168.64.0/18", "overlaps the pods' range (192.168.0.0/17)"],
    ),
    Case(
        "pods in the range that the cloud keeps",
        lambda o: shoot(o)["networking"].update(pods="100.96.0.0/11"),
        "Shoot/canary",
        "spec.networking.pods",
        "Invalid",
        ["100.96.0.0/11", "100.64.0.0/10"],
    ),
    Case(
        "services not canonical",
        lambda o: shoot(o)["networking"].update(services="192.168.128.1/17"),
        "Shoot/canary",
        "spec.networking.services",
        "Invalid",
        ["write 192.168.128.0/17"],
    ),
]

test_a_bad_network_gives_exactly_one_problem = one_problem_each(CASES)
