"""The bucket for backups: one change to the example, one problem."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import EXTENSIONS, PROVIDER, Change, Judge, Objects, bucket, retention

BUCKET = "BackupBucket/demo-garden-backups"
ENTRY = "shoot--demo--canary--3f0d4f52-8c0e-4a5b-9d57-6f1f6c1b2a90"


def entry(**fields: Any) -> Change:
    """Return a change that adds the shoot's BackupEntry."""

    def change(objects: Objects) -> None:
        spec = {"type": "alicloud", "bucketName": "demo-garden-backups", "region": "eu-central-1", **fields}
        metadata = {"name": ENTRY}
        objects["entry"] = {"apiVersion": EXTENSIONS, "kind": "BackupEntry", "metadata": metadata, "spec": spec}

    return change


def seed(**backup: Any) -> Change:
    """Return a change that adds a Seed with a backup."""

    def change(objects: Objects) -> None:
        spec = {"provider": {"type": "gcp", "region": "europe-west1"}, "backup": copy.deepcopy(backup) or None}
        core = "core.gardener.cloud/v1beta1"
        objects["seed"] = {"apiVersion": core, "kind": "Seed", "metadata": {"name": "soil"}, "spec": spec}

    return change


def protection(days: int, **more: bool) -> dict[str, Any]:
    immutability = {"retentionType": "bucket", "retentionPeriod": days, **more}
    return {"apiVersion": PROVIDER, "kind": "BackupBucketConfig", "immutability": immutability}


CASES = [
    Case(
        "seed whose backups are in no cloud",
        seed(region="europe-west1"),
        "Seed/soil",
        "spec.backup.provider",
        "Required",
        ["is required"],
    ),
    Case(
        "bucket name that oss refuses",
        lambda o: o["BackupBucket"]["metadata"].update(name="Demo_Backups"),
        "BackupBucket/Demo_Backups",
        "metadata.name",
        "Invalid",
        ['"Demo_Backups" is not a bucket name'],
    ),
    *(
        Case(
            f"bucket kept for {days} days",
            retention(days),
            "BackupBucket/demo-garden-backups",
            "spec.providerConfig.immutability.retentionPeriod",
            "Invalid",
            [says, str(days)],
        )
        for days, says in ((0, "at least 1 day"), (-1, "at least 1 day"), (25_551, "at most 25550 days (70 years)"))
    ),
    Case(
        "bucket with a namespace for no secret",
        lambda o: bucket(o)["secretRef"].pop("name"),
        BUCKET,
        "spec.secretRef.name",
        "Required",
        ['is required beside the namespace "garden-demo"', "leave out spec.secretRef"],
    ),
    Case("region of no kind", lambda o: bucket(o).update(region="eu"), BUCKET, "spec.region", "Invalid", ['"eu"']),
    Case("no region", lambda o: bucket(o).update(region=""), BUCKET, "spec.region", "Required", ["must not be empty"]),
    Case(
        "region that no profile offers",
        lambda o: bucket(o).update(region="eu-centrall-1"),
        BUCKET,
        "spec.region",
        "NotSupported",
        ['"eu-centrall-1" is not a region of a CloudProfile or Seed of the input', "did you mean eu-central-1?"],
    ),
    Case(
        "entry in another region than its bucket",
        entry(region="cn-shanghai"),
        f"BackupEntry/{ENTRY}",
        "spec.region",
        "Invalid",
        ['"cn-shanghai" is not the region "eu-central-1" of BackupBucket/demo-garden-backups'],
    ),
    Case(
        "entry in a region of no kind",
        entry(region="eu"),
        f"BackupEntry/{ENTRY}",
        "spec.region",
        "Invalid",
        ['"eu" is not the id of a region'],
    ),
    Case(
        "entry with a namespace for no secret",
        entry(secretRef={"namespace": "garden"}),
        f"BackupEntry/{ENTRY}",
        "spec.secretRef.name",
        "Required",
        ['is required beside the namespace "garden"'],
    ),
    Case(
        "seed whose backups are kept for 0 days",
        seed(provider="alicloud", providerConfig=protection(0)),
        "Seed/soil",
        "spec.backup.providerConfig.immutability.retentionPeriod",
        "Invalid",
        ["at least 1 day"],
    ),
]

ACCEPTED = [
    Accepted("bucket without protection", lambda o: None),
    Accepted("shortest protection", retention(1)),
    Accepted("longest protection", retention(25_550)),
    Accepted("bucket without a reference", lambda o: bucket(o).pop("secretRef")),
    Accepted("bucket with an empty reference", lambda o: bucket(o).update(secretRef={})),
    Accepted("another region of the profile", lambda o: bucket(o).update(region="cn-shanghai")),
    Accepted(
        "the region of a seed",
        lambda o: (seed(provider="alicloud", region="ap-south-1")(o), bucket(o).update(region="ap-south-1")),
    ),
    Accepted("entry", entry()),
    Accepted("entry with a secret", entry(secretRef={"name": "backup", "namespace": "garden"})),
    Accepted("entry of a bucket elsewhere", entry(bucketName="elsewhere", region="ap-south-1")),
    Accepted("seed without backups", seed()),
    Accepted("seed whose backups are kept for a day", seed(provider="alicloud", providerConfig=protection(1))),
    Accepted("seed with backups in another cloud", seed(provider="gcp", providerConfig={"kind": "BackupBucketConfig"})),
]

test_a_bad_bucket_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_bucket_is_no_problem = no_problem_each(ACCEPTED)


def test_a_config_of_its_own_is_checked_too(judge: Judge, objects: Objects) -> None:
    retention(0)(objects)
    findings = judge({"config": bucket(objects)["providerConfig"]})
    assert [(problem.object, problem.path) for problem in findings.errors] == [
        ("BackupBucketConfig", "immutability.retentionPeriod")
    ]


def test_without_offered_regions_a_bucket_may_be_anywhere(judge: Judge, objects: Objects) -> None:
    bucket(objects)["region"] = "ap-south-1"
    kept = {name: item for name, item in objects.items() if item["kind"] in ("BackupBucket", "Secret")}
    assert judge(kept).errors == ()


def test_an_existing_bucket_may_be_anywhere(judge: Judge, objects: Objects) -> None:
    bucket(objects)["region"] = "ap-south-1"
    objects["BackupBucket"]["status"] = {"observedGeneration": 1}
    findings = judge(objects)
    assert (findings.errors, [(it.object, it.path) for it in findings.warnings]) == ((), [(BUCKET, "spec.region")])


def test_a_run_with_a_state_decides_about_the_region(judge: Judge, objects: Objects) -> None:
    bucket(objects)["region"] = "ap-south-1"
    findings = judge(objects)
    assert findings.undecided == findings.errors


@pytest.mark.parametrize("reference", [None, {}])
def test_a_bucket_without_a_reference_is_worth_a_warning(judge: Judge, objects: Objects, reference: Any) -> None:
    """A run takes the shoot's credentials; the API server of a seed takes no such object."""
    bucket(objects).pop("secretRef")
    if reference is not None:
        bucket(objects)["secretRef"] = reference
    (warning,) = [problem for problem in judge(objects).warnings if problem.object == BUCKET]
    assert (warning.path, "the shoot's credentials are used" in warning.detail) == ("spec.secretRef.name", True)


def test_a_bucket_with_a_reference_is_not(judge: Judge, objects: Objects) -> None:
    assert [problem for problem in judge(objects).warnings if problem.object == BUCKET] == []
