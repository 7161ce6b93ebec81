"""The example's objects as plain data to change, and what is then found wrong with them."""

from __future__ import annotations

import copy
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from provisioner.manifests import Manifests, collect_manifests
from provisioner.validation import Findings, validate
from tests.unit.validation.example import EXTENSIONS, Judge, Objects

pytest.register_assert_rewrite("tests.unit.validation.cases")

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""When the objects are judged."""
NAMESPACE = "shoot--demo--canary"
EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"


@pytest.fixture(scope="session")
def example_objects() -> Objects:
    """Return the example's objects by kind, Secrets by `Secret/name`."""
    objects: Objects = {}
    for document in yaml.safe_load_all(EXAMPLE.read_text(encoding="utf-8")):
        kind = document["kind"]
        objects[f"Secret/{document['metadata']['name']}" if kind == "Secret" else kind] = document
    for image in objects["CloudProfile"]["spec"]["machineImages"]:
        for version in image["versions"]:  # whether an image takes updates in place is a matter of test_images.py
            version["inPlaceUpdates"] = {"supported": True, "minVersionForUpdate": "1.0.0"}
    # Whether a version of Kubernetes is on offer is a matter of the edges of kubernetes_versions.
    offered = [f"1.{minor}.{patch}" for minor in range(26, 41) for patch in range(10)]
    objects["CloudProfile"]["spec"]["kubernetes"]["versions"] = [{"version": version} for version in offered]
    return objects


@pytest.fixture
def objects(example_objects: Objects) -> Objects:
    """Return a copy of the example's objects to change."""
    return copy.deepcopy(example_objects)


@pytest.fixture
def seed_objects(objects: Objects) -> Objects:
    """Return what a seed has of the example: Cluster, Infrastructure, Worker and the Secrets."""
    shoot, profile = objects.pop("Shoot"), objects.pop("CloudProfile")
    provider = shoot["spec"]["provider"]
    pools = []
    for worker in provider["workers"]:
        pool = {key: worker[key] for key in ("name", "minimum", "maximum", "maxSurge", "maxUnavailable", "zones")}
        pool |= {"machineType": worker["machine"]["type"], "machineImage": worker["machine"]["image"]}
        pool |= {"volume": worker["volume"], "dataVolumes": worker.get("dataVolumes", [])}
        pool["userDataSecretRef"] = {"name": f"{worker['name']}-user-data", "key": "cloud_config"}
        pools.append(pool)
    reference = {"name": "cloudprovider", "namespace": NAMESPACE}
    for item in objects.values():
        if item["kind"] == "Secret":
            item["metadata"]["namespace"] = NAMESPACE
    objects["BackupBucket"]["spec"]["secretRef"] = reference
    common = {"type": "alicloud", "region": "eu-central-1", "secretRef": reference}
    metadata = {"name": "canary", "namespace": NAMESPACE}
    return {
        **objects,
        "Cluster": {
            "apiVersion": EXTENSIONS,
            "kind": "Cluster",
            "metadata": {"name": NAMESPACE},
            "spec": {"shoot": shoot, "cloudProfile": profile, "seed": None},
        },
        "Infrastructure": {
            "apiVersion": EXTENSIONS,
            "kind": "Infrastructure",
            "metadata": metadata,
            "spec": {**common, "providerConfig": copy.deepcopy(provider["infrastructureConfig"])},
        },
        "Worker": {
            "apiVersion": EXTENSIONS,
            "kind": "Worker",
            "metadata": metadata,
            "spec": {**common, "pools": pools},
        },
    }


@pytest.fixture
def judge() -> Judge:
    """Return a function that reads and validates objects."""

    def judge_objects(objects: Objects, old: Objects | None = None) -> Findings:
        return validate(load(objects), None if old is None else load(old), now=NOW)

    return judge_objects


def load(objects: Objects) -> Manifests:
    """Return what reading the objects from a file gives; JSON is YAML."""
    text = "\n---\n".join(json.dumps(document) for document in objects.values())
    return collect_manifests(["-"], io.BytesIO(text.encode()))
