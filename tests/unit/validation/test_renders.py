"""
What `validate` calls valid, `render` renders: whatever is removed from manifests, blanked or swapped in them.

PROVISION_TEST_RENDERS sets how many manifests each test takes, 100 without it.
"""

from __future__ import annotations

import copy
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.cloud import real_access
from provisioner.errors import ManifestError
from provisioner.inputs import read_shoots
from provisioner.manifests import collect_manifests, load_manifests
from provisioner.validation import validate
from provisioner.workflows.render import render_target
from tests.unit.validation.example import PROVIDER, Objects

MANIFESTS = int(os.environ.get("PROVISION_TEST_RENDERS", "100"))
BLANK = (None, "", 0, -1, False, [], {}, "x", "\ud800", "1.5Gi", "10.250.0.0/16")
NAMESPACES = ("shoot--demo--canary", "garden-demo", "other")
QUIET = settings(
    max_examples=MANIFESTS,
    deadline=None,
    derandomize=MANIFESTS <= 100,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def applied_objects(seed_objects: Objects) -> Objects:
    """Return what a seed has of the example when the infrastructure is there: a Worker and its Cluster."""
    zones = [zone["name"] for zone in seed_objects.pop("Infrastructure")["spec"]["providerConfig"]["networks"]["zones"]]
    images = seed_objects["Worker"]["spec"]["pools"][0]["machineImage"]
    seed_objects["Worker"]["spec"]["infrastructureProviderStatus"] = {
        "apiVersion": PROVIDER,
        "kind": "InfrastructureStatus",
        "vpc": {
            "id": "vpc-1",
            "vswitches": [{"id": f"vsw-{zone}", "purpose": "nodes", "zone": zone} for zone in zones],
            "securityGroups": [{"id": "sg-1", "purpose": "nodes"}],
        },
        "keyPairName": "shoot--demo--canary-ssh-publickey",
        "machineImages": [{**images, "id": "m-1"}],
    }
    return seed_objects


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container in a value with each of its keys."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def with_metadata(item: Any, **fields: str) -> Any:
    """Return a copy of an object with other metadata, of anything else as it is."""
    if not isinstance(item, dict) or not isinstance(item.get("metadata"), dict):
        return copy.deepcopy(item)
    return {**copy.deepcopy(item), "metadata": {**item["metadata"], **fields}}


def mutate(draw: st.DrawFn, objects: Objects) -> None:
    """Remove, blank, double or swap something, in any object or with any object."""
    name = draw(st.sampled_from(sorted(objects)))
    container, key = draw(st.sampled_from([(objects, name), *places(objects[name])]))
    action = draw(st.sampled_from(["remove", "blank", "swap", "double", "rename", "move"]))
    if action == "remove":
        del container[key]
    elif action == "double" and isinstance(container, list):
        container.append(copy.deepcopy(container[key]))
    elif action == "double":
        objects["another"] = with_metadata(objects[name], name="another")
    elif action == "rename":
        container[key] = f"{container[key]}x"
    elif action == "move":
        objects[name] = with_metadata(objects[name], namespace=draw(st.sampled_from(NAMESPACES)))
    elif action == "swap":
        other, place = draw(st.sampled_from(list(places(objects))))
        container[key] = copy.deepcopy(other[place])
    else:
        container[key] = copy.deepcopy(draw(st.sampled_from(BLANK)))


def refusal(objects: Objects) -> str:
    """Return why valid objects are not rendered; empty if they are, are not valid or lack what is only noted."""
    data = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects.values())}).encode()
    findings = validate(collect_manifests(["-"], io.BytesIO(data)))
    if findings.errors or findings.notes:
        return ""
    try:
        for target in read_shoots(load_manifests(["-"], io.BytesIO(data)), {}, lambda _: None):
            access = real_access(target.credentials, target.bucket.credentials, target.bucket.region)
            render_target(target, access, with_secrets=True)
    except ManifestError as error:
        # Configurations alone can be valid, too.
        return "" if "has no Shoot, Infrastructure or Worker" in str(error) else str(error)
    return ""


def check(data: st.DataObject, objects: Objects) -> None:
    changed = copy.deepcopy(objects)
    for _ in range(data.draw(st.integers(1, 2))):
        mutate(data.draw, changed)
    assert refusal(changed) == ""


@QUIET
@given(data=st.data())
def test_a_valid_shoot_is_rendered(example_objects: Objects, data: st.DataObject) -> None:
    check(data, example_objects)


@QUIET
@given(data=st.data())
def test_valid_objects_of_a_seed_are_rendered(seed_objects: Objects, data: st.DataObject) -> None:
    check(data, seed_objects)


@QUIET
@given(data=st.data())
def test_a_valid_worker_with_its_status_is_rendered(applied_objects: Objects, data: st.DataObject) -> None:
    check(data, applied_objects)


@pytest.mark.parametrize("of", ["example_objects", "seed_objects", "applied_objects"])
def test_what_is_not_changed_is_rendered(request: pytest.FixtureRequest, of: str) -> None:
    assert refusal(request.getfixturevalue(of)) == ""
