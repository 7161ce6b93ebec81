"""
Rules for BackupBuckets and BackupEntries.

Source: gardener pkg/api/extensions/validation (backupbucket.go, backupentry.go), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import BackupBucketConfig
from provisioner.api.core_v1beta1 import Secret
from provisioner.api.extensions_v1alpha1 import BackupBucket, BackupEntry
from provisioner.api.regions import check_region
from provisioner.errors import Problem
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import check_bucket_name, check_subdomain

_LONGEST_RETENTION_DAYS = 25_550


@dataclass(eq=False, repr=False)
class BackupBucketSubject(Subject):
    """A BackupBucket and the Secret it refers to."""

    bucket: BackupBucket
    secret: Secret | None
    absent_secret: str
    """The message if it is missing."""


@dataclass(eq=False, repr=False)
class RetentionSubject(Subject):
    """A BackupBucketConfig, on its own or in a BackupBucket."""

    path: str
    """Where the configuration is, ending in a dot; empty when it is a document of its own."""
    config: BackupBucketConfig | None


@dataclass(eq=False, repr=False)
class BackupEntrySubject(Subject):
    """A BackupEntry."""

    entry: BackupEntry


def check_bucket(subject: BackupBucketSubject) -> Iterator[Problem]:
    """Yield a problem if OSS would not accept the bucket."""
    bucket = subject.bucket
    yield from check_bucket_name(subject, "metadata.name", bucket.metadata.name)
    yield from check_region(subject.label, "spec.region", bucket.spec.region)


def check_bucket_secret(subject: BackupBucketSubject) -> Iterator[Problem]:
    """
    Yield a problem if the Secret that the bucket refers to is not in the input.

    Source: gardener docs/extensions/resources/backupbucket.md: the reference is required, read 2026-11.
    """
    if subject.bucket.spec.secret_ref.name and subject.secret is None:
        fix = "add it with accessKeyID and accessKeySecret"
        yield subject.problem("spec.secretRef.name", "Required", subject.absent_secret, fix)


def check_retention(subject: RetentionSubject) -> Iterator[Problem]:
    """
    Yield a problem if the retention period is none that OSS has.

    Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/backupbucket.go; OSS API document of
    InitiateBucketWorm; read 2026-11.
    """
    immutability = subject.config.immutability if subject.config else None
    if immutability is None:
        return
    path, days = f"{subject.path}immutability.retentionPeriod", immutability.retention_period
    if days < 1:
        yield subject.problem(path, "Invalid", f"must be at least 1 day, but is {days}")
    elif days > _LONGEST_RETENTION_DAYS:
        detail = f"must be at most {_LONGEST_RETENTION_DAYS} days (70 years), but is {days}"
        yield subject.problem(path, "Invalid", detail)


def check_entry(subject: BackupEntrySubject) -> Iterator[Problem]:
    """Yield a problem if the entry cannot be a path in a bucket."""
    entry = subject.entry
    yield from check_subdomain(subject, "metadata.name", entry.metadata.name)
    yield from check_bucket_name(subject, "spec.bucketName", entry.spec.bucket_name)
    if not entry.spec.region:
        yield subject.problem("spec.region", "Required", "must not be empty")


BACKUP_BUCKET_RULES: tuple[Rule[BackupBucketSubject], ...] = (
    Rule(check_bucket, in_schema="yes"),
    Rule(check_bucket_secret, in_schema="objects"),
)

RETENTION_RULES: tuple[Rule[RetentionSubject], ...] = (Rule(check_retention, in_schema="yes"),)

BACKUP_ENTRY_RULES: tuple[Rule[BackupEntrySubject], ...] = (Rule(check_entry, in_schema="yes"),)
