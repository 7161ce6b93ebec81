"""CloudProfiles that offer what the sandbox's cloud has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES, REGIONS, images_of, is_sold

CORE = "core.gardener.cloud/v1beta1"
ALICLOUD = "alicloud.provider.extensions.gardener.cloud/v1alpha1"
ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
EVERYWHERE = "ecs.g7.large"
"""A machine type that every zone has."""
_TYPES = sorted(INSTANCE_TYPES)
_ARM_TYPES = sorted(name for name, machine in INSTANCE_TYPES.items() if machine.architecture == "arm64")

_IMAGES: dict[tuple[str, str], dict[str, str]] = {
    ("gardenlinux", "1592.4.0"): {"amd64": "gardenlinux-1592.4.0", "arm64": "gardenlinux-1592.4.0-arm64"},
    ("gardenlinux", "1443.10.0"): {"amd64": "gardenlinux-1443.10.0"},
    ("gardenlinux", "1877.3"): {"amd64": "gardenlinux-1877.3.0"},
    ("gardenlinux-arm", "1592.4.0"): {"arm64": "gardenlinux-1592.4.0-arm64"},
    ("ubuntu", "24.04"): {"amd64": "ubuntu_24_04_x64_20G_alibase_20240812.vhd"},
    ("coreos", "2023"): {"amd64": "coreos_2023_4_0_64_30G_alibase_20190319.vhd"},
}
"""Image names in the cloud, by name and version in the profile, and architecture."""

SYSTEM_CATEGORIES = ("cloud_essd", "cloud_efficiency", "cloud_ssd", "cloud")
DATA_GIB = {
    "cloud_essd": (20, 32768),
    "cloud_efficiency": (20, 32768),
    "cloud_ssd": (20, 32768),
    "cloud": (5, 2000),
}


@dataclass(frozen=True)
class Offer:
    """A CloudProfile, and what a shoot can choose from it."""

    profile: dict[str, Any]
    region: str
    zones: tuple[str, ...]
    """The shoot's, in its order."""
    types: tuple[str, ...]
    images: Mapping[str, tuple[tuple[str, str], ...]]
    """Names and versions by architecture."""

    def types_in(self, zones: list[str]) -> list[str]:
        """Return the machine types that can be had in all of these zones, and that there are images for."""
        return [
            name
            for name in self.types
            if all(is_sold(name, zone) for zone in zones) and self.images[architecture_of(name)]
        ]


def architecture_of(machine_type: str) -> str:
    """Return the architecture of a machine type, as Gardener spells it."""
    return ARCHITECTURES[INSTANCE_TYPES[machine_type].architecture]


@st.composite
def offers(draw: st.DrawFn, most_zones: int) -> Offer:
    """Return a CloudProfile, and the region and zones of a shoot."""
    region = draw(st.sampled_from(sorted(REGIONS)))
    all_zones = REGIONS[region]
    zones = draw(st.permutations(all_zones))[: draw(st.integers(1, min(most_zones, len(all_zones))))]
    types = draw(st.lists(st.sampled_from(_TYPES), max_size=4))
    if draw(st.booleans()):
        types.append(draw(st.sampled_from(_ARM_TYPES)))
    types = list(dict.fromkeys([EVERYWHERE, *types]))
    has_capabilities = draw(st.booleans())
    mapping, offered, images = _machine_images(draw, region, has_capabilities=has_capabilities)
    spec: dict[str, Any] = {
        "type": "alicloud",
        "kubernetes": {"versions": [{"version": "1.31.4"}]},
        "machineImages": offered,
        "machineTypes": [_machine_type(draw, name, has_capabilities=has_capabilities) for name in types],
        "volumeTypes": [{"name": name, "class": "standard", "usable": True} for name in SYSTEM_CATEGORIES],
        "regions": [
            {
                "name": region,
                "zones": [
                    {
                        "name": zone,
                        "unavailableMachineTypes": [name for name in types if not is_sold(name, zone)],
                    }
                    for zone in all_zones
                ],
            }
        ],
        "providerConfig": {"apiVersion": ALICLOUD, "kind": "CloudProfileConfig", "machineImages": mapping},
    }
    if has_capabilities:
        values = draw(st.permutations(["amd64", "arm64"]))
        spec["machineCapabilities"] = [{"name": "architecture", "values": values}]
    profile = {"apiVersion": CORE, "kind": "CloudProfile", "metadata": {"name": "alicloud"}, "spec": spec}
    return Offer(profile, region, tuple(zones), tuple(types), images)


def _machine_type(draw: st.DrawFn, name: str, *, has_capabilities: bool) -> dict[str, Any]:
    machine = INSTANCE_TYPES[name]
    offered: dict[str, Any] = {
        "name": name,
        "cpu": draw(st.sampled_from([machine.cpus, str(machine.cpus)])),
        "gpu": "0",
        "memory": f"{int(machine.memory_gib * 1024)}Mi",
    }
    says_capabilities = has_capabilities and draw(st.booleans())
    if says_capabilities:
        offered["capabilities"] = {"architecture": [architecture_of(name)]}
    if not says_capabilities or draw(st.booleans()):
        offered["architecture"] = architecture_of(name)
    return offered


def _machine_images(
    draw: st.DrawFn, region: str, *, has_capabilities: bool
) -> tuple[list[Any], list[Any], dict[str, tuple[tuple[str, str], ...]]]:
    """Return the mapping of a CloudProfileConfig, what the profile offers, and what can be had by architecture."""
    mapping: dict[str, list[Any]] = {}
    offered: dict[str, list[Any]] = {}
    images: dict[str, list[tuple[str, str]]] = {"amd64": [], "arm64": []}
    for (name, version), by_architecture in _IMAGES.items():
        entry: dict[str, Any] = {"version": version}
        there: dict[str, Any] = {"version": version}
        there["inPlaceUpdates"] = {"supported": True, "minVersionForUpdate": "0.0.0"}  # pools may ask for it
        is_flat = not has_capabilities or (list(by_architecture) == ["amd64"] and draw(st.booleans()))
        if is_flat:
            # In the flat form there is one image, whatever the architecture.
            architecture, image = next(iter(by_architecture.items()))
            entry["regions"] = _regions(draw, region, image)
            if not has_capabilities and (architecture != "amd64" or draw(st.booleans())):
                there["architectures"] = [architecture]
            images[architecture].append((name, version))
        else:
            entry["capabilityFlavors"] = [
                {"capabilities": {"architecture": [architecture]}, "regions": _regions(draw, region, image)}
                for architecture, image in by_architecture.items()
            ]
            there["capabilityFlavors"] = [{"architecture": [architecture]} for architecture in by_architecture]
            for architecture in by_architecture:
                images[architecture].append((name, version))
        mapping.setdefault(name, []).append(entry)
        offered.setdefault(name, []).append(there)
    return (
        [{"name": name, "versions": versions} for name, versions in mapping.items()],
        [{"name": name, "versions": versions} for name, versions in offered.items()],
        {architecture: tuple(found) for architecture, found in images.items()},
    )


def _regions(draw: st.DrawFn, region: str, image: str) -> list[dict[str, str]]:
    ids = {item.name: item.id for item in images_of(region).values()}
    others = [other for other in draw(st.sampled_from([[], ["us-east-1"], ["eu-west-1", "x"]])) if other != region]
    return [{"name": name, "id": f"m-of-{name}"} for name in others] + [{"name": region, "id": ids[image]}]
