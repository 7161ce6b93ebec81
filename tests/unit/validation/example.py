"""Parts of the example's objects, to change them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Protocol

from provisioner.validation import Findings

Objects = dict[str, dict[str, Any]]
Change = Callable[[Objects], object]

SHOOT = "Shoot/canary"
CONFIG = "spec.provider.infrastructureConfig.networks"
POOL = "spec.provider.workers[0]"
EXTENSIONS = "extensions.gardener.cloud/v1alpha1"
PROVIDER = "alicloud.provider.extensions.gardener.cloud/v1alpha1"


class Judge(Protocol):
    """Loads and validates objects, beside what they were."""

    def __call__(self, objects: Objects, old: Objects | None = None) -> Findings:
        """Return what is wrong with them."""


def shoot(objects: Objects) -> Any:
    return objects["Shoot"]["spec"]


def networks(objects: Objects) -> Any:
    return shoot(objects)["provider"]["infrastructureConfig"]["networks"]


def pool(objects: Objects) -> Any:
    return shoot(objects)["provider"]["workers"][0]


def profile(objects: Objects) -> Any:
    return objects["CloudProfile"]["spec"]


def bucket(objects: Objects) -> Any:
    return objects["BackupBucket"]["spec"]


def retention(days: int, **more: bool) -> Change:
    """Return a change that protects the bucket."""
    immutability = {"retentionType": "bucket", "retentionPeriod": days, **more}
    config = {"apiVersion": PROVIDER, "kind": "BackupBucketConfig", "immutability": immutability}
    return lambda objects: bucket(objects).update(providerConfig=copy.deepcopy(config))
