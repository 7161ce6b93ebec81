from __future__ import annotations

import pytest

from provisioner.errors import StateError
from provisioner.state import StateLog
from tests.unit.state.shared_store import SharedStore, state


def test_an_empty_log_has_no_newest_version(shared: SharedStore) -> None:
    assert shared.log().newest() is None


def test_the_newest_version_is_the_last_one_appended(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    lease.writer.append(state(1))
    lease.writer.append(state(2))
    newest = log.newest()
    assert newest is not None
    assert (newest.number, newest.serial, newest.body) == (2, 2, state(2))


def test_two_roots_of_an_entry_have_two_logs(shared: SharedStore) -> None:
    shared.lease().writer.append(state(1))
    assert shared.log("worker").newest() is None


def test_an_entry_name_cannot_reach_into_another_entry(shared: SharedStore) -> None:
    with pytest.raises(ValueError, match="BackupEntry"):
        StateLog(shared.store, "shoot--a/provisioner", "worker")


def test_history_lists_numbers_and_sizes_ascending(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    for serial in (1, 2, 3):
        lease.writer.append(state(serial, note="x" * serial))
    assert [(info.number, info.size) for info in log.history()] == [
        (serial, len(state(serial, note="x" * serial))) for serial in (1, 2, 3)
    ]


def test_a_version_that_does_not_exist_says_so(shared: SharedStore) -> None:
    with pytest.raises(StateError, match="there is no version 9"):
        shared.log().read(9)


def test_an_unreadable_newest_version_names_a_good_one(shared: SharedStore) -> None:
    log, lease = shared.log(), shared.lease()
    lease.writer.append(state(1))
    lease.writer.append(state(2))
    shared.store.put_if_absent(log.prefix + "state/0000000003.tfstate", b'{"cut', {})
    with pytest.raises(StateError) as caught:
        log.newest()
    assert caught.value.problem.fix == "version 2 (serial 2) is good: return to it"
