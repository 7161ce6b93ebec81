"""
The rows of `translate.resource_types`, held against the modules as text, and against a shoot that has every type.

That shoot is applied to the sandbox by the command, once for all tests of this file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provisioner.cloud import CloudAccess, CloudClient, Credentials, Inventory, find_resources
from provisioner.ids import ROOTS, TechnicalId
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from provisioner.tfstate import Instance, State
from provisioner.translate.names import cluster_tag
from provisioner.translate.resource_types import KEY_TAG, RESOURCE_TYPES, ResourceType, module_of, pool_of
from tests.contract.hcl_files import MODULE_OF, resources
from tests.e2e.conftest import Provision, access_key
from tests.e2e.network_variants import blocks, dual_stack, new_with_table
from tests.e2e.variants import example

TECHNICAL_ID = TechnicalId("shoot--demo--canary")
REGION = "eu-central-1"
NOWHERE = "nothing is called like this"
BLOCKS = {(root, *address.split(".")): body for root in ROOTS for address, body in resources(MODULE_OF[root]).items()}
ROWS = list(RESOURCE_TYPES.values())
_NAMED_BY = re.compile(
    r"(vpc|vswitch|nat_gateway|ipv6_gateway|route_table|security_group|snat_entry|scaling_group)_name$"
)
_CREATED_BY = {
    "alicloud_vpc": "CreateVpc",
    "alicloud_vswitch": "CreateVSwitch",
    "alicloud_nat_gateway": "CreateNatGateway",
    "alicloud_vpc_ipv6_gateway": "CreateIpv6Gateway",
    "alicloud_route_table": "CreateRouteTable",
    "alicloud_security_group": "CreateSecurityGroup",
    "alicloud_eip_address": "AllocateEipAddress",
    "alicloud_ecs_key_pair": "ImportKeyPair",
    "alicloud_ess_scaling_group": "CreateScalingGroup",
}


def by_type(row: ResourceType) -> str:
    """Return how a test calls its row."""
    return row.type.removeprefix("alicloud_")


each_row = pytest.mark.parametrize("row", ROWS, ids=by_type)


# --- the modules as text ---


def test_every_resource_of_the_modules_has_a_row_and_no_row_is_of_none():
    assert {(row.root, row.type, label) for row in ROWS for label in row.labels} == set(BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, ids=".".join)
def test_count_and_for_each_are_as_the_row_says(block):
    body = BLOCKS[block]
    keys = str(body.get("for_each", ""))
    per_zone = "var.zones" in keys or "alicloud_vswitch.nodes" in keys
    found = "one or none" if "count" in body else "per zone" if per_zone else "per key" if keys else "one"
    assert RESOURCE_TYPES[block[1]].instances == found


@pytest.mark.parametrize("block", BLOCKS, ids=".".join)
def test_logical_key_is_the_rows(block):
    row = RESOURCE_TYPES[block[1]]
    written = row.logical_key.format(zone="${each.key}", pool="${var.pool_name}")
    text = str(BLOCKS[block].get("tags", "")) if row.can_be_tagged else ""
    found = re.search(r'"provisioner/key"\W+"([^"]+)"', text)
    assert (found[1] if found else "") == written


@each_row
def test_what_has_tags_of_its_own_has_a_kind_and_a_logical_key(row):
    assert bool(row.tag_kind) is bool(row.logical_key) is row.can_be_tagged


@each_row
def test_a_logical_key_is_read_back(row):
    if not row.can_be_tagged:
        assert row.read_key("anything") == {}
        return
    fields = {field: f"a-{field}" for field in ("zone", "pool") if f"{{{field}}}" in row.logical_key}
    assert row.read_key(row.logical_key.format(**fields)) == fields


def test_what_others_are_in_or_depend_on_comes_first():
    order = list(RESOURCE_TYPES)
    for row in ROWS:
        assert all(order.index(other) < order.index(row.type) for other in (row.parent, *row.depends_on) if other)


# --- a shoot that has every type ---


@dataclass
class Applied:
    """What an apply led to: the states, the calls that made it, and the ways to find it again."""

    states: dict[str, State]
    calls: list[dict[str, Any]]
    client: CloudClient

    def instances(self, row: ResourceType) -> list[Instance]:
        """Return the objects of a type."""
        return [found for found in self.states[row.root].instances() if found.address.type == row.type]

    def look(self, *, tag: bool = False, name: bool = False, vpc: bool = False) -> Inventory:
        """Look for what exists, by one of the ways alone."""
        (vpc_id,) = (
            found.id for found in self.states["infrastructure"].instances() if found.address.type == "alicloud_vpc"
        )
        return find_resources(
            self.client,
            tag=(cluster_tag(TECHNICAL_ID) if tag else NOWHERE, "1"),
            name_prefix=TECHNICAL_ID if name else NOWHERE,
            vpc_ids=[vpc_id] if vpc else [],
        )


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    """Apply a shoot with dual stack and a route table of its own."""
    folder: Path = tmp_path_factory.mktemp("every-type")
    record, stop = folder / "calls.jsonl", folder / "stop.json"
    stop.write_text(json.dumps({"record": str(record)}))
    documents = example()
    for change in (new_with_table, dual_stack, *blocks):
        change(documents)
    manifest = folder / "shoot.yaml"
    manifest.write_text("---\n".join(json.dumps(document) + "\n" for document in documents.values()))
    provision = Provision(folder)
    done = provision("apply", manifest, PROVISION_SANDBOX_STOP=str(stop))
    assert done.code == 0, done.out + done.err
    states = {
        root: State.from_bytes(provision.ok("state", "pull", manifest, "--root", root).out.encode()) for root in ROOTS
    }
    calls = [json.loads(line) for line in record.read_text().splitlines()]
    key = access_key()
    with closing(open_cloud(folder / "sandbox")) as cloud, closing(serve_cloud(cloud)) as server:
        host = server.url.removeprefix("http://")
        access = CloudAccess(
            Credentials(*key), "", Credentials(*key), "http", dict.fromkeys(("ecs", "ess", "sts", "vpc"), host)
        )
        yield Applied(states, calls, CloudClient(access, REGION, {}))


@each_row
def test_objects_are_where_the_row_says(applied, row):
    instances = applied.instances(row)
    assert instances
    for instance in instances:
        assert instance.address.module == module_of(row.root, pool_of(instance.address) or "")
    assert {instance.address.name for instance in instances} == set(row.labels)


@each_row
def test_dependencies_are_what_terraform_writes(applied, row):
    """Where a type has several resources in its module, the row has what they depend on together."""
    instances = applied.instances(row)
    written = {name for instance in instances for name in instance.content.get("dependencies", ())}
    depends_on = {name for instance in instances for name in row.dependencies(instance.address.module)}
    assert {name.rpartition(".")[0] for name in depends_on} == {name.rpartition(".")[0] for name in written}


@each_row
def test_names_in_the_cloud_are_made_by_the_rows_rule(applied, row):
    if row.name is None:
        return
    zones = [f"{REGION}{letter}" for letter in "abc"]
    for instance in applied.instances(row):
        zone = str(instance.address.key)
        (name,) = {
            value
            for key, value in instance.attributes.items()
            if value and (_NAMED_BY.search(key) or key in ("address_name", "key_pair_name"))
        }
        place = {"position": zones.index(zone)} if row.name.has("position") else {"zone": zone}
        assert name == row.name_of(TECHNICAL_ID, pool=pool_of(instance.address) or "", **place)


@each_row
def test_objects_are_tagged_with_their_logical_key(applied, row):
    for instance in applied.instances(row):
        tags = instance.attributes.get("tags") or {}
        assert tags.get(KEY_TAG, "") == (row.key_of(instance.address) if row.can_be_tagged else "")


@each_row
def test_the_call_that_creates_an_object_carries_its_tags_or_does_not(applied, row):
    if not row.can_be_tagged:
        assert row.type not in _CREATED_BY
        return
    calls = [call["parameters"] for call in applied.calls if call["action"] == _CREATED_BY[row.type]]
    assert calls
    assert {"Tag.1.Key" in parameters or "Tags" in parameters for parameters in calls} == {row.tagged == "at birth"}


@each_row
def test_objects_are_found_in_their_parent_and_with_what_they_need(applied, row):
    inventory = applied.look(tag=True, name=True)
    types = {resource.id: resource.type for resource in inventory}
    found = inventory.of(row.type)
    assert {resource.id for resource in found} == {instance.id for instance in applied.instances(row)}
    for resource in found:
        assert types.get(resource.parent, "") == row.parent
        assert all(resource.attributes[name] in types for name in row.needs)


@pytest.mark.parametrize("way", ["tag", "name", "VPC"])
def test_each_way_to_find_objects_finds_the_types_that_are_found_so(applied, way):
    found = {resource.type for resource in applied.look(**{way.lower(): True})}
    expected = {row.type for row in ROWS if way in row.found}
    if way == "VPC":
        expected.add("alicloud_vpc")  # it is what is looked into
    for row in ROWS:  # parents come first
        if ("parent" in row.found and row.parent in expected) or ("VPC" in row.found and "alicloud_vpc" in expected):
            expected.add(row.type)
        if "gateway" in row.found and "alicloud_nat_gateway" in expected:
            expected.add(row.type)
    assert found == expected
