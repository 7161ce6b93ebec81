"""Kinds of pools that have to work, beyond those that `variants.py` has among its kinds of shoots."""

from __future__ import annotations

from tests.e2e.variants import (
    POOLS,
    Documents,
    Size,
    Variant,
    offer_arm,
    pool,
    put,
    seed_objects,
    volume,
)

ENCRYPTED = {"type": "cloud_essd", "size": "50Gi", "encrypted": True}
TAINT = {"key": "dedicated", "effect": "NoSchedule"}


def drop_version_in_use(documents: Documents) -> None:
    """Let the CloudProfile forget the version that the pools use."""
    spec = documents["CloudProfile"]["spec"]
    for item in (*spec["machineImages"], *spec["providerConfig"]["machineImages"]):
        item["versions"] = [version for version in item["versions"] if version["version"] != "1592.4.0"]


def retire_machine_types(documents: Documents) -> None:
    """Let the CloudProfile offer no machine type for new pools."""
    for item in documents["CloudProfile"]["spec"]["machineTypes"]:
        item["usable"] = False


encrypted = put(f"{POOLS}/0/volume", ENCRYPTED)
secret_disk = put(f"{POOLS}/0/dataVolumes", [volume("secret", "100Gi", encrypted=True)])
other_user_data = put("general-user-data/stringData/cloud_config", "#!/bin/sh\necho other\n")
flat_version = put(f"{POOLS}/0/machine/image/version", "1443.10.0")
raise_maximum = put(f"{POOLS}/0/maximum", 9)
leave_zone_c = put(f"{POOLS}/0/zones", ["eu-central-1a", "eu-central-1b"])
cheap_disk = put(f"{POOLS}/0/volume/type", "cloud_efficiency")
taint = put(f"{POOLS}/0/taints", [TAINT])
shares = put(POOLS, [pool("shares", "cab", 4, 7, maxSurge="25%", maxUnavailable="50%", priority=3)])
careful = put(f"{POOLS}/0/maxSurge", 2)

WORKER_VARIANTS = (
    Variant("encrypted system disk", [encrypted], [secret_disk], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("in clear, then encrypted", (), [encrypted], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("flavors, then the flat form", [offer_arm], [flat_version], Size(3, 5, 4), Size(3, 5, 4)),
    Variant(
        "a version that leaves the CloudProfile", (), [drop_version_in_use, raise_maximum], Size(3, 5, 4), Size(3, 5, 4)
    ),
    Variant("types that are retired", (), [retire_machine_types, raise_maximum], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("a zone that a pool leaves", (), [leave_zone_c], Size(3, 5, 4), Size(3, 4, 4)),
    Variant("other user data", (), [other_user_data], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("another disk category", (), [cheap_disk], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("taints", (), [taint], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("shares in percent", [shares], [careful], Size(3, 3, 4), Size(3, 3, 4)),
    Variant("objects of a seed, other disks", (), [secret_disk], Size(3, 5, 4), Size(3, 5, 4), seed_objects),
)
