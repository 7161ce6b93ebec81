"""Identifies a shoot: its technical ID, and the backup entry that holds its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.api.core_v1beta1 import Project, Shoot
from provisioner.api.extensions_v1alpha1 import BackupEntry, Cluster
from provisioner.api.projects import can_be_technical_id, technical_id_of
from provisioner.api.text import show
from provisioner.errors import ManifestError
from provisioner.ids import EntryName, TechnicalId

_UNKNOWN = "the technical ID is not known"
_SOURCE_PREFIX = "source-"
"""Put before a BackupEntry's name while a control plane moves between seeds."""


@dataclass(frozen=True, slots=True)
class Identity:
    """
    A shoot's identity.

    `entry_name` is None when the input has neither a BackupEntry nor a uid; then the bucket has to be asked which
    entries of this shoot it holds.
    """

    shoot_name: str
    technical_id: TechnicalId
    entry_name: EntryName | None
    uid: str = ""
    """Empty where the input has none."""

    def uid_endings(self, entry: EntryName | None) -> tuple[str, ...]:
        """Return the ending of all entries with the uid of the manifests, or of an `entry` of this shoot."""
        endings = {f"--{self.uid}"} if self.uid else set[str]()
        if entry is not None and entry.startswith(f"{self.technical_id}--"):
            endings.add(entry.removeprefix(self.technical_id))
        return tuple(sorted(endings))

    @property
    def reference(self) -> str:
        """`Shoot/name`, as messages name the shoot."""
        return f"Shoot/{self.shoot_name}"


def identify_shoot(shoot: Shoot, projects: Sequence[Project], backup_entries: Sequence[BackupEntry]) -> Identity:
    """
    Return the identity of a Shoot manifest.

    Raises:
        ManifestError: it has no technical ID and its project is unknown.

    Source: gardener pkg/utils/gardener/shoot.go (ComputeTechnicalID) and backupentry.go, read 2026-07.
    """
    status = shoot.status
    technical_id = technical_id_of(shoot, projects)
    if technical_id is None:
        namespace = shoot.metadata.namespace
        raise ManifestError.single(
            shoot.reference,
            "metadata.namespace",
            "Required",
            f"the project is not known: namespace {namespace!r} is neither garden-<project> nor a known Project's",
            "set status.technicalID, or the namespace of the project",
        )
    uid = (status.uid if status else None) or shoot.metadata.uid
    entry_name = _entry_name(technical_id, uid, backup_entries)
    return Identity(shoot.metadata.name, technical_id, entry_name, uid or "")


def identify_namespace(
    name: str, namespace: str | None, cluster: Cluster | None, backup_entries: Sequence[BackupEntry]
) -> Identity:
    """
    Return the identity of an Infrastructure or Worker called `name`, whose Cluster is the `cluster`.

    The technical ID is the Cluster's; without one there it is the namespace, as it is on every seed
    (gardener docs/extensions/resources/worker.md names the exception, self-hosted shoots).

    Raises:
        ManifestError: neither the namespace nor the Cluster has one.
    """
    shoot = cluster.spec.shoot if cluster else None
    status = shoot.status if shoot else None
    technical_id = (status.technical_id if status else None) or TechnicalId(namespace or "")
    if not technical_id or not can_be_technical_id(technical_id):
        raise ManifestError.single(
            name,
            "metadata.namespace",
            "Required",
            f"the technical ID is not known: {show(technical_id)} is no shoot's" if technical_id else _UNKNOWN,
            "give the namespace on the seed, or the Cluster with the technicalID in its shoot's status",
        )
    uid = ((status.uid if status else None) or shoot.metadata.uid) if shoot else None
    entry_name = _entry_name(technical_id, uid, backup_entries)
    return Identity(name.partition("/")[2] or name, technical_id, entry_name, uid or "")


def is_entry_of(entry: EntryName, technical_id: TechnicalId) -> bool:
    """Return whether an entry has the name of one for a shoot with this technical ID and some uid."""
    # A shoot called a and one called a--b would share a prefix; a uid has no double hyphen.
    head, separator, uid = entry.rpartition("--")
    return bool(separator) and head == technical_id and bool(uid)


def _entry_name(technical_id: TechnicalId, uid: str | None, backup_entries: Sequence[BackupEntry]) -> EntryName | None:
    names = {EntryName(entry.metadata.name.removeprefix(_SOURCE_PREFIX)) for entry in backup_entries}
    own = sorted(name for name in names if is_entry_of(name, technical_id) or name == EntryName(technical_id))
    by_uid = EntryName(f"{technical_id}--{uid}") if uid else None
    if by_uid not in own and len(own) == 1:
        return own[0]
    return by_uid
