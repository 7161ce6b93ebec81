"""The Terraform roots, held against the modules that they call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.ids import ROOTS, Root
from provisioner.render import ENDPOINT_SERVICES, render_kept_tags, render_root
from tests.contract.hcl_files import (
    MODULE_OF,
    PROVIDER,
    VARIABLES,
    arguments,
    module_document,
    named_blocks,
    root_document,
)
from tests.contract.hcl_types import types


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
