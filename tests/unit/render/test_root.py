"""Rendering: which files a working copy has, and that no value becomes Terraform syntax."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provisioner.errors import ManifestError
from provisioner.render import ProviderSettings, Template, module_files, render_kept_tags, render_root

PROVIDER = ProviderSettings("eu-central-1")
CHECKOUT = Path(__file__).parents[3]

# What means something to HCL, to its templates, to JSON, to a shell or to jinja2.
HOSTILE = (
    '"} resource "null_resource" "x" {',
    '${file("/etc/passwd")}',
    "%{ if true }yes%{ endif }",
    "$${doubled} %%{doubled}",
    "{{ 7 * 7 }}{% raw %}{# gone #}",
    "two\nlines\r\nand\ttabs\x00\x1b[31m",
    "back\\slash \\u0041 \\${x}",
    "<<EOT\nheredoc\nEOT",
    "Zürich 東京 \U0001f680 \u2028\u2029\ufeff",
    "'; rm -rf / #`id`$(id)",
    "// comment /* comment */ # comment",
)


def texts() -> st.SearchStrategy[str]:
    """Any text that UTF-8 can hold, hostile ones first."""
    return st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]))


def values() -> st.SearchStrategy[object]:
    """Any JSON value with such texts, as keys too."""
    leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts()
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(), inner, max_size=3))


@pytest.mark.parametrize("root", ["infrastructure", "worker"])
def test_a_root_has_four_templates_and_its_variables(root: Template) -> None:
    files = render_root(root, {}, PROVIDER)
    assert sorted(files) == ["main.tf", "outputs.tf", "terraform.tfvars.json", "variables.tf", "versions.tf"]


@pytest.mark.parametrize("root", ["infrastructure", "worker"])
def test_identical_input_gives_identical_bytes_whatever_the_order_of_its_keys(root: Template) -> None:
    first = render_root(
        root, {"a": 1, "b": {"x": 1, "y": 2}}, ProviderSettings("r", endpoints={"vpc": "v", "ecs": "e"})
    )
    second = render_root(
        root, {"b": {"y": 2, "x": 1}, "a": 1}, ProviderSettings("r", endpoints={"ecs": "e", "vpc": "v"})
    )
    assert first == second


def test_the_variables_file_is_sorted_indented_readable_and_ends_with_a_newline() -> None:
    files = render_root("infrastructure", {"z": [1], "a": "Zürich"}, PROVIDER)
    assert files["terraform.tfvars.json"].decode() == (
        "{\n"
        '  "a": "Zürich",\n'
        '  "provider_settings": {\n'
        '    "account_type": null,\n'
        '    "endpoints": {},\n'
        '    "protocol": "HTTPS",\n'
        '    "region": "eu-central-1",\n'
        '    "skip_region_validation": false\n'
        "  },\n"
        '  "z": [\n'
        "    1\n"
        "  ]\n"
        "}\n"
    )


def test_the_worker_root_is_wiring_only() -> None:
    assert (
        render_root("worker", {}, PROVIDER)["main.tf"].decode()
        == """\
# Written by `provision`: wiring only. Every value is in terraform.tfvars.json, user data in secrets.auto.tfvars.json.

# Credentials come from the environment only: ALICLOUD_ACCESS_KEY, ALICLOUD_SECRET_KEY, ALICLOUD_SECURITY_TOKEN.
provider "alicloud" {
  region                 = var.provider_settings.region
  protocol               = var.provider_settings.protocol
  account_type           = var.provider_settings.account_type
  skip_region_validation = var.provider_settings.skip_region_validation

  dynamic "endpoints" {
    for_each = length(var.provider_settings.endpoints) > 0 ? [var.provider_settings.endpoints] : []

    content {
      bssopenapi = lookup(endpoints.value, "bssopenapi", null)
      ecs        = lookup(endpoints.value, "ecs", null)
      ess        = lookup(endpoints.value, "ess", null)
      location   = lookup(endpoints.value, "location", null)
      ram        = lookup(endpoints.value, "ram", null)
      slb        = lookup(endpoints.value, "slb", null)
      sts        = lookup(endpoints.value, "sts", null)
      vpc        = lookup(endpoints.value, "vpc", null)
    }
  }
}

module "worker_pool" {
  source   = "../modules/worker-pool"
  for_each = var.pools

  cluster_name      = var.cluster_name
  region            = var.region
  tags              = var.tags
  kept_tags         = var.kept_tags
  security_group_id = var.security_group_id
  key_pair_name     = var.key_pair_name

  pool_name     = each.key
  image_id      = each.value.image_id
  instance_type = each.value.instance_type
  system_disk   = each.value.system_disk
  data_disks    = each.value.data_disks
  instance_name = each.value.instance_name
  instance_tags = each.value.instance_tags
  zones         = each.value.zones
  user_data     = lookup(var.user_data, each.key, null)
}
"""
    )


@given(variables=st.dictionaries(texts(), values(), max_size=3), endpoint=texts())
@example(variables={text: text for text in HOSTILE}, endpoint=HOSTILE[1])
def test_every_string_survives_in_the_variables_file_and_reaches_no_template(
    variables: dict[str, object], endpoint: str
) -> None:
    variables.pop("provider_settings", None)
    variables.pop("user_data", None)
    files = render_root("worker", variables, ProviderSettings(endpoint, endpoints={endpoint: endpoint}))
    read_back = json.loads(files.pop("terraform.tfvars.json"))
    settings = read_back.pop("provider_settings")
    assert read_back == variables
    assert settings["endpoints"] == {endpoint: endpoint}
    assert files == {name: body for name, body in render_root("worker", {}, PROVIDER).items() if name.endswith(".tf")}


def test_the_destroy_root_has_the_provider_and_no_module() -> None:
    files = render_root("destroy", {}, PROVIDER)
    full = render_root("worker", {}, PROVIDER)
    assert sorted(files) == ["main.tf", "terraform.tfvars.json", "variables.tf", "versions.tf"]
    assert json.loads(files["terraform.tfvars.json"]) == json.loads(full["terraform.tfvars.json"])
    assert files["versions.tf"] == full["versions.tf"]
    assert full["variables.tf"].startswith(files["variables.tf"])
    provider = full["main.tf"].split(b"\n\n", 1)[1].split(b"\nmodule ")[0]
    assert files["main.tf"].split(b"\n\n", 1)[1] == provider


def test_user_data_is_in_its_own_file_and_nowhere_else() -> None:
    with_secrets = render_root("worker", {"region": "r"}, PROVIDER, user_data={"cpu": "c2VjcmV0"})
    secrets = with_secrets.pop("secrets.auto.tfvars.json")
    assert json.loads(secrets) == {"user_data": {"cpu": "c2VjcmV0"}}
    assert with_secrets == render_root("worker", {"region": "r"}, PROVIDER)


def test_the_infrastructure_root_takes_no_user_data() -> None:
    with pytest.raises(ValueError, match="infrastructure takes no user data"):
        render_root("infrastructure", {}, PROVIDER, user_data={})


def test_the_destroy_root_takes_no_variables() -> None:
    with pytest.raises(ValueError, match="destroy has no variables"):
        render_root("destroy", {"region": "eu-central-1"}, PROVIDER)


@pytest.mark.parametrize("name", ["kept_tags", "provider_settings", "user_data"])
def test_a_variable_with_a_parameter_of_its_own_is_refused_among_the_others(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        render_root("worker", {name: {}}, PROVIDER)


@pytest.mark.parametrize(
    ("variables", "path", "detail"),
    [
        ({"vpc": {"name": "x\ud800"}}, "vpc.name", "character 1 is half of a surrogate pair"),
        ({"zones": {"\udfff": 1}}, "zones", "character 0 is half of a surrogate pair"),
        ({"zones": {"eu-1a": ["ok", "\ud800"]}}, "zones['eu-1a'][1]", "character 0 is half of a surrogate pair"),
        ({"size": float("inf")}, "size", "inf is not a finite number"),
    ],
)
def test_what_no_json_can_hold_is_an_error_that_names_the_place(
    variables: dict[str, object], path: str, detail: str
) -> None:
    with pytest.raises(ManifestError) as caught:
        render_root("infrastructure", variables, PROVIDER)
    assert [(problem.path, problem.detail.startswith(detail)) for problem in caught.value.problems] == [(path, True)]


def test_tags_that_are_kept_are_in_a_file_of_their_own() -> None:
    assert render_kept_tags({"vpc": {"cost": "1"}}) == {
        "kept-tags.auto.tfvars.json": b'{\n  "kept_tags": {\n    "vpc": {\n      "cost": "1"\n    }\n  }\n}\n'
    }


def test_the_modules_come_whole_and_without_their_readme() -> None:
    files = module_files()
    expected = {
        str(path.relative_to(CHECKOUT / "terraform")): path.read_bytes()
        for path in (CHECKOUT / "terraform" / "modules").glob("*/*.tf")
    }
    assert files == expected


def test_an_installed_package_brings_its_own_terraform_folder(tmp_path: Path) -> None:
    """A wheel holds terraform/ inside the package, where no checkout is near."""
    package = tmp_path / "provisioner"
    ignore = shutil.ignore_patterns("__pycache__")
    package.mkdir()
    for name in ("__init__.py", "errors.py", "ids.py"):
        shutil.copy(CHECKOUT / "provisioner" / name, package)
    shutil.copytree(CHECKOUT / "provisioner" / "render", package / "render", ignore=ignore)
    shutil.copytree(CHECKOUT / "terraform", package / "terraform")
    program = (
        "import hashlib, sys\n"
        "from provisioner.render import *\n"
        "files = module_files() | render_root('worker', {}, ProviderSettings('r'))\n"
        "print(sys.modules['provisioner'].__file__)\n"
        "print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())\n"
    )
    printed = {
        where: subprocess.run(
            [sys.executable, "-c", program],
            cwd=where,  # comes first on the module path
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        for where in (tmp_path, CHECKOUT)
    }
    assert [lines[0] for lines in printed.values()] == [str(where / "provisioner/__init__.py") for where in printed]
    assert printed[tmp_path][1] == printed[CHECKOUT][1]


def test_importing_the_room_does_not_import_jinja2() -> None:
    program = "import sys, provisioner.render; print('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
