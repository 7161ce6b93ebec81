"""One change to the example, one problem: path, type and both values of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from provisioner.validation import Findings

Objects = dict[str, dict[str, Any]]
Judge = Callable[[Objects], Findings]
Change = Callable[[Objects], object]

CONFIG = "spec.provider.infrastructureConfig.networks"
POOL = "spec.provider.workers[0]"
HALVES_OF_A_KEY = 2


def shoot(objects: Objects) -> Any:
    return objects["Shoot"]["spec"]


def networks(objects: Objects) -> Any:
    return shoot(objects)["provider"]["infrastructureConfig"]["networks"]


def pool(objects: Objects) -> Any:
    return shoot(objects)["provider"]["workers"][0]


def profile(objects: Objects) -> Any:
    return objects["CloudProfile"]["spec"]


def test_the_example_is_valid_and_gives_no_warning(judge: Judge, objects: Objects) -> None:
    assert judge(objects) == Findings()


CASES: list[tuple[str, Change, str, str, str, list[str]]] = [
    # name, change, object, path, type, what the message says
    (
        "vpc with id and cidr",
        lambda o: networks(o)["vpc"].update(id="vpc-1"),
        "Shoot/canary",
        f"{CONFIG}.vpc",
        "Forbidden",
        ['"vpc-1"', '"10.250.0.0/16"', "exclude each other"],
    ),
    (
        "vpc without id and cidr",
        lambda o: networks(o)["vpc"].clear(),
        "Shoot/canary",
        f"{CONFIG}.vpc",
        "Required",
        ["exactly one of id and cidr"],
    ),
    (
        "vpc with empty id",
        lambda o: networks(o).update(vpc={"id": ""}),
        "Shoot/canary",
        f"{CONFIG}.vpc.id",
        "Required",
        ["must not be empty"],
    ),
    (
        "vpc cidr with host bits",
        lambda o: networks(o)["vpc"].update(cidr="10.250.1.0/16"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ['"10.250.1.0/16" is not in canonical form', "write 10.250.0.0/16"],
    ),
    (
        "vpc cidr that is none",
        lambda o: networks(o)["vpc"].update(cidr="10.250.0.0"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ['"10.250.0.0" is not an address range'],
    ),
    (
        "vpc cidr with a leading zero",
        lambda o: networks(o)["vpc"].update(cidr="10.250.00.0/16"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ["is not an address range"],
    ),
    (
        "vpc cidr with a mask",
        lambda o: networks(o)["vpc"].update(cidr="10.250.0.0/255.255.0.0"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ["is not in canonical form", "write 10.250.0.0/16"],
    ),
    (
        "vpc cidr of version 6",
        lambda o: networks(o)["vpc"].update(cidr="2001:db8::/56"),
        "Shoot/canary",
        f"{CONFIG}.vpc.cidr",
        "Invalid",
        ["is not an IPv4 range"],
    ),
    (
        "nat gateway choice in a new vpc",
        lambda o: networks(o)["vpc"].update(gardenerManagedNATGateway=False),
        "Shoot/canary",
        f"{CONFIG}.vpc.gardenerManagedNATGateway",
        "Forbidden",
        ["a new VPC always gets a managed NAT gateway"],
    ),
    (
        "own route table without managed nat gateway",
        lambda o: networks(o).update(vpc={"id": "vpc-1", "useCustomRouteTable": True}),
        "Shoot/canary",
        f"{CONFIG}.vpc.useCustomRouteTable",
        "Forbidden",
        ["needs a managed NAT gateway"],
    ),
    (
        "zone outside the vpc",
        lambda o: networks(o)["vpc"].update(cidr="10.250.0.0/18") or shoot(o)["networking"].pop("nodes"),
        "Shoot/canary",
        f"{CONFIG}.zones[2].workers",
        "Invalid",
        ["10.250.64.0/19", "not inside the VPC (10.250.0.0/18)"],
    ),
    (
        "zone outside the nodes",
        lambda o: shoot(o)["networking"].update(nodes="10.250.0.0/18"),
        "Shoot/canary",
        f"{CONFIG}.zones[2].workers",
        "Invalid",
        ["10.250.64.0/19", "not inside the nodes' range (10.250.0.0/18)"],
    ),
    (
        "nodes outside the vpc",
        lambda o: shoot(o)["networking"].update(nodes="10.248.0.0/14"),
        "Shoot/canary",
        "spec.networking.nodes",
        "Invalid",
        ["10.248.0.0/14", "not inside the VPC (10.250.0.0/16)"],
    ),
    (
        "zones that overlap",
        lambda o: networks(o)["zones"][1].update(workers="10.250.16.0/20"),
        "Shoot/canary",
        f"{CONFIG}.zones[1].workers",
        "Invalid",
        ["10.250.16.0/20", "overlaps zones[0] (10.250.0.0/19)"],
    ),
    (
        "deprecated worker with a wrong range",
        lambda o: networks(o)["zones"].__setitem__(1, {"name": "eu-central-1b", "worker": "10.250.33.0/19"}),
        "Shoot/canary",
        f"{CONFIG}.zones[1].worker",
        "Invalid",
        ['"10.250.33.0/19"', "write 10.250.32.0/19"],
    ),
    (
        "zone without a range",
        lambda o: networks(o)["zones"][1].pop("workers"),
        "Shoot/canary",
        f"{CONFIG}.zones[1].workers",
        "Required",
        ["is required"],
    ),
    (
        "zone twice",
        lambda o: networks(o)["zones"].append({"name": "eu-central-1a", "workers": "10.250.96.0/19"}),
        "Shoot/canary",
        f"{CONFIG}.zones[3].name",
        "Duplicate",
        ['"eu-central-1a" is also zones[0]'],
    ),
    (
        "zone that the region does not have",
        lambda o: networks(o)["zones"].append({"name": "eu-central-1d", "workers": "10.250.96.0/19"}),
        "Shoot/canary",
        f"{CONFIG}.zones[3].name",
        "NotSupported",
        ['"eu-central-1d"', "eu-central-1a, eu-central-1b, eu-central-1c"],
    ),
    (
        "nat gateway without an address",
        lambda o: networks(o)["zones"][0].update(natGateway={}),
        "Shoot/canary",
        f"{CONFIG}.zones[0].natGateway.eipAllocationID",
        "Required",
        ["is required"],
    ),
    (
        "ipv6 block out of range",
        lambda o: networks(o)["zones"][0].update(ipv6CidrBlock=256),
        "Shoot/canary",
        f"{CONFIG}.zones[0].ipv6CidrBlock",
        "Invalid",
        ["between 0 and 255", "256"],
    ),
    (
        "ipv6 block twice",
        lambda o: [networks(o)["zones"][index].update(ipv6CidrBlock=7) for index in (0, 1)],
        "Shoot/canary",
        f"{CONFIG}.zones[1].ipv6CidrBlock",
        "Duplicate",
        ["7", "zones[0]"],
    ),
    (
        "pods overlapping services",
        lambda o: shoot(o)["networking"].update(services="192.168.64.0/18"),
        "Shoot/canary",
        "spec.networking.services",
        "Invalid",
        ["192.168.64.0/18", "overlaps the pods' range (192.168.0.0/17)"],
    ),
    (
        "pods in the range that the cloud keeps",
        lambda o: shoot(o)["networking"].update(pods="100.96.0.0/11"),
        "Shoot/canary",
        "spec.networking.pods",
        "Invalid",
        ["100.96.0.0/11", "100.64.0.0/10"],
    ),
    (
        "services not canonical",
        lambda o: shoot(o)["networking"].update(services="192.168.128.1/17"),
        "Shoot/canary",
        "spec.networking.services",
        "Invalid",
        ["write 192.168.128.0/17"],
    ),
    (
        "no infrastructure config",
        lambda o: shoot(o)["provider"].pop("infrastructureConfig"),
        "Shoot/canary",
        "spec.provider.infrastructureConfig",
        "Required",
        ["is required"],
    ),
    (
        "another cloud",
        lambda o: shoot(o)["provider"].update(type="gcp"),
        "Shoot/canary",
        "spec.provider.type",
        "NotSupported",
        ['"gcp"', "alicloud"],
    ),
    (
        "no cloud profile in the input",
        lambda o: o.pop("CloudProfile"),
        "Shoot/canary",
        "spec.cloudProfile.name",
        "Required",
        ['CloudProfile "alicloud" is not in the input', "there are none"],
    ),
    (
        "another cloud profile in the input",
        lambda o: o["CloudProfile"]["metadata"].update(name="alicloud-china"),
        "Shoot/canary",
        "spec.cloudProfile.name",
        "Required",
        ['"alicloud"', "did you mean alicloud-china?"],
    ),
    (
        "cloud profile named the older way",
        lambda o: shoot(o).update(cloudProfile=None, cloudProfileName="ali"),
        "Shoot/canary",
        "spec.cloudProfileName",
        "Required",
        ['"ali"', "alicloud"],
    ),
    (
        "no cloud profile named",
        lambda o: shoot(o).pop("cloudProfile"),
        "Shoot/canary",
        "spec.cloudProfile.name",
        "Required",
        ["is required", "alicloud"],
    ),
    (
        "name with shell syntax",
        lambda o: o["Shoot"]["metadata"].update(name='a"; ${var.x} %{if}'),
        'Shoot/a"; ${var.x} %{if}',
        "metadata.name",
        "Invalid",
        ["is not a DNS label"],
    ),
    (
        "name with two hyphens",
        lambda o: o["Shoot"]["metadata"].update(name="ca--nary"),
        "Shoot/ca--nary",
        "metadata.name",
        "Invalid",
        ["two hyphens in a row"],
    ),
    (
        "name over the limit",
        lambda o: o["Shoot"]["metadata"].update(name="a" * 64),
        f"Shoot/{'a' * 64}",
        "metadata.name",
        "TooLong",
        ["64 characters", "63"],
    ),
    (
        "technical id with a path",
        lambda o: o["Shoot"]["status"].update(technicalID="shoot--demo--canary/../x"),
        "Shoot/canary",
        "status.technicalID",
        "Invalid",
        ["is not a DNS label"],
    ),
    (
        "uid with a path",
        lambda o: o["Shoot"]["status"].update(uid="../x"),
        "Shoot/canary",
        "status.uid",
        "Invalid",
        ['"../x" is not a uid'],
    ),
    (
        "namespace without a project",
        lambda o: o["Shoot"].pop("status") and o["Shoot"]["metadata"].update(namespace="default"),
        "Shoot/canary",
        "metadata.namespace",
        "Required",
        ["technical ID cannot be derived", '"default"'],
    ),
    (
        "minimum over maximum",
        lambda o: pool(o).update(minimum=7),
        "Shoot/canary",
        f"{POOL}.maximum",
        "Invalid",
        ["minimum 7", "maximum 6"],
    ),
    (
        "negative minimum",
        lambda o: pool(o).update(minimum=-1),
        "Shoot/canary",
        f"{POOL}.minimum",
        "Invalid",
        ["must not be negative", "-1"],
    ),
    (
        "surge that is no percentage",
        lambda o: pool(o).update(maxSurge="lots"),
        "Shoot/canary",
        f"{POOL}.maxSurge",
        "Invalid",
        ['"lots"', "25%"],
    ),
    (
        "unavailable beyond all",
        lambda o: pool(o).update(maxUnavailable="101%"),
        "Shoot/canary",
        f"{POOL}.maxUnavailable",
        "Invalid",
        ['"101%"'],
    ),
    (
        "pool name twice",
        lambda o: shoot(o)["provider"]["workers"][1].update(name="general"),
        "Shoot/canary",
        "spec.provider.workers[1].name",
        "Duplicate",
        ['"general"', "workers[0]"],
    ),
    (
        "pool name with quotes",
        lambda o: pool(o).update(name='a"b'),
        "Shoot/canary",
        f"{POOL}.name",
        "Invalid",
        ['"a"b" is not a DNS label'],
    ),
    (
        "pool without zones",
        lambda o: pool(o).update(zones=[]),
        "Shoot/canary",
        f"{POOL}.zones",
        "Required",
        ["at least one zone"],
    ),
    (
        "pool in a zone without a vswitch",
        lambda o: networks(o)["zones"].pop(),
        "Shoot/canary",
        f"{POOL}.zones[2]",
        "NotSupported",
        ['"eu-central-1c"', "eu-central-1a, eu-central-1b"],
    ),
    (
        "pool with a zone twice",
        lambda o: pool(o)["zones"].append("eu-central-1a"),
        "Shoot/canary",
        f"{POOL}.zones[3]",
        "Duplicate",
        ['"eu-central-1a" is also zones[0]'],
    ),
    (
        "machine type that is not offered",
        lambda o: pool(o)["machine"].update(type="ecs.g7.larg"),
        "Shoot/canary",
        f"{POOL}.machine.type",
        "NotSupported",
        ['"ecs.g7.larg" is not offered', "did you mean ecs.g7.large?"],
    ),
    (
        "machine type that is not usable",
        lambda o: profile(o)["machineTypes"][0].update(usable=False),
        "Shoot/canary",
        f"{POOL}.machine.type",
        "NotSupported",
        ['"ecs.g7.large" is not usable'],
    ),
    (
        "machine type that a zone does not have",
        lambda o: profile(o)["regions"][0]["zones"][2].update(unavailableMachineTypes=["ecs.g7.large"]),
        "Shoot/canary",
        f"{POOL}.machine.type",
        "NotSupported",
        ['"ecs.g7.large" cannot be had in zone eu-central-1c'],
    ),
    (
        "machine type of another architecture",
        lambda o: pool(o)["machine"].update(architecture="arm64"),
        "Shoot/canary",
        f"{POOL}.machine.architecture",
        "NotSupported",
        ['"amd64"', '"arm64"'],
    ),
    (
        "no system disk",
        lambda o: pool(o).pop("volume"),
        "Shoot/canary",
        f"{POOL}.volume",
        "Required",
        ["is required"],
    ),
    (
        "system disk without a type",
        lambda o: pool(o)["volume"].pop("type"),
        "Shoot/canary",
        f"{POOL}.volume.type",
        "Required",
        ["is required"],
    ),
    (
        "volume type that is not offered",
        lambda o: pool(o)["volume"].update(type="cloud_ssd"),
        "Shoot/canary",
        f"{POOL}.volume.type",
        "NotSupported",
        ['"cloud_ssd" is not offered', "cloud_efficiency, cloud_essd"],
    ),
    (
        "volume type that a zone does not have",
        lambda o: profile(o)["regions"][0]["zones"][2].update(unavailableVolumeTypes=["cloud_essd"]),
        "Shoot/canary",
        f"{POOL}.volume.type",
        "NotSupported",
        ['"cloud_essd" cannot be had in zone eu-central-1c'],
    ),
    (
        "volume size that is none",
        lambda o: pool(o)["volume"].update(size="big"),
        "Shoot/canary",
        f"{POOL}.volume.size",
        "Invalid",
        ['"big"', "50Gi"],
    ),
    (
        "volume without a size",
        lambda o: pool(o)["volume"].pop("size"),
        "Shoot/canary",
        f"{POOL}.volume.size",
        "Required",
        ["50Gi"],
    ),
    (
        "empty volume",
        lambda o: pool(o)["volume"].update(size="0Gi"),
        "Shoot/canary",
        f"{POOL}.volume.size",
        "Invalid",
        ["greater than zero"],
    ),
    (
        "data volume with a wrong name",
        lambda o: shoot(o)["provider"]["workers"][1]["dataVolumes"][0].update(name="1disk"),
        "Shoot/canary",
        "spec.provider.workers[1].dataVolumes[0].name",
        "Invalid",
        ['"1disk"'],
    ),
    (
        "data volume name twice",
        lambda o: shoot(o)["provider"]["workers"][1]["dataVolumes"].append(
            {"name": "pgdata", "type": "cloud_essd", "size": "20Gi"}
        ),
        "Shoot/canary",
        "spec.provider.workers[1].dataVolumes[1].name",
        "Duplicate",
        ['"pgdata" is also dataVolumes[0]'],
    ),
    (
        "too many data volumes",
        lambda o: pool(o).update(
            dataVolumes=[{"name": f"disk{n}", "type": "cloud_essd", "size": "20Gi"} for n in range(65)]
        ),
        "Shoot/canary",
        f"{POOL}.dataVolumes",
        "TooMany",
        ["65", "64"],
    ),
    (
        "kubelet volume that is not there",
        lambda o: pool(o).update(kubeletDataVolumeName="kubelet"),
        "Shoot/canary",
        f"{POOL}.kubeletDataVolumeName",
        "NotSupported",
        ['"kubelet"', "there are none"],
    ),
    (
        "no machine image",
        lambda o: pool(o)["machine"].pop("image"),
        "Shoot/canary",
        f"{POOL}.machine.image",
        "Required",
        ["is required"],
    ),
    (
        "machine image that is not mapped",
        lambda o: pool(o)["machine"].update(image={"name": "flatcar", "version": "1592.4.0"}),
        "Shoot/canary",
        f"{POOL}.machine.image",
        "NotSupported",
        ['"flatcar"', '"1592.4.0"', "eu-central-1", "coreos, gardenlinux"],
    ),
    (
        "machine image version that is not mapped",
        lambda o: pool(o)["machine"]["image"].update(version="1592.5.0"),
        "Shoot/canary",
        f"{POOL}.machine.image",
        "NotSupported",
        ['"1592.5.0"', "1443.10.0, 1592.4.0"],
    ),
    (
        "machine image without an id in the region",
        lambda o: profile(o)["providerConfig"]["machineImages"][0]["versions"][0]["regions"].pop(0),
        "Shoot/canary",
        f"{POOL}.machine.image",
        "NotSupported",
        ["in region eu-central-1", "has one in cn-shanghai"],
    ),
    (
        "cloud profile version without a mapping",
        lambda o: profile(o)["machineImages"][1]["versions"].append({"version": "2247.6.0"}),
        "CloudProfile/alicloud",
        "spec.machineImages[1].versions[1]",
        "Required",
        ['"2247.6.0"', '"coreos"', "2023.4.0"],
    ),
    (
        "mapping without regions",
        lambda o: profile(o)["providerConfig"]["machineImages"][1]["versions"][0].pop("regions"),
        "CloudProfile/alicloud",
        "spec.providerConfig.machineImages[1].versions[0].regions",
        "Required",
        ['"2023.4.0"', '"coreos"'],
    ),
    (
        "mapping with an empty id",
        lambda o: profile(o)["providerConfig"]["machineImages"][1]["versions"][0]["regions"][0].update(id=""),
        "CloudProfile/alicloud",
        "spec.providerConfig.machineImages[1].versions[0].regions[0].id",
        "Required",
        ["must not be empty"],
    ),
    (
        "mapping with flavors but no capabilities",
        lambda o: profile(o)["providerConfig"]["machineImages"][1]["versions"].__setitem__(
            0, {"version": "2023.4.0", "capabilityFlavors": [{"regions": [{"name": "eu-central-1", "id": "m-1"}]}]}
        ),
        "CloudProfile/alicloud",
        "spec.providerConfig.machineImages[1].versions[0].capabilityFlavors",
        "Forbidden",
        ["machineCapabilities"],
    ),
    (
        "bucket name that oss refuses",
        lambda o: o["BackupBucket"]["metadata"].update(name="Demo_Backups"),
        "BackupBucket/Demo_Backups",
        "metadata.name",
        "Invalid",
        ['"Demo_Backups" is not a bucket name'],
    ),
    (
        "bucket without its secret",
        lambda o: o["BackupBucket"]["spec"]["secretRef"].update(name="backup"),
        "BackupBucket/demo-garden-backups",
        "spec.secretRef.name",
        "Required",
        ['Secret "backup" is not in the input'],
    ),
    (
        "bucket kept for no time",
        lambda o: o["BackupBucket"]["spec"].update(
            providerConfig={
                "apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1",
                "kind": "BackupBucketConfig",
                "immutability": {"retentionType": "bucket", "retentionPeriod": 0},
            }
        ),
        "BackupBucket/demo-garden-backups",
        "spec.providerConfig.immutability.retentionPeriod",
        "Invalid",
        ["at least 1 day", "0"],
    ),
    (
        "half an access key",
        lambda o: o["Secret/cloudprovider"]["stringData"].pop("accessKeySecret"),
        "Secret/cloudprovider",
        "data.accessKeySecret",
        "Required",
        ["is required beside the other half"],
    ),
    (
        "access key id that is too short",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeyID="LTAI"),
        "Secret/cloudprovider",
        "stringData.accessKeyID",
        "Invalid",
        ["16 to 128"],
    ),
    (
        "access key secret with a line break",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeySecret="a" * 30 + "\n"),
        "Secret/cloudprovider",
        "stringData.accessKeySecret",
        "Invalid",
        ["begins or ends with a line break"],
    ),
    (
        "access key secret that is too short",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeySecret="abc"),
        "Secret/cloudprovider",
        "stringData.accessKeySecret",
        "Invalid",
        ["shorter than 30"],
    ),
]


@pytest.mark.parametrize(
    ("change", "object_", "path", "type_", "says"),
    [case[1:] for case in CASES],
    ids=[case[0].replace(" ", "-") for case in CASES],
)
def test_a_bad_manifest_gives_exactly_one_problem(  # noqa: PLR0917 - one column each
    judge: Judge, objects: Objects, change: Change, object_: str, path: str, type_: str, says: list[str]
) -> None:
    objects["Shoot"]["spec"]["provider"]["workers"][1]["zones"] = ["eu-central-1a"]
    has_status = "status" in path
    change(objects)
    if not has_status:
        # Without a status the shoot counts as new, so that every rule gives an error.
        objects["Shoot"].pop("status", None)
    findings = judge(objects)
    errors = [problem for problem in findings.errors if not is_second_pool(problem.path, path)]
    assert [(problem.object, problem.path, problem.type) for problem in errors] == [(object_, path, type_)]
    text = str(errors[0])
    assert [part for part in says if part not in text] == []


def is_second_pool(path: str, wanted: str) -> bool:
    """Both pools use the same volume type and image: a change to the CloudProfile hits both."""
    return path.startswith("spec.provider.workers[1]") and not wanted.startswith("spec.provider.workers[1]")


def test_all_problems_are_reported_at_once(judge: Judge, objects: Objects) -> None:
    networks(objects)["vpc"].clear()
    pool(objects).update(minimum=7)
    profile(objects)["providerConfig"]["machineImages"].pop()
    assert {problem.path for problem in judge(objects).errors} == {
        f"{CONFIG}.vpc",
        f"{POOL}.maximum",
        "spec.machineImages[1].versions[0]",
    }


def test_a_cloud_profile_without_a_mapping_is_named_beside_the_pools_that_miss_it(
    judge: Judge, objects: Objects
) -> None:
    del profile(objects)["providerConfig"]
    assert [(problem.object, problem.path) for problem in judge(objects).errors] == [
        ("CloudProfile/alicloud", "spec.providerConfig"),
        ("Shoot/canary", f"{POOL}.machine.image"),
        ("Shoot/canary", "spec.provider.workers[1].machine.image"),
    ]


def test_many_problems_of_one_rule_end_in_a_note(judge: Judge, objects: Objects) -> None:
    zones = [{"name": f"eu-central-1x{number}", "workers": "10.250.0.0/19"} for number in range(300)]
    networks(objects)["zones"] = zones
    overlaps = [problem for problem in judge(objects).errors if "overlaps" in problem.detail]
    notes = [problem for problem in judge(objects).errors if problem.type == "TooMany"]
    assert (len(overlaps), [note.detail for note in notes]) == (100, ["more than 100 problems like the last one"])


def test_more_pools_than_an_api_server_holds_are_not_looked_at(judge: Judge, objects: Objects) -> None:
    workers = [{**pool(objects), "name": f"pool-{number}"} for number in range(1001)]
    shoot(objects)["provider"]["workers"] = workers
    (problem,) = judge(objects).errors
    assert (problem.path, problem.detail) == ("spec.provider.workers", "1001 pools, the limit is 1000")


def test_a_region_without_id_matters_only_for_versions_in_use(judge: Judge, objects: Objects) -> None:
    profile(objects)["providerConfig"]["machineImages"][0]["versions"][1]["regions"][0]["name"] = "cn-shanghai"
    assert judge(objects).errors == ()


def test_a_rule_beyond_gardener_is_a_warning_for_a_running_shoot(judge: Judge, objects: Objects) -> None:
    networks(objects)["zones"].append({"name": "eu-central-1a", "workers": "10.250.96.0/19"})
    findings = judge(objects)
    assert findings.errors == ()
    assert [(problem.path, problem.type) for problem in findings.warnings] == [(f"{CONFIG}.zones[3].name", "Duplicate")]


def test_the_range_of_an_ignored_duplicate_zone_does_not_count(judge: Judge, objects: Objects) -> None:
    networks(objects)["zones"].append({"name": "eu-central-1a", "workers": "172.16.0.0/16"})
    assert judge(objects).errors == ()


def test_the_deprecated_worker_counts_when_workers_is_missing(judge: Judge, objects: Objects) -> None:
    zone = networks(objects)["zones"][0]
    zone["worker"] = zone.pop("workers")
    assert judge(objects).errors == ()


def test_a_shoot_without_status_gets_its_project_from_the_namespace(judge: Judge, objects: Objects) -> None:
    del objects["Shoot"]["status"]
    assert judge(objects).errors == ()


def test_a_shoot_in_an_unusual_namespace_needs_its_project(judge: Judge, objects: Objects) -> None:
    del objects["Shoot"]["status"]
    objects["Shoot"]["metadata"]["namespace"] = "team-a"
    objects["Project"] = {
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "Project",
        "metadata": {"name": "demo"},
        "spec": {"namespace": "team-a"},
    }
    assert judge(objects).errors == ()


def test_no_message_shows_a_credential(judge: Judge, objects: Objects) -> None:
    secret = objects["Secret/cloudprovider"]["stringData"]
    secret.update(accessKeyID="hunter2", accessKeySecret="hunter2")
    text = "\n".join(str(problem) for problem in judge(objects).errors)
    assert text.count("Secret/cloudprovider") == HALVES_OF_A_KEY
    assert "hunter2" not in text


def test_reading_warnings_are_among_the_findings(judge: Judge, objects: Objects) -> None:
    objects["ConfigMap"] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert [problem.object for problem in judge(objects).warnings] == ["ConfigMap"]
