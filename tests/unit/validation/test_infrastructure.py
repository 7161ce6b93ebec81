"""A Shoot's InfrastructureConfig: one change to the example, one problem, with path, type and both values."""

from __future__ import annotations

from tests.unit.validation.cases import Case, one_problem_each
from tests.unit.validation.example import CONFIG, Judge, Objects, networks, shoot

CASES = [
    Case(
        "vpc with id and cidr",
        lambda o: networks(o)["vpc"].update(id="vpc-1"),
        "Shoot/canary",
        f"{CONFIG}.vpc",
        "Forbidden",
        ['"vpc-1"', '"10.250.0.0/16"', "exclude each other"],
    ),
    Case(
        "vpc without id and cidr",
        lambda o: networks(o)["vpc"].clear(),
        "Shoot/canary",
        f"{CONFIG}.vpc",
        "Required",
        ["exactly one of id and cidr"],
    ),
    Case(
        "vpc with empty id",
        lambda o: networks(o).update(vpc={"id": ""}),
        "Shoot/canary",
        f"{CONFIG}.vpc.id",
        "Required",
        ["must not be empty"],
    ),
    Case(
        "vpc cidr with host bits",
        lambda o: networks(o)["vpc"].update(cidr="10.250.1.0/16"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ['"10.250.1.0/16" is not in canonical form', "write 10.250.0.0/16"],
    ),
    Case(
        "vpc cidr that is none",
        lambda o: networks(o)["vpc"].update(cidr="10.250.0.0"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ['"10.250.0.0" is not an address range'],
    ),
    Case(
        "vpc cidr with a leading zero",
        lambda o: networks(o)["vpc"].update(cidr="10.250.00.0/16"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ["is not an address range"],
    ),
    Case(
        "vpc cidr with a mask",
        lambda o: networks(o)["vpc"].update(cidr="10.250.0.0/255.255.0.0"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ["is not in canonical form", "write 10.250.0.0/16"],
    ),
    Case(
        "vpc cidr of version 6",
        lambda o: networks(o)["vpc"].update(cidr="2001:db8::/56"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ["is not an IPv4 range"],
    ),
    Case(
        "nat gateway choice in a new vpc",
        lambda o: networks(o)["vpc"].update(gardenerManagedNATGateway=False),
        "Shoot/canary",
        f"{CONFIG}.vpc.gardenerManagedNATGateway",
        "Forbidden",
        ["a new VPC always gets a managed NAT gateway"],
    ),
    Case(
        "own route table without managed nat gateway",
        lambda o: networks(o).update(vpc={"id": "vpc-1", "useCustomRouteTable": True}),
        "Shoot/canary",
        f"{CONFIG}.vpc.useCustomRouteTable",
        "Forbidden",
        ["needs a managed NAT gateway"],
    ),
    Case(
        "zone outside the nodes",
        lambda o: shoot(o)["networking"].update(nodes="10.250.0.0/18"),
        "Shoot/canary",
        f"{CONFIG}.zones[2].workers",
        "Invalid",
        ["10.250.64.0/19", "not inside the nodes' range (10.250.0.0/18)"],
    ),
    Case(
        "zones that overlap",
        lambda o: networks(o)["zones"][1].update(workers="10.250.16.0/20"),
        "Shoot/canary",
        f"{CONFIG}.zones[1].workers",
        "Invalid",
        ["10.250.16.0/20", "overlaps zones[0] (10.250.0.0/19)"],
    ),
    Case(
        "deprecated worker with a wrong range",
        lambda o: networks(o)["zones"].__setitem__(1, {"name": "eu-central-1b", "worker": "10.250.33.0/19"}),
        "Shoot/canary",
        f"{CONFIG}.zones[1].worker",
        "Invalid",
        ['"10.250.33.0/19"', "write 10.250.32.0/19"],
    ),
    Case(
        "zone without a range",
        lambda o: networks(o)["zones"][1].pop("workers"),
        "Shoot/canary",
        f"{CONFIG}.zones[1].workers",
        "Required",
        ["is required"],
    ),
    Case(
        "zone twice",
        lambda o: networks(o)["zones"].append({"name": "eu-central-1a", "workers": "10.250.96.0/19"}),
        "Shoot/canary",
        f"{CONFIG}.zones[3].name",
        "Duplicate",
        ['"eu-central-1a" is also zones[0]'],
    ),
    Case(
        "zone that the region does not have",
        lambda o: networks(o)["zones"].append({"name": "eu-central-1d", "workers": "10.250.96.0/19"}),
        "Shoot/canary",
        f"{CONFIG}.zones[3].name",
        "NotSupported",
        ['"eu-central-1d"', "eu-central-1a, eu-central-1b, eu-central-1c"],
    ),
    Case(
        "nat gateway without an address",
        lambda o: networks(o)["zones"][0].update(natGateway={}),
        "Shoot/canary",
        f"{CONFIG}.zones[0].natGateway.eipAllocationID",
        "Required",
        ["is required"],
    ),
    Case(
        "ipv6 block out of range",
        lambda o: networks(o)["zones"][0].update(ipv6CidrBlock=256),
        "Shoot/canary",
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["between 0 and 255", "256"],
    ),
    Case(
        "ipv6 block twice",
        lambda o: [networks(o)["zones"][index].update(ipv6CidrBlock=7) for index in (0, 1)],
        "Shoot/canary",
        f"{CONFIG}.zones[1].ipv6CidrBlock",
        "Duplicate",
        ["7", "zones[0]"],
    ),
    Case(
        "no infrastructure config",
        lambda o: shoot(o)["provider"].pop("infrastructureConfig"),
        "Shoot/canary",
        "spec.provider.infrastructureConfig",
        "Required",
        ["is required"],
    ),
]

test_a_bad_infrastructure_gives_exactly_one_problem = one_problem_each(CASES)


def test_many_problems_of_one_rule_end_in_a_note(judge: Judge, objects: Objects) -> None:
    zones = [{"name": f"eu-central-1x{number}", "workers": "10.250.0.0/19"} for number in range(300)]
    networks(objects)["zones"] = zones
    overlaps = [problem for problem in judge(objects).errors if "overlaps" in problem.detail]
    notes = [problem for problem in judge(objects).errors if problem.type == "TooMany"]
    assert (len(overlaps), [note.detail for note in notes]) == (100, ["more than 100 problems like the last one"])


def test_a_rule_beyond_gardener_is_a_warning_for_a_running_shoot(judge: Judge, objects: Objects) -> None:
    networks(objects)["zones"].append({"name": "eu-central-1a", "workers": "10.250.96.0/19"})
    findings = judge(objects)
    assert findings.errors == ()
    assert [(problem.path, problem.type) for problem in findings.warnings] == [(f"{CONFIG}.zones[3].name", "Duplicate")]


def test_the_range_of_an_ignored_duplicate_zone_does_not_count(judge: Judge, objects: Objects) -> None:
    networks(objects)["zones"].append({"name": "eu-central-1a", "workers": "172.16.0.0/16"})
    assert judge(objects).errors == ()


def test_the_deprecated_worker_counts_when_workers_is_missing(judge: Judge, objects: Objects) -> None:
    zone = networks(objects)["zones"][0]
    zone["worker"] = zone.pop("workers")
    assert judge(objects).errors == ()


def test_a_zone_has_to_be_inside_the_vpc(judge: Judge, objects: Objects) -> None:
    networks(objects)["vpc"]["cidr"] = "10.250.0.0/18"
    shoot(objects)["networking"]["nodes"] = "10.250.0.0/18"
    details = [(problem.path, problem.detail) for problem in judge(objects).errors]
    assert (f"{CONFIG}.zones[2].workers", "10.250.64.0/19 is not inside the VPC (10.250.0.0/18)") in details
    shoot(objects)["networking"]["nodes"] = networks(objects)["vpc"]["cidr"] = "10.250.0.0/17"
    assert judge(objects).errors == ()
