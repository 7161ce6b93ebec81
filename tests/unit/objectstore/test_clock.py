from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from provisioner.objectstore import StoreClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Boot:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_without_an_answer_there_is_no_time() -> None:
    assert StoreClock(Boot()).now() is None


def test_time_passes_after_an_answer() -> None:
    boot = Boot()
    clock = StoreClock(boot)
    clock.observe(NOON, 1000.0, 1000.0)
    boot.seconds += 2.5
    assert clock.now() == NOON + timedelta(seconds=2.5)


def test_answers_within_one_second_do_not_turn_time_back() -> None:
    boot = Boot()
    clock = StoreClock(boot)
    clock.observe(NOON, 1000.0, 1000.0)
    boot.seconds += 0.9
    clock.observe(NOON, boot.seconds, boot.seconds)
    assert clock.now() == NOON + timedelta(seconds=0.9)


def test_a_store_whose_clock_was_set_is_followed() -> None:
    boot = Boot()
    clock = StoreClock(boot)
    clock.observe(NOON, 1000.0, 1000.0)
    clock.observe(NOON - timedelta(hours=2), 1000.0, 1000.1)
    boot.seconds += 0.1
    assert clock.now() == NOON - timedelta(hours=2)


@given(
    st.floats(0, 1, exclude_max=True),
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=20),
)
def test_time_never_runs_ahead_and_lags_at_most_a_second_and_an_answer(
    phase: float, steps: list[tuple[float, float, float]]
) -> None:
    """The store's real time is the boot time plus a phase within a second."""
    boot = Boot()
    clock = StoreClock(boot)
    for pause, outward, homeward in steps:
        boot.seconds += pause
        sent_at = boot.seconds
        stamped = NOON + timedelta(seconds=int(boot.seconds + outward + phase))
        boot.seconds += outward + homeward
        clock.observe(stamped, sent_at, boot.seconds)
        real = NOON + timedelta(seconds=boot.seconds + phase)
        now = clock.now()
        assert now is not None
        tolerance = timedelta(microseconds=10)
        assert real - timedelta(seconds=1 + outward + homeward) - tolerance <= now <= real + tolerance
