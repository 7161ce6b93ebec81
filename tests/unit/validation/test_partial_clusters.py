"""Clusters that leave out what the extension's controllers do not read, and whose shoot is theirs alone."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from provisioner.errors import ManifestError
from provisioner.inputs import read_shoots
from provisioner.manifests import load_manifests
from provisioner.validation import Findings
from tests.unit.validation.example import Judge, Objects

CLUSTER = "Cluster/shoot--demo--canary"


def cluster(objects: Objects, part: str) -> Any:
    return objects["Cluster"]["spec"][part]["spec"]


def technical_ids(objects: Objects, *, checks: bool = True) -> list[str]:
    text = "\n---\n".join(json.dumps(document) for document in objects.values())
    manifests = load_manifests(["-"], io.BytesIO(text.encode()))
    return [found.identity.technical_id for found in read_shoots(manifests, {}, lambda _: None, checks=checks)]


def move(objects: Objects, namespace: str) -> None:
    """Move everything to another namespace on the seed."""
    objects["Cluster"]["metadata"]["name"] = namespace
    for item in objects.values():
        if "namespace" in item["metadata"]:
            item["metadata"]["namespace"] = namespace
        if "secretRef" in item["spec"] if "spec" in item else False:
            item["spec"]["secretRef"]["namespace"] = namespace


@pytest.mark.parametrize("field", ["type", "regions", "machineTypes", "volumeTypes", "machineImages"])
def test_a_field_that_the_copy_of_the_profile_leaves_out_is_not_missed(
    judge: Judge, seed_objects: Objects, field: str
) -> None:
    del cluster(seed_objects, "cloudProfile")[field]
    assert judge(seed_objects) == Findings()
    assert technical_ids(seed_objects) == ["shoot--demo--canary"]


@pytest.mark.parametrize("field", ["regions", "machineTypes", "volumeTypes", "machineImages"])
def test_an_empty_offer_in_the_copy_of_the_profile_is_not_known(
    judge: Judge, seed_objects: Objects, field: str
) -> None:
    cluster(seed_objects, "cloudProfile")[field] = []
    assert judge(seed_objects) == Findings()


def test_a_region_without_zones_in_the_copy_of_the_profile_is_not_known(judge: Judge, seed_objects: Objects) -> None:
    cluster(seed_objects, "cloudProfile")["regions"] = [{"name": "eu-central-1"}]
    assert judge(seed_objects) == Findings()


def test_an_offer_that_is_there_binds_the_pools(judge: Judge, seed_objects: Objects) -> None:
    cluster(seed_objects, "cloudProfile")["machineTypes"].pop(0)
    assert [problem.path for problem in judge(seed_objects).errors] == ["spec.pools[0].machineType"]


def test_the_images_of_a_worker_have_to_be_there(judge: Judge, seed_objects: Objects) -> None:
    del cluster(seed_objects, "cloudProfile")["providerConfig"]
    paths = {problem.path for problem in judge(seed_objects).errors}
    assert paths == {"spec.pools[0].machineImage", "spec.pools[1].machineImage"}


def test_an_infrastructure_needs_no_images(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Worker"], cluster(seed_objects, "cloudProfile")["providerConfig"]
    assert judge(seed_objects) == Findings()


def test_an_empty_offer_of_a_cloud_profile_itself_offers_nothing(judge: Judge, objects: Objects) -> None:
    objects["CloudProfile"]["spec"]["machineTypes"] = []
    paths = {problem.path for problem in judge(objects).errors if problem.object == "Shoot/canary"}
    assert paths == {"spec.provider.workers[0].machine.type", "spec.provider.workers[1].machine.type"}


@pytest.mark.parametrize("field", ["region", "provider", "networking", "kubernetes"])
def test_a_field_that_the_copy_of_the_shoot_leaves_out_is_not_missed(
    judge: Judge, seed_objects: Objects, field: str
) -> None:
    cluster(seed_objects, "shoot").pop(field, None)
    assert judge(seed_objects) == Findings()
    assert technical_ids(seed_objects) == ["shoot--demo--canary"]


def test_a_field_of_the_wrong_type_in_the_copy_of_the_shoot_is_an_error(judge: Judge, seed_objects: Objects) -> None:
    cluster(seed_objects, "shoot")["region"] = 3
    assert [(problem.object, problem.path) for problem in judge(seed_objects).errors] == [
        (CLUSTER, "spec.shoot.spec.region")
    ]


def test_an_unknown_field_of_a_provider_configuration_in_a_cluster_is_an_error(
    judge: Judge, seed_objects: Objects
) -> None:
    cluster(seed_objects, "cloudProfile")["providerConfig"]["machineImage"] = []
    assert [problem.type for problem in judge(seed_objects).errors] == ["Forbidden"]


def test_a_cluster_has_to_have_a_shoot_and_a_profile(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Cluster"]["spec"]["shoot"], seed_objects["Cluster"]["spec"]["cloudProfile"]
    assert {problem.path for problem in judge(seed_objects).errors} == {"spec.shoot", "spec.cloudProfile"}


def test_objects_of_an_old_version_in_a_cluster_are_read(judge: Judge, seed_objects: Objects) -> None:
    for part in ("shoot", "cloudProfile"):
        seed_objects["Cluster"]["spec"][part]["apiVersion"] = "core.gardener.cloud/v1alpha1"
    assert judge(seed_objects) == Findings()


def test_a_namespace_is_the_technical_id_where_the_shoot_has_none(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Cluster"]["spec"]["shoot"]["status"]
    assert judge(seed_objects) == Findings()
    assert technical_ids(seed_objects) == ["shoot--demo--canary"]


def test_a_self_hosted_shoot_has_the_technical_id_of_its_status(judge: Judge, seed_objects: Objects) -> None:
    move(seed_objects, "kube-system")
    assert judge(seed_objects) == Findings()
    assert technical_ids(seed_objects) == ["shoot--demo--canary"]


@pytest.mark.parametrize("technical_id", [None, "", "kube-system"])
def test_no_name_is_made_of_kube_system(judge: Judge, seed_objects: Objects, technical_id: str | None) -> None:
    move(seed_objects, "kube-system")
    seed_objects["Cluster"]["spec"]["shoot"]["status"]["technicalID"] = technical_id
    (problem,) = judge(seed_objects).errors
    assert (problem.object, problem.path, problem.type) == (
        "Cluster/kube-system",
        "spec.shoot.status.technicalID",
        "Required",
    )
    for checks in (True, False):
        with pytest.raises(ManifestError, match='"kube-system"'):
            technical_ids(seed_objects, checks=checks)


def test_no_name_is_made_of_kube_system_without_a_cluster(judge: Judge, seed_objects: Objects) -> None:
    move(seed_objects, "kube-system")
    del seed_objects["Cluster"], seed_objects["Worker"]
    (problem,) = judge(seed_objects).errors
    assert (problem.object, problem.path) == ("Infrastructure/canary", "metadata.namespace")


def test_no_shoot_has_the_technical_id_kube_system(judge: Judge, objects: Objects) -> None:
    objects["Shoot"]["status"]["technicalID"] = "kube-system"
    assert "status.technicalID" in {problem.path for problem in judge(objects).errors}


@pytest.mark.parametrize(("field", "value"), [("technicalID", "a/b"), ("uid", "../x")])
def test_what_names_are_made_of_has_to_be_a_name(judge: Judge, seed_objects: Objects, field: str, value: str) -> None:
    seed_objects["Cluster"]["spec"]["shoot"]["status"][field] = value
    assert [problem.path for problem in judge(seed_objects).errors] == [f"spec.shoot.status.{field}"]
