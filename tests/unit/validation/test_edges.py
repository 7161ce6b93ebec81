"""Every rule at both sides of each of its edges; the edges are in the modules of `edges`."""

from __future__ import annotations

import copy
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import pytest

from docs.rules import documented_rules
from provisioner.errors import Problem
from provisioner.validation import Findings
from tests.unit.validation import edges
from tests.unit.validation.edges.edge import Edge
from tests.unit.validation.example import Judge, Objects

RULES: Final = {rule.name: rule for _, _, rules in documented_rules() for rule in rules}
EDGES: Final[list[Edge]] = [
    edge
    for module in pkgutil.iter_modules(edges.__path__)
    for edge in getattr(import_module(f"{edges.__name__}.{module.name}"), "EDGES", ())
]
EDGES_OF: Final = {name: [edge for edge in EDGES if edge.rule == name] for name in RULES}

READ: Final = "reading refuses it before any rule looks"
UNREACHABLE: Final = {
    ("backup.entry_region", "Required"): "an empty region is the business of backup.entry",
    ("extension_objects.object", "NotSupported"): READ,
    ("namespaced_cloud_profile.name", "Required"): READ,
    ("shoot.name", "Required"): READ,
    ("shoot.project_name", "Required"): READ,
    ("shoot.provider", "NotSupported"): READ,
}
"""Error types that a rule has in its code, and why no input leads to them."""


@dataclass
class Look:
    """What a rule did on one side of an edge."""

    count: int
    """How many subjects it looked at."""
    problems: list[Problem]
    findings: Findings

    @property
    def types(self) -> set[str]:
        return {problem.type for problem in self.problems}


Looker = Callable[[Edge, str], Look]


@pytest.fixture
def look(judge: Judge, example_objects: Objects, seed_objects: Objects) -> Looker:
    """Return a function that tells what an edge's rule does `inside`, `outside`, and if it was outside `before`."""

    def look_at(edge: Edge, side: str) -> Look:
        objects = copy.deepcopy(seed_objects if edge.is_of_seed else example_objects)
        new, old = changed(edge, objects, edge.inside if side == "inside" else edge.outside)
        return watched(judge, edge, new, new if side == "before" else old)

    return look_at


def changed(edge: Edge, objects: Objects, change: Callable[[Objects], object]) -> tuple[Objects, Objects | None]:
    """Return objects after a change, and before it if the edge is that of an update."""
    is_update = RULES[edge.rule].rule.in_schema == "before"
    if not is_update and "Shoot" in objects:
        # Without a status the Shoot is new, so that every rule applies.
        del objects["Shoot"]["status"]
    edge.given(objects)
    old = copy.deepcopy(objects) if is_update else None
    change(objects)
    if edge.then is not None:
        old = copy.deepcopy(objects)
        edge.then(objects)
    return objects, old


def watched(judge: Judge, edge: Edge, new: Objects, old: Objects | None) -> Look:
    """Return what an edge's rule does when objects are judged."""
    rule = RULES[edge.rule].rule
    check, seen, problems = rule.check, [], []

    def watch(subject: Any) -> Iterator[Problem]:
        seen.append(subject)
        for problem in check(subject):
            problems.append(problem)
            yield problem

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule, "check", watch)
        findings = judge(new, old)
    return Look(len(seen), problems, findings)


def is_lenient(name: str) -> bool:
    """Return whether an object may keep what the rule finds a problem."""
    rule = RULES[name].rule
    return rule.in_schema != "before" and (rule.is_beyond_gardener or rule.is_for_changes)


each_rule = pytest.mark.parametrize("name", sorted(RULES))
each_lenient_rule = pytest.mark.parametrize("name", sorted(filter(is_lenient, RULES)))


def test_every_rule_has_an_edge() -> None:
    assert [name for name, found in EDGES_OF.items() if not found] == []


def test_every_edge_is_that_of_a_rule() -> None:
    assert sorted({edge.rule for edge in EDGES} - RULES.keys()) == []


def test_every_error_type_of_a_rule_has_an_edge_or_a_reason() -> None:
    types = {(name, type) for name, rule in RULES.items() for type in rule.types}
    assert types == {(edge.rule, edge.type) for edge in EDGES} | UNREACHABLE.keys()


def test_every_edge_of_a_rule_has_a_name_of_its_own() -> None:
    names = Counter((edge.rule, edge.name) for edge in EDGES)
    assert [name for name, count in names.items() if count > 1] == []


@each_rule
def test_inside_of_its_edges_a_rule_looks_and_finds_nothing(name: str, look: Looker) -> None:
    looks = {edge.name: look(edge, "inside") for edge in EDGES_OF[name]}
    assert {edge: look.problems for edge, look in looks.items() if look.problems or not look.count} == {}


@each_rule
def test_outside_of_its_edges_a_rule_finds_a_problem(name: str, look: Looker) -> None:
    looks = {edge.name: (edge.type, look(edge, "outside")) for edge in EDGES_OF[name]}
    assert {edge: look.findings for edge, (type, look) in looks.items() if type not in look.types} == {}


@each_lenient_rule
def test_what_was_outside_of_an_edge_before_is_no_error(name: str, look: Looker) -> None:
    looks = {edge.name: look(edge, "before") for edge in EDGES_OF[name]}
    assert {edge: look.problems for edge, look in looks.items() if {*look.problems} & {*look.findings.errors}} == {}
