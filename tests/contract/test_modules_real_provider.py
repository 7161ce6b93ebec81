"""
The modules, and the schema that the sandbox's provider serves, held against the real aliyun/alicloud provider.

Runs where the environment variable PROVISION_REAL_PROVIDER names the provider's executable. Nothing reaches a network:
validating and asking for the schema configure no provider, and planning what does not exist yet reads nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import TerraformError
from provisioner.render import ProviderSettings, Root, module_files, render_root
from provisioner.runner.engine import find_engine

REPO = Path(__file__).parents[2]
# Read when the module is loaded: tests may clear the environment of each test.
REAL_PROVIDER = os.environ.get("PROVISION_REAL_PROVIDER")
ROOTS: tuple[Root, ...] = ("infrastructure", "worker")
PROVIDER = ProviderSettings("eu-central-1", account_type="Domestic")

pytestmark = pytest.mark.skipif(
    not REAL_PROVIDER,
    reason="PROVISION_REAL_PROVIDER is not set; it names an executable of the aliyun/alicloud provider",
)


class Terraform:
    """A real engine with the real provider."""

    def __init__(self, command: tuple[str, ...], directory: Path) -> None:
        self._command = command
        self.directory = directory
        configuration = directory / "terraformrc"
        plugins = directory / "plugins"
        plugins.mkdir()
        # Terraform goes by the file's name; an override needs neither a registry nor a lock file nor a checksum.
        (plugins / "terraform-provider-alicloud").symlink_to(Path(str(REAL_PROVIDER)).resolve())
        override = f'"aliyun/alicloud" = {json.dumps(str(plugins))}'
        configuration.write_text(f"provider_installation {{\n  dev_overrides {{\n    {override}\n  }}\n}}\n")
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(directory),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(configuration),
            # Neither is a real one, and neither is sent anywhere.
            "ALICLOUD_ACCESS_KEY": "LTAI5tNotARealKeyId",
            "ALICLOUD_SECRET_KEY": "not-a-real-secret",
        }
        for name, body in module_files().items():
            self._write(name, body)
        for root in ROOTS:
            values = json.loads((Path(__file__).parent / "data" / f"{root}.json").read_text())
            for name, body in render_root(
                root, values, PROVIDER, {"cpu": "c2g="} if root == "worker" else None
            ).items():
                self._write(f"{root}/{name}", body)
        for name, body in render_root("destroy", {}, PROVIDER).items():
            self._write(f"destroy/{name}", body)

    def _write(self, name: str, body: bytes) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def run(self, root: str, *arguments: str) -> str:
        """Run a command in a root module and return its standard output, errors included."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.directory / root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout or done.stderr


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    directory = tmp_path_factory.mktemp("real")
    try:
        command = find_engine(None, os.environ, directory / "cache").command
    except TerraformError as error:
        pytest.skip(f"no terraform to run: {error}")
    terraform = Terraform(command, directory)
    for root in (*ROOTS, "destroy"):
        # Installs the local modules; it also asks the registry about the overridden provider, which needs no answer.
        terraform.run(root, "get", "-no-color")
    return terraform


@pytest.mark.parametrize("root", [*ROOTS, "destroy"])
def test_the_real_provider_takes_the_rendered_root_without_a_warning(terraform: Terraform, root: str) -> None:
    answer = json.loads(terraform.run(root, "validate", "-json"))
    found = [(d["severity"], d["summary"], d["detail"]) for d in answer["diagnostics"]]
    override = [entry for entry in found if entry[1] == "Provider development overrides are in effect"]
    assert (answer["valid"], [entry for entry in found if entry not in override]) == (True, [])


@pytest.mark.parametrize("root", ROOTS)
def test_the_real_provider_plans_the_rendered_root_without_a_network(terraform: Terraform, root: str) -> None:
    events = [json.loads(line) for line in terraform.run(root, "plan", "-json", "-input=false").splitlines()]
    errors = [event["diagnostic"] for event in events if event["@level"] == "error"]
    summaries = [event["changes"] for event in events if event["type"] == "change_summary"]
    counts = {"infrastructure": 20, "worker": 2}
    assert (errors, [(s["add"], s["change"], s["remove"]) for s in summaries]) == ([], [(counts[root], 0, 0)])


def schema_differences(ours: dict[str, Any], theirs: dict[str, Any], where: str) -> Iterator[str]:
    """Yield where two schema blocks differ, in Terraform's own words."""
    for name in sorted(ours["attributes"].keys() | theirs.get("attributes", {}).keys()):
        mine, real = ours["attributes"].get(name), theirs.get("attributes", {}).get(name)
        if mine is None or real is None:
            yield f"{where}.{name}: {'we' if mine is None else 'they'} do not have it"
            continue
        kind = mine["type"] if isinstance(mine["type"], str) else list(mine["type"])
        pairs = {"type": (kind, real["type"])}
        pairs |= {flag: (bool(mine.get(flag)), bool(real.get(flag))) for flag in ("required", "optional", "computed")}
        pairs["deprecated"] = (bool(mine.get("deprecated")), bool(real.get("deprecated")))
        yield from (f"{where}.{name}: {key} {a} but really {b}" for key, (a, b) in pairs.items() if a != b)
    blocks = theirs.get("block_types", {})
    for name in sorted(ours.get("blocks", {}).keys() | blocks.keys() - {"timeouts"}):
        mine, real = ours.get("blocks", {}).get(name), blocks.get(name)
        if mine is None or real is None:
            yield f"{where}.{name}: {'we' if mine is None else 'they'} do not have the block"
        else:
            yield from schema_differences(mine["block"], real["block"], f"{where}.{name}")


def test_the_schema_is_the_real_providers(terraform: Terraform) -> None:
    answer = json.loads(terraform.run("infrastructure", "providers", "schema", "-json"))
    real = answer["provider_schemas"]["registry.terraform.io/aliyun/alicloud"]
    ours = json.loads((REPO / "provisioner" / "sandbox" / "provider" / "schema.json").read_text())
    # Left out: what is required there is reported as optional once an environment variable could supply it.
    del ours["provider"]["block"]["blocks"]["assume_role_with_oidc"]
    del real["provider"]["block"]["block_types"]["assume_role_with_oidc"]
    differences = list(schema_differences(ours["provider"]["block"], real["provider"]["block"], "provider"))
    for kind, resource in ours["resources"].items():
        differences += schema_differences(resource["block"], real["resource_schemas"][kind]["block"], kind)
    assert differences == []
