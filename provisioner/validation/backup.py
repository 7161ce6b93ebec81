"""Rules for BackupBuckets and BackupEntries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.core_v1beta1 import Secret
from provisioner.api.extensions_v1alpha1 import BackupBucket, BackupEntry
from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import check_bucket_name, check_subdomain


@dataclass(frozen=True)
class BackupBucketSubject(Subject):
    """A BackupBucket and the Secret it refers to."""

    bucket: BackupBucket
    secret: Secret | None


@dataclass(frozen=True)
class BackupEntrySubject(Subject):
    """A BackupEntry."""

    entry: BackupEntry


def check_bucket(subject: BackupBucketSubject) -> Iterator[Problem]:
    """Yield a problem if OSS would not accept the bucket."""
    bucket = subject.bucket
    yield from check_bucket_name(subject, "metadata.name", bucket.metadata.name)
    if not bucket.spec.region:
        yield subject.problem("spec.region", "Required", "must not be empty")


def check_bucket_secret(subject: BackupBucketSubject) -> Iterator[Problem]:
    """Yield a problem if the Secret that the bucket refers to is not in the input, or has no access key."""
    name = subject.bucket.spec.secret_ref.name
    if not name:
        return
    if subject.secret is None:
        detail = f"Secret {show(name)} is not in the input"
        yield subject.problem("spec.secretRef.name", "Required", detail, "add it with accessKeyID and accessKeySecret")
    elif "accessKeyID" not in subject.secret.keys and "accessKeySecret" not in subject.secret.keys:
        detail = f"Secret {show(name)} has no access key"
        yield subject.problem("spec.secretRef.name", "Invalid", detail, "give it accessKeyID and accessKeySecret")


def check_immutability(subject: BackupBucketSubject) -> Iterator[Problem]:
    """Yield a problem if the retention period is no period."""
    config = subject.bucket.spec.provider_config
    if config and config.immutability and config.immutability.retention_period < 1:
        detail = f"must be at least 1 day, but is {config.immutability.retention_period}"
        yield subject.problem("spec.providerConfig.immutability.retentionPeriod", "Invalid", detail)


def check_entry(subject: BackupEntrySubject) -> Iterator[Problem]:
    """Yield a problem if the entry cannot be a path in a bucket."""
    entry = subject.entry
    yield from check_subdomain(subject, "metadata.name", entry.metadata.name)
    yield from check_bucket_name(subject, "spec.bucketName", entry.spec.bucket_name)


BACKUP_BUCKET_RULES: tuple[Rule[BackupBucketSubject], ...] = (
    Rule(check_bucket),
    Rule(check_bucket_secret),
    Rule(check_immutability),
)

BACKUP_ENTRY_RULES: tuple[Rule[BackupEntrySubject], ...] = (Rule(check_entry),)
