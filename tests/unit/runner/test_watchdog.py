"""
terraform never outlives its parent's authority: what becomes of it when its parent is killed, stopped, or silent.

The parent is a small program of its own; what it may say, and what is done to it and to the watchdog, is the test's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.unit.runner.conftest import write_script

PARENT = """
import json, sys, threading
from datetime import timedelta
from pathlib import Path
from provisioner.errors import ProvisionError
from provisioner.objectstore import boot_seconds
from provisioner.runner import Authority, Engine, Interruption, Terraform

engine, folder, first = json.loads(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])

def authority(seconds):
    now = boot_seconds()
    return Authority(now + seconds[0], now + seconds[1]) if seconds else Authority()

lacks = json.loads((folder / "script.json").read_text()).get("lacks")
if lacks:
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == lacks:
            raise RuntimeError("can't start new thread")
        start(thread)

    threading.Thread.start = refuse

interruption = Interruption(timedelta(seconds=2))
terraform = Terraform(Engine(tuple(engine), "stand-in", "1.11.4"), folder, {}, interruption)
terraform.authorise(authority(first))

def listen():
    for line in sys.stdin:
        terraform.authorise(authority(json.loads(line)))

threading.Thread(target=listen, daemon=True).start()
with interruption.installed():
    try:
        terraform.apply()
    except ProvisionError as error:
        print(error, flush=True)
        sys.exit(error.exit_code)
"""
WORKER = """
import json, os, signal, subprocess, sys, time
from pathlib import Path
script = json.loads(Path("script.json").read_text())
signals = []
def publish(name, text):
    # Its reader finds it whole or not at all.
    Path(name + ".partial").write_text(text)
    Path(name + ".partial").replace(name)
def on_signal(number, frame):
    signals.append(signal.Signals(number).name)
    publish("signals.json", json.dumps(signals))
signal.signal(signal.SIGINT, on_signal)
if script.get("provider"):
    null = subprocess.DEVNULL  # a provider has pipes of its own
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=null, stderr=null)
    publish("provider", str(child.pid))
print(json.dumps({"type": "version"}), flush=True)
publish("ready", str(os.getpid()))
end = time.monotonic() + script.get("seconds", 30)
while time.monotonic() < end and (script.get("is_stubborn") or not signals):
    time.sleep(0.01)
time.sleep(0.3)  # a second signal would be seen
print("x" * script.get("says", 0), flush=True)
publish("written", "the state")
sys.exit(1 if signals else 0)
"""
SHORT, LONG = [0.6, 30.0], [30.0, 60.0]
"""Seconds until terraform is stopped, and until it is killed."""


class Family:
    """A parent, its terraform, and the watchdog beside it."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "root"
        self.folder.mkdir()
        self.terraform: psutil.Process | None = None
        self._program = tmp_path / "terraform.py"
        self._program.write_text(WORKER)
        self._parent = tmp_path / "parent.py"
        self._parent.write_text(PARENT)

    def start(self, authority: list[float] | None, **script: object) -> None:
        """Start the parent, and wait until terraform is at work."""
        write_script(self.folder, **script)
        engine = [sys.executable, "-S", str(self._program)]
        self.parent = subprocess.Popen(
            [sys.executable, str(self._parent), json.dumps(engine), str(self.folder), json.dumps(authority)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if "lacks" in script:
            return
        wait_until(lambda: (self.folder / "ready").exists() and self.watchdog() is not None)
        self.terraform = psutil.Process(int((self.folder / "ready").read_text()))
        # Only then has it read what it was told first.
        wait_until(lambda: self.watchdog().status() == psutil.STATUS_SLEEPING)

    def watchdog(self) -> psutil.Process | None:
        """Return the watchdog, as long as the parent lives."""
        for child in psutil.Process(self.parent.pid).children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if any("watchdog_process" in argument for argument in child.cmdline()):
                    return child
        return None

    def tell(self, authority: list[float]) -> None:
        """Have the parent say that it has authority for longer, or for less long."""
        self.parent.stdin.write(f"{json.dumps(authority)}\n")
        self.parent.stdin.flush()

    def signals(self) -> list[str]:
        """Return what terraform has received, once it is over."""
        wait_until(lambda: not self.terraform.is_running() or self.terraform.status() == psutil.STATUS_ZOMBIE)
        path = self.folder / "signals.json"
        return json.loads(path.read_text()) if path.exists() else []

    def has_written(self) -> bool:
        """Return whether terraform has come to its end and written its state."""
        return (self.folder / "written").exists()


def wait_until(is_so: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path)
    yield family
    for pid in [family.parent.pid, *([family.terraform.pid] if family.terraform else [])]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    family.parent.wait()
    family.parent.stdin.close()
    family.parent.stdout.close()


@pytest.mark.parametrize("authority", [None, LONG], ids=["without a lease", "with a lease"])
def test_terraform_of_a_killed_parent_stops_in_good_order(family: Family, authority: list[float] | None) -> None:
    family.start(authority)
    family.parent.kill()
    assert (family.signals(), family.has_written()) == (["SIGINT"], True)


def test_terraform_of_a_killed_parent_can_say_more_than_a_pipe_holds(family: Family) -> None:
    """A process that writes into a pipe without a reader is killed at once, or waits for ever."""
    family.start(LONG, says=1_000_000)
    family.parent.kill()
    assert (family.signals(), family.has_written()) == (["SIGINT"], True)


def test_terraform_of_a_stopped_parent_stops_when_its_authority_ends(family: Family) -> None:
    family.start(SHORT)
    family.parent.send_signal(signal.SIGSTOP)
    assert (family.signals(), family.has_written()) == (["SIGINT"], True)


def test_parent_that_goes_on_too_late_says_what_became_of_terraform(family: Family) -> None:
    family.start(SHORT)
    family.parent.send_signal(signal.SIGSTOP)
    family.signals()
    family.parent.send_signal(signal.SIGCONT)
    assert family.parent.wait(20) == 1
    assert "this program stood still for so long that terraform apply was stopped" in family.parent.stdout.read()


def test_parent_that_stands_still_for_less_goes_on(family: Family) -> None:
    family.start([3.0, 30.0], seconds=1.0)
    family.parent.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    family.parent.send_signal(signal.SIGCONT)
    assert family.parent.wait(20) == 0
    assert family.signals() == []


def test_authority_lasts_as_long_as_the_parent_said_last(family: Family) -> None:
    family.start(SHORT, seconds=1.5)
    family.tell(LONG)
    assert family.parent.wait(20) == 0
    assert family.signals() == []


def test_terraform_and_its_providers_are_killed_at_the_end_of_the_lease(family: Family) -> None:
    family.start([0.3, 0.9], is_stubborn=True, provider=True)
    family.parent.send_signal(signal.SIGSTOP)
    assert family.signals() == ["SIGINT"]
    assert not family.has_written()
    provider = int((family.folder / "provider").read_text())
    wait_until(lambda: not psutil.pid_exists(provider) or psutil.Process(provider).status() == psutil.STATUS_ZOMBIE)


def test_providers_do_not_outlive_a_terraform_whose_parent_is_gone(family: Family) -> None:
    family.start(LONG, provider=True)
    family.parent.kill()
    assert family.signals() == ["SIGINT"]
    provider = int((family.folder / "provider").read_text())
    wait_until(lambda: not psutil.pid_exists(provider) or psutil.Process(provider).status() == psutil.STATUS_ZOMBIE)


def test_terraform_never_gets_a_second_sigint(family: Family) -> None:
    """It would end without writing its state."""
    family.start([0.8, 30.0], is_stubborn=True, seconds=2.0)
    family.parent.send_signal(signal.SIGTERM)
    wait_until((family.folder / "signals.json").exists)
    family.parent.kill()
    assert (family.signals(), family.has_written()) == (["SIGINT"], True)


def test_parent_that_is_interrupted_after_the_watchdog_acted_sends_nothing(family: Family) -> None:
    family.start(SHORT, is_stubborn=True, seconds=2.0)
    family.parent.send_signal(signal.SIGSTOP)
    wait_until((family.folder / "signals.json").exists)
    family.parent.send_signal(signal.SIGCONT)
    family.parent.send_signal(signal.SIGTERM)
    assert (family.signals(), family.has_written()) == (["SIGINT"], True)


def test_watchdog_that_is_killed_alone_is_replaced(family: Family) -> None:
    family.start(LONG)
    first = family.watchdog()
    first.kill()
    wait_until(lambda: family.watchdog() not in (None, first))
    second = family.watchdog()
    wait_until(lambda: second.status() == psutil.STATUS_SLEEPING)
    family.parent.kill()
    assert (family.signals(), family.has_written()) == (["SIGINT"], True)


def test_terraform_whose_parent_and_watchdog_are_killed_together_ends_with_its_next_word(family: Family) -> None:
    """terraform -json says every ten seconds what it is waiting for."""
    family.start(LONG, seconds=0.5, says=10)
    watchdog = family.watchdog()
    family.parent.send_signal(signal.SIGSTOP)  # so that it does not start another one
    watchdog.kill()
    family.parent.kill()
    assert (family.signals(), family.has_written()) == ([], False)


def test_watchdog_that_stands_still_keeps_no_process_from_ending(family: Family) -> None:
    family.start(LONG, seconds=0.5)
    watchdog = family.watchdog()
    watchdog.suspend()
    for _ in range(3000):  # more than a pipe holds
        family.tell(LONG)
    assert family.parent.wait(20) == 0
    wait_until(lambda: not watchdog.is_running())


def test_watchdog_knows_no_credentials_and_belongs_to_no_terminal(family: Family) -> None:
    family.start(LONG)
    watchdog = family.watchdog()
    assert watchdog.environ() == {}
    assert os.getsid(watchdog.pid) == watchdog.pid


def test_providers_do_not_outlive_a_terraform_that_was_killed_alone(family: Family) -> None:
    """One that repeats a call may go on for minutes, and no later run would find it."""
    family.start(LONG, provider=True)
    provider = psutil.Process(int((family.folder / "provider").read_text()))
    family.terraform.kill()
    assert family.parent.wait(20) == 1
    wait_until(lambda: not provider.is_running() or provider.status() == psutil.STATUS_ZOMBIE)


def test_terraform_that_hangs_after_the_watchdog_acted_gets_the_grace_of_a_signal(family: Family) -> None:
    """A parent that stood still and goes on keeps its lease, and would wait for it for ever."""
    family.start(SHORT, is_stubborn=True)
    family.parent.send_signal(signal.SIGSTOP)
    wait_until((family.folder / "signals.json").exists)
    family.parent.send_signal(signal.SIGCONT)
    family.tell(LONG)
    family.parent.send_signal(signal.SIGTERM)
    assert family.parent.wait(20) == 143
    assert not family.has_written()


@pytest.mark.parametrize("thread", ["watchdog", "stderr"])
def test_terraform_beside_which_nothing_can_be_started_does_not_go_on(family: Family, thread: str) -> None:
    family.start(LONG, lacks=thread)
    assert family.parent.wait(20) == 1
    assert "could not start a thread or process beside it: can't start new thread" in family.parent.stdout.read()
    assert not family.has_written()
