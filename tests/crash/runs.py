"""Starts runs of `provision` side by side, and reads their output, their log and their chain."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from provisioner.objectstore import ObjectStore
from provisioner.state import LeaseEvent, StateLog
from tests.crash.processes import family_of, send_to_all
from tests.e2e.conftest import EXAMPLE, Provision

UID = "3f0d4f52-8c0e-4a5b-9d57-6f1f6c1b2a90"
"""The example's."""


@dataclass(frozen=True)
class Run:
    """A command under way, or one that has ended."""

    process: subprocess.Popen[bytes]
    output: Path

    def wait(self, timeout_seconds: float = 600) -> int:
        """Wait for the end of the command, and return its exit code."""
        return self.process.wait(timeout_seconds)

    @property
    def said(self) -> str:
        """What it has printed so far, on both streams."""
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        """Return the process and all its descendants, terraform's own session included."""
        return family_of(self.process)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the run that exist."""
        send_to_all(self.family(), number)


def start(provision: Provision, name: str, *arguments: str | Path, **environment: str) -> Run:
    """Start a command in the provision's sandbox, which waits five minutes for a lease."""
    output = provision.folder / f"{name}.txt"
    variables = {**provision.variables, "PROVISION_LOCK_TIMEOUT": "300", **environment}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "provisioner", *map(str, arguments), "--sandbox"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables},
        )
    return Run(process, output)


def write_shoot(provision: Provision, number: int) -> Path:
    """Write the example as another shoot, with other names and another uid, and return the file."""
    text = EXAMPLE.read_text().replace("canary", f"canary{number}").replace(UID, uid(number))
    path = provision.folder / f"shoot-{number}.yaml"
    path.write_text(text)
    return path


def uid(number: int) -> str:
    """Return the uid of the shoot that `write_shoot` writes."""
    return f"{UID[:-4]}{number:04d}"


def with_maximum(maximum: int) -> Callable[[dict[str, Any]], None]:
    """Return a change of the shoot that needs an apply of the worker root."""

    def change(shoot: dict[str, Any]) -> None:
        shoot["spec"]["provider"]["workers"][0]["maximum"] = str(maximum)

    return change


@dataclass(frozen=True)
class Version:
    """One version in a log."""

    number: int
    serial: int
    lineage: str
    metadata: Mapping[str, str]


def read_versions(log: StateLog) -> list[Version]:
    """Return the states in a log, fences before the first of them left out."""
    found = []
    for info in log.history():
        stored = log.raw(info.number)
        if stored.body:
            state = json.loads(stored.body)
            found.append(Version(info.number, state["serial"], state["lineage"], stored.metadata))
    return found


def read_chain(store: ObjectStore, log: StateLog) -> list[LeaseEvent]:
    """Return every event of the log's lease."""
    return [LeaseEvent.from_json(store.get(info.key).body, info.key) for info in store.list(f"{log.prefix}lock/")]


def assert_nothing_is_lost(log: StateLog) -> None:
    """Check that the versions have consecutive numbers, one lineage and ascending serials."""
    versions = read_versions(log)
    assert [info.number for info in log.history()] == list(range(1, len(log.history()) + 1))
    assert len({version.lineage for version in versions}) == 1
    states = [version.serial for version in versions if "fence" not in version.metadata]
    assert states == sorted(set(states))


def cpu_seconds() -> float:
    """Return the CPU time of this process and of the processes it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
