"""Outputs of the root modules as statuses: always in the same order, and nothing that does not exist any more."""

from __future__ import annotations

import pytest

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.translate.status import egress_cidrs, infrastructure_status, worker_status

A, B, C = "eu-central-1a", "eu-central-1b", "eu-central-1c"


@pytest.mark.parametrize("order", [(A, B, C), (C, A, B), (B, C, A)])
def test_vswitches_are_sorted_by_zone(order: tuple[str, ...]) -> None:
    """The extension lists them in random order, which makes the cloud-controller-manager's Secret change."""
    status = infrastructure_status({"vpc_id": "vpc-1", "vswitch_ids": {zone: f"vsw-{zone}" for zone in order}})
    assert status is not None
    assert [(vswitch.zone, vswitch.id) for vswitch in status.vpc.vswitches] == [
        (zone, f"vsw-{zone}") for zone in (A, B, C)
    ]


@pytest.mark.parametrize("order", [(A, B), (B, A)])
def test_egress_addresses_are_sorted_by_zone(order: tuple[str, ...]) -> None:
    """The extension writes them in random order."""
    cidrs = {A: "47.0.0.1/32", B: "47.0.0.0/32"}
    assert egress_cidrs({"egress_cidrs": {zone: cidrs[zone] for zone in order}}) == ["47.0.0.1/32", "47.0.0.0/32"]


@pytest.mark.parametrize("outputs", [{}, {"egress_cidrs": None}, {"egress_cidrs": {}}, {"egress_cidrs": {A: None}}])
def test_no_address_is_left_when_the_last_one_goes(outputs: dict[str, object]) -> None:
    """The extension keeps the old ones."""
    assert egress_cidrs(outputs) == []


@pytest.mark.parametrize("outputs", [{}, {"vpc_id": None}, {"vpc_id": "", "vswitch_ids": {A: "vsw-1"}}])
def test_there_is_no_status_before_the_vpc(outputs: dict[str, object]) -> None:
    """A run that fails before anything exists has nothing to write, and its error is not masked."""
    assert infrastructure_status(outputs) is None


def test_what_a_failed_run_left_is_in_the_status() -> None:
    image = MachineImage(name="gardenlinux", version="1592.4.0", id="m-1")
    status = infrastructure_status({"vpc_id": "vpc-1", "vswitch_ids": {A: "vsw-1", B: None}}, [image])
    assert status is not None
    assert [vswitch.id for vswitch in status.vpc.vswitches] == ["vsw-1"]
    assert (status.vpc.security_groups, status.key_pair_name, status.machine_images) == ((), "", (image,))


def test_a_worker_has_a_status_once_it_has_pools() -> None:
    image = {"name": "gardenlinux", "version": "1592.4.0", "id": "m-1"}
    status = worker_status({"pools": {}, "machine_images": [image]})
    assert status is not None
    assert [found.id for found in status.machine_images] == ["m-1"]
    assert worker_status({"machine_images": [image]}) is None
