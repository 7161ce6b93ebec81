"""A spread of the faults an object store can have over the calls of a run; `make oss-faults` tries all of them."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.crash.oss_faults import Faults, Injection, losses, once_each, start_apply
from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.test_interruption import read_until
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import spread

CALLS = 24
"""About as many as a run makes; a number beyond the last one only makes a fault that never comes."""


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Faults:
    return Faults(tmp_path_factory.mktemp("oss"))


@pytest.mark.parametrize("injection", spread(once_each(CALLS), 4), ids=str)
def test_nothing_is_lost_and_the_next_run_makes_it_good(faults: Faults, injection: Injection) -> None:
    outcome = faults.run(injection)
    assert (outcome.losses, outcome.complaints) == ([], [])


def test_ctrl_c_does_not_wait_for_a_store_that_is_silent(tmp_path):
    """Nothing answers from the first state on that is to be stored; the timeouts are those of every day."""
    provision = Provision(tmp_path)
    order = tmp_path / "fault.json"
    order.write_text(json.dumps({"kind": "silent", "key": ".tfstate", "lasts": True, "is_patient": True}))
    with start_apply(provision, order, PROVISION_SANDBOX_LATENCY="cloud=30") as run:
        read_until(run.stdout, "created")
        run.send_signal(signal.SIGINT)
        start = time.monotonic()
        run.communicate(timeout=60)
    seconds = time.monotonic() - start
    assert (run.returncode, losses(provision)) == (1, [])
    # Terraform's own end, three seconds of silence, and one for each of commit and lease; today's machines are slow.
    assert seconds < 12
    provision.ok("apply", EXAMPLE)
    assert provision.counts() == EXPECTED
    assert list((tmp_path / "work").iterdir()) == []
