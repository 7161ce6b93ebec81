"""The CloudProfile that a NamespacedCloudProfile amounts to."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.api.alicloud_v1alpha1 import API_VERSION as PROVIDER
from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import CloudProfile, Shoot
from provisioner.api.core_v1beta1.cloud_profile import CloudProfileSpec
from provisioner.api.core_v1beta1.namespaced_cloud_profile import NamespacedCloudProfile

LATER = "2030-01-01T00:00:00Z"
DEFINITIONS = [{"name": "architecture", "values": ["amd64", "arm64"]}]


def config(*images: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": PROVIDER, "kind": "CloudProfileConfig", "machineImages": list(images)}


def mapping(name: str, *versions: str, id: str = "m-parent") -> dict[str, Any]:
    regions = [{"name": "eu-central-1", "id": id}]
    return {"name": name, "versions": [{"version": version, "regions": regions} for version in versions]}


def image(name: str, *versions: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "versions": [{"version": version, **fields} for version in versions]}


def shoot(namespace: str | None = "garden-demo", **reference: str) -> Shoot:
    reference = {"kind": "NamespacedCloudProfile", "name": "own", **reference}
    spec = {"cloudProfile": reference, "region": "eu-central-1", "provider": {"type": "alicloud"}}
    return Shoot.model_validate({"metadata": {"name": "canary", "namespace": namespace}, "spec": spec})


def parent(**fields: Any) -> CloudProfile:
    spec: dict[str, Any] = {
        "type": "alicloud",
        "kubernetes": {"versions": [{"version": "1.31.4"}, {"version": "1.32.1", "classification": "supported"}]},
        "machineImages": [image("gardenlinux", "1592.4.0", "1443.10.0", classification="supported")],
        "machineTypes": [{"name": "ecs.g7.large", "cpu": "2"}, {"name": "ecs.g7.xlarge", "cpu": "4"}],
        "volumeTypes": [{"name": "cloud_essd", "class": "premium"}],
        "regions": [{"name": "eu-central-1"}],
        "limits": {"maxNodesTotal": 10},
        "providerConfig": config(mapping("gardenlinux", "1592.4.0", "1443.10.0")),
        **fields,
    }
    return CloudProfile.model_validate({"metadata": {"name": "alicloud"}, "spec": spec})


def override(namespace: str | None = "garden-demo", status: Any = None, **fields: Any) -> NamespacedCloudProfile:
    spec = {"parent": {"kind": "CloudProfile", "name": "alicloud"}, **fields}
    metadata = {"name": "own", "namespace": namespace}
    return NamespacedCloudProfile.model_validate({"metadata": metadata, "spec": spec, "status": status})


def merged(item: NamespacedCloudProfile, base: CloudProfile | None = None) -> CloudProfileSpec:
    manifests = Manifests(cloud_profiles=(base or parent(),), namespaced_cloud_profiles=(item,))
    profile = manifests.cloud_profile_of(shoot())
    assert profile is not None
    return profile.spec


def image_versions(spec: CloudProfileSpec) -> dict[str, list[str]]:
    return {image.name: [version.version for version in image.versions] for image in spec.machine_images}


def image_ids(spec: CloudProfileSpec) -> dict[tuple[str, str], str]:
    images = spec.provider_config.machine_images if spec.provider_config else ()
    return {(image.name, it.version): it.regions[0].id for image in images for it in image.versions}


def test_an_empty_override_is_the_parent() -> None:
    assert merged(override()).model_dump() == parent().spec.model_dump()


def test_the_profile_goes_by_the_name_of_the_override() -> None:
    manifests = Manifests(cloud_profiles=(parent(),), namespaced_cloud_profiles=(override(),))
    profile = manifests.cloud_profile_of(shoot())
    assert profile is not None
    assert profile.reference == "NamespacedCloudProfile/own"


def test_images_and_versions_are_added_with_their_ids() -> None:
    spec = merged(
        override(
            machineImages=[image("gardenlinux", "1700.0.0"), image("suse", "15.6.0")],
            providerConfig=config(mapping("gardenlinux", "1700.0.0", id="m-1"), mapping("suse", "15.6.0", id="m-2")),
        )
    )
    assert image_versions(spec) == {"gardenlinux": ["1592.4.0", "1443.10.0", "1700.0.0"], "suse": ["15.6.0"]}
    assert image_ids(spec) == {
        ("gardenlinux", "1592.4.0"): "m-parent",
        ("gardenlinux", "1443.10.0"): "m-parent",
        ("gardenlinux", "1700.0.0"): "m-1",
        ("suse", "15.6.0"): "m-2",
    }


def test_an_expiration_date_alone_leaves_the_rest_of_a_version() -> None:
    spec = merged(override(machineImages=[image("gardenlinux", "1443.10.0", expirationDate=LATER)]))
    newer, older = spec.machine_images[0].versions
    assert (newer.expiration_date, older.expiration_date, older.classification) == (None, LATER, "supported")


def test_a_version_with_more_than_a_date_takes_the_place_of_the_parents() -> None:
    """It was there before the parent got the same version."""
    fields = {"architectures": ["arm64"], "expirationDate": LATER}
    version = (
        merged(override(machineImages=[image("gardenlinux", "1443.10.0", **fields)])).machine_images[0].versions[1]
    )
    assert (version.architectures, version.classification) == (("arm64",), None)


def test_an_image_id_for_the_same_version_takes_the_place_of_the_parents() -> None:
    spec = merged(override(providerConfig=config(mapping("gardenlinux", "1443.10.0", id="m-1"))))
    assert image_ids(spec) == {("gardenlinux", "1592.4.0"): "m-parent", ("gardenlinux", "1443.10.0"): "m-1"}


def test_machine_and_volume_types_are_added_or_take_the_place_of_the_parents() -> None:
    spec = merged(
        override(
            machineTypes=[{"name": "ecs.g7.large", "cpu": "3"}, {"name": "ecs.g8i.large", "cpu": "2"}],
            volumeTypes=[{"name": "cloud_essd", "class": "standard"}, {"name": "cloud_auto", "class": "premium"}],
        )
    )
    assert [(item.name, item.cpu) for item in spec.machine_types] == [
        ("ecs.g7.large", "3"),
        ("ecs.g7.xlarge", "4"),
        ("ecs.g8i.large", "2"),
    ]
    assert [(item.name, item.volume_class) for item in spec.volume_types] == [
        ("cloud_essd", "standard"),
        ("cloud_auto", "premium"),
    ]


def test_kubernetes_versions_get_another_date_and_never_come_new() -> None:
    versions = [{"version": version, "expirationDate": LATER} for version in ("1.32.1", "1.33.0")]
    found = merged(override(kubernetes={"versions": versions})).kubernetes.versions
    assert [(it.version, it.expiration_date, it.classification) for it in found] == [
        ("1.31.4", None, None),
        ("1.32.1", LATER, "supported"),
    ]


@pytest.mark.parametrize(
    ("own", "expected"), [(None, 10), ({}, 10), ({"maxNodesTotal": 0}, 10), ({"maxNodesTotal": 20}, 20)]
)
def test_a_limit_takes_the_place_of_the_parents(own: Any, expected: int) -> None:
    limits = merged(override(limits=own)).limits
    assert limits is not None
    assert limits.max_nodes_total == expected


def test_architectures_become_flavors_under_a_parent_with_capabilities() -> None:
    item = override(machineImages=[image("suse", "15.6.0", architectures=["amd64", "arm64"])])
    version = merged(item, parent(machineCapabilities=DEFINITIONS)).machine_images[1].versions[0]
    assert version.capability_flavors == ({"architecture": ("amd64",)}, {"architecture": ("arm64",)})


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"capabilityFlavors": [{"capabilities": {"architecture": ["arm64"]}}]}, {"architecture": ("arm64",)}),
        ({"regions": [{"name": "eu-central-1", "id": "m-1"}]}, {"architecture": ("amd64",)}),
    ],
)
def test_flavors_come_from_the_mapping_under_a_parent_with_capabilities(entry: Any, expected: Any) -> None:
    versions = [{"version": "15.6.0", **entry}]
    mapped = config({"name": "suse", "versions": versions})
    item = override(machineImages=[image("suse", "15.6.0")], providerConfig=mapped)
    version = merged(item, parent(machineCapabilities=DEFINITIONS)).machine_images[1].versions[0]
    assert version.capability_flavors == (expected,)


def test_flavors_become_architectures_under_a_parent_without_capabilities() -> None:
    flavors = [{"architecture": ["arm64"]}, {"architecture": ["amd64", "arm64"]}]
    item = override(machineImages=[image("suse", "15.6.0", capabilityFlavors=flavors)])
    version = merged(item).machine_images[1].versions[0]
    assert (version.architectures, version.capability_flavors) == (("arm64", "amd64"), ())


def test_capabilities_become_an_architecture_under_a_parent_without_any() -> None:
    item = override(machineTypes=[{"name": "ecs.g8y.large", "capabilities": {"architecture": ["arm64"]}}])
    machine = merged(item).machine_types[-1]
    assert (machine.architecture, machine.capabilities) == ("arm64", {})


def test_without_the_parent_the_status_counts() -> None:
    status = {"cloudProfileSpec": parent().spec.model_dump(mode="json", by_alias=True)}
    item = override(status=status, providerConfig=config(mapping("suse", "15.6.0", id="m-2")))
    profile = Manifests(namespaced_cloud_profiles=(item,)).cloud_profile_of(shoot())
    assert profile is not None
    assert (image_versions(profile.spec), image_ids(profile.spec)["suse", "15.6.0"]) == (
        {"gardenlinux": ["1592.4.0", "1443.10.0"]},
        "m-2",
    )


def test_with_the_parent_the_status_does_not_count() -> None:
    status = {"cloudProfileSpec": {"type": "alicloud", "machineTypes": [{"name": "ecs.old.large"}]}}
    assert [machine.name for machine in merged(override(status=status)).machine_types] == [
        "ecs.g7.large",
        "ecs.g7.xlarge",
    ]


@pytest.mark.parametrize("status", [None, {}, {"cloudProfileSpec": {"type": "", "machineImages": None}}])
def test_without_parent_and_status_nothing_is_known(status: Any) -> None:
    manifests = Manifests(namespaced_cloud_profiles=(override(status=status),))
    assert manifests.cloud_profile_of(shoot()) is None


@pytest.mark.parametrize(
    ("asked", "given", "is_found"),
    [
        ("garden-demo", "garden-demo", True),
        ("garden-demo", None, True),
        (None, None, True),
        ("garden-demo", "garden-other", False),
        (None, "garden-demo", False),
    ],
)
def test_a_shoot_takes_the_override_of_its_own_namespace(asked: str | None, given: str | None, is_found: bool) -> None:
    asker = shoot(asked)
    manifests = Manifests(shoots=(asker,), cloud_profiles=(parent(),), namespaced_cloud_profiles=(override(given),))
    assert (manifests.cloud_profile_of(asker) is not None) == is_found


def test_an_override_without_a_namespace_is_no_one_elses() -> None:
    shoots = (shoot("garden-demo"), shoot("garden-other"))
    manifests = Manifests(shoots=shoots, cloud_profiles=(parent(),), namespaced_cloud_profiles=(override(None),))
    assert [manifests.cloud_profile_of(item) for item in shoots] == [None, None]


def test_the_same_name_means_each_kinds_own_object() -> None:
    profile = parent().model_copy(update={"metadata": override().metadata})
    manifests = Manifests(cloud_profiles=(parent(), profile), namespaced_cloud_profiles=(override(),))
    kinds = ("CloudProfile", "NamespacedCloudProfile")
    found = [manifests.cloud_profile_of(shoot(kind=kind)) for kind in kinds]
    assert [item.kind if item else None for item in found] == list(kinds)


def test_many_shoots_share_one_result() -> None:
    shoots = tuple(shoot() for _ in range(3))
    manifests = Manifests(shoots=shoots, cloud_profiles=(parent(),), namespaced_cloud_profiles=(override(),))
    assert len({id(manifests.cloud_profile_of(item)) for item in shoots}) == 1


def test_without_a_cluster_the_only_cloud_profile_counts_before_an_override() -> None:
    found = Manifests(cloud_profiles=(parent(),), namespaced_cloud_profiles=(override(),)).cloud_profile_around("x")
    assert found is not None
    assert found.kind == "CloudProfile"


def test_without_a_cluster_and_a_cloud_profile_the_only_override_counts() -> None:
    item = override(status={"cloudProfileSpec": {"type": "alicloud"}})
    found = Manifests(namespaced_cloud_profiles=(item,)).cloud_profile_around("x")
    assert found is not None
    assert found.kind == "NamespacedCloudProfile"
