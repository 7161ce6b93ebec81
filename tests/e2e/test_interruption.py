"""Signals, readers that leave, and other runs, while terraform works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from provisioner.state import Lease, StateLog
from tests.e2e.conftest import ENTRY, EXAMPLE, open_bucket
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG, spread


def start(provision, *arguments, **environment) -> subprocess.Popen[str]:
    """Start a command that takes its time."""
    return subprocess.Popen(
        [sys.executable, "-m", "provisioner", *map(str, arguments), "--sandbox"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **provision.variables, "PROVISION_SANDBOX_LATENCY": "cloud=30", **environment},
    )


def read_until(stream, text: str) -> None:
    """Read lines until one has `text` in it."""
    for line in stream:
        if text in line:
            return
    raise AssertionError(f"{text!r} was never printed")


INTERRUPTIONS = [
    (phase, number)
    for phase in ("24 to add", "created", "Applying the worker")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
]


@pytest.mark.parametrize("interruption", spread(INTERRUPTIONS, 2), ids=lambda one: f"{one[1].name}-at-{one[0]}")
def test_interrupted_apply_says_so_and_can_be_repeated(provision, engine, interruption):
    provision.engine, (phase, number) = engine, interruption
    with start(provision, "apply", EXAMPLE, "-o", "json", "--terraform", engine) as run:
        read_until(run.stderr, phase)
        run.send_signal(number)
        time.sleep(0.02)
        run.send_signal(signal.SIGTERM)  # the highest number: of two that arrive together the lower one is the first
        out, _ = run.communicate(timeout=60)
    assert (run.returncode, json.loads(out)["error"]["type"]) == (128 + number, "Interrupted")
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED


@LONG
def test_reader_that_leaves_does_not_cut_an_apply_short(provision):
    with start(provision, "apply", EXAMPLE) as run:
        run.stdout.readline()
        run.stdout.close()
        assert run.wait(60) == 1, "the statuses could not be printed"
    assert provision("plan", EXAMPLE).code == 0


def test_reader_that_leaves_with_the_interrupt_leaves_terraform_its_one_signal(provision):
    """`provision apply | tee log`: Ctrl-C ends tee as well, and a second SIGINT would lose terraform's state."""
    with start(provision, "apply", EXAMPLE) as run:
        read_until(run.stdout, "created")
        run.stdout.close()
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 130
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED


def test_a_run_that_loses_the_race_for_the_infrastructure_does_not_stop_the_winner(provision):
    """Two runs that begin at once may get one of the two leases each."""
    provision.ok("apply", EXAMPLE)
    with open_bucket(provision) as store:
        other = Lease.acquire(StateLog(store, ENTRY, "worker"), "run-other", "apply", "elsewhere")
        before = len(store.list(f"{ENTRY}/provisioner/infrastructure/lock/"))

        def give_up() -> None:
            while len(store.list(f"{ENTRY}/provisioner/infrastructure/lock/")) == before:
                time.sleep(0.01)
            time.sleep(0.1)
            other.release("clean")

        loser = threading.Thread(target=give_up)
        loser.start()
        provision.ok("apply", EXAMPLE)
        loser.join()


def test_second_run_is_told_who_is_first(provision):
    with start(provision, "apply", EXAMPLE) as first:
        read_until(first.stdout, "created")
        second = provision("apply", EXAMPLE, "-o", "json")
        first.communicate(timeout=60)
    assert (first.returncode, second.code, second.document["error"]["type"]) == (0, 4, "Locked")
    assert "holds the state: apply since" in second.err


def test_apply_after_a_killed_one_looks_for_what_it_left(provision):
    killed = start(provision, "apply", EXAMPLE, PROVISION_LEASE_TTL="2")
    for line in killed.stdout:
        if "alicloud_vpc.this" in line and "created" in line:
            break
    killed.kill()
    killed.communicate()
    taken = provision.ok("apply", EXAMPLE)  # at once: nothing of the killed run lives, and this machine can tell
    assert "ended without giving the infrastructure lease back" in taken.out
    assert provision("plan", EXAMPLE).code == 0
