"""
The late matrix: what a run may vouch for while the cloud does not show yet what an interrupted run has created.

`python -m tests.crash.late_matrix`, or `make late-matrix`. A run is killed or stopped in the middle of a call that
creates something, and the cloud shows that object only seconds later. The next run starts at once, and one more when
the settling time is over. The program prints each case in which a run left something, made something twice, or vouched
too early, keeps its folder, and ends with the sums.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

import psutil

from provisioner.objectstore import ObjectStore
from provisioner.sandbox.cloud.faults import Fault
from provisioner.sandbox.sandbox import open_cloud
from provisioner.state import StateLog
from provisioner.state.chain import newest_event
from tests.crash import on_hosted_sandbox
from tests.crash.kill import TTL_SECONDS, Kill, Kills, add_provider
from tests.crash.kill_points import Point
from tests.crash.matrix_runner import Matrix, Outcome, Trial, column
from tests.crash.processes import family_of, kill_all
from tests.crash.sandbox_contents import Contents, read_contents
from tests.crash.scenarios import SCENARIOS, Command
from tests.e2e.conftest import ENTRY, Provision, open_bucket

Event = Literal["kill", "stop", "continue", "unlock", "take-over"]
"""
What happens to the first run. kill: provision alone is killed; stop: provision is stopped for good; continue: provision
is stopped and continues after the next run; unlock: provision is killed and its lease freed at once; take-over:
provision, terraform and the providers are killed.
"""
ACTIONS: Final = (
    "CreateVpc",
    "CreateSecurityGroup",
    "CreateVSwitch",
    "AllocateEipAddress",
    "CreateNatGateway",
    "CreateSnatEntry",
    "CreateScalingGroup",
    "CreateScalingConfiguration",
)
LATE_SECONDS: Final = (0.0, 5.0, 30.0)
_MARGIN_SECONDS: Final = 3.0
"""How much longer the settling time is than the delay of what shows late."""
_UNLOCK_SECONDS: Final = 8.0
"""A holder whose lease is freed may work until the lease would have expired."""
_ROOTS: Final = ("infrastructure", "worker")


@dataclass(frozen=True, slots=True)
class Case:
    """One interrupted run, the object that shows late, and the command that comes next."""

    event: Event
    action: str
    late_seconds: float
    next: Command
    is_same_machine: bool
    waits: bool = True
    """Whether a destroy waits for the settling time."""

    def __str__(self) -> str:
        place = "same machine" if self.is_same_machine else "elsewhere"
        patience = "" if self.waits else " --no-wait"
        return f"{self.event} at {self.action}, shows {self.late_seconds:g} s late; {self.next}{patience} {place}"

    @property
    def settling_seconds(self) -> float:
        """The settling time that the next runs are configured with."""
        return self.late_seconds + _MARGIN_SECONDS


@dataclass
class LateOutcome(Outcome):
    """What a case led to."""

    leaked: list[str] = field(default_factory=list, metadata=column("leaked"))
    duplicated: list[str] = field(default_factory=list, metadata=column("duplicated"))
    too_early: list[str] = field(default_factory=list, metadata=column("vouched too early"))
    not_converged: list[str] = field(default_factory=list, metadata=column("not converged"))


def cases(late: tuple[float, ...] = LATE_SECONDS) -> list[Case]:
    """Return every event with every delay before either command, which take calls and machines in turn."""
    actions = itertools.cycle(ACTIONS)
    found = []
    for number, (event, seconds, command) in enumerate(
        itertools.product(get_args(Event), late, ("apply", "destroy", "apply", "destroy"))
    ):
        # Five events times twelve: every action meets every event, delay and command in turn.
        found.append(Case(event, next(actions), seconds, command, number % 3 == 0, waits=number % 4 != 3))
    return found


class CutOffs(Kills):
    """Cases in one folder."""

    def run_case(self, case: Case) -> LateOutcome:
        """Interrupt a run, run at once and again later, and compare; keep the folder unless all is good."""
        for number in range(3):
            outcome = self._run_case(case, TTL_SECONDS[self._provider] * 2**number)
            outcome.tidy()
            if outcome.is_reached:
                break
        return outcome

    def _run_case(self, case: Case, ttl_seconds: float) -> LateOutcome:
        folder = self._new_folder(f"late-{case.event}")
        outcome = LateOutcome(case, folder)
        scenario = SCENARIOS["apply" if case.next == "apply" else "apply-destroy"]
        expected = self._expectation(scenario)
        kill = Kill(scenario, Point(case.action, "before"))
        stop, marker = folder / "stop.json", folder / "stopped"
        stop.write_text(json.dumps(kill.point.document(marker)))
        variables = {"PROVISION_SANDBOX_STOP": str(stop), "PROVISION_LEASE_TTL": str(ttl_seconds)}
        if case.late_seconds:
            cloud = open_cloud(folder / "sandbox", environment={})
            cloud.faults.add(Fault(case.action, "invisible", times=1, delay_ms=case.late_seconds * 1000))
            cloud.close()
        with ExitStack() as hosts:
            program = (on_hosted_sandbox.__file__, str(self._serve(folder, hosts, variables)))
            run = self._start(folder, "apply", "example", log="cut-off", program=program, **variables)
            while not marker.exists() and run.poll() is None:
                time.sleep(0.01)
            family = family_of(run)
            hosts.callback(run.wait)
            hosts.callback(kill_all, family)
            if run.poll() is not None:
                outcome.is_reached = False
                return outcome
            self._cut_off(case, run.pid, family)
            marker.unlink()
            if case.event == "unlock":
                self._command(case, outcome, "state", "unlock", log="unlock", extra=("--yes",))
            self._compare_runs(case, outcome, expected, psutil.Process(run.pid))
        return outcome

    def _cut_off(self, case: Case, pid: int, family: list[psutil.Process]) -> None:
        process = psutil.Process(pid)
        if case.event in ("stop", "continue"):
            process.suspend()
        elif case.event == "take-over":
            kill_all(family)
        else:
            process.kill()

    def _compare_runs(self, case: Case, outcome: LateOutcome, expected: Contents, run: psutil.Process) -> None:
        waits = () if case.waits or case.next == "apply" else ("--no-wait",)
        code = self._command(case, outcome, case.next, log="at-once", extra=waits)
        if case.event == "continue":
            run.send_signal(signal.SIGCONT)
            run.wait(60)
        # The cloud may refuse to delete a parent of what it does not show yet.
        is_refused = code == 5 or self._has_no_state(outcome, "at-once")
        if code and case.next == "destroy" and case.waits and not is_refused:
            outcome.not_converged.append(f"destroy at once exits {code}: {self._said(outcome, 'at-once')}")
        # By then the cloud shows everything, and the next run may vouch.
        time.sleep(case.settling_seconds + 1 + (_UNLOCK_SECONDS if case.event == "unlock" else 0))
        # A run that continues after losing its lease says so in the chain.
        says_clean = self._is_clean(outcome.folder)
        found = read_contents(outcome.folder / "sandbox")
        wrong = [*found.surplus(expected), *found.doubles(expected)]
        if wrong and (says_clean or (case.next == "destroy" and code == 0)):
            outcome.too_early += wrong
        if self._command(case, outcome, case.next, log="later") and not self._has_no_state(outcome, "later"):
            outcome.not_converged.append(f"{case.next} later fails: {self._said(outcome, 'later')}")
        elif not self._is_clean(outcome.folder) and not self._has_no_state(outcome, "later"):
            outcome.not_converged.append("the later run does not vouch")
        found = read_contents(outcome.folder / "sandbox")
        outcome.leaked += found.surplus(expected) + [f"without owner: {text}" for text in found.unowned]
        outcome.duplicated += found.doubles(expected)
        outcome.not_converged += [f"missing: {text}" for text in found.missing(expected)]

    def _command(self, case: Case, outcome: LateOutcome, *words: str, log: str, extra: tuple[str, ...] = ()) -> int:
        given = {"PROVISION_SETTLING_TIME": str(case.settling_seconds), "PROVISION_LEASE_TTL": "20"}
        place = self._start if case.is_same_machine else self._start_elsewhere
        # `state unlock` is two words, and the manifest comes after both.
        *group, verb = words
        return self._wait(place(outcome.folder, verb, "example", log=log, group=tuple(group), extra=extra, **given))

    def _is_clean(self, folder: Path) -> bool:
        """Return whether the last run of each root has vouched."""
        provision = Provision(folder)
        with open_bucket(provision) as store:
            return all(_is_clean(store, root) for root in _ROOTS)

    def _said(self, outcome: LateOutcome, log: str) -> str:
        return " | ".join((outcome.folder / f"{log}.log").read_text(errors="replace").strip().splitlines()[-5:])

    def _has_no_state(self, outcome: LateOutcome, log: str) -> bool:
        """Return whether a command found nothing to destroy, which is an error of its own."""
        return "there is no state of" in self._said(outcome, log)


def _is_clean(store: ObjectStore, root: str) -> bool:
    event = newest_event(StateLog(store, ENTRY, root))  # type: ignore[arg-type]  # one of the two roots
    return event is None or event.is_clean


def _prepare(folder: Path, arguments: argparse.Namespace) -> Trial[Case]:
    return Trial(cases(), CutOffs(folder, arguments.provider).run_case)


# A case waits most of the time, so the number of jobs does not depend on that of processors.
MATRIX = Matrix("late", __doc__, "points", LateOutcome, _prepare, add_options=add_provider, jobs=6)

if __name__ == "__main__":
    sys.exit(MATRIX.main())
