"""Technical IDs that the input itself shows to be wrong are refused, whatever is to be done."""

from __future__ import annotations

import copy
import io

import pytest
import yaml

from provisioner.errors import ManifestError, Problem
from provisioner.inputs.resolve import resolve_shoots
from provisioner.manifests import load_manifests
from provisioner.validation import validate
from tests.e2e.variants import Documents, example

KEYS = {"ALICLOUD_ACCESS_KEY": "LTAIenvironmentkey01", "ALICLOUD_SECRET_KEY": "a-secret-of-the-environment-30"}


def a_project(name: str, namespace: str | None) -> dict[str, object]:
    return {
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {"namespace": namespace} if namespace else {},
    }


def judge(documents: Documents) -> list[Problem]:
    """Return what `validate` says; every other verb, destroy included, has to refuse the same."""
    text = yaml.safe_dump_all(documents.values(), sort_keys=False)
    manifests = load_manifests(["-"], io.BytesIO(text.encode()))
    errors = list(validate(manifests).errors)
    refused: list[Problem] = []
    try:
        resolve_shoots(manifests, KEYS, to_destroy=True)
    except ManifestError as error:
        refused = list(error.problems)
    assert refused == errors
    return errors


@pytest.fixture
def documents() -> Documents:
    """Return the example: Shoot canary, technical ID shoot--demo--canary, in namespace garden-demo."""
    return example()


@pytest.mark.parametrize("technical_id", ["shoot--demo--canary", "shoot-demo-canary", None])
def test_technical_id_of_the_shoots_project_is_fine_also_in_its_oldest_form(documents, technical_id):
    documents["Project"] = a_project("demo", "garden-demo")
    documents["Shoot"]["status"]["technicalID"] = technical_id
    assert judge(documents) == []


def test_technical_id_of_another_project_than_the_shoots_is_refused(documents):
    documents["Project"] = a_project("demo", "garden-demo")
    documents["Shoot"]["status"]["technicalID"] = "shoot--other--canary"
    (problem,) = judge(documents)
    assert (problem.object, problem.path, problem.type) == ("Shoot/canary", "status.technicalID", "Invalid")
    assert problem.detail == (
        '"shoot--other--canary" is not that of Shoot "canary" in namespace "garden-demo": it is Project/demo\'s, so '
        'that would be "shoot--demo--canary"'
    )


def test_technical_id_of_another_shoot_of_the_project_is_refused(documents):
    documents["Project"] = a_project("demo", "garden-demo")
    documents["Shoot"]["status"]["technicalID"] = "shoot--demo--other"
    assert [problem.path for problem in judge(documents)] == ["status.technicalID"]


@pytest.mark.parametrize("has_status", [True, False], ids=["given", "derived"])
def test_namespace_that_is_not_the_projects_is_refused(documents, has_status):
    documents["Project"] = a_project("demo", "team-a")
    if not has_status:
        del documents["Shoot"]["status"]
    (problem,) = judge(documents)
    assert (problem.path, problem.type) == ("metadata.namespace", "Invalid")
    assert 'whose namespace is "team-a", and not "garden-demo"' in problem.detail


@pytest.mark.parametrize("namespace", ["garden-other", None])
def test_other_projects_in_the_input_say_nothing_about_the_shoot(documents, namespace):
    documents["Project"] = a_project("other", namespace)
    assert judge(documents) == []


def test_two_shoots_with_one_technical_id_are_refused(documents):
    documents["Other"] = copy.deepcopy(documents["Shoot"])
    documents["Other"]["metadata"] |= {"name": "second"}
    (problem,) = judge(documents)
    assert (problem.object, problem.path, problem.type) == ("Shoot/second", "status.technicalID", "Duplicate")
    assert "is also the technical ID of Shoot/canary in namespace" in problem.detail


def test_two_shoots_whose_derived_technical_ids_are_one_are_refused(documents):
    documents["Other"] = copy.deepcopy(documents["Shoot"])
    del documents["Other"]["status"]
    documents["Other"]["metadata"]["namespace"] = "team-a"
    documents["Project"] = a_project("demo", "team-a")
    assert ("metadata.name", "Duplicate") in [(problem.path, problem.type) for problem in judge(documents)]


def test_two_shoots_with_technical_ids_of_their_own_are_two(documents):
    documents["Other"] = copy.deepcopy(documents["Shoot"])
    documents["Other"]["metadata"]["name"] = "second"
    documents["Other"]["status"] |= {"technicalID": "shoot--demo--second", "uid": "1-2"}
    assert judge(documents) == []
