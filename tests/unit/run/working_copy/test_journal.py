from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioner.machine import Machine
from provisioner.place import Place
from provisioner.run.working_copy.journal import JOURNAL_FILE, Journal, Leftovers
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner.at_work import at_work

HERE = Machine("here", "b00t")
JOURNAL = Journal("run-1", "oss://bucket", "entry", "worker")


@pytest.fixture
def leftovers(tmp_path: Path) -> Iterator[Leftovers]:
    found = Leftovers(tmp_path, HERE)
    yield found
    found.close()


def leave(work_root: Path, journal: Journal = JOURNAL, *, name: str = "shoot.abc") -> Path:
    """Leave the working copy of an ended run, and return its folder."""
    folder = work_root / name / journal.root
    folder.mkdir(parents=True)
    (folder.parent / "alive").touch()
    (folder / JOURNAL_FILE).write_bytes(journal.to_json())
    return folder


def test_a_journal_is_read_as_it_was_written() -> None:
    journal = Journal("run-1", "oss://b", "e", "worker", 7, datetime(2026, 11, 22, tzinfo=UTC), 42, 3, "lineage")
    assert Journal.from_json(journal.to_json()) == journal


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"run": ', b"\xff", JOURNAL.to_json().replace(b"{", b'{"base": "x",')]
)
def test_a_file_that_is_no_journal_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        Journal.from_json(body)


def test_the_working_copy_of_an_ended_run_is_found(tmp_path: Path, leftovers: Leftovers) -> None:
    folder = leave(tmp_path)
    assert [found.folder for found in leftovers.find("oss://bucket", "entry", "worker", Place())] == [folder]


@pytest.mark.parametrize(
    "place", [("oss://other", "entry", "worker"), ("oss://bucket", "other", "worker"), ("oss://bucket", "entry", "x")]
)
def test_another_places_working_copy_is_not(tmp_path: Path, leftovers: Leftovers, place: tuple[str, str, str]) -> None:
    leave(tmp_path)
    assert leftovers.find(*place, Place()) == []


def test_the_newest_lease_comes_first(tmp_path: Path, leftovers: Leftovers) -> None:
    for lease in (3, None, 12, 7):
        leave(tmp_path, Journal("run", "oss://bucket", "entry", "worker", lease), name=f"shoot.{lease}")
    found = leftovers.find("oss://bucket", "entry", "worker", Place())
    assert [leftover.journal.lease for leftover in found] == [12, 7, 3, None]


def test_a_living_runs_working_copy_is_left_alone(tmp_path: Path, leftovers: Leftovers) -> None:
    with Workspace(tmp_path, "shoot", HERE) as living:
        living.write("worker", {JOURNAL_FILE: JOURNAL.to_json()})
        assert (leftovers.find("oss://bucket", "entry", "worker", Place()), leftovers.is_over("run-1")) == ([], False)


def test_a_run_lives_as_long_as_a_child_that_inherited_its_lock(tmp_path: Path, leftovers: Leftovers) -> None:
    folder = leave(tmp_path)
    inherited = os.open(folder.parent / "alive", os.O_RDWR)
    fcntl.flock(inherited, fcntl.LOCK_EX)
    lived = not leftovers.is_over("run-1")
    os.close(inherited)
    assert (lived, leftovers.is_over("run-1")) == (True, True)


def test_a_run_without_a_folder_is_not_proven_to_be_over(leftovers: Leftovers) -> None:
    assert not leftovers.is_over("run-1")


def test_a_folder_without_its_lock_file_proves_nothing(tmp_path: Path, leftovers: Leftovers) -> None:
    (leave(tmp_path).parent / "alive").unlink()
    assert not leftovers.is_over("run-1")


def test_only_one_run_deals_with_a_working_copy(tmp_path: Path, leftovers: Leftovers) -> None:
    leave(tmp_path)
    other = Leftovers(tmp_path, HERE)
    assert len(other.find("oss://bucket", "entry", "worker", Place())) == 1
    assert leftovers.find("oss://bucket", "entry", "worker", Place()) == []
    other.close()
    assert len(leftovers.find("oss://bucket", "entry", "worker", Place())) == 1


def test_the_folder_goes_with_its_last_working_copy(tmp_path: Path, leftovers: Leftovers) -> None:
    leave(tmp_path)
    second = leave(tmp_path, Journal("run-1", "oss://bucket", "entry", "infrastructure"), name="shoot.abd")
    shutil.move(second, tmp_path / "shoot.abc")
    for root, is_there in (("worker", True), ("infrastructure", False)):
        (found,) = leftovers.find("oss://bucket", "entry", root, Place())
        leftovers.remove(found)
        assert (tmp_path / "shoot.abc").exists() is is_there


def test_a_workspace_stays_while_one_root_is_not_stored(tmp_path: Path) -> None:
    with Workspace(tmp_path, "shoot", HERE) as workspace:
        workspace.keep("worker")
        workspace.keep("infrastructure")
        workspace.let_go("worker")
    assert workspace.folder.exists()


def test_a_workspace_goes_when_everything_is_stored(tmp_path: Path) -> None:
    with Workspace(tmp_path, "shoot", HERE) as workspace:
        workspace.keep("worker")
        workspace.let_go("worker")
    assert not workspace.folder.exists()


def test_a_killed_run_that_had_no_lease_leaves_nothing_for_long(tmp_path: Path) -> None:
    plan = tmp_path / "shoot.abc"
    (plan / "worker").mkdir(parents=True)
    (plan / "worker" / "terraform.tfstate").write_text("user data")
    (plan / "alive").touch()
    with Workspace(tmp_path, "shoot", HERE) as workspace:
        assert list(tmp_path.iterdir()) == [workspace.folder]


def test_a_killed_runs_folder_with_a_journal_stays(tmp_path: Path) -> None:
    folder = leave(tmp_path)
    with Workspace(tmp_path, "shoot", HERE):
        pass
    assert folder.exists()


def test_a_living_plans_folder_stays(tmp_path: Path) -> None:
    with Workspace(tmp_path, "shoot", HERE) as living, Workspace(tmp_path, "shoot", HERE):
        assert living.folder.exists()


def test_a_folder_that_is_just_being_made_stays(tmp_path: Path) -> None:
    folder = tmp_path / "shoot.abc"
    folder.mkdir()
    (folder / ".alive").touch()
    with Workspace(tmp_path, "shoot", HERE):
        assert folder.exists()


def at_work_after_the_lease(tmp_path: Path, leftovers: Leftovers, run: str, **changes: object) -> list[Path]:
    """Return where terraforms without a lease are found while one works in a folder."""
    folder = leave(tmp_path, replace(JOURNAL, lease=7, **changes))
    with at_work(folder):
        found = leftovers.others_at_work("oss://bucket", "entry", "worker", Place(), run)
    return [leftover.folder.parent for leftover in found]


def test_a_terraform_that_has_lost_its_parent_is_found(tmp_path: Path, leftovers: Leftovers) -> None:
    assert at_work_after_the_lease(tmp_path, leftovers, "run-2") == [tmp_path / "shoot.abc"]
    assert leftovers.others_at_work("oss://bucket", "entry", "worker", Place(), "run-2") == []  # it is over by now


def test_the_runs_own_terraform_does_not_count(tmp_path: Path, leftovers: Leftovers) -> None:
    assert at_work_after_the_lease(tmp_path, leftovers, "run-1") == []


@pytest.mark.parametrize("change", [{"lease": None}, {"root": "infrastructure"}, {"entry": "other"}])
def test_a_terraform_of_another_log_is_none(tmp_path: Path, leftovers: Leftovers, change: dict[str, object]) -> None:
    """A run without a lease is waiting for it, and has not begun."""
    folder = leave(tmp_path, replace(JOURNAL, **{"lease": 7, **change}))
    with at_work(folder):
        assert leftovers.others_at_work("oss://bucket", "entry", "worker", Place(), "run-2") == []


def test_a_folder_that_another_thread_removes_meanwhile_is_passed_over(
    tmp_path: Path, leftovers: Leftovers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both roots of a run look at once, and each removes what it has stored."""
    going, staying = leave(tmp_path, name="a"), leave(tmp_path, name="b")
    scan = os.scandir

    def scan_late(path: str | int) -> object:
        if path == str(going.parent) or path == going.parent:
            going.parent.rename(tmp_path.parent / "gone")
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_late)
    assert [found.folder for found in leftovers.find("oss://bucket", "entry", "worker", Place())] == [staying]
