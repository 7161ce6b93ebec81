"""Edges of the rules for worker pools: number, names, sizes, machines, nodes and options."""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.unit.validation.edges.edge import CONFIG, GONE, MAPPING, POOL, PROFILE, SHOOT, Edge, all_of, edge, put
from tests.unit.validation.example import Change, Objects

IMAGE_OF_WORKER: Final = "Worker.spec.pools.0.machineImage"
POOLS: Final = f"{SHOOT}.provider.workers"
SECOND: Final = f"{POOLS}.1"
A, B, C = "eu-central-1a", "eu-central-1b", "eu-central-1c"
SETTINGS: Final = f"{POOL}.machineControllerManager"
SCALER: Final = f"{POOL}.clusterAutoscaler"
MANUAL: Final = "ManualInPlaceUpdate"


def pools(count: int) -> Change:
    """Return a change that makes so many pools of the first one."""

    def change(objects: Objects) -> None:
        provider = objects["Shoot"]["spec"]["provider"]
        first = provider["workers"][0]
        provider["workers"] = [{**first, "name": f"p{number}"} for number in range(count)]

    return change


in_place: Final = all_of(
    put(f"{POOL}.updateStrategy", "AutoInPlaceUpdate"), put(f"{POOL}.maxSurge", 0), put(f"{POOL}.maxUnavailable", 1)
)
by_hand: Final = all_of(
    put(f"{POOL}.updateStrategy", MANUAL), put(f"{POOL}.maxSurge", GONE), put(f"{POOL}.maxUnavailable", GONE)
)

SIZES = [
    Edge("pool_sizes.count", "TooMany", "1000 pools and 1001", pools(1000), pools(1001)),
    edge("pool_sizes.names", "Required", f"{POOL}.name", "a", ""),
    edge("pool_sizes.names", "TooLong", f"{POOL}.name", "a" * 63, "a" * 64),
    edge("pool_sizes.names", "Invalid", f"{POOL}.name", "a-b", "a.b"),
    edge("pool_sizes.names", "Invalid", f"{POOL}.name", "a-b", "a-"),
    edge("pool_sizes.names", "Invalid", f"{POOL}.name", "a-b", "A-b"),
    edge("pool_sizes.names", "Duplicate", f"{POOL}.name", "databas", "database"),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.minimum", 0, -1),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.minimum", 6, 7),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maximum", 3, 2),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maximum", 0, -1, put(f"{POOL}.minimum", 0)),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maxSurge", 0, -1),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maxSurge", "25%", "25"),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maxSurge", "0%", "-1%"),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maxUnavailable", 0, -1),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maxUnavailable", "100%", "101%"),
    edge("pool_sizes.sizes", "Invalid", f"{POOL}.maxUnavailable", "25%", "2.5%"),
    # Three zones, so three scaling groups.
    edge("pool_sizes.group_sizes", "Invalid", f"{POOL}.maximum", 6000, 6001),
    edge("pool_sizes.group_sizes", "Invalid", f"{POOL}.zones", [A, B], [A], put(f"{POOL}.maximum", 4000)),
    edge("pool_sizes.update_settings", "NotSupported", f"{POOL}.updateStrategy", "AutoRollingUpdate", "RollingUpdate"),
    edge("pool_sizes.update_settings", "NotSupported", f"{POOL}.updateStrategy", "AutoInPlaceUpdate", "InPlaceUpdate"),
    edge("pool_sizes.update_settings", "NotSupported", f"{POOL}.updateStrategy", MANUAL, "ManualUpdate"),
    edge("pool_sizes.update_settings", "Invalid", f"{POOL}.priority", -1, -2),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxSurge", 1, 0),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxSurge", "1%", "0%"),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxSurge", GONE, 0),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxUnavailable", 1, 0, put(f"{POOL}.maxSurge", 0)),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxUnavailable", "1%", "0%", put(f"{POOL}.maxSurge", 0)),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxUnavailable", 1, GONE, put(f"{POOL}.maxSurge", 0)),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxUnavailable", GONE, 0, in_place),
    edge(
        "pool_sizes.rolling",
        "Invalid",
        f"{POOL}.maxUnavailable",
        1,
        0,
        all_of(in_place, put(f"{POOL}.maxSurge", GONE)),
        note="in place",
    ),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxSurge", GONE, 1, by_hand),
    edge("pool_sizes.rolling", "Invalid", f"{POOL}.maxUnavailable", GONE, 1, by_hand),
]

AMD: Final = {"architecture": ["amd64"]}
REGIONS: Final = [{"name": "eu-central-1", "id": "m-1"}]


def flavors(*capabilities: dict[str, list[str]]) -> dict[str, Any]:
    """Return an entry of the mapping in the form with flavors."""
    items = [{"capabilities": item, "regions": REGIONS} for item in capabilities]
    return {"version": "1592.4.0", "capabilityFlavors": items}


def capable(objects: Objects) -> None:
    """Let the CloudProfile define capabilities, and its machines have one."""
    spec = objects["CloudProfile"]["spec"]
    spec["machineCapabilities"] = [{"name": "architecture", "values": ["amd64", "arm64"]}]
    for machine in spec["machineTypes"]:
        machine["capabilities"] = copy.deepcopy(AMD)


MACHINES = [
    edge("machines.zones", "Required", f"{POOL}.zones", [A], []),
    edge("machines.zones", "Duplicate", f"{POOL}.zones", [A, B], [A, A]),
    edge("machines.zones", "NotSupported", f"{CONFIG}.networks.zones.2.name", C, f"{C}2"),
    edge("machines.zones", "NotSupported", "Worker.spec.pools.0.zones", [A, C], [A, "eu-central-1d"]),
    edge("machines.zones_on_offer", "NotSupported", f"{PROFILE}.regions.0.zones.2.name", C, "eu-central-1d"),
    edge("machines.machine_types", "NotSupported", f"{POOL}.machine.type", "ecs.g7.large", "ecs.g7.larg"),
    edge("machines.machine_types", "NotSupported", f"{PROFILE}.machineTypes.0.usable", True, False),
    edge("machines.machine_types", "NotSupported", f"{POOL}.machine.architecture", "amd64", "arm64"),
    edge("machines.machine_types", "NotSupported", f"{PROFILE}.machineTypes.0.architecture", GONE, "arm64"),
    *(
        edge(
            "machines.machine_types",
            "NotSupported",
            f"{PROFILE}.regions.0.zones.2.unavailableMachineTypes",
            inside,
            outside,
        )
        for inside, outside in ((["ecs.g7.xlarge"], ["ecs.g7.large"]),)
    ),
    edge("machines.images_are_named", "Required", IMAGE_OF_WORKER, {"name": "a", "version": "1"}, GONE),
    edge("machines.images", "NotSupported", f"{IMAGE_OF_WORKER}.version", "1592.4.0", "1592.4.1"),
    edge("machines.images", "NotSupported", f"{IMAGE_OF_WORKER}.name", "gardenlinux", "gardenlinus"),
    edge("machines.images", "NotSupported", f"{MAPPING}.0.versions.0.regions.0.name", "eu-central-1", "eu-central-2"),
    edge("machines.images", "Invalid", f"{MAPPING}.0.versions.0", flavors(AMD), flavors(AMD, AMD), capable),
    edge(
        "machines.images",
        "NotSupported",
        f"{MAPPING}.0.versions.0",
        flavors(AMD),
        flavors({"architecture": ["arm64"]}),
        capable,
    ),
]

LABELS: Final = f"{POOL}.labels"
NOTES: Final = f"{POOL}.annotations"
TAINT: Final = f"{SECOND}.taints.0"


def many(count: int) -> dict[str, str]:
    return {f"label-{number}": "x" for number in range(count)}


def named(key: str) -> dict[str, str]:
    return {key: "x"}


KEYS = (
    ("TooLong", "a" * 63, "a" * 64),
    ("Invalid", "a", ""),
    ("Invalid", "a.b", "a."),
    ("Invalid", "a_b", "a b"),
    ("Invalid", "a.b/c", "a_b/c"),
    ("Invalid", "a.b/c", "/c"),
    ("Invalid", f"{'a' * 253}/c", f"{'a' * 254}/c"),
)
VALUES = (("TooLong", "a" * 63, "a" * 64), ("Invalid", "", " "), ("Invalid", "a.b", "a."))

NODES = [
    *(edge("nodes.labels", type, LABELS, named(inside), named(outside)) for type, inside, outside in KEYS),
    *(edge("nodes.labels", type, f"{LABELS}.a", inside, outside) for type, inside, outside in VALUES),
    *(edge("nodes.annotations", type, NOTES, named(inside), named(outside)) for type, inside, outside in KEYS),
    edge("nodes.annotations", "Invalid", NOTES, named("Example.com/a"), named("Example_com/a")),
    edge("nodes.labels", "Invalid", LABELS, named("example.com/A"), named("Example.com/a")),
    edge("nodes.annotations", "TooLong", f"{NOTES}.a", "x" * (256 * 1024 - 1), "x" * 256 * 1024),
    edge("nodes.annotations", "TooLong", f"{NOTES}.a", "\u00e4" * (128 * 1024 - 1), "\u00e4" * 128 * 1024),
    # ECS takes 20 tags; 4 are ours, and 4 say what the machine is.
    edge("nodes.tags", "TooMany", LABELS, many(12), many(13)),
    edge("nodes.tags", "TooMany", LABELS, {**many(12), "empty": ""}, {**many(12), "empty": "x"}),
    edge("nodes.tags", "TooMany", LABELS, named("aliyu"), named("aliyun")),
    edge("nodes.tags", "TooMany", LABELS, named("acs"), named("acs:")),
    edge("nodes.tags", "TooMany", f"{LABELS}.a", "aliyu", "aliyun"),
    edge("nodes.tags", "TooMany", f"{LABELS}.a", "xaliyun", "ALIYUNx"),
    edge("nodes.tags", "TooMany", f"{LABELS}.a", "http:/x", "http://x"),
    edge("nodes.tags", "TooMany", f"{LABELS}.a", "https:/x", "https://x"),
    *(edge("nodes.taints", type, f"{TAINT}.key", inside, outside) for type, inside, outside in KEYS),
    *(edge("nodes.taints", type, f"{TAINT}.value", inside, outside) for type, inside, outside in VALUES),
    edge(
        "nodes.taints",
        "Forbidden",
        f"{TAINT}.key",
        "node.gardener.cloud/critical-components-are-not-ready",
        "node.gardener.cloud/critical-components-not-ready",
    ),
    *(
        edge("nodes.taints", "NotSupported", f"{TAINT}.effect", inside, outside)
        for inside, outside in (
            ("NoSchedule", "noSchedule"),
            ("PreferNoSchedule", "PreferSchedule"),
            ("NoExecute", "Execute"),
            ("NoExecute", ""),
        )
    ),
    *(
        edge("nodes.taints", "Duplicate", f"{SECOND}.taints", [first, inside], [first, {**first, "value": "other"}])
        for first in [{"key": "a", "effect": "NoExecute"}]
        for inside in ({**first, "effect": "NoSchedule"}, {**first, "key": "b"})
    ),
    *(
        edge(
            "nodes.node_template",
            "Invalid",
            "Worker.spec.pools.0.nodeTemplate.capacity",
            {"cpu": inside},
            {"cpu": outside},
        )
        for inside, outside in (("0", "-1"), ("8G", "8GB"), ("500m", "500M m"), ("-0", "-0.1"))
    ),
]

OPTIONS = [
    *(
        edge("pool_options.autoscaler", "Invalid", f"{SCALER}.{field}", inside, outside)
        for field in ("scaleDownUtilizationThreshold", "scaleDownGpuUtilizationThreshold")
        for inside, outside in (("0", "-0.01"), ("1", "1.01"), ("0.5", "0,5"), ("5e-1", "50%"))
    ),
    *(
        edge("pool_options.autoscaler", "Invalid", f"{SCALER}.{field}", inside, outside)
        for field in ("scaleDownUnneededTime", "scaleDownUnreadyTime", "maxNodeProvisionTime")
        for inside, outside in (("0s", "-1ns"), ("30m", "30"), ("1h30m", "1h 30m"), ("24h", "1d"))
    ),
    *(
        edge("pool_options.machine_settings", "Invalid", f"{SETTINGS}.{field}", inside, outside)
        for field in (
            "machineDrainTimeout",
            "machineHealthTimeout",
            "machineCreationTimeout",
            "inPlaceUpdateTimeout",
            "machinePreserveTimeout",
        )
        for inside, outside in (("0s", "-1ns"), ("30m", "30"))
    ),
    edge("pool_options.machine_settings", "Invalid", f"{SETTINGS}.maxEvictRetries", 0, -1),
    edge("pool_options.machine_settings", "Invalid", f"{SETTINGS}.autoPreserveFailedMachineMax", 0, -1),
    # Of 6 machines one has to run the system components.
    edge("pool_options.machine_settings", "Invalid", f"{SETTINGS}.autoPreserveFailedMachineMax", 5, 6),
    *(
        edge(
            "pool_options.machine_settings",
            "Invalid",
            f"{SETTINGS}.autoPreserveFailedMachineMax",
            inside,
            outside,
            given,
            note=note,
        )
        for inside, outside, note, given in (
            (6, 7, "without system components", put(f"{POOL}.systemComponents", {"allow": False})),
            (0, 1, "no machine", all_of(put(f"{POOL}.minimum", 0), put(f"{POOL}.maximum", 0))),
            (0, 1, "one machine", put(f"{POOL}.maximum", 1)),
        )
    ),
    *(
        edge(
            "pool_options.settings_in_place",
            "Forbidden",
            f"{POOL}.updateStrategy",
            strategy,
            "AutoRollingUpdate",
            put(f"{SETTINGS}.{name}", value),
            note=name,
        )
        for strategy in ("AutoInPlaceUpdate", MANUAL)
        for name, value in (
            ("inPlaceUpdateTimeout", "1h"),
            ("disableHealthTimeout", True),
        )
    ),
    edge("pool_options.settings_in_place", "Forbidden", f"{SETTINGS}.disableHealthTimeout", False, True),
    edge("pool_options.settings_in_place", "Forbidden", f"{SETTINGS}.inPlaceUpdateTimeout", GONE, "1h"),
]

no_components: Final = put(f"{SECOND}.systemComponents", {"allow": False})

OF_SHOOTS = [
    edge("shoot_pools.name_lengths", "TooLong", f"{POOL}.name", "a" * 15, "a" * 16),
    edge("shoot_pools.active_pool", "Forbidden", f"{POOL}.maximum", 1, 0, no_components),
    edge(
        "shoot_pools.active_pool",
        "Forbidden",
        f"{POOL}.systemComponents",
        {"allow": True},
        {"allow": False},
        no_components,
    ),
    edge("shoot_pools.active_pool", "Forbidden", f"{POOL}.systemComponents", GONE, {}, no_components),
    edge("shoot_pools.system_components", "Forbidden", f"{POOL}.maximum", 3, 2),
    edge(
        "shoot_pools.system_components",
        "Forbidden",
        f"{POOL}.systemComponents",
        {"allow": False},
        {"allow": True},
        put(f"{POOL}.maximum", 2),
    ),
    edge("shoot_pools.system_components", "Forbidden", f"{SECOND}.zones", [A, B, C], [A, B], put(f"{POOL}.maximum", 2)),
    edge("shoot_pools.volume_forms", "TooLong", f"{POOL}.volume.name", "a" * 15, "a" * 16),
    edge("shoot_pools.volume_forms", "TooLong", f"{SECOND}.dataVolumes.0.name", "a" * 15, "a" * 16),
    edge("shoot_pools.volume_forms", "Required", f"{SECOND}.dataVolumes.0.name", "a", ""),
    edge("shoot_pools.volume_forms", "Required", f"{POOL}.volume.name", GONE, ""),
    edge("shoot_pools.volume_forms", "Invalid", f"{SECOND}.dataVolumes.0.name", "a-b", "a_b"),
    edge("shoot_pools.volume_forms", "Invalid", f"{POOL}.volume.size", "50Gi", "50G"),
    edge("shoot_pools.volume_forms", "Invalid", f"{POOL}.volume.size", "50Gi", "50"),
    edge("shoot_pools.volume_forms", "Invalid", f"{SECOND}.dataVolumes.0.size", "1024Gi", "1Ti"),
    edge("shoot_pools.versions", "Forbidden", f"{POOL}.kubernetes.version", "1.31.4", "1.31.5"),
    edge("shoot_pools.versions", "Forbidden", f"{POOL}.kubernetes.version", "1.28.0", "1.27.9"),
    edge(
        "shoot_pools.versions",
        "Forbidden",
        f"{SHOOT}.kubernetes.version",
        "1.31.4-a",
        "1.31.3-a",
        put(f"{POOL}.kubernetes.version", "1.31.4"),
    ),
    edge("shoot_pools.versions", "Invalid", f"{POOL}.kubernetes.version", "1.31.4", "1.31.4.0"),
]

EDGES: list[Edge] = [*SIZES, *MACHINES, *NODES, *OPTIONS, *OF_SHOOTS]
