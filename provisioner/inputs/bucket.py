"""The bucket that keeps a shoot's state, as its BackupBucket says."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.cloud import Credentials
from provisioner.errors import ManifestError
from provisioner.ids import RegionId
from provisioner.inputs.credentials import read_credentials
from provisioner.inputs.region import region_of
from provisioner.manifests import Manifests
from provisioner.validation.findings import Subject
from provisioner.validation.names import check_bucket_name


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket that keeps the state."""

    name: str
    region: RegionId
    credentials: Credentials


def find_bucket(manifests: Manifests, reference: str, credentials: Credentials) -> Bucket:
    """
    Return the bucket of shoot `reference`; its credentials are the shoot's unless the BackupBucket names others.

    Raises:
        ManifestError: there is none, several, or one that cannot be used.
    """
    absent = manifests.describe_absent_bucket()
    if absent is not None:
        raise ManifestError.single(reference, "", "Required", *absent)
    (bucket,) = manifests.state_buckets
    if bucket.spec.secret_ref.name:
        secret_reference = bucket.spec.secret_ref
        secret = manifests.secret(secret_reference.name, secret_reference.namespace)
        if secret is None:
            raise ManifestError.single(
                bucket.reference,
                "spec.secretRef.name",
                "Required",
                manifests.describe_absent_secret(secret_reference.name, secret_reference.namespace),
                "add it with accessKeyID and accessKeySecret, or leave secretRef out to use the shoot's",
            )
        credentials = read_credentials(secret)
    # A host is called after the bucket, too.
    problems = list(check_bucket_name(Subject(bucket.reference, is_new=False), "metadata.name", bucket.metadata.name))
    if problems:
        raise ManifestError(problems)
    return Bucket(bucket.metadata.name, region_of(bucket), credentials)
