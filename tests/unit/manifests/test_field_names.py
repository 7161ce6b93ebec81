"""Names that Gardener does not know, and values of a type that it does not take, in any object that is read."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from provisioner.errors import Problem
from provisioner.manifests import Manifests
from provisioner.manifests.field_names import catalogue
from provisioner.manifests.objects import KINDS

Load = Callable[[str], Manifests]
Refuse = Callable[[str], tuple[Problem, ...]]
Objects = dict[str, Any]
Warn = Callable[[Objects], tuple[Problem, ...]]

EXAMPLES = Path(__file__).parents[3] / "examples"
POOL = "spec.provider.workers[0]"


@pytest.fixture(scope="module")
def example() -> Objects:
    """Return objects of the examples by kind."""
    texts = (EXAMPLES / "06-extension-objects.yaml", EXAMPLES / "shoot.yaml")
    documents = [document for text in texts for document in yaml.safe_load_all(text.read_text()) if document]
    return {document["kind"]: document for document in documents if document["kind"] != "Secret"}


@pytest.fixture
def objects(example: Objects) -> Objects:
    return copy.deepcopy(example)


@pytest.fixture
def warn(load: Load) -> Warn:
    """Return a function that gives the warnings of reading objects."""
    return lambda objects: load("\n---\n".join(json.dumps(item) for item in objects.values())).warnings


def only(problems: tuple[Problem, ...]) -> Problem:
    (problem,) = problems
    return problem


def pool(objects: Objects) -> Any:
    return objects["Shoot"]["spec"]["provider"]["workers"][0]


@pytest.mark.parametrize(
    ("wrong", "known"),
    [
        ("minimun", "minimum"), ("dataVolume", "dataVolumes"), ("taint", "taints"), ("maxsurge", "maxSurge"),
        ("Minimum", "minimum"), ("max_unavailable", "maxUnavailable"), ("maxUnavailble", "maxUnavailable"),
        ("label", "labels"), ("kubeletDataVolume", "kubeletDataVolumeName"), ("sysctl", "sysctls"), ("cir", "cri"),
        ("updateStratgy", "updateStrategy"), ("zone", "zones"), ("xri", "cri"),
    ],
)  # fmt: skip
def test_misspelt_field_of_a_pool_is_named_with_the_field_that_was_meant(
    objects: Objects, warn: Warn, wrong: str, known: str
) -> None:
    pool(objects)[wrong] = pool(objects).pop(known, None)
    problem = only(warn(objects))
    place = f"{POOL}[{wrong}]" if "_" in wrong else f"{POOL}.{wrong}"
    assert (problem.object, problem.path, problem.type) == ("Shoot/canary", place, "Forbidden")
    assert problem.detail.startswith("unknown field: Gardener v1.")
    assert problem.fix == f"did you mean {known}?"


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("Shoot metadata lables", "did you mean labels?"),
        ("Shoot status technicalId", "did you mean technicalID?"),
        ("Shoot spec hibernaton", "did you mean hibernation?"),
        ("Shoot spec kubernetes kubeApiServer", "did you mean kubeAPIServer?"),
        ("Shoot spec maintenance timewindow", "did you mean timeWindow?"),
        ("Shoot spec networking node", "did you mean nodes?"),
        ("CloudProfile spec machineType", "did you mean machineTypes?"),
        ("CloudProfile spec machineImages 0 versions 0 architecture", "did you mean architectures?"),
        ("CloudProfile spec regions 0 zones 0 unavailableMachineType", "did you mean unavailableMachineTypes?"),
        ("Infrastructure spec sshPublickey", "did you mean sshPublicKey?"),
        ("Infrastructure status egressCidrs", "did you mean egressCIDRs?"),
        ("Infrastructure status providerStatus vpc routeTableId", "did you mean routeTableID?"),
        ("Worker spec pools 0 nodeTemplate virtualcapacity", "did you mean virtualCapacity?"),
        ("Worker spec infrastructureProviderStatus machineImage", "did you mean machineImages?"),
        ("Cluster spec shoot spec provider workers 0 maxsurge", "did you mean maxSurge?"),
        ("Cluster spec cloudProfile spec volumeType", "did you mean volumeTypes?"),
        ("Cluster spec seed spec provder", "did you mean provider?"),
        ("BackupBucket spec providerconfig", "did you mean providerConfig?"),
        ("Shoot spec nonsenseOfItsOwn", "correct its name or remove it"),
        ("Worker spec pools 0 nonsenseOfItsOwn", "correct its name or remove it"),
        ("BackupBucket nonsenseOfItsOwn", "correct its name or remove it"),
    ],
)
def test_unknown_field_anywhere_in_an_object_is_named(objects: Objects, warn: Warn, path: str, fix: str) -> None:
    objects["Cluster"]["spec"]["seed"] = {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "Seed", "spec": {}}
    objects["Infrastructure"]["status"] = {"providerStatus": {"vpc": {"id": "vpc-1"}}}
    objects["Worker"]["spec"]["infrastructureProviderStatus"] = {"vpc": {"id": "vpc-1"}}
    kind, *parts, name = path.split()
    value = objects[kind]
    for part in parts:
        value = value[int(part)] if isinstance(value, list) else value.setdefault(part, {})
    assert name not in value
    value[name] = {"a": 1}
    problem = only(warn(objects))
    assert problem.path == re.sub(r" (\d+)", r"[\1]", " ".join((*parts, name))).replace(" ", ".")
    assert problem.fix == fix


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        ("Secret", "stringdata: {a: hush}", "stringdata"),
        ("Project", "spec: {namespaces: garden-a}", "spec.namespaces"),
    ],
)
def test_unknown_field_of_other_objects_is_named_and_no_value_shown(
    load: Load, kind: str, text: str, path: str
) -> None:
    version = "v1" if kind == "Secret" else "core.gardener.cloud/v1beta1"
    problem = only(load(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{text}\n").warnings)
    assert problem.path == path
    assert "hush" not in str(problem)


def test_keys_of_maps_are_nobodys_typing_mistakes(objects: Objects, warn: Warn) -> None:
    keys = {"minimun": "1", "lables": "2", "example.org/x": "3"}
    shoot = objects["Shoot"]
    shoot["metadata"] |= {"labels": keys, "annotations": keys}
    pool(objects).update(labels=keys, annotations=keys, sysctls=keys)
    shoot["spec"] |= {
        "seedSelector": {"matchLabels": keys},
        "extensions": [{"type": "x", "providerConfig": {"minimun": {"lables": 1}}}],
    }
    shoot["spec"]["kubernetes"]["kubeAPIServer"] = {"featureGates": {"Minimun": True}}
    shoot["spec"]["networking"]["providerConfig"] = {"minimun": 1}
    objects["Worker"]["spec"]["pools"][0]["nodeTemplate"] = {"capacity": {"minimun": "1"}}
    profile = objects["CloudProfile"]["spec"]
    profile["machineCapabilities"] = [{"name": "minimun", "values": ["a"]}]
    profile["machineTypes"][0]["capabilities"] = {"minimun": ["a"]}
    assert warn(objects) == ()


def test_what_gardener_has_and_nothing_here_uses_is_silent(objects: Objects, warn: Warn) -> None:
    shoot = objects["Shoot"]
    shoot["metadata"] |= {
        "resourceVersion": "1",
        "managedFields": [{"nonsense": {"f:spec": {}}}],
        "ownerReferences": [],
    }
    shoot["spec"] |= {
        "addons": {"nginxIngress": {"enabled": False}},
        "maintenance": {"timeWindow": {"begin": "1", "end": "2"}},
    }
    shoot["status"] |= {"gardener": {"id": "a", "name": "b", "version": "c"}, "conditions": [], "hibernated": False}
    assert warn(objects) == ()


def test_status_of_a_newer_gardener_is_silent(objects: Objects, warn: Warn) -> None:
    objects["Shoot"]["status"] |= {"galacticPosition": {"x": 1}}
    objects["Infrastructure"].setdefault("status", {})["galacticPosition"] = 1
    objects["Worker"]["spec"]["infrastructureProviderStatus"] = {"vpc": {"id": "vpc-1"}, "galacticPosition": 1}
    assert warn(objects) == ()


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ({"autoUpdate": {"kubernetesVersion": "true"}}, "maintenance.autoUpdate.kubernetesVersion", "true or false"),
        ({"timeWindow": ["a"]}, "maintenance.timeWindow", "a mapping"),
        ({"timeWindow": {"begin": 5}}, "maintenance.timeWindow.begin", "text"),
    ],
)
def test_value_of_a_wrong_type_is_named_where_nothing_uses_it(
    objects: Objects, warn: Warn, value: Any, path: str, expected: str
) -> None:
    objects["Shoot"]["spec"]["maintenance"] = value
    problem = only(warn(objects))
    assert (problem.path, problem.type) == (f"spec.{path}", "Invalid")
    assert problem.detail.startswith(f"must be {expected}, not ")


def test_null_is_no_wrong_type(objects: Objects, warn: Warn) -> None:
    objects["Shoot"]["spec"] |= {"maintenance": None, "tolerations": [None], "addons": {"nginxIngress": None}}
    assert warn(objects) == ()


def test_missing_field_whose_name_is_misspelt_says_so(objects: Objects, refuse: Refuse) -> None:
    pools = objects["Worker"]["spec"]["pools"]
    pools[0]["minimun"] = pools[0].pop("minimum")
    problem = only(refuse(json.dumps(objects["Worker"])))
    assert (problem.path, problem.type) == ("spec.pools[0].minimum", "Required")
    assert problem.fix == "was minimun meant to be it?"


def test_attribute_names_are_not_read_from_manifests(objects: Objects, refuse: Refuse) -> None:
    config = objects["Shoot"]["spec"]["provider"]["infrastructureConfig"]
    config["dual_stack"] = {"enabled": True}
    problem = only(refuse(json.dumps(objects["Shoot"])))
    assert (problem.type, problem.fix) == ("Forbidden", "did you mean dualStack?")


def test_many_unknown_fields_are_counted_and_take_no_time(objects: Objects, warn: Warn) -> None:
    objects["Shoot"]["spec"] |= {f"technicalIDx{number}": 1 for number in range(20_000)}
    objects["Shoot"]["status"] |= {f"technicalIDx{number}": 1 for number in range(20_000)}
    started = time.process_time()
    problems = warn(objects)
    assert time.process_time() - started < 5
    assert len(problems) == 101
    assert problems[-1].type == "TooMany"


def test_examples_have_no_unknown_field() -> None:
    from provisioner.manifests import load_manifests

    for example in sorted(EXAMPLES.iterdir()):
        if example.suffix == ".yaml" or any(example.glob("*.yaml")):
            assert load_manifests([str(example)]).warnings == ()


GONE = {
    ("ext.WorkerPool", "userData"),  # Gardener wrote it there up to v1.100
}
"""Fields that are still read and that Gardener has no more."""


def modelled(model: type[BaseModel], name: str) -> Iterator[tuple[str, str, Any]]:
    """Yield type, field and annotation of each field that the models have, from a type of the catalogue on."""
    types = catalogue().types
    for attribute, field in model.model_fields.items():
        alias = field.alias or attribute
        yield name, alias, field.annotation
        below = next(iter(models_in(field.annotation)), None)
        inner = types[name].get(alias, "").lstrip("[{")
        if below is not None and inner in types:
            yield from modelled(below, inner)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def test_every_object_that_is_read_is_in_the_catalogue() -> None:
    assert {kind for kind, read in KINDS.items() if read.is_named} <= catalogue().kinds.keys()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in catalogue().kinds])
def test_every_field_that_is_read_is_one_of_gardeners(kind: str) -> None:
    known = catalogue()
    for name, field, _ in modelled(KINDS[kind].model, known.kinds[kind]):
        assert field in known.types[name] or (name, field) in GONE, f"{name} has no {field}"
