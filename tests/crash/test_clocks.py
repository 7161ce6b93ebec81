"""
Hosts whose wall clock is two hours off, beside a cloud and hosts whose clocks are right.

The cloud refuses OpenAPI requests that such a host signs, with or without this program, so the runs here ask the
OpenAPI for nothing. Requests to OSS are signed with OSS's own time, and leases are judged by it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.errors import StateLockedError
from provisioner.objectstore import OssStore
from provisioner.state import Lease, StateLog
from provisioner.state.chain import newest_event
from tests.crash.processes import kill_all
from tests.crash.runs import Run, read_chain, uid, write_shoot
from tests.e2e.conftest import Provision
from tests.e2e.served import serve
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG

TWO_HOURS = 7200
TTL_SECONDS = 3


@dataclass
class ShootSandbox:
    """A served sandbox, and a host whose clock is off by `skew` seconds."""

    provision: Provision
    skew: int
    settings: Path
    store: OssStore

    def start(self, number: int, **environment: str) -> Run:
        """Apply a shoot on the host whose clock is off."""
        given = json.loads(self.settings.read_text())["credentials"]
        file = write_shoot(self.provision, number)
        text = file.read_text().replace("LTAIexampleexample01", given["accessKeyID"])
        file.write_text(text.replace("not-a-real-secret-only-an-example", given["accessKeySecret"]))
        output = self.provision.folder / f"apply-{number}.txt"
        line = [
            sys.executable,
            "-m",
            "tests.crash.wrong_wall_clock",
            str(self.skew),
            self.settings,
            "apply",
            file,
            "--yes",
        ]
        with output.open("wb") as out:
            process = subprocess.Popen(
                [str(word) for word in line],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).parents[2],
                env={**os.environ, **self.provision.variables, **environment},
            )
        return Run(process, output)

    def log(self, number: int) -> StateLog:
        return StateLog(self.store, f"shoot--demo--canary{number}--{uid(number)}", "infrastructure")


@pytest.fixture(params=[TWO_HOURS, pytest.param(-TWO_HOURS, marks=LONG)], ids=["ahead", "behind"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShootSandbox]:
    provision = Provision(tmp_path)
    with serve(provision, output="json") as printed:
        settings = tmp_path / "served.json"
        settings.write_text(printed)
        served = json.loads(printed)
        key = served["credentials"]
        store = OssStore(
            served["oss"], served["region"], "demo-garden-backups", key["accessKeyID"], key["accessKeySecret"]
        )
        store.ensure_bucket()
        yield ShootSandbox(provision, request.param, settings, store)


def test_a_wrong_wall_clock_neither_steals_nor_hinders(place: ShootSandbox) -> None:
    with Lease.acquire(place.log(1), "run-right", "apply", "right", timedelta(seconds=60)) as held:
        refused = place.start(1)
        assert refused.wait() == 4, refused.said
        assert "run run-right on right holds the state" in refused.said
        assert not held.lost
        held.release("clean")
    applied = place.start(1)
    assert applied.wait() == 0, applied.said
    assert place.provision.counts() == EXPECTED
    last = read_chain(place.store, place.log(1))[-1]
    assert (last.event, last.outcome) == ("release", "clean")
    assert abs(datetime.now(UTC) - last.at) < timedelta(minutes=5)


def test_a_wrong_wall_clock_does_not_keep_a_lease(place: ShootSandbox) -> None:
    run = place.start(2, PROVISION_LEASE_TTL=str(TTL_SECONDS))
    while not newest_event(place.log(2)):
        assert run.process.poll() is None, run.said
        time.sleep(0.01)
    kill_all(run.family())
    run.wait()
    killed_at = time.monotonic()
    while True:
        try:
            lease = Lease.acquire(place.log(2), "run-right", "apply", "right", timedelta(seconds=60))
            break
        except StateLockedError:
            time.sleep(0.1)
    lease.release("failed")
    assert lease.is_takeover
    # HTTP dates omit up to a second, take-over waits a sixth of the TTL longer, and a busy machine needs some time.
    assert time.monotonic() - killed_at < 1 + TTL_SECONDS * 7 / 6 + 10
    shutil.rmtree(place.provision.folder / "work")
