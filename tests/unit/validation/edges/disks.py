"""Edges of the rules for disks."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.cases import as_it_is
from tests.unit.validation.edges.edge import GONE, POOL, PROFILE, SHOOT, Edge, all_of, edge, put
from tests.unit.validation.example import Change

SYSTEM: Final = f"{POOL}.volume"
DATA: Final = f"{SHOOT}.provider.workers.1.dataVolumes"
FIRST: Final = f"{DATA}.0"
OFFER: Final = f"{PROFILE}.volumeTypes"
TYPE: Final = f"{POOL}.machine.type"


def volumes(count: int) -> list[dict[str, Any]]:
    return [{"name": f"disk-{number}", "type": "cloud_essd", "size": "20Gi"} for number in range(count)]


def offering(*names: str) -> Change:
    """Return a change that puts these types of volumes on offer."""
    return put(OFFER, [{"name": name, "class": "any"} for name in ("cloud_essd", *names)])


old_disk: Final = put(f"{SYSTEM}.type", "cloud_efficiency")

asking: Final = put(f"{PROFILE}.machineTypes.0.storage", {"type": "cloud_essd", "class": "any", "minSize": "50Gi"})
much: Final = put(f"{PROFILE}.machineTypes.0.storage.minSize", "51Gi")

GARDENERS = [
    edge("disks.volumes", "Required", SYSTEM, {"type": "a", "size": "1Gi"}, GONE),
    edge("disks.volumes", "Required", f"{SYSTEM}.type", "a", ""),
    edge("disks.volumes", "Required", f"{SYSTEM}.type", "cloud_essd", GONE),
    edge("disks.volumes", "Required", f"{SYSTEM}.size", "1Gi", ""),
    edge("disks.volumes", "Required", f"{SYSTEM}.size", "50Gi", GONE),
    edge("disks.volumes", "Invalid", f"{SYSTEM}.size", "1Gi", "0Gi"),
    edge("disks.volumes", "Invalid", f"{SYSTEM}.size", "50G", "50GB"),
    edge("disks.volumes", "Invalid", f"{SYSTEM}.size", "50Gi", "50 Gi"),
    edge("disks.volumes", "Required", f"{FIRST}.type", "a", ""),
    edge("disks.volumes", "Required", f"{FIRST}.size", "1Gi", ""),
    edge("disks.volumes", "Invalid", f"{FIRST}.size", "1Gi", "0Gi"),
    edge("disks.volume_types", "NotSupported", f"{SYSTEM}.type", "cloud_essd", "cloud_ssd"),
    edge("disks.volume_types", "NotSupported", f"{FIRST}.type", "cloud_efficiency", "cloud_efficienc"),
    edge("disks.volume_types", "NotSupported", f"{OFFER}.1.usable", True, False),
    edge(
        "disks.volume_types",
        "NotSupported",
        f"{PROFILE}.regions.0.zones.2.unavailableVolumeTypes",
        ["cloud_efficiency"],
        ["cloud_essd"],
    ),
    edge("disks.volume_types", "Invalid", f"{OFFER}.1.minSize", "50Gi", "51Gi"),
    edge(
        "disks.volume_types",
        "Invalid",
        f"{FIRST}.size",
        "100Gi",
        "99Gi",
        all_of(
            put(f"{OFFER}.1.minSize", "100Gi"),
            put(f"{SYSTEM}.size", "100Gi"),
            put(f"{SHOOT}.provider.workers.1.volume.size", "100Gi"),
        ),
    ),
    edge("disks.data_volumes", "TooMany", DATA, volumes(64), volumes(65)),
    edge("disks.data_volumes", "TooLong", f"{FIRST}.name", "a" * 64, "a" * 65),
    edge("disks.data_volumes", "Invalid", f"{FIRST}.name", "ab", "a"),
    edge("disks.data_volumes", "Invalid", f"{FIRST}.name", "a1", "1a"),
    edge("disks.data_volumes", "Invalid", f"{FIRST}.name", "a.-_:", "a.-_;"),
    edge("disks.data_volumes", "Duplicate", f"{DATA}.1.name", "disk-1", "disk-0", put(DATA, volumes(2))),
    edge("disks.data_volumes", "NotSupported", f"{SHOOT}.provider.workers.1.kubeletDataVolumeName", "pgdata", "pgdat"),
]

SCALING = [
    edge("scaling_disks.disk_count", "TooMany", DATA, volumes(16), volumes(17)),
    # What Gardener's extension refuses is one problem.
    edge("scaling_disks.disk_count", "TooMany", DATA, volumes(65), volumes(64)),
    edge(
        "scaling_disks.disk_categories",
        "NotSupported",
        OFFER,
        [],
        [{"name": "cloud_auto"}],
        put(f"{SYSTEM}.type", "cloud_auto"),
    ),
    edge("scaling_disks.category_sizes", "Invalid", f"{FIRST}.size", "4Gi", "5Gi"),
    edge("scaling_disks.disk_names", "Invalid", f"{FIRST}.name", "a.b", "a:b"),
    *(
        edge(
            "scaling_disks.disk_categories",
            "NotSupported",
            f"{SYSTEM}.type",
            inside,
            "cloud_auto",
            offering(inside, "cloud_auto"),
        )
        for inside in ("cloud", "cloud_efficiency", "cloud_essd_xc1", "cloud_ssd", "ephemeral_ssd")
    ),
    *(
        edge(
            "scaling_disks.disk_categories",
            "NotSupported",
            f"{FIRST}.type",
            inside,
            "cloud_essd_xc1",
            offering(inside, "cloud_essd_xc1"),
        )
        for inside in ("cloud", "cloud_efficiency", "cloud_ssd", "ephemeral_ssd")
    ),
    edge("scaling_disks.disk_sizes", "Invalid", f"{SYSTEM}.size", "20Gi", "19Gi"),
    edge("scaling_disks.disk_sizes", "Invalid", f"{SYSTEM}.size", "500Gi", "501Gi"),
    edge("scaling_disks.disk_sizes", "Invalid", f"{FIRST}.size", "5Gi", "4Gi"),
    edge("scaling_disks.disk_sizes", "Invalid", f"{FIRST}.size", "32768Gi", "32769Gi"),
    *(
        edge(
            "scaling_disks.category_sizes",
            "Invalid",
            f"{FIRST}.size",
            f"{inside}Gi",
            f"{outside}Gi",
            put(f"{FIRST}.type", category),
            note=category,
        )
        for category, inside, outside in (
            ("cloud", 2000, 2001),
            ("cloud_efficiency", 20, 19),
            ("cloud_essd", 20, 19),
            ("cloud_ssd", 20, 19),
            ("ephemeral_ssd", 800, 801),
        )
    ),
]

FAMILIES = [
    edge("machine_disks.families", "NotSupported", f"{SYSTEM}.type", "cloud_essd", "cloud_efficiency"),
    edge("machine_disks.families", "NotSupported", f"{SYSTEM}.type", "cloud_essd", "cloud_ssd", offering("cloud_ssd")),
    edge("machine_disks.families", "NotSupported", f"{FIRST}.type", "cloud_essd", "cloud", offering("cloud")),
    # What the Terraform provider does not take is its problem.
    edge("machine_disks.families", "NotSupported", f"{SYSTEM}.type", "cloud_auto", "cloud_ssd", offering("cloud_ssd")),
    # What is not on offer is one problem.
    Edge(
        "machine_disks.families",
        "NotSupported",
        "not on offer and on offer",
        as_it_is,
        offering("cloud_ssd"),
        put(f"{SYSTEM}.type", "cloud_ssd"),
    ),
    *(
        edge("machine_disks.families", "NotSupported", TYPE, f"ecs.{inside}.large", f"ecs.{outside}.large", old_disk)
        for inside, outside in (
            ("g6", "g6e"),
            ("c6a", "c6t"),
            ("r7a", "r7"),
            ("hfc6", "hfc7"),
            ("i2", "i3"),
            ("g8i", "g7"),
        )
    ),
    edge("machine_disks.families", "NotSupported", TYPE, "ecs.g7", "ecs.g7.2xlarge", old_disk),
    edge("machine_disks.families", "NotSupported", TYPE, "rds.g7.large", "ecs.g7.large", old_disk),
]

STORAGE: Final = f"{PROFILE}.machineTypes.0.storage"
LEAST = [
    edge("machine_disks.least_sizes", "Invalid", f"{STORAGE}.minSize", "50Gi", "51Gi", asking),
    edge("machine_disks.least_sizes", "Invalid", f"{SYSTEM}.size", "50Gi", "49Gi", asking),
    edge("machine_disks.least_sizes", "Invalid", f"{STORAGE}.type", "cloud_ssd", "cloud_essd", all_of(asking, much)),
    edge(
        "machine_disks.least_sizes",
        "Invalid",
        f"{PROFILE}.machineTypes.0.name",
        "ecs.g8i.large",
        "ecs.g7.large",
        all_of(asking, much),
    ),
]

EDGES: list[Edge] = [*LEAST, *GARDENERS, *SCALING, *FAMILIES]
