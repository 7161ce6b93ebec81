"""From manifests to shoots, where a run with a state judges less strictly than a rule."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from provisioner.errors import ManifestError, Problem
from provisioner.inputs.read import read_shoots
from provisioner.manifests import Manifests, load_manifests

EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"


@pytest.fixture
def elsewhere() -> Manifests:
    """Return the example with its bucket in a region that the CloudProfile does not offer."""
    documents = list(yaml.safe_load_all(EXAMPLE.read_text(encoding="utf-8")))
    (bucket,) = (item for item in documents if item["kind"] == "BackupBucket")
    bucket["spec"]["region"] = "ap-south-1"
    return load_manifests(["-"], io.BytesIO(yaml.safe_dump_all(documents).encode()))


def test_a_run_with_a_state_is_warned_of_a_bucket_that_may_exist(elsewhere: Manifests) -> None:
    warned: list[Problem] = []
    (shoot,) = read_shoots(elsewhere, {}, warned.append, has_state=True)
    assert (shoot.bucket.region, [problem.path for problem in warned]) == ("ap-south-1", ["spec.region"])


def test_without_a_state_it_is_an_error(elsewhere: Manifests) -> None:
    with pytest.raises(ManifestError, match="ap-south-1"):
        read_shoots(elsewhere, {}, lambda problem: None)


@pytest.mark.parametrize("kind", ["Infrastructure", "Worker", "Cluster"])
def test_a_seeds_object_in_deletion_is_not_created(kind: str) -> None:
    file = EXAMPLE.with_name("06-extension-objects.yaml")
    documents = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    (item,) = (document for document in documents if document["kind"] == kind)
    item = item["spec"]["shoot"] if kind == "Cluster" else item
    item["metadata"]["deletionTimestamp"] = "2026-11-30T12:00:00Z"
    manifests = load_manifests(["-"], io.BytesIO(yaml.safe_dump_all(documents).encode()))
    (target,) = read_shoots(manifests, {}, lambda problem: None, now=datetime(2026, 11, 30, 12, tzinfo=UTC))
    with pytest.raises(ManifestError, match="provision destroy"):
        target.require_living()
