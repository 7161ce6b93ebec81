"""
The resources of the Terraform modules, held against the provider's schema.

The schema is the one that the sandbox's provider serves; `test_modules_real_provider.py` holds it against the real one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Set
from typing import Any

import pytest

from provisioner.ids import ROOTS, Root
from tests.contract.hcl_files import RESOURCES, arguments, is_block, named_blocks, root_document, unquoted

META = {"count", "for_each", "depends_on", "lifecycle", "provider"}


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
