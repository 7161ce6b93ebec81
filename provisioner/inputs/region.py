"""The region that an object names."""

from __future__ import annotations

from provisioner.api.core_v1beta1 import Shoot
from provisioner.api.extensions_v1alpha1 import BackupBucket, Infrastructure, Worker
from provisioner.api.regions import check_region
from provisioner.errors import ManifestError
from provisioner.ids import RegionId


def region_of(item: Shoot | Infrastructure | Worker | BackupBucket) -> RegionId:
    """
    Return the region that an object names. Requests go to hosts that have it in their name.

    Raises:
        ManifestError: it cannot be one.
    """
    problems = list(check_region(item.reference, "spec.region", item.spec.region))
    if problems:
        raise ManifestError(problems)
    return item.spec.region
