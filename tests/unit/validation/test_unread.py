"""An error of reading hides no other error, and what merely follows from it is none."""

from __future__ import annotations

import io
import json
from typing import Any

from provisioner.manifests import collect_manifests
from provisioner.validation import Findings, validate
from tests.unit.validation.example import Judge, Objects, networks, pool, profile

NETWORKS = "spec.provider.infrastructureConfig.networks"


def paths(findings: Findings) -> list[tuple[str, str]]:
    return [(problem.object, problem.path) for problem in findings.errors]


def judge_text(objects: Objects, text: str) -> Findings:
    """Return what is wrong with objects and a document that is no object."""
    documents = [json.dumps(document) for document in objects.values()]
    return validate(collect_manifests(["-"], io.BytesIO("\n---\n".join([*documents, text]).encode())))


def test_a_missing_name_does_not_hide_what_is_missing_below_it(judge: Judge, objects: Objects) -> None:
    profile(objects)["providerConfig"]["machineImages"].append({"versions": []})
    assert paths(judge(objects)) == [
        ("CloudProfile/alicloud", "spec.providerConfig.machineImages[2].name"),
        ("CloudProfile/alicloud", "spec.providerConfig.machineImages[2].versions"),
    ]


def test_a_field_of_the_wrong_type_does_not_hide_the_rules_for_others(judge: Judge, objects: Objects) -> None:
    pool(objects).update(maximum="many", name="NotAName")
    networks(objects)["zones"][1]["workers"] = "10.250.0.0/20"
    assert paths(judge(objects)) == [
        ("Shoot/canary", "spec.provider.workers[0].maximum"),
        ("Shoot/canary", f"{NETWORKS}.zones[1].workers"),
        ("Shoot/canary", "spec.provider.workers[0].name"),
    ]


def test_an_unknown_field_of_a_config_does_not_hide_the_rules_for_others(judge: Judge, objects: Objects) -> None:
    networks(objects)["zone"] = []
    networks(objects)["zones"][1]["workers"] = "10.250.0.0/20"
    assert paths(judge(objects)) == [
        ("Shoot/canary", f"{NETWORKS}.zone"),
        ("Shoot/canary", f"{NETWORKS}.zones[1].workers"),
    ]


def test_an_object_that_cannot_be_read_hides_no_error_of_another(judge: Judge, objects: Objects) -> None:
    objects["BackupBucket"]["spec"] = "none"
    pool(objects)["minimum"] = 99
    assert paths(judge(objects)) == [
        ("BackupBucket/demo-garden-backups", "spec"),
        ("Shoot/canary", "spec.provider.workers[0].maximum"),
    ]


def test_a_document_that_is_no_yaml_hides_no_error_of_another(objects: Objects) -> None:
    pool(objects)["minimum"] = 99
    assert [path for _, path in paths(judge_text(objects, "a: ["))] == ["", "spec.provider.workers[0].maximum"]


def test_what_may_be_in_an_unreadable_document_is_not_missed(objects: Objects) -> None:
    for name in ("CloudProfile", "BackupBucket", "Secret/cloudprovider"):
        del objects[name]
    findings = judge_text(objects, "a: [")
    assert (len(findings.errors), findings.notes) == (1, ())


def test_a_cloud_profile_of_another_version_is_not_missed(judge: Judge, objects: Objects) -> None:
    objects["CloudProfile"]["apiVersion"] = "garden.sapcloud.io/v1beta1"
    assert paths(judge(objects)) == [("CloudProfile/alicloud", "apiVersion")]


def test_of_a_wrong_version_of_the_right_group_the_rest_is_checked(judge: Judge, objects: Objects) -> None:
    objects["Shoot"]["apiVersion"] = "core.gardener.cloud/v1"
    pool(objects)["minimum"] = 99
    assert [path for _, path in paths(judge(objects))] == ["apiVersion", "spec.provider.workers[0].maximum"]


def test_an_object_without_a_name_is_checked_and_called_by_its_document(judge: Judge, objects: Objects) -> None:
    del objects["Shoot"]["metadata"]["name"]
    pool(objects)["minimum"] = 99
    (no_name, rule) = judge(objects).errors
    assert (no_name.path, rule.path) == ("metadata.name", "spec.provider.workers[0].maximum")
    assert no_name.object == rule.object
    assert rule.object.startswith("standard input document")


def test_a_machine_type_without_a_name_makes_no_pool_wrong(judge: Judge, objects: Objects) -> None:
    for machine in profile(objects)["machineTypes"]:
        del machine["name"]
    assert {object_ for object_, _ in paths(judge(objects))} == {"CloudProfile/alicloud"}


def test_an_image_without_a_version_makes_no_pool_wrong(judge: Judge, objects: Objects) -> None:
    profile(objects)["providerConfig"]["machineImages"][0]["versions"][0]["version"] = []
    assert paths(judge(objects)) == [
        ("CloudProfile/alicloud", "spec.providerConfig.machineImages[0].versions[0].version")
    ]


def test_the_readable_rest_of_a_profile_binds_pools(judge: Judge, objects: Objects) -> None:
    del profile(objects)["machineTypes"][0]["name"]
    pool(objects)["volume"]["type"] = "cloud_none"
    assert ("Shoot/canary", "spec.provider.workers[0].volume.type") in paths(judge(objects))


def test_a_zone_without_a_name_makes_no_pool_wrong(judge: Judge, objects: Objects) -> None:
    del networks(objects)["zones"][0]["name"]
    assert paths(judge(objects)) == [("Shoot/canary", f"{NETWORKS}.zones[0].name")]


def test_a_range_of_the_wrong_type_is_not_missed(judge: Judge, objects: Objects) -> None:
    networks(objects)["vpc"] = {"cidr": 10}
    assert paths(judge(objects)) == [("Shoot/canary", f"{NETWORKS}.vpc.cidr")]


def test_two_objects_of_one_name_are_one_error(objects: Objects) -> None:
    assert paths(judge_text(objects, json.dumps(objects["Shoot"]))) == [("Shoot/canary", "metadata.name")]


def test_a_status_of_the_wrong_type_makes_no_shoot_new(judge: Judge, objects: Objects) -> None:
    objects["Shoot"]["status"] = "unknown"
    networks(objects)["zones"].append(dict(networks(objects)["zones"][0]))
    findings = judge(objects)
    assert (paths(findings)[0], [warning.path for warning in findings.warnings]) == (
        ("Shoot/canary", "status"),
        [f"{NETWORKS}.zones[3].name"],
    )


def test_an_old_object_that_cannot_be_read_hides_no_error(judge: Judge, objects: Objects) -> None:
    old: Any = json.loads(json.dumps(objects))
    old["Shoot"]["spec"]["region"] = 3
    pool(objects).update(minimum=99)
    found = judge(objects, old).errors
    assert [(problem.path, problem.detail[:7]) for problem in found] == [
        ("spec.region", "(--old)"),
        ("spec.provider.workers[0].maximum", found[1].detail[:7]),
    ]


def test_user_data_with_an_error_is_not_missed_in_the_worker(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Secret/general-user-data"]["stringData"] = {"cloud_config": 3}
    assert paths(judge(seed_objects)) == [("Secret/general-user-data", "stringData[cloud_config]")]


def test_half_of_an_access_key_that_cannot_be_read_is_not_missed(judge: Judge, objects: Objects) -> None:
    objects["Secret/cloudprovider"]["stringData"].update(accessKeyID=3, accessKeySecret="short")
    assert paths(judge(objects)) == [
        ("Secret/cloudprovider", "stringData.accessKeyID"),
        ("Secret/cloudprovider", "stringData.accessKeySecret"),
    ]


def test_a_cluster_that_cannot_be_read_is_not_missed(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Cluster"]["spec"]["shoot"]["kind"] = "Seed"
    assert paths(judge(seed_objects)) == [("Cluster/shoot--demo--canary", "spec.shoot.kind")]


def test_a_vswitch_without_a_zone_makes_no_pool_wrong(judge: Judge, seed_objects: Objects) -> None:
    vpc = {"id": "vpc-1", "vswitches": [{"id": "vsw-1"}], "securityGroups": [{"id": "sg-1", "purpose": "nodes"}]}
    seed_objects["Worker"]["spec"]["infrastructureProviderStatus"] = {"vpc": vpc}
    assert paths(judge(seed_objects)) == [("Worker/canary", "spec.infrastructureProviderStatus.vpc.vswitches[0].zone")]
