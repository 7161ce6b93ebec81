"""Ranges that VPCs and vSwitches can have: one change to the example, one problem or none."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import CONFIG, SHOOT, Judge, Objects, networks, pool, shoot

VPC = f"{CONFIG}.vpc.cidr"


def renumber(objects: Objects, vpc: str, prefix: int | None = None) -> None:
    """Put the VPC into a range, the nodes with it, and three zones at its beginning."""
    network = IPv4Network(vpc)
    networks(objects)["vpc"]["cidr"] = vpc
    shoot(objects)["networking"].update(nodes=vpc, pods="198.18.0.0/16", services="198.19.0.0/16")
    for zone, part in zip(networks(objects)["zones"], network.subnets(new_prefix=prefix or 24), strict=False):
        zone["workers"] = str(part)


def one_zone(objects: Objects, vpc: str) -> None:
    """Put the VPC into a range so small that it has one zone, for one machine of each pool."""
    renumber(objects, vpc, 29)
    del networks(objects)["zones"][1:]
    for worker in shoot(objects)["provider"]["workers"]:
        worker.update(zones=["eu-central-1a"], minimum=0, maximum=1)


def existing(objects: Objects, zone: str) -> None:
    """Put the only zone of all pools into an existing VPC."""
    one_zone(objects, zone)
    networks(objects)["vpc"] = {"id": "vpc-1"}
    networks(objects)["zones"][0]["workers"] = zone


CASES = [
    Case("vpc too large", lambda o: renumber(o, "10.0.0.0/7"), SHOOT, VPC, "Invalid", ["length 7", "from 8 to 28"]),
    Case(
        "vpc too small",
        lambda o: one_zone(o, "10.0.0.0/29"),
        SHOOT,
        VPC,
        "Invalid",
        ["length 29", "from 8 to 28"],
    ),
    *(
        Case(
            f"vpc in {reserved}",
            lambda o, vpc=vpc: renumber(o, vpc),
            SHOOT,
            VPC,
            "Invalid",
            [f"{vpc} overlaps {reserved}", "192.168.0.0/16, 172.16.0.0/12, 10.0.0.0/8", "CreateVpc"],
        )
        for vpc, reserved in (
            ("127.1.0.0/16", "127.0.0.0/8"),
            ("169.254.0.0/16", "169.254.0.0/16"),
            ("224.1.0.0/16", "224.0.0.0/4"),
            ("0.1.0.0/16", "0.0.0.0/8"),
        )
    ),
    Case(
        "vswitch too large",
        lambda o: (renumber(o, "10.0.0.0/8", 16), networks(o)["zones"][2].update(workers="10.128.0.0/15")),
        SHOOT,
        f"{CONFIG}.zones[2].workers",
        "Invalid",
        ["10.128.0.0/15 has prefix length 15", "from 16 to 29"],
    ),
    Case(
        "vswitch too small",
        lambda o: (networks(o)["zones"][2].update(workers="10.250.64.0/30"), pool(o)["zones"].pop()),
        SHOOT,
        f"{CONFIG}.zones[2].workers",
        "Invalid",
        ["10.250.64.0/30 has prefix length 30"],
    ),
    Case(
        "vswitch of an existing vpc where no vpc is",
        lambda o: existing(o, "127.1.0.0/24"),
        SHOOT,
        f"{CONFIG}.zones[0].workers",
        "Invalid",
        ["127.1.0.0/24 overlaps 127.0.0.0/8"],
    ),
    Case(
        "address for two zones",
        lambda o: [networks(o)["zones"][index].update(natGateway={"eipAllocationID": "eip-1"}) for index in (0, 2)],
        SHOOT,
        f"{CONFIG}.zones[2].natGateway.eipAllocationID",
        "Duplicate",
        ['"eip-1" is also the address of zones[0]'],
    ),
]

ACCEPTED = [
    Accepted("largest vpc", lambda o: renumber(o, "10.0.0.0/8")),
    Accepted("vpc in the second standard range", lambda o: renumber(o, "172.16.0.0/12")),
    Accepted("public range", lambda o: renumber(o, "47.0.0.0/16")),
    Accepted("largest vswitch", lambda o: renumber(o, "10.0.0.0/8", 16)),
    Accepted("smallest vpc and vswitch", lambda o: one_zone(o, "10.0.0.0/28")),
    Accepted("existing vpc in a public range", lambda o: existing(o, "47.0.0.0/24")),
    Accepted(
        "an address for each zone",
        lambda o: [networks(o)["zones"][n].update(natGateway={"eipAllocationID": f"eip-{n}"}) for n in (0, 2)],
    ),
]

test_a_bad_range_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_range_is_no_problem = no_problem_each(ACCEPTED)


def test_a_range_that_the_cloud_keeps_overlaps_the_vpc(judge: Judge, objects: Objects) -> None:
    renumber(objects, "100.64.0.0/16")
    del objects["Shoot"]["status"]
    assert [problem.path for problem in judge(objects).errors] == ["spec.networking.nodes", VPC]


@pytest.mark.parametrize("path", ["pods", "services", "nodes"])
def test_a_running_shoot_may_keep_a_range_that_the_cloud_keeps(judge: Judge, objects: Objects, path: str) -> None:
    """100.96.0.0/11 was Gardener's default for pods; the extension refuses such ranges at creation only."""
    networks(objects)["vpc"] = {"id": "vpc-1"}
    shoot(objects)["networking"] = {path: "100.96.0.0/11"}
    if path == "nodes":
        for number, zone in enumerate(networks(objects)["zones"]):
            zone["workers"] = f"100.96.{number}.0/24"
    findings = judge(objects)
    assert findings.errors == ()
    assert f"spec.networking.{path}" in [problem.path for problem in findings.warnings]
