"""What a state says of the images of pools: what they have, they may keep; what they do not name, they keep."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from provisioner.errors import ManifestError, Problem
from provisioner.ids import INFRASTRUCTURE, WORKER, Root
from provisioner.inputs import ShootInput, read_shoots
from provisioner.manifests import load_manifests
from provisioner.run.checks.ratcheting import decide_by_existence, decide_by_state
from provisioner.tfstate import Address, State, StateDocument
from provisioner.translate.worker import Placement, translate_worker
from tests.e2e.variants import Documents, example

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PAST = "2026-11-01T00:00:00Z"
IMAGE = "spec.provider.workers[0].machine.image"
KNOWN = ("gardenlinux", "1592.4.0", "m-gw8zh0gqr3b3gjb7l7q3")
NEWER = ("gardenlinux", "1592.5.0", "m-newer")


def offer(documents: Documents, name: str, version: str, id: str, **more: Any) -> None:
    """Let the CloudProfile offer and map a version; `more` are fields of the offer."""
    spec = documents["CloudProfile"]["spec"]
    for images, entry in (
        (spec["machineImages"], {"version": version, **more}),
        (
            spec["providerConfig"]["machineImages"],
            {"version": version, "regions": [{"name": "eu-central-1", "id": id}]},
        ),
    ):
        next(image for image in images if image["name"] == name)["versions"].append(entry)


def offered(documents: Documents) -> dict[str, Any]:
    """Return the offer of the version that the example's pools have."""
    return documents["CloudProfile"]["spec"]["machineImages"][0]["versions"][0]


def forget(documents: Documents, version: str) -> None:
    """Let the CloudProfile neither offer nor map a version any more."""
    spec = documents["CloudProfile"]["spec"]
    for image in (*spec["machineImages"], *spec["providerConfig"]["machineImages"]):
        image["versions"] = [entry for entry in image["versions"] if entry["version"] != version]


def ask(documents: Documents, version: str | None = None, name: str | None = "gardenlinux", index: int = 0) -> None:
    machine = documents["Shoot"]["spec"]["provider"]["workers"][index]["machine"]
    machine["image"] = {"name": name, **({"version": version} if version else {})} if name else None


def read(documents: Documents) -> ShootInput:
    """Return the target as a run reads it, before it has a state."""
    text = yaml.safe_dump_all([item for item in documents.values() if item], sort_keys=False)
    manifests = load_manifests(["-"], io.BytesIO(text.encode()))
    return read_shoots(manifests, {}, lambda problem: None, has_state=True, now=NOW)[0]


def state_of(target: ShootInput, *, has_outputs: bool = True) -> State:
    """Return the state after an apply of a target, as far as pools and images go."""
    worker = target.worker
    assert worker is not None
    zones = {zone for pool in worker.spec.pools for zone in pool.zones}
    variables = translate_worker(
        worker,
        target.identity.technical_id,
        "entry",
        images=target.images,
        placement=Placement({}, "", None).with_stand_ins(zones),
        sizes={},
        is_hibernated=False,
        user_data={},
    )
    document = StateDocument()
    for pool in worker.spec.pools:
        for zone in pool.zones:
            address = Address(f'module.worker_pool["{pool.name}"]', "alicloud_ess_scaling_configuration", "nodes", zone)
            found = {"id": f"asc-{pool.name}-{zone}", "image_id": target.images[pool.name].id}
            document.add(address, {**found, "instance_type": pool.machine_type}, [])
    content = dict(document.state.content)
    if has_outputs:
        names = ("machine_images", "machine_deployments", "pools")
        content["outputs"] = {name: {"value": variables[name]} for name in names}
    return State(content)


def decide(documents: Documents, state: State) -> tuple[ShootInput, list[Problem]]:
    target = read(documents)
    assert target.worker is not None
    assert target.cloud_profile is not None
    return decide_by_state(target, target.worker, target.cloud_profile, state)


def refused(documents: Documents, state: State) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        decide(documents, state)
    return [problem.path for problem in caught.value.problems]


def first_image(target: ShootInput) -> tuple[str, str, str]:
    assert target.worker is not None
    pool = target.worker.spec.pools[0]
    image = target.images[pool.name]
    assert pool.machine_image is not None
    assert (pool.machine_image.name, pool.machine_image.version) == (image.name, image.version)
    return image.name, image.version, image.id


@pytest.fixture
def documents() -> Documents:
    return example()


@pytest.fixture
def applied(documents: Documents) -> State:
    """Return the state of the example."""
    return state_of(read(documents))


# --- a pool that does not name its image ---

ASKED = pytest.mark.parametrize(
    ("version", "name"), [(None, None), (None, "gardenlinux"), ("1592", "gardenlinux"), ("1592.4", "gardenlinux")]
)


@ASKED
def test_a_new_version_rolls_no_pool(
    documents: Documents, applied: State, version: str | None, name: str | None
) -> None:
    offer(documents, *NEWER)
    ask(documents, version, name)
    assert first_image(decide(documents, applied)[0]) == KNOWN


def test_a_pool_keeps_what_left_the_cloud_profile(documents: Documents, applied: State) -> None:
    offer(documents, *NEWER)
    forget(documents, "1592.4.0")
    ask(documents, name=None)
    ask(documents, "1443.10.0", index=1)
    assert first_image(decide(documents, applied)[0]) == KNOWN


def test_a_pool_that_keeps_an_older_image_is_told_of_the_newer(documents: Documents, applied: State) -> None:
    offer(documents, *NEWER)
    ask(documents, name=None)
    (note,) = decide(documents, applied)[1]
    assert (note.path, note.type) == (IMAGE, "Kept")
    assert "keeps gardenlinux 1592.4.0; a new pool would get gardenlinux 1592.5.0" in note.detail


def test_a_pool_that_keeps_the_newest_image_is_silent(documents: Documents, applied: State) -> None:
    ask(documents, name=None)
    target, notes = decide(documents, applied)
    assert (first_image(target), notes) == (KNOWN, [])


@pytest.mark.parametrize("state", [State(), None], ids=["nothing applied", "another pool applied"])
def test_a_new_pool_gets_the_newest_image_and_is_told(documents: Documents, state: State | None) -> None:
    if state is None:
        other = copy.deepcopy(documents)
        other["Shoot"]["spec"]["provider"]["workers"].pop(0)
        state = state_of(read(other))
    offer(documents, *NEWER)
    ask(documents, name=None)
    target, notes = decide(documents, state)
    assert first_image(target) == NEWER
    assert [note.type for note in notes] == ["Chosen"]


def test_a_pool_moves_when_it_asks_for_another_part_of_a_version(documents: Documents, applied: State) -> None:
    offer(documents, "gardenlinux", "1600.1.0", "m-1600")
    ask(documents, "1600")
    target, notes = decide(documents, applied)
    assert first_image(target) == ("gardenlinux", "1600.1.0", "m-1600")
    assert [note.type for note in notes] == ["Chosen"]


def test_a_pool_may_move_to_an_expired_version_if_there_is_no_other(documents: Documents, applied: State) -> None:
    offer(documents, "gardenlinux", "1600.1.0", "m-1600", expirationDate=PAST)
    ask(documents, "1600")
    assert first_image(decide(documents, applied)[0]) == ("gardenlinux", "1600.1.0", "m-1600")
    assert refused(documents, State()) == [IMAGE], "a new pool may not"


def test_without_outputs_the_image_is_known_by_its_id(documents: Documents) -> None:
    state = state_of(read(documents), has_outputs=False)
    offer(documents, *NEWER)
    ask(documents, name=None)
    assert first_image(decide(documents, state)[0]) == KNOWN


def test_a_pool_that_a_killed_apply_made_keeps_its_image(documents: Documents) -> None:
    whole = state_of(read(documents))
    outputs = copy.deepcopy(dict(whole.outputs))
    outputs["machine_deployments"] = [it for it in outputs["machine_deployments"] if it["pool"] != "general"]
    state = State({**whole.content, "outputs": {name: {"value": value} for name, value in outputs.items()}})
    offer(documents, *NEWER)
    ask(documents, name=None)
    assert first_image(decide(documents, state)[0]) == KNOWN


def test_an_image_that_cannot_be_known_has_to_be_named(documents: Documents) -> None:
    state = state_of(read(documents), has_outputs=False)
    offer(documents, *NEWER)
    forget(documents, "1592.4.0")
    ask(documents, name=None)
    assert IMAGE in refused(documents, state)


# --- a pool that names it ---

Change = Callable[[Documents], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: offered(d).update(expirationDate=PAST),
        lambda d: offered(d).update(architectures=["arm64"]),
        lambda d: d["CloudProfile"]["spec"]["machineImages"].pop(0),
        lambda d: forget(d, "1592.4.0"),
    ],
    ids=["expired", "other architecture", "not offered", "neither offered nor mapped"],
)
def test_an_image_in_use_stays_with_a_warning_and_no_new_pool_gets_it(
    documents: Documents, applied: State, change: Change
) -> None:
    change(documents)
    target, warnings = decide(documents, applied)
    assert first_image(target) == KNOWN
    assert IMAGE in [warning.path for warning in warnings]
    assert IMAGE in refused(documents, State())


@pytest.mark.parametrize(("version", "errors"), [("1592.5.0", []), ("1592.3.0", [IMAGE])])
def test_a_pool_may_move_forward_to_an_expired_version_and_not_back(
    documents: Documents, applied: State, version: str, errors: list[str]
) -> None:
    offer(documents, "gardenlinux", version, "m-moved", expirationDate=PAST)
    ask(documents, version)
    if errors:
        assert refused(documents, applied) == errors
    else:
        assert first_image(decide(documents, applied)[0]) == ("gardenlinux", version, "m-moved")


def test_a_pool_that_changes_its_architecture_needs_an_image_for_it(documents: Documents, applied: State) -> None:
    spec = documents["CloudProfile"]["spec"]
    spec["machineTypes"].append({"name": "ecs.g8y.large", "cpu": "2", "memory": "8Gi", "architecture": "arm64"})
    documents["Shoot"]["spec"]["provider"]["workers"][0]["machine"] |= {
        "type": "ecs.g8y.large",
        "architecture": "arm64",
    }
    assert IMAGE in refused(documents, applied)
    offered(documents)["architectures"] = ["amd64", "arm64"]
    assert first_image(decide(documents, applied)[0]) == KNOWN


# --- flavors ---


def with_flavors(documents: Documents, *flavors: tuple[list[str], str]) -> None:
    """Give the version that is in use flavors that differ in what they boot."""
    spec = documents["CloudProfile"]["spec"]
    spec["machineCapabilities"] = [
        {"name": "architecture", "values": ["amd64"]},
        {"name": "boot", "values": ["uefi", "bios", "both"]},
    ]
    for machine in spec["machineTypes"]:
        machine.pop("architecture", None)
        machine["capabilities"] = {"boot": ["uefi"]}
    offered(documents)["capabilityFlavors"] = [{"boot": values} for values, _ in flavors]
    entry = spec["providerConfig"]["machineImages"][0]["versions"][0]
    entry.pop("regions", None)
    entry["capabilityFlavors"] = [
        {"capabilities": {"boot": values}, "regions": [{"name": "eu-central-1", "id": id}]} for values, id in flavors
    ]


FLAVORS = pytest.mark.parametrize(
    "flavors",
    [[(["bios"], "m-bios")], [(["uefi"], KNOWN[2]), (["uefi", "both"], "m-both"), (["uefi"], "m-two")]],
    ids=["none fits any more", "several fit equally"],
)


@FLAVORS
def test_an_image_in_use_stays_when_its_flavors_change(
    documents: Documents, applied: State, flavors: list[tuple[list[str], str]]
) -> None:
    with_flavors(documents, *flavors)
    assert first_image(decide(documents, applied)[0]) == KNOWN


@FLAVORS
def test_an_image_without_the_one_fitting_flavor_is_nothing_for_a_new_pool(
    documents: Documents, flavors: list[tuple[list[str], str]]
) -> None:
    with_flavors(documents, *flavors)
    assert IMAGE in refused(documents, State())


def test_another_machine_type_needs_a_flavor_of_its_own(documents: Documents, applied: State) -> None:
    with_flavors(documents, (["bios"], "m-bios"))
    documents["Shoot"]["spec"]["provider"]["workers"][0]["machine"]["type"] = "ecs.g7.xlarge"
    assert IMAGE in refused(documents, applied)


def test_two_pools_with_two_images_of_one_version_keep_theirs(documents: Documents) -> None:
    with_flavors(documents, (["uefi"], "m-uefi"), (["bios"], "m-bios"))
    types = documents["CloudProfile"]["spec"]["machineTypes"]
    workers = documents["Shoot"]["spec"]["provider"]["workers"]
    (second,) = [item for item in types if item["name"] == workers[1]["machine"]["type"]]
    assert workers[0]["machine"]["type"] != second["name"]
    workers[1]["machine"]["image"] = workers[0]["machine"]["image"]
    second["capabilities"] = {"boot": ["bios"]}
    before = read(documents)
    with_flavors(documents, (["uefi"], "m-uefi"), (["uefi"], "m-bios"))
    target, _ = decide(documents, state_of(before))
    assert {name: image.id for name, image in target.images.items()} == {
        name: image.id for name, image in before.images.items()
    }


# --- a rule for new objects, and one that has no status but a state ---

REFUSED = "spec.provider.workers[0].clusterAutoscaler.scaleDownUnneededTime"


@pytest.fixture
def without_status(documents: Documents) -> Documents:
    """Return the example as it is written by hand, with a value that an API server refuses today."""
    shoot = documents["Shoot"]
    shoot["metadata"]["uid"] = shoot.pop("status")["uid"]
    shoot["spec"]["provider"]["workers"][0]["clusterAutoscaler"] = {"scaleDownUnneededTime": "soon"}
    return documents


def listing(*roots: Root) -> Callable[[Root], State]:
    """Return a function that returns the state of a root module, in which these have something."""
    document = StateDocument()
    document.add(Address("", "alicloud_vpc", "this", None), {"id": "vpc-1"}, [])
    return lambda root: document.state if root in roots else State()


@pytest.mark.parametrize("root", [INFRASTRUCTURE, WORKER])
def test_a_rule_for_new_shoots_only_warns_of_one_that_has_a_state(without_status: Documents, root: Root) -> None:
    errors, warnings = decide_by_existence(read(without_status).of_new, listing(root))
    assert (errors, [problem.path for problem in warnings]) == ([], [REFUSED])


def test_a_rule_for_new_shoots_refuses_one_without_a_state(without_status: Documents) -> None:
    errors, warnings = decide_by_existence(read(without_status).of_new, listing())
    assert ([problem.path for problem in errors], warnings) == ([REFUSED], [])


def test_a_worker_is_new_beside_an_infrastructure_that_exists() -> None:
    problems = [Problem(f"{kind}/a", "spec", "Invalid", "is bad") for kind in ("Infrastructure", "Worker")]
    errors, warnings = decide_by_existence(problems, listing(INFRASTRUCTURE))
    assert ([problem.object for problem in errors], [problem.object for problem in warnings]) == (
        ["Worker/a"],
        ["Infrastructure/a"],
    )
