"""`provision state unlock`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta

import pytest

from provisioner.errors import StateError
from provisioner.state import Lease, StateLog
from tests.e2e.conftest import ENTRY, EXAMPLE, open_bucket
from tests.e2e.state.log import events, held
from tests.e2e.test_consent import PROGRAM, Terminal


def test_unlock_of_a_free_lease_says_so(applied):
    done = applied.ok("state", "unlock", EXAMPLE)
    assert done.out.count("is free: ") == 2


def test_unlock_frees_the_lease_and_ends_the_holder(applied):
    with held(applied) as lease:
        since = lease.since
        done = applied.ok("state", "unlock", EXAMPLE, "--root", "infrastructure", "-o", "json").document
        assert done["leases"][0]["holder"]["run"] == "run-other"
        with pytest.raises(StateError, match="took it over"):
            lease.renew()
    *_, takeover, release = events(applied)
    assert [(event.event, event.operation) for event in (takeover, release)] == [
        ("takeover", "unlock"),
        ("release", "unlock"),
    ]
    assert (release.outcome, abs((release.unclean_since - since).total_seconds()) < 0.01) == ("failed", True)


def test_unlock_seals_the_log_against_the_holder(applied):
    with open_bucket(applied) as store:
        log = StateLog(store, ENTRY, "infrastructure")
        lease = Lease.acquire(log, "run-other", "apply", "elsewhere", renewing=False)
        newest = lease.state
        assert newest is not None
        applied.ok("state", "unlock", EXAMPLE)
        state = json.loads(newest.body)
        state["serial"] += 1
        with pytest.raises(StateError, match="another writer appended"):
            log.append(json.dumps(state).encode(), lease, "run-other")
        assert lease.lost


def test_run_after_an_unlock_looks_for_what_the_holder_left(applied):
    with held(applied, ttl=timedelta(seconds=2)):
        applied.ok("state", "unlock", EXAMPLE)
    time.sleep(3)  # until then the holder may work
    applied.ok("apply", applied.folder / "changed.yaml")
    assert events(applied)[-1].outcome == "clean"
    assert events(applied)[-1].unclean_since is None


def test_unlock_asks_on_a_terminal(applied):
    with held(applied) as lease, closing(Terminal(applied, ["state", "unlock", EXAMPLE])) as run:
        run.read_until("> ")
        run.type("no")
        assert (run.wait(), "run run-other on elsewhere holds the state" in run.text) == (3, True)
        lease.renew()
        lease.release("clean")


def test_unlock_without_a_terminal_needs_yes(applied):
    with held(applied) as lease:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "state", "unlock", EXAMPLE],
            env={**os.environ, **applied.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        lease.release("clean")
    assert (done.returncode, "run it with --yes" in done.stderr) == (3, True)
