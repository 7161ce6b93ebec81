"""
Finds the entry of the bucket that has a shoot's state.

The manifests name it, or the bucket shows it. If the bucket lacks the entry that the manifests name, the state may
still be there under another name: from before the shoot's uid was known, or because uid or technical ID is mistyped. A
new state beside one that has objects would create the shoot a second time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from provisioner.errors import ManifestError, Problem, ProvisionError
from provisioner.ids import ROOTS, EntryName
from provisioner.objectstore import ObjectStore
from provisioner.state import StateLog
from provisioner.state.chain import newest_event
from provisioner.translate.identity import Identity, is_entry_of


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry that has a shoot's state, or will have it."""

    name: EntryName
    is_new: bool = False
    """Whether the program has stored nothing there yet."""
    warning: Problem | None = None
    """Says why this is not an entry that the manifests name."""


def find_entry(store: ObjectStore, identity: Identity) -> Entry:
    """
    Return the entry for a shoot's state.

    An entry that the manifests name and the bucket has costs one request.

    Raises:
        ManifestError: another entry holds a state with the shoot's technical ID or uid, or it is not clear which of
            several entries is the shoot's.
        StateError, CloudError: the bucket cannot be read.
    """
    named, technical_id = identity.entry_name, identity.technical_id
    if named is not None and _is_there(store, named):
        return Entry(named)
    without_uid = EntryName(technical_id)
    endings = identity.uid_endings(named)
    found = [
        entry
        for entry in map(EntryName, sorted(store.folders("" if endings else technical_id, limit=sys.maxsize)))
        if (entry == without_uid or is_entry_of(entry, technical_id) or entry.endswith(endings))
        and _is_there(store, entry)
    ]
    if named in found:
        return Entry(named)  # another run has just begun it
    if named is None and len(found) == 1:
        return Entry(found[0])
    holding = [entry for entry in found if _holds_something(store, entry)]
    if named is not None and not holding:
        return Entry(named, is_new=True)
    if named is None and not found:
        warning = Problem(
            identity.reference,
            "metadata.uid",
            "Required",
            f"no uid in the manifests and no state of this shoot in the bucket; the state will be under {technical_id}",
            "set status.uid or add the BackupEntry if Gardener manages this shoot",
        )
        return Entry(without_uid, is_new=True, warning=warning)
    if holding == [without_uid] or (named is None and len(holding) == 1):
        why = f"not under {named}" if named is not None else "the other entries of this technical ID hold nothing"
        warning = Problem(
            identity.reference,
            "metadata.uid",
            "Invalid",
            f"the state of this shoot is under {holding[0]} in {store.describe()}, {why}; it stays there",
            "add a BackupEntry of that name to say so",
        )
        return Entry(holding[0], warning=warning)
    if named is not None:
        raise ManifestError.single(
            identity.reference,
            "metadata.uid",
            "Invalid",
            f"the manifests name the entry {named}, and {store.describe()} holds the state of this technical ID or uid "
            f"under {', '.join(holding)}; nothing was changed",
            "set technicalID and uid to those of that entry, or add its BackupEntry; if this is another shoot, destroy "
            "that one first",
        )
    raise ManifestError.single(
        identity.reference,
        "metadata.uid",
        "Required",
        f"the bucket holds several entries of {technical_id}: {', '.join(holding or found)}",
        "set status.uid or add the BackupEntry to say which one to use",
    )


def _is_there(store: ObjectStore, entry: EntryName) -> bool:
    # The same entry also has backups of etcd.
    return bool(store.list(f"{entry}/provisioner/", limit=1))


def _holds_something(store: ObjectStore, entry: EntryName) -> bool:
    """Return whether objects may exist for which this entry's state is needed; an unreadable log counts as yes."""
    for root in ROOTS:
        log = StateLog(store, entry, root)
        try:
            newest, event = log.newest(), newest_event(log)
        except ProvisionError:
            return True
        if (newest is not None and not newest.state().is_empty) or (event is not None and not event.is_clean):
            return True
    return False
