"""The example's objects as plain data to change, and what is then found wrong with them."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.errors import ManifestError
from provisioner.manifests import load_manifests
from provisioner.validation import Findings, validate

Objects = dict[str, dict[str, Any]]
Judge = Callable[[Objects], Findings]

EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"


@pytest.fixture(scope="session")
def example_objects() -> Objects:
    """Return the example's objects by kind, Secrets by `Secret/name`; the Shoot without status, so it counts as new."""
    objects: Objects = {}
    for document in yaml.safe_load_all(EXAMPLE.read_text(encoding="utf-8")):
        kind = document["kind"]
        objects[f"Secret/{document['metadata']['name']}" if kind == "Secret" else kind] = document
    return objects


@pytest.fixture
def objects(example_objects: Objects) -> Objects:
    """Return a copy of the example's objects to change."""
    return copy.deepcopy(example_objects)


@pytest.fixture
def judge() -> Judge:
    """Return a function that loads and validates objects; what loading refuses counts as errors."""

    def judge_objects(objects: Objects) -> Findings:
        text = yaml.safe_dump_all(objects.values(), sort_keys=False, allow_unicode=True)
        try:
            return validate(load_manifests(["-"], io.BytesIO(text.encode())))
        except ManifestError as error:
            return Findings(errors=error.problems)

    return judge_objects
