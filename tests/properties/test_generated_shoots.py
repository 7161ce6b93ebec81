"""
Generated shoots are valid, and what is rendered of them is what they ask for, the same every time.

Rendered files are looked at as terraform would: variables are data, and `*.tf` is accepted by `terraform validate`.
`scale.py` says how to have more shoots, or others.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from provisioner.runner.engine import find_engine
from provisioner.sandbox.cloud.catalogue import images_of
from provisioner.sandbox.provider import serve_provider
from provisioner.sandbox.sandbox import open_cloud
from tests.properties.cloud_profiles import ARCHITECTURES, architecture_of
from tests.properties.command import provision
from tests.properties.scale import examine, share
from tests.properties.shoots import GeneratedShoot, shoots
from tests.spreads import spread

SHOOTS = 300
CHUNKS = 12
ROOTS = ("infrastructure", "worker")
SECRETS = Path("worker/secrets.auto.tfvars.json")
LONGEST_GROUP_NAME = 64
MOST_TAGS = 20
_EXPECTED = re.compile(
    r"spec\.provider\.workers(\[\d+\]\.(labels|name|maximum|volume\.size|dataVolumes\[\d+\]\.(name|size)))?"
    r"|"  # more than a hundred of these
    r"|spec\.secretRef\.name|spec\.provider\.(infrastructureConfig|workersSettings)|spec\.networking(\.\w+)?|spec\.(credentials|secret)BindingName|metadata\.name"
)
"""
Where a running shoot may have what an API server took once, since not every label can be a tag, and forms became
stricter; and the Secret that a hand-written BackupBucket may leave out.
"""
_BYTES = {"": 2**30, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9}

Files = dict[Path, bytes]


class Terraform:
    """Asks terraform whether it accepts root modules."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._engine = find_engine(None, os.environ, folder / "cache").command
        self._environment = {"PATH": os.environ.get("PATH", os.defpath), "CHECKPOINT_DISABLE": "1", **environment}
        self._accepted: set[bytes] = set()

    def check(self, folder: Path, files: Files) -> None:
        """
        Do nothing if terraform accepts the root modules in `folder`.

        `terraform validate` reads *.tf and no variables, so a root that consists of the same *.tf files as one before
        is not validated again: that would take minutes, and always the same way.
        """
        names = sorted(name for name in files if name.suffix == ".tf")
        digest = hashlib.sha256(b"\0".join(part for name in names for part in (str(name).encode(), files[name])))
        if digest.digest() in self._accepted:
            return
        for root in ROOTS:
            # Not init: that would ask the registry about a provider that is served from here.
            self._run(["get"], folder / root)
            assert json.loads(self._run(["validate", "-json"], folder / root))["diagnostics"] == []
        self._accepted.add(digest.digest())

    def _run(self, command: list[str], folder: Path) -> str:
        line = [*self._engine, *command]
        done = subprocess.run(line, cwd=folder, env=self._environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def terraform(tmp_path: Path) -> Iterator[Terraform]:
    """Return a terraform that knows the embedded provider."""
    with ExitStack() as stack:
        cloud = stack.enter_context(closing(open_cloud(tmp_path / "sandbox")))
        caller = cloud.enroll("LTAIexampleexample01", "not-a-real-secret-only-an-example")
        sockets = Path(stack.enter_context(TemporaryDirectory(prefix="p-")))  # pytest's is too long for a unix socket
        provider = stack.enter_context(serve_provider(cloud, caller, sockets))
        yield Terraform(tmp_path, {**provider.environment, "TF_CLI_CONFIG_FILE": os.devnull})


@pytest.mark.parametrize("chunk", spread(range(CHUNKS), 1))
def test_a_generated_shoot_is_rendered_as_it_asks(chunk: int, terraform: Terraform, tmp_path: Path) -> None:
    file, out, again = tmp_path / "manifests.yaml", tmp_path / "out", tmp_path / "again"
    seen: set[str] = set()

    def check(shoot: GeneratedShoot) -> None:
        file.write_text(shoot.text)
        validated = provision("validate", file)
        warnings = validated.document["warnings"]
        assert (validated.code, validated.document["errors"]) == (0, [])
        assert [warning for warning in warnings if not _EXPECTED.fullmatch(warning["path"])] == []
        first, second = render(file, out), render(file, again, "--with-secrets")
        assert first == {name: content for name, content in second.items() if name != SECRETS}
        terraform.check(out, first)
        check_infrastructure(shoot, variables(first, "infrastructure"))
        check_worker(shoot, variables(first, "worker"))
        check_secrets(shoot, first, json.loads(second[SECRETS])["user_data"])
        seen.add(shoot.text)

    examine(shoots(), check, chunk=chunk, count=share(SHOOTS, CHUNKS))
    assert len(seen) >= share(SHOOTS, CHUNKS)


def render(file: Path, out: Path, *options: str) -> Files:
    """Render manifests, and return the files; terraform's own are none of them."""
    done = provision("render", file, "--out", out, *options)
    assert done.code == 0, done.out + done.err
    return {Path(name): (out / name).read_bytes() for name in done.document["files"]}


def variables(files: Files, root: str) -> dict[str, Any]:
    """Return the variables of a root."""
    found: dict[str, Any] = json.loads(files[Path(root, "terraform.tfvars.json")])
    return found


def check_infrastructure(shoot: GeneratedShoot, found: dict[str, Any]) -> None:
    """Compare the variables of the infrastructure with what the shoot asks for."""
    network = shoot.network
    vpc = network.config["networks"]["vpc"]
    assert (found["region"], found["cluster_name"]) == (shoot.offer.region, shoot.technical_id)
    assert found["vpc"]["cidr"] == vpc["cidr"]
    assert {zone: item["cidr"] for zone, item in found["zones"].items()} == {
        zone: str(range_) for zone, range_ in network.ranges.items()
    }
    # What is named by position must not change when a zone is appended.
    assert found["nat_gateway"]["zone"] == shoot.offer.zones[0]
    positions = [found["zones"][zone]["eip_name"].rpartition("z")[2] for zone in shoot.offer.zones]
    assert positions == [str(number) for number in range(len(positions))]
    assert found["pod_cidr"] == network.networking.get("pods")
    assert bool(found["route_table"]) is bool(vpc.get("useCustomRouteTable"))
    assert bool(found["ipv6"]) is network.has_ipv6
    assert bool(found["key_pair"]) is shoot.has_ssh_key
    blocks = [zone.get("ipv6_block") for zone in found["zones"].values()]
    if network.has_ipv6:
        assert len(set(blocks)) == len(blocks)
        assert all(0 <= block <= 255 for block in blocks)
    else:
        assert set(blocks) == {None}


def check_worker(shoot: GeneratedShoot, found: dict[str, Any]) -> None:
    """Compare the variables of the worker pools with what the shoot asks for."""
    pools = found["pools"]
    assert set(pools) == {pool["name"] for pool in shoot.pools}
    for pool in shoot.pools:
        item = pools[pool["name"]]
        zones = item["zones"]
        assert sorted(zones) == sorted(pool["zones"])
        assert set(zones) <= set(shoot.network.ranges), "a zone without a vSwitch"
        sizes = [zones[zone] for zone in pool["zones"]]
        for field in ("minimum", "maximum"):
            shares = [size[field] for size in sizes]
            assert sum(shares) == (0 if shoot.is_hibernated else pool[field])
            assert shares == sorted(shares, reverse=True)
            assert shares[0] - shares[-1] <= 1
        # A scaling group that does not exist yet starts with its minimum.
        assert [size["desired"] for size in sizes] == [size["minimum"] for size in sizes]
        assert item["instance_type"] == pool["machine"]["type"]
        image = images_of(shoot.offer.region)[item["image_id"]]
        assert ARCHITECTURES[image.architecture] == architecture_of(pool["machine"]["type"])
        check_disk(item["system_disk"], pool["volume"])
        assert [disk["name"] for disk in item["data_disks"]] == [volume["name"] for volume in pool["dataVolumes"]]
        for disk, volume in zip(item["data_disks"], pool["dataVolumes"], strict=True):
            check_disk(disk, volume)
        assert len({**item["instance_tags"], **found["tags"]}) <= MOST_TAGS
        wanted = {key: value for key, value in pool.get("labels", {}).items() if value}
        assert all(item["instance_tags"].get(key, value) == value for key, value in wanted.items())
    groups = [zone["scaling_group_name"] for pool in pools.values() for zone in pool["zones"].values()]
    assert len(set(groups)) == len(groups)
    assert all(len(name) <= LONGEST_GROUP_NAME for name in groups)


def check_disk(disk: dict[str, Any], volume: dict[str, Any]) -> None:
    """Compare a disk with the volume that it is for; sizes are rounded up to whole GiB."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(volume["size"]))
    assert match
    size = ceil(Fraction(match[1]) * _BYTES[match[2]] / 2**30)
    wanted = (volume["type"], size, volume.get("encrypted"))
    assert (disk["category"], disk["size_gib"], disk["encrypted"]) == wanted


def check_secrets(shoot: GeneratedShoot, files: Files, user_data: dict[str, str]) -> None:
    """Look for what must not be in rendered files, and for user data in the one file that is for it."""
    content = b"\n".join(files.values())
    assert SECRETS not in files
    assert not any(secret.encode() in content for secret in (*shoot.secrets, shoot.access_key_id))
    assert not any(base64.b64encode(data) in content for data in shoot.user_data.values())
    assert {pool: base64.b64decode(data) for pool, data in user_data.items()} == shoot.user_data
