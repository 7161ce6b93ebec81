"""The entry of a shoot's state: named by the manifests, found in the bucket, or refused."""

from __future__ import annotations

import json

import pytest

from provisioner.errors import ManifestError
from provisioner.ids import ROOTS, EntryName, Root, TechnicalId
from provisioner.objectstore import MemoryStore
from provisioner.run.entries import find_entry
from provisioner.state import Lease, StateLog
from provisioner.state.record import Outcome
from provisioner.translate.identity import Identity

ID = TechnicalId("shoot--foo--bar")
FIRST, SECOND = EntryName(f"{ID}--1"), EntryName(f"{ID}--2")
WITHOUT_UID = EntryName(ID)
RESOURCE = {"mode": "managed", "type": "alicloud_vpc", "name": "this", "instances": [{"attributes": {"id": "vpc-1"}}]}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(name="oss://bucket")


def put(
    store: MemoryStore, entry: EntryName, *, holds: bool = True, root: Root = "worker", outcome: Outcome = "clean"
) -> None:
    """Let a run store a state, with an object or without any."""
    log = StateLog(store, entry, root)
    resources = [RESOURCE] if holds else []
    body = json.dumps({"version": 4, "serial": 1, "lineage": "a-lineage", "resources": resources}).encode()
    lease = Lease.acquire(log, "run-1", "apply", "host", renewing=False)
    lease.writer.append(body)
    lease.release(outcome)


def find(store: MemoryStore, named: EntryName | None) -> tuple[str, bool]:
    """Return the entry, and whether there is a warning."""
    entry = find_entry(store, Identity("bar", ID, named))
    return entry.name, entry.warning is not None


def test_an_entry_that_the_manifests_name_and_the_bucket_has_is_used(store: MemoryStore) -> None:
    put(store, FIRST, holds=False)
    put(store, SECOND)
    assert find(store, FIRST) == (FIRST, False)


def test_a_new_shoot_gets_the_entry_that_the_manifests_name(store: MemoryStore) -> None:
    put(store, EntryName("shoot--foo--bar--baz--7"))
    put(store, EntryName("shoot--foo--ba--7"))
    assert find(store, FIRST) == (FIRST, False)


def test_without_a_uid_the_only_entry_is_used(store: MemoryStore) -> None:
    put(store, FIRST)
    put(store, EntryName("shoot--foo--bar--baz--3-4"))
    assert find(store, None) == (FIRST, False)


def test_backups_of_etcd_alone_are_no_entry_of_ours(store: MemoryStore) -> None:
    store.put_if_absent(f"{FIRST}/etcd-main/v2/full", b"", {})
    assert find(store, None) == (WITHOUT_UID, True)
    assert find(store, SECOND) == (SECOND, False)


def test_without_a_uid_and_an_entry_there_is_a_warning(store: MemoryStore) -> None:
    assert find(store, None) == (WITHOUT_UID, True)


@pytest.mark.parametrize("root", ROOTS)
def test_a_state_from_before_the_uid_was_known_is_found(store: MemoryStore, root: Root) -> None:
    put(store, WITHOUT_UID, root=root)
    assert find(store, FIRST) == (WITHOUT_UID, True)


@pytest.mark.parametrize("other", [SECOND, EntryName("shoot--foo--other--1")], ids=["technical ID", "uid"])
def test_a_state_under_another_name_is_named(store: MemoryStore, other: EntryName) -> None:
    put(store, other)
    with pytest.raises(ManifestError, match=f"{FIRST}.*{other}"):
        find(store, FIRST)


@pytest.mark.parametrize("other", [WITHOUT_UID, SECOND])
def test_an_entry_that_holds_nothing_is_no_other_name(store: MemoryStore, other: EntryName) -> None:
    put(store, other, holds=False)
    assert find(store, FIRST) == (FIRST, False)


def test_a_killed_runs_event_counts(store: MemoryStore) -> None:
    put(store, SECOND, holds=False, outcome="failed")
    with pytest.raises(ManifestError, match=SECOND):
        find(store, FIRST)


def test_an_unreadable_log_counts(store: MemoryStore) -> None:
    store.put_if_absent(f"{SECOND}/provisioner/worker/state/0000000001.tfstate", b"{", {})
    with pytest.raises(ManifestError, match=SECOND):
        find(store, FIRST)


def test_of_several_without_a_uid_the_one_that_holds_something_is_used_with_a_warning(store: MemoryStore) -> None:
    put(store, FIRST, holds=False)
    put(store, WITHOUT_UID, holds=False)
    put(store, SECOND)
    assert find(store, None) == (SECOND, True)


@pytest.mark.parametrize("second", [SECOND, WITHOUT_UID])
def test_of_several_that_hold_something_none_is_chosen(store: MemoryStore, second: EntryName) -> None:
    put(store, FIRST)
    put(store, second)
    with pytest.raises(ManifestError) as caught:
        find(store, None)
    assert FIRST in str(caught.value) and second in str(caught.value)


def test_two_states_beside_the_named_entry_are_both_named(store: MemoryStore) -> None:
    put(store, WITHOUT_UID)
    put(store, SECOND)
    with pytest.raises(ManifestError, match=f"{WITHOUT_UID}, {SECOND}"):
        find(store, FIRST)
