"""Every example: applied, planned without changes, destroyed, and nothing is left but what was there before."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from provisioner.runner import find_engine
from provisioner.sandbox.provider import serve_provider
from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.variants import Size
from tests.spreads import chosen

FOLDER = EXAMPLE.parent
NETWORK = FOLDER / "network"
"""What the account has before a shoot comes that is put into a VPC of the user's."""


@dataclass(frozen=True)
class Example:
    """A file or folder of manifests, and what the cloud holds of its shoots."""

    name: str
    sizes: Sequence[Size]
    needs_network: bool = False
    """Whether its placeholders, `vpc-replaceme` and `eip-replaceme`, stand for what `NETWORK` makes."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return FOLDER / self.name

    @property
    def counts(self) -> Counter[str]:
        """What `sandbox info` says of it."""
        return sum((Counter(size.counts) for size in self.sizes), Counter())


EXAMPLES = (
    Example("shoot.yaml", [Size(3, 5, 4)]),
    Example("01-existing-vpc.yaml", [Size(2, 2, 2, eips=1, vpcs=0, nat_gateways=0)], needs_network=True),
    Example("02-shared-vpc.yaml", [Size(2, 2, 2, vpcs=0, route_tables=1, routes=1)], needs_network=True),
    Example("03-dual-stack.yaml", [Size(2, 2, 2, ipv6_gateways=1)]),
    Example("04-arm64-pool.yaml", [Size(2, 3, 3)]),
    Example("05-encrypted-disks.yaml", [Size(1, 1, 1)]),
    Example("06-extension-objects.yaml", [Size(2, 2, 2)]),
    Example("07-two-shoots", [Size(1, 1, 1), Size(1, 1, 1)]),
)
SHORT = ("01-existing-vpc.yaml", "07-two-shoots")
"""What `make test` takes: terraform before provision, and a folder. The main job's test has shoot.yaml."""


def manifests(example: Example) -> list[Path]:
    """Return the files of an example."""
    return sorted(example.path.glob("*.yaml")) if example.path.is_dir() else [example.path]


def header(file: Path) -> str:
    """Return the comment that a file begins with."""
    return "\n".join(line.removeprefix("#").strip() for line in file.read_text().partition("---")[0].splitlines())


def make_network(provision: Provision, example: Example) -> Path:
    """Make the user's network with terraform, as the header says, and return the manifests with its ids in them."""
    (credentials,) = (
        document["stringData"]
        for document in yaml.safe_load_all(example.path.read_text())
        if document["metadata"]["name"] == "cloudprovider"
    )
    root = provision.folder / "network"
    root.mkdir()
    shutil.copy(NETWORK / "main.tf", root)
    engine = find_engine(None, os.environ, provision.folder / "cache").command
    with (
        TemporaryDirectory(prefix="n-") as folder,  # pytest's own is too long for a unix socket
        closing(provision.cloud()) as cloud,
        serve_provider(
            cloud, cloud.enroll(credentials["accessKeyID"], credentials["accessKeySecret"]), Path(folder)
        ) as reattach,
    ):
        environment = {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", **reattach.environment}
        for command in (["init"], ["apply", "-auto-approve"]):
            done = subprocess.run(
                [*engine, f"-chdir={root}", *command],
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    outputs = json.loads((root / "terraform.tfstate").read_bytes())["outputs"]
    text = example.path.read_text()
    for kind in ("vpc", "eip"):
        text = text.replace(f"{kind}-replaceme", outputs[f"{kind}_id"]["value"])
    manifest = provision.folder / example.name
    manifest.write_text(text)
    return manifest


@pytest.mark.parametrize(
    "example", chosen(EXAMPLES, lambda example: example.name in SHORT), ids=lambda example: example.name
)
def test_example_is_applied_and_destroyed(example: Example, provision: Provision) -> None:
    manifest = make_network(provision, example) if example.needs_network else example.path
    before = provision.counts()
    provision.ok("apply", manifest)
    assert provision.counts() == example.counts + Counter(before)
    plan = provision("plan", manifest)
    assert plan.code == 0, plan.out + plan.err
    provision.ok("destroy", manifest)
    assert provision.counts() == before


def test_every_example_is_tested_and_listed():
    found = {path.name for path in FOLDER.iterdir() if path.suffix != ".md" and path != NETWORK}
    assert found == {example.name for example in EXAMPLES}
    listed = re.findall(r"^\| \[([^]]+)\]\(\1\) \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert listed == [example.name for example in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_header_says_how_to_apply_it_and_every_file_has_one(example: Example):
    assert [file.name for file in manifests(example) if len(header(file)) < 50] == []
    told = "\n".join(map(header, manifests(example)))
    assert ("provision apply - --sandbox" if example.needs_network else f"examples/{example.name} --sandbox") in told
    assert example.needs_network is ("-replaceme" in told)
    assert not example.needs_network or f"-chdir=examples/{NETWORK.name} apply" in told


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_is_valid_as_it_stands(example: Example, provision: Provision):
    assert provision.ok("validate", example.path).out == "valid\n"


def test_examples_can_stand_side_by_side():
    """In one sandbox: no technical ID and no uid is there twice, and no bucket is that of two accounts."""
    shoots, accounts = [], set()
    for example in EXAMPLES:
        documents = [document for file in manifests(example) for document in yaml.safe_load_all(file.read_text())]
        shoots += [found for found in documents if found["kind"] == "Shoot"]
        shoots += [found["spec"]["shoot"] for found in documents if found["kind"] == "Cluster"]
        (bucket,) = (found["metadata"]["name"] for found in documents if found["kind"] == "BackupBucket")
        (key,) = (
            found["stringData"]["accessKeyID"] for found in documents if "accessKeyID" in found.get("stringData", {})
        )
        accounts.add((bucket, key))
    for name in ("technicalID", "uid"):
        assert len({shoot["status"][name] for shoot in shoots}) == len(shoots) == len(EXAMPLES) + 1
    assert len(dict(accounts)) == len(accounts)
