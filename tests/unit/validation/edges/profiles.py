"""Edges of the rules for NamespacedCloudProfiles, the profile of a Shoot, and the configuration of a control plane."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.edges.edge import GONE, PROFILE, SHOOT, Edge, all_of, edge, put
from tests.unit.validation.edges.offer import AMD, ARM, capable
from tests.unit.validation.edges.updates import of_deletion
from tests.unit.validation.example import PROVIDER, Change, Objects
from tests.unit.validation.overrides import LATER, config, image, mapped, use

OWN: Final = "NamespacedCloudProfile.spec"
PARENT: Final = f"{OWN}.parent"
CONTROL: Final = f"{SHOOT}.provider.controlPlaneConfig"
GATES: Final = f"{CONTROL}.cloudControllerManager.featureGates"
VERSION: Final = f"{SHOOT}.kubernetes.version"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"

dated: Final = image("gardenlinux", "1443.10.0", expirationDate=LATER)


def kubernetes(**fields: Any) -> list[dict[str, Any]]:
    return [{"version": "1.31.4", "expirationDate": LATER, **fields}]


def flavors(*regions: tuple[str, ...]) -> dict[str, Any]:
    """Return a mapping of a new image whose two flavors are in these regions."""
    found = [
        {"capabilities": capabilities, "regions": [{"name": name, "id": "m-1"} for name in names]}
        for capabilities, names in zip((AMD, ARM), regions, strict=True)
    ]
    return config(mapped("suse", "15.6.0", capabilityFlavors=found))


def other_profile(objects: Objects) -> None:
    """Add a CloudProfile."""
    objects["Other"] = {**objects["CloudProfile"], "metadata": {"name": "other"}}


def gate(name: str, version: str | None = None, *, value: bool = True) -> Change:
    """Return a change that sets a feature gate, in a shoot of a Kubernetes version."""
    base = put(CONTROL, {"apiVersion": PROVIDER, "kind": "ControlPlaneConfig"})
    changes = [base, put(f"{GATES}.{name}", value)]
    return all_of(*changes, *([put(VERSION, version)] if version else []))


both_offered: Final = put(f"{PROFILE}.kubernetes", {"versions": [{"version": "1.31.4"}]})
new_suse: Final = use(machineImages=[image("suse", "15.6.0")], providerConfig=config(mapped("suse", "15.6.0")))

PARENTS = [
    edge("namespaced_cloud_profile.parent", "NotSupported", f"{PARENT}.kind", "CloudProfile", "Cloudprofile", use()),
    edge("namespaced_cloud_profile.parent", "Required", f"{PARENT}.name", "alicloud", "aliclou", use()),
    edge("namespaced_cloud_profile.parent", "Required", f"{PARENT}.name", "alicloud", "", use()),
]

NAMES = [
    edge("namespaced_cloud_profile.name", type, "NamespacedCloudProfile.metadata.name", inside, outside, use())
    for type, inside, outside in (
        ("TooLong", "a" * 253, "a" * 254),
        ("Invalid", "a.b", "a..b"),
        ("Invalid", "a-b", "a_b"),
    )
]

OVERRIDES = [
    *(
        edge(
            "namespaced_cloud_profile.repeated",
            "Duplicate",
            f"{OWN}.{path}",
            [{field: "a", **more}, {field: "b", **more}],
            [{field: "a", **more}, {field: "a", **more}],
            use(machineImages=[image("gardenlinux")]),
        )
        for path, field, more in (
            ("machineTypes", "name", {}),
            ("volumeTypes", "name", {}),
            ("machineImages", "name", {}),
            ("kubernetes.versions", "version", {"expirationDate": LATER}),
            ("machineImages.0.versions", "version", {}),
        )
    ),
    edge(
        "namespaced_cloud_profile.amounts",
        "Invalid",
        f"{OWN}.machineTypes",
        [{"name": "a", "cpu": "2"}],
        [{"name": "a", "cpu": "2c"}],
        use(),
    ),
    edge(
        "namespaced_cloud_profile.amounts",
        "Invalid",
        f"{OWN}.volumeTypes",
        [{"name": "a", "minSize": "20Gi"}],
        [{"name": "a", "minSize": "20GB"}],
        use(),
    ),
    edge(
        "namespaced_cloud_profile.kubernetes_versions",
        "NotSupported",
        f"{OWN}.kubernetes.versions",
        kubernetes(),
        kubernetes(version="1.31.5"),
        all_of(both_offered, use()),
    ),
    edge(
        "namespaced_cloud_profile.kubernetes_versions",
        "Required",
        f"{OWN}.kubernetes.versions",
        kubernetes(),
        [{"version": "1.31.4"}],
        use(),
    ),
    edge(
        "namespaced_cloud_profile.kubernetes_versions",
        "Forbidden",
        f"{OWN}.kubernetes.versions",
        kubernetes(),
        kubernetes(classification="preview"),
        use(),
    ),
    *(
        edge(
            "namespaced_cloud_profile.image_overrides",
            "Forbidden",
            f"{OWN}.machineImages.0.versions.0.{field}",
            GONE,
            value,
            use(machineImages=[dated]),
        )
        for field, value in (
            ("classification", "preview"),
            ("cri", [{"name": "containerd"}]),
            ("architectures", ["amd64"]),
            ("capabilityFlavors", [AMD]),
            ("kubeletVersionConstraint", "< 1.33"),
            ("inPlaceUpdates", {"supported": True}),
        )
    ),
    edge(
        "namespaced_cloud_profile.image_overrides",
        "Required",
        f"{OWN}.machineImages.0.versions.0.expirationDate",
        LATER,
        GONE,
        use(machineImages=[dated]),
    ),
    edge(
        "namespaced_cloud_profile.limits",
        "Invalid",
        f"{OWN}.limits",
        {"maxNodesTotal": 1},
        {"maxNodesTotal": 0},
        all_of(use(), put(f"{SHOOT}.provider.workers", [])),
    ),
    edge("namespaced_cloud_profile.certificates", "Invalid", f"{OWN}.caBundle", f"{BEGIN}\n{END}", BEGIN, use()),
    edge("namespaced_cloud_profile.certificates", "Invalid", f"{OWN}.caBundle", f"{BEGIN}\n{END}", "", use()),
]

MAPPINGS = [
    edge("namespaced_cloud_profile.images_are_there", "Required", f"{OWN}.machineImages.0.name", "suse", "", new_suse),
    *(
        edge(
            "namespaced_cloud_profile.images_are_there", "Required", f"{OWN}.machineImages", [inside], [outside], use()
        )
        for inside, outside in (
            (image("gardenlinux"), image("gardenlinu")),
            (image("suse", "15.6.0"), image("suse")),
        )
    ),
    edge(
        "namespaced_cloud_profile.images_are_mapped",
        "Required",
        f"{OWN}.machineImages",
        [image("suse", "15.6.0")],
        [image("suse", "15.6.1")],
        new_suse,
    ),
    edge(
        "namespaced_cloud_profile.images_are_mapped",
        "Required",
        f"{OWN}.machineImages",
        [image("gardenlinux", "1443.10.0")],
        [image("gardenlinux", "1443.10.1")],
        use(),
    ),
    edge(
        "namespaced_cloud_profile.mapping_is_needed",
        "Invalid",
        f"{OWN}.providerConfig",
        config(mapped("suse", "15.6.0")),
        config(mapped("suse", "15.6.1")),
        new_suse,
    ),
    edge(
        "namespaced_cloud_profile.mapping_is_needed",
        "Forbidden",
        f"{OWN}.providerConfig",
        config(mapped("gardenlinux", "1443.10.1")),
        config(mapped("gardenlinux", "1443.10.0")),
        use(machineImages=[image("gardenlinux", "1443.10.1")]),
    ),
    edge(
        "namespaced_cloud_profile.regions_of_flavors",
        "Required",
        f"{OWN}.providerConfig",
        flavors(("eu-1", "eu-2"), ("eu-2", "eu-1")),
        flavors(("eu-1", "eu-2"), ("eu-1",)),
        all_of(capable, new_suse),
    ),
]

CHANGES = [
    edge(
        "namespaced_cloud_profile.change",
        "Invalid",
        f"{PARENT}.name",
        "alicloud",
        "other",
        all_of(other_profile, use()),
    ),
    *of_deletion(
        "namespaced_cloud_profile.change", "NamespacedCloudProfile", f"{OWN}.limits", {"maxNodesTotal": 9}, use()
    ),
    edge(
        "shoot_update.profile",
        "Forbidden",
        f"{SHOOT}.cloudProfile",
        {"name": "alicloud"},
        {"name": "other"},
        all_of(other_profile, use()),
    ),
    edge("shoot_update.profile", "Forbidden", f"{SHOOT}.cloudProfile.name", "alicloud", "other", other_profile),
]

OF_SHOOTS = [
    edge("shoot.cloud_profile_reference", "NotSupported", f"{SHOOT}.cloudProfile.kind", "CloudProfile", "cloudProfile"),
    edge("shoot.cloud_profile_reference", "NotSupported", f"{SHOOT}.cloudProfile.kind", "", " "),
    edge(
        "shoot.cloud_profile_reference",
        "Forbidden",
        VERSION,
        "1.33.9",
        "1.34.0",
        put(f"{SHOOT}.cloudProfileName", "alicloud"),
    ),
    edge("shoot.node_limit", "Forbidden", f"{PROFILE}.limits", {"maxNodesTotal": 4}, {"maxNodesTotal": 3}),
]

CONTROL_PLANES = [
    Edge("control_plane.feature_gates", type, name, inside, outside)
    for type, name, inside, outside in (
        ("Invalid", "a name and another", gate("WatchList"), gate("WatchLis")),
        ("Invalid", "known and newer version", gate("WatchTree", "1.37.0"), gate("WatchTree", "1.36.9")),
        ("Forbidden", "not yet removed", gate("AppArmor", "1.32.9"), gate("AppArmor", "1.33.0")),
        (
            "Forbidden",
            "not yet there",
            gate("AllowServiceExternalIPs", "1.36.0"),
            gate("AllowServiceExternalIPs", "1.35.9"),
        ),
        ("Forbidden", "locked", gate("BtreeWatchCache", "1.33.0"), gate("BtreeWatchCache", "1.33.0", value=False)),
        (
            "Forbidden",
            "not yet locked",
            gate("BtreeWatchCache", "1.32.9", value=False),
            gate("BtreeWatchCache", "1.33.0", value=False),
        ),
    )
] + [
    edge("control_plane.known_fields", "Forbidden", f"{CONTROL}.{field}", GONE, {}, put(CONTROL, empty))
    for empty in [{"apiVersion": PROVIDER, "kind": "ControlPlaneConfig", "csi": {}, "cloudControllerManager": {}}]
    for field in ("ccm", "csi.driver", "cloudControllerManager.flags")
]
CONTROL_PLANES += [
    edge("control_plane.retired_fields", "Forbidden", f"{CONTROL}.zone", GONE, "eu-central-1a", gate("AllAlpha"))
]

EDGES: list[Edge] = [*PARENTS, *NAMES, *OVERRIDES, *MAPPINGS, *CHANGES, *OF_SHOOTS, *CONTROL_PLANES]
