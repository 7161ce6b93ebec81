"""Explicit Infrastructure, Worker and Cluster manifests, as a seed has them."""

from __future__ import annotations

import base64
from typing import Any

from provisioner.validation import Findings
from tests.unit.validation.example import EXTENSIONS, PROVIDER, Judge, Objects


def found(findings: Findings) -> list[tuple[str, str, str]]:
    return [(problem.object, problem.path, problem.type) for problem in findings.errors]


def test_the_objects_of_a_seed_are_valid(judge: Judge, seed_objects: Objects) -> None:
    assert judge(seed_objects) == Findings()


def test_an_infrastructure_alone_needs_no_cluster(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Cluster"], seed_objects["Worker"]
    seed_objects["Infrastructure"]["spec"]["providerConfig"]["networks"]["zones"][0]["workers"] = "10.250.128.0/19"
    assert judge(seed_objects).errors == ()


def test_pods_and_services_come_from_the_cluster(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Cluster"]["spec"]["shoot"]["spec"]["networking"]["pods"] = "10.250.0.0/20"
    assert ("Infrastructure/canary", "spec.providerConfig.networks.zones[0].workers", "Invalid") in found(
        judge(seed_objects)
    )


def test_an_infrastructure_needs_its_config(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Infrastructure"]["spec"]["providerConfig"]
    assert found(judge(seed_objects)) == [("Infrastructure/canary", "spec.providerConfig", "Required")]


def test_an_infrastructures_public_key_has_to_be_one(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Infrastructure"]["spec"]["sshPublicKey"] = base64.b64encode(b"-----BEGIN").decode()
    assert found(judge(seed_objects)) == [("Infrastructure/canary", "spec.sshPublicKey", "Invalid")]


def test_a_region_other_than_the_shoots_is_refused(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Infrastructure"]["spec"]["region"] = "cn-shanghai"
    assert ("Infrastructure/canary", "spec.region", "Invalid") in found(judge(seed_objects))


def test_a_worker_without_cluster_and_profile_cannot_find_its_images(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Cluster"]
    (problem,) = judge(seed_objects).errors
    assert (problem.path, problem.type) == ("metadata.namespace", "Required")
    assert 'Cluster "shoot--demo--canary" is not in the input' in problem.detail


def test_a_worker_finds_its_images_in_the_only_cloud_profile(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["CloudProfile"] = seed_objects.pop("Cluster")["spec"]["cloudProfile"]
    assert judge(seed_objects).errors == ()


def test_a_worker_without_namespace_needs_a_cluster(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["CloudProfile"] = seed_objects.pop("Cluster")["spec"]["cloudProfile"]
    del seed_objects["Infrastructure"]
    del seed_objects["Worker"]["metadata"]["namespace"]
    for item in seed_objects.values():
        item["metadata"].pop("namespace", None)
    assert found(judge(seed_objects)) == [("Worker/canary", "metadata.namespace", "Required")]


def test_a_worker_refers_to_user_data_that_must_be_there(judge: Judge, seed_objects: Objects) -> None:
    del seed_objects["Secret/general-user-data"]
    seed_objects["Secret/database-user-data"]["stringData"] = {"other": "x"}
    findings = judge(seed_objects)
    assert [(problem.path, problem.type) for problem in (*findings.notes, *findings.errors)] == [
        ("spec.pools[0].userDataSecretRef.name", "Required"),
        ("spec.pools[1].userDataSecretRef.key", "Required"),
    ]
    assert 'Secret "general-user-data" is not in the input' in findings.notes[0].detail


def test_the_zones_of_a_worker_are_those_of_its_infrastructure(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Infrastructure"]["spec"]["providerConfig"]["networks"]["zones"].pop()
    (problem,) = judge(seed_objects).errors
    assert (problem.object, problem.path) == ("Worker/canary", "spec.pools[0].zones[2]")
    assert "is not a zone of Infrastructure/canary" in problem.detail


def status_of(zones: list[str], images: list[dict[str, Any]]) -> dict[str, Any]:
    vswitches = [{"id": f"vsw-{zone}", "purpose": "nodes", "zone": zone} for zone in zones]
    groups = [{"id": "sg-1", "purpose": "nodes"}]
    vpc = {"id": "vpc-1", "vswitches": vswitches, "securityGroups": groups}
    return {"apiVersion": PROVIDER, "kind": "InfrastructureStatus", "vpc": vpc, "machineImages": images}


def test_the_infrastructure_status_wins_over_the_infrastructure(judge: Judge, seed_objects: Objects) -> None:
    status = status_of(["eu-central-1a", "eu-central-1b"], [])
    seed_objects["Worker"]["spec"]["infrastructureProviderStatus"] = status
    (problem,) = judge(seed_objects).errors
    assert "is not a zone of spec.infrastructureProviderStatus.vpc.vswitches" in problem.detail


def test_an_image_gone_from_the_profile_is_found_in_the_status(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Worker"]["spec"]["pools"][0]["machineImage"] = {"name": "gardenlinux", "version": "934.8.0"}
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    image = {"name": "gardenlinux", "version": "934.8.0", "id": "m-old"}
    seed_objects["Worker"]["spec"]["infrastructureProviderStatus"] = status_of(zones, [image])
    assert judge(seed_objects).errors == ()


def test_encrypted_disks_find_their_copy_in_the_status_alone(judge: Judge, seed_objects: Objects) -> None:
    pool = seed_objects["Worker"]["spec"]["pools"][0]
    pool["machineImage"] = {"name": "gardenlinux", "version": "934.8.0"}
    image = {"name": "gardenlinux", "version": "934.8.0", "id": "m-copy", "encrypted": True}
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    seed_objects["Worker"]["spec"]["infrastructureProviderStatus"] = status_of(zones, [image])
    assert ("Worker/canary", "spec.pools[0].machineImage", "NotSupported") in found(judge(seed_objects))
    pool["volume"]["encrypted"] = True
    assert judge(seed_objects).errors == ()


def test_an_image_in_the_status_stays_when_its_flavors_fit_no_more(judge: Judge, seed_objects: Objects) -> None:
    spec = seed_objects["Cluster"]["spec"]["cloudProfile"]["spec"]
    spec["machineCapabilities"] = [{"name": "boot", "values": ["uefi", "bios"]}]
    for machine in spec["machineTypes"]:
        machine["capabilities"] = {"boot": ["uefi"]}
    for image in spec["providerConfig"]["machineImages"]:
        for version in image["versions"]:
            flavor = {"capabilities": {"boot": ["bios"]}, "regions": version.pop("regions")}
            version["capabilityFlavors"] = [flavor]
    assert "no flavor of machine image" in judge(seed_objects).errors[0].detail
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    image = {"name": "gardenlinux", "version": "1592.4.0", "id": "m-old"}
    seed_objects["Worker"]["spec"]["infrastructureProviderStatus"] = status_of(zones, [image])
    assert judge(seed_objects).errors == ()


def test_problems_of_pools_have_the_workers_paths(judge: Judge, seed_objects: Objects) -> None:
    pool = seed_objects["Worker"]["spec"]["pools"][0]
    pool.update(machineType="ecs.none", minimum=9, volume={"type": "none", "size": "x"})
    assert [path for _, path, _ in found(judge(seed_objects))] == [
        "spec.pools[0].maximum",
        "spec.pools[0].machineType",
        "spec.pools[0].volume.size",
        "spec.pools[0].volume.type",
    ]


def test_a_config_of_its_own_is_checked_too(judge: Judge) -> None:
    config = {"apiVersion": PROVIDER, "kind": "InfrastructureConfig", "networks": {"vpc": {}, "zones": []}}
    assert found(judge({"config": config})) == [
        ("InfrastructureConfig", "networks.vpc", "Required"),
        ("InfrastructureConfig", "networks.zones", "Required"),
    ]


def test_an_empty_mapping_of_its_own_is_refused(judge: Judge) -> None:
    config = {"apiVersion": PROVIDER, "kind": "CloudProfileConfig", "machineImages": []}
    assert found(judge({"config": config})) == [("CloudProfileConfig", "machineImages", "Required")]


def test_a_backup_entry_must_be_a_path_in_a_bucket(judge: Judge) -> None:
    entry = {
        "apiVersion": EXTENSIONS,
        "kind": "BackupEntry",
        "metadata": {"name": "../other"},
        "spec": {"type": "alicloud", "region": "eu-central-1", "bucketName": "b"},
    }
    assert found(judge({"entry": entry})) == [
        ("BackupEntry/../other", "metadata.name", "Invalid"),
        ("BackupEntry/../other", "spec.bucketName", "Invalid"),
    ]
