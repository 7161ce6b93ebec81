from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta

import pytest

from provisioner.runner import Interruption


@pytest.mark.parametrize(
    ("number", "is_hurried"), [(None, False), (signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, False)]
)
def test_only_ctrl_c_is_in_a_hurry(number, is_hurried):
    """SIGTERM may be followed by the end of the disk: what can be stored elsewhere has to be."""
    interruption = Interruption(timedelta(seconds=1))
    interruption.signal_number = number
    assert interruption.is_hurried() is is_hurried


def test_ctrl_c_ends_a_rest():
    interruption = Interruption(timedelta(seconds=1))
    threading.Timer(0.1, lambda: setattr(interruption, "signal_number", signal.SIGINT)).start()
    start = time.monotonic()
    interruption.rest(60)
    assert time.monotonic() - start < 10


def test_a_rest_takes_its_time_otherwise():
    start = time.monotonic()
    Interruption(timedelta(seconds=1)).rest(0.15)
    assert time.monotonic() - start >= 0.15
