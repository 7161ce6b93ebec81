"""The Terraform modules as text, held against the rules that they all keep."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provisioner.translate.resource_types import RESOURCE_TYPES, SCALING_GROUP
from tests.contract.hcl_files import MODULES, REPO, RESOURCES, module_document, named_blocks, unquoted


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_files_of_a_module(module: str) -> None:
    names = sorted(path.name for path in (REPO / "terraform" / "modules" / module).iterdir())
    assert names == ["README.md", "main.tf", "outputs.tf", "variables.tf", "versions.tf"]


@pytest.mark.parametrize("module", MODULES)
def test_every_variable_is_typed_and_described_and_none_is_any(module: str) -> None:
    variables = named_blocks(module_document(module), "variable")
    for name, body in variables.items():
        assert unquoted(body["description"]), name
        assert "any" not in re.findall(r"\w+", body["type"]), name
        assert body.get("nullable") is False or body.get("default", "") is None, f"{name} takes null by accident"


@pytest.mark.parametrize("module", MODULES)
def test_every_output_is_described(module: str) -> None:
    assert all(unquoted(body["description"]) for body in named_blocks(module_document(module), "output").values())


@pytest.mark.parametrize("module", MODULES)
def test_every_variable_is_used(module: str) -> None:
    text = "".join(path.read_text() for path in (REPO / "terraform" / "modules" / module).glob("*.tf"))
    uses = re.sub(r"(?s)variable \"\w+\" \{.*?\n\}\n", "", text)
    unused = [name for name in named_blocks(module_document(module), "variable") if f"var.{name}" not in uses]
    assert unused == []


def test_what_exists_once_per_zone_is_keyed_by_the_zones_name() -> None:
    keyed = {address: body["for_each"] for (_, address), body in RESOURCES.items() if "for_each" in body}
    assert keyed == {
        "alicloud_vswitch.nodes": "${var.zones}",
        "alicloud_eip_address.nat": "${{for zone, given in var.zones : zone => given if given.eip == null}}",
        "alicloud_eip_association.nat": "${var.zones}",
        "alicloud_snat_entry.nodes": "${var.zones}",
        "alicloud_security_group_rule.ingress": "${local.security_group_rules}",
        "alicloud_route_table_attachment.nodes": "${var.route_table == null ? {} : alicloud_vswitch.nodes}",
        "alicloud_ecs_key_pair.nodes": "${toset(var.key_pair[*].name)}",
        "alicloud_ess_scaling_group.nodes": "${var.zones}",
        "alicloud_ess_scaling_configuration.nodes": "${var.zones}",
    }


def test_what_is_counted_exists_once_or_not_at_all() -> None:
    """With more than one, `count` would say which by a position, and positions move."""
    counted = {address: body["count"] for (_, address), body in RESOURCES.items() if "count" in body}
    assert counted == {
        "alicloud_vpc.this": "${var.vpc.id == null ? 1 : 0}",
        "alicloud_nat_gateway.this": "${var.nat_gateway.id == null ? 1 : 0}",
        "alicloud_route_table.this": "${var.route_table == null ? 0 : 1}",
        "alicloud_route_entry.default": "${length(alicloud_route_table.this)}",
        "alicloud_route_entry.ipv6": "${var.ipv6 == null ? 0 : length(alicloud_route_table.this)}",
        "alicloud_vpc_ipv6_gateway.this": "${var.ipv6 != null && var.vpc.id == null ? 1 : 0}",
    }


def test_a_snat_entry_waits_for_the_association_that_it_cannot_refer_to() -> None:
    body = RESOURCES["infrastructure", "alicloud_snat_entry.nodes"]
    assert body["depends_on"] == ["${alicloud_eip_association.nat}"]


def test_nothing_replaces_a_scaling_configuration_before_its_successor_exists() -> None:
    (lifecycle,) = RESOURCES["worker-pool", "alicloud_ess_scaling_configuration.nodes"]["lifecycle"]
    assert (lifecycle["create_before_destroy"], "replace_triggered_by" in lifecycle) == (True, False)


def test_every_taggable_resource_is_tagged(schema: dict[str, Any]) -> None:
    untagged = [
        address
        for (_, address), body in RESOURCES.items()
        if "tags" in schema["resources"][address.split(".")[0]]["block"]["attributes"]
        and "merge(var.tags, " not in body.get("tags", "")
    ]
    assert untagged == []


def test_what_is_tagged_after_its_creation_is_described_by_it_and_never_changed_for_that(
    schema: dict[str, Any],
) -> None:
    """Scaling groups have no description: they are proven by the vSwitch that they are in."""
    later = [row.type for row in RESOURCE_TYPES.values() if row.tagged == "later" and row is not SCALING_GROUP]
    bodies = {address.split(".")[0]: body for (_, address), body in RESOURCES.items() if "tags" in body}
    facts = {type: schema["resources"][type]["block"]["attributes"]["description"] for type in later}
    assert [type for type in later if facts[type].get("force_new")] == []
    assert {type: bodies[type].get("description") for type in later} == dict.fromkeys(later, "${var.owner_description}")
    ignored = {type: bodies[type].get("lifecycle", [{}])[0].get("ignore_changes", []) for type in later}
    assert [type for type in later if "description" not in map(unquoted, ignored[type])] == []
    assert [type for type, body in bodies.items() if "owner_description" in str(body) and type not in later] == []
