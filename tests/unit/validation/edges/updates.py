"""Edges of the rules for updates: what changes as it may, and what changes as it must not."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.cases import as_it_is
from tests.unit.validation.edges.edge import CONFIG, GONE, MAPPING, POOL, SHOOT, VPC, ZONE, Edge, all_of, edge, put
from tests.unit.validation.edges.networks import ZONES, dual_stack, existing_vpc, zone
from tests.unit.validation.edges.offer import entry
from tests.unit.validation.edges.pools import POOLS, A, B, C, in_place
from tests.unit.validation.edges.shoots import without_workers
from tests.unit.validation.example import Change, Objects, retention

PROTECTION: Final = "BackupBucket.spec.providerConfig"


def of_deletion(rule: str, kind: str, path: str, value: Any, given: Change = as_it_is) -> list[Edge]:
    """Return the edges of the rule that an object in deletion keeps its specification."""
    deleted, change = put(f"{kind}.metadata.deletionTimestamp", "2026-11-22T12:00:00Z"), put(path, value)
    label, both = put(f"{kind}.metadata.labels", {"a": "b"}), all_of(given, deleted)
    seed = kind in ("Infrastructure", "Worker")
    return [
        Edge(rule, "Forbidden", f"{kind} changes, and is deleted", change, all_of(change, deleted), given, seed),
        Edge(rule, "Forbidden", f"{kind} in deletion changes a label, and more", label, change, both, seed),
    ]


BACKUP = [
    edge("backup_update.bucket", "Invalid", "BackupBucket.spec.region", "eu-central-1", "eu-central-2"),
    *of_deletion("backup_update.bucket", "BackupBucket", "BackupBucket.spec.secretRef.name", "other"),
    Edge("backup_update.retention", "Forbidden", "9 days and 8", retention(9), retention(8), retention(9)),
    *(
        Edge("backup_update.retention", "Forbidden", name, inside, outside, locked)
        for locked in [retention(9, locked=True)]
        for name, inside, outside in (
            ("9 locked days and 8", retention(9, locked=True), retention(8, locked=True)),
            ("locked days and unlocked ones", retention(10, locked=True), retention(10)),
        )
    ),
    Edge(
        "backup_update.removal",
        "Forbidden",
        "unlocked days and locked ones that go",
        retention(9),
        retention(9, locked=True),
        then=put(PROTECTION, GONE),
    ),
    Edge(
        "backup_update.removal",
        "Forbidden",
        "locked days that stay, and that go",
        as_it_is,
        put(PROTECTION, GONE),
        retention(9, locked=True),
    ),
    *of_deletion("backup_update.entry", "BackupEntry", "BackupEntry.spec.secretRef.name", "other", entry),
    edge("backup_update.entry_place", "Invalid", "BackupEntry.spec.bucketName", "demo-garden-backups", "demo", entry),
    edge("backup_update.entry_place", "Invalid", "BackupEntry.spec.region", "eu-central-1", "eu-central-2", entry),
]


pending: Final = put("Shoot.status.inPlaceUpdates.pendingWorkerUpdates", {"autoInPlaceUpdate": ["general"]})
forced: Final = put("Shoot.metadata.annotations", {"gardener.cloud/operation": "force-in-place-update"})
at_work: Final = all_of(in_place, pending)
larger: Final = put(f"{POOL}.maximum", 9)


def unbound(objects: Objects) -> None:
    """Take the binding and a pool."""
    spec = objects["Shoot"]["spec"]
    del spec["credentialsBindingName"], spec["provider"]["workers"][0]


def bound(objects: Objects) -> None:
    """Let the Shoot have a SecretBinding."""
    spec = objects["Shoot"]["spec"]
    del spec["credentialsBindingName"]
    spec["secretBindingName"] = "own"


def mapped(objects: Objects) -> Any:
    return objects["CloudProfile"]["spec"]["providerConfig"]["machineImages"][0]["versions"]


CLOUD_PROFILE = [
    # The pools use the first version in the first region.
    edge(
        "cloud_profile_update.versions_in_use",
        "Forbidden",
        f"{MAPPING}.0.versions.0.regions.0.name",
        "eu-central-1",
        "eu-central-2",
    ),
    edge(
        "cloud_profile_update.versions_in_use",
        "Forbidden",
        f"{MAPPING}.0.versions.0.regions.0.name",
        "eu-central-2",
        "eu-central-1",
        then=lambda objects: mapped(objects).pop(0),
    ),
    Edge(
        "cloud_profile_update.versions_in_use",
        "Forbidden",
        "a version that goes, unused and used",
        lambda objects: mapped(objects).pop(1),
        lambda objects: mapped(objects).pop(0),
    ),
]


def deprecated_range(objects: Objects) -> None:
    """Write the first zone's range in the deprecated field."""
    first = objects["Shoot"]["spec"]["provider"]["infrastructureConfig"]["networks"]["zones"][0]
    first["worker"] = first.pop("workers")


def zones(*names: str) -> list[dict[str, str]]:
    ranges = {A: "10.250.0.0/19", B: "10.250.32.0/19", C: "10.250.64.0/19"}
    return [zone(name, ranges.get(name, "10.250.96.0/19")) for name in names]


D: Final = "eu-central-1d"
BLOCK: Final = f"{ZONE}.ipv6CidrBlock"
TABLE: Final = f"{VPC}.useCustomRouteTable"

INFRASTRUCTURE = [
    edge("infrastructure_update.vpc", "Invalid", f"{VPC}.cidr", "10.250.0.0/16", "10.250.0.0/15"),
    edge("infrastructure_update.vpc", "Invalid", f"{VPC}.id", "vpc-1", "vpc-2", existing_vpc),
    edge("infrastructure_update.vpc", "Invalid", f"{VPC}.gardenerManagedNATGateway", GONE, False, existing_vpc),
    edge("infrastructure_update.vpc", "Forbidden", TABLE, False, True),
    edge("infrastructure_update.vpc", "Forbidden", TABLE, True, False, put(TABLE, True)),
    edge("infrastructure_update.zones", "Forbidden", ZONES, zones(A, B, C), zones(A, B)),
    edge("infrastructure_update.zones", "Invalid", ZONES, zones(A, B, C, D), zones(A, B, D, C)),
    edge("infrastructure_update.zones", "Invalid", ZONES, zones(A, B, C, D), zones(D, A, B, C)),
    edge("infrastructure_update.zones", "Invalid", f"{ZONE}.workers", "10.250.0.0/19", "10.250.0.0/20"),
    edge(
        "infrastructure_update.zones",
        "Invalid",
        ZONE,
        zone(A, "10.250.0.0/19"),
        zone(A, "10.250.0.0/20"),
        deprecated_range,
    ),
    edge(
        "infrastructure_update.zones",
        "Invalid",
        ZONE,
        {"name": A, "worker": "10.250.0.0/19"},
        {"name": A, "worker": "10.250.0.0/20"},
        deprecated_range,
    ),
    # From the deprecated field to the other one, and not to both.
    edge("infrastructure_update.zones", "Invalid", f"{ZONE}.worker", GONE, "10.250.96.0/19"),
    edge(
        "infrastructure_update.zones",
        "Invalid",
        ZONE,
        zone(A, "10.250.0.0/19"),
        {**zone(A, "10.250.0.0/19"), "worker": "10.250.0.0/19"},
        deprecated_range,
    ),
    edge(
        "infrastructure_update.zones",
        "Invalid",
        ZONE,
        {**zone(A, "10.250.0.0/19"), "worker": "10.250.96.0/19"},
        zone(A, "10.250.0.0/19"),
        put(f"{ZONE}.worker", "10.250.96.0/19"),
    ),
    edge("infrastructure_update.ipv6_blocks", "Invalid", BLOCK, 7, GONE, put(BLOCK, 7)),
    edge("infrastructure_update.ipv6_blocks", "Invalid", BLOCK, 0, 7, dual_stack),
    edge("infrastructure_update.ipv6_blocks", "Invalid", BLOCK, 7, 8, all_of(dual_stack, put(BLOCK, 7))),
    edge(
        "infrastructure_update.ipv6_blocks",
        "Invalid",
        f"{CONFIG}.dualStack.enabled",
        False,
        True,
        put(BLOCK, 7),
        then=put(BLOCK, 8),
    ),
    edge("infrastructure_update.dual_stack", "Forbidden", f"{CONFIG}.dualStack.enabled", True, False, dual_stack),
    edge(
        "infrastructure_update.dual_stack",
        "Forbidden",
        f"{CONFIG}.dualStack.enabled",
        False,
        True,
        then=put(f"{CONFIG}.dualStack.enabled", False),
    ),
    edge("infrastructure_update.dual_stack", "Forbidden", f"{CONFIG}.dualStack", {"enabled": True}, GONE, dual_stack),
]

IMAGE: Final = f"{POOL}.machine.image"
VERSION: Final = f"{POOL}.kubernetes.version"
KUBERNETES: Final = f"{SHOOT}.kubernetes.version"
STRATEGY: Final = f"{POOL}.updateStrategy"


def strategies(rule: str, type: str, then: Change, given: Change = as_it_is, *, note: str = "") -> Edge:
    """Return the edge of an update that is possible for machines that are replaced, and not for others."""
    return edge(rule, type, STRATEGY, "AutoRollingUpdate", "AutoInPlaceUpdate", given, then=then, note=note)


POOLS_EDGES = [
    edge("pool_update.zones", "Invalid", f"{POOL}.zones", [A, B, C, D], [A, B, D, C]),
    edge("pool_update.zones", "Invalid", f"{POOL}.zones", [A, B, C], [A, B]),
    edge("pool_update.zones", "Invalid", f"{POOL}.zones", [A, B, C], [D, A, B, C]),
    Edge(
        "pool_update.zones",
        "Invalid",
        "another pool and this one in other zones",
        all_of(put(f"{POOL}.name", "new"), put(f"{POOL}.zones", [B])),
        put(f"{POOL}.zones", [B]),
    ),
    edge("pool_update.strategy", "Invalid", STRATEGY, "AutoRollingUpdate", "AutoInPlaceUpdate"),
    edge("pool_update.strategy", "Invalid", STRATEGY, "ManualInPlaceUpdate", "AutoRollingUpdate", in_place),
    edge("pool_update.strategy", "Invalid", STRATEGY, "ManualInPlaceUpdate", GONE, in_place),
]
POOLS_EDGES += [
    strategies("pool_update.machines_in_place", "Invalid", change, note=name)
    for name, change in (
        ("image", put(IMAGE, {"name": "coreos", "version": "2023.4.0"})),
        ("machine type", put(f"{POOL}.machine.type", "ecs.g7.xlarge")),
        ("volume", put(f"{POOL}.volume.size", "51Gi")),
        ("data volume", put(f"{POOL}.dataVolumes", [{"name": "data", "type": "cloud_essd", "size": "20Gi"}])),
        ("providerConfig", put(f"{POOL}.providerConfig", {"kind": "WorkerConfig"})),
    )
]
POOLS_EDGES += [
    edge("pool_update.image_version_in_place", "Forbidden", f"{IMAGE}.version", "1592.4.0", "1592.3.9", in_place),
    edge("pool_update.image_version_in_place", "Forbidden", f"{IMAGE}.version", "1592.4.0-b", "1592.3.9-b", in_place),
    strategies("pool_update.image_version_in_place", "Forbidden", put(f"{IMAGE}.version", "1592.3.9")),
    edge("pool_update.kubernetes_versions", "Forbidden", VERSION, "1.31.4", "1.31.3"),
    edge("pool_update.kubernetes_versions", "Forbidden", VERSION, "1.31.5", GONE, put(VERSION, "1.31.5")),
    Edge(
        "pool_update.kubernetes_versions",
        "Forbidden",
        "the shoot's version and the pool's",
        put(KUBERNETES, "1.31.3"),
        put(VERSION, "1.31.3"),
    ),
    edge("pool_update.kubernetes_versions", "Forbidden", VERSION, "1.30.2", "1.30.1", put(VERSION, "1.30.2")),
    edge("pool_update.kubernetes_versions", "Forbidden", VERSION, "1.30", "1.29", put(VERSION, "1.30.2")),
    edge(
        "pool_update.kubernetes_versions",
        "Forbidden",
        VERSION,
        "1.30.9",
        "1.31.0",
        all_of(in_place, put(VERSION, "1.29.0")),
    ),
    strategies("pool_update.kubernetes_versions", "Forbidden", put(VERSION, "1.31.4"), put(VERSION, "1.29.0")),
]

NETWORKING: Final = f"{SHOOT}.networking"

SHOOTS = [
    edge("shoot_update.place", "Invalid", f"{SHOOT}.region", "eu-central-1", "cn-shanghai"),
    edge(
        "shoot_update.workers",
        "Forbidden",
        POOLS,
        [{"name": "a", "machine": {"type": "a"}, "minimum": 0, "maximum": 0}],
        [],
    ),
    edge(
        "shoot_update.workers",
        "Forbidden",
        POOLS,
        [],
        [{"name": "a", "machine": {"type": "a"}, "minimum": 0, "maximum": 0}],
        without_workers,
    ),
    edge("shoot_update.kubernetes_version", "Forbidden", KUBERNETES, "1.31.4", "1.31.3"),
    # Gardener compares without what follows a hyphen.
    edge("shoot_update.kubernetes_version", "Forbidden", KUBERNETES, "1.31.4-rc.1", "1.31.3-rc.1"),
    edge("shoot_update.kubernetes_version", "Forbidden", KUBERNETES, "1.32.9-rc.1", "1.33.0-rc.1"),
    edge("shoot_update.kubernetes_version", "Forbidden", KUBERNETES, "1.32.9", "1.33.0"),
    edge("shoot_update.kubernetes_version", "Forbidden", KUBERNETES, "1.31", "1.30"),
    edge("shoot_update.kubernetes_version", "Forbidden", KUBERNETES, "1.32", "1.33"),
    *(
        edge("shoot_update.networking", "Invalid", f"{NETWORKING}.{field}", inside, outside)
        for field, inside, outside in (
            ("pods", "192.168.0.0/17", "192.168.0.0/18"),
            ("pods", "192.168.0.0/17", GONE),
            ("services", "192.168.128.0/17", "192.168.128.0/18"),
            ("nodes", "10.250.0.0/16", "10.250.0.0/17"),
            ("type", "calico", "cilium"),
        )
    ),
    edge(
        "shoot_update.networking",
        "Invalid",
        f"{NETWORKING}.nodes",
        GONE,
        "10.250.0.0/17",
        then=put(f"{NETWORKING}.nodes", "10.250.0.0/16"),
    ),
    edge(
        "shoot_update.networking",
        "Invalid",
        f"{NETWORKING}.nodes",
        "10.250.0.0",
        "10.250.0.0/17",
        then=put(f"{NETWORKING}.nodes", "10.250.0.0/16"),
    ),
    edge(
        "shoot_update.networking",
        "Invalid",
        f"{NETWORKING}.type",
        GONE,
        "cilium",
        then=put(f"{NETWORKING}.type", "calico"),
    ),
    *(
        edge("shoot_update.ip_families", "Forbidden", f"{NETWORKING}.ipFamilies", inside, outside, given(before))
        for given in [lambda families: put(f"{NETWORKING}.ipFamilies", families)]
        for before, inside, outside in (
            (GONE, ["IPv4", "IPv6"], ["IPv6", "IPv4"]),
            (["IPv4"], GONE, ["IPv6"]),
            (["IPv4", "IPv6"], ["IPv4"], ["IPv6"]),
            (["IPv4", "IPv6"], ["IPv4", "IPv6"], ["IPv6"]),
            (["IPv6", "IPv4"], ["IPv6", "IPv4"], ["IPv4"]),
        )
    ),
    edge("shoot_update.bindings", "Forbidden", f"{SHOOT}.credentialsBindingName", "other", GONE),
    edge("shoot_update.bindings", "Forbidden", f"{SHOOT}.credentialsBindingName", "other", ""),
    edge("shoot_update.bindings", "Invalid", f"{SHOOT}.secretBindingName", "own", "other", bound),
    edge("shoot_update.bindings", "Invalid", f"{SHOOT}.secretBindingName", "own", GONE, bound),
    edge(
        "shoot_update.bindings",
        "Invalid",
        f"{SHOOT}.credentialsBindingName",
        "own",
        GONE,
        bound,
        then=put(f"{SHOOT}.secretBindingName", GONE),
        note="in its place",
    ),
    Edge(
        "shoot_update.bindings",
        "Invalid",
        "another binding instead of the SecretBinding and beside it",
        all_of(put(f"{SHOOT}.secretBindingName", GONE), put(f"{SHOOT}.credentialsBindingName", "new")),
        all_of(put(f"{SHOOT}.secretBindingName", "other"), put(f"{SHOOT}.credentialsBindingName", "new")),
        bound,
    ),
    # That a Shoot loses its workers is one problem.
    Edge("shoot_update.bindings", "Forbidden", "all workers go, and some", without_workers, unbound),
    *(
        Edge("shoot_update.pending_updates", "Forbidden", name, inside, outside, given)
        for name, inside, outside, given in (
            ("another pool and the one at work", put(f"{POOLS}.1.maximum", 4), larger, at_work),
            ("its kubelet", as_it_is, put(f"{POOL}.kubernetes", {"kubelet": {"maxPods": 50}}), at_work),
            ("the shoot's kubelet", as_it_is, put(f"{SHOOT}.kubernetes.kubelet", {"maxPods": 50}), at_work),
            ("the shoot's version", as_it_is, put(KUBERNETES, "1.31.5"), at_work),
            ("done and not done", larger, all_of(larger, pending), in_place),
            ("forced and not forced", all_of(larger, forced), larger, at_work),
            ("a pool that rolls", all_of(larger, put(f"{POOL}.updateStrategy", "AutoRollingUpdate")), larger, at_work),
            ("a new pool and the one at work", put(f"{POOL}.name", "new"), larger, at_work),
        )
    ),
    edge("shoot_update.identity", "Invalid", "Shoot.status.technicalID", "shoot--demo--canary", "shoot--demo--canari"),
    edge("shoot_update.identity", "Invalid", "Shoot.status.uid", "a", "b", put("Shoot.status.uid", "a")),
    edge("shoot_update.identity", "Invalid", "Shoot.status.uid", GONE, "b", then=put("Shoot.status.uid", "a")),
    *of_deletion("shoot_update.shoot_deletion", "Shoot", f"{SHOOT}.purpose", "production"),
]
SHOOTS += [
    edge("shoot_update.extension_object", "Invalid", f"{kind}.spec.{field}", inside, outside)
    for kind in ("Infrastructure", "Worker")
    for field, inside, outside in (("region", "eu-central-1", "cn-shanghai"), ("class", "shoot", "seed"))
]
for kind in ("Infrastructure", "Worker"):
    SHOOTS += of_deletion("shoot_update.extension_object", kind, f"{kind}.spec.secretRef", {"name": "other"})

EDGES: list[Edge] = [*BACKUP, *CLOUD_PROFILE, *INFRASTRUCTURE, *POOLS_EDGES, *SHOOTS]
