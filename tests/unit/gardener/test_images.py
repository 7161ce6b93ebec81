"""(name, version, region) to an image id, with and without capabilities."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.api.alicloud_v1alpha1 import API_VERSION, CloudProfileConfig, MachineImage
from provisioner.api.core_v1beta1 import CapabilityDefinition, CloudProfile
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.images import find_machine_image, find_profile_image

DEFINITIONS = (
    CapabilityDefinition(name="architecture", values=("amd64", "arm64")),
    CapabilityDefinition(name="boot", values=("uefi", "bios")),
)


def flat(*regions: tuple[str, str]) -> dict[str, Any]:
    return {"regions": [{"name": name, "id": id_} for name, id_ in regions]}


def flavor(capabilities: dict[str, list[str]], *regions: tuple[str, str]) -> dict[str, Any]:
    return {"capabilities": capabilities, **flat(*regions)}


def config(**versions: dict[str, Any]) -> CloudProfileConfig:
    """Return a mapping for image `coreos`; versions are written v1_0 for 1.0."""
    entries = [{"version": name[1:].replace("_", "."), **content} for name, content in versions.items()]
    images = [{"name": "coreos", "versions": entries}]
    return CloudProfileConfig.model_validate(
        {"apiVersion": API_VERSION, "kind": "CloudProfileConfig", "machineImages": images}
    )


def refusal(mapping: CloudProfileConfig | None, name: str, version: str, region: str, **options: Any) -> Problem:
    with pytest.raises(ManifestError) as caught:
        find_machine_image(mapping, name, version, region, **options)
    (problem,) = caught.value.problems
    return problem


def test_an_image_is_found_by_name_version_and_region() -> None:
    mapping = config(v1_0=flat(("eu-central-1", "m-eu"), ("cn-shanghai", "m-cn")), v2_0=flat(("eu-central-1", "m-2")))
    assert find_machine_image(mapping, "coreos", "1.0", "cn-shanghai").id == "m-cn"


def test_the_first_hit_counts_when_a_region_is_listed_twice() -> None:
    mapping = config(v1_0=flat(("eu-central-1", "m-first"), ("eu-central-1", "m-second")))
    assert find_machine_image(mapping, "coreos", "1.0", "eu-central-1").id == "m-first"


def test_flavors_are_not_looked_at_without_definitions() -> None:
    mapping = config(v1_0={"capabilityFlavors": [flavor({}, ("eu-central-1", "m-1"))]})
    assert refusal(mapping, "coreos", "1.0", "eu-central-1").type == "NotSupported"


def test_an_unknown_name_lists_the_known_ones() -> None:
    problem = refusal(config(v1_0=flat(("eu-central-1", "m-1"))), "coreo", "1.0", "eu-central-1")
    assert problem.detail == (
        'no image id for machine image "coreo" version "1.0" in region eu-central-1: '
        "the CloudProfile's providerConfig knows no image of that name, only coreos"
    )
    assert problem.fix == "did you mean coreos?"


def test_an_unknown_version_lists_the_known_ones() -> None:
    problem = refusal(config(v1_0=flat(("a", "m-1")), v2_0=flat(("a", "m-2"))), "coreos", "7", "a")
    assert problem.detail.endswith("the CloudProfile's providerConfig knows versions 1.0, 2.0")


def test_a_missing_region_lists_those_there_are() -> None:
    problem = refusal(config(v1_0=flat(("b", "m-1"), ("a", "m-2"))), "coreos", "1.0", "c")
    assert problem.detail.endswith("the CloudProfile's providerConfig has one in a, b")


def test_a_missing_mapping_has_nothing_to_list() -> None:
    assert refusal(None, "coreos", "1.0", "a").detail.endswith("knows no image of that name, only none")


def test_a_miss_is_placed_where_the_caller_says() -> None:
    problem = refusal(None, "coreos", "1.0", "a", object="Shoot/x", path="spec.y")
    assert (problem.object, problem.path) == ("Shoot/x", "spec.y")


def test_an_image_in_use_is_found_after_it_left_the_mapping() -> None:
    in_use = (
        MachineImage(name="coreos", version="0.9", id="m-encrypted", encrypted=True),
        MachineImage(name="coreos", version="0.9", id="m-old"),
    )
    assert find_machine_image(config(), "coreos", "0.9", "a", in_use=in_use).id == "m-old"


def test_the_mapping_wins_over_an_image_in_use() -> None:
    in_use = (MachineImage(name="coreos", version="1.0", id="m-old"),)
    mapping = config(v1_0=flat(("a", "m-new")))
    assert find_machine_image(mapping, "coreos", "1.0", "a", in_use=in_use).id == "m-new"


FLAVORS = config(
    v1_0={
        "capabilityFlavors": [
            flavor({"architecture": ["amd64"]}, ("a", "m-amd")),
            flavor({"architecture": ["arm64"]}, ("a", "m-arm")),
        ]
    },
    v2_0=flat(("a", "m-flat")),
    v3_0={
        "capabilityFlavors": [
            flavor({"architecture": ["amd64"], "boot": ["bios"]}, ("a", "m-bios")),
            flavor({"architecture": ["amd64"], "boot": ["uefi"]}, ("a", "m-uefi")),
        ]
    },
    v4_0={
        "capabilityFlavors": [
            flavor({"architecture": ["amd64"]}, ("a", "m-one"), ("a", "m-last")),
        ]
    },
    v5_0={
        "capabilityFlavors": [
            flavor({"architecture": ["amd64"]}, ("a", "m-one")),
            flavor({"architecture": ["amd64"]}, ("a", "m-two")),
        ]
    },
)


@pytest.mark.parametrize(
    ("version", "capabilities", "image_id"),
    [
        ("1.0", {"architecture": ["amd64"]}, "m-amd"),
        ("1.0", {"architecture": ["arm64"]}, "m-arm"),
        ("1.0", {}, "m-amd"),
        ("2.0", {"architecture": ["amd64"]}, "m-flat"),
        ("3.0", {"architecture": ["amd64"]}, "m-uefi"),
        ("3.0", {"architecture": ["amd64"], "boot": ["bios"]}, "m-bios"),
        ("4.0", {"architecture": ["amd64"]}, "m-last"),
    ],
)
def test_the_best_flavor_is_chosen(version: str, capabilities: dict[str, list[str]], image_id: str) -> None:
    found = find_machine_image(FLAVORS, "coreos", version, "a", capabilities=capabilities, definitions=DEFINITIONS)
    assert found.id == image_id


def test_no_fitting_flavor_lists_what_there_is() -> None:
    problem = refusal(FLAVORS, "coreos", "2.0", "a", capabilities={"architecture": ["arm64"]}, definitions=DEFINITIONS)
    assert problem.detail == (
        'no flavor of machine image "coreos" version "2.0" in region a fits a machine type with architecture=arm64; '
        "there are: architecture=amd64"
    )


def test_flavors_that_cannot_be_told_apart_are_an_error() -> None:
    problem = refusal(FLAVORS, "coreos", "5.0", "a", capabilities={"architecture": ["amd64"]}, definitions=DEFINITIONS)
    assert problem.detail.startswith('2 flavors of machine image "coreos" version "5.0" in region a fit')


def test_an_image_in_use_without_capabilities_counts_as_amd64() -> None:
    in_use = (MachineImage(name="coreos", version="0.9", id="m-old"),)
    options: dict[str, Any] = {"definitions": DEFINITIONS, "in_use": in_use}
    assert find_machine_image(FLAVORS, "coreos", "0.9", "a", **options).capabilities == {"architecture": ("amd64",)}


def profile(**spec: Any) -> CloudProfile:
    mapping = FLAVORS.model_dump(by_alias=True)
    content = {"type": "alicloud", "providerConfig": mapping, **spec}
    return CloudProfile.model_validate({"metadata": {"name": "alicloud"}, "spec": content})


CAPABILITIES = [{"name": "architecture", "values": ["amd64", "arm64"]}]


def test_a_profiles_machine_type_decides_the_flavor() -> None:
    types = [{"name": "ecs.g8y.large", "capabilities": {"architecture": ["arm64"]}}]
    found = find_profile_image(
        profile(machineCapabilities=CAPABILITIES, machineTypes=types), "ecs.g8y.large", "coreos", "1.0", "a"
    )
    assert found.id == "m-arm"


def test_a_machine_types_architecture_counts_where_capabilities_are_silent() -> None:
    types = [{"name": "ecs.g8y.large", "architecture": "arm64"}]
    found = find_profile_image(
        profile(machineCapabilities=CAPABILITIES, machineTypes=types), "ecs.g8y.large", "coreos", "1.0", "a"
    )
    assert found.id == "m-arm"


def test_a_machine_type_that_is_not_listed_has_no_capabilities_to_go_by() -> None:
    with pytest.raises(ManifestError, match=r'machine type "ecs\.none" is not in CloudProfile "alicloud"'):
        find_profile_image(profile(machineCapabilities=CAPABILITIES), "ecs.none", "coreos", "1.0", "a")


def test_without_capabilities_the_machine_type_does_not_matter() -> None:
    assert find_profile_image(profile(), "ecs.none", "coreos", "2.0", "a").id == "m-flat"


BOOT = [*CAPABILITIES, {"name": "boot", "values": ["uefi", "bios"]}]
BIOS = [{"name": "t", "capabilities": {"architecture": ["amd64"], "boot": ["bios"]}}]


def in_use(version: str, *ids: str, **capabilities: list[str]) -> tuple[MachineImage, ...]:
    return tuple(MachineImage(name="coreos", version=version, id=id, capabilities=capabilities) for id in ids)


UEFI_ONLY = config(v6_0={"capabilityFlavors": [flavor({"boot": ["uefi"]}, ("a", "m-uefi"))]})


def profile_of(mapping: CloudProfileConfig) -> CloudProfile:
    return profile(machineCapabilities=BOOT, machineTypes=BIOS, providerConfig=mapping.model_dump(by_alias=True))


def test_an_image_in_use_stays_when_no_flavor_fits_any_more() -> None:
    known = in_use("6.0", "m-old", architecture=["amd64"], boot=["uefi"])
    assert find_profile_image(profile_of(UEFI_ONLY), "t", "coreos", "6.0", "a", in_use=known).id == "m-old"


def test_an_image_in_use_stays_when_two_flavors_fit_equally() -> None:
    cloud = profile(machineCapabilities=CAPABILITIES, machineTypes=[{"name": "t"}])
    assert find_profile_image(cloud, "t", "coreos", "5.0", "a", in_use=in_use("5.0", "m-two")).id == "m-two"


@pytest.mark.parametrize(
    ("known", "is_new"),
    [
        (in_use("6.0", "m-old", boot=["uefi"]), True),
        (in_use("6.0", "m-old", architecture=["arm64"]), False),
        (
            in_use("6.0", "m-old", "m-other", boot=["uefi"])[:1]
            + in_use("6.0", "m-other", architecture=["amd64"], boot=["uefi"]),
            False,
        ),
        (in_use("7.0", "m-old"), False),
        ((), False),
    ],
    ids=["new to the pool", "other architecture", "two of them", "other version", "none"],
)
def test_an_image_that_fits_nowhere_is_kept_only_where_it_is_the_one_in_use(
    known: tuple[MachineImage, ...], is_new: bool
) -> None:
    with pytest.raises(ManifestError, match="no flavor of machine image"):
        find_profile_image(profile_of(UEFI_ONLY), "t", "coreos", "6.0", "a", in_use=known, is_new=is_new)


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_a_capability_with_one_value_is_written_nowhere(architecture: str) -> None:
    definitions = [{"name": "architecture", "values": [architecture]}]
    cloud = profile(machineCapabilities=definitions, machineTypes=[{"name": "t"}])
    assert find_profile_image(cloud, "t", "coreos", "2.0", "a").id == "m-flat"
    known = in_use("0.9", "m-old")
    assert find_profile_image(cloud, "t", "coreos", "0.9", "a", in_use=known).id == "m-old"
