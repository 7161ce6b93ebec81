"""One kill: a run stops at a point and is killed there, another run repairs what it left, and the cloud is compared."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import psutil

from tests.crash import on_hosted_sandbox, other_machine, sandbox_host
from tests.crash.kill_points import Point, read_points
from tests.crash.matrix_runner import Folders, Outcome, column
from tests.crash.processes import family_of, kill_all, parent_of
from tests.crash.sandbox_contents import Contents, read_contents
from tests.crash.scenarios import HALF_MADE, SCENARIOS, Command, Scenario, write_manifest
from tests.e2e.conftest import access_key

Victims = Literal["everything", "provision", "terraform"]
Provider = Literal["embedded", "real"]

TTL_SECONDS = {"embedded": 2.0, "real": 6.0}
_STOP_TIMEOUT_SECONDS = {"embedded": 60.0, "real": 300.0}
_RUN_TIMEOUT_SECONDS = {"embedded": 120.0, "real": 900.0}
_LOCK_TIMEOUT_SECONDS = "120"
_TRIES = 3
"""A loaded machine may end a run with a short lease before it gets to its point."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Which processes are killed at which point, and on which machine the next run repairs what they left."""

    scenario: Scenario
    point: Point
    victims: Victims = "everything"
    has_leftovers: bool = False
    """Whether the next run has the killed run's machine and folders; else it starts on another machine, with none."""

    def __str__(self) -> str:
        place = "same machine" if self.has_leftovers else "elsewhere"
        return f"{self.scenario.name}: {self.victims} killed {self.point}; {place}"


@dataclass
class KillOutcome(Outcome):
    """What a kill led to."""

    leaked: list[str] = field(default_factory=list, metadata=column("leaked"))
    duplicated: list[str] = field(default_factory=list, metadata=column("duplicated"))
    not_converged: list[str] = field(default_factory=list, metadata=column("not converged"))


class Kills:
    """Kills in one folder, which make the start and the expected end of each scenario once."""

    def __init__(self, folder: Path, provider: Provider = "embedded") -> None:
        self._folders = Folders(folder)
        self._provider: Provider = provider
        self._locks = {name: threading.Lock() for name in SCENARIOS}
        self._starts: dict[str, Path | None] = {}
        self._expected: dict[str, Contents] = {}

    def points(self, scenario: Scenario) -> list[Point]:
        """Return the points of an undisturbed run of the command that a scenario kills."""
        folder = self._new_folder(f"{scenario.name}-undisturbed")
        self._prepare(scenario, folder)
        stop = folder / "stop.json"
        stop.write_text(json.dumps({"record": str(folder / "record.jsonl")}))
        # With so long a lease even a slow machine renews nothing; not every run has those points.
        self._ok(folder, *scenario.killed, PROVISION_SANDBOX_STOP=str(stop), PROVISION_LEASE_TTL="3600")
        points = read_points(folder / "record.jsonl")
        shutil.rmtree(folder)
        return points

    def run(self, kill: Kill) -> KillOutcome:
        """Kill, repair and compare; keep the folder unless all is good."""
        for number in range(_TRIES):
            outcome = self._run(kill, ttl_seconds=TTL_SECONDS[self._provider] * 2**number)
            outcome.tidy()
            if outcome.is_reached:
                break
            if kill.point.is_oss and kill.point.occurrence > 1:
                # A faster run stores fewer states on the way.
                kill = replace(kill, point=replace(kill.point, occurrence=kill.point.occurrence - 1))
        return outcome

    def _run(self, kill: Kill, ttl_seconds: float) -> KillOutcome:
        folder = self._new_folder(kill.scenario.name)
        self._prepare(kill.scenario, folder)
        outcome = KillOutcome(kill, folder)
        expected = self._expectation(kill.scenario)
        with ExitStack() as hosts:
            orphans = self._stop_and_kill(kill, folder, ttl_seconds, outcome, hosts)
            # Terraform without provision, and providers without terraform, may work until the cloud is compared.
            hosts.callback(kill_all, orphans)
            if outcome.is_reached:
                self._repair(kill, folder, outcome)
        if outcome.is_reached:
            _compare(read_contents(folder / "sandbox"), expected, outcome)
        return outcome

    def _stop_and_kill(
        self, kill: Kill, folder: Path, ttl_seconds: float, outcome: KillOutcome, hosts: ExitStack
    ) -> Sequence[psutil.Process]:
        stop, marker = folder / "stop.json", folder / "stopped"
        stop.write_text(json.dumps(kill.point.document(marker)))
        variables = {"PROVISION_SANDBOX_STOP": str(stop), "PROVISION_LEASE_TTL": str(ttl_seconds)}
        if kill.victims == "provision":
            # The processes that survive can only do harm while the cloud is there.
            program = (on_hosted_sandbox.__file__, str(self._serve(folder, hosts, variables)))
            run = self._start(folder, *kill.scenario.killed, log="killed", program=program, **variables)
        else:
            run = self._start(folder, *kill.scenario.killed, log="killed", **variables)
        until = time.monotonic() + _STOP_TIMEOUT_SECONDS[self._provider]
        while not marker.exists():
            if run.poll() is not None or time.monotonic() > until:
                outcome.is_reached = False
                processes = family_of(run)
                run.kill()
                run.wait()
                return processes
            time.sleep(0.01)
        family = family_of(run)
        if kill.victims == "terraform":
            # provision starts terraform, and terraform starts the providers.
            kill_all(process for process in family if parent_of(process) == run.pid)
            marker.unlink()
            try:
                run.wait(_RUN_TIMEOUT_SECONDS[self._provider])
            except subprocess.TimeoutExpired:
                outcome.not_converged.append("the run whose terraform was killed never ended")
        elif kill.victims == "everything":
            kill_all(family)
        run.kill()
        run.wait()
        if kill.victims == "provision":
            marker.unlink()
        return family

    def _repair(self, kill: Kill, folder: Path, outcome: KillOutcome) -> None:
        place: Callable[..., subprocess.Popen[bytes]]
        place = self._start if kill.has_leftovers else self._start_elsewhere
        code = self._wait(place(folder, *kill.scenario.repair, log="repair"))
        if kill.scenario.leaves_nothing:
            # A run that is killed before it stores anything leaves nothing to destroy, which is an error of its own.
            if code and "there is no state of" not in _log(folder, "repair"):
                outcome.not_converged.append(f"{kill.scenario.repair[0]} exits {code}: {_last(folder, 'repair')}")
            return
        if code:
            outcome.not_converged.append(f"{kill.scenario.repair[0]} exits {code}: {_last(folder, 'repair')}")
        code = self._wait(place(folder, "plan", kill.scenario.repair[1], log="plan"))
        if code:
            outcome.not_converged.append(f"plan exits {code}: {_last(folder, 'plan')}")

    def _expectation(self, scenario: Scenario) -> Contents:
        with self._locks[scenario.name]:
            if scenario.name not in self._expected:
                if scenario.leaves_nothing:
                    self._expected[scenario.name] = Contents()
                else:
                    folder = self._new_folder(f"{scenario.name}-expected")
                    self._prepare(scenario, folder)
                    self._ok(folder, *scenario.repair)
                    self._expected[scenario.name] = read_contents(folder / "sandbox")
            return self._expected[scenario.name]

    def _prepare(self, scenario: Scenario, folder: Path) -> None:
        """Copy the sandbox that a scenario starts from into `folder`."""
        if scenario.start is None:
            return
        with self._locks[SCENARIOS["apply"].name]:
            if scenario.start not in self._starts:
                made = self._new_folder(f"start-{scenario.start}")
                if scenario.start == HALF_MADE:
                    self._make_half(made)
                else:
                    self._ok(made, "apply", scenario.start)
                self._starts[scenario.start] = made / "sandbox"
            start = self._starts[scenario.start]
        assert start is not None
        shutil.copytree(start, folder / "sandbox")

    def _make_half(self, folder: Path) -> None:
        kill = Kill(SCENARIOS["apply"], Point("CreateNatGateway", "after"))
        outcome = KillOutcome(kill, folder)
        with ExitStack() as hosts:
            self._stop_and_kill(kill, folder, TTL_SECONDS[self._provider], outcome, hosts)
        assert outcome.is_reached, str(outcome)

    def _new_folder(self, name: str) -> Path:
        folder = self._folders.new(name)
        (folder / "tmp").mkdir()
        return folder

    def _ok(self, folder: Path, command: Command, manifest: str, **environment: str) -> None:
        process = self._start(folder, command, manifest, log="undisturbed", **environment)
        if self._wait(process) != 0:
            raise AssertionError(f"{command} {manifest} does not even work undisturbed: {_log(folder, 'undisturbed')}")

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        try:
            return process.wait(_RUN_TIMEOUT_SECONDS[self._provider])
        except subprocess.TimeoutExpired:
            kill_all(family_of(process))
            return process.wait()

    def _serve(self, folder: Path, hosts: ExitStack, variables: Mapping[str, str]) -> Path:
        """Start a sandbox in a process of its own, and return the file with its addresses."""
        settings = folder / "host.json"
        key = access_key()
        host = subprocess.Popen(
            [sys.executable, sandbox_host.__file__, str(folder / "sandbox"), str(settings), *key],
            stdin=subprocess.PIPE,
            env={**os.environ, **variables},
            start_new_session=True,
        )
        hosts.enter_context(host)
        hosts.callback(host.kill)
        while not settings.exists():
            assert host.poll() is None, "the sandbox does not start"
            time.sleep(0.01)
        return settings

    def _start_elsewhere(
        self, folder: Path, command: str, manifest: str, *, log: str, **given: Any
    ) -> subprocess.Popen[bytes]:
        home = folder / f"{log}-elsewhere"
        shutil.rmtree(home, ignore_errors=True)
        (home / "tmp").mkdir(parents=True)
        return self._start(folder, command, manifest, log=log, home=home, program=(other_machine.__file__,), **given)

    def _start(
        self,
        folder: Path,
        command: str,
        manifest: str,
        *,
        log: str,
        home: Path | None = None,
        program: Sequence[str] = ("-m", "provisioner"),
        group: Sequence[str] = (),
        extra: Sequence[str] = (),
        **environment: str,
    ) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, which writes everything below `home`."""
        home = home or folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROVISION_", "XDG_"))}
        if "PROVISION_REAL_PROVIDER" in os.environ:
            kept["PROVISION_REAL_PROVIDER"] = os.environ["PROVISION_REAL_PROVIDER"]
        line = [
            sys.executable,
            *program,
            *group,
            command,
            str(write_manifest(manifest, folder)),
            "--sandbox",
            "--sandbox-dir",
            str(folder / "sandbox"),
        ]
        if command == "apply":
            line.append("--allow-replace")  # one of the scenarios removes a pool
        if command != "unlock":
            line += ["--provider", self._provider]
        with (folder / f"{log}.log").open("ab") as output:
            return subprocess.Popen(
                [*line, *extra],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={
                    **kept,
                    "HOME": str(home),
                    "TMPDIR": str(home / "tmp"),
                    "PROVISION_RETRY_WAIT": "0.05",
                    # Here the cloud shows everything at once; `late_matrix` is about objects that it shows late.
                    "PROVISION_SETTLING_TIME": "0",
                    # Where nothing proves that the killed run is dead, the next run waits for its lease to expire.
                    "PROVISION_LOCK_TIMEOUT": _LOCK_TIMEOUT_SECONDS,
                    **environment,
                },
            )


def add_provider(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which provider terraform works with."""
    parser.add_argument("--provider", type=_provider, choices=get_args(Provider), default="embedded")


def _provider(text: str) -> str:
    if text == "real" and not os.environ.get("PROVISION_REAL_PROVIDER"):
        raise argparse.ArgumentTypeError("PROVISION_REAL_PROVIDER has to name an executable of aliyun/alicloud")
    return text


def _compare(found: Contents, expected: Contents, outcome: KillOutcome) -> None:
    outcome.leaked += found.surplus(expected) + [f"without owner: {text}" for text in found.unowned]
    outcome.duplicated += found.doubles(expected)
    outcome.not_converged += [f"missing: {text}" for text in found.missing(expected)]


def _log(folder: Path, name: str) -> str:
    return (folder / f"{name}.log").read_text(errors="replace")


def _last(folder: Path, name: str) -> str:
    lines = _log(folder, name).strip().splitlines()
    return " | ".join(lines[-6:])
