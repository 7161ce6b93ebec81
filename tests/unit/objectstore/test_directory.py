from __future__ import annotations

import stat
from pathlib import Path

import pytest

from provisioner.errors import StateError
from provisioner.objectstore import DirectoryStore


def modes(root: Path) -> set[tuple[bool, str]]:
    return {(path.is_dir(), stat.filemode(path.stat().st_mode)[1:]) for path in [root, *root.rglob("*")]}


def test_no_other_user_can_read_anything(tmp_path: Path) -> None:
    DirectoryStore(tmp_path / "a" / "store").put_if_absent("x/y/z", b"", {})
    assert modes(tmp_path / "a") == {(True, "rwx------"), (False, "rw-------")}


def test_nothing_is_left_beside_the_objects(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put_if_absent("x/y", b"", {})
    store.now()
    with pytest.raises(StateError):
        store.put_if_absent("x/y", b"other", {})
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["id", "y"]


def test_a_directory_that_was_moved_is_the_same_store(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "here")
    store.put_if_absent("x", b"", {})
    place = store.place()
    (tmp_path / "here").rename(tmp_path / "there")
    assert DirectoryStore(tmp_path / "there").place() == place


def test_two_directories_are_two_stores(tmp_path: Path) -> None:
    stores = [DirectoryStore(tmp_path / name) for name in ("here", "there")]
    for store in stores:
        store.put_if_absent("x", b"", {})
    here, there = (store.place() for store in stores)
    assert not here.may_be(there)


def test_a_directory_without_an_id_may_be_any(tmp_path: Path) -> None:
    """One that an older version wrote has none yet."""
    with_id = DirectoryStore(tmp_path / "with")
    with_id.put_if_absent("x", b"", {})
    assert DirectoryStore(tmp_path / "without").place().may_be(with_id.place())


def test_asking_for_its_place_writes_nothing(tmp_path: Path) -> None:
    DirectoryStore(tmp_path / "store").place()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_id_is_refused(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put_if_absent("x", b"", {})
    (tmp_path / ".store" / "id").write_text("../elsewhere")
    with pytest.raises(StateError, match=r"\.store/id: this is no id of a store"):
        store.place()


def test_its_own_folder_is_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keeps its own files"):
        DirectoryStore(tmp_path).put_if_absent(".store/x", b"", {})


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "/etc/passwd"])
def test_no_key_leads_out_of_the_directory(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        DirectoryStore(tmp_path / "store").get(key)


def test_no_prefix_leads_out_of_the_directory(tmp_path: Path) -> None:
    (tmp_path / "outside").touch()
    with pytest.raises(ValueError, match="cannot be the key"):
        DirectoryStore(tmp_path / "store").list("../")


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no metadata")
    with pytest.raises(StateError) as caught:
        DirectoryStore(tmp_path).get("x")
    assert caught.value.problem.type == "Corrupt"


def test_a_directory_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot write the object: Not a directory"):
        DirectoryStore(tmp_path / "file").put_if_absent("x", b"", {})
