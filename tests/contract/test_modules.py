"""
The Terraform modules and roots as text, held against the real provider's schema, each other and their READMEs.

The schema is the one that the sandbox's provider serves; `test_modules_real_provider.py` holds it against the real one.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

import pytest

from provisioner.ids import ROOTS, Root
from provisioner.render import ENDPOINT_SERVICES, render_kept_tags, render_root
from provisioner.translate.resource_types import RESOURCE_TYPES, SCALING_GROUP
from tests.contract.hcl_files import (
    MODULE_OF,
    MODULES,
    PROVIDER,
    REPO,
    RESOURCES,
    VARIABLES,
    arguments,
    is_block,
    module_document,
    named_blocks,
    root_document,
    unquoted,
)

# --- the provider's schema ---


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema of the resource types in scope, as the sandbox's provider serves it."""
    document: dict[str, Any] = json.loads((REPO / "provisioner" / "sandbox" / "provider" / "schema.json").read_text())
    return document


META = {"count", "for_each", "depends_on", "lifecycle", "provider"}
# Other meta-arguments are legal Terraform and not wanted here: provisioners run commands.


def schema_problems(body: Mapping[str, Any], block: Mapping[str, Any], where: str, meta: set[str]) -> Iterator[str]:
    """Yield what the provider would refuse, warn about or ignore in a block."""
    known = {name: ("attribute", facts) for name, facts in block.get("attributes", {}).items()}
    known |= {name: ("block", facts) for name, facts in block.get("blocks", {}).items()}
    given = given_arguments(body, meta)
    for name, value in given.items():
        shape, facts = known.get(name, (None, {}))
        if shape is None:
            yield f"{where}.{name}: no such argument"
        elif (shape == "block") != is_block(value):
            yield f"{where}.{name}: attribute and block confused"
        elif shape == "block":
            for index, inner in enumerate(value):
                yield from schema_problems(inner, facts["block"], f"{where}.{name}[{index}]", set())
        else:
            yield from literal_problems(value, facts, f"{where}.{name}")
        yield from (f"{where}.{name}: {flag}" for flag in ("removed", "deprecated") if facts.get(flag))
    for name, (_, facts) in known.items():
        yield from missing_or_conflicting(name, facts, given.keys(), f"{where}.{name}")


def given_arguments(body: Mapping[str, Any], meta: set[str]) -> dict[str, Any]:
    """Return the arguments of a block except meta-arguments, dynamic blocks as the blocks that they stand for."""
    given = {name: value for name, value in arguments(body).items() if name not in meta | {"dynamic"}}
    for dynamic in body.get("dynamic", ()):
        given |= {unquoted(label): content["content"] for label, content in arguments(dynamic).items()}
    return given


def missing_or_conflicting(name: str, facts: Mapping[str, Any], given: Set[str], where: str) -> Iterator[str]:
    """Yield what an argument's own rules about the presence of arguments say."""
    if facts.get("required") and name not in given:
        yield f"{where}: required"
    if name in given:
        yield from (f"{where}: conflicts with {other}" for other in facts.get("conflicts_with", ()) if other in given)
    for rule in ("exactly_one_of", "at_least_one_of"):
        group = facts.get(rule, ())
        count = sum(other in given for other in group)
        if group and (count == 0 or (count > 1 and rule == "exactly_one_of")):
            yield f"{where}: {rule} {', '.join(group)}"


def literal_problems(value: object, facts: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield what is wrong with an attribute that is set, as far as the text tells it."""
    if not (facts.get("optional") or facts.get("required")):
        yield f"{where}: computed only"
    kind = facts["type"] if isinstance(facts["type"], str) else facts["type"][0]
    if isinstance(value, str) and "${" in value:
        return  # an expression
    shape = {"string": str, "number": (int, float), "bool": bool, "list": list, "set": list, "map": dict}[kind]
    if not isinstance(value, shape) or (isinstance(value, bool) and kind != "bool"):
        yield f"{where}: {value!r} is no {kind}"
    allowed = facts.get("allowed")
    literal = unquoted(value) if isinstance(value, str) else value
    if allowed and literal not in allowed:
        yield f"{where}: {literal!r} is not one of {allowed}"
    validation = facts.get("validation") or {}
    if validation.get("kind") == "IntBetween" and isinstance(literal, int):
        low, high = validation["args"]
        if not low <= literal <= high:
            yield f"{where}: {literal} is not between {low} and {high}"


@pytest.mark.parametrize(("module", "address"), RESOURCES, ids=str)
def test_a_resource_block_is_what_the_providers_schema_takes(schema: dict[str, Any], module: str, address: str) -> None:
    block = schema["resources"][address.split(".", maxsplit=1)[0]]["block"]
    assert list(schema_problems(RESOURCES[module, address], block, address, META)) == []


@pytest.mark.parametrize("root", ROOTS)
def test_the_provider_block_is_what_the_providers_schema_takes(schema: dict[str, Any], root: Root) -> None:
    body = named_blocks(root_document(root), "provider")["alicloud"]
    assert list(schema_problems(body, schema["provider"]["block"], "provider", set())) == []


def test_the_provider_block_names_no_credential() -> None:
    body = named_blocks(root_document("worker"), "provider")["alicloud"]
    assert sorted(arguments(body)) == ["account_type", "dynamic", "protocol", "region", "skip_region_validation"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"vswitch_idd": '"x"'}, "no such argument"),
        ({"status": '"x"'}, "computed only"),
        ({"name": '"x"'}, "deprecated"),
        ({"spec": '"x"'}, "removed"),
        ({"nat_type": '"Huge"'}, "'Huge' is not one of ['Enhanced', 'Normal']"),
        ({"instance_charge_type": '"PostPaid"'}, "conflicts with payment_type"),
        ({"force": '"yes"'}, "is no bool"),
        ({"access_mode": '"x"'}, "attribute and block confused"),
        ({"access_mode": [{"mode": '"x"', "__is_block__": True}]}, "access_mode[0].mode: no such argument"),
        ({"vpc_id": None}, "required"),
        ({"connection": 1}, "no such argument"),
    ],
)
def test_a_block_that_the_schema_does_not_take_is_noticed(
    schema: dict[str, Any], change: dict[str, Any], problem: str
) -> None:
    body = copy.deepcopy(RESOURCES["infrastructure", "alicloud_nat_gateway.this"]) | change
    body = {name: value for name, value in body.items() if value is not None}
    found = list(schema_problems(body, schema["resources"]["alicloud_nat_gateway"]["block"], "natgw", META))
    assert any(problem in line for line in found), found


# Set by the cloud and read back by the provider, so writing them down would invent a difference, or pin what must move.
UNSET = {
    "alicloud_eip_association": {"vpc_id", "private_ip_address"},
    "alicloud_ess_scaling_configuration": {
        "internet_max_bandwidth_in",  # of no use without a public address
        "internet_max_bandwidth_out",  # any value but 0 gives each node a public address
        "override",  # resets what the request does not carry, user data and key pair included
        "scaling_configuration_name",  # must be free when a successor is created first
        "spot_strategy",
    },
    "alicloud_ess_scaling_group": {"health_check_types", "multi_az_policy", "protected_instances"},
    "alicloud_security_group_rule": {"source_group_owner_id", "source_security_group_id"},
}


@pytest.mark.parametrize("kind", UNSET)
def test_what_the_cloud_decides_stays_unset(kind: str) -> None:
    bodies = [body for (_, address), body in RESOURCES.items() if address.startswith(f"{kind}.")]
    assert [sorted(UNSET[kind] & body.keys()) for body in bodies] == [[]]


# --- the modules' own rules ---


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


# --- roots and modules agree ---


Type = str | tuple[str, Any]


def parsed_type(text: str) -> Type:
    """Return a type constraint as a structure, so that two texts of one type are equal."""
    tokens = re.findall(r'"[^"]*"|[\w.]+|[(){}=,]', re.sub(r"^\$\{(.*)\}$", r"\1", text))

    def constraint() -> Type:
        name = tokens.pop(0)
        if not tokens or tokens[0] != "(":
            return name
        tokens.pop(0)
        if tokens[0] == "{":
            tokens.pop(0)
            fields: dict[str, Type] = {}
            while tokens[0] != "}":
                if tokens[0] == ",":
                    tokens.pop(0)
                    continue
                field = tokens.pop(0)
                assert tokens.pop(0) == "="
                fields[field] = constraint()
            tokens.pop(0)
            inner: Any = fields
        else:
            inner = constraint()
            if tokens[0] == ",":  # the default of an optional field
                while tokens[0] != ")":
                    inner = (inner, tokens.pop(0))
        assert tokens.pop(0) == ")", text
        return name, inner

    return constraint()


def types(document: Mapping[str, Any]) -> dict[str, Type]:
    """Return the type of each variable of a document."""
    return {name: parsed_type(body["type"]) for name, body in named_blocks(document, "variable").items()}


def test_the_infrastructure_root_has_the_modules_variables_with_the_modules_types() -> None:
    """Terraform drops the fields of an object that its type does not name: a difference would be silent."""
    root = {name: kind for name, kind in types(root_document("infrastructure")).items() if name != "provider_settings"}
    assert root == types(module_document("infrastructure"))


def test_the_worker_roots_pools_have_the_modules_types() -> None:
    module = types(module_document("worker-pool"))
    root = types(root_document("worker"))
    shared = {"cluster_name", "region", "tags", "kept_tags", "security_group_id", "key_pair_name"}
    own = module.keys() - shared - {"pool_name", "user_data"}
    assert {name: root[name] for name in shared} == {name: module[name] for name in shared}
    assert root["pools"] == ("map", ("object", {name: module[name] for name in own}))
    assert root["user_data"] == ("map", module["user_data"])


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_gives_the_module_every_variable_it_has(root: Root) -> None:
    (call,) = named_blocks(root_document(root), "module").values()
    given = arguments(call).keys() - {"source", "for_each"}
    assert given == named_blocks(module_document(MODULE_OF[root]), "variable").keys()


@pytest.mark.parametrize("root", ROOTS)
def test_the_rendered_values_are_those_that_the_root_declares(root: Root) -> None:
    files = render_root(root, VARIABLES[root], PROVIDER, {} if root == "worker" else None) | render_kept_tags({})
    given = {name for file, body in files.items() if file.endswith(".json") for name in json.loads(body)}
    assert given == named_blocks(root_document(root), "variable").keys()


def test_the_infrastructure_root_has_the_modules_outputs() -> None:
    described = {
        where: {name: body["description"] for name, body in named_blocks(document, "output").items()}
        for where, document in (
            ("root", root_document("infrastructure")),
            ("module", module_document("infrastructure")),
        )
    }
    assert described["root"] == described["module"]


def test_the_worker_root_puts_out_the_pools_and_keeps_the_images_in_the_state() -> None:
    outputs = {name: body["value"] for name, body in named_blocks(root_document("worker"), "output").items()}
    assert outputs == {
        "pools": "${{for name, pool in module.worker_pool : name => pool.zones}}",
        "machine_images": "${var.machine_images}",
        "machine_deployments": "${var.machine_deployments}",
    }


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_and_its_module_ask_for_the_same_provider(root: Root) -> None:
    wanted = [
        {name: value for name, value in document["terraform"][0].items() if name in {"required_version"}}
        | {"alicloud": document["terraform"][0]["required_providers"][0]["alicloud"]}
        for document in (root_document(root), module_document(MODULE_OF[root]))
    ]
    assert wanted[0] == wanted[1]


def test_the_root_knows_every_endpoint_that_can_be_set(schema: dict[str, Any]) -> None:
    assert set(ENDPOINT_SERVICES) <= schema["provider"]["block"]["blocks"]["endpoints"]["block"]["attributes"].keys()


# --- READMEs ---


def input_rows(module: str) -> list[str]:
    """Return the table of a module's variables."""
    rows = []
    for name, body in sorted(named_blocks(module_document(module), "variable").items()):
        kind = parsed_type(body["type"])
        while isinstance(kind, tuple) and isinstance(kind[1], tuple):
            inner = kind[1][0] if isinstance(kind[1][1], dict) else f"{kind[1][0]}({kind[1][1]})"
            kind = f"{kind[0]}({inner})"
        short = kind if isinstance(kind, str) else kind[0] if isinstance(kind[1], dict) else f"{kind[0]}({kind[1]})"
        default = f"`{json.dumps(body['default'])}`" if "default" in body else "required"
        rows.append(f"| `{name}` | {unquoted(body['description'])} | `{short}` | {default} |")
    return rows


def output_rows(module: str) -> list[str]:
    """Return the table of a module's outputs."""
    outputs = sorted(named_blocks(module_document(module), "output").items())
    return [f"| `{name}` | {unquoted(body['description'])} |" for name, body in outputs]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("heading", "rows"), [("Inputs", input_rows), ("Outputs", output_rows)])
def test_a_modules_readme_lists_its_inputs_and_outputs(module: str, heading: str, rows: Any) -> None:
    readme = (REPO / "terraform" / "modules" / module / "README.md").read_text()
    section = readme.split(f"## {heading}\n")[1].split("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("| `")] == rows(module)
