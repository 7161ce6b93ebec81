"""
What an imitation of Alibaba Cloud gets wrong first: the sandbox's HTTP door held against what the unmodified
aliyun/alicloud provider relies on without saying so.

One file for each point. Every answer passes through `Door`, which also holds it against what goes for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.sandbox.cloud import Cloud
from provisioner.sandbox.wire import Server, serve_cloud
from tests.contract.gotchas.door import ESS, Door, enrolled_cloud, open_door
from tests.contract.gotchas.network import Network


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with enrolled_cloud(tmp_path / "cloud") as opened:
        yield opened


@pytest.fixture
def server(cloud: Cloud) -> Iterator[Server]:
    with serve_cloud(cloud) as running:
        yield running


@pytest.fixture
def door(server: Server) -> Iterator[Door]:
    with Door(server) as opened:
        yield opened


@pytest.fixture
def network(door: Door) -> Network:
    return Network(door)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Return a network that is only looked at."""
    with open_door(tmp_path_factory.mktemp("shared")) as door:
        yield Network(door)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Network, Network]]:
    """Return two networks of one account in one region, only to be looked at."""
    with open_door(tmp_path_factory.mktemp("pair")) as door:
        yield Network(door), Network(door, 1)


@pytest.fixture
def fleet(network: Network) -> Network:
    """Return a network whose scaling group runs its machines."""
    group = {"ScalingGroupId": network.ids["scaling group"]}
    target = {"ScalingConfigurationId": network.ids["scaling configuration"]}
    network.door.ok(ESS, "ModifyScalingConfiguration", **target, KeyPairName=network.ids["key pair"])
    active = {"ActiveScalingConfigurationId": network.ids["scaling configuration"]}
    network.door.ok(ESS, "EnableScalingGroup", **group, **active)
    return network
