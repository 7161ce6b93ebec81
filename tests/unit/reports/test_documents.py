"""Results as documents."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings

from provisioner.api.alicloud_v1alpha1 import WorkerStatus
from provisioner.api.text import is_printable
from provisioner.cloud import CloudResource
from provisioner.errors import CloudError, ManifestError, Problem
from provisioner.ids import INFRASTRUCTURE, EntryName, TechnicalId
from provisioner.reports.documents import (
    applied_document,
    destroyed_document,
    error_document,
    found_document,
    planned_document,
    rendered_document,
    shoot_status_document,
    status_manifests,
    to_json,
    to_yaml,
    validation_document,
    without_empty,
)
from provisioner.run.adoption.ownership import Claim, Surplus
from provisioner.run.rolling import Roll
from provisioner.run.shoot_status import ShootStatus
from provisioner.runner import Change, Plan
from provisioner.tfstate import Address
from provisioner.workflows.adopt import Found
from provisioner.workflows.apply import Applied
from provisioner.workflows.destroy import Destroyed
from provisioner.workflows.plan import Planned
from provisioner.workflows.render import Rendered
from tests.properties.texts import texts_from_outside

ID, ENTRY = TechnicalId("shoot--a--b"), EntryName("shoot--a--b--1")
VPC = Address("module.infrastructure", "alicloud_vpc", "this", None)
PROBLEM = Problem("Shoot/a", "spec", "Required", "is missing", "name it")
PROBLEM_DOCUMENT = {"object": "Shoot/a", "path": "spec", "type": "Required", "detail": "is missing", "fix": "name it"}


@settings(deadline=None)
@given(texts_from_outside())
def test_yaml_reads_back_and_is_printable(text: str) -> None:
    document = {"key": text, "keys": [text, {text: text}], "host": {"name": text}}
    printed = to_yaml(document)
    assert [line for line in printed.removesuffix("\n").split("\n") if not is_printable(line)] == []
    assert yaml.safe_load(printed) == document


def test_json_has_no_raw_delete_character() -> None:
    assert to_json({"name": "a\x7fü"}) == '{\n  "name": "a\\u007f\\u00fc"\n}\n'


def test_document_without_what_is_empty_keeps_what_is_false() -> None:
    assert without_empty({"a": [], "b": {}, "c": [{"d": [], "e": 0}], "f": False, "g": None}) == {
        "c": [{"e": 0}],
        "f": False,
        "g": None,
    }


def test_error_has_its_problems_notes_and_codes() -> None:
    error = ManifestError([PROBLEM])
    error.add_note("and cleaning up failed")
    assert error_document(error) == {
        "type": "Required",
        "message": "Shoot/a: spec: is missing; name it",
        "problems": [PROBLEM_DOCUMENT],
        "notes": ["and cleaning up failed"],
        "codes": ["ERR_CONFIGURATION_PROBLEM"],
        "retryable": False,
    }


def test_error_of_the_cloud_has_what_its_support_asks_for() -> None:
    document = error_document(CloudError("refused", cloud_code="Forbidden", request_id="1-2"))
    assert (document["cloudCode"], document["requestId"]) == ("Forbidden", "1-2")


@pytest.mark.parametrize(("errors", "is_valid"), [([], True), ([PROBLEM], False)])
def test_validation_is_valid_without_errors_whatever_it_warns_of(errors: list[Problem], is_valid: bool) -> None:
    expected = {"valid": is_valid, "errors": [PROBLEM_DOCUMENT] * len(errors), "warnings": [PROBLEM_DOCUMENT]}
    assert validation_document(errors, [PROBLEM], [PROBLEM]) == {**expected, "notes": [PROBLEM_DOCUMENT]}


def test_plan_has_the_roots_that_were_planned_and_a_reason_where_there_is_one() -> None:
    plan = Plan(has_changes=True, changes=(Change("a", "create"), Change("b", "replace", "cannot_update")))
    roll = Roll("general", "eu-central-1a", 2, 1, "asg-1")
    planned = Planned(ID, plan, None, (roll, replace(roll, task="ir-1")))
    rolls = {"pool": "general", "zone": "eu-central-1a", "machines": 2, "outdated": 1, "scalingGroupID": "asg-1"}
    changes = [{"address": "a", "action": "create"}, {"address": "b", "action": "replace", "reason": "cannot_update"}]
    assert planned_document(planned) == {
        "technicalID": "shoot--a--b",
        "hasChanges": True,
        "rolls": [rolls, {**rolls, "task": "ir-1"}],
        "infrastructure": {"hasChanges": True, "changes": changes, "drift": []},
    }


def test_status_is_null_for_a_root_that_is_not_applied() -> None:
    status = ShootStatus(ID, None, WorkerStatus(), ["1.2.3.4/32"], [])
    assert shoot_status_document(status) == {
        "technicalID": "shoot--a--b",
        "infrastructureStatus": None,
        "workerStatus": {"apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1", "kind": "WorkerStatus"},
        "egressCIDRs": ["1.2.3.4/32"],
        "machineDeployments": [],
    }
    assert [manifest["kind"] for manifest in status_manifests(status)] == ["WorkerStatus"]


def test_apply_has_the_status_and_what_it_did() -> None:
    applied = applied_document(Applied(ShootStatus(ID, None, None, [], []), ENTRY, {"worker": 1}))
    assert list(applied) == [
        *("technicalID", "infrastructureStatus", "workerStatus", "egressCIDRs", "machineDeployments"),
        *("entryName", "changed", "adopted", "rolling", "unproven"),
    ]


def test_destroy_has_what_it_took_away() -> None:
    destroyed = destroyed_document(Destroyed(ID, ENTRY, {"worker": 1}, load_balancers=[CloudResource("", "lb-1")]))
    assert destroyed == {
        "technicalID": "shoot--a--b",
        "entryName": "shoot--a--b--1",
        "destroyed": {"worker": 1},
        "gone": {},
        "adopted": [],
        "unproven": [],
        "loadBalancers": [{"id": "lb-1", "name": ""}],
    }


def test_adopt_has_what_was_found_and_the_plans_if_it_was_recorded() -> None:
    vpc = CloudResource("alicloud_vpc", "vpc-1", "a")
    claim = Claim(vpc, INFRASTRUCTURE, VPC, is_surplus=True, proof="parent")
    surplus = Surplus(vpc, VPC, "is in use")
    resource = {"type": "alicloud_vpc", "id": "vpc-1", "name": "a"}
    address = {"address": "module.infrastructure.alicloud_vpc.this"}
    plan = Plan(has_changes=False, changes=())
    document = found_document(Found(ID, ENTRY, (claim,), (vpc,), (surplus,), is_recorded=True, infrastructure=plan))
    assert document == {
        "technicalID": "shoot--a--b",
        "entryName": "shoot--a--b--1",
        "recorded": True,
        "found": [{**resource, **address, "root": "infrastructure", "proof": "parent", "surplus": True}],
        "leftAlone": [resource],
        "doubles": [{**resource, **address, "reason": "is in use"}],
        "infrastructure": {"hasChanges": False, "changes": [], "drift": []},
    }


def test_render_has_its_folder_and_its_files_in_order() -> None:
    document = rendered_document(Rendered(ID, {"b.tf": b"", "a.tf": b""}, {"general": "0f"}), Path("out"))
    assert json.loads(to_json(document)) == {
        "technicalID": "shoot--a--b",
        "folder": "out",
        "files": ["a.tf", "b.tf"],
        "userDataSHA256": {"general": "0f"},
    }
