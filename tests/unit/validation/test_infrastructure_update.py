"""What may change in a Shoot's InfrastructureConfig: one change to the example, one problem or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.validation.cases import Accepted, Case, no_problem_each_update, one_problem_each_update, updated
from tests.unit.validation.example import CONFIG, SHOOT, Change, Judge, Objects, networks, shoot

CONFIG_ROOT = CONFIG.removesuffix(".networks")


def config(objects: Objects) -> Any:
    return shoot(objects)["provider"]["infrastructureConfig"]


def zone(objects: Objects, index: int = 0) -> Any:
    return networks(objects)["zones"][index]


def set_vpc(**fields: Any) -> Change:
    return lambda objects: networks(objects).update(vpc=fields)


def dual_stack(enabled: bool = True) -> Change:
    return lambda objects: config(objects).update(dualStack={"enabled": enabled})


def both(*changes: Callable[[Objects], object]) -> Change:
    return lambda objects: [change(objects) for change in changes]


def rename_worker(objects: Objects) -> None:
    for index in range(3):
        zone(objects, index)["worker"] = zone(objects, index).pop("workers")


def drop_zone(objects: Objects, index: int) -> None:
    """Remove a zone, and from the pools, so that nothing else is wrong."""
    name = networks(objects)["zones"].pop(index)["name"]
    for pool in shoot(objects)["provider"]["workers"]:
        pool["zones"] = [other for other in pool["zones"] if other != name]


REFUSED = [
    Case(
        "another vpc range",
        lambda o: networks(o)["vpc"].update(cidr="10.250.0.0/15"),
        SHOOT,
        f"{CONFIG}.vpc",
        "Invalid",
        [
            'field is immutable: cidr was "10.250.0.0/16", and would be "10.250.0.0/15"',
            "another VPC needs another shoot",
        ],
    ),
    Case(
        "from a new vpc to an existing one",
        set_vpc(id="vpc-1"),
        SHOOT,
        f"{CONFIG}.vpc",
        "Invalid",
        ['id was null, and would be "vpc-1"', 'cidr was "10.250.0.0/16", and would be null'],
    ),
    Case(
        "another existing vpc",
        set_vpc(id="vpc-2"),
        SHOOT,
        f"{CONFIG}.vpc",
        "Invalid",
        ['id was "vpc-1", and would be "vpc-2"'],
        before=set_vpc(id="vpc-1"),
    ),
    Case(
        "managed nat gateway turned on",
        set_vpc(id="vpc-1", gardenerManagedNATGateway=True),
        SHOOT,
        f"{CONFIG}.vpc",
        "Invalid",
        ["gardenerManagedNATGateway was null, and would be true"],
        before=set_vpc(id="vpc-1"),
    ),
    Case(
        "own route table turned on",
        lambda o: networks(o)["vpc"].update(useCustomRouteTable=True),
        SHOOT,
        f"{CONFIG}.vpc.useCustomRouteTable",
        "Forbidden",
        ["it was false, and would be true", "at creation only", "write false"],
    ),
    Case(
        "own route table turned off",
        lambda o: networks(o)["vpc"].pop("useCustomRouteTable"),
        SHOOT,
        f"{CONFIG}.vpc.useCustomRouteTable",
        "Forbidden",
        ["it was true, and would be false"],
        before=lambda o: networks(o)["vpc"].update(useCustomRouteTable=True),
    ),
    Case(
        "zone with another range",
        lambda o: zone(o).update(workers="10.250.96.0/19"),
        SHOOT,
        f"{CONFIG}.zones[0].workers",
        "Invalid",
        ['it was "10.250.0.0/19", and would be "10.250.96.0/19"', "another range needs another zone"],
    ),
    Case(
        "zone replaced",
        both(lambda o: drop_zone(o, 2), lambda o: zone(o, 1).update(name="eu-central-1c")),
        SHOOT,
        f"{CONFIG}.zones",
        "Forbidden",
        ["zones cannot be removed, but eu-central-1b would be"],
        before=lambda o: (
            shoot(o)["provider"]["workers"][1].update(zones=["eu-central-1a"])
            or shoot(o)["provider"]["workers"][0].update(zones=["eu-central-1a"])
        ),
    ),
    Case(
        "ipv6 block removed",
        lambda o: zone(o).pop("ipv6CidrBlock"),
        SHOOT,
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["cannot be removed once set, and it was 7", "write 7"],
        before=lambda o: zone(o).update(ipv6CidrBlock=7),
    ),
    Case(
        "ipv6 block of a vswitch that has one",
        lambda o: zone(o).update(ipv6CidrBlock=8),
        SHOOT,
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["it was 7, and would be 8"],
        before=both(dual_stack(), lambda o: zone(o).update(ipv6CidrBlock=7)),
    ),
    Case(
        "ipv6 block other than the default in use",
        lambda o: zone(o).update(ipv6CidrBlock=8),
        SHOOT,
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["it was 0, and would be 8"],
        before=dual_stack(),
    ),
    Case(
        "dual stack turned off",
        dual_stack(False),
        SHOOT,
        f"{CONFIG_ROOT}.dualStack",
        "Forbidden",
        ["cannot be turned off"],
        before=dual_stack(),
    ),
    Case(
        "dual stack removed",
        lambda o: config(o).pop("dualStack"),
        SHOOT,
        f"{CONFIG_ROOT}.dualStack",
        "Forbidden",
        ["cannot be turned off"],
        before=dual_stack(),
    ),
]

ACCEPTED = [
    Accepted("nothing changed", lambda o: None),
    Accepted("own route table said to be off", lambda o: networks(o)["vpc"].update(useCustomRouteTable=False)),
    Accepted(
        "zone appended",
        lambda o: networks(o)["zones"].append({"name": "eu-central-1c", "workers": "10.250.64.0/19"}),
        before=lambda o: drop_zone(o, 2),
    ),
    Accepted(
        "range moved from worker to workers",
        lambda o: [zone(o, index).update(workers=zone(o, index).pop("worker")) for index in range(3)],
        before=rename_worker,
    ),
    Accepted("own address brought", lambda o: zone(o).update(natGateway={"eipAllocationID": "eip-1"})),
    Accepted(
        "another own address",
        lambda o: zone(o)["natGateway"].update(eipAllocationID="eip-2"),
        before=lambda o: zone(o).update(natGateway={"eipAllocationID": "eip-1"}),
    ),
    Accepted(
        "own address taken back",
        lambda o: zone(o).pop("natGateway"),
        before=lambda o: zone(o).update(natGateway={"eipAllocationID": "eip-1"}),
    ),
    Accepted("dual stack turned on", dual_stack()),
    Accepted("dual stack said to be off", dual_stack(False)),
    Accepted("ipv6 block given that is the default", lambda o: zone(o, 1).update(ipv6CidrBlock=1), before=dual_stack()),
    Accepted(
        "ipv6 block changed together with dual stack",
        both(dual_stack(), lambda o: zone(o).update(ipv6CidrBlock=8)),
        before=lambda o: zone(o).update(ipv6CidrBlock=7),
    ),
]

test_a_forbidden_update_gives_exactly_one_problem = one_problem_each_update(REFUSED)
test_an_allowed_update_is_no_problem = no_problem_each_update(ACCEPTED)


def test_zones_that_change_places_are_named_one_by_one(judge: Judge, objects: Objects) -> None:
    case = Accepted("reversed", lambda o: networks(o)["zones"].reverse())
    errors = [(problem.path, problem.fix) for problem in judge(*updated(objects, case)).errors]
    fix = "keep the zones in their order, and append new ones"
    assert errors == [(f"{CONFIG}.zones[0].name", fix), (f"{CONFIG}.zones[2].name", fix)]


def test_a_range_that_moves_from_worker_to_workers_must_stay_the_same(judge: Judge, objects: Objects) -> None:
    def move(objects: Objects) -> None:
        zone(objects).pop("worker")
        zone(objects)["workers"] = "10.250.96.0/19"

    (problem,) = judge(*updated(objects, Accepted("moved", move, before=rename_worker))).errors
    assert (problem.path, problem.type) == (f"{CONFIG}.zones[0].workers", "Invalid")


def test_an_infrastructure_has_the_same_rules(judge: Judge, seed_objects: Objects) -> None:
    case = Accepted(
        "vpc", lambda o: o["Infrastructure"]["spec"]["providerConfig"]["networks"]["vpc"].update(cidr="10.250.0.0/15")
    )
    (problem,) = judge(*updated(seed_objects, case)).errors
    assert (problem.object, problem.path) == ("Infrastructure/canary", "spec.providerConfig.networks.vpc")


def test_a_config_of_its_own_has_the_same_rules(judge: Judge, objects: Objects) -> None:
    alone = {"config": config(objects)}
    case = Accepted("vpc", lambda o: o["config"]["networks"]["vpc"].update(cidr="10.250.0.0/15"))
    assert [problem.path for problem in judge(*updated(alone, case)).errors] == ["networks.vpc"]
