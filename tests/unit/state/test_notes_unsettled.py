"""Since when the last calls of a run or terraform that was cut off may still become visible in the cloud."""

from __future__ import annotations

import json

from tests.unit.state.shared_store import TTL, SharedStore, state


def test_nothing_was_cut_off_before_the_first_run(shared: SharedStore) -> None:
    assert shared.lease().notes.unsettled_since is None


def test_a_run_that_ended_by_itself_was_not_cut_off(shared: SharedStore) -> None:
    shared.lease("run-1").release("failed")
    assert shared.lease("run-2").notes.unsettled_since is None


def test_the_holder_of_an_expired_lease_may_work_until_it_is_taken(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    assert shared.lease("run-2").notes.unsettled_since == shared.now()


def test_the_holder_that_is_proven_dead_has_sent_its_last_call_until_then(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 7
    assert shared.lease("run-2", is_holder_dead=lambda holder: True).notes.unsettled_since == shared.now()


def test_failed_runs_pass_the_time_on(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    taken_at = shared.now()
    shared.lease("run-2").release("failed")
    shared.elapsed += 30
    shared.lease("run-3").release("failed")
    assert shared.lease("run-4").notes.unsettled_since == taken_at


def test_the_last_take_over_counts(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2")
    shared.elapsed += 1000
    assert shared.lease("run-3").notes.unsettled_since == shared.now()


def test_a_clean_end_removes_the_time(shared: SharedStore) -> None:
    shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2").release("clean")
    assert shared.lease("run-3").notes.unsettled_since is None


def test_a_former_holder_that_was_still_working_was_cut_off_only_then(shared: SharedStore) -> None:
    former = shared.lease("run-1")
    shared.elapsed += 1000
    holder = shared.lease("run-2")
    shared.elapsed += 20
    former.disturb()
    disturbed_at = shared.now()
    holder.renew()
    assert holder.notes.unsettled_since == disturbed_at


def test_a_run_can_say_that_its_own_terraform_was_cut_off(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    shared.elapsed += 5
    lease.notes.unsettle()
    cut_off_at = shared.now()
    shared.elapsed += 5
    lease.release("failed")
    assert shared.lease("run-2").notes.unsettled_since == cut_off_at


def test_a_log_whose_chain_is_gone_says_nothing_about_when_its_last_run_ended(shared: SharedStore) -> None:
    lease = shared.lease("run-1")
    lease.writer.append(state(1))
    lease.release("clean")
    shared.store.delete([info.key for info in shared.store.list(f"{shared.log().prefix}lock/")])
    shared.elapsed += 5
    assert shared.lease("run-2").notes.unsettled_since == shared.now()


def test_events_of_an_older_program_do_not_have_the_time(shared: SharedStore) -> None:
    shared.lease("run-1").release("failed")
    assert "unsettled_since" not in shared.events()[-1]
    assert shared.lease("run-2").notes.unsettled_since is None


def test_the_limits_of_a_terraform_move_with_each_renewal(shared: SharedStore) -> None:
    limits: list[tuple[float, float]] = []
    lease = shared.lease("run-1", on_renewed=lambda *given: limits.append(given))
    shared.elapsed += 20
    lease.renew()
    (stop, kill), (stop_later, kill_later) = limits
    assert (round(stop_later - stop), round(kill_later - kill), round(kill - stop)) == (
        20,
        20,
        round(TTL.total_seconds() / 6),
    )


def test_a_lease_says_once_that_it_is_over(shared: SharedStore) -> None:
    over: list[str] = []
    lease = shared.lease("run-1", on_released=lambda: over.append("over"))
    lease.release("clean")
    lease.release("failed")
    assert over == ["over"]


def test_the_holder_whose_lease_is_freed_by_force_may_work_until_it_would_have_expired(shared: SharedStore) -> None:
    expires = shared.lease("run-1").remaining().total_seconds()
    shared.elapsed += 7
    taken = shared.lease("run-2", is_holder_dead=lambda holder: True, is_forced=True)
    assert taken.notes.unsettled_since is not None
    assert (taken.notes.unsettled_since - shared.now()).total_seconds() >= expires - 7


def test_a_disturbance_of_an_older_program_happened_when_it_was_written(shared: SharedStore) -> None:
    former = shared.lease("run-1")
    shared.elapsed += 1000
    shared.lease("run-2").release("clean")
    former.disturb()
    disturbed_at = shared.now()
    *_, key = [info.key for info in shared.store.list(f"{shared.log().prefix}lock/")]
    event = json.loads(shared.store.get(key).body)
    del event["unsettled_since"]
    shared.store.delete([key])
    shared.store.put_if_absent(key, json.dumps(event).encode(), {})
    shared.elapsed += 5
    assert shared.lease("run-3").notes.unsettled_since == disturbed_at


def test_a_holder_knows_that_it_was_disturbed_and_has_not_ended_clean(shared: SharedStore) -> None:
    former = shared.lease("run-1")
    shared.elapsed += 1000
    holder = shared.lease("run-2")
    former.disturb()
    holder.release("clean")
    assert (holder.is_disturbed, shared.events()[-1]["outcome"]) == (True, "failed")


def test_a_former_holder_passes_on_which_bindings_it_was_about_to_make(shared: SharedStore) -> None:
    former = shared.lease("run-1")
    former.note_binds(["eip-1:ngw-1"])
    shared.elapsed += 1000
    shared.lease("run-2").release("clean")
    former.disturb()
    assert shared.lease("run-3").notes.binds == ("eip-1:ngw-1",)
