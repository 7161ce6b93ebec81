"""
A run that stands still in the middle of an apply for longer than its lease lasts, and then continues.

The program, terraform and the provider are all stopped. The run creates its next object after its successor's last look
into the cloud.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from provisioner.objectstore import OssStore
from provisioner.state import StateLog
from tests.crash.runs import Run, assert_nothing_is_lost, read_chain, start
from tests.e2e.conftest import ENTRY, EXAMPLE, Provision, open_bucket
from tests.e2e.test_main_job import EXPECTED

TTLS_SECONDS = (1, 3, 9)
"""A loaded machine may end a run with a short lease before the point at which the test pauses it."""
ROOT = "infrastructure"


def pause_before(provision: Provision, action: str) -> tuple[Run, int]:
    """Apply until just before a call, and stop all processes there; return the run and its TTL."""
    stop, marker = provision.folder / "stop.json", provision.folder / "stopped"
    stop.write_text(json.dumps({"action": action, "when": "before", "marker": str(marker)}))
    for ttl in TTLS_SECONDS:
        environment = {"PROVISION_SANDBOX_STOP": str(stop), "PROVISION_LEASE_TTL": str(ttl)}
        run = start(provision, "paused", "apply", EXAMPLE, **environment)
        while not marker.exists() and run.process.poll() is None:
            time.sleep(0.005)
        if run.process.poll() is None:
            run.send_to_all(signal.SIGSTOP)
            marker.unlink()  # from here on only the signal holds the run
            return run, ttl
        marker.unlink(missing_ok=True)
    raise AssertionError(run.said)


def what_is_stored(store: OssStore) -> list[tuple[str, bytes]]:
    """Return every version of every root."""
    found = []
    for root in ("infrastructure", "worker"):
        log = StateLog(store, ENTRY, root)
        found += [(f"{root}/{info.number}", log.raw(info.number).body) for info in log.history()]
    return found


@pytest.fixture
def provision(tmp_path: Path) -> Provision:
    return Provision(tmp_path)


def test_a_paused_run_neither_commits_over_its_successor_nor_leaves_anything_unknown(provision: Provision) -> None:
    paused, ttl = pause_before(provision, "AllocateEipAddress")
    try:
        paused_at = time.monotonic()
        successor = start(provision, "successor", "apply", EXAMPLE)
        assert successor.wait() == 0, successor.said
        assert "ended without giving the infrastructure lease back" in successor.said
        assert provision.counts() == EXPECTED
        time.sleep(max(0.0, paused_at + 3 * ttl - time.monotonic()))
        with open_bucket(provision) as store:
            stored = what_is_stored(store)
            events = len(read_chain(store, StateLog(store, ENTRY, ROOT)))
    finally:
        paused.send_to_all(signal.SIGCONT)
    assert paused.wait() == 1, paused.said
    assert "lease" in paused.said
    assert provision.counts()["eip"] > EXPECTED["eip"], "the paused run has created nothing: nothing is shown here"

    with open_bucket(provision) as store:
        log = StateLog(store, ENTRY, ROOT)
        assert what_is_stored(store) == stored
        assert [event.event for event in read_chain(store, log)[events:]] == ["disturb"]

        provision.ok("apply", EXAMPLE)
        assert provision.counts() == EXPECTED
        assert provision("plan", EXAMPLE).code == 0
        assert_nothing_is_lost(log)
        last = read_chain(store, log)[-1]
    assert (last.event, last.outcome, last.unclean_since) == ("release", "clean", None)
    shutil.rmtree(provision.folder / "work", ignore_errors=True)  # the journal of the paused run
