"""The configuration of a control plane: one change to the example, one problem."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from provisioner.errors import Problem
from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import EXTENSIONS, PROVIDER, SHOOT, Change, Judge, Objects, shoot

PATH = "spec.provider.controlPlaneConfig"
GATES = f"{PATH}.cloudControllerManager.featureGates"


def config(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": PROVIDER, "kind": "ControlPlaneConfig", **fields}


def with_config(**fields: Any) -> Change:
    """Return a change that gives the Shoot a ControlPlaneConfig."""
    return lambda objects: shoot(objects)["provider"].update(controlPlaneConfig=config(**fields))


def with_gate(name: str, version: str | None = None, value: bool = True) -> Change:
    """Return a change that sets a feature gate in a shoot of a Kubernetes version."""

    def change(objects: Objects) -> None:
        with_config(cloudControllerManager={"featureGates": {name: value}})(objects)
        if version is not None:
            shoot(objects)["kubernetes"]["version"] = version

    return change


def without_version(objects: Objects) -> None:
    with_gate("AppArmor")(objects)
    del shoot(objects)["kubernetes"]


def unknown_gate_without_version(objects: Objects) -> None:
    with_gate("WatchLst")(objects)
    del shoot(objects)["kubernetes"]


CASES = [
    Case("unknown field", with_config(csl={}), SHOOT, f"{PATH}.csl", "Forbidden", ["did you mean csi?"]),
    Case(
        "unknown field of csi",
        with_config(csi={"enableAdController": True}),
        SHOOT,
        f"{PATH}.csi.enableAdController",
        "Forbidden",
        ["is not a known field", "did you mean enableADController?"],
    ),
    Case(
        "unknown field of the cloud controller manager",
        with_config(cloudControllerManager={"replicas": 2}),
        SHOOT,
        f"{PATH}.cloudControllerManager.replicas",
        "Forbidden",
        ["known fields: featureGates"],
    ),
    Case("misspelt gate", with_gate("WatchLst"), SHOOT, f"{GATES}.WatchLst", "Invalid", ["did you mean WatchList?"]),
    Case("gate like no other", with_gate("Xyzzy"), SHOOT, f"{GATES}.Xyzzy", "Invalid", ["remove it"]),
    Case(
        "misspelt gate in a shoot without a version",
        unknown_gate_without_version,
        SHOOT,
        f"{GATES}.WatchLst",
        "Invalid",
        ["did you mean WatchList?"],
    ),
    Case(
        "gate that was removed",
        with_gate("AppArmor", "1.33.0"),
        SHOOT,
        f"{GATES}.AppArmor",
        "Forbidden",
        ['"AppArmor" was removed in Kubernetes 1.33, and the shoot has "1.33.0"'],
    ),
    Case(
        "gate that was removed before the table ends",
        with_gate("AppArmor", "1.40"),
        SHOOT,
        f"{GATES}.AppArmor",
        "Forbidden",
        ["was removed in Kubernetes 1.33"],
    ),
    Case(
        "gate that is yet to come",
        with_gate("AllowServiceExternalIPs", "1.35.9"),
        SHOOT,
        f"{GATES}.AllowServiceExternalIPs",
        "Forbidden",
        ['came with Kubernetes 1.36, and the shoot has "1.35.9"'],
    ),
    Case(
        "gate that is always on",
        with_gate("BtreeWatchCache", "1.33.1", value=False),
        SHOOT,
        f"{GATES}.BtreeWatchCache",
        "Forbidden",
        ["is always true since Kubernetes 1.33"],
    ),
]

ACCEPTED = [
    Accepted("all fields", with_config(csi={"enableADController": True}, cloudControllerManager={"featureGates": {}})),
    Accepted("fields without a value", with_config(csi=None, cloudControllerManager={"featureGates": None})),
    Accepted("gate before it is removed", with_gate("AppArmor", "1.32.9")),
    Accepted("gate once it is there", with_gate("AllowServiceExternalIPs", "1.36.0")),
    Accepted("gate that is always on, turned on", with_gate("BtreeWatchCache", "1.33.1")),
    Accepted("gate before it is always on", with_gate("BtreeWatchCache", "1.32.9", value=False)),
    Accepted("gate of every version", with_gate("AllAlpha", "1.31.4")),
    Accepted("known gate in a version newer than the table", with_gate("WatchList", "1.40.0")),
    Accepted("unknown gate in a version newer than the table", with_gate("WatchTree", "1.40.0")),
    Accepted("gate in a shoot without a version", without_version),
    Accepted("older field", with_config(zone="eu-central-1a")),
]

test_a_bad_configuration_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_configuration_is_no_problem = no_problem_each(ACCEPTED)


def test_an_older_field_is_worth_a_warning(judge: Judge, objects: Objects) -> None:
    with_config(zone="eu-central-1a")(objects)
    assert Problem(
        SHOOT, f"{PATH}.zone", "Forbidden", "is a field of older versions and has no effect", "remove it"
    ) in (judge(objects).warnings)


@pytest.mark.parametrize("fields", [{"csl": {}}, {"cloudControllerManager": {"featureGates": {"Xyzzy": True}}}])
def test_an_existing_shoot_is_warned(judge: Judge, objects: Objects, fields: dict[str, Any]) -> None:
    with_config(**fields)(objects)
    objects["Shoot"]["status"] = {"technicalID": "shoot--demo--canary"}
    findings = judge(objects)
    assert (len(findings.errors), [problem.path.startswith(PATH) for problem in findings.warnings]) == (0, [True])


def test_what_an_existing_shoot_adds_is_an_error(judge: Judge, objects: Objects, example_objects: Objects) -> None:
    with_config(csl={})(objects)
    assert [problem.path for problem in judge(objects, example_objects).errors] == [f"{PATH}.csl"]


def test_an_update_of_kubernetes_leaves_no_removed_gate(judge: Judge, objects: Objects) -> None:
    old = copy.deepcopy(objects)
    with_gate("AppArmor", "1.32.4")(old)
    with_gate("AppArmor", "1.33.0")(objects)
    assert [problem.path for problem in judge(objects, old).errors] == [f"{GATES}.AppArmor"]


@pytest.mark.parametrize("field", ["kind", "apiVersion"])
def test_another_kind_of_configuration_is_refused(judge: Judge, objects: Objects, field: str) -> None:
    with_config(**{field: "ControlPlane"})(objects)
    assert [(problem.path, problem.type) for problem in judge(objects).errors] == [(f"{PATH}.{field}", "NotSupported")]


def test_a_gate_is_on_or_off(judge: Judge, objects: Objects) -> None:
    with_config(cloudControllerManager={"featureGates": {"WatchList": "yes"}})(objects)
    assert [str(problem) for problem in judge(objects).errors] == [
        f'{SHOOT}: {GATES}.WatchList: must be true or false, not the text "yes"'
    ]


def test_a_config_of_its_own_is_checked_too(judge: Judge) -> None:
    (problem,) = judge({"config": config(csl={})}).errors
    assert (problem.object, problem.path) == ("ControlPlaneConfig", "csl")


def test_a_control_plane_is_judged_by_its_cluster(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Cluster"]["spec"]["shoot"]["spec"]["kubernetes"] = {"version": "1.33.0"}
    gates = {"featureGates": {"AppArmor": True}}
    seed_objects["ControlPlane"] = {
        "apiVersion": EXTENSIONS,
        "kind": "ControlPlane",
        "metadata": {"name": "canary", "namespace": "shoot--demo--canary"},
        "spec": {"type": "alicloud", "providerConfig": config(cloudControllerManager=gates)},
    }
    (problem,) = judge(seed_objects).errors
    assert (problem.object, problem.path) == (
        "ControlPlane/canary",
        "spec.providerConfig.cloudControllerManager.featureGates.AppArmor",
    )


def test_a_control_plane_without_a_configuration_is_no_problem(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["ControlPlane"] = {
        "apiVersion": EXTENSIONS,
        "kind": "ControlPlane",
        "metadata": {"name": "canary", "namespace": "shoot--demo--canary"},
        "spec": {"type": "alicloud"},
    }
    findings = judge(seed_objects)
    assert (findings.errors, [warning.object for warning in findings.warnings]) == ((), [])


def test_what_is_odd_in_a_cluster_is_a_warning(judge: Judge, seed_objects: Objects) -> None:
    seed_objects["Cluster"]["spec"]["shoot"]["spec"]["provider"]["controlPlaneConfig"] = config(csl={})
    findings = judge(seed_objects)
    assert (findings.errors, [str(warning) for warning in findings.warnings]) == (
        (),
        [
            "Cluster/shoot--demo--canary: spec.shoot.spec.provider.controlPlaneConfig.csl: is not a known field; "
            "did you mean csi?"
        ],
    )
