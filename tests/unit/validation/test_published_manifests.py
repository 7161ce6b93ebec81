"""
What the documentation and the examples of Gardener and of the Alicloud extension say, in manifests of our own.

Source: gardener-extension-provider-alicloud docs/usage/usage.md, docs/operations/operations.md and example/; gardener
example/; read 2026-11.
"""

from __future__ import annotations

import base64
import copy
import io
from typing import Any

import pytest
import yaml

from provisioner.errors import ManifestError
from provisioner.manifests import load_manifests
from provisioner.validation import Findings, validate

CORE, EXTENSIONS = "core.gardener.cloud/v1beta1", "extensions.gardener.cloud/v1alpha1"
ALICLOUD = "alicloud.provider.extensions.gardener.cloud/v1alpha1"
NAMESPACE = "shoot--team--web"


def judge(*documents: dict[str, Any]) -> Findings:
    """Return what is wrong with the documents; what reading refuses counts as errors."""
    try:
        return validate(load_manifests(["-"], io.BytesIO(yaml.safe_dump_all(documents).encode())))
    except ManifestError as error:
        return Findings(errors=error.problems)


def paths(findings: Findings) -> list[str]:
    return [problem.path for problem in findings.errors]


def config(vpc: dict[str, Any], *zones: dict[str, Any], **more: Any) -> dict[str, Any]:
    networks = {"vpc": vpc, "zones": list(zones)}
    return {"apiVersion": ALICLOUD, "kind": "InfrastructureConfig", "networks": networks, **more}


def zone(name: str, workers: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "workers": workers, **more}


def mapping(region: str, *versions: str) -> dict[str, Any]:
    """Return a CloudProfileConfig with one image in one region."""
    known = [{"version": version, "regions": [{"name": region, "id": f"m-{version}"}]} for version in versions]
    images = [{"name": "linux", "versions": known}]
    return {"apiVersion": ALICLOUD, "kind": "CloudProfileConfig", "machineImages": images}


def profile(region: str = "eu-central-1", **spec: Any) -> dict[str, Any]:
    """Return a CloudProfile as short as the documentation's: one image, one type, two zones."""
    return {
        "apiVersion": CORE,
        "kind": "CloudProfile",
        "metadata": {"name": "alicloud"},
        "spec": {
            "type": "alicloud",
            "kubernetes": {"versions": [{"version": "1.32.0"}]},
            "machineImages": [{"name": "linux", "versions": [{"version": "1877.13.0"}]}],
            "machineTypes": [{"name": "ecs.g6.large", "cpu": "2", "gpu": "0", "memory": "8Gi"}],
            "volumeTypes": [{"name": "cloud_efficiency", "class": "standard"}],
            "regions": [{"name": region, "zones": [{"name": f"{region}a"}, {"name": f"{region}b"}]}],
            "providerConfig": mapping(region, "1877.13.0"),
            **spec,
        },
    }


def shoot(network: dict[str, Any], *zones: str, maximum: int = 2, **pool: Any) -> dict[str, Any]:
    """Return a Shoot as the documentation's: no ranges of pods and services, settings that do not matter here."""
    worker = {
        "name": "worker-a1b2c",
        "machine": {"type": "ecs.g6.large", "image": {"name": "linux", "version": "1877.13.0"}},
        "minimum": 2,
        "maximum": maximum,
        "volume": {"size": "50Gi", "type": "cloud_efficiency"},
        "zones": list(zones),
        **pool,
    }
    control_plane = {"apiVersion": ALICLOUD, "kind": "ControlPlaneConfig"}
    return {
        "apiVersion": CORE,
        "kind": "Shoot",
        "metadata": {"name": "web", "namespace": "garden-team"},
        "spec": {
            "cloudProfile": {"name": "alicloud"},
            "region": "eu-central-1",
            "secretBindingName": "account",
            "provider": {
                "type": "alicloud",
                "infrastructureConfig": network,
                "controlPlaneConfig": control_plane,
                "workers": [worker],
            },
            "networking": {"nodes": "10.250.0.0/16", "type": "calico"},
            "kubernetes": {"version": "1.32.0"},
            "maintenance": {"autoUpdate": {"kubernetesVersion": True, "machineImageVersion": True}},
            "addons": {"kubernetesDashboard": {"enabled": True}, "nginxIngress": {"enabled": True}},
        },
    }


A, B = "eu-central-1a", "eu-central-1b"
NEW = {"cidr": "10.250.0.0/16"}


def test_a_shoot_in_one_zone_is_valid() -> None:
    assert judge(profile(), shoot(config(NEW, zone(A, "10.250.0.0/19")), A)).errors == ()


def test_a_shoot_in_two_small_zones_with_an_encrypted_disk_is_valid() -> None:
    network = config(NEW, zone(A, "10.250.0.0/26"), zone(B, "10.250.0.64/26"))
    volume = {"size": "50Gi", "type": "cloud_efficiency", "encrypted": True}
    assert judge(profile(), shoot(network, A, B, maximum=4, volume=volume)).errors == ()


def test_disks_have_a_name_and_can_be_encrypted() -> None:
    disks = [{"name": "kubelet-dir", "type": "cloud_efficiency", "size": "25Gi", "encrypted": True}]
    network = config(NEW, zone(A, "10.250.0.0/19"))
    assert judge(profile(), shoot(network, A, dataVolumes=disks)).errors == ()
    del disks[0]["name"]
    assert paths(judge(profile(), shoot(network, A, dataVolumes=disks))) == [
        "spec.provider.workers[0].dataVolumes[0].name"
    ]


@pytest.mark.parametrize(
    ("network", "path"),
    [
        pytest.param(config({}, zone(A, "10.250.1.0/24")), "networks.vpc", id="neither id nor cidr"),
        pytest.param(config({"id": "v", **NEW}, zone(A, "10.250.1.0/24")), "networks.vpc", id="id and cidr"),
        pytest.param(config(NEW, zone(A, "10.251.1.0/24")), "networks.zones[0].workers", id="zone outside the VPC"),
        pytest.param(
            config({"id": "v", "useCustomRouteTable": True}, zone(A, "10.250.1.0/24")),
            "networks.vpc.useCustomRouteTable",
            id="route table of its own, gateway of others",
        ),
        pytest.param(
            config({"id": "v"}, zone(A, "10.250.0.0/24"), dualStack={"enabled": True}),
            "networks.zones[0].ipv6CidrBlock",
            id="existing VPC without a block",
        ),
        pytest.param(
            config(NEW, zone(A, "10.250.0.0/24", ipv6CidrBlock=256), dualStack={"enabled": True}),
            "networks.zones[0].ipv6CidrBlock",
            id="block over 255",
        ),
        pytest.param(
            config(
                NEW, zone(A, "10.250.0.0/24", ipv6CidrBlock=1), zone(B, "10.250.1.0/24"), dualStack={"enabled": True}
            ),
            "networks.zones[1].ipv6CidrBlock",
            id="position of a zone that another one names",
        ),
        pytest.param(
            config(
                NEW,
                zone(A, "10.250.0.0/24", natGateway={"eipAllocationID": "eip-1"}),
                zone(B, "10.250.1.0/24", natGateway={"eipAllocationID": "eip-1"}),
            ),
            "networks.zones[1].natGateway.eipAllocationID",
            id="one address for two zones",
        ),
    ],
)
def test_a_network_that_the_documentation_excludes_is_refused(network: dict[str, Any], path: str) -> None:
    assert paths(judge(network)) == [path]


@pytest.mark.parametrize(
    "network",
    [
        config(NEW, zone(A, "10.250.1.0/24")),
        config({"id": "v"}, zone(A, "10.250.1.0/24")),
        config({"id": "v", "gardenerManagedNATGateway": True}, zone(A, "10.250.1.0/24")),
        config({"id": "v", "gardenerManagedNATGateway": True, "useCustomRouteTable": True}, zone(A, "10.250.1.0/24")),
        config({**NEW, "useCustomRouteTable": True}, zone(A, "10.250.0.0/24"), dualStack={"enabled": True}),
        config({"id": "v"}, zone(A, "10.250.0.0/24", ipv6CidrBlock=0), dualStack={"enabled": True}),
        config(NEW, zone(A, "10.250.1.0/24", natGateway={"eipAllocationID": "eip-1"})),
    ],
)
def test_a_network_of_the_documentation_is_valid(network: dict[str, Any]) -> None:
    assert judge(network).errors == ()


def test_dual_stack_needs_a_region_with_network_load_balancers() -> None:
    network = config(NEW, zone("cn-beijing-f", "10.250.0.0/24"), dualStack={"enabled": True})
    without = copy.deepcopy(network)
    without["networks"]["zones"][0]["name"] = "me-east-1a"
    for region, given, errors in (("cn-beijing", network, []), ("me-east-1", without, ["spec.region"])):
        item = shoot(given, given["networks"]["zones"][0]["name"])
        item["spec"]["region"] = region
        offer = profile(region, regions=[{"name": region, "zones": [{"name": given["networks"]["zones"][0]["name"]}]}])
        assert paths(judge(offer, item)) == errors


def test_every_version_on_offer_has_to_be_mapped() -> None:
    images = [{"name": "linux", "versions": [{"version": "1877.13.0"}, {"version": "1877.14.0"}]}]
    assert paths(judge(profile(machineImages=images))) == ["spec.machineImages[0].versions[1]"]


def test_capability_flavors_can_stand_beside_the_flat_form() -> None:
    """The mixed form, in which a landscape moves to capabilities."""
    amd64 = {"architecture": ["amd64"]}
    offered = [
        {"version": "1877.13.0", "architectures": ["amd64"], "capabilityFlavors": [amd64], "classification": "preview"},
        {"version": "1877.10.0", "architectures": ["amd64"]},
    ]
    mapped = mapping("cn-shanghai", "1877.10.0")
    regions = [{"name": "cn-shanghai", "id": "m-1"}]
    mapped["machineImages"][0]["versions"].insert(
        0, {"version": "1877.13.0", "capabilityFlavors": [{"capabilities": amd64, "regions": regions}]}
    )
    spec = {
        "machineCapabilities": [{"name": "architecture", "values": ["amd64"]}],
        "machineImages": [{"name": "linux", "updateStrategy": "minor", "versions": offered}],
        "providerConfig": mapped,
    }
    assert judge(profile("cn-shanghai", **spec)).errors == ()
    del spec["machineCapabilities"]
    assert "spec.providerConfig.machineImages[0].versions[0].capabilityFlavors" in paths(
        judge(profile("cn-shanghai", **spec))
    )


def cluster(**spec: Any) -> dict[str, Any]:
    """Return a Cluster as the examples have it: nothing in it has a name, a type or a region."""
    offer = {"apiVersion": CORE, "kind": "CloudProfile", "spec": {"providerConfig": mapping("cn-beijing", "2135.6.0")}}
    inside = {"apiVersion": CORE, "kind": "Shoot", "spec": spec, "status": {"lastOperation": {"state": "Succeeded"}}}
    return {
        "apiVersion": EXTENSIONS,
        "kind": "Cluster",
        "metadata": {"name": NAMESPACE},
        "spec": {"cloudProfile": offer, "seed": {"apiVersion": CORE, "kind": "Seed"}, "shoot": inside},
    }


SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "cloudprovider", "namespace": NAMESPACE},
    "stringData": {"accessKeyID": "LTAI0123456789abcdef", "accessKeySecret": "a" * 30},
}


def extension(kind: str, **spec: Any) -> dict[str, Any]:
    reference = {"name": "cloudprovider", "namespace": NAMESPACE}
    return {
        "apiVersion": EXTENSIONS,
        "kind": kind,
        "metadata": {"name": "example", "namespace": NAMESPACE},
        "spec": {"type": "alicloud", "region": "cn-beijing", "secretRef": reference, **spec},
    }


def test_an_infrastructure_with_an_almost_empty_cluster_is_valid() -> None:
    networking = {"pods": "10.243.128.0/17", "services": "10.243.0.0/17"}
    network = config(NEW, zone("cn-beijing-f", "10.250.1.0/24"))
    assert (
        judge(cluster(networking=networking), SECRET, extension("Infrastructure", providerConfig=network)).errors == ()
    )


def test_a_worker_with_an_almost_empty_cluster_is_valid() -> None:
    status = {
        "apiVersion": ALICLOUD,
        "kind": "InfrastructureStatus",
        "vpc": {
            "id": "vpc-1",
            "vswitches": [{"purpose": "nodes", "id": "vsw-1", "zone": "cn-beijing-f"}],
            "securityGroups": [{"purpose": "nodes", "id": "sg-1"}],
        },
        "keyPairName": f"{NAMESPACE}-ssh-publickey",
    }
    pool = {
        "name": "cpu-worker",
        "machineType": "ecs.g6.xlarge",
        "machineImage": {"name": "linux", "version": "2135.6.0"},
        "minimum": 1,
        "maximum": 1,
        "maxSurge": 1,
        "maxUnavailable": 0,
        "updateStrategy": "AutoRollingUpdate",
        "userData": base64.b64encode(b"#!/bin/bash\necho hello\n").decode(),
        "volume": {"type": "cloud_efficiency", "size": "30Gi", "encrypted": True},
        "zones": ["cn-beijing-f"],
    }
    worker = extension("Worker", infrastructureProviderStatus=status, pools=[pool])
    assert judge(cluster(kubernetes={"version": "1.32.0"}), SECRET, worker).errors == ()


def test_a_bucket_with_and_without_protection_is_valid() -> None:
    for protection in (None, {"retentionType": "bucket", "retentionPeriod": 1, "locked": True}):
        bucket = extension("BackupBucket")
        bucket["metadata"] = {"name": "cloud--ali--ab1c2"}
        if protection is not None:
            bucket["spec"]["providerConfig"] = {
                "apiVersion": ALICLOUD,
                "kind": "BackupBucketConfig",
                "immutability": protection,
            }
        assert judge(bucket, SECRET).errors == ()
