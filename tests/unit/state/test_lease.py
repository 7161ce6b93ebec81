from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from provisioner.errors import StateError, StateLockedError
from provisioner.objectstore import MemoryStore
from provisioner.state import Lease, LeaseEvent, StateLog, read_boot_id
from tests.unit.state.world import TTL, World, state

GRACE = TTL / 6
EXPIRY = TTL + timedelta(seconds=1)


def events(world: World) -> list[dict[str, object]]:
    keys = [item.key for item in world.store.list("shoot--foo--bar--uid/provisioner/infrastructure/lock/")]
    return [json.loads(world.store.get(key).body) for key in keys]


def kinds(world: World) -> list[object]:
    return [event["event"] for event in events(world)]


def test_the_first_event_has_number_one_and_the_documented_key(world: World) -> None:
    world.lease()
    key = "shoot--foo--bar--uid/provisioner/infrastructure/lock/0000000001.json"
    assert LeaseEvent.from_json(world.store.get(key).body, key).event == "acquire"


def test_a_released_lease_can_be_acquired(world: World) -> None:
    world.lease("run-1").release("clean")
    assert world.lease("run-2").number == 3
    assert kinds(world) == ["acquire", "release", "acquire"]


def test_a_held_lease_says_who_where_since_when_doing_what_and_until_when(world: World) -> None:
    lease = world.lease("run-1", "destroy")
    world.elapsed += 30
    lease.renew()
    with pytest.raises(StateLockedError) as caught:
        world.lease("run-2")
    assert str(caught.value) == (
        "oss://bucket/shoot--foo--bar--uid/provisioner/infrastructure: run run-1 on host-of-run-1 holds the state: "
        "destroy since 2026-11-22T12:00:00Z, until 2026-11-22T12:01:31Z unless it renews; "
        "wait until that run is done (--lock-timeout 5m does); if it died, its lease runs out at the time above"
    )


def test_a_held_lease_is_worth_trying_again(world: World) -> None:
    world.lease("run-1")
    with pytest.raises(StateLockedError) as caught:
        world.lease("run-2")
    assert (caught.value.is_retryable, caught.value.exit_code) == (True, 4)


@pytest.mark.parametrize("early", [EXPIRY, EXPIRY + GRACE - timedelta(milliseconds=1)])
def test_an_expired_lease_is_left_alone_for_a_sixth_of_its_ttl(world: World, early: timedelta) -> None:
    world.lease("run-1")
    world.elapsed += early.total_seconds()
    with pytest.raises(StateLockedError):
        world.lease("run-2")


def test_an_expired_lease_is_taken_over_after_the_grace(world: World) -> None:
    world.lease("run-1")
    world.elapsed += (EXPIRY + GRACE).total_seconds()
    assert world.lease("run-2").is_takeover
    assert kinds(world) == ["acquire", "takeover"]


def test_the_holders_ttl_counts_and_not_the_takers(world: World) -> None:
    Lease.acquire(world.log(), "run-1", "apply", "h", timedelta(hours=1), boot_clock=world.boot_clock, renewing=False)
    world.elapsed += 1800
    with pytest.raises(StateLockedError):
        world.lease("run-2")


def test_renewing_extends_the_lease(world: World) -> None:
    lease = world.lease("run-1")
    world.elapsed += 50
    lease.renew()
    world.elapsed += 50
    with pytest.raises(StateLockedError):
        world.lease("run-2")


def test_a_lease_proven_dead_is_taken_over_at_once(world: World) -> None:
    world.lease("run-1")
    taker = world.lease("run-2", is_holder_dead=lambda event: event.run == "run-1" and event.boot_id == "boot-1")
    assert taker.is_takeover


def test_the_proof_is_not_asked_for_a_free_lease(world: World) -> None:
    world.lease("run-1").release("clean")

    def never(event: LeaseEvent) -> bool:
        raise AssertionError(event)

    assert not world.lease("run-2", is_holder_dead=never).is_takeover


def test_a_renewal_after_a_takeover_loses_the_lease(world: World) -> None:
    lease = world.lease("run-1")
    world.elapsed += 1000
    world.lease("run-2")
    with pytest.raises(StateError, match="run run-2 on host-of-run-2 took it over"):
        lease.renew()
    assert lease.lost


def test_a_renewal_that_was_quicker_keeps_the_lease(world: World) -> None:
    """The renewal and the take-over compete for the same number."""
    lease = world.lease("run-1")
    world.elapsed += 1000
    world.before_put = lambda key: lease.renew()
    with pytest.raises(StateLockedError):
        world.lease("run-2")
    assert kinds(world) == ["acquire", "renew"]


def test_of_two_takers_one_gets_the_lease(world: World) -> None:
    world.lease("run-1")
    world.elapsed += 1000
    world.before_put = lambda key: world.lease("run-3") and None
    with pytest.raises(StateLockedError, match="run-3"):
        world.lease("run-2")


def test_a_renewal_given_up_that_arrived_after_all_is_our_own(world: World) -> None:
    lease = world.lease("run-1")
    first = events(world)[0]
    late = json.dumps(first | {"event": "renew", "expires": "2026-11-22T12:00:40Z"}).encode()
    world.store.put_if_absent(
        "shoot--foo--bar--uid/provisioner/infrastructure/lock/0000000002.json", late, {"run": "run-1"}
    )
    world.elapsed += 20
    lease.renew()
    assert (kinds(world), lease.lost) == (["acquire", "renew", "renew"], False)


def test_a_release_tells_outcome_and_newest_state(world: World) -> None:
    lease = world.lease()
    number = world.log().append(state(1), lease, "run-1")
    lease.release("clean", number)
    assert {key: events(world)[-1].get(key) for key in ("outcome", "state")} == {"outcome": "clean", "state": 1}


def test_a_second_release_does_nothing(world: World) -> None:
    lease = world.lease()
    lease.release("failed")
    lease.release("clean")
    assert kinds(world) == ["acquire", "release"]


def test_leaving_the_context_without_a_release_counts_as_failed(world: World) -> None:
    with world.lease():
        pass
    assert events(world)[-1]["outcome"] == "failed"


def test_a_lost_lease_cannot_be_released_as_clean(world: World) -> None:
    lease = world.lease("run-1")
    world.elapsed += 1000
    world.lease("run-2")
    with pytest.raises(StateError, match="took it over"):
        lease.release("clean")


def test_a_lost_lease_is_released_as_failed_in_silence(world: World) -> None:
    lease = world.lease("run-1")
    world.elapsed += 1000
    world.lease("run-2")
    lease.release("failed")
    assert kinds(world) == ["acquire", "takeover"]


def test_nothing_is_appended_after_the_release(world: World) -> None:
    lease = world.lease()
    lease.release("clean")
    with pytest.raises(StateError, match="released"):
        world.log().append(state(1), lease, "run-1")


def test_the_state_comes_with_the_lease(world: World) -> None:
    with world.lease("run-1") as lease:
        world.log().append(state(1), lease, "run-1")
    newest = world.lease("run-2").state
    assert newest is not None
    assert newest.body == state(1)


def test_an_unreadable_state_shows_when_it_is_asked_for(world: World) -> None:
    world.store.put_if_absent(world.log().prefix + "state/0000000001.tfstate", b"{", {})
    lease = world.lease()
    with pytest.raises(StateError, match="newest version cannot be used"):
        _ = lease.state


def test_the_first_run_has_nothing_to_clean_up(world: World) -> None:
    assert world.lease().unclean_since is None


def test_after_a_clean_run_there_is_nothing_to_clean_up(world: World) -> None:
    world.lease("run-1").release("clean")
    assert world.lease("run-2").unclean_since is None


def test_after_a_failed_run_its_start_is_known(world: World) -> None:
    start = world.now()
    lease = world.lease("run-1")
    world.elapsed += 30
    lease.renew()
    lease.release("failed")
    assert world.lease("run-2").unclean_since == start


def test_the_first_of_several_unclean_runs_counts(world: World) -> None:
    start = world.now()
    world.lease("run-1")
    world.elapsed += 1000
    world.lease("run-2")
    world.elapsed += 1000
    world.lease("run-3").release("failed")
    assert world.lease("run-4").unclean_since == start


def test_a_clean_release_ends_what_was_unclean(world: World) -> None:
    world.lease("run-1").release("failed")
    world.lease("run-2").release("clean")
    assert world.lease("run-3").unclean_since is None


def test_an_unreadable_chain_is_never_taken(world: World) -> None:
    world.store.put_if_absent(world.log().prefix + "lock/0000000001.json", b"{", {})
    with pytest.raises(StateError) as caught:
        world.lease()
    assert caught.value.problem.type == "UnreadableLease"


def test_a_run_that_cannot_read_the_log_gives_the_lease_back(world: World) -> None:
    log = world.log()

    def broken(hint: int = 0) -> tuple[int, None]:
        raise StateError("the store is down")

    log.newest_stored = broken  # type: ignore[assignment] # the one call that is to fail
    with pytest.raises(StateError, match="down"):
        world.lease(log=log)
    assert (events(world)[-1]["event"], events(world)[-1]["outcome"]) == ("release", "clean")


def test_remaining_counts_down_from_the_ttl(world: World) -> None:
    lease = world.lease()
    world.elapsed += 15
    assert lease.remaining() == timedelta(seconds=45)


def test_a_holder_counts_from_before_its_call(world: World) -> None:
    """A slow store must not make the holder believe in a longer lease than others see."""
    lease = world.lease()
    world.before_put = lambda key: world.sleep(20)
    lease.renew()
    assert lease.remaining() == timedelta(seconds=40)


# A former holder that was paused.


def taken_over(world: World) -> tuple[Lease, Lease]:
    """A holder that lost its lease without noticing, and the one that has it."""
    former = world.lease("run-1")
    world.elapsed += 1000
    return former, world.lease("run-2")


def test_a_former_holder_makes_the_next_run_look_from_its_own_start(world: World) -> None:
    start = world.now()
    former, holder = taken_over(world)
    holder.release("clean")
    former.disturb()
    assert world.lease("run-3").unclean_since == start


def test_a_disturbed_lease_is_still_held(world: World) -> None:
    former, _ = taken_over(world)
    former.disturb()
    with pytest.raises(StateLockedError, match="run run-2 on host-of-run-2 holds the state"):
        world.lease("run-3")


def test_a_disturbance_does_not_keep_the_lease_longer(world: World) -> None:
    former, _ = taken_over(world)
    world.elapsed += (EXPIRY + GRACE).total_seconds() - 1
    former.disturb()
    world.elapsed += 1
    assert world.lease("run-3").is_takeover


def test_the_holder_renews_after_a_disturbance_and_knows_of_it(world: World) -> None:
    start = world.now()
    former, holder = taken_over(world)
    holder.release("clean")
    holder = world.lease("run-3")
    former.disturb()
    holder.renew()
    assert (kinds(world)[-2:], holder.lost, holder.unclean_since) == (["disturb", "renew"], False, start)


def test_the_holder_of_a_disturbed_lease_cannot_end_clean(world: World) -> None:
    """It may have looked for the last time before the former holder's last call took effect."""
    start = world.now()
    former, holder = taken_over(world)
    former.disturb()
    holder.release("clean")
    assert (events(world)[-1]["outcome"], world.lease("run-3").unclean_since) == ("failed", start)


def test_the_run_after_a_disturbed_one_can_end_clean(world: World) -> None:
    former, holder = taken_over(world)
    former.disturb()
    holder.release("clean")
    world.lease("run-3").release("clean")
    assert world.lease("run-4").unclean_since is None


def test_a_lease_that_nobody_took_is_not_disturbed(world: World) -> None:
    """Whoever takes it over will look for what its holder left."""
    lease = world.lease("run-1")
    world.elapsed += 1000
    lease.disturb()
    assert kinds(world) == ["acquire"]


def test_a_disturbance_and_a_renewal_compete_for_the_same_number(world: World) -> None:
    former, holder = taken_over(world)
    world.before_put = lambda key: holder.renew()
    former.disturb()
    assert kinds(world) == ["acquire", "takeover", "renew", "disturb"]


def test_a_second_former_holder_disturbs_as_well(world: World) -> None:
    start = world.now()
    first, second = taken_over(world)
    world.elapsed += 1000
    world.lease("run-3").release("clean")
    second.disturb()
    first.disturb()
    assert world.lease("run-4").unclean_since == start


def test_a_disturbance_says_who_wrote_it(world: World) -> None:
    former, _ = taken_over(world)
    former.disturb()
    last = events(world)[-1]
    assert (last["run"], last["disturbed_by"], last["repeats"]) == ("run-2", "run-1", "takeover")


# A holder that stood still until retention had deleted what its successors wrote.


def outlived(world: World) -> tuple[StateLog, Lease]:
    """A log and a former holder of its lease, whose next numbers are free again, because they are long past."""
    log = world.log()
    former = world.lease("run-1", log=log)
    log.append(state(1), former, "run-1")
    world.elapsed += 1000
    successor = world.lease("run-2")
    for serial in (2, 3):
        world.log().append(state(serial), successor, "run-2")
        successor.renew()
    world.store.delete([f"{log.prefix}lock/0000000002.json", f"{log.prefix}state/0000000002.tfstate"])
    return log, former


def test_a_renewal_under_a_number_that_is_free_again_loses_the_lease(world: World) -> None:
    _, former = outlived(world)
    with pytest.raises(StateError, match="others have written since"):
        former.renew()
    assert former.lost


def test_an_append_under_a_number_that_is_free_again_is_a_failure(world: World) -> None:
    log, former = outlived(world)
    with pytest.raises(StateError, match="others have written since"):
        log.append(state(2, note="late"), former, "run-1")
    assert former.lost


def test_a_renewal_that_is_merely_late_is_one(world: World) -> None:
    lease = world.lease("run-1")
    world.elapsed += 1000
    lease.renew()
    assert not lease.lost


def test_an_acquisition_under_a_number_that_is_free_again_is_tried_again(world: World) -> None:
    world.lease("run-1").release("clean")

    def meanwhile(key: str) -> None:
        world.elapsed += 1000
        world.lease("run-2").release("clean")
        world.lease("run-3")
        world.store.delete([key])

    world.before_put = meanwhile
    with pytest.raises(StateLockedError, match="run-3"):
        world.lease("run-4")


# The threads, in real time with a short TTL.

SHORT = timedelta(milliseconds=900)


class Flaky(MemoryStore):
    """Fails renewals while `is_down`."""

    is_down = False
    delay_seconds = 0.0

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> None:
        time.sleep(self.delay_seconds)
        if self.is_down:
            raise StateError("OSS does not answer", is_retryable=True)
        super().put_if_absent(key, body, metadata)


class Run:
    """A real lease that notes what it is told."""

    def __init__(self) -> None:
        self.store = Flaky()
        self.told: list[tuple[str, float]] = []
        self.lease = Lease.acquire(
            StateLog(self.store, "entry", "worker"),
            "run-1",
            "apply",
            "host",
            SHORT,
            on_lost=lambda reason: self.note("lost"),
            on_endangered=lambda reason: self.note("endangered"),
        )
        self.started_at = time.monotonic()

    def note(self, what: str) -> None:
        self.told.append((what, self.lease.remaining() / SHORT))


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_the_lease_is_renewed_as_long_as_it_is_held() -> None:
    run = Run()
    time.sleep(SHORT.total_seconds() * 1.8)
    run.lease.release("clean")
    # On a busy machine a thread may come 150 ms late, which "endangers" a lease as short as this one.
    assert (run.lease.lost, [what for what, _ in run.told if what == "lost"]) == (False, [])


def test_release_ends_the_threads() -> None:
    run = Run()
    run.lease.release("clean")
    assert not [thread for thread in threading.enumerate() if thread in run.lease._threads]


def test_a_lease_that_cannot_be_renewed_warns_first_and_is_lost_before_it_expires() -> None:
    run = Run()
    run.store.is_down = True
    # Not `run.lease.lost`: it is true a moment before the run is told.
    assert wait_for(lambda: len(run.told) == 2)
    (first, at_warning), (second, at_loss) = run.told
    assert (first, second) == ("endangered", "lost")
    assert at_loss <= 1 / 6 < at_warning <= 2 / 3


def test_a_store_that_hangs_endangers_the_lease_too() -> None:
    run = Run()
    run.store.delay_seconds = 1.0
    assert wait_for(lambda: len(run.told) == 2)
    assert [what for what, _ in run.told] == ["endangered", "lost"]
    run.lease.release("failed")


def test_a_lease_recovers_when_the_store_answers_again_in_time() -> None:
    run = Run()
    run.store.is_down = True
    assert wait_for(lambda: bool(run.told))
    run.store.is_down = False
    time.sleep(SHORT.total_seconds())
    assert not run.lease.lost
    run.lease.release("clean")


def test_the_run_may_release_when_it_is_told_of_the_loss() -> None:
    store = Flaky()
    released = threading.Event()
    holder: list[Lease] = []

    def on_lost(reason: str) -> None:
        holder[0].release("failed")
        released.set()

    log = StateLog(store, "entry", "worker")
    holder.append(Lease.acquire(log, "run-1", "apply", "host", SHORT, on_lost=on_lost))
    store.is_down = True
    assert released.wait(5)


def test_the_boot_id_of_an_unknown_system_is_empty(tmp_path: Path) -> None:
    assert read_boot_id(tmp_path / "missing") == ""
