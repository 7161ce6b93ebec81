"""What gardenlet would add to a Shoot's pools: the architecture of their machines, where it is not written."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.api.core_v1beta1 import CloudProfile, Shoot
from provisioner.api.extensions_v1alpha1 import Worker
from provisioner.translate.shoot import complete_pools, translate_shoot_worker

ARM = [{"name": "architecture", "values": ["arm64"]}]
BOTH = [{"name": "architecture", "values": ["amd64", "arm64"]}]


def profile(machine: dict[str, Any], definitions: list[dict[str, Any]]) -> CloudProfile:
    spec = {"type": "alicloud", "machineTypes": [{"name": "t", **machine}], "machineCapabilities": definitions}
    return CloudProfile.model_validate({"metadata": {"name": "alicloud"}, "spec": spec})


def of_shoot(cloud: CloudProfile, architecture: str | None) -> Worker:
    machine = {"type": "t", "image": {"name": "coreos", "version": "1.0.0"}, "architecture": architecture}
    provider = {"type": "alicloud", "workers": [{"name": "p", "machine": machine}]}
    spec = {"region": "a", "cloudProfileName": "alicloud", "provider": provider}
    shoot = Shoot.model_validate({"metadata": {"name": "s", "namespace": "garden-x"}, "spec": spec})
    return translate_shoot_worker(shoot, "shoot--x--s", lambda name: None, None, cloud)


def of_worker(cloud: CloudProfile, architecture: str | None) -> Worker:
    pool = {"name": "p", "machineType": "t", "minimum": 1, "maximum": 1, "architecture": architecture}
    spec = {"type": "alicloud", "region": "a", "pools": [pool]}
    return complete_pools(Worker.model_validate({"metadata": {"name": "s"}, "spec": spec}), cloud)


@pytest.mark.parametrize("make", [of_shoot, of_worker])
@pytest.mark.parametrize(
    ("machine", "definitions", "architecture", "expected"),
    [
        ({"architecture": "arm64"}, [], None, "arm64"),
        ({}, ARM, None, "arm64"),
        ({"capabilities": {"architecture": ["arm64"]}}, BOTH, None, "arm64"),
        ({}, BOTH, None, "amd64"),
        ({}, [], None, "amd64"),
        ({}, [], "arm64", "arm64"),
        ({"architecture": "arm64"}, [], "amd64", "amd64"),
    ],
)
def test_a_pool_has_the_architecture_of_its_machine_type_unless_it_is_written(
    make: Any, machine: dict[str, Any], definitions: list[dict[str, Any]], architecture: str | None, expected: str
) -> None:
    (pool,) = make(profile(machine, definitions), architecture).spec.pools
    assert (pool.architecture or "amd64", pool.labels["kubernetes.io/arch"]) == (expected, expected)


@pytest.mark.parametrize("make", [of_shoot, of_worker])
def test_a_pool_for_amd64_stays_as_it_is_written(make: Any) -> None:
    (pool,) = make(profile({"architecture": "amd64"}, []), None).spec.pools
    assert pool.architecture is None
