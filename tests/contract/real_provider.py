"""
A simulated cloud reached by the real, unmodified aliyun/alicloud provider: HCL in, plans and a cloud to look at out.

The environment variable PROVISION_REAL_PROVIDER names the provider's executable. Nothing leaves the machine: the
provider talks to the sandbox over loopback and is found by a development override, which asks no registry.

One run of terraform costs seconds, because the provider loads a large schema and waits five seconds for most of what
it creates and removes. Tests therefore put much into one configuration and run it few times.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.render import ENDPOINT_SERVICES
from provisioner.sandbox.cloud import Caller, Cloud
from provisioner.sandbox.provider import serve_provider
from provisioner.sandbox.wire import Server
from tests.e2e.other_user import REGION, OtherUser

# Read when the module is loaded: tests may clear the environment of each test.
REAL_PROVIDER = os.environ.get("PROVISION_REAL_PROVIDER")
MISSING = "PROVISION_REAL_PROVIDER is not set; it names an executable of the aliyun/alicloud provider"
# Neither is a real one.
ACCESS_KEY_ID, ACCESS_KEY_SECRET = "LTAI5tContractTest", "secret-of-the-test"

_SETTINGS = """\
terraform {
  required_providers {
    alicloud = {
      source = "aliyun/alicloud"
    }
  }
}

provider "alicloud" {
  region                 = "%s"
  protocol               = "HTTP"
  account_type           = "Domestic"
  skip_region_validation = true
  endpoints {
%s
  }
}
"""


@dataclass(frozen=True)
class Plan:
    """What terraform would do."""

    exit_code: int
    """0 nothing, 1 an error, 2 changes."""
    changes: dict[str, str]
    """By address: `create`, `delete`, `import`, `update: <attributes>` or `replace: <attributes>`."""
    errors: list[str]

    @property
    def replaced(self) -> list[str]:
        """The addresses of objects that would be replaced or removed."""
        return [address for address, change in self.changes.items() if change.startswith(("replace", "delete"))]


NOTHING_TO_DO = Plan(0, {}, [])
CONVERGED: tuple[list[str], Plan] = ([], NOTHING_TO_DO)
"""What `RealProvider.converge` returns when all is as it should be."""


def provider_environment(directory: Path) -> dict[str, str]:
    """Return the environment in which terraform finds the real provider without a registry; writes to `directory`."""
    configuration = directory / "terraformrc"
    plugins = directory / "plugins"
    plugins.mkdir(parents=True)
    # Terraform goes by the file's name; an override needs neither a registry nor a lock file nor a checksum.
    (plugins / "terraform-provider-alicloud").symlink_to(Path(str(REAL_PROVIDER)).resolve())
    override = f'"aliyun/alicloud" = {json.dumps(str(plugins))}'
    configuration.write_text(f"provider_installation {{\n  dev_overrides {{\n    {override}\n  }}\n}}\n")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": str(configuration),
        "ALICLOUD_ACCESS_KEY": ACCESS_KEY_ID,
        "ALICLOUD_SECRET_KEY": ACCESS_KEY_SECRET,
    }


@contextmanager
def embedded_provider(cloud: Cloud, caller: Caller) -> Iterator[dict[str, str]]:
    """Serve the sandbox's own provider; give what has terraform use it instead of any other."""
    with (
        tempfile.TemporaryDirectory(prefix="p-") as sockets,  # pytest's own folder is too long for a unix socket
        serve_provider(cloud, caller, Path(sockets)) as served,
    ):
        yield {**served.environment, "TF_CLI_CONFIG_FILE": os.devnull}


class RealProvider:
    """
    One configuration, its state, and the cloud behind it.

        real_provider.write('resource "alicloud_vpc" "main" { cidr_block = "10.0.0.0/8" }')
        assert real_provider.converge() == CONVERGED
    """

    def __init__(self, command: tuple[str, ...], directory: Path, cloud: Cloud, server: Server) -> None:
        """Use the fixture `real_provider`, or `either_provider`."""
        self.cloud = cloud
        self.caller = cloud.enroll(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
        self.directory = directory / "configuration"
        self.directory.mkdir()
        self._command = command
        # The provider changes security group rules over TLS whatever protocol it is told.
        self._environment = provider_environment(directory) | {"SSL_CERT_FILE": str(server.ca_path)}
        address = server.url.removeprefix("http://")
        endpoints = "\n".join(f'    {service} = "{address}"' for service in ENDPOINT_SERVICES)
        (self.directory / "settings.tf").write_text(_SETTINGS % (REGION, endpoints))

    def write(self, hcl: str) -> None:
        """Replace the configuration; the provider's own settings are there already."""
        (self.directory / "main.tf").write_text(hcl)

    def plan(self, *options: str) -> Plan:
        """Plan the configuration."""
        plan_file = self.directory / "plan"
        plan_file.unlink(missing_ok=True)
        done = self._run("plan", "-json", "-input=false", "-detailed-exitcode", f"-out={plan_file}", *options)
        if done.returncode == 2:
            return Plan(2, _changes(json.loads(self._run("show", "-json", str(plan_file)).stdout)), [])
        return Plan(done.returncode, {}, _errors(done))

    def apply(self) -> list[str]:
        """Apply the configuration and return the errors."""
        return _errors(self._run("apply", "-json", "-input=false", "-auto-approve"))

    def converge(self) -> tuple[list[str], Plan]:
        """Apply the configuration and plan it again; return the errors, and what would still be to do."""
        return self.apply(), self.plan()

    def destroy(self) -> list[str]:
        """Destroy what is in the state and return the errors."""
        return _errors(self._run("apply", "-destroy", "-json", "-input=false", "-auto-approve"))

    def plan_import(self, ids: Mapping[str, str]) -> Plan:
        """
        Forget the state, and plan to import resources by address; `apply` then does it.

        One plan imports any number of resources, where each `terraform import` starts the provider again.
        """
        self.state_path.unlink(missing_ok=True)
        blocks = {"import": [{"to": address, "id": id} for address, id in ids.items()]}
        (self.directory / "imports.tf.json").write_text(json.dumps(blocks))
        return self.plan()

    @property
    def state_path(self) -> Path:
        """Where the state is."""
        return self.directory / "terraform.tfstate"

    def attributes(self) -> dict[str, dict[str, Any]]:
        """Return the attributes of everything in the state by address (`data.` in front of data sources)."""
        if not self.state_path.exists():
            return {}
        found = {}
        for resource in json.loads(self.state_path.read_text())["resources"]:
            prefix = "data." if resource["mode"] == "data" else ""
            for instance in resource["instances"]:
                index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                found[f"{prefix}{resource['type']}.{resource['name']}{index}"] = instance["attributes"]
        return found

    def ids(self) -> dict[str, str]:
        """Return the ids of what is in the state by address, without data sources."""
        state = self.attributes().items()
        return {address: str(attributes["id"]) for address, attributes in state if not address.startswith("data.")}

    @contextmanager
    def with_embedded_provider(self) -> Iterator[None]:
        """Run with the sandbox's own provider instead of the real one."""
        usual = self._environment
        with embedded_provider(self.cloud, self.caller) as environment:
            self._environment = usual | environment
            try:
                yield
            finally:
                self._environment = usual

    def call(self, version: str, action: str, **parameters: object) -> dict[str, Any]:
        """Run an action of the cloud as the provider's account; `Tag__1__Key` stands for `Tag.1.Key`."""
        return OtherUser(self.cloud, self.caller).call(version, action, **parameters)

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments],
            cwd=self.directory,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )


def _errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = [event["diagnostic"] for event in events if event["@level"] == "error" and "diagnostic" in event]
    errors = [f"{one.get('address', '')}: {one['summary']}: {one['detail']}" for one in found]
    return errors if errors or done.returncode != 1 else [done.stdout + done.stderr]


def _changes(document: dict[str, Any]) -> dict[str, str]:
    changes = {}
    for resource in document.get("resource_changes", []):
        change = resource["change"]
        verb = "replace" if len(change["actions"]) > 1 else change["actions"][0]
        if verb in ("update", "replace"):
            before, after, unknown = change["before"], change["after"], change["after_unknown"]
            names = {name for name in after if before.get(name) != after[name]}
            names |= {name for name, value in unknown.items() if value is True}
            # Terraform's own, and unknown to the cloud.
            verb += ": " + ", ".join(sorted(names - {"timeouts"}))
        if verb == "no-op" and "importing" in change:
            verb = "import"
        if verb not in ("no-op", "read"):
            changes[resource["address"]] = verb
    return changes
