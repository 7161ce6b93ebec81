"""The embedded provider, spoken to as terraform speaks to it: gRPC over the socket it is attached by."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.sandbox.cloud import Caller, Latency
from provisioner.sandbox.provider import Reattach, serve_provider
from provisioner.sandbox.sandbox import open_cloud
from tests.unit.sandbox.provider.network import Network
from tests.unit.sandbox.provider.terraform_side import ADDRESS, Shoot, Terraform, WatchedCloud


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory whose path leaves room for a socket's name."""
    path = Path(tempfile.mkdtemp(prefix="pv"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[WatchedCloud]:
    cloud = open_cloud(tmp_path / "cloud", latency=Latency())
    yield WatchedCloud(cloud)
    cloud.close()


@pytest.fixture
def caller(watched: WatchedCloud) -> Caller:
    return watched.cloud.enroll("LTAIprovider", "secret of the provider test")


@pytest.fixture
def served(watched: WatchedCloud, caller: Caller, short_dir: Path) -> Iterator[Reattach]:
    with serve_provider(watched, caller, short_dir / "s") as reattach:  # type: ignore[arg-type]  # speaks Cloud.call
        yield reattach


@pytest.fixture
def terraform(served: Reattach) -> Iterator[Terraform]:
    attach = json.loads(served.environment["TF_REATTACH_PROVIDERS"])[ADDRESS]
    terraform = Terraform(attach["Addr"]["String"])
    yield terraform
    terraform.channel.close()


@pytest.fixture
def shoot(terraform: Terraform, watched: WatchedCloud) -> Shoot:
    shoot = Shoot(terraform)
    watched.calls.clear()
    return shoot


@pytest.fixture
def network(terraform: Terraform, watched: WatchedCloud, caller: Caller) -> Network:
    return Network(terraform, watched, caller)
