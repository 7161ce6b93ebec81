"""After a run that was cut off: what a run may say at once, and what it has to wait for."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.crash.runs import start
from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.state.log import events, held
from tests.e2e.test_main_job import EXPECTED


@pytest.fixture
def unlocked(provision: Provision) -> Provision:
    """A sandbox with an applied shoot whose lease was taken from a run with an unknown end."""
    provision.begin_applied(EXAMPLE)
    with held(provision, ttl=timedelta(seconds=2)):
        provision.ok("state", "unlock", EXAMPLE)
    # Until its lease would have expired the holder may work.
    until = events(provision)[-1].unsettled_since
    assert until is not None
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    return provision


def outcomes(provision: Provision) -> list[str | None]:
    return [event.outcome for event in events(provision) if event.event == "release"]


def test_apply_neither_waits_for_the_settling_time_nor_vouches_before_it(unlocked: Provision) -> None:
    started = time.monotonic()
    done = unlocked("apply", EXAMPLE, PROVISION_SETTLING_TIME="600")
    assert (done.code, outcomes(unlocked)[-1], time.monotonic() - started < 120) == (0, "failed", True)


def test_run_after_the_settling_time_looks_again_and_vouches(unlocked: Provision) -> None:
    unlocked("apply", EXAMPLE, PROVISION_SETTLING_TIME="600")
    unlocked.ok("apply", EXAMPLE)
    assert outcomes(unlocked)[-2:] == ["failed", "clean"]


def test_destroy_waits_for_the_rest_of_the_settling_time(unlocked: Provision) -> None:
    taken_at = events(unlocked)[-1].unsettled_since
    done = unlocked("destroy", EXAMPLE, PROVISION_SETTLING_TIME="12")
    released = events(unlocked)[-1]
    assert (done.code, released.outcome) == (0, "clean"), done.err
    assert (released.at - taken_at).total_seconds() >= 12


def test_destroy_that_does_not_wait_is_no_success(unlocked: Provision) -> None:
    done = unlocked("destroy", EXAMPLE, "--no-wait", PROVISION_SETTLING_TIME="600")
    assert (done.code, unlocked.counts(), outcomes(unlocked)[-1]) == (1, {}, "failed")
    assert "may still appear: this run does not wait for them; destroy again after 20" in done.err
    unlocked.ok("destroy", EXAMPLE)
    assert outcomes(unlocked)[-1] == "clean"


def test_signal_ends_the_wait_of_a_destroy_and_says_the_same(unlocked: Provision) -> None:
    run = start(unlocked, "destroy", "destroy", EXAMPLE, PROVISION_SETTLING_TIME="600")
    end = time.monotonic() + 120
    while "looking again in" not in run.said and time.monotonic() < end:
        time.sleep(0.05)
    run.process.send_signal(signal.SIGTERM)
    assert run.wait() == 143, run.said
    assert "destroy again after 20" in run.said


def test_answer_that_was_lost_is_looked_for_before_a_run_vouches(provision: Provision) -> None:
    """The provider asks again without a token by which the service would know the call, and no error appears."""
    provision.ok("sandbox", "fault", "add", "CreateScalingConfiguration", "--kind", "lost-answer", "--times", "1")
    done = provision("apply", EXAMPLE)
    assert provision.counts()["scaling_configuration"] == EXPECTED["scaling_configuration"] + 1
    assert (done.code, outcomes(provision)) == (1, ["failed"]), done.err
    assert "the next run shows what it will delete" in done.err
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED
