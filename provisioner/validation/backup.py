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
from provisioner.api.model import SecretReference
from provisioner.api.regions import check_region
from provisioner.api.text import did_you_mean, show, show_list
from provisioner.errors import Problem
from provisioner.ids import is_region
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import check_bucket_name, check_subdomain

_LONGEST_RETENTION_DAYS = 25_550


@dataclass(eq=False, repr=False)
class BackupBucketSubject(Subject):
    """A BackupBucket and the Secret it refers to."""

    bucket: BackupBucket
    secret: Secret | None
    absent_secret: str
    """The message if it is missing; empty where nothing can be told."""
    known_regions: tuple[str, ...] = ()
    """The regions of the CloudProfiles and Seeds in the input; empty where it has none."""


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
    bucket: BackupBucket | None
    """The bucket that it names, if the input has it."""


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
    if subject.bucket.spec.secret_ref.name and subject.absent_secret:
        fix = "add it with accessKeyID and accessKeySecret"
        yield subject.problem("spec.secretRef.name", "Required", subject.absent_secret, fix)


def check_bucket_region(subject: BackupBucketSubject) -> Iterator[Problem]:
    """
    Yield a problem if no CloudProfile or Seed of the input has the bucket's region.

    Source: here alone: Gardener takes any region, and OSS refuses one that it does not have.
    """
    region, known = subject.bucket.spec.region, subject.known_regions
    if known and is_region(region) and region not in known:
        detail = f"{show(region)} is not a region of a CloudProfile or Seed of the input; there are {show_list(known)}"
        yield subject.problem("spec.region", "NotSupported", detail, did_you_mean(region, known))


def check_bucket_secret_name(subject: BackupBucketSubject) -> Iterator[Problem]:
    """Yield a problem if the bucket says where its Secret is, and not which one."""
    yield from _check_secret_name(subject, subject.bucket.spec.secret_ref)


def check_secret_reference(subject: BackupBucketSubject) -> Iterator[Problem]:
    """Yield a problem if the bucket refers to no Secret: a run takes the shoot's, a seed refuses the object."""
    reference = subject.bucket.spec.secret_ref
    if not reference.name and not reference.namespace:
        detail = "is left out, so the shoot's credentials are used; Gardener takes no BackupBucket without it"
        yield subject.problem("spec.secretRef.name", "Required", detail, "name the Secret before a seed gets it")


def _check_secret_name(subject: Subject, reference: SecretReference) -> Iterator[Problem]:
    if reference.namespace and not reference.name:
        detail = f"is required beside the namespace {show(reference.namespace)}"
        yield subject.problem("spec.secretRef.name", "Required", detail, "name the Secret, or leave out spec.secretRef")


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


def check_entry_region(subject: BackupEntrySubject) -> Iterator[Problem]:
    """
    Yield a problem if the region can be none, or is not that of the bucket.

    Source: gardener pkg/gardenlet/controller/backupentry/reconciler.go: it is the bucket's; read 2026-11.
    """
    region, bucket = subject.entry.spec.region, subject.bucket
    if not region:
        return
    yield from check_region(subject.label, "spec.region", region)
    if is_region(region) and bucket is not None and region != bucket.spec.region:
        detail = f"{show(region)} is not the region {show(bucket.spec.region)} of {bucket.reference}"
        yield subject.problem("spec.region", "Invalid", detail, "they must be the same")


def check_entry_secret_name(subject: BackupEntrySubject) -> Iterator[Problem]:
    """Yield a problem if the entry says where its Secret is, and not which one; a run does not use it."""
    yield from _check_secret_name(subject, subject.entry.spec.secret_ref)


BACKUP_BUCKET_RULES: tuple[Rule[BackupBucketSubject], ...] = (
    Rule(check_bucket, in_schema="yes"),
    # A bucket without a status may exist all the same: a run with a state is only warned.
    Rule(check_bucket_region, in_schema="objects", is_beyond_gardener=True, is_for_changes=True),
    # Custom resources of existing objects have been checked.
    Rule(check_bucket_secret_name, in_schema="yes", is_beyond_gardener=True),
    Rule(check_bucket_secret, in_schema="objects", is_note=True),
)

SECRET_REFERENCE_RULES: tuple[Rule[BackupBucketSubject], ...] = (
    Rule(check_secret_reference, in_schema="yes", is_beyond_gardener=True),
)
"""For subjects that always count as existing: a hand-written bucket may lack what a seed's has."""

RETENTION_RULES: tuple[Rule[RetentionSubject], ...] = (Rule(check_retention, in_schema="yes"),)

BACKUP_ENTRY_RULES: tuple[Rule[BackupEntrySubject], ...] = (
    Rule(check_entry, in_schema="yes"),
    Rule(check_entry_region, in_schema="objects", is_beyond_gardener=True),
    Rule(check_entry_secret_name, in_schema="yes", is_beyond_gardener=True),
)
