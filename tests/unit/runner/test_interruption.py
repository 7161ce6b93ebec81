from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psutil
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


PROGRAM = """
import os, sys, time
from datetime import timedelta
from provisioner.runner import Interruption

interruption = Interruption(timedelta(seconds=1), notify=lambda text: print(text, flush=True))
with interruption.installed():
    if sys.argv[1] == "holds":
        interruption.lease_taken("infrastructure")
    if sys.argv[1] == "held":
        interruption.lease_taken("infrastructure")
        interruption.lease_given_back("infrastructure")
    print("ready", flush=True)
    sys.stdin.readline()
print("done", flush=True)
"""


@contextmanager
def program(lease: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program that holds a lease, or has held one, and waits for a line."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, lease],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,  # the kernel stops no group whose parents are all in it, or in another session
    ) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.send_signal(signal.SIGCONT)


def test_ctrl_z_does_nothing_while_a_lease_is_held():
    """Others would take it from a run that stands still, and its terraform works on."""
    with program("holds") as process:
        process.send_signal(signal.SIGTSTP)
        assert "does not stop" in process.stdout.readline()
        assert psutil.Process(process.pid).status() != psutil.STATUS_STOPPED
        process.communicate("go on\n")
    assert process.returncode == 0


@pytest.mark.parametrize("lease", ["none", "held"])
def test_ctrl_z_stops_a_run_without_a_lease_as_often_as_it_comes(lease):
    with program(lease) as process:
        for _ in range(2):
            process.send_signal(signal.SIGTSTP)
            end = time.monotonic() + 10
            while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED and time.monotonic() < end:
                time.sleep(0.01)
            assert psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
            process.send_signal(signal.SIGCONT)
        assert process.communicate("go on\n")[0] == "done\n"


@pytest.mark.parametrize("number", [signal.SIGTTIN, signal.SIGTTOU])
def test_a_terminal_does_not_stop_a_run_in_the_background(number):
    with program("holds") as process:
        process.send_signal(number)
        assert process.communicate("go on\n")[0] == "done\n"
