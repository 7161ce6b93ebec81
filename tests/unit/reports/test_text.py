"""Results as lines of text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from provisioner.api.text import is_printable
from provisioner.cloud import CloudResource
from provisioner.errors import ManifestError, Problem
from provisioner.ids import INFRASTRUCTURE, EntryName, TechnicalId
from provisioner.reports.text import (
    applied_lines,
    destroyed_line,
    error_lines,
    event_line,
    found_lines,
    plan_lines,
    rendered_lines,
    to_table,
)
from provisioner.run.adoption.ownership import Claim, Surplus
from provisioner.run.rolling import Roll
from provisioner.run.shoot_status import ShootStatus
from provisioner.runner import Change, Event, Plan
from provisioner.tfstate import Address
from provisioner.workflows.adopt import Found
from provisioner.workflows.apply import Applied
from provisioner.workflows.destroy import Destroyed
from provisioner.workflows.render import Rendered
from tests.properties.texts import texts_from_outside

ID, ENTRY = TechnicalId("shoot--a--b"), EntryName("shoot--a--b--1")
VPC = Address("module.infrastructure", "alicloud_vpc", "this", None)


@settings(deadline=None)
@given(texts_from_outside(), texts_from_outside())
def test_row_of_a_table_is_one_line(first: str, second: str) -> None:
    table = to_table(("A", "B"), [(first, second), ("a", "b")])
    assert (len(table), [line for line in table if not is_printable(line)]) == (3, [])


def test_columns_of_a_table_are_aligned_and_nothing_stands_behind_the_last() -> None:
    assert to_table(("NAME", "N"), [("a", ""), ("longer", "12")]) == ["NAME     N", "a", "longer   12"]


def test_error_says_problems_then_what_was_found_out_later_then_codes() -> None:
    error = ManifestError([Problem("Shoot/a", "spec", "Required", "is missing"), Problem("Shoot/a", "", "", "b", "c")])
    error.add_note("and cleaning up failed")
    assert error_lines(error) == [
        "error: Shoot/a: spec: is missing",
        "error: Shoot/a: b; c",
        "and cleaning up failed",
        "error codes: ERR_CONFIGURATION_PROBLEM",
    ]


def test_plan_is_a_summary_and_a_line_for_each_resource() -> None:
    changes = (
        Change("alicloud_vpc.a", "create"),
        Change("alicloud_eip.b", "replace", "cannot_update"),
        Change("alicloud_vswitch.c", "unheard-of"),
    )
    assert plan_lines(INFRASTRUCTURE, Plan(has_changes=True, changes=changes), is_preliminary=False)[1:] == [
        "  + alicloud_vpc.a",
        "  ± alicloud_eip.b  (cannot update)",
        "  ? alicloud_vswitch.c",
    ]


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        (Plan(has_changes=False, changes=()), ["Infrastructure: no changes"]),
        (
            Plan(has_changes=True, changes=()),
            ["Infrastructure: 0 to add, 0 to change, 0 to destroy", "  only outputs change"],
        ),
    ],
)
def test_plan_without_resources_says_so(plan: Plan, lines: list[str]) -> None:
    assert plan_lines(INFRASTRUCTURE, plan, is_preliminary=False) == lines


def test_preliminary_plan_says_that_ids_are_still_unknown() -> None:
    plan = Plan(has_changes=True, changes=(Change("alicloud_vpc.a", "import"),))
    assert plan_lines(INFRASTRUCTURE, plan, is_preliminary=True)[0] == (
        "Infrastructure: 0 to add, 0 to change, 0 to destroy, 1 to import; "
        "ids that do not exist yet are known after Infrastructure"
    )


@pytest.mark.parametrize(
    ("type", "hook", "line"),
    [
        ("apply_complete", {"id_value": "vpc-1", "elapsed_seconds": 3}, "  created alicloud_vpc.a [vpc-1] after 3 s"),
        ("apply_complete", {}, "  created alicloud_vpc.a"),
        ("apply_errored", {"elapsed_seconds": 3}, "  failed creating alicloud_vpc.a"),
        ("apply_start", {}, None),
    ],
)
def test_event_of_a_finished_or_failed_resource_is_a_line(type: str, hook: dict[str, object], line: str | None) -> None:
    record = {"hook": {"resource": {"addr": "alicloud_vpc.a"}, "action": "create", **hook}}
    assert event_line(Event(type, "", record)) == line


def test_apply_that_changed_nothing_says_so() -> None:
    assert applied_lines(Applied(ShootStatus(ID, None, None, [], []), ENTRY)) == ["shoot--a--b: no changes"]


def test_apply_names_the_machines_that_are_rolling() -> None:
    rolling = (Roll("general", "eu-central-1a", machines=2, outdated=1, group_id="asg-1", task="ir-1"),)
    applied = Applied(ShootStatus(ID, None, None, [], []), ENTRY, rolling=rolling)
    assert applied_lines(applied) == ["rolling general in eu-central-1a: 2 machines, task ir-1"]


@pytest.mark.parametrize(
    ("destroyed", "gone", "what"),
    [
        ({"infrastructure": 2, "worker": 3}, {"worker": 1}, "5 resources destroyed"),
        ({"infrastructure": 0}, {"infrastructure": 4}, "all 4 objects were gone already"),
        ({}, {}, "nothing left to destroy"),
    ],
)
def test_destroy_says_how_much_is_gone(destroyed: dict[str, int], gone: dict[str, int], what: str) -> None:
    expected = f"shoot--a--b: {what}; the history stays under shoot--a--b--1/provisioner/"
    assert destroyed_line(Destroyed(ID, ENTRY, destroyed, gone)) == expected


def found(*, is_recorded: bool, has_claim: bool = True, is_surplus: bool = False) -> Found:
    """Return what an adopt found: an object to record, one without proof, and one that is surplus."""
    claim = Claim(
        CloudResource("alicloud_vpc", "vpc-1", "a"), INFRASTRUCTURE, VPC, is_surplus=is_surplus, proof="owner tag"
    )
    surplus = Surplus(CloudResource("alicloud_vpc", "vpc-3"), VPC, "is in use")
    strangers = (CloudResource("alicloud_vpc", "vpc-2"),)
    return Found(ID, ENTRY, (claim,) if has_claim else (), strangers, (surplus,), is_recorded=is_recorded)


def test_adopt_says_why_each_object_is_the_shoots_or_is_left_alone() -> None:
    assert [" ".join(line.split()) for line in found_lines(found(is_recorded=False, is_surplus=True))] == [
        "TYPE ID NAME ADDRESS WHY",
        "alicloud_vpc vpc-1 a module.infrastructure.alicloud_vpc.this owner tag, surplus: will be deleted",
        "alicloud_vpc vpc-2 no proof, and one too many: left alone",
        "alicloud_vpc vpc-3 surplus: left alone, it is in use",
        "shoot--a--b: 1 in no state; `provision adopt --yes` records them",
    ]


def test_adopt_that_records_says_how_many_and_where() -> None:
    assert found_lines(found(is_recorded=True)) == ["shoot--a--b: 1 recorded under shoot--a--b--1/provisioner/"]


def test_adopt_says_when_nothing_can_be_recorded_or_nothing_was_found() -> None:
    nothing = Found(ID, ENTRY, (), (), (), is_recorded=False)
    assert found_lines(nothing) == ["shoot--a--b: the cloud holds nothing that is in no state"]
    unclaimed = found_lines(found(is_recorded=False, has_claim=False))
    assert unclaimed[-1] == "shoot--a--b: nothing of this can be recorded"


def test_render_names_its_files_and_the_user_data_that_it_left_out() -> None:
    rendered = Rendered(ID, {"b.tf": b"", "a.tf": b""}, {"general": "0f"})
    files = ["out/a.tf", "out/b.tf"]
    assert rendered_lines(rendered, Path("out"), with_secrets=True) == files
    left_out = "user data of pool general left out, SHA-256 0f"
    assert rendered_lines(rendered, Path("out"), with_secrets=False) == [*files, left_out]
