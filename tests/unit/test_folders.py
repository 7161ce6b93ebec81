"""Where a program may work that others write to: in a folder that is its own alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import ProvisionError
from provisioner.folders import find_own_folder, held_folder, own_folder, shown

INNER = f"provision-{os.geteuid()}"
OPEN_TO_ALL = 0o777
STICKY = 0o1777
Find = Callable[..., Path]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Return a folder as a Kubernetes emptyDir is: everybody may write to it."""
    folder = tmp_path / "given"
    folder.mkdir()
    folder.chmod(OPEN_TO_ALL)
    return folder


def mode_of(folder: Path) -> int:
    return folder.stat().st_mode & 0o7777


@pytest.mark.parametrize("mode", [OPEN_TO_ALL, STICKY, 0o775, 0o2777])
def test_in_a_folder_that_others_write_to_a_private_one_is_made(given: Path, mode: int) -> None:
    given.chmod(mode)
    assert own_folder(given) == own_folder(given) == find_own_folder(given) == given / INNER
    assert (mode_of(given / INNER) & 0o777, mode_of(given)) == (0o700, mode)


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750])
def test_a_folder_that_we_alone_write_to_stays_in_use_as_it_is(given: Path, mode: int) -> None:
    """What an earlier version left in it is found like that."""
    given.chmod(mode)
    assert own_folder(given, "*/alive") == find_own_folder(given) == given
    assert list(given.iterdir()) == []


def test_another_users_folder_gets_ours_inside_it(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given.chmod(0o755)
    theirs, ours = given.stat(), os.stat_result((0o40700, 1, 1, 1, os.geteuid(), 0, 0, 0, 0, 0))
    seen = []

    def fstat(descriptor: int) -> os.stat_result:
        seen.append(descriptor)
        found = os.stat(descriptor)
        return os.stat_result((found.st_mode, 1, 1, 1, 4711, 0, 0, 0, 0, 0)) if found.st_ino == theirs.st_ino else ours

    monkeypatch.setattr("os.fstat", fstat)
    assert own_folder(given) == given / INNER
    assert seen


def test_a_missing_folder_is_made_private(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert mode_of(tmp_path / "a" / "b") == 0o700


def test_looking_for_a_folder_makes_none(tmp_path: Path, given: Path) -> None:
    assert find_own_folder(tmp_path / "missing") == tmp_path / "missing"
    assert find_own_folder(given) == given / INNER
    assert [*tmp_path.rglob("*")] == [given]


def test_the_folder_that_is_named_may_be_a_link(tmp_path: Path, given: Path) -> None:
    (tmp_path / "link").symlink_to(given)
    assert own_folder(tmp_path / "link") == tmp_path / "link" / INNER
    assert mode_of(given / INNER) == 0o700


def test_our_folder_stays_in_use_when_the_outer_one_becomes_private(given: Path) -> None:
    own_folder(given)
    given.chmod(0o700)
    assert own_folder(given) == given / INNER


@pytest.mark.parametrize("find", [own_folder, find_own_folder])
@pytest.mark.parametrize("target", ["private", "nowhere", "file"])
def test_a_link_in_the_place_of_our_folder_is_refused(tmp_path: Path, given: Path, find: Find, target: str) -> None:
    (tmp_path / "private").mkdir(mode=0o700)
    (tmp_path / "file").touch()
    (given / INNER).symlink_to(tmp_path / target)
    with pytest.raises(ProvisionError, match=f"{given / INNER} is a link or a file, not a folder") as caught:
        find(given)
    assert caught.value.problem.fix == "remove it, or name another folder than the one it is in"
    assert list((tmp_path / "private").iterdir()) == []


@pytest.mark.parametrize("find", [own_folder, find_own_folder])
def test_another_users_folder_in_the_place_of_ours_is_refused(
    given: Path, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    (given / INNER).mkdir(mode=0o700)
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    (given / "provision-4711").mkdir(mode=0o700)
    with pytest.raises(ProvisionError, match=rf"provision-4711 belongs to user {os.getuid()}, and this is user 4711"):
        find(given)


@pytest.mark.parametrize("mode", [OPEN_TO_ALL, STICKY, 0o720])
def test_our_folder_is_refused_when_others_could_write_to_it(given: Path, mode: int) -> None:
    (given / INNER).mkdir()
    (given / INNER).chmod(mode)
    with pytest.raises(ProvisionError, match=f"{INNER} is open to writes of other users"):
        own_folder(given)


def test_our_folder_is_closed_to_others_who_could_read_it(given: Path) -> None:
    (given / INNER).mkdir()
    (given / INNER).chmod(0o755)
    assert mode_of(own_folder(given)) == 0o700


@pytest.mark.parametrize("find", [own_folder, find_own_folder])
def test_what_an_earlier_version_left_where_others_write_is_not_passed_over_in_silence(given: Path, find: Find) -> None:
    (given / "shoot.x").mkdir()
    (given / "shoot.x" / "alive").touch()
    with pytest.raises(ProvisionError, match=f"other users can write to {given}, where an earlier version") as caught:
        find(given, "*/alive")
    assert caught.value.problem.fix == f"if everything in it is yours: chmod go-w {given}"
    given.chmod(0o755)
    assert find(given, "*/alive") == given


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="File exists"):
        own_folder(tmp_path / "file")
    assert find_own_folder(tmp_path / "file") == tmp_path / "file"


def test_a_held_folder_is_ours_whatever_becomes_of_its_name(given: Path) -> None:
    with held_folder(given) as folder:
        (given / INNER).rename(given / "aside")
        (given / INNER).symlink_to("/")
        (folder / "file").write_text("ours")
        assert shown(folder / "file") == given / "aside" / "file"
    assert (given / "aside" / "file").read_text() == "ours"


def test_a_held_folder_is_shown_by_its_name(tmp_path: Path, given: Path) -> None:
    with held_folder(given) as shared, held_folder(tmp_path) as private, held_folder(tmp_path / "new") as new:
        assert [shown(folder / "a") for folder in (shared, private, new)] == [
            given / INNER / "a",
            tmp_path / "a",
            tmp_path / "new" / "a",
        ]


def test_no_descriptor_is_left_open(tmp_path: Path, given: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    for folder in (given, tmp_path, tmp_path / "new"):
        own_folder(folder)
        find_own_folder(folder)
    (given / INNER).chmod(OPEN_TO_ALL)
    with pytest.raises(ProvisionError):
        own_folder(given)
    assert len(list(Path("/dev/fd").iterdir())) == before
