from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.errors import CloudError, StateError
from provisioner.objectstore import MemoryStore
from provisioner.state import Lease, StateLog, StateVersion, StateWatcher, TornStateError
from tests.unit.state.shared_store import state, wait_for

QUICK = timedelta(milliseconds=20)


class Recording(MemoryStore):
    """Notes the time of every append, and fails appends with `errors`, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.appended_at: list[float] = []
        self.errors: list[Exception] = []
        self.delay_seconds = 0.0
        self.active = 0
        self.most_active = 0

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        if "/state/" in key:
            self.active += 1
            self.most_active = max(self.most_active, self.active)
            time.sleep(self.delay_seconds)
            self.active -= 1
            if self.errors:
                raise self.errors.pop(0)
            self.appended_at.append(time.monotonic())
        super().put_if_absent(key, body, metadata)


class Run:
    """A run of a terraform that only writes its state file."""

    def __init__(self, path: Path) -> None:
        self.store = Recording()
        self.log = StateLog(self.store, "entry", "infrastructure")
        self.lease = Lease.acquire(self.log, "run-1", "apply", "host", renewing=False)
        self.path = path / "terraform.tfstate"

    def watch(self, interval: timedelta = QUICK) -> StateWatcher:
        return StateWatcher(
            self.lease.writer,
            self.path,
            interval=interval,
            poll_seconds=0.002,
            sleep=lambda seconds: None,
        )

    def newest(self) -> StateVersion:
        newest = self.log.newest()
        assert newest is not None
        return newest

    def serials(self) -> list[int]:
        return [self.log.read(info.number).serial for info in self.log.history()]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_version_is_stored_while_terraform_still_runs(run: Run) -> None:
    with run.watch():
        run.path.write_bytes(state(1))
        assert wait_for(lambda: len(run.log.history()) == 1)


def test_the_final_version_is_stored_by_commit(run: Run) -> None:
    with run.watch(timedelta(hours=1)) as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: len(run.log.history()) == 1)
        run.path.write_bytes(state(9))
        assert watcher.commit() == 2
    assert run.newest().body == state(9)


def test_versions_in_quick_succession_become_one(run: Run) -> None:
    with run.watch(timedelta(milliseconds=300)) as watcher:
        for serial in range(1, 60):
            run.path.write_bytes(state(serial))
            time.sleep(0.002)
        watcher.commit()
    assert run.newest().serial == 59
    assert len(run.serials()) < 20


def test_appends_keep_their_distance_while_terraform_runs(run: Run) -> None:
    with run.watch(timedelta(milliseconds=100)) as watcher:
        end = time.monotonic() + 0.5
        serial = 0
        while time.monotonic() < end:
            serial += 1
            run.path.write_bytes(state(serial))
            time.sleep(0.003)
        during = list(run.store.appended_at)
        watcher.commit()
    distances = [later - earlier for earlier, later in itertools.pairwise(during)]
    assert len(during) >= 2
    assert min(distances) >= 0.095


def test_two_appends_never_overlap(run: Run) -> None:
    run.store.delay_seconds = 0.05
    with run.watch(timedelta(0)) as watcher:
        for serial in range(1, 10):
            run.path.write_bytes(state(serial))
            time.sleep(0.02)
        watcher.commit()
    assert run.store.most_active == 1


def test_serials_only_grow_in_the_log(run: Run) -> None:
    with run.watch(timedelta(0)) as watcher:
        for serial in range(1, 40):
            run.path.write_bytes(b"")
            run.path.write_bytes(state(serial)[:30])
            run.path.write_bytes(state(serial))
            time.sleep(0.003)
        watcher.commit()
    assert run.serials() == sorted(set(run.serials()))
    assert run.newest().serial == 39


def test_an_unchanged_state_appends_nothing(run: Run) -> None:
    run.lease.writer.append(state(3))
    run.path.write_bytes(state(3))
    with run.watch() as watcher:
        time.sleep(0.05)
        assert watcher.commit() == 1
    assert run.serials() == [3]


def test_the_same_serial_rewritten_by_another_terraform_appends_nothing(run: Run) -> None:
    run.lease.writer.append(state(3))
    with run.watch() as watcher:
        run.path.write_bytes(state(3).replace(b"1.11.4", b"1.15.5"))
        assert watcher.commit() == 1


def test_no_state_at_all_is_no_error(run: Run) -> None:
    with run.watch() as watcher:
        assert watcher.commit() is None


def test_the_empty_file_that_terraform_starts_with_is_no_error(run: Run) -> None:
    with run.watch() as watcher:
        run.path.write_bytes(b"")
        assert watcher.commit() is None


def test_a_state_file_that_ends_empty_is_an_error_once_there_was_a_state(run: Run) -> None:
    run.lease.writer.append(state(3))
    run.path.write_bytes(state(3))
    with run.watch() as watcher:
        run.path.write_bytes(b"")
        with pytest.raises(StateError, match="is empty"):
            watcher.commit()


def test_a_state_file_that_is_gone_is_an_error(run: Run) -> None:
    run.path.write_bytes(state(3))
    with run.watch() as watcher:
        run.path.unlink()
        with pytest.raises(StateError, match="gone"):
            watcher.commit()


def test_of_a_torn_final_file_the_last_good_version_is_kept(run: Run) -> None:
    run.store.delay_seconds = 0.05
    with run.watch() as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: len(run.log.history()) == 1)
        run.path.write_bytes(state(2)[:-20])
        with pytest.raises(TornStateError, match=r"terraform left no readable state: .* not complete JSON"):
            watcher.commit()
    assert run.serials() == [1]


def test_a_torn_final_file_is_no_torn_state_when_the_log_cannot_be_written(run: Run) -> None:
    """Then no log has the last good version, and the file has to stay."""
    with run.watch() as watcher:
        run.store.errors = [CloudError("AccessDenied")] * 2
        run.path.write_bytes(state(1))
        assert wait_for(lambda: watcher.failure is not None)
        run.path.write_bytes(b"")
        with pytest.raises(CloudError):
            watcher.commit()


def test_each_append_is_reported(run: Run) -> None:
    told: list[int] = []
    watcher = StateWatcher(run.lease.writer, run.path, on_append=lambda: told.append(run.lease.writer.position.number))
    with watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: told == [1])
        run.path.write_bytes(state(2))
        watcher.commit()
    assert told == [1, 2]


def test_commit_tries_once_when_the_operator_waits_for_the_end(run: Run) -> None:
    watcher = StateWatcher(
        run.lease.writer, run.path, interval=timedelta(hours=1), is_hurried=lambda: True, sleep=pytest.fail
    )
    run.store.errors = [StateError("OSS answered 503", is_retryable=True)] * 9
    with watcher:
        run.path.write_bytes(state(1))
        with pytest.raises(StateError, match="503"):
            watcher.commit()


def test_another_lineage_is_refused_loudly(run: Run) -> None:
    run.lease.writer.append(state(3))
    with run.watch() as watcher:
        run.path.write_bytes(state(4, "lineage-2"))
        with pytest.raises(StateError, match="lineage-2"):
            watcher.commit()


def test_an_older_state_is_refused_loudly(run: Run) -> None:
    run.lease.writer.append(state(3))
    with run.watch() as watcher:
        run.path.write_bytes(state(2))
        with pytest.raises(StateError, match="older"):
            watcher.commit()


def test_a_passing_failure_is_repaired(run: Run) -> None:
    run.store.errors = [StateError("OSS answered 503", is_retryable=True)] * 2
    with run.watch() as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: len(run.log.history()) == 1)
        assert watcher.commit() == 1


def test_commit_tries_a_few_times(run: Run) -> None:
    with run.watch(timedelta(hours=1)) as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: len(run.log.history()) == 1)
        run.store.errors = [StateError("OSS answered 503", is_retryable=True)] * 2
        run.path.write_bytes(state(2))
        assert watcher.commit() == 2


def test_commit_gives_up_in_the_end(run: Run) -> None:
    with run.watch(timedelta(hours=1)) as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: len(run.log.history()) == 1)
        run.store.errors = [StateError("OSS answered 503", is_retryable=True)] * 99
        run.path.write_bytes(state(2))
        with pytest.raises(StateError, match="503"):
            watcher.commit()


def test_a_commit_that_failed_can_be_repeated(run: Run) -> None:
    with run.watch(timedelta(hours=1)) as watcher:
        run.store.errors = [CloudError("AccessDenied")] * 2
        run.path.write_bytes(state(1))
        assert wait_for(lambda: watcher.failure is not None)
        with pytest.raises(CloudError):
            watcher.commit()
        assert watcher.commit() == 1


def test_a_conflict_while_terraform_runs_comes_out_at_commit(run: Run) -> None:
    run.store.put_if_absent(run.log.prefix + "state/0000000001.tfstate", state(8), {"run": "run-2"})
    with run.watch() as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: watcher.failure is not None)
        with pytest.raises(StateError, match="another writer"):
            watcher.commit()
    assert run.lease.lost


def test_a_fault_of_the_program_comes_out_at_commit(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run.store.errors = [RuntimeError("a bug")]
    with run.watch() as watcher:
        run.path.write_bytes(state(1))
        assert wait_for(lambda: watcher.failure is not None)
        with pytest.raises(RuntimeError, match="a bug"):
            watcher.commit()


def test_leaving_without_a_commit_commits(run: Run) -> None:
    with run.watch():
        run.path.write_bytes(state(1))
    assert run.newest().serial == 1


def test_leaving_with_an_error_commits_and_keeps_the_error(run: Run) -> None:
    with pytest.raises(KeyError), run.watch():
        run.path.write_bytes(state(1))
        raise KeyError
    assert run.newest().serial == 1


def test_a_failed_commit_on_the_way_out_is_a_note_on_the_error(run: Run) -> None:
    run.store.errors = [CloudError("AccessDenied")] * 5
    with pytest.raises(KeyError) as caught, run.watch():
        run.path.write_bytes(state(1))
        raise KeyError
    assert caught.value.__notes__ == ["and the state could not be stored: AccessDenied"]
