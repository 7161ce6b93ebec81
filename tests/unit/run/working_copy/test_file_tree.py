"""Files that a run writes below a folder stay below it, whatever links are inside."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import ProvisionError
from provisioner.run.working_copy import file_tree
from provisioner.run.working_copy.file_tree import write_tree

FILES = {"a/b/file": b"new", "top": b"new"}
GONE = ("a/secrets",)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder that a link may lead to, with a file in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secrets").write_text("theirs")
    return folder


def contents(folder: Path) -> dict[str, bytes | str]:
    """Return everything below a folder: what is in files, and where links lead."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.mark.parametrize("name", ["a", "a/b", "a/b/file", "top", "a/secrets"])
@pytest.mark.parametrize("target", ["outside", "outside/secrets", "nowhere", "out/real"])
def test_a_link_in_the_place_of_anything_is_refused_before_anything_is_written(
    tmp_path: Path, outside: Path, name: str, target: str
) -> None:
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    (out / "real").mkdir()
    (out / name).symlink_to(tmp_path / target)
    before = contents(tmp_path)
    with pytest.raises(ProvisionError) as caught:
        write_tree(out, FILES, GONE)
    assert caught.value.problem.detail == f"{out / name} is a symbolic link; nothing was written"
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "make", "what"),
    [("a", Path.touch, "no folder"), ("top", Path.mkdir, "no file"), ("top", os.mkfifo, "no file")],
)
def test_something_that_is_neither_file_nor_folder_is_refused_before_anything_is_written(
    tmp_path: Path, name: str, make: Callable[[Path], None], what: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(ProvisionError, match=f"{tmp_path / name} is {what}; nothing was written"):
        write_tree(tmp_path, FILES, GONE)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a", "a/b", "a/b/file", "top", "a/secrets"])
def test_a_link_that_appears_after_the_look_is_not_followed(
    tmp_path: Path, outside: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    (out / name).symlink_to(outside / "secrets" if name in ("a/b/file", "top", "a/secrets") else outside)
    monkeypatch.setattr(file_tree._Tree, "check", lambda tree, path: None)
    before = contents(outside)
    try:
        write_tree(out, FILES, GONE)
    except ProvisionError as error:
        assert error.problem.detail == f"{out / name} is no longer a folder"
    else:
        assert contents(out) == {"a/b/file": b"new", "top": b"new"}
    assert contents(outside) == before


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    write_tree(tmp_path / "out", FILES, GONE)
    assert contents(tmp_path / "real") == {"a/b/file": b"new", "top": b"new"}


def test_files_of_an_earlier_write_are_replaced_or_removed(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/b/file": b"old", "a/secrets": b"old", "a/other": b"other"})
    write_tree(tmp_path, FILES, GONE)
    assert contents(tmp_path) == {"a/b/file": b"new", "a/other": b"other", "top": b"new"}


def test_a_link_to_the_same_bytes_keeps_them(tmp_path: Path) -> None:
    """A hard link: the file is replaced and not written into."""
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "top").hardlink_to(tmp_path / "theirs")
    write_tree(tmp_path, FILES)
    assert (tmp_path / "theirs").read_text() == "theirs"


def test_files_and_folders_are_their_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        write_tree(tmp_path / "out", FILES)
    finally:
        os.umask(umask)
    modes = {path.stat().st_mode & 0o777 for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]}
    assert modes == {0o600, 0o700}


def test_a_folder_that_cannot_be_written_to_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProvisionError, match=f"cannot write to {tmp_path / 'file'}: "):
        write_tree(tmp_path / "file", FILES)
