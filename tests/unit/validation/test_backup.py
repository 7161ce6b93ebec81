"""The bucket for backups: one change to the example, one problem."""

from __future__ import annotations

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import Judge, Objects, bucket, retention

CASES = [
    Case(
        "bucket name that oss refuses",
        lambda o: o["BackupBucket"]["metadata"].update(name="Demo_Backups"),
        "BackupBucket/Demo_Backups",
        "metadata.name",
        "Invalid",
        ['"Demo_Backups" is not a bucket name'],
    ),
    Case(
        "bucket without its secret",
        lambda o: bucket(o)["secretRef"].update(name="backup"),
        "BackupBucket/demo-garden-backups",
        "spec.secretRef.name",
        "Required",
        ['Secret "backup" is not in the input'],
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
]

ACCEPTED = [
    Accepted("bucket without protection", lambda o: None),
    Accepted("shortest protection", retention(1)),
    Accepted("longest protection", retention(25_550)),
]

test_a_bad_bucket_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_bucket_is_no_problem = no_problem_each(ACCEPTED)


def test_a_config_of_its_own_is_checked_too(judge: Judge, objects: Objects) -> None:
    retention(0)(objects)
    findings = judge({"config": bucket(objects)["providerConfig"]})
    assert [(problem.object, problem.path) for problem in findings.errors] == [
        ("BackupBucketConfig", "immutability.retentionPeriod")
    ]
