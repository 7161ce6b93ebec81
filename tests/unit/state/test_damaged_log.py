"""A log with damaged, missing, old or foreign versions: from which one a run starts, and from which not."""

from __future__ import annotations

import pytest

from provisioner.errors import StateError
from provisioner.state import StateVersion, read_log
from provisioner.state.rollback import prepare_rollback, roll_back
from provisioner.tfstate import parse_state
from tests.unit.state.damage import (
    FAR,
    FormerProgram,
    copy,
    cut,
    expire,
    key,
    numbers,
    ran,
    remove,
    replace,
)
from tests.unit.state.shared_store import SharedStore, state


def newest(shared: SharedStore) -> StateVersion | None:
    """The version from which a run starts, the same with the lease and without it."""
    read = read_log(shared.log()).newest
    lease = shared.lease("run-looks", is_holder_dead=lambda _: True)
    held = lease.state
    lease.release_untouched()
    assert (held and held.body) == (read and read.body)
    return read


def serial(shared: SharedStore) -> int:
    found = newest(shared)
    assert found is not None
    return found.serial


def refusal(shared: SharedStore) -> str:
    """The error of a run without the lease; a run with the lease gets the same."""
    with pytest.raises(StateError) as reading:
        read_log(shared.log())
    lease = shared.lease("run-refused", is_holder_dead=lambda _: True)
    with pytest.raises(StateError) as holding:
        _ = lease.state
    lease.release_untouched()
    # A take-over may have appended a fence meanwhile.
    assert holding.value.problem.detail.endswith(reading.value.problem.detail)
    assert holding.value.problem.fix == reading.value.problem.fix
    return str(reading.value)


def put(shared: SharedStore, number: int, body: bytes) -> None:
    shared.store.put_if_absent(key(shared, "state", number), body, {})


# Not of the log


@pytest.mark.parametrize("number", [4, 4999, 10**9, FAR - 1, FAR])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_copy_under_another_number_is_passed_over(shared: SharedStore, version: int, number: int) -> None:
    ran(shared, "run-1", 1, 2, 3)
    copy(shared, "state", version, number)
    assert serial(shared) == 3
    ran(shared, "run-2", 4)
    assert [it for it in numbers(shared, "state") if it != number] == [1, 2, 3, 5 if number == 4 else 4]


@pytest.mark.parametrize("number", [5, 4999, 10**9, FAR - 1, FAR])
@pytest.mark.parametrize("body", [b"", b"{", state(1), state(99), state(99, "lineage-2")])
def test_a_version_beyond_a_gap_is_passed_over(shared: SharedStore, body: bytes, number: int) -> None:
    ran(shared, "run-1", 1, 2, 3)
    put(shared, number, body)
    assert serial(shared) == 3


def test_an_object_that_the_log_reaches_in_the_end_is_skipped(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    put(shared, 3, b"{")
    shared.elapsed += 60
    ran(shared, "run-2", 2)
    assert serial(shared) == 2
    ran(shared, "run-3", 3, 4)
    assert (numbers(shared, "state"), serial(shared)) == ([1, 2, 3, 4, 5], 4)


def test_a_holder_and_a_taker_compete_for_the_number_after_a_foreign_object(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    lease = shared.lease("run-2")
    copy(shared, "state", 1, 2)
    expire(shared)
    shared.lease("run-3")
    with pytest.raises(StateError, match="another writer appended version 3 first"):
        lease.writer.append(state(2))
    assert numbers(shared, "state") == [1, 2, 3]


def test_a_lone_object_with_the_highest_number_is_no_log(shared: SharedStore) -> None:
    put(shared, FAR, state(7))
    assert newest(shared) is None
    ran(shared, "run-1", 1)
    assert numbers(shared, "state") == [1, FAR]


def test_a_state_that_an_operator_put_there_counts_if_there_is_no_chain(shared: SharedStore) -> None:
    put(shared, 57, state(7))
    assert serial(shared) == 7


# Missing


@pytest.mark.parametrize("gone", [[3], [2, 3]])
def test_a_log_that_ends_before_the_version_its_chain_knows_is_refused(shared: SharedStore, gone: list[int]) -> None:
    ran(shared, "run-1", 1, 2, 3)
    remove(shared, "state", *gone)
    left = gone[0] - 1
    assert refusal(shared) == (
        "oss://bucket/shoot--foo--bar--uid/provisioner/infrastructure: version 3, which a run has stored, is missing: "
        f"the log ends with version {left}; version {left} (serial {left}) is good: return to it"
    )


def test_it_stays_refused_even_if_another_run_held_the_lease_meanwhile(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2, 3)
    remove(shared, "state", 3)
    for _ in range(3):
        assert "version 3, which a run has stored, is missing" in refusal(shared)


def test_a_take_over_does_not_hide_that_a_version_is_missing(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2, 3)
    remove(shared, "state", 3)
    for run in ("run-2", "run-3"):
        shared.lease(run)
        expire(shared)
        assert "version 3, which a run has stored, is missing" in refusal(shared)


def test_a_rollback_repairs_a_missing_version_above_its_number(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2, 3)
    remove(shared, "state", 3)
    back_to(shared, 2)
    assert (numbers(shared, "state"), serial(shared)) == ([1, 2, 4], 3)


@pytest.mark.parametrize("spoil", ["missing", "unreadable", "replaced", "beyond a gap", "taken over", "chain gone"])
def test_a_rollback_repairs_any_damage(shared: SharedStore, spoil: str) -> None:
    ran(shared, "run-1", 1, 2, 3)
    match spoil:
        case "missing":
            remove(shared, "state", 3)
        case "unreadable":
            cut(shared, "state", 3)
        case "replaced":
            copy(shared, "state", 1, 3, by_hand=True)
        case "beyond a gap":
            remove(shared, "state", 3)
            put(shared, 99, b"{")
        case "taken over":
            shared.lease("run-2")
            cut(shared, "state", 3)
            shared.lease("run-3", is_holder_dead=lambda _: True)
            expire(shared)
        case "chain gone":
            remove(shared, "lock", *numbers(shared, "lock"))
            cut(shared, "state", 3)
    back_to(shared, 2)
    ran(shared, "run-9", serial(shared) + 1)
    assert serial(shared) == parse_state(state(serial(shared))).serial


def back_to(shared: SharedStore, number: int) -> None:
    log, lease = shared.log(), shared.lease("run-back", "rollback")
    roll_back(lease, prepare_rollback(log, lease, number))
    lease.release("failed")
    shared.elapsed += 10


def test_a_missing_version_in_the_middle_does_no_harm(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2, 3)
    remove(shared, "state", 1, 2)
    assert serial(shared) == 3


def test_a_missing_fence_before_the_first_state_is_no_loss(shared: SharedStore) -> None:
    shared.lease("run-1")
    expire(shared)
    shared.lease("run-2").release("clean")
    assert numbers(shared, "state") == [1]
    remove(shared, "state", 1)
    assert newest(shared) is None
    ran(shared, "run-3", 1)
    assert numbers(shared, "state") == [2]


@pytest.mark.parametrize("damage", ["removed", "cut", "taken over"])
def test_a_state_without_a_usable_version_starts_over_above_its_numbers_and_not_by_itself(
    shared: SharedStore, damage: str
) -> None:
    ran(shared, "run-1", 1, 2)
    if damage == "cut":
        cut(shared, "state", 1)
        cut(shared, "state", 2)
    else:
        remove(shared, "state", 1, 2)
    if damage == "taken over":
        shared.lease("run-2")
        expire(shared)
    assert "no earlier version is usable: " in refusal(shared)
    lease = shared.lease("run-3", is_holder_dead=lambda _: True)
    last = max(numbers(shared, "state"), default=2)
    assert lease.start_over()
    assert lease.state is not None
    assert (lease.state.number, lease.notes.unclean_since is not None) == (last + 1, True)
    lease.release("failed")
    assert serial(shared) == 1


def test_a_state_with_a_usable_version_does_not_start_over(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2)
    remove(shared, "state", 2)
    assert not shared.lease("run-2").start_over()


def test_a_new_log_and_a_sound_one_do_not_start_over(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    assert not lease.start_over()
    lease.writer.append(state(1))
    lease.release("clean")
    assert not shared.lease("run-2").start_over()


# Put back old


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("version", [1, 2])
def test_an_older_version_in_place_of_the_newest_is_refused(shared: SharedStore, version: int, by_hand: bool) -> None:
    ran(shared, "run-1", 1, 2, 3)
    copy(shared, "state", version, 3, by_hand=by_hand)
    assert "version 2 (serial 2) is good" in refusal(shared)


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_body_under_the_newest_metadata_is_refused(shared: SharedStore, version: int) -> None:
    ran(shared, "run-1", 1, 2, 3)
    replace(shared, "state", 3, state(version))
    assert "version 2 (serial 2) is good" in refusal(shared)


def test_an_older_body_stays_refused_when_a_run_takes_the_lease_over(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2, 3)
    shared.lease("run-2")
    copy(shared, "state", 2, 3, by_hand=True)
    shared.lease("run-3", is_holder_dead=lambda _: True)
    expire(shared)
    assert "version 2 (serial 2) is good" in refusal(shared)


def test_another_content_under_the_newest_serial_is_refused(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2)
    put(shared, 3, state(2, note="by hand"))
    assert "its serial 2 is that of version 2, whose content is another" in refusal(shared)


def test_an_old_version_copied_by_hand_to_the_next_number_is_refused(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2, 3)
    copy(shared, "state", 1, 4, by_hand=True)
    assert "its serial 1 is older than 3 of version 3" in refusal(shared)


def test_an_old_version_of_the_program_before_copied_to_the_next_number_is_refused(shared: SharedStore) -> None:
    """Its metadata came along, and has no number that would give it away."""
    former = FormerProgram(shared)
    for serial_ in (1, 2, 3):
        former.append(serial_)
    former.release()
    copy(shared, "state", 1, 4)
    assert "its serial 1 is older than 3 of version 3" in refusal(shared)


def test_a_newer_state_that_an_operator_put_there_is_accepted(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2)
    put(shared, 3, state(7))
    assert serial(shared) == 7
    assert shared.lease("run-2").notes.unclean_since is None


def test_a_newer_state_in_place_of_the_newest_is_accepted(shared: SharedStore) -> None:
    ran(shared, "run-1", 1, 2)
    replace(shared, "state", 2, state(7))
    assert serial(shared) == 7


def test_versions_that_a_killed_run_has_not_announced_are_accepted(shared: SharedStore) -> None:
    ran(shared, "run-1", 1)
    lease = shared.lease("run-2")
    for number in (2, 3):
        lease.writer.append(state(number))
    expire(shared)
    assert serial(shared) == 3


def test_a_sound_log_costs_no_further_request(shared: SharedStore) -> None:
    ran(shared, "run-1", *range(1, 30))
    asked = count_requests(shared)
    read_log(shared.log())
    assert asked == ["list", "get", "list", "get"]


def count_requests(shared: SharedStore) -> list[str]:
    asked: list[str] = []
    get, listing = shared.store.get, shared.store.list
    shared.store.get = lambda key: asked.append("get") or get(key)  # type: ignore[method-assign, func-returns-value]
    shared.store.list = lambda *a: asked.append("list") or listing(*a)  # type: ignore[method-assign, func-returns-value]
    return asked


def test_a_first_run_costs_no_further_request(shared: SharedStore) -> None:
    asked = count_requests(shared)
    shared.lease("run-1")
    assert asked == ["list", "list"]
