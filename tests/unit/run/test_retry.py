"""How long a run keeps trying against a cloud that refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provisioner.errors import CloudError, InterruptedRunError, TerraformError
from provisioner.run.retry import RetryPolicy, is_throttled

THROTTLED = CloudError("slow down", codes=("ERR_INFRA_RATE_LIMITS_EXCEEDED",), is_retryable=True)
FAILING = CloudError("no answer", codes=("ERR_RETRYABLE_INFRA_DEPENDENCIES",), is_retryable=True)
SOLD_OUT = CloudError("no stock", codes=("ERR_INFRA_RESOURCES_DEPLETED",), is_retryable=True)
REFUSED = CloudError("no", codes=("ERR_INFRA_UNAUTHORIZED",), is_retryable=False)
BROKEN = TerraformError("wrong")


class Waits:
    """A clock that moves while a caller waits."""

    def __init__(self, budget: float = 60) -> None:
        self.now, self.waits, self.said = 0.0, [], []
        self.retry_policy = RetryPolicy(
            self,
            self,
            budget=timedelta(seconds=budget),
            first_wait=timedelta(seconds=1),
            clock=lambda: self.now,
        )

    def step(self, text: str) -> None:
        self.said.append(text)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += max(seconds, 1.0)  # the smallest waits are next to nothing

    def run(self, *outcomes: object) -> object:
        """Return the result of work whose attempts end like this, one after the other."""
        left = list(outcomes)

        def work() -> object:
            outcome = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return self.retry_policy.retry(work)


def test_work_that_succeeds_is_done_once():
    waits = Waits()
    assert (waits.run("done"), waits.waits) == ("done", [])


def test_throttled_work_is_tried_again_with_a_message():
    waits = Waits()
    assert waits.run(THROTTLED, THROTTLED, "done") == "done"
    assert [text.partition(" in ")[0] for text in waits.said] == ["the cloud throttles: trying again"] * 2


def test_throttling_is_waited_out_for_the_budget_and_no_longer():
    waits = Waits(budget=100)
    with pytest.raises(CloudError, match="slow down"):
        waits.run(THROTTLED)
    assert 100 <= waits.now < 110


def test_no_wait_is_longer_than_eight_seconds():
    waits = Waits(budget=300)
    with pytest.raises(CloudError):
        waits.run(THROTTLED)
    assert max(waits.waits) <= 8


def test_service_that_fails_is_tried_twice_more():
    waits = Waits()
    with pytest.raises(CloudError, match="no answer"):
        waits.run(FAILING)
    assert (len(waits.waits), waits.said[0].partition(":")[0]) == (2, "the cloud failed or did not answer")


@pytest.mark.parametrize("error", [SOLD_OUT, REFUSED, BROKEN], ids=str)
def test_error_that_does_not_pass_within_a_run_is_raised_at_once(error):
    waits = Waits()
    with pytest.raises(type(error)):
        waits.run(error)
    assert waits.waits == []


def test_other_error_after_throttling_ends_the_attempts():
    with pytest.raises(CloudError, match=r"^no$"):
        Waits().run(THROTTLED, REFUSED)


def test_progress_resets_the_budget():
    waits = Waits(budget=5)
    tries = waits.retry_policy.begin()
    for _ in range(20):
        tries.note_progress()
        tries.wait_after(THROTTLED)
    assert waits.now > 15


def test_pieces_of_work_do_not_share_their_attempts():
    waits = Waits()
    for _ in range(3):
        tries = waits.retry_policy.begin()
        tries.wait_after(FAILING)
        tries.wait_after(FAILING)
    assert len(waits.waits) == 6


def test_signal_ends_the_wait():
    waits = Waits()

    def interrupt(seconds):
        raise InterruptedRunError(2, "stopped by SIGINT")

    waits.wait = interrupt
    with pytest.raises(InterruptedRunError):
        waits.run(THROTTLED)


@pytest.mark.parametrize(("error", "answer"), [(THROTTLED, True), (FAILING, False), (BROKEN, False)], ids=str)
def test_throttling_is_distinguished_from_other_failures(error, answer):
    assert is_throttled(error) is answer
