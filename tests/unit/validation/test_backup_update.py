"""What may change in a BackupBucket or a BackupEntry: one change to the example, one problem or none."""

from __future__ import annotations

import copy

from tests.unit.validation.cases import Accepted, Case, no_problem_each_update, one_problem_each_update, updated
from tests.unit.validation.example import EXTENSIONS, PROVIDER, Judge, Objects, bucket, retention

BUCKET = "BackupBucket/demo-garden-backups"
IMMUTABILITY = "spec.providerConfig.immutability"


def use_other_secret(objects: Objects) -> None:
    """Let the bucket have credentials of its own."""
    secret = copy.deepcopy(objects["Secret/cloudprovider"])
    secret["metadata"]["namespace"] = bucket(objects)["secretRef"]["namespace"] = "other"
    objects["Secret/other"] = secret


REFUSED = [
    Case(
        "another region",
        lambda o: bucket(o).update(region="cn-shanghai"),
        BUCKET,
        "spec.region",
        "Invalid",
        ['it was "eu-central-1", and would be "cn-shanghai"', "needs another name"],
    ),
    Case(
        "protection unlocked",
        retention(30, locked=False),
        BUCKET,
        f"{IMMUTABILITY}.locked",
        "Forbidden",
        ["cannot be unlocked"],
        before=retention(30, locked=True),
    ),
    Case(
        "locked protection made shorter",
        retention(29, locked=True),
        BUCKET,
        f"{IMMUTABILITY}.retentionPeriod",
        "Forbidden",
        ["it was 30 days, and would be 29", "write at least 30"],
        before=retention(30, locked=True),
    ),
    Case(
        "open protection made shorter",
        retention(29, locked=False),
        BUCKET,
        f"{IMMUTABILITY}.retentionPeriod",
        "Forbidden",
        ["it was 30 days, and would be 29"],
        before=retention(30, locked=False),
    ),
    Case(
        "a change while it is being deleted",
        use_other_secret,
        BUCKET,
        "spec",
        "Forbidden",
        ["in deletion"],
        before=lambda o: o["BackupBucket"]["metadata"].update(deletionTimestamp="2026-11-22T12:00:00Z"),
    ),
]

ACCEPTED = [
    Accepted("other credentials", use_other_secret),
    Accepted("protection added", retention(30, locked=False)),
    Accepted("protection locked", retention(30, locked=True), before=retention(30, locked=False)),
    Accepted("protection made longer", retention(31, locked=True), before=retention(30, locked=True)),
    Accepted("open protection removed", lambda o: bucket(o).pop("providerConfig"), before=retention(30, locked=False)),
]

test_a_forbidden_update_gives_exactly_one_problem = one_problem_each_update(REFUSED)
test_an_allowed_update_is_no_problem = no_problem_each_update(ACCEPTED)


def test_a_locked_protection_cannot_be_dropped(judge: Judge, objects: Objects) -> None:
    case = Accepted("dropped", lambda o: bucket(o).pop("providerConfig"), before=retention(30, locked=True))
    (problem,) = judge(*updated(objects, case)).errors
    assert (problem.path, problem.type) == (IMMUTABILITY, "Forbidden")
    assert "its 30 days stay in force" in problem.detail


def test_a_config_of_its_own_has_the_same_rules(judge: Judge, objects: Objects) -> None:
    retention(30, locked=True)(objects)
    alone = {"config": bucket(objects)["providerConfig"]}
    case = Accepted("shorter", lambda o: o["config"]["immutability"].update(retentionPeriod=1))
    assert [problem.path for problem in judge(*updated(alone, case)).errors] == ["immutability.retentionPeriod"]


def entry() -> Objects:
    spec = {"type": "alicloud", "region": "eu-central-1", "bucketName": "demo-garden-backups"}
    metadata = {"name": "shoot--demo--canary--uid"}
    return {"entry": {"apiVersion": EXTENSIONS, "kind": "BackupEntry", "metadata": metadata, "spec": spec}}


def test_an_entry_that_moves_to_another_bucket_is_a_warning(judge: Judge) -> None:
    findings = judge(*updated(entry(), Accepted("moved", lambda o: o["entry"]["spec"].update(bucketName="other"))))
    assert findings.errors == ()
    assert [(problem.path, problem.type) for problem in findings.warnings] == [("spec.bucketName", "Invalid")]


def test_an_entry_does_not_change_while_it_is_being_deleted(judge: Judge) -> None:
    def change(objects: Objects) -> None:
        objects["entry"]["metadata"]["deletionTimestamp"] = "2026-11-22T12:00:00Z"
        objects["entry"]["spec"]["secretRef"] = {"name": "other"}

    found = [(problem.path, problem.type) for problem in judge(*updated(entry(), Accepted("", change))).errors]
    assert found == [("spec", "Forbidden")]


def test_the_protection_that_a_seed_asks_for_is_not_unlocked(judge: Judge, objects: Objects) -> None:
    def seed(*, locked: bool) -> Objects:
        immutability = {"retentionType": "bucket", "retentionPeriod": 30, "locked": locked}
        config = {"apiVersion": PROVIDER, "kind": "BackupBucketConfig", "immutability": immutability}
        spec = {"provider": {"type": "alicloud"}, "backup": {"provider": "alicloud", "providerConfig": config}}
        core = "core.gardener.cloud/v1beta1"
        return {"seed": {"apiVersion": core, "kind": "Seed", "metadata": {"name": "soil"}, "spec": spec}}

    (problem,) = judge(seed(locked=False), seed(locked=True)).errors
    assert (problem.object, problem.path, problem.type) == (
        "Seed/soil",
        "spec.backup.providerConfig.immutability.locked",
        "Forbidden",
    )
    assert judge(seed(locked=True), seed(locked=False)).errors == ()
