"""A Shoot's worker pools: one change to the example, one problem."""

from __future__ import annotations

from tests.unit.validation.cases import Case, one_problem_each
from tests.unit.validation.example import POOL, PROVIDER, Judge, Objects, networks, pool, profile, shoot

CASES = [
    Case(
        "minimum over maximum",
        lambda o: pool(o).update(minimum=7),
        "Shoot/canary",
        f"{POOL}.maximum",
        "Invalid",
        ["minimum 7", "maximum 6"],
    ),
    Case(
        "negative minimum",
        lambda o: pool(o).update(minimum=-1),
        "Shoot/canary",
        f"{POOL}.minimum",
        "Invalid",
        ["must not be negative", "-1"],
    ),
    Case(
        "surge that is no percentage",
        lambda o: pool(o).update(maxSurge="lots"),
        "Shoot/canary",
        f"{POOL}.maxSurge",
        "Invalid",
        ['"lots"', "25%"],
    ),
    Case(
        "unavailable beyond all",
        lambda o: pool(o).update(maxUnavailable="101%"),
        "Shoot/canary",
        f"{POOL}.maxUnavailable",
        "Invalid",
        ['"101%"'],
    ),
    Case(
        "pool name twice",
        lambda o: shoot(o)["provider"]["workers"][1].update(name="general"),
        "Shoot/canary",
        "spec.provider.workers[1].name",
        "Duplicate",
        ['"general"', "workers[0]"],
    ),
    Case(
        "pool name with quotes",
        lambda o: pool(o).update(name='a"b'),
        "Shoot/canary",
        f"{POOL}.name",
        "Invalid",
        ['"a"b" is not a DNS label'],
    ),
    Case(
        "pool without zones",
        lambda o: pool(o).update(zones=[]),
        "Shoot/canary",
        f"{POOL}.zones",
        "Required",
        ["at least one zone"],
    ),
    Case(
        "pool in a zone without a vswitch",
        lambda o: networks(o)["zones"].pop(),
        "Shoot/canary",
        f"{POOL}.zones[2]",
        "NotSupported",
        ['"eu-central-1c"', "eu-central-1a, eu-central-1b"],
    ),
    Case(
        "pool with a zone twice",
        lambda o: pool(o)["zones"].append("eu-central-1a"),
        "Shoot/canary",
        f"{POOL}.zones[3]",
        "Duplicate",
        ['"eu-central-1a" is also zones[0]'],
    ),
    Case(
        "machine type that is not offered",
        lambda o: pool(o)["machine"].update(type="ecs.g7.larg"),
        "Shoot/canary",
        f"{POOL}.machine.type",
        "NotSupported",
        ['"ecs.g7.larg" is not offered', "did you mean ecs.g7.large?"],
    ),
    Case(
        "machine type that is not usable",
        lambda o: profile(o)["machineTypes"][0].update(usable=False),
        "Shoot/canary",
        f"{POOL}.machine.type",
        "NotSupported",
        ['"ecs.g7.large" is not usable'],
    ),
    Case(
        "machine type that a zone does not have",
        lambda o: profile(o)["regions"][0]["zones"][2].update(unavailableMachineTypes=["ecs.g7.large"]),
        "Shoot/canary",
        f"{POOL}.machine.type",
        "NotSupported",
        ['"ecs.g7.large" is not available in zone eu-central-1c'],
    ),
    Case(
        "machine type of another architecture",
        lambda o: pool(o)["machine"].update(architecture="arm64"),
        "Shoot/canary",
        f"{POOL}.machine.architecture",
        "NotSupported",
        ['"amd64"', '"arm64"'],
    ),
    Case(
        "no system disk",
        lambda o: pool(o).pop("volume"),
        "Shoot/canary",
        f"{POOL}.volume",
        "Required",
        ["is required"],
    ),
    Case(
        "system disk without a type",
        lambda o: pool(o)["volume"].pop("type"),
        "Shoot/canary",
        f"{POOL}.volume.type",
        "Required",
        ["is required"],
    ),
    Case(
        "volume type that is not offered",
        lambda o: pool(o)["volume"].update(type="cloud_ssd"),
        "Shoot/canary",
        f"{POOL}.volume.type",
        "NotSupported",
        ['"cloud_ssd" is not offered', "cloud_efficiency, cloud_essd"],
    ),
    Case(
        "volume type that a zone does not have",
        lambda o: profile(o)["regions"][0]["zones"][2].update(unavailableVolumeTypes=["cloud_essd"]),
        "Shoot/canary",
        f"{POOL}.volume.type",
        "NotSupported",
        ['"cloud_essd" is not available in zone eu-central-1c'],
    ),
    Case(
        "volume size that is none",
        lambda o: pool(o)["volume"].update(size="big"),
        "Shoot/canary",
        f"{POOL}.volume.size",
        "Invalid",
        ['"big"', "50Gi"],
    ),
    Case(
        "volume without a size",
        lambda o: pool(o)["volume"].pop("size"),
        "Shoot/canary",
        f"{POOL}.volume.size",
        "Required",
        ["50Gi"],
    ),
    Case(
        "empty volume",
        lambda o: pool(o)["volume"].update(size="0Gi"),
        "Shoot/canary",
        f"{POOL}.volume.size",
        "Invalid",
        ["greater than zero"],
    ),
    Case(
        "data volume with a wrong name",
        lambda o: shoot(o)["provider"]["workers"][1]["dataVolumes"][0].update(name="1disk"),
        "Shoot/canary",
        "spec.provider.workers[1].dataVolumes[0].name",
        "Invalid",
        ['"1disk"'],
    ),
    Case(
        "data volume name twice",
        lambda o: shoot(o)["provider"]["workers"][1]["dataVolumes"].append(
            {"name": "pgdata", "type": "cloud_essd", "size": "20Gi"}
        ),
        "Shoot/canary",
        "spec.provider.workers[1].dataVolumes[1].name",
        "Duplicate",
        ['"pgdata" is also dataVolumes[0]'],
    ),
    Case(
        "too many data volumes",
        lambda o: pool(o).update(
            dataVolumes=[{"name": f"disk{n}", "type": "cloud_essd", "size": "20Gi"} for n in range(65)]
        ),
        "Shoot/canary",
        f"{POOL}.dataVolumes",
        "TooMany",
        ["65", "64"],
    ),
    Case(
        "kubelet volume that is not there",
        lambda o: pool(o).update(kubeletDataVolumeName="kubelet"),
        "Shoot/canary",
        f"{POOL}.kubeletDataVolumeName",
        "NotSupported",
        ['"kubelet"', "there are none"],
    ),
    Case(
        "machine image without an id in the region",
        lambda o: profile(o)["providerConfig"]["machineImages"][0]["versions"][0]["regions"].pop(0),
        "Shoot/canary",
        f"{POOL}.machine.image",
        "NotSupported",
        ["in region eu-central-1", "has one in cn-shanghai"],
    ),
]

test_a_bad_pool_gives_exactly_one_problem = one_problem_each(CASES)


def test_more_pools_than_an_api_server_holds_are_not_looked_at(judge: Judge, objects: Objects) -> None:
    workers = [{**pool(objects), "name": f"pool-{number}"} for number in range(1001)]
    shoot(objects)["provider"]["workers"] = workers
    (problem,) = judge(objects).errors
    assert (problem.path, problem.detail) == ("spec.provider.workers", "1001 pools, the limit is 1000")


def test_provider_configuration_of_a_pool_is_said_to_be_unused(objects: Objects, judge: Judge) -> None:
    pool(objects)["providerConfig"] = {"apiVersion": PROVIDER, "kind": "WorkerConfig", "nodeTemplate": {}}
    found = judge(objects)
    (warning,) = found.warnings
    assert not found.errors
    assert warning.path == f"{POOL}.providerConfig"
    assert "the Alicloud extension has no configuration for worker pools" in warning.detail


def test_provider_configuration_of_a_workers_pool_is_said_to_be_unused(seed_objects: Objects, judge: Judge) -> None:
    seed_objects["Worker"]["spec"]["pools"][0]["providerConfig"] = {}
    assert [warning.path for warning in judge(seed_objects).warnings] == ["spec.pools[0].providerConfig"]
