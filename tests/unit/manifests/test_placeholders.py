"""Values that the documents of Gardener and of the extension leave open, and that were not filled in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.errors import ManifestError, Problem
from provisioner.manifests import Manifests
from provisioner.validation import validate

Load = Callable[[str], Manifests]
Refuse = Callable[[str], tuple[Problem, ...]]
Put = Callable[[str, Any], str]

EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"
CONFIG = "spec provider infrastructureConfig networks"


def put(path: str, value: Any) -> str:
    """Return the example's Shoot with a value at a place."""
    documents = [document for document in yaml.safe_load_all(EXAMPLE.read_text()) if document]
    shoot = next(document for document in documents if document["kind"] == "Shoot")
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split()]
    parent = shoot
    for part in parents:
        parent = parent[part] if isinstance(parent, list) else parent.setdefault(part, {})
    if isinstance(parent, list):
        parent.append(value)
    else:
        parent[last] = value
    return json.dumps(shoot)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("spec region", "<region>", "spec.region"),
        ("spec region", "...", "spec.region"),
        ("spec region", "TODO", "spec.region"),
        ("spec region", "CHANGE_ME", "spec.region"),
        (f"{CONFIG} vpc id", "<shared-vpc-id>", "spec.provider.infrastructureConfig.networks.vpc.id"),
        (f"{CONFIG} vpc id", "vpc-xxxxxxxxxxxxxxx", "spec.provider.infrastructureConfig.networks.vpc.id"),
        (f"{CONFIG} zones 9", "...", "spec.provider.infrastructureConfig.networks.zones[3]"),
        (f"{CONFIG} zones 0 workers", "\u2026", "spec.provider.infrastructureConfig.networks.zones[3].workers"),
        ("spec provider workers 0 machine type", "<machine-type>", "spec.provider.workers[0].machine.type"),
        ("metadata name", "<shoot>", "metadata.name"),
        ("metadata namespace", "garden-<project>", "metadata.namespace"),
    ],
)  # fmt: skip
def test_placeholder_in_a_used_field_is_refused_by_name(refuse: Refuse, path: str, value: str, place: str) -> None:
    if path.endswith("workers") and "zones" in path:
        path, value = f"{CONFIG} zones 9", {"name": "eu-central-1a", "workers": value}  # type: ignore[assignment]
    (problem,) = refuse(put(path, value))
    shown = value["workers"] if isinstance(value, dict) else value
    assert (problem.path, problem.type) == (place, "Invalid")
    assert problem.detail == f'still is a placeholder: "{shown}"'


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata annotations", {"note": "<later>", "more": "..."}),
        ("metadata labels", {"note": "TODO"}),
        ("spec dns domain", "<domain>"),
        ("spec provider workers 0 annotations", {"note": "..."}),
        ("status lastOperation", {"description": "..."}),
        ("metadata name", "todo"),
        ("metadata name", "vpc-xxxxx"),
    ],
)
def test_what_only_looks_like_one_or_is_not_used_is_taken(load: Load, path: str, value: Any) -> None:
    assert load(put(path, value)).shoots


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("data", "base64(access-key-id)"),
        ("data", "<base64_encoded_access_key_id>"),
        ("data", "..."),
        ("stringData", "<access-key-id>"),
        ("stringData", "TODO: hush"),
    ],
)
def test_placeholder_in_a_secret_is_refused_and_not_shown(refuse: Refuse, where: str, value: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, where: {"accessKeyID": value}}
    (problem,) = refuse(json.dumps(secret))
    assert (problem.path, problem.detail) == (f"{where}.accessKeyID", "still is a placeholder")
    assert value not in str(problem)


def test_placeholder_that_was_encoded_is_refused(load: Load) -> None:
    placeholder = base64.b64encode(b"<the-secret-of-the-access-key-of-the-shoot>").decode()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"accessKeyID": "TFRBSWV4YW1wbGVleGFtcGxlMDE=", "accessKeySecret": placeholder},
    }
    (problem,) = validate(load(json.dumps(secret))).errors
    assert (problem.path, problem.detail) == ("data.accessKeySecret", "still is a placeholder")


def test_values_of_secrets_that_nothing_uses_may_look_like_placeholders(load: Load) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"note": "<later>"}}
    assert load(json.dumps(secret)).secrets


def test_and_so_on_between_the_lines_of_a_file_is_named(refuse: Refuse) -> None:
    (problem,) = refuse("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  ...\n  namespace: b\n")
    assert (problem.detail, problem.fix) == ("line 5: still is a placeholder (...)", "replace or remove it")


@pytest.mark.parametrize(
    ("user_data", "is_placeholder"),
    [
        ("...", True),
        ("<user-data>", True),
        ("wait...", False),
        ("a\u2026", False),
        ("x<b>y", False),
        ("TODO: more", False),
    ],
)
def test_user_data_is_a_placeholder_only_as_a_whole(load: Load, user_data: str, is_placeholder: bool) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "p-user-data", "namespace": "n"}}
    text = json.dumps({**secret, "stringData": {"cloud_config": user_data}})
    try:
        load(text)
    except ManifestError as error:
        assert is_placeholder
        assert [problem.path for problem in error.problems] == ["stringData[cloud_config]"]
    else:
        assert not is_placeholder
