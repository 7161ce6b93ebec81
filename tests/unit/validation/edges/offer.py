"""Edges of the rules for CloudProfiles, Secrets, and the bucket."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.cases import as_it_is
from tests.unit.validation.edges.edge import GONE, MAPPING, PROFILE, Edge, all_of, edge, put
from tests.unit.validation.example import EXTENSIONS, PROVIDER, Change, Objects, retention

AMD: Final = {"architecture": ["amd64"]}
ARM: Final = {"architecture": ["arm64"]}
REGIONS: Final = [{"name": "eu-central-1", "id": "m-1"}]
VERSION: Final = f"{MAPPING}.0.versions.0"


def flavors(*capabilities: dict[str, list[str]], regions: Any = REGIONS) -> dict[str, Any]:
    """Return an entry of the mapping in the form with flavors."""
    return {
        "version": "1592.4.0",
        "capabilityFlavors": [{"capabilities": item, "regions": regions} for item in capabilities],
    }


capable: Final = put(f"{PROFILE}.machineCapabilities", [{"name": "architecture", "values": ["amd64", "arm64"]}])
offered: Final = f"{PROFILE}.machineImages.0.versions.0.capabilityFlavors"

CLOUD_PROFILE = [
    *(
        Edge(
            "cloud_profile.offer_is_there",
            "Required",
            f"some {name} and none",
            as_it_is,
            put(f"{PROFILE}.{name}", GONE),
        )
        for name in ("machineImages", "machineTypes", "regions")
    ),
    Edge(
        "cloud_profile.config_is_there",
        "Required",
        "an empty mapping and none",
        put(MAPPING, []),
        put(f"{PROFILE}.providerConfig", GONE),
    ),
    edge("cloud_profile.versions_are_mapped", "Required", f"{MAPPING}.0.versions.1.version", "1443.10.0", "1443.10.1"),
    edge("cloud_profile.versions_are_mapped", "Required", f"{MAPPING}.1.name", "coreos", "coreo"),
    edge("cloud_profile.versions_are_mapped", "Required", f"{PROFILE}.machineImages.1.name", "coreos", "core"),
    edge(
        "cloud_profile.flavors_are_mapped",
        "Required",
        VERSION,
        flavors(AMD, ARM),
        flavors(AMD),
        all_of(capable, put(offered, [AMD, ARM])),
    ),
    edge("cloud_profile.flavors_are_mapped", "Required", offered, [AMD], [ARM], capable),
    edge(
        "cloud_profile.flavors_are_mapped",
        "Required",
        f"{PROFILE}.machineCapabilities",
        [],
        [{"name": "architecture", "values": ["amd64", "arm64"]}],
        put(offered, [ARM]),
    ),
    edge(
        "cloud_profile.flavors_are_mapped",
        "Required",
        VERSION,
        {"version": "1592.4.0", "regions": REGIONS},
        flavors(ARM),
        all_of(capable, put(offered, [AMD])),
    ),
    edge(
        "cloud_profile.flavors_are_mapped",
        "Required",
        VERSION,
        flavors({}),
        flavors(AMD, ARM),
        all_of(capable, put(offered, [{}])),
    ),
    *(
        edge("cloud_profile.amounts", "Invalid", f"{PROFILE}.machineTypes.0.{field}", inside, outside)
        for field in ("cpu", "gpu", "memory")
        for inside, outside in (("0", "-1"), ("8G", "8GB"), ("1.5", "1,5"), (".5", "."))
    ),
    edge("cloud_profile.amounts", "Invalid", f"{PROFILE}.volumeTypes.0.minSize", "0Gi", "-1Gi"),
    edge("cloud_profile.amounts", "Invalid", f"{PROFILE}.volumeTypes.0.minSize", "20G", "20GB"),
    edge("cloud_profile.amounts", "Invalid", f"{PROFILE}.volumeTypes.0.minSize", GONE, ""),
    edge("cloud_profile.images_are_there", "Required", MAPPING, [{"name": "a", "versions": [flavors()]}], []),
    edge("cloud_profile.images_are_there", "Required", f"{MAPPING}.0.name", "g", ""),
    edge("cloud_profile.images_are_there", "Required", f"{MAPPING}.0.versions", [flavors()], []),
    edge("cloud_profile.versions", "Required", f"{VERSION}.version", "1", ""),
    edge("cloud_profile.versions", "Required", f"{VERSION}.regions", REGIONS, []),
    edge("cloud_profile.versions", "Required", f"{VERSION}.regions.0.name", "e", ""),
    edge("cloud_profile.versions", "Required", f"{VERSION}.regions.0.id", "m", ""),
    edge("cloud_profile.versions", "Required", VERSION, flavors(AMD), flavors(AMD, regions=[]), capable),
    edge("cloud_profile.versions", "Duplicate", f"{MAPPING}.0.versions.1.version", "1443.10.0", "1592.4.0"),
    edge("cloud_profile.versions", "Forbidden", VERSION, flavors(AMD), {**flavors(AMD), "regions": REGIONS}, capable),
    edge(
        "cloud_profile.versions",
        "Forbidden",
        f"{PROFILE}.machineCapabilities",
        [{"name": "architecture", "values": ["amd64"]}],
        [],
        put(VERSION, flavors(AMD)),
    ),
    edge(
        "cloud_profile.versions", "NotSupported", VERSION, flavors(AMD), flavors({"architectures": ["amd64"]}), capable
    ),
    edge("cloud_profile.versions", "NotSupported", VERSION, flavors(ARM), flavors({"architecture": ["arm"]}), capable),
    edge("cloud_profile.repeated_regions", "Duplicate", f"{VERSION}.regions.1.name", "eu-central-2", "eu-central-1"),
    edge(
        "cloud_profile.repeated_regions", "Duplicate", VERSION, flavors(AMD), flavors(AMD, regions=REGIONS * 2), capable
    ),
]

ID: Final = "Secret/cloudprovider.stringData.accessKeyID"
HALF: Final = "Secret/cloudprovider.stringData.accessKeySecret"
TOKEN: Final = "Secret/cloudprovider.stringData.securityToken"
USER_DATA: Final = "Secret/general-user-data.stringData.cloud_config"
KEY: Final = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"


def public_key(text: str) -> Change:
    """Return a change of the machines' SSH public key; its Secret and the key in it have dots in their names."""
    return lambda objects: objects["Secret/canary.ssh-keypair"].update(stringData={"id_rsa.pub": text})


SECRETS = [
    edge("secrets.credentials", "Required", ID, "a" * 16, GONE),
    edge("secrets.credentials", "Required", HALF, "a" * 30, GONE),
    edge("secrets.credentials", "Required", HALF, "a" * 30, ""),
    edge("secrets.credentials", "Required", TOKEN, GONE, ""),
    edge(
        "secrets.credentials", "Required", "Secret/general-user-data.stringData", {"a": "b"}, {"accessKeyID": "a" * 16}
    ),
    edge("secrets.credentials", "Invalid", ID, "a" * 16, "a" * 15),
    edge("secrets.credentials", "Invalid", HALF, "a" * 30, f"<{'a' * 30}>"),
    edge("secrets.credentials", "Required", "Secret/general-user-data.stringData", {}, {"accessKeySecret": "a" * 30}),
    edge(
        "secrets.credentials",
        "Required",
        "Secret/cloudprovider.stringData",
        {"accessKeyID": "a" * 16, "accessKeySecret": "a" * 30},
        {},
    ),
    edge("secrets.credentials", "Invalid", ID, "a" * 128, "a" * 129),
    edge("secrets.credentials", "Invalid", ID, "a._=" * 4, "a._-" * 4),
    edge("secrets.credentials", "Invalid", ID, "a" * 16, "a" * 16 + "\n"),
    edge("secrets.credentials", "Invalid", HALF, "a" * 30, "a" * 29),
    edge("secrets.credentials", "Invalid", HALF, "a" * 30, "\n" + "a" * 30),
    edge("secrets.credentials", "Invalid", HALF, "a" * 30, "\u00e4" * 30),
    edge("secrets.credentials", "Invalid", TOKEN, "CAIS", "CAIS\r"),
    edge("secrets.user_data", "Required", USER_DATA, "#", ""),
    edge("secrets.user_data", "TooLong", USER_DATA, "#" * 32768, "#" * 32769),
    edge("secrets.user_data", "TooLong", USER_DATA, "\u00e4" * 16384, "\u00e4" * 16384 + "#"),
    Edge("secrets.public_key", "Invalid", "a key and its half", public_key(KEY), public_key("ssh-rsa")),
    Edge(
        "secrets.public_key", "Invalid", "one line and two", public_key(f"{KEY} me\n"), public_key(f"{KEY} me\n{KEY}")
    ),
    Edge("secrets.public_key", "Invalid", "base64 and not", public_key(KEY), public_key("ssh-rsa AAAA_")),
]


def entry(objects: Objects) -> None:
    """Add a BackupEntry."""
    objects["BackupEntry"] = {
        "apiVersion": EXTENSIONS,
        "kind": "BackupEntry",
        "metadata": {"name": "shoot--demo--canary--1"},
        "spec": {"type": "alicloud", "region": "eu-central-1", "bucketName": "demo-garden-backups"},
    }


def no_bucket(objects: Objects) -> None:
    """Take the bucket away."""
    del objects["BackupBucket"]


def retention_alone(days: int) -> Change:
    """Return a change that adds a BackupBucketConfig as a document of its own."""
    config = {"apiVersion": PROVIDER, "kind": "BackupBucketConfig"}
    immutability = {"retentionType": "bucket", "retentionPeriod": days}
    return lambda objects: objects.update(Config={**config, "immutability": immutability})


BACKUP = [
    *(
        edge(rule, type, path, inside, outside, given)
        for rule, path, given in (
            ("backup.bucket", "BackupBucket.metadata.name", as_it_is),
            ("backup.entry", "BackupEntry.spec.bucketName", entry),
        )
        for type, inside, outside in (
            ("Invalid", "abc", "ab"),
            ("TooLong", "a" * 63, "a" * 64),
            ("Invalid", "a-b", "a_b"),
            ("Invalid", "a-b", "-ab"),
            ("Invalid", "a-b", "ab-"),
            ("Invalid", "abc", "Abc"),
        )
    ),
    edge("backup.bucket", "Required", "BackupBucket.spec.region", "eu-1", ""),
    edge("backup.bucket", "Invalid", "BackupBucket.spec.region", "eu-1", "e-1"),
    edge("backup.bucket", "Invalid", "BackupBucket.spec.region", "eu-1", "eu.1"),
    edge("backup.bucket", "Invalid", "BackupBucket.spec.region", f"eu-{'1' * 60}", f"eu-{'1' * 61}"),
    edge("backup.bucket_secret", "Required", "BackupBucket.spec.secretRef.name", "cloudprovider", "cloudprovide"),
    Edge("backup.retention", "Invalid", "a day and none", retention(1), retention(0)),
    Edge("backup.retention", "Invalid", "70 years and a day more", retention(25_550), retention(25_551)),
    Edge("backup.retention", "Invalid", "alone, a day and none", retention_alone(1), retention_alone(0)),
    edge("backup.entry", "TooLong", "BackupEntry.metadata.name", "a" * 253, "a" * 254, entry),
    edge("backup.entry", "Invalid", "BackupEntry.metadata.name", "a.b", "a..b", entry),
    edge("backup.entry", "Invalid", "BackupEntry.metadata.name", "a-b", "a/b", entry),
    edge("backup.entry", "Required", "BackupEntry.spec.region", "e", "", entry),
    edge("backup.entry_region", "Invalid", "BackupEntry.spec.region", "eu-central-1", "eu-central-2", entry),
    edge("backup.entry_region", "Invalid", "BackupEntry.spec.region", "eu-1", "e-1", all_of(entry, no_bucket)),
    edge("backup.entry_secret_name", "Required", "BackupEntry.spec.secretRef", {}, {"namespace": "garden"}, entry),
    edge("backup.bucket_region", "NotSupported", "BackupBucket.spec.region", "eu-central-1", "eu-central-2"),
    edge("backup.bucket_secret_name", "Required", "BackupBucket.spec.secretRef", {}, {"namespace": "garden"}),
    edge("backup.secret_reference", "Required", "BackupBucket.spec.secretRef", {"name": "cloudprovider"}, {}),
    edge("backup.secret_reference", "Required", "BackupBucket.spec.secretRef", {"name": "cloudprovider"}, GONE),
]


EDGES: list[Edge] = [*CLOUD_PROFILE, *SECRETS, *BACKUP]
