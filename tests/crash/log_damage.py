"""
What becomes of a shoot whose log is damaged: `python -m tests.crash.log_damage [--spread N] [--worm]`.

A shoot has a history, and another shoot lives in the same account and bucket. The first shoot's log is damaged in every
way that `damages` knows, and `apply`, `plan` and `destroy` run on a copy each. The matrix then types literally what
their errors advise.

* Nothing that lives may go: an apply and a plan delete nothing, a destroy deletes nothing of the other shoot, and a
  destroy that ends with 0 leaves nothing of its own.
* No command makes anything a second time, not even for a while.
* No advice is a dead end: finally `plan` finds nothing to do and an `apply` can write, or the destroy leaves nothing.
* Everything that was stored stays as it was stored.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import yaml

from tests.crash.advice import Command, advised, last_words, says_again, with_manifests
from tests.crash.bucket_contents import Stored, change_bucket, lock_bucket, read_bucket
from tests.crash.damages import Damage, all_damages
from tests.crash.matrix_runner import Folders, Matrix, Outcome, Trial, column
from tests.crash.runs import UID, uid
from tests.crash.sandbox_contents import Key, read_resources
from tests.crash.scenarios import write_manifest
from tests.e2e.conftest import ENTRY, EXAMPLE, Done, Provision
from tests.e2e.variants import example, only_zones

COMMANDS = ("apply", "plan", "destroy")
_ENVIRONMENT = {
    # Longer than a run, so that no log has renewals; short, because a lease has to expire where the damage took the
    # event that frees it.
    "PROVISION_LEASE_TTL": "12",
    "PROVISION_LOCK_TIMEOUT": "60",
}
_CREATIONS = frozenset(
    {
        "AllocateEipAddress",
        "CreateNatGateway",
        "CreateScalingGroup",
        "CreateSecurityGroup",
        "CreateVSwitch",
        "CreateVpc",
    }
)
_MOST_STEPS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A damage, and the command that follows it."""

    damage: Damage
    command: str

    def __str__(self) -> str:
        """Return it as a test's name."""
        return f"{self.command} after {self.damage}"


@dataclass
class DamageOutcome(Outcome):
    """What a case led to; its steps are the commands, each with its exit code and last words."""

    lost: list[str] = field(default_factory=list, metadata=column("live objects lost"))
    """What a command deleted that has to live, and what a destroy left without knowing it."""
    doubled: list[str] = field(default_factory=list, metadata=column("second networks"))
    dead_ends: list[str] = field(default_factory=list, metadata=column("dead ends"))
    refused: list[str] = field(default_factory=list, metadata=column("refused", tolerated=Fraction(1, 3)))
    """The last words of the command, if it did not work at once."""
    rewritten: list[str] = field(default_factory=list, metadata=column("versions rewritten", is_optional=True))
    """Stored objects that a command changed or removed."""


class DamagedLogs:
    """Cases in one folder, each of which begins with a copy of the same sandbox."""

    def __init__(self, folder: Path, *, is_worm: bool = False) -> None:
        self._folders = Folders(folder)
        self._start = self._new()
        self._prepare_neighbour()
        self._neighbours = set(read_resources(self._start.folder / "sandbox"))
        self._prepare_shoot()
        if is_worm:
            lock_bucket(self._start.folder / "sandbox")
        stored = read_bucket(self._start.folder / "sandbox")
        self.damages = all_damages({key: stored[key] for key in stored if key.startswith(f"{ENTRY}/")})
        """All damages of this log."""

    def find(self, name: str) -> Damage:
        """Return the damage with this name."""
        return next(damage for damage in self.damages if damage.name == name)

    def cases(self) -> list[Case]:
        """Return every damage with every command."""
        return [Case(damage, command) for damage in self.damages for command in COMMANDS]

    def run(self, case: Case) -> DamageOutcome:
        """Damage the log, run the command, and follow its advice; keep the folder unless all is good."""
        provision = self._new()
        shutil.copytree(self._start.folder, provision.folder, dirs_exist_ok=True)
        change_bucket(provision.folder / "sandbox", case.damage.changes)
        outcome = DamageOutcome(case, provision.folder)
        _Case(provision, case, outcome, self._neighbours).run()
        outcome.tidy()
        return outcome

    def _new(self) -> Provision:
        return Provision(self._folders.new(), environment=_ENVIRONMENT)

    def _prepare_neighbour(self) -> None:
        """Apply a small shoot whose names all begin like the example's."""
        documents = example()
        only_zones("a")(documents)
        del documents["Shoot"]["spec"]["provider"]["workers"][1]
        documents["Shoot"]["spec"]["provider"]["workers"][0]["minimum"] = 1
        text = yaml.safe_dump_all(documents.values(), sort_keys=False)
        file = self._start.folder / "neighbour.yaml"
        file.write_text(text.replace("canary", "canary2").replace(UID, uid(2)))
        self._start.ok("apply", file)

    def _prepare_shoot(self) -> None:
        """Give the example a history: first a smaller network and one more pool, finally a run that changes nothing."""
        smaller = write_manifest("two-zones-one-pool-more", self._start.folder)
        self._start.ok("apply", smaller)
        self._start.ok("apply", EXAMPLE, "--allow-replace")
        self._start.ok("apply", EXAMPLE)
        assert self._start("plan", EXAMPLE).code == 0


class _Case:
    """One case under way."""

    def __init__(self, provision: Provision, case: Case, outcome: DamageOutcome, neighbours: set[Key]) -> None:
        self._provision = provision
        self._case = case
        self._outcome = outcome
        self._neighbours = neighbours
        self._sandbox = provision.folder / "sandbox"
        self._before = read_resources(self._sandbox)
        self._names = Counter((found.kind, found.name) for found in self._before.values())
        self._stored = read_bucket(self._sandbox)
        with closing(provision.cloud()) as cloud:
            self._calls = len(cloud.access_log())

    def run(self) -> None:
        """Follow the advice until the command has worked, or none is left; then check what there is."""
        asked = self._follow()
        if asked is None:
            return
        if self._case.command == "destroy":
            left = read_resources(self._sandbox).keys() - self._neighbours
            self._outcome.lost += [f"left: {' '.join(key)}" for key in sorted(left)]
            return
        # The apply changes nothing, but shows that the log still takes an event after the last one.
        for command in ("plan", "apply"):
            done = self._step((command,))
            if done.code != 0:
                self._outcome.dead_ends.append(f"{command} ends with {done.code} afterwards: {last_words(done)}")
                return

    def _follow(self) -> Command | None:
        """Run the command and those that its errors advise; return the one that worked, None for a dead end."""
        asked: Command = (self._case.command,)
        attempt, tried = asked, Counter[Command]()
        done = self._step(attempt)
        if not _is_good(attempt, done):
            self._outcome.refused.append(last_words(done))
        for _ in range(_MOST_STEPS):
            tried[attempt] += 1
            if _is_good(attempt, done):
                if attempt == asked and done.code == 0:
                    return asked
                if attempt == asked:
                    asked = ("apply",)  # the plan has found something to do
                attempt = asked
            else:
                new = [command for command in advised(done, attempt) if not tried[command]]
                if new:
                    attempt = new[0]
                elif attempt != asked or (says_again(done) and tried[asked] == 1):
                    attempt = asked
                else:
                    self._outcome.dead_ends.append(f"{' '.join(asked)}: {last_words(done)}")
                    return None
            done = self._step(attempt)
        self._outcome.dead_ends.append(f"no end in sight: {last_words(done)}")
        return None

    def _step(self, command: Command) -> Done:
        """Run a command, and check what it did to the cloud and the log."""
        done = self._provision(*with_manifests(command, EXAMPLE))
        self._outcome.steps.append(f"{' '.join(command)}: {done.code}: {_shown(done)}")
        self._look()
        return done

    def _look(self) -> None:
        outcome, found = self._outcome, read_resources(self._sandbox)
        may_not_go = self._neighbours if self._case.command == "destroy" else self._before.keys()
        outcome.lost += [
            f"{' '.join(key)} ({self._before[key].name})" for key in sorted(may_not_go) if key not in found
        ]
        names = Counter((resource.kind, resource.name) for resource in found.values())
        outcome.doubled += [f"{kind} {name}" for kind, name in names - self._names]
        if self._case.command != "destroy":
            with closing(self._provision.cloud()) as cloud:
                made = {call.action for call in cloud.access_log()[self._calls :] if not call.code} & _CREATIONS
            outcome.doubled += [f"{action} was called" for action in sorted(made)]
        stored = read_bucket(self._sandbox)
        outcome.rewritten += [key for key, old in self._stored.items() if not _is_same(old, stored.get(key))]


def _is_good(command: Command, done: Done) -> bool:
    return done.code == 0 or (command[0] == "plan" and done.code == 2)


def _shown(done: Done) -> str:
    """Return the summary of a command's plan, or its last words."""
    plan = [line for line in done.out.splitlines() if " to add, " in line]
    return "; ".join(plan) if plan and "error: " not in done.err else last_words(done)


def _is_same(old: Stored, new: Stored | None) -> bool:
    return new is not None and (old.body, dict(old.headers)) == (new.body, dict(new.headers))


def _prepare(folder: Path, arguments: argparse.Namespace) -> Trial[Case]:
    logs = DamagedLogs(folder, is_worm=arguments.worm)
    print(f"{len(logs.damages)} damages", flush=True)
    return Trial(logs.cases(), logs.run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--worm", action="store_true", help="in a bucket with a locked retention policy")


MATRIX = Matrix("log-damage", __doc__, "cases", DamageOutcome, _prepare, add_options=_add_options)

if __name__ == "__main__":
    sys.exit(MATRIX.main())
