"""
The late matrix: what a run may say of a cloud in which something of a run that was cut off still appears.

`python -m tests.crash.late_matrix`, or `make late-matrix`. A run is killed or stopped in the middle of a call that
creates something, which shows only seconds later. The next run comes at once, and one more when the settling time is
over. Prints each case in which something is left, made twice, or vouched for too early, keeps its folder, and ends with
the sums.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
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
from tests.crash.kill import TTL_SECONDS, Kill, Matrix
from tests.crash.kill_points import Point, mix
from tests.crash.processes import family_of, kill_all
from tests.crash.sandbox_contents import Contents, read_contents
from tests.crash.scenarios import SCENARIOS, Command
from tests.e2e.conftest import ENTRY, Provision, open_bucket

Event = Literal["kill", "stop", "continue", "unlock", "take-over"]
"""
What happens to the first run. kill: provision alone is killed; stop: it is stopped, for good; continue: it goes on when
the next run is over; unlock: it is killed and its lease freed at once; take-over: all of it is killed.
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
"""The settling time is so much longer than things are late."""
_UNLOCK_SECONDS: Final = 8.0
"""A holder whose lease is freed may work until it would have expired."""
_ROOTS: Final = ("infrastructure", "worker")


@dataclass(frozen=True, slots=True)
class Case:
    """One run that is cut off, what of it shows late, and what comes next."""

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
        """The settling time that the runs are told."""
        return self.late_seconds + _MARGIN_SECONDS


@dataclass
class Outcome:
    """What a case led to; all lists are empty when nothing is wrong."""

    case: Case
    folder: Path
    is_reached: bool = True
    leaked: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    too_early: list[str] = field(default_factory=list)
    not_converged: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether the run was cut off where it was to be, and nothing is wrong."""
        return self.is_reached and not (self.leaked or self.duplicated or self.too_early or self.not_converged)

    def __str__(self) -> str:
        lines = [str(self.case) + ("" if self.is_reached else ": never reached")]
        for name in ("leaked", "duplicated", "too_early", "not_converged"):
            lines += [f"    {name.replace('_', ' ')}: {text}" for text in getattr(self, name)[:8]]
        return "\n".join([*lines, f"    kept: {self.folder}"])


def cases(late: tuple[float, ...] = LATE_SECONDS) -> list[Case]:
    """Return every event with every delay, before either command, each with calls and machines in turn."""
    actions = itertools.cycle(ACTIONS)
    found = []
    for number, (event, seconds, command) in enumerate(
        itertools.product(get_args(Event), late, ("apply", "destroy", "apply", "destroy"))
    ):
        # Five events times twelve: every action meets every event, delay and command in turn.
        found.append(Case(event, next(actions), seconds, command, number % 3 == 0, waits=number % 4 != 3))
    return found


class LateMatrix(Matrix):
    """Cases in one folder."""

    def run_case(self, case: Case) -> Outcome:
        """Cut off, run at once and again later, and compare. The folder is kept unless all is good."""
        for number in range(3):
            outcome = self._run_case(case, TTL_SECONDS[self._provider] * 2**number)
            if outcome.is_good:
                shutil.rmtree(outcome.folder)
            if outcome.is_reached:
                break
        return outcome

    def _run_case(self, case: Case, ttl_seconds: float) -> Outcome:
        folder = self._new_folder(f"late-{case.event}")
        outcome = Outcome(case, folder)
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

    def _compare_runs(self, case: Case, outcome: Outcome, expected: Contents, run: psutil.Process) -> None:
        waits = () if case.waits or case.next == "apply" else ("--no-wait",)
        code = self._command(case, outcome, case.next, log="at-once", extra=waits)
        if case.event == "continue":
            run.send_signal(signal.SIGCONT)
            run.wait(60)
        # The cloud may refuse to delete what holds something that does not show yet.
        is_refused = code == 5 or self._has_no_state(outcome, "at-once")
        if code and case.next == "destroy" and case.waits and not is_refused:
            outcome.not_converged.append(f"destroy at once exits {code}: {self._said(outcome, 'at-once')}")
        # Whatever is late has come by then, and the next run may vouch.
        time.sleep(case.settling_seconds + 1 + (_UNLOCK_SECONDS if case.event == "unlock" else 0))
        # Who goes on after its lease was taken says so in the chain.
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

    def _command(self, case: Case, outcome: Outcome, *words: str, log: str, extra: tuple[str, ...] = ()) -> int:
        given = {"PROVISION_SETTLING_TIME": str(case.settling_seconds), "PROVISION_LEASE_TTL": "20"}
        place = self._start if case.is_same_machine else self._start_elsewhere
        # `state unlock` is two words, and the manifest comes after both.
        *group, verb = words
        return self._wait(place(outcome.folder, verb, "example", log=log, group=tuple(group), extra=extra, **given))

    def _is_clean(self, folder: Path) -> bool:
        """Return whether the last run of both roots has vouched."""
        provision = Provision(folder)
        with open_bucket(provision) as store:
            return all(_is_clean(store, root) for root in _ROOTS)

    def _said(self, outcome: Outcome, log: str) -> str:
        return " | ".join((outcome.folder / f"{log}.log").read_text(errors="replace").strip().splitlines()[-5:])

    def _has_no_state(self, outcome: Outcome, log: str) -> bool:
        """Return whether there was nothing to destroy, which is an error of its own."""
        return "there is no state of" in self._said(outcome, log)


def _is_clean(store: ObjectStore, root: str) -> bool:
    event = newest_event(StateLog(store, ENTRY, root))  # type: ignore[arg-type]  # one of the two roots
    return event is None or event.is_clean


def summarise(outcomes: list[Outcome]) -> str:
    """Return the sums in one line."""
    unreached = sum(not outcome.is_reached for outcome in outcomes)
    return (
        f"points {len(outcomes)}, leaked {sum(bool(it.leaked) for it in outcomes)}, "
        f"duplicated {sum(bool(it.duplicated) for it in outcomes)}, "
        f"vouched too early {sum(bool(it.too_early) for it in outcomes)}, "
        f"not converged {sum(bool(it.not_converged) for it in outcomes)}"
        + (f", never reached {unreached}" if unreached else "")
    )


def main() -> int:
    """Run the matrix; return 1 unless all is good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--match", default="", metavar="TEXT", help="only cases that say TEXT when they are printed")
    parser.add_argument("--provider", choices=("embedded", "real"), default="embedded")
    parser.add_argument("--spread", type=int, metavar="N", help="only N cases, evenly spread")
    parser.add_argument("--jobs", type=int, default=6, help="cases at a time; most of the time they wait")
    parser.add_argument("--folder", type=Path, help="where they take place; default: a new temporary one")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="late-"))
    matrix = LateMatrix(folder.absolute(), arguments.provider)
    chosen = mix([case for case in cases() if arguments.match in str(case)])[: arguments.spread]
    outcomes = []
    with ThreadPoolExecutor(arguments.jobs) as executor:
        for done in as_completed([executor.submit(matrix.run_case, case) for case in chosen]):
            outcome = done.result()
            outcomes.append(outcome)
            if not outcome.is_good:
                print(outcome, flush=True)
            if len(outcomes) % 10 == 0:
                print(f"{summarise(outcomes)} (of {len(chosen)})", flush=True)
    print(summarise(outcomes))
    is_good = all(outcome.is_good for outcome in outcomes)
    if is_good and arguments.folder is None:
        shutil.rmtree(folder)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
