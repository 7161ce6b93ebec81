"""What a run does while another one holds the lease."""

from __future__ import annotations

import signal
import time

import pytest

from tests.e2e.conftest import EXAMPLE
from tests.e2e.state.log import events, held
from tests.e2e.test_interruption import read_until, start
from tests.spreads import chosen


def test_held_lease_says_who_since_when_doing_what_and_until_when(applied):
    with held(applied) as lease:
        refused = applied("apply", EXAMPLE)
        lease.release("clean")
    assert refused.code == 4
    since = lease.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"run run-other on elsewhere holds the state: apply since {since}, until 2" in refused.err


@pytest.mark.parametrize("root", chosen(["infrastructure", "worker"], {"worker"}.__contains__))
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_lock_timeout_waits_until_the_lease_is_free(applied, root, command):
    changed = applied.folder / "changed.yaml"
    with held(applied, root) as lease, start(applied, command, changed, "--lock-timeout", "5m") as run:
        read_until(run.stderr, "run run-other on elsewhere holds the state")
        time.sleep(1)  # several polls
        lease.release("clean")
        _, err = run.communicate(timeout=120)
    assert (run.returncode, "run-other" in err) == (0, False), "said once is enough"


def test_signal_ends_the_wait(applied):
    with held(applied) as lease, start(applied, "apply", EXAMPLE, "--lock-timeout", "5m") as run:
        read_until(run.stderr, "run run-other on elsewhere holds the state")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)
        lease.release("clean")
    assert run.returncode == 143
    assert [event.event for event in events(applied, "worker")][-1] == "release"


def test_lock_timeout_ends(applied):
    with held(applied) as lease:
        refused = applied("apply", EXAMPLE, "--lock-timeout", "1s")
        lease.release("clean")
    assert (refused.code, events(applied, "worker")[-1].event) == (4, "release")
