"""The image of a worker pool."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.api.alicloud_v1alpha1 import API_VERSION, MachineImage
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import Worker
from provisioner.translate.images import PoolImages, find_pool_images, images_in_use

CAPABILITIES = {"machineCapabilities": [{"name": "architecture", "values": ["amd64", "arm64"]}]}
COPY = MachineImage(name="coreos", version="1.0", id="m-copy", encrypted=True)
"""The account's encrypted copy, as the Alicloud extension makes one."""


def profile(**spec: Any) -> CloudProfile:
    mapping = [{"name": "coreos", "versions": [{"version": "1.0", "regions": [{"name": "a", "id": "m-1"}]}]}]
    config = {"apiVersion": API_VERSION, "kind": "CloudProfileConfig", "machineImages": mapping}
    types = [{"name": "t"}, {"name": "arm", "capabilities": {"architecture": ["arm64"]}}]
    document = {"type": "alicloud", "providerConfig": config, "machineTypes": types, **spec}
    return CloudProfile.model_validate({"metadata": {"name": "alicloud"}, "spec": document})


def find(version: str | None, *in_use: MachineImage, cloud: CloudProfile | None = None, **pool: Any) -> PoolImages:
    image = {"name": "coreos", "version": version} if version else None
    pools = [{"name": "p", "machineType": "t", "minimum": 1, "maximum": 1, "machineImage": image, **pool}]
    worker = {"metadata": {"name": "w"}, "spec": {"type": "alicloud", "region": "a", "pools": pools}}
    return find_pool_images(Worker.model_validate(worker), cloud or profile(), in_use)


def test_a_pools_image_comes_from_the_cloud_profile() -> None:
    assert find("1.0", MachineImage(name="coreos", version="1.0", id="m-old")).found["p"].id == "m-1"


def test_an_image_in_use_counts_when_the_profile_has_it_no_more() -> None:
    assert find("0.9", MachineImage(name="coreos", version="0.9", id="m-old")).found["p"].id == "m-old"


@pytest.mark.parametrize(
    ("version", "problem"),
    [(None, "pool 'p' names no machine image"), ("0.9", 'no image id for machine image "coreos" version "0.9"')],
)
def test_a_pool_without_an_image_is_named(version: str | None, problem: str) -> None:
    images = find(version)
    (found,) = images.problems
    assert (found.object, found.path, images.found) == ("Worker/w", "spec.pools[0].machineImage", {})
    assert problem in found.detail


@pytest.mark.parametrize(
    ("encrypted", "copies", "id"),
    [
        (True, [COPY], "m-copy"),
        (True, [], "m-1"),
        (None, [COPY], "m-1"),
        (False, [COPY], "m-1"),
        (True, [COPY, COPY], "m-copy"),
        (True, [COPY, COPY.model_copy(update={"id": "m-other"})], "m-1"),
        (True, [COPY.model_copy(update={"version": "0.9"})], "m-1"),
    ],
)
def test_an_encrypted_copy_in_use_is_used_for_encrypted_disks_alone(
    encrypted: bool | None, copies: list[MachineImage], id: str
) -> None:
    volume = {"type": "cloud_essd", "size": "50Gi", "encrypted": encrypted}
    assert find("1.0", *copies, volume=volume).found["p"].id == id


def test_an_encrypted_copy_has_to_suit_the_machine_type() -> None:
    volume, cloud = {"size": "50Gi", "encrypted": True}, profile(**CAPABILITIES)
    arm = MachineImage(name="coreos", version="1.0", id="m-a", encrypted=True, capabilities={"architecture": ["arm64"]})
    assert find("1.0", COPY, arm, cloud=cloud, volume=volume).found["p"].id == "m-copy"
    assert find("1.0", COPY, arm, cloud=cloud, volume=volume, machineType="arm").found["p"].id == "m-a"


@pytest.mark.parametrize("second", ["m-old", "m-other"])
def test_an_image_that_several_statuses_tell_is_one_image_and_the_first_counts(second: str) -> None:
    """The state, the InfrastructureStatus and the WorkerStatus of one shoot tell the same (the extension's helper)."""
    old = MachineImage(name="coreos", version="0.9", id="m-old", capabilities={"architecture": ("amd64",)})
    again = old.model_copy(update={"id": second, "capabilities": {}})
    assert find("0.9", old, again, cloud=profile(**CAPABILITIES)).found["p"].id == "m-old"


def test_a_machine_type_that_left_the_profile_keeps_the_one_image_in_use() -> None:
    cloud, old = profile(**CAPABILITIES), MachineImage(name="coreos", version="1.0", id="m-1")
    assert find("1.0", old, old, cloud=cloud, machineType="gone").found["p"].id == "m-1"
    arm = old.model_copy(update={"id": "m-a", "capabilities": {"architecture": ("arm64",)}})
    for in_use in ((), (old, arm)):
        (problem,) = find("1.0", *in_use, cloud=cloud, machineType="gone").problems
        assert "its capabilities decide which image fits" in problem.fix


@pytest.mark.parametrize(("spec", "expected"), [({}, {}), (CAPABILITIES, {"architecture": ("amd64",)})])
def test_what_an_image_can_do_is_known_where_the_profile_asks_for_it(
    spec: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Source: gardener-extension-provider-alicloud pkg/apis/alicloud/helper, read 2026-07."""
    old = MachineImage(name="coreos", version="0.9", id="m-old", capabilities=expected or {"architecture": ("arm64",)})
    assert find("1.0", cloud=profile(**spec)).found["p"].capabilities == expected
    assert find("0.9", old, cloud=profile(**spec)).found["p"].capabilities == expected


def test_each_image_is_in_use_once_in_an_order_of_its_own() -> None:
    one, two = (MachineImage(name="coreos", version=version, id="m-1") for version in ("1.0", "2.0"))
    assert images_in_use([two, one, two, COPY]) == (one, COPY, two)
