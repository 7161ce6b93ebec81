"""A spread of an object store's faults over the calls of a run; `make oss-faults` tries every fault at every call."""

from __future__ import annotations

import json
import re
import signal
import time

import pytest

from tests.crash.oss_faults import Faults, Injection, losses, once_each, start_command
from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.test_interruption import read_until
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import chosen, spread

CALLS = 24
"""About as many as a run makes; a fault beyond the last call never comes."""


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("oss"))


@pytest.mark.parametrize("injection", spread(once_each(CALLS), 2), ids=str)
def test_nothing_is_lost_and_the_next_run_makes_it_good(faults: Faults, injection: Injection) -> None:
    outcome = faults.run(injection)
    assert (outcome.losses, outcome.complaints) == ([], [])


def test_ctrl_c_does_not_wait_for_a_store_that_is_silent(tmp_path):
    """From the first put of a state on, the store keeps silent; the timeouts are the default ones."""
    provision = Provision(tmp_path)
    order = tmp_path / "fault.json"
    order.write_text(json.dumps({"kind": "silent", "key": ".tfstate", "lasts": True, "is_patient": True}))
    with start_command(provision, order, PROVISION_SANDBOX_LATENCY="cloud=30") as run:
        read_until(run.stdout, "created")
        run.send_signal(signal.SIGINT)
        start = time.monotonic()
        run.communicate(timeout=60)
    seconds = time.monotonic() - start
    assert (run.returncode, losses(provision)) == (1, [])
    # Terraform's own end, three seconds of silence, one second each for commit and lease, and a slow machine.
    assert seconds < 12
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize("first", [1, 2], ids=["from-the-first-request", "from-the-first-listing"])
@pytest.mark.parametrize("command", chosen(["plan", "apply", "destroy", "status"], {"plan"}.__contains__))
def test_the_page_of_a_captive_portal_is_not_taken_for_an_empty_log(tmp_path, command, first):
    """The portal answers every request from one on with HTML and status 200."""
    provision = Provision(tmp_path)
    provision.begin_applied(EXAMPLE)
    before = provision.counts()
    order = tmp_path / "fault.json"
    order.write_text(json.dumps({"at": first, "kind": "portal", "lasts": True}))
    with start_command(provision, order, command) as run:
        out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (5, "")
    assert re.search(r"^error: oss://demo-garden-backups.*: what answered at 127\.0\.0\.1:\d+ is not OSS: ", err)
    assert provision.counts() == before
    assert provision.ok("plan", EXAMPLE)
