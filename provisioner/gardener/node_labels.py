"""Labels of nodes: those that gardenlet gives every pool, and which of a pool's can be tags of its machines."""

from __future__ import annotations

from collections.abc import Mapping

INSTANCE_TAG_LIMIT = 20
"""Tags of an ECS instance (TagResources, read 2026-11)."""
OWN_TAGS = 4
"""Of these, how many say whose a machine is: cluster, role, owner and revision."""
_GARDENERS = ("kubernetes.io/", ".gardener.cloud/", ".garden.sapcloud.io/")


def gardenlet_labels(pool: str, architecture: str | None) -> dict[str, str]:
    """
    Return the labels that say what a machine is, of those that gardenlet adds to every pool.

    Source: gardener pkg/utils/gardener/shoot.go (NodeLabelsForWorkerPool), read 2026-07.
    """
    return {
        "node.kubernetes.io/role": "node",
        "kubernetes.io/arch": architecture or "amd64",
        "worker.gardener.cloud/pool": pool,
        "worker.garden.sapcloud.io/group": pool,
    }


def untaggable_labels(labels: Mapping[str, str]) -> list[str]:
    """
    Return the labels of a pool that cannot be tags of its instances, sorted. A label without a value never is one.

    Source: ECS API document of TagResources: keys and values must not begin with `aliyun` or `acs:` nor contain
    `http://` or `https://`, at most 20 tags; read 2026-11.
    """
    refused = {key for key, value in labels.items() if value and not (_is_taggable(key) and _is_taggable(value))}
    taggable = sorted(key for key, value in labels.items() if value and key not in refused)
    # Gardener's own labels say what a machine is, so they are the last to go.
    taggable.sort(key=lambda key: not any(domain in key for domain in _GARDENERS))
    return sorted({*refused, *taggable[INSTANCE_TAG_LIMIT - OWN_TAGS :]})


def _is_taggable(text: str) -> bool:
    lowered = text.lower()
    return not lowered.startswith(("aliyun", "acs:")) and "http://" not in lowered and "https://" not in lowered
