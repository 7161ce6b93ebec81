"""
Decides when machines have to be replaced, and how many of them at a time.

A tag of each machine holds the revision it was made from. ESS itself cannot tell: it compares ids of configurations,
and ours are modified in place (StartInstanceRefresh with SkipMatching, API document read 2026-11).
"""

from __future__ import annotations

import hashlib
import json
import math
from fractions import Fraction

from provisioner.api.extensions_v1alpha1 import WorkerPool
from provisioner.gardener.distribution import distribute_over_zones

REVISION_TAG = "provisioner/revision"
_DIGITS = 12
_LARGEST_PERCENTAGE = 200


def revision(pool: WorkerPool, user_data: str | None) -> str:
    """
    Return the revision of a pool: machines with another one have to be replaced.

    Machine type, image name and version, volumes and user data count; another id of the same image does not.

    Source: gardener extensions/pkg/controller/worker (WorkerPoolHash), read 2026-07; user data is our addition:
    nothing else brings it to a running machine.
    """
    image = pool.machine_image
    made_of = [
        pool.machine_type,
        [image.name, image.version] if image else None,
        pool.volume.model_dump(mode="json", by_alias=True) if pool.volume else None,
        [volume.model_dump(mode="json", by_alias=True) for volume in pool.data_volumes],
        hashlib.sha256((user_data or "").encode()).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def zone_share(value: int | str, total: int, index: int, count: int) -> int | str:
    """
    Return the share of zone number `index` of a pool's maxSurge or maxUnavailable, whose `total` is its size.

    Source: gardener extensions/pkg/controller/worker/machines.go, read 2026-07.
    """
    if isinstance(value, int):
        return distribute_over_zones(value, index, count)
    percent = int(value.removesuffix("%"))
    if total % count == 0:
        return f"{percent}%"
    share = distribute_over_zones(total, index, count)
    return f"{math.ceil(Fraction(100 * count, total) * share * percent / 100)}%"


def healthy_percentages(size: int, max_surge: int | str, max_unavailable: int | str) -> tuple[int, int]:
    """
    Return MinHealthyPercentage and MaxHealthyPercentage of an instance refresh of `size` machines.

    Percentages are of the current size, with surge rounded up and unavailable rounded down, as in Kubernetes; if both
    are zero, one machine may be unavailable (machine-controller-manager, ResolveFenceposts).
    """
    surge, unavailable = math.ceil(_exact(max_surge, size)), math.floor(_exact(max_unavailable, size))
    if not surge and not unavailable:
        unavailable = 1
    least = max(0, math.floor(Fraction(100 * (size - unavailable), size)))
    most = min(_LARGEST_PERCENTAGE, 100 + math.ceil(Fraction(100 * surge, size)))
    return least, most


def _exact(value: int | str, size: int) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(int(value.removesuffix("%")) * size, 100)
