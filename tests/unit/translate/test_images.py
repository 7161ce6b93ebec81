"""The image id of a worker pool."""

from __future__ import annotations

import pytest

from provisioner.api.alicloud_v1alpha1 import API_VERSION, MachineImage
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.errors import ManifestError
from provisioner.translate.images import find_machine_image

PROFILE = CloudProfile.model_validate(
    {
        "metadata": {"name": "alicloud"},
        "spec": {
            "type": "alicloud",
            "providerConfig": {
                "apiVersion": API_VERSION,
                "kind": "CloudProfileConfig",
                "machineImages": [
                    {"name": "coreos", "versions": [{"version": "1.0", "regions": [{"name": "a", "id": "m-1"}]}]}
                ],
            },
        },
    }
)


def pool(image: dict[str, str] | None) -> WorkerPool:
    return WorkerPool.model_validate(
        {"name": "p", "machineType": "t", "minimum": 1, "maximum": 1, "machineImage": image}
    )


def test_a_pools_image_comes_from_the_cloud_profile() -> None:
    assert find_machine_image(PROFILE, pool({"name": "coreos", "version": "1.0"}), "a") == "m-1"


def test_an_image_in_use_counts_when_the_profile_has_it_no_more() -> None:
    in_use = [MachineImage(name="coreos", version="0.9", id="m-old")]
    assert find_machine_image(PROFILE, pool({"name": "coreos", "version": "0.9"}), "a", in_use) == "m-old"


def test_a_pool_without_an_image_is_refused() -> None:
    with pytest.raises(ManifestError, match="pool 'p' names no machine image"):
        find_machine_image(PROFILE, pool(None), "a")
