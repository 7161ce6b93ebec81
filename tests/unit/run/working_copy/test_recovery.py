"""What the next run does with the working copies of ended runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.errors import StateError
from provisioner.ids import AccountId, RegionId
from provisioner.machine import Machine
from provisioner.objectstore import MemoryStore
from provisioner.place import CloudPlace, Place
from provisioner.run.working_copy.journal import Journal, Leftovers
from provisioner.run.working_copy.recovery import Recovery
from provisioner.state import Lease, StateLog
from tests.unit.run.reporter import Said


def state(serial: int, *ids: str, lineage: str = "lineage-1") -> bytes:
    """Return a state that lists VPCs with these ids."""
    instances = [{"attributes": {"id": id}} for id in ids]
    resources = [{"mode": "managed", "type": "alicloud_vpc", "name": "this", "instances": instances}] if ids else []
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": resources}, indent=2).encode()


class WorkFolder:
    """A machine on which a run was killed, and the next run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = StateLog(MemoryStore(name="oss://bucket"), "entry", "worker")
        self.said = Said()
        self.leftovers = Leftovers(folder, Machine("here", "b00t"))
        self.recovery: Recovery | None = None

    def store(self, *bodies: bytes, run: str = "run-0") -> int:
        """Have a run store versions and end clean; return the number of its lease."""
        lease = Lease.acquire(self.log, run, "apply", "host", renewing=False)
        for body in bodies:
            lease.writer.append(body)
        lease.release("clean")
        return lease.number

    def leave(self, base: int, serial: int | None, lease: int = 90, run: str = "run-1", **files: bytes) -> Path:
        """Leave a working copy that began at version `base`."""
        folder = self.folder / f"shoot.{run}" / "worker"
        folder.mkdir(parents=True)
        (folder.parent / "alive").touch()
        journal = Journal(run, "oss://bucket", "entry", "worker", lease, None, base, serial, "lineage-1")
        (folder / "journal.json").write_bytes(journal.to_json())
        for name, body in files.items():
            (folder / FILES[name]).write_bytes(body)
        return folder

    def recover(self) -> Lease:
        """Begin the next run."""
        lease = Lease.acquire(self.log, "run-9", "apply", "host", renewing=False)
        self.recovery = Recovery(self.leftovers, self.log, lease, self.said)  # type: ignore[arg-type] # what it uses
        self.newest = self.recovery.store(self.leftovers.find("oss://bucket", "entry", "worker", Place()))
        return lease

    @property
    def candidates(self) -> set[str]:
        assert self.recovery is not None
        return {id for _, id in self.recovery.candidates}

    @property
    def serial(self) -> int:
        newest = self.log.newest()
        assert newest is not None
        return newest.serial


FILES = {"state": "terraform.tfstate", "backup": "terraform.tfstate.backup", "errored": "errored.tfstate"}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[WorkFolder]:
    machine = WorkFolder(tmp_path)
    yield machine
    machine.leftovers.close()


def test_a_state_that_could_not_be_stored_is_stored(machine: WorkFolder) -> None:
    machine.store(state(1))
    folder = machine.leave(1, 1, state=state(2, "vpc-1"))
    machine.recover()
    assert machine.newest is not None
    assert (machine.newest.body, folder.exists(), machine.candidates) == (state(2, "vpc-1"), False, set())
    assert machine.said.steps == ["stored version 2 of the worker state, which run run-1 could not store"]


def test_the_first_state_of_all_is_stored(machine: WorkFolder) -> None:
    machine.leave(0, None, machine.store(run="run-1"), state=state(1, "vpc-1"))
    machine.recover()
    assert machine.serial == 1


@pytest.mark.parametrize("lease", [1, 90])
def test_a_state_of_another_log_with_the_same_name_is_left_alone(machine: WorkFolder, lease: int) -> None:
    machine.store(run="run-0")
    folder = machine.leave(0, None, lease, state=state(1, "vpc-1"))
    machine.recover()
    assert (machine.log.newest(), machine.candidates, folder.exists()) == (None, set(), True)
    assert "another log" in machine.said.warnings[0].detail


def test_a_working_copy_of_another_place_is_for_a_run_there(machine: WorkFolder) -> None:
    folder = machine.leave(0, None, machine.store(run="run-1"), state=state(1, "vpc-1"))
    cloud = CloudPlace("alibabacloud", AccountId("1"), RegionId("eu-central-1"))
    journal = Journal.from_json((folder / "journal.json").read_bytes())
    (folder / "journal.json").write_bytes(replace(journal, place=Place(cloud)).to_json())
    elsewhere = Place(replace(cloud, account=AccountId("2")))
    assert machine.leftovers.find("oss://bucket", "entry", "worker", elsewhere) == []
    assert len(machine.leftovers.find("oss://bucket", "entry", "worker", Place(cloud))) == 1


def test_fences_of_take_overs_do_not_count_as_progress(machine: WorkFolder) -> None:
    machine.store(state(1))
    for run in ("run-2", "run-3"):
        lease = Lease.acquire(machine.log, run, "apply", "host", renewing=False)
        lease.writer.seal()
        lease.release("failed")
    machine.leave(1, 1, state=state(2, "vpc-1"))
    machine.recover()
    assert machine.serial == 2


def test_the_runs_own_last_version_does_not_count_as_progress(machine: WorkFolder) -> None:
    """It was killed between the append and its journal entry."""
    lease = machine.store(state(1), state(2), run="run-1")
    machine.leave(1, 1, lease, state=state(3, "vpc-1"))
    machine.recover()
    assert machine.serial == 3


def test_a_state_that_the_log_went_past_is_never_stored(machine: WorkFolder) -> None:
    machine.store(state(1), state(2, "vpc-2"))
    folder = machine.leave(1, 1, state=state(9, "vpc-1", "vpc-2"))
    machine.recover()
    assert (machine.serial, machine.candidates, folder.exists()) == (2, {"vpc-1"}, True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (state(9, "vpc-1", lineage="other"), "its lineage is other, that of the log lineage-1"),
        (state(1, "vpc-1"), "its serial is 1, and the log has 1 already"),
        (state(9, "vpc-1")[:-30], "the state is not complete JSON"),
        (b"", "the state is empty"),
        (b'{"version": 4, "serial": 9, "lineage": "lineage-1", "resources": [1]}', "not built as terraform builds one"),
    ],
)
def test_the_warning_says_why_a_state_is_not_stored(machine: WorkFolder, body: bytes, reason: str) -> None:
    machine.store(state(1))
    folder = machine.leave(1, 1, state=body)
    machine.recover()
    (warning,) = machine.said.warnings
    assert warning.object == str(folder)
    assert reason in warning.detail


def test_the_warning_says_that_a_state_file_is_gone(machine: WorkFolder) -> None:
    machine.store(state(1))
    machine.leave(1, 1)
    machine.recover()
    assert "the state file is gone" in machine.said.warnings[0].detail


def test_the_backup_of_a_torn_state_is_read(machine: WorkFolder) -> None:
    machine.store(state(1))
    machine.leave(1, 1, state=state(9, "vpc-1", "vpc-2")[:-30], backup=state(8, "vpc-1"))
    machine.recover()
    assert (machine.serial, machine.candidates) == (1, {"vpc-1"})


def test_a_state_that_terraform_rescued_is_stored(machine: WorkFolder) -> None:
    machine.store(state(1))
    machine.leave(1, 1, state=state(9, "vpc-1", "vpc-2")[:-30], errored=state(9, "vpc-1", "vpc-2"))
    machine.recover()
    assert machine.serial == 9


def test_a_working_copy_that_the_log_has_already_is_removed_without_a_message(machine: WorkFolder) -> None:
    machine.store(state(1), state(2, "vpc-1"))
    folder = machine.leave(1, 1, state=state(2, "vpc-1"))
    machine.recover()
    assert (folder.exists(), machine.said.warnings, machine.said.steps) == (False, [], [])


def test_a_run_killed_before_terraform_wrote_anything_causes_no_warning(machine: WorkFolder) -> None:
    folder = machine.leave(0, None, machine.store(run="run-1"), state=b"")
    machine.recover()
    assert (folder.exists(), machine.said.warnings) == (False, [])


def test_of_two_states_with_one_base_the_one_of_the_newer_lease_is_stored(machine: WorkFolder) -> None:
    machine.store(state(1))
    machine.leave(1, 1, 90, "run-1", state=state(5, "vpc-1"))
    machine.leave(1, 1, 91, "run-2", state=state(2, "vpc-2"))
    machine.recover()
    assert (machine.serial, machine.candidates) == (2, {"vpc-1"})


def test_a_kept_working_copy_goes_only_after_a_clean_end(machine: WorkFolder) -> None:
    machine.store(state(1), state(2))
    folder = machine.leave(1, 1, state=state(9, "vpc-1"))
    machine.recover()
    assert machine.recovery is not None
    was_there = folder.exists()
    machine.recovery.forget()
    assert (was_there, folder.exists()) == (True, False)


def test_a_log_that_cannot_be_written_keeps_the_working_copy(
    machine: WorkFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.store(state(1))
    folder = machine.leave(1, 1, state=state(2, "vpc-1"))

    def refuse(*_: object) -> None:
        raise StateError("OSS answered 503")

    def recover_without_a_store() -> None:
        lease = Lease.acquire(machine.log, "run-9", "apply", "host", renewing=False)
        monkeypatch.setattr(machine.log.store, "put_if_absent", refuse)
        recovery = Recovery(machine.leftovers, machine.log, lease, machine.said)  # type: ignore[arg-type] # what it uses
        recovery.store(machine.leftovers.find("oss://bucket", "entry", "worker", Place()))

    with pytest.raises(StateError, match="503"):
        recover_without_a_store()
    assert (folder / "terraform.tfstate").read_bytes() == state(2, "vpc-1")
