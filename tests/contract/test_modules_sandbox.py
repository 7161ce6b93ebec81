"""
What the modules do to a cloud when their input changes: real engine, the sandbox's provider and cloud.

Each scenario is what a module's README promises. Nothing here knows how the product runs Terraform.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioner.ids import ROOTS, Root
from provisioner.render import ProviderSettings, module_files, render_root
from provisioner.runner.engine import Engine
from provisioner.sandbox.cloud import Caller, Cloud
from provisioner.sandbox.sandbox import open_cloud
from tests.contract.real_provider import ACCESS_KEY_ID, ACCESS_KEY_SECRET, embedded_provider

PROVIDER = ProviderSettings("eu-central-1", account_type="Domestic")
DATA = Path(__file__).parent / "data"
INFRASTRUCTURE: dict[str, Any] = json.loads((DATA / "infrastructure.json").read_text())
WORKER: dict[str, Any] = json.loads((DATA / "worker.json").read_text())
C = INFRASTRUCTURE["cluster_name"]

Changes = dict[str, str]
"""Planned actions by resource address inside the module; what stays as it is does not appear."""


class Shoot:
    """One shoot in a cloud of its own, with a Terraform state for each root."""

    def __init__(
        self, engine: tuple[str, ...], directory: Path, cloud: Cloud, caller: Caller, provider: Mapping[str, str]
    ) -> None:
        self.cloud = cloud
        self.caller = caller
        self._engine = engine
        self._directory = directory
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(directory),
            "CHECKPOINT_DISABLE": "1",
            "ALICLOUD_ACCESS_KEY": ACCESS_KEY_ID,
            "ALICLOUD_SECRET_KEY": ACCESS_KEY_SECRET,
            **provider,
        }
        self._write(module_files())

    def _write(self, files: Mapping[str, bytes], below: str = "") -> None:
        for name, body in files.items():
            path = self._directory / below / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)

    def want(self, root: Root, variables: Mapping[str, Any]) -> None:
        """Render a root; nothing happens in the cloud yet."""
        fresh = not (self._directory / root).exists()
        self._write(render_root(root, variables, PROVIDER, {"cpu": "c2g="} if root == "worker" else None), root)
        if fresh:
            self.terraform(root, "init", "-input=false")

    def want_nothing(self, root: Root) -> None:
        """Replace a root by the one that wants nothing."""
        for path in (self._directory / root).glob("*.tf*"):
            if path.suffix == ".tf" or path.name.endswith(".tfvars.json"):
                path.unlink()
        self._write(render_root("destroy", {}, PROVIDER), root)

    def terraform(self, root: Root, *arguments: str) -> list[dict[str, Any]]:
        """Run a terraform command and return its JSON events."""
        done = subprocess.run(
            [*self._engine, arguments[0], *(["-json"] if arguments[0] in {"plan", "apply"} else []), *arguments[1:]],
            cwd=self._directory / root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 2}, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def plan(self, root: Root) -> Changes:
        """Return what an apply would do."""
        events = self.terraform(root, "plan", "-input=false", "-out=plan")
        changes = [event["change"] for event in events if event["type"] == "planned_change"]
        return {change["resource"]["resource"]: change["action"] for change in changes}

    def apply(self, root: Root, variables: Mapping[str, Any]) -> Changes:
        """Render, plan and apply a root, and return what was planned."""
        self.want(root, variables)
        changes = self.plan(root)
        self.terraform(root, "apply", "-input=false", "plan")
        return changes

    def outputs(self, root: Root) -> dict[str, Any]:
        """Return the outputs of a root."""
        state = json.loads((self._directory / root / "terraform.tfstate").read_text())
        return {name: output["value"] for name, output in state["outputs"].items()}

    def ask(self, version: str, action: str, **parameters: str) -> dict[str, Any]:
        """Ask the cloud itself."""
        return self.cloud.call(self.caller, version, action, {"RegionId": "eu-central-1", **parameters})

    def scaling_groups(self) -> dict[str, dict[str, Any]]:
        """Return the cloud's scaling groups by id."""
        answer = self.ask("2014-08-28", "DescribeScalingGroups", PageSize="50")
        return {group["ScalingGroupId"]: group for group in answer["ScalingGroups"]["ScalingGroup"]}


@pytest.fixture
def shoot(engine: Engine, tmp_path: Path) -> Iterator[Shoot]:
    cloud = open_cloud(tmp_path / "cloud")
    caller = cloud.enroll(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
    with embedded_provider(cloud, caller) as environment:
        yield Shoot(engine.command, tmp_path, cloud, caller, environment)
    cloud.close()


def changed(variables: Mapping[str, Any], change: Callable[[Any], object]) -> dict[str, Any]:
    """Return a copy of variables to which a change was made."""
    copied = copy.deepcopy(dict(variables))
    change(copied)
    return copied


def third_zone(variables: dict[str, Any]) -> None:
    """Append a zone."""
    variables["zones"]["eu-central-1c"] = {
        "cidr": "10.250.64.0/19",
        "vswitch_name": f"{C}-eu-central-1c-vsw",
        "vswitch_name_tag": f"{C}-nodes-z2",
        "eip_name": f"{C}-eip-natgw-z2",
        "snat_entry_name": f"{C}-snat-z2",
    }


def per_zone(zone: str, action: str) -> Changes:
    """Return the same action for the four objects of a zone."""
    names = ("vswitch.nodes", "eip_address.nat", "eip_association.nat", "snat_entry.nodes")
    return {f'alicloud_{name}["{zone}"]': action for name in names}


def with_worker(shoot: Shoot, **pool: Any) -> dict[str, Any]:
    """Apply the infrastructure and return a worker's variables that refer to it."""
    shoot.apply("infrastructure", INFRASTRUCTURE)
    outputs = shoot.outputs("infrastructure")
    image = next(iter(shoot.ask("2014-05-26", "DescribeImages", PageSize="10")["Images"]["Image"]))["ImageId"]

    def refer(variables: dict[str, Any]) -> None:
        variables["security_group_id"] = outputs["security_group_id"]
        variables["key_pair_name"] = outputs["key_pair_name"]
        variables["pools"]["cpu"]["image_id"] = image
        variables["pools"]["cpu"]["zones"]["eu-central-1a"]["vswitch_id"] = outputs["vswitch_ids"]["eu-central-1a"]
        variables["pools"]["cpu"].update(pool)

    return changed(WORKER, refer)


def size(variables: dict[str, Any], **sizes: int) -> None:
    """Change the size of the pool."""
    variables["pools"]["cpu"]["zones"]["eu-central-1a"].update(sizes)


def active(groups: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the configurations that new nodes of scaling groups are made from."""
    return {group["ActiveScalingConfigurationId"] for group in groups.values()}


GROUP = 'alicloud_ess_scaling_group.nodes["eu-central-1a"]'
CONFIGURATION = 'alicloud_ess_scaling_configuration.nodes["eu-central-1a"]'


# --- infrastructure ---


def test_a_second_plan_finds_nothing_to_do(shoot: Shoot) -> None:
    created = shoot.apply("infrastructure", INFRASTRUCTURE)
    assert (len(created), set(created.values()), shoot.plan("infrastructure")) == (20, {"create"}, {})


def test_the_outputs_are_what_the_worker_and_the_status_need(shoot: Shoot) -> None:
    shoot.apply("infrastructure", INFRASTRUCTURE)
    outputs = shoot.outputs("infrastructure")
    fixed = {"vpc_cidr": "10.250.0.0/16", "key_pair_name": f"{C}-ssh-publickey"}
    assert outputs.keys() == fixed.keys() | {
        "vpc_id",
        "vswitch_ids",
        "security_group_id",
        "nat_gateway_id",
        "egress_cidrs",
    }
    assert {name: outputs[name] for name in fixed} == fixed
    assert outputs["vswitch_ids"].keys() == outputs["egress_cidrs"].keys() == INFRASTRUCTURE["zones"].keys()
    assert all(cidr.endswith("/32") for cidr in outputs["egress_cidrs"].values())


def test_appending_a_zone_touches_nothing_that_exists(shoot: Shoot) -> None:
    shoot.apply("infrastructure", INFRASTRUCTURE)
    changes = shoot.apply("infrastructure", changed(INFRASTRUCTURE, third_zone))
    assert (changes, shoot.plan("infrastructure")) == (per_zone("eu-central-1c", "create"), {})


def test_what_exists_is_not_touched_for_its_description_and_what_is_new_has_it(shoot: Shoot) -> None:
    """Shoots that older versions have made see no change."""
    shoot.apply("infrastructure", changed(INFRASTRUCTURE, lambda v: v.update(owner_description=None)))
    assert shoot.apply("infrastructure", INFRASTRUCTURE) == {}
    shoot.apply("infrastructure", changed(INFRASTRUCTURE, third_zone))
    rows = shoot.ask("2016-04-28", "DescribeVSwitches", PageSize="50")["VSwitches"]["VSwitch"]
    described = {row["ZoneId"][-1]: row["Description"] for row in rows}
    assert described == {"a": "", "b": "", "c": INFRASTRUCTURE["owner_description"]}


@pytest.mark.parametrize(
    "missing", ['alicloud_eip_address.nat["eu-central-1a"]', "alicloud_nat_gateway.this[0]", "alicloud_vpc.this[0]"]
)
def test_a_state_that_lists_a_part_of_what_is_wanted_can_be_refreshed(shoot: Shoot, missing: str) -> None:
    """As adopt does with what a killed run has left: it would end with an error about this module otherwise."""
    shoot.apply("infrastructure", INFRASTRUCTURE)
    shoot.terraform("infrastructure", "state", "rm", f"module.infrastructure.{missing}")
    shoot.terraform("infrastructure", "apply", "-refresh-only", "-auto-approve", "-input=false")
    assert shoot.plan("infrastructure")[missing] == "create"


def test_removing_a_zone_removes_its_own_objects_only(shoot: Shoot) -> None:
    shoot.apply("infrastructure", changed(INFRASTRUCTURE, third_zone))
    changes = shoot.apply(
        "infrastructure", changed(INFRASTRUCTURE, lambda v: (third_zone(v), v["zones"].pop("eu-central-1b")))
    )
    assert (changes, shoot.plan("infrastructure")) == (per_zone("eu-central-1b", "delete"), {})


def test_another_order_of_zones_leaves_the_nat_gateway_alone_because_it_cannot_move(shoot: Shoot) -> None:
    shoot.apply("infrastructure", INFRASTRUCTURE)
    moved = changed(INFRASTRUCTURE, lambda v: v["nat_gateway"].update(zone="eu-central-1b"))
    assert shoot.apply("infrastructure", moved) == {}


def test_a_key_pair_and_a_pod_network_come_and_go_alone(shoot: Shoot) -> None:
    shoot.apply("infrastructure", INFRASTRUCTURE)
    without = shoot.apply("infrastructure", changed(INFRASTRUCTURE, lambda v: v.update(key_pair=None, pod_cidr=None)))
    expected = [
        f'alicloud_ecs_key_pair.nodes["{C}-ssh-publickey"]',
        'alicloud_security_group_rule.ingress["all-pods"]',
    ]
    assert without == dict.fromkeys(expected, "delete")
    assert shoot.apply("infrastructure", INFRASTRUCTURE) == dict.fromkeys(expected, "create")


def test_another_public_key_changes_nothing_because_the_cloud_could_not(shoot: Shoot) -> None:
    shoot.apply("infrastructure", INFRASTRUCTURE)
    rotated = changed(INFRASTRUCTURE, lambda v: v["key_pair"].update(public_key="ssh-rsa AAAAB3NzaC1yc2F= core"))
    assert shoot.apply("infrastructure", rotated) == {}


# --- worker pool ---


def test_a_second_plan_of_the_worker_finds_nothing_to_do(shoot: Shoot) -> None:
    created = shoot.apply("worker", with_worker(shoot))
    assert (created, shoot.plan("worker")) == ({GROUP: "create", CONFIGURATION: "create"}, {})


def test_another_maximum_changes_the_group_in_place_and_nothing_else(shoot: Shoot) -> None:
    variables = with_worker(shoot)
    shoot.apply("worker", variables)
    larger = changed(variables, lambda v: size(v, maximum=5))
    assert (shoot.apply("worker", larger), shoot.plan("worker")) == ({GROUP: "update"}, {})


@pytest.mark.parametrize(
    "change",
    [
        {"instance_type": "ecs.g7.xlarge"},
        {"system_disk": {"category": "cloud_essd", "size_gib": 80, "encrypted": None}},
        {"instance_tags": {"kubernetes.io/role/worker/x": "1"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_machine_changes_the_configuration_in_place(shoot: Shoot, change: dict[str, Any]) -> None:
    variables = with_worker(shoot)
    shoot.apply("worker", variables)
    other = changed(variables, lambda v: v["pools"]["cpu"].update(change))
    assert (shoot.apply("worker", other), shoot.plan("worker")) == ({CONFIGURATION: "update"}, {})


TAINT = ("taint", f'module.worker_pool["cpu"].{CONFIGURATION}')


def test_tainting_a_configuration_deletes_no_group(shoot: Shoot) -> None:
    """The provider deletes a group, nodes included, together with its last configuration."""
    variables = changed(with_worker(shoot), lambda v: size(v, minimum=0, desired=0))
    shoot.apply("worker", variables)
    before = shoot.scaling_groups()
    shoot.terraform("worker", *TAINT)
    assert shoot.apply("worker", variables) == {CONFIGURATION: "replace"}
    after = shoot.scaling_groups()
    assert (after.keys(), shoot.cloud.counts()["scaling_configuration"]) == (before.keys(), 1)
    assert active(after).isdisjoint(active(before))


def test_a_tainted_configuration_with_nodes_stays_until_they_have_been_replaced(shoot: Shoot) -> None:
    variables = with_worker(shoot)
    shoot.apply("worker", variables)
    before = shoot.scaling_groups()
    shoot.terraform("worker", *TAINT)
    with pytest.raises(AssertionError, match="InstanceInUse"):
        shoot.apply("worker", variables)
    after = shoot.scaling_groups()
    assert (after.keys(), shoot.cloud.counts()["instance"]) == (before.keys(), 1)
    assert active(after).isdisjoint(active(before)), "new nodes follow the successor"
    (group_id,) = after
    shoot.ask("2014-08-28", "ModifyScalingGroup", ScalingGroupId=group_id, MinSize="0", DesiredCapacity="0")
    shoot.apply("worker", variables)
    assert (shoot.plan("worker"), shoot.cloud.counts()["scaling_configuration"]) == ({}, 1)


def test_removing_a_pool_removes_its_groups_and_their_nodes(shoot: Shoot) -> None:
    variables = with_worker(shoot)
    shoot.apply("worker", variables)
    changes = shoot.apply("worker", changed(variables, lambda v: v.update(pools={})))
    left = shoot.cloud.counts().keys() & {"scaling_group", "scaling_configuration", "instance"}
    assert (changes, left) == ({GROUP: "delete", CONFIGURATION: "delete"}, set())


def test_the_destroy_root_leaves_nothing_behind(shoot: Shoot) -> None:
    shoot.apply("worker", with_worker(shoot))
    for root in reversed(ROOTS):
        shoot.want_nothing(root)
        assert set(shoot.plan(root).values()) == {"delete"}
        shoot.terraform(root, "apply", "-input=false", "plan")
    assert shoot.cloud.counts() == {}
