"""
What may change in a BackupBucket or a BackupEntry once it exists.

Credentials may; the cloud cannot, because objects of other clouds are not read.

Source: gardener pkg/api/extensions/validation; gardener-extension-provider-alicloud
pkg/apis/alicloud/validation/backupbucket.go (ValidateBackupBucketConfigUpdate), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.validation.backup import BackupBucketSubject, BackupEntrySubject, RetentionSubject
from provisioner.validation.findings import Change, Rule
from provisioner.validation.immutability import check_deletion, check_unchanged

BucketChange = Change[BackupBucketSubject]
EntryChange = Change[BackupEntrySubject]
RetentionChange = Change[RetentionSubject]


def check_bucket(change: BucketChange) -> Iterator[Problem]:
    """Yield a problem if a bucket changes its region, or changes while it is being deleted."""
    old, new = change.old.bucket, change.new.bucket
    fix = "restore the old value; a bucket elsewhere needs another name"
    yield from check_unchanged(change, "spec.region", old.spec.region, new.spec.region, fix)
    yield from check_deletion(change, old, new)


def check_retention(change: RetentionChange) -> Iterator[Problem]:
    """Yield a problem if a bucket's protection is unlocked or becomes shorter, whether it is locked or not."""
    old = change.old.config.immutability if change.old.config else None
    new = change.new.config.immutability if change.new.config else None
    path = f"{change.new.path}immutability"
    if old is None or new is None:
        return
    if old.locked and not new.locked:
        detail = "a locked retention policy cannot be unlocked"
        yield change.problem(f"{path}.locked", "Forbidden", detail, "write locked: true")
    if new.retention_period < old.retention_period:
        detail = f"cannot become shorter: it was {old.retention_period} days, and would be {new.retention_period}"
        fix = f"write at least {old.retention_period}"
        yield change.problem(f"{path}.retentionPeriod", "Forbidden", detail, fix)


def check_removal(change: RetentionChange) -> Iterator[Problem]:
    """Yield a problem if the manifest drops a locked protection: the extension allows it, and OSS keeps it."""
    old = change.old.config.immutability if change.old.config else None
    if old is not None and old.locked and not (change.new.config and change.new.config.immutability):
        detail = f"a locked retention policy cannot be removed; its {old.retention_period} days stay in force"
        yield change.problem(f"{change.new.path}immutability", "Forbidden", detail, "restore the old value")


def check_entry(change: EntryChange) -> Iterator[Problem]:
    """Yield a problem if an entry changes while it is being deleted."""
    yield from check_deletion(change, change.old.entry, change.new.entry)


def check_entry_place(change: EntryChange) -> Iterator[Problem]:
    """
    Yield a problem if an entry moves, as it does with a control plane: the state does not move by itself.

    Source: here alone: the state does not move by itself.
    """
    old, new = change.old.entry.spec, change.new.entry.spec
    for path, was, now in (
        ("spec.bucketName", old.bucket_name, new.bucket_name),
        ("spec.region", old.region, new.region),
    ):
        if was != now:
            detail = f"it was {show(was)}, and would be {show(now)}; the state is still where it was"
            yield change.problem(path, "Invalid", detail, "copy what is under the entry's name before the next run")


BUCKET_UPDATE_RULES: tuple[Rule[BucketChange], ...] = (Rule(check_bucket, in_schema="before"),)

RETENTION_UPDATE_RULES: tuple[Rule[RetentionChange], ...] = (
    Rule(check_retention, in_schema="before"),
    Rule(check_removal, in_schema="before"),
)

ENTRY_UPDATE_RULES: tuple[Rule[EntryChange], ...] = (
    Rule(check_entry, in_schema="before"),
    Rule(check_entry_place, in_schema="before", is_beyond_gardener=True),
)
