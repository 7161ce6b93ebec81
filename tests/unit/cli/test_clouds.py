"""The clouds a command talks to."""

from __future__ import annotations

from contextlib import closing

from provisioner.cli.clouds import RealClouds, SandboxClouds
from provisioner.cloud import Credentials
from provisioner.place import REAL_CLOUD
from provisioner.sandbox.sandbox import open_cloud

KEY = Credentials("LTAIkey", "the-secret")


def kind_of(clouds) -> str:
    with clouds:
        return clouds.connect(KEY, KEY, "eu-central-1").kind


def test_the_kind_tells_the_real_cloud_and_every_sandbox_apart(tmp_path):
    kinds = []
    for name in ("one", "two"):
        with closing(open_cloud(tmp_path / name)) as cloud:
            kinds.append(cloud.id)
    assert [kind_of(SandboxClouds(tmp_path / name, {})) for name in ("one", "two")] == kinds
    assert kind_of(RealClouds()) == REAL_CLOUD
