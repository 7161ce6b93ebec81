"""Finds the older form of each object of the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from provisioner.api.collection import Manifests
from provisioner.api.model import ApiObject

ItemT = TypeVar("ItemT", bound=ApiObject)
DocumentT = TypeVar("DocumentT")


class OldObjects:
    """Finds older objects by kind, name and namespace; without older objects (`manifests` None) it finds nothing."""

    def __init__(self, manifests: Manifests | None) -> None:
        self.manifests = manifests or Manifests()
        self.is_given = manifests is not None
        self.has_match = False
        self._by_name: dict[tuple[type[ApiObject], str], list[ApiObject]] = {}
        old = self.manifests
        kinds: tuple[Sequence[ApiObject], ...] = (
            old.shoots, old.cloud_profiles, old.namespaced_cloud_profiles, old.infrastructures, old.workers,
            old.control_planes, old.backup_buckets, old.backup_entries, old.seeds,
        )  # fmt: skip
        for item in (item for items in kinds for item in items):
            self._by_name.setdefault((type(item), item.metadata.name), []).append(item)

    def form_of(self, item: ItemT) -> ItemT | None:
        """
        Return the older form of an object, or None.

        Hand-written manifests often leave the namespace out; if one of the two does, the name is enough.
        """
        named = self._by_name.get((type(item), item.metadata.name), [])
        namespace = item.metadata.namespace
        found = [old for old in named if old.metadata.namespace == namespace]
        if not found and len(named) == 1 and None in (namespace, named[0].metadata.namespace):
            found = named
        self.has_match = self.has_match or bool(found)
        return found[0] if found and isinstance(found[0], type(item)) else None

    def document_of(self, new: Sequence[DocumentT], old: Sequence[DocumentT]) -> DocumentT | None:
        """Return the older form of a document without a name: the only one, if the input has only one, too."""
        if len(new) != 1 or len(old) != 1:
            return None
        self.has_match = True
        return old[0]
