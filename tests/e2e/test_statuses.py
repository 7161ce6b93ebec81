"""What a run says of a shoot: statuses as the Alicloud extension writes them, fit to be handed on."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from tests.e2e.conftest import Provision
from tests.e2e.shoot_sandbox import ShootSandbox
from tests.e2e.variants import (
    ARM_IMAGE,
    ARM_POOL,
    NAMESPACE,
    POOLS,
    Change,
    Documents,
    append,
    example,
    offer_arm,
    only_zones,
    pool,
    put,
    seed_objects,
    take,
)
from tests.e2e.worker_variants import encrypted
from tests.spreads import LONG, spread

GARDENLINUX = "m-gw8zh0gqr3b3gjb7l7q3"
OTHER_GARDENLINUX = "m-gw8g2wr01dy85m6hnyv7"
TAINT = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}


def write(provision: Provision, name: str, documents: Documents, *kinds: str) -> str:
    """Write documents, all or those of some kinds and every Secret, and return the file."""
    chosen = [item for item in documents.values() if not kinds or item["kind"] in (*kinds, "Secret", "BackupBucket")]
    path = provision.folder / name
    path.write_text(yaml.safe_dump_all(chosen, sort_keys=False))
    return str(path)


def changed(*changes: Change) -> Documents:
    """Return the example's manifests after changes."""
    documents = example()
    for change in changes:
        change(documents)
    return documents


def test_infrastructure_then_worker_fed_by_the_printed_status_are_the_shoot(provision: Provision) -> None:
    documents = changed(seed_objects)
    first = write(provision, "infrastructure.yaml", documents, "Cluster", "Infrastructure")
    printed = provision.ok("apply", first).out.partition("---\n")[2]
    status = yaml.safe_load(printed)
    assert status["kind"] == "InfrastructureStatus"
    assert status["machineImages"] == [{"name": "gardenlinux", "version": "1592.4.0", "id": GARDENLINUX}]
    documents["Worker"]["spec"]["infrastructureProviderStatus"] = status
    second = write(provision, "worker.yaml", documents, "Cluster", "Worker")
    provision.ok("apply", second)
    shoot = write(provision, "shoot.yaml", example())
    assert provision.ok("plan", shoot, "-o", "json").document["hasChanges"] is False
    fed = provision.ok("status", second, "-o", "json").document
    assert fed == provision.ok("status", shoot, "-o", "json").document
    assert fed["infrastructureStatus"] == status
    provision.ok("destroy", second)
    provision.ok("destroy", first)
    assert provision.counts() == {}


@LONG
def test_an_encrypted_copy_that_a_worker_was_fed_with_stays_the_shoots(provision: Provision) -> None:
    documents = changed(encrypted, seed_objects)
    first = write(provision, "infrastructure.yaml", documents, "Cluster", "Infrastructure")
    status = provision.ok("apply", first, "-o", "json").document["infrastructureStatus"]
    theirs = {"name": "gardenlinux", "version": "1592.4.0", "id": OTHER_GARDENLINUX, "encrypted": True}
    status["machineImages"].append(theirs)
    documents["Worker"]["spec"]["infrastructureProviderStatus"] = status
    provision.ok("apply", write(provision, "worker.yaml", documents, "Cluster", "Worker"))
    shoot = write(provision, "shoot.yaml", changed(encrypted))
    assert provision.ok("plan", shoot, "-o", "json").document["hasChanges"] is False
    images = provision.ok("status", shoot, "-o", "json").document["workerStatus"]["machineImages"]
    assert sorted(images, key=lambda image: str(image["id"])) == sorted(
        [theirs, {"name": "gardenlinux", "version": "1592.4.0", "id": GARDENLINUX}], key=lambda image: str(image["id"])
    )


@LONG
def test_what_nodes_carry_is_in_the_status_and_a_change_of_it_touches_no_machine(provision: Provision) -> None:
    fields: dict[str, Any] = {
        "labels": {"workload": "db"},
        "annotations": {"example.org/owner": "team"},
        "taints": [TAINT],
        "priority": 7,
        "maxSurge": "50%",
        "maxUnavailable": 1,
    }
    documents = changed(put(POOLS, [pool("db", "ba", 3, 5, **fields)]))
    provision.begin_applied(write(provision, "before.yaml", documents))
    status = provision.ok("status", provision.folder / "before.yaml", "-o", "json").document
    first, second = status["machineDeployments"]
    assert (first["name"], first["pool"], first["zone"]) == (f"{NAMESPACE}-db-eu-central-1b", "db", "eu-central-1b")
    names = ("minimum", "maximum", "maxSurge", "maxUnavailable", "priority")
    assert [first[name] for name in names] == [2, 3, "60%", 1, 7]
    assert [second[name] for name in names] == [1, 2, "40%", 0, 7]
    assert (first["annotations"], first["taints"]) == (fields["annotations"], [TAINT])
    assert first["labels"]["workload"] == "db"
    assert first["labels"]["topology.diskplugin.csi.alibabacloud.com/zone"] == "eu-central-1b"
    assert first["nodeTemplate"]["capacity"] == {"cpu": "2", "gpu": "0", "memory": "8Gi"}
    assert first["scalingGroupID"].startswith("asg-")
    assert first["scalingConfigurationID"].startswith("asc-")

    documents["Shoot"]["spec"]["provider"]["workers"][0]["taints"] = []
    after = write(provision, "after.yaml", documents)
    applied = provision.ok("apply", after, "-o", "json").document
    assert (applied["changed"], applied["rolling"]) == ({"worker": 0}, [])
    assert [item["taints"] for item in applied["machineDeployments"]] == [[], []]
    assert provision("plan", after).code == 0


def test_each_image_in_use_is_in_the_status_with_what_it_can_do(provision: Provision) -> None:
    file = write(provision, "shoot.yaml", changed(offer_arm, append(POOLS, ARM_POOL)))
    images = provision.begin_applied(file, "-o", "json").document["workerStatus"]["machineImages"]
    expected = [("amd64", GARDENLINUX), ("arm64", ARM_IMAGE)]
    assert sorted((item["capabilities"]["architecture"][0], item["id"]) for item in images) == expected


# --- what left the CloudProfile ---


def drop_version(documents: Documents) -> None:
    """Let the CloudProfile forget the version that the example uses, and offer another one."""
    spec = (documents.get("Cluster") or {}).get("spec", {}).get("cloudProfile", documents.get("CloudProfile"))["spec"]
    for image in (*spec["machineImages"], *spec["providerConfig"]["machineImages"]):
        image["versions"] = [version for version in image["versions"] if version["version"] != "1592.4.0"]


def forget_status(documents: Documents) -> None:
    """Make the Shoot look like one that does not exist yet, but for its name."""
    documents["Shoot"]["status"] = {"technicalID": NAMESPACE, "uid": documents["Shoot"]["status"]["uid"]}


@pytest.mark.parametrize(
    "form", spread([None, forget_status, seed_objects], 1), ids=["Shoot", "without status", "seed"]
)
def test_an_image_in_use_survives_its_version_leaving_the_cloud_profile(
    provision: Provision, form: Change | None
) -> None:
    documents = changed(*([form] if form else []))
    provision.begin_applied(write(provision, "before.yaml", documents))
    drop_version(documents)
    where = documents["Shoot"]["spec"]["provider"]["workers"] if form is not seed_objects else None
    if where is not None:
        where[0]["maximum"] = 8
    after = write(provision, "after.yaml", documents)
    applied = provision.ok("apply", after, "-o", "json").document
    assert [image["id"] for image in applied["workerStatus"]["machineImages"]] == [GARDENLINUX]
    assert provision("plan", after).code == 0
    provision.ok("destroy", after)
    assert provision.counts() == {}


def test_an_image_that_no_pool_has_used_has_to_be_in_the_cloud_profile(provision: Provision) -> None:
    documents = changed(drop_version)
    file = write(provision, "shoot.yaml", documents)
    refused = provision("apply", file)
    assert refused.code == 3
    said = 'spec.provider.workers[0].machine.image: version "1592.4.0" of machine image "gardenlinux" is not offered'
    assert said in refused.err
    assert provision.counts() == {}, "nothing is created for a manifest that is wrong"


def test_a_pool_without_an_image_gets_the_newest_and_keeps_it(provision: Provision) -> None:
    documents = changed(*(take(f"{POOLS}/{index}/machine/image") for index in (0, 1)))
    before = provision.ok("apply", write(provision, "before.yaml", documents), "-o", "json")
    assert "pool general asks for no machine image: gardenlinux 1592.4.0 is chosen, the newest of 2" in before.err
    spec = documents["CloudProfile"]["spec"]
    spec["machineImages"][0]["versions"].append({"version": "1592.5.0"})
    mapped = spec["providerConfig"]["machineImages"][0]["versions"]
    mapped.append({**mapped[0], "version": "1592.5.0"})
    planned = provision("plan", write(provision, "after.yaml", documents))
    assert planned.code == 0
    assert "pool general keeps gardenlinux 1592.4.0; a new pool would get gardenlinux 1592.5.0" in planned.err


def test_an_image_in_use_is_not_on_offer_for_another_pool(provision: Provision) -> None:
    documents = changed(only_zones("a"))
    provision.begin_applied(write(provision, "before.yaml", documents))
    drop_version(documents)
    append(POOLS, pool("new", "a", 1, 1))(documents)
    refused = provision("plan", write(provision, "after.yaml", documents))
    assert refused.code == 3
    said = 'spec.provider.workers[2].machine.image: version "1592.4.0" of machine image "gardenlinux" is not offered'
    assert said in refused.err
    assert "spec.provider.workers[0]" not in refused.err


def test_a_zone_that_left_the_offer_keeps_no_other_one_from_being_added(provision: Provision) -> None:
    documents = changed(take(f"{POOLS}/0"))
    provision.begin_applied(write(provision, "before.yaml", documents))
    region = next(it for it in documents["CloudProfile"]["spec"]["regions"] if it["name"] == "eu-central-1")
    region["zones"] = [it for it in region["zones"] if it["name"] != "eu-central-1a"]
    documents["Shoot"]["spec"]["provider"]["workers"][0]["zones"].append("eu-central-1c")
    planned = provision("plan", write(provision, "after.yaml", documents))
    assert planned.code == 2, planned.err
    assert 'spec.provider.workers[0].zones[0]: "eu-central-1a" is not a zone' in planned.err


@pytest.mark.parametrize("usable", ["machineTypes", "volumeTypes"])
def test_pools_of_a_state_without_these_outputs_keep_what_is_no_longer_on_offer(
    provision: Provision, usable: str
) -> None:
    """An older version wrote it, or the first apply was killed."""
    documents = changed(only_zones("a"))
    provision.begin_applied(write(provision, "before.yaml", documents))
    ShootSandbox(provision).forget_output("worker", "machine_deployments")
    for item in documents["CloudProfile"]["spec"][usable]:
        item["usable"] = False
    planned = provision("plan", write(provision, "after.yaml", documents))
    assert planned.code == 2, planned.err
    assert "Worker: 0 to add, 0 to change, 0 to destroy" in planned.out


def test_a_machine_type_that_left_a_profile_with_capabilities_stops_no_pool_that_has_it(provision: Provision) -> None:
    documents = changed(only_zones("a"), offer_arm, take(f"{POOLS}/1"))
    provision.begin_applied(write(provision, "before.yaml", documents))
    spec = documents["CloudProfile"]["spec"]
    spec["machineTypes"] = [item for item in spec["machineTypes"] if item["name"] != "ecs.g7.large"]
    left = provision("plan", write(provision, "after.yaml", documents))
    assert "spec.provider.workers[0].machine.type: machine type" in left.err
    assert left.code in (0, 2), left.err


@LONG
def test_a_disk_that_has_become_too_small_stays_and_a_smaller_one_is_refused(provision: Provision) -> None:
    documents = changed()
    provision.begin_applied(write(provision, "before.yaml", documents))
    for item in documents["CloudProfile"]["spec"]["volumeTypes"]:
        item["minSize"] = "60Gi"
    assert "minSize" in str(documents["CloudProfile"])
    provision.ok("plan", write(provision, "running.yaml", documents))
    put(f"{POOLS}/0/volume/size", "40Gi")(documents)
    refused = provision("plan", write(provision, "smaller.yaml", documents))
    assert (refused.code, "spec.provider.workers[0].volume.size" in refused.err) == (3, True)


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_is_no_longer_on_offer_stops_only_what_is_new(provision: Provision, command: str) -> None:
    documents = changed()
    before = write(provision, "before.yaml", documents)
    provision.begin_applied(before)
    for item in documents["CloudProfile"]["spec"]["machineTypes"]:
        item["usable"] = False
    running = write(provision, "running.yaml", documents)
    done = provision.ok(command, running)
    assert "warning: Shoot/canary: spec.provider.workers[0].machine.type: machine type" in done.err
    new = copy.deepcopy(documents)
    append(POOLS, pool("new", "a", 1, 1))(new)
    refused = provision(command, write(provision, "new.yaml", new))
    assert refused.code == 3
    assert "spec.provider.workers[2].machine.type: machine type" in refused.err
    assert "spec.provider.workers[0]" not in refused.err
