"""
The modules, and the schema that the sandbox's provider serves, held against the real aliyun/alicloud provider.

Runs where the environment variable PROVISION_REAL_PROVIDER names the provider's executable. Nothing leaves the machine:
validating and asking for the schema configure no provider, planning what does not exist yet reads nothing, and what is
applied is applied to the simulated cloud.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioner.ids import ROOTS, Root
from provisioner.render import ENDPOINT_SERVICES, ProviderSettings, module_files, render_root
from provisioner.runner.engine import Engine
from provisioner.sandbox.cloud import Caller, Cloud
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import Server, serve_cloud
from tests.contract.real_provider import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    MISSING,
    REAL_PROVIDER,
    embedded_provider,
    provider_environment,
)
from tests.e2e.other_user import ECS, OtherUser

REPO = Path(__file__).parents[2]
PROVIDER = ProviderSettings("eu-central-1", account_type="Domestic")

pytestmark = pytest.mark.skipif(not REAL_PROVIDER, reason=MISSING)


class Terraform:
    """A real engine with the real provider."""

    def __init__(self, command: tuple[str, ...], directory: Path) -> None:
        self._command = command
        self.directory = directory
        self.embedded: dict[str, str] | None = None
        """What replaces the real provider by the embedded one, while it does."""
        self._environment = provider_environment(directory)
        for name, body in module_files().items():
            self._write(name, body)

    def want(self, root: Root, provider: ProviderSettings, **changes: Any) -> None:
        """Render a root with the example values and changes to them, and install its module."""
        values: dict[str, Any] = {}
        if root != "destroy":
            values = json.loads((Path(__file__).parent / "data" / f"{root}.json").read_text()) | changes
        user_data = {"cpu": "IyEvYmluL3No"} if root == "worker" else None
        for name, body in render_root(root, values, provider, user_data).items():
            self._write(f"{root}/{name}", body)
        # Not init: that would ask the registry about the provider, although it is overridden.
        self.run(root, "get", "-no-color")

    def planned(self, root: str) -> tuple[list[str], list[tuple[int, int, int]]]:
        """Plan a root, and return errors and how much would be added, changed and removed."""
        events = [json.loads(line) for line in self.run(root, "plan", "-json", "-input=false").splitlines()]
        errors = [event["@message"] for event in events if event["@level"] == "error"]
        changes = [event["changes"] for event in events if event["type"] == "change_summary"]
        return errors, [(counts["add"], counts["change"], counts["remove"]) for counts in changes]

    def apply(self, root: str) -> None:
        """Apply a root; what became of it shows in the next plan."""
        self.run(root, "apply", "-no-color", "-input=false", "-auto-approve")

    def destroy(self, root: Root, provider: ProviderSettings) -> None:
        """Let a root that wants nothing take over the state of one that wanted something, and apply it."""
        self.want("destroy", provider)
        (self.directory / root / "terraform.tfstate").rename(self.directory / "destroy" / "terraform.tfstate")
        self.apply("destroy")

    def trust(self, ca: Path) -> None:
        """Trust an authority: some calls are made over TLS whatever the provider is told."""
        self._environment["SSL_CERT_FILE"] = str(ca)

    @contextmanager
    def with_embedded_provider(self, cloud: Cloud, caller: Caller) -> Iterator[None]:
        """Run with the sandbox's own provider instead of the real one."""
        with embedded_provider(cloud, caller) as environment:
            self.embedded = environment
            try:
                yield
            finally:
                self.embedded = None

    def _write(self, name: str, body: bytes) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def run(self, root: str, *arguments: str) -> str:
        """Run a command in a root module and return its standard output, errors included."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.directory / root,
            env=self._environment | (self.embedded or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout or done.stderr


@pytest.fixture(scope="module")
def terraform(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    terraform = Terraform(engine.command, tmp_path_factory.mktemp("real"))
    for root in (*ROOTS, "destroy"):
        terraform.want(root, PROVIDER)
    return terraform


@pytest.mark.parametrize("root", [*ROOTS, "destroy"])
def test_the_real_provider_takes_the_rendered_root_without_a_warning(terraform: Terraform, root: str) -> None:
    answer = json.loads(terraform.run(root, "validate", "-json"))
    found = [(d["severity"], d["summary"], d["detail"]) for d in answer["diagnostics"]]
    override = [entry for entry in found if entry[1] == "Provider development overrides are in effect"]
    assert (answer["valid"], [entry for entry in found if entry not in override]) == (True, [])


@pytest.mark.parametrize(("root", "count"), [("infrastructure", 20), ("worker", 2)])
def test_the_real_provider_plans_the_rendered_root_without_a_network(
    terraform: Terraform, root: str, count: int
) -> None:
    assert terraform.planned(root) == ([], [(count, 0, 0)])


class Simulated:
    """A shoot in a simulated cloud that both providers reach."""

    def __init__(self, terraform: Terraform, cloud: Cloud, server: Server) -> None:
        self.terraform = terraform
        self.cloud = cloud
        self.caller = cloud.enroll(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
        self.settings = ProviderSettings(
            "eu-central-1",
            protocol="HTTP",
            endpoints=dict.fromkeys(ENDPOINT_SERVICES, server.url.removeprefix("http://")),
            account_type="Domestic",
            skip_region_validation=True,
        )
        terraform.trust(server.ca_path)
        answer = OtherUser(cloud, self.caller).call(ECS, "DescribeImages", Architecture="x86_64")
        self.images = [image["ImageId"] for image in answer["Images"]["Image"]]

    def want_infrastructure(self) -> None:
        """Render the Infrastructure."""
        self.terraform.want("infrastructure", self.settings)

    def want_worker(self, image_id: str, maximum: int) -> None:
        """Render the Worker into the applied Infrastructure."""
        state = json.loads((self.terraform.directory / "infrastructure" / "terraform.tfstate").read_text())
        outputs = {name: output["value"] for name, output in state["outputs"].items()}
        pools = json.loads((Path(__file__).parent / "data" / "worker.json").read_text())["pools"]
        pools["cpu"]["image_id"] = image_id
        zone = pools["cpu"]["zones"]["eu-central-1a"]
        zone |= {"vswitch_id": outputs["vswitch_ids"]["eu-central-1a"], "maximum": maximum}
        placement = {name: outputs[name] for name in ("security_group_id", "key_pair_name")}
        self.terraform.want("worker", self.settings, pools=pools, **placement)

    def apply(self) -> None:
        """Apply both roots."""
        self.want_infrastructure()
        self.terraform.apply("infrastructure")
        self.want_worker(self.images[0], maximum=3)
        self.terraform.apply("worker")

    def planned(self) -> list[Any]:
        """Plan both roots."""
        return [self.terraform.planned(root) for root in ROOTS]

    def destroy(self) -> None:
        """Destroy both roots."""
        for root in reversed(ROOTS):
            self.terraform.destroy(root, self.settings)

    def with_embedded_provider(self) -> AbstractContextManager[None]:
        """Run with the embedded provider instead of the real one."""
        return self.terraform.with_embedded_provider(self.cloud, self.caller)


@pytest.fixture
def simulated(engine: Engine, tmp_path: Path) -> Iterator[Simulated]:
    terraform = Terraform(engine.command, tmp_path)
    cloud = open_cloud(tmp_path / "cloud")
    with serve_cloud(cloud) as server:
        yield Simulated(terraform, cloud, server)
    cloud.close()


NOTHING_TO_DO = [([], [(0, 0, 0)]), ([], [(0, 0, 0)])]


def test_the_real_provider_applies_updates_and_destroys_both_roots(simulated: Simulated) -> None:
    """
    A minute, because the provider waits five seconds for most of what it creates and removes.

    It removes the rules of the security group over TLS although it is told to use HTTP.
    """
    simulated.apply()
    assert simulated.planned() == NOTHING_TO_DO
    assert simulated.cloud.counts()["instance"] == 1
    with simulated.with_embedded_provider():
        assert simulated.planned() == NOTHING_TO_DO

    simulated.want_worker(simulated.images[1], maximum=5)
    assert simulated.terraform.planned("worker") == ([], [(0, 2, 0)])
    simulated.terraform.apply("worker")
    assert simulated.planned() == NOTHING_TO_DO

    simulated.destroy()
    assert simulated.cloud.counts() == {}


def test_the_real_provider_finds_nothing_to_do_in_the_embedded_ones_state(simulated: Simulated) -> None:
    with simulated.with_embedded_provider():
        simulated.apply()
        assert simulated.planned() == NOTHING_TO_DO
    assert simulated.planned() == NOTHING_TO_DO
    with simulated.with_embedded_provider():
        simulated.destroy()
    assert simulated.cloud.counts() == {}


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
