"""What models accept, refuse, keep and show."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools

import pytest
from pydantic import BaseModel, ValidationError

from provisioner.api.alicloud_v1alpha1 import (
    API_VERSION,
    InfrastructureConfig,
    InfrastructureStatus,
    MachineImage,
    VpcStatus,
    VSwitch,
)
from provisioner.api.core_v1beta1 import Secret, Shoot
from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.api.model import StrictModel
from provisioner.api.text import LONGEST_SHOWN, nearest, show, show_list, show_name

MODULES = (
    "model",
    "alicloud_v1alpha1",
    *(f"core_v1beta1.{kind}" for kind in ("cloud_profile", "project", "secret", "seed", "shoot")),
    "extensions_v1alpha1",
)


def models() -> list[type[BaseModel]]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"provisioner.api.{name}")
        found += [
            item
            for item in vars(module).values()
            if inspect.isclass(item) and issubclass(item, BaseModel) and item.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_model_can_be_built(model: type[BaseModel]) -> None:
    """Building is put off until first use, so a wrong annotation would only show in front of a user."""
    model.model_rebuild(force=True)
    assert model.model_json_schema()


@pytest.mark.parametrize("name", MODULES)
def test_every_field_says_what_it_is(name: str) -> None:
    tree = ast.parse(inspect.getsource(importlib.import_module(f"provisioner.api.{name}")))
    silent = [
        f"{node.name}.{field.target.id}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for field, following in itertools.zip_longest(node.body, node.body[1:])
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and not is_text(following)
    ]
    assert silent == []


def is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def test_an_infrastructure_config_keeps_its_odd_names() -> None:
    data = {
        "apiVersion": API_VERSION,
        "kind": "InfrastructureConfig",
        "networks": {
            "vpc": {"id": "vpc-1", "gardenerManagedNATGateway": True, "useCustomRouteTable": True},
            "zones": [{"name": "a", "workers": "10.0.0.0/24", "natGateway": {"eipAllocationID": "eip-1"}}],
        },
        "dualStack": {"enabled": True},
    }
    config = InfrastructureConfig.model_validate(data)
    assert config.networks.vpc.gardener_managed_nat_gateway is True
    assert config.model_dump(mode="json", by_alias=True, exclude_defaults=True) == data


def test_a_status_is_written_with_the_keys_that_gardener_reads() -> None:
    status = InfrastructureStatus(
        vpc=VpcStatus(id="vpc-1", vswitches=(VSwitch(id="vsw-1", zone="a"),), route_table_id="vtb-1"),
        machine_images=(MachineImage(name="coreos", version="1", id="m-1"),),
    )
    written = status.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert written["vpc"] == {
        "id": "vpc-1",
        "vswitches": [{"id": "vsw-1", "purpose": "nodes", "zone": "a"}],
        "securityGroups": [],
        "routeTableID": "vtb-1",
    }
    assert written["keyPairName"] == ""


@pytest.mark.parametrize(
    ("zone", "cidr"),
    [
        ({"workers": "10.0.0.0/24"}, "10.0.0.0/24"),
        ({"worker": "10.0.1.0/24"}, "10.0.1.0/24"),
        ({"workers": "10.0.0.0/24", "worker": "10.0.1.0/24"}, "10.0.0.0/24"),
        ({"workers": "", "worker": "10.0.1.0/24"}, "10.0.1.0/24"),
        ({}, None),
    ],
)
def test_workers_wins_over_its_deprecated_twin(zone: dict[str, str], cidr: str | None) -> None:
    config = InfrastructureConfig.model_validate(
        {
            "apiVersion": API_VERSION,
            "kind": "InfrastructureConfig",
            "networks": {"vpc": {}, "zones": [{"name": "a", **zone}]},
        }
    )
    assert config.networks.zones[0].cidr == cidr


def test_a_strict_model_refuses_what_a_tolerant_one_ignores() -> None:
    shoot = Shoot.model_validate({"spec": {"region": "a", "brandNew": 1, "provider": {"type": "alicloud"}}})
    assert not hasattr(shoot.spec, "brand_new")
    with pytest.raises(ValidationError, match="brandNew"):
        StrictModel.model_validate({"brandNew": 1})


def test_pydantics_own_message_does_not_quote_the_input() -> None:
    with pytest.raises(ValidationError) as caught:
        Secret.model_validate({"data": {"accessKeySecret": "hunter2%"}})
    assert "hunter2" not in str(caught.value)


def secret() -> Secret:
    return Secret.model_validate(
        {
            "metadata": {"name": "s"},
            "data": {"both": "ZGF0YQ==", "wrapped": "aHVu\n dGVyMg==\n"},
            "stringData": {"both": "text", "empty": ""},
        }
    )


@pytest.mark.parametrize(
    ("key", "value"), [("both", b"text"), ("wrapped", b"hunter2"), ("empty", b""), ("missing", None)]
)
def test_a_secret_gives_its_decoded_values(key: str, value: bytes | None) -> None:
    assert secret().decoded(key) == value


def test_a_secrets_text_form_shows_its_keys_only() -> None:
    assert repr(secret()) == "Secret(name='s', namespace=None, keys=('both', 'empty', 'wrapped'))"


def test_str_of_a_secret_shows_no_value() -> None:
    assert "ZGF0YQ" not in str(secret())


def test_inline_user_data_is_bytes_and_not_shown() -> None:
    pool = WorkerPool.model_validate(
        {"name": "a", "machineType": "t", "minimum": 1, "maximum": 1, "userData": "aHVudGVyMg=="}
    )
    assert pool.user_data == b"hunter2"
    assert "hunter2" not in repr(pool)
    assert pool.model_dump(mode="json", by_alias=True)["userData"] == "aHVudGVyMg=="


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", '"a"'),
        (3, "3"),
        (True, "true"),
        (None, "null"),
        ("a\x1b[31m\n", '"a\\x1b[31m\\n"'),
        ("a" * (LONGEST_SHOWN + 1), '"' + "a" * LONGEST_SHOWN + '..."'),
    ],
)
def test_values_are_shown_short_and_harmless(value: object, shown: str) -> None:
    assert show(value) == shown


def test_a_name_with_a_lone_surrogate_can_be_shown() -> None:
    assert show_name("a\ud800") == "a\\ud800"


@pytest.mark.parametrize(("values", "shown"), [([], "none"), (["b", "a"], "b, a"), (list("abcd"), "a, b and 2 more")])
def test_lists_are_shown_up_to_a_limit(values: list[str], shown: str) -> None:
    assert show_list(values, limit=2) == shown


@pytest.mark.parametrize(("name", "near"), [("Gardenlinux", "gardenlinux"), ("xyz", None)])
def test_the_nearest_name_ignores_case(name: str, near: str | None) -> None:
    assert nearest(name, ["coreos", "gardenlinux"]) == near
