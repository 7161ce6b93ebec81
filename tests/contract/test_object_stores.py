"""One set of promises, kept by every object store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.errors import StateError
from provisioner.objectstore import (
    DirectoryStore,
    MemoryStore,
    NewBucket,
    ObjectExistsError,
    ObjectNotFoundError,
    ObjectStore,
    OssStore,
)
from provisioner.place import Place
from provisioner.sandbox.oss import serve_oss

OURS = {"run": "run-1"}


@pytest.fixture(params=["oss", "new bucket", "directory", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    if request.param == "directory":
        yield DirectoryStore(tmp_path / "store")
    elif request.param == "memory":
        yield MemoryStore()
    else:
        server = serve_oss(tmp_path / "oss", {"key-id": "key-secret"}.get, lambda key: f"account-of-{key}")
        oss = OssStore(server.url, "eu-central-1", "backup-bucket", "key-id", "key-secret")
        if request.param == "new bucket":
            with pytest.raises(StateError, match="NoSuchBucket"):
                oss.require_unversioned()
            yield NewBucket(oss)
        else:
            oss.ensure_bucket()
            yield oss
        server.close()


def test_an_object_comes_back_as_it_was_put(store: ObjectStore) -> None:
    body = bytes(range(256)) * 40
    store.put_if_absent("entry/provisioner/state/0000000001.tfstate", body, {"run": "r", "serial": "7", "a-b": "x y"})
    stored = store.get("entry/provisioner/state/0000000001.tfstate")
    assert (stored.body, stored.metadata) == (body, {"run": "r", "serial": "7", "a-b": "x y"})


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.put_if_absent("a", b"", {})
    assert store.get("a").body == b""


def test_a_body_may_hold_line_ends(store: ObjectStore) -> None:
    store.put_if_absent("a", b"\n{}\r\n\n", OURS)
    assert store.get("a").body == b"\n{}\r\n\n"


def test_getting_what_is_not_there_says_so(store: ObjectStore) -> None:
    with pytest.raises(ObjectNotFoundError) as caught:
        store.get("a/b")
    assert caught.value.problem.object == f"{store.describe()}/a/b"


def test_another_run_cannot_take_a_key_twice(store: ObjectStore) -> None:
    store.put_if_absent("a", b"same", {"run": "run-1"})
    with pytest.raises(ObjectExistsError):
        store.put_if_absent("a", b"same", {"run": "run-2"})


def test_the_same_run_cannot_change_what_it_put(store: ObjectStore) -> None:
    store.put_if_absent("a", b"first", OURS)
    with pytest.raises(ObjectExistsError):
        store.put_if_absent("a", b"second", OURS)


def test_the_same_put_twice_is_one_put(store: ObjectStore) -> None:
    """The answer to the first may have been lost."""
    store.put_if_absent("a", b"first", OURS)
    store.put_if_absent("a", b"first", OURS)
    assert store.get("a").body == b"first"


def test_a_put_without_a_run_is_never_ours(store: ObjectStore) -> None:
    store.put_if_absent("a", b"first", {})
    with pytest.raises(ObjectExistsError):
        store.put_if_absent("a", b"first", {})


def test_a_refused_put_leaves_the_object_alone(store: ObjectStore) -> None:
    store.put_if_absent("a", b"first", {"run": "run-1"})
    with pytest.raises(ObjectExistsError):
        store.put_if_absent("a", b"second", {"run": "run-2"})
    assert store.get("a").body == b"first"


def test_listing_is_in_key_order_and_by_prefix(store: ObjectStore) -> None:
    for key in ("p/b", "p/a/x", "p/a", "p/é", "q/a", "p"):
        if key in ("p", "p/a") and isinstance(store, DirectoryStore):
            continue  # a file system cannot have a file and a folder of the same name
        store.put_if_absent(key, b"", OURS)
    expected = ["p/a", "p/a/x", "p/b", "p/é"]
    if isinstance(store, DirectoryStore):
        expected.remove("p/a")
    assert [item.key for item in store.list("p/")] == expected


def test_a_prefix_may_end_within_a_name(store: ObjectStore) -> None:
    for key in ("x/state-1", "x/state-2", "x/lock-1", "x/state-3/deep"):
        store.put_if_absent(key, b"", OURS)
    assert [item.key for item in store.list("x/sta")] == ["x/state-1", "x/state-2", "x/state-3/deep"]


def test_listing_starts_after_a_key_and_stops_at_the_limit(store: ObjectStore) -> None:
    for number in range(1, 8):
        store.put_if_absent(f"s/{number:010}", b"", OURS)
    keys = [item.key for item in store.list("s/", start_after="s/0000000002", limit=3)]
    assert keys == ["s/0000000003", "s/0000000004", "s/0000000005"]


def test_listing_after_a_key_that_does_not_exist_works(store: ObjectStore) -> None:
    store.put_if_absent("s/0000000005", b"", OURS)
    assert [item.key for item in store.list("s/", start_after="s/0000000003", limit=1)] == ["s/0000000005"]


FOLDERS = ["a!", "a-b", "a", "a0", "b", "é", "\U0001f40b"]
"""In the order of the keys in them: "!" and "-" come before "/", and "0" after it."""


@pytest.fixture
def with_folders(store: ObjectStore) -> ObjectStore:
    """Return the store with several objects in each folder, and with objects that lie in none."""
    for folder in FOLDERS:
        for key in ("1", "deep/2", "deep/er/3"):
            store.put_if_absent(f"{folder}/{key}", b"", OURS)
    for key in ("a-object", "a00", "object", "z"):
        store.put_if_absent(key, b"", OURS)
    return store


def test_folders_are_named_once_in_the_order_of_their_keys(with_folders: ObjectStore) -> None:
    assert with_folders.folders() == FOLDERS


def test_folders_are_found_by_how_they_begin(with_folders: ObjectStore) -> None:
    assert with_folders.folders("a") == ["a!", "a-b", "a", "a0"]


@pytest.mark.parametrize("after", FOLDERS)
def test_folders_start_after_a_folder(with_folders: ObjectStore, after: str) -> None:
    assert with_folders.folders(start_after=after) == FOLDERS[FOLDERS.index(after) + 1 :]


def test_folders_start_after_one_that_does_not_exist(with_folders: ObjectStore) -> None:
    assert with_folders.folders(start_after="a1") == ["b", "é", "\U0001f40b"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_folders_in_pages_are_all_folders(with_folders: ObjectStore, limit: int) -> None:
    """A page of OSS counts the objects beside the folders, too."""
    found: list[str] = []
    while page := with_folders.folders(start_after=found[-1] if found else "", limit=limit):
        assert len(page) == min(limit, len(FOLDERS) - len(found))
        found += page
    assert found == FOLDERS


def test_a_folder_goes_with_its_last_object(with_folders: ObjectStore) -> None:
    with_folders.delete(["a/1", "a/deep/2", "a/deep/er/3"])
    assert "a" not in with_folders.folders()


def test_a_store_without_objects_has_no_folders(store: ObjectStore) -> None:
    assert store.folders() == []


def test_a_store_stays_where_it_is(store: ObjectStore) -> None:
    store.put_if_absent("a", b"", OURS)
    place = store.place()
    store.put_if_absent("b", b"", OURS)
    assert store.place() == place


def test_a_place_can_be_written_beside_an_object(store: ObjectStore) -> None:
    store.put_if_absent("a", b"", OURS)
    recorded = Place(store=store.place()).to_metadata()
    store.put_if_absent("b", b"", recorded)
    assert Place.from_metadata(store.get("b").metadata).store in (store.place(), None)


def test_listing_what_is_not_there_is_empty(store: ObjectStore) -> None:
    assert store.list("nothing/here/") == []


def test_a_listing_tells_the_size_of_the_body(store: ObjectStore) -> None:
    store.put_if_absent("a", b"12345", {"run": "r", "lineage": "long" * 20})
    assert store.list("a")[0].size == 5


def test_a_new_object_was_modified_about_now(store: ObjectStore) -> None:
    store.put_if_absent("a", b"", OURS)
    age = store.now() - store.get("a").last_modified
    assert timedelta(seconds=-2) < age < timedelta(seconds=5)


def test_time_is_aware_and_does_not_run_ahead(store: ObjectStore) -> None:
    now = store.now()
    real = datetime.now(UTC)
    assert real - timedelta(seconds=5) < now <= real + timedelta(milliseconds=20)


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\nb", "x" * 1024])
def test_an_impossible_key_is_refused_by_every_store(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        store.put_if_absent(key, b"", OURS)


@pytest.mark.parametrize(
    "metadata", [{"Run": "a"}, {"a_b": "a"}, {"a": "ü"}, {"a": "b\nc"}, {"a": " b"}, {"a": "b "}, {"": "a"}]
)
def test_impossible_metadata_is_refused_by_every_store(store: ObjectStore, metadata: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="metadata"):
        store.put_if_absent("a", b"", metadata)


def test_of_many_writers_at_once_exactly_one_wins(store: ObjectStore) -> None:
    start = threading.Barrier(8)
    won: list[int] = []

    def write(number: int) -> None:
        start.wait()
        try:
            store.put_if_absent("s/0000000001", b"%d" % number, {"run": f"run-{number}"})
        except StateError:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get("s/0000000001").body] == [b"%d" % number for number in won]


def test_the_body_is_not_in_the_representation_of_an_object(store: ObjectStore) -> None:
    store.put_if_absent("a", b"user data", OURS)
    assert "user data" not in repr(store.get("a"))


def test_what_is_deleted_is_gone(store: ObjectStore) -> None:
    for key in ("s/1", "s/2", "s/3"):
        store.put_if_absent(key, b"", OURS)
    store.delete(["s/1", "s/3"])
    assert [item.key for item in store.list("s/")] == ["s/2"]


def test_deleting_what_is_not_there_is_no_error(store: ObjectStore) -> None:
    store.put_if_absent("s/1", b"", OURS)
    store.delete(["s/1", "s/2", "other/folder/3"])
    assert store.list("s/") == []


def test_deleting_nothing_is_no_error(store: ObjectStore) -> None:
    store.delete([])
    assert store.list("s/") == []


def test_a_whole_page_can_be_deleted_at_once(store: ObjectStore) -> None:
    keys = [f"s/{number:010}" for number in range(60)]
    for key in keys:
        store.put_if_absent(key, b"", OURS)
    store.delete(keys)
    assert store.list("s/") == []


def test_a_store_without_a_policy_lets_go(store: ObjectStore) -> None:
    assert not store.forbids_deletion()
