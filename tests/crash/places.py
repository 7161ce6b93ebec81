"""Runs the cells of the place matrix, and compares what a command does with what it has to do."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.resource import Resource
from tests.crash.advice import last_words, with_manifests
from tests.crash.bucket_contents import BUCKET, OTHER_BUCKET, Stored, read_bucket
from tests.crash.matrix_runner import Folders, Outcome, column
from tests.crash.old_log import make_old
from tests.crash.place_cells import COMMANDS, Cell
from tests.crash.place_manifests import (
    OTHER_ENTRY,
    OTHER_REGION,
    OTHER_TECHNICAL_ID,
    OTHER_UID,
    write,
    write_for_caller,
)
from tests.crash.runs import UID
from tests.crash.sandbox_contents import read_resources
from tests.crash.tenants import OTHER_KEY
from tests.e2e.conftest import ENTRY, Done, Provision, access_key

_CLOUD_ID = re.compile(r"(?<![\w-])sandbox-[0-9a-z]+")
_OWN_LOG = f"oss://{BUCKET}/{ENTRY}/"
_REGION = "eu-central-1"
_TECHNICAL_ID = "shoot--demo--canary"

_Belongings = Mapping[str, Resource | Stored]
"""Resources of the cloud and objects of the buckets, by keys that are unique among both."""


@dataclass
class PlaceOutcome(Outcome):
    """What a cell led to; its steps are the expectation, and each command with its exit code and output."""

    wrong: list[str] = field(default_factory=list, metadata=column("wrong"))


class Places:
    """Cells in one folder, each of which begins with a copy of the sandbox in which the example is applied."""

    def __init__(self, folder: Path) -> None:
        self._folders = Folders(folder)
        self._lock = threading.Lock()
        self._others: dict[tuple[str, ...], Path] = {}
        self._start = self._new()
        self._start.ok("apply", write(self._start, ()))
        with closing(self._start.cloud()) as cloud:
            self.accounts = tuple(cloud.enroll(*key).account_id for key in (access_key(), OTHER_KEY))
            """Ids of the example's account and of the other one."""
        self.own = _everything(self._start)
        """The resources and objects of the example."""

    def run(self, cell: Cell) -> PlaceOutcome:
        """Run the command and compare it with the expectation; keep the folder unless all is good."""
        if cell.expectation.is_refused or not cell.changes or cell.command == "plan":
            place = self._copy(self._start.folder)
        else:
            place = self._copy(self._applied(cell.changes))
        outcome = PlaceOutcome(cell, place.folder, steps=[f"expected: {cell.expectation}"])
        try:
            _Run(self, place, cell, outcome).run()
        except ActionError as error:
            outcome.wrong.append(f"the sandbox cannot do what this cell needs: {error}")
        outcome.tidy()
        return outcome

    def _applied(self, changes: tuple[str, ...]) -> Path:
        """Return the folder in which the other shoot is applied as well."""
        with self._lock:
            if changes not in self._others:
                place = self._copy(self._start.folder)
                provision = elsewhere(place) if "cloud" in changes else place
                provision.ok("apply", write(place, changes))
                self._others[changes] = place.folder
        return self._others[changes]

    def _new(self) -> Provision:
        return Provision(self._folders.new())

    def _copy(self, folder: Path) -> Provision:
        place = self._new()
        shutil.copytree(folder, place.folder, dirs_exist_ok=True)
        return place


def _first_with_a_vpc(place: Provision) -> int:
    """
    Return the first version that proves where it belongs, from the log of another shoot if there is one.

    Its number differs from run to run, and from log to log.
    """
    states = [
        (key.startswith(_OWN_LOG), key, stored.body)
        for key, stored in _everything(place).items()
        if isinstance(stored, Stored) and "/provisioner/infrastructure/state/" in key and stored.body
    ]
    for _, key, body in sorted(states):
        resources = json.loads(body)["resources"]
        if any(resource["type"] == "alicloud_vpc" and resource["instances"] for resource in resources):
            return int(PurePath(key).stem)
    raise AssertionError("no version has a VPC")


class _Run:
    """One cell under way."""

    def __init__(self, places: Places, first: Provision, cell: Cell, outcome: PlaceOutcome) -> None:
        self._first = first
        self._cell = cell
        self._outcome = outcome
        self._accounts = places.accounts
        self._own = places.own
        self._file = write(first, cell.changes)
        if cell.has_old_log:
            make_old(first.folder / "sandbox")
        self._place = elsewhere(first) if "cloud" in cell.changes else first
        self._version = _first_with_a_vpc(self._place)
        if cell.caller:
            self._file = write_for_caller(first, cell.caller)

    def run(self) -> None:
        """Check how the command ends, and what it leaves."""
        valid = self._place("validate", self._file)
        if valid.code != 0:
            self._outcome.wrong.append(f"the manifests are not valid: {valid.out}{valid.err}")
        before = _everything(self._place)
        done = self._step(COMMANDS[self._cell.command], self._file)
        if self._cell.expectation.is_refused:
            self._check_refusal(done)
            self._outcome.wrong += _changes_of(before, _everything(self._place))
        elif not self._cell.changes:
            self._expect_end(done, 0)
            if self._cell.command != "destroy":
                self._destroy(self._first, ())
            self._expect_nothing_left()
        elif self._cell.command == "plan":
            self._expect_end(done, 2)
            self._outcome.wrong += _changes_of(before, _everything(self._place))
        else:
            self._expect_end(done, 0)
            self._expect_first_untouched()
            if self._cell.command != "destroy":
                self._destroy(self._place, self._cell.changes)
                self._expect_first_untouched()
            self._destroy(self._first, ())
            self._expect_nothing_left()

    def _expect_end(self, done: Done, code: int) -> None:
        if done.code != code:
            self._outcome.wrong.append(f"it ends with {done.code} instead of {code}")

    def _expect_first_untouched(self) -> None:
        found = _everything(self._first)
        self._outcome.wrong += _changes_of(self._own, {key: found[key] for key in self._own if key in found})
        if "cloud" in self._cell.changes:
            log = {key: stored for key, stored in self._own.items() if isinstance(stored, Stored)}
            found = _everything(self._place)
            self._outcome.wrong += _changes_of(log, {key: found[key] for key in log if key in found})

    def _expect_nothing_left(self) -> None:
        for provision in {self._first.folder: self._first, self._place.folder: self._place}.values():
            left = read_resources(provision.folder / "sandbox")
            # Users and roles are the callers', not the shoot's.
            self._outcome.wrong += [f"left: {' '.join(key)}" for key in left if key[0] not in ("ram_role", "ram_user")]

    def _destroy(self, provision: Provision, changes: tuple[str, ...]) -> None:
        """Destroy one of the two shoots."""
        self._expect_end(self._step(COMMANDS["destroy"], write(provision, changes), provision), 0)

    def _step(self, command: tuple[str, ...], file: Path, provision: Provision | None = None) -> Done:
        command = tuple(str(self._version) if word == "VERSION" else word for word in command)
        done = (provision or self._place)(*with_manifests(command, file))
        self._outcome.steps.append(f"{' '.join(command)} {file.name}: {done.code}\n{done.out}{done.err}")
        return done

    def _check_refusal(self, done: Done) -> None:
        is_listing = self._cell.command == "adopt" and self._cell.changes == ("bucket",)
        if is_listing:
            # After the loss of a log an adopt is the way on: it lists what exists, and records nothing without --yes.
            if done.code != 2 or self._vpc() not in done.out:
                self._outcome.wrong.append(f"it ends with {done.code}, and has to list what there is")
            return
        if done.code in (0, 2):
            self._outcome.wrong.append(f"it is not refused: it ends with {done.code}")
        elif not any(all(side in last_words(done) for side in sides) for sides in self._sides(done)):
            self._outcome.wrong.append(f"it does not name both sides: {last_words(done)}")

    def _sides(self, done: Done) -> Iterator[tuple[str, str]]:
        """Yield what is recorded and what the manifests ask for, by change; the error has to name one such pair."""
        unknown = "confirm-place"
        clouds = (*sorted(set(_CLOUD_ID.findall(last_words(done)))), "", "")
        pairs = {
            "account": self._accounts,
            "region": (_REGION, OTHER_REGION),
            "bucket": (ENTRY, OTHER_BUCKET),
            "technical ID": (_TECHNICAL_ID, OTHER_TECHNICAL_ID),
            "uid": (UID, OTHER_UID),
            "entry name": (ENTRY, OTHER_ENTRY),
            "cloud": clouds[:2] if clouds[1] else ("(a sandbox)", "(another sandbox)"),
        }
        for name in self._cell.changes:
            recorded, asked = pairs[name]
            if self._cell.has_old_log:
                # The error cannot name a place that was never recorded, but it can say how to record it.
                yield (unknown, "" if name == "cloud" else asked)
            else:
                yield (recorded, asked)
            if name == "bucket":
                yield (self._vpc(), asked)

    def _vpc(self) -> str:
        return next(key[-1] for key in read_resources(self._first.folder / "sandbox") if key[0] == "vpc")


def elsewhere(place: Provision) -> Provision:
    """Return another sandbox in the same folder; the first call makes it with a copy of all buckets."""
    folder = place.folder / "elsewhere"
    other = replace(place, folder=folder)
    if not folder.exists():
        with closing(other.cloud()) as cloud:
            cloud.enroll(*access_key())
        for file in (place.folder / "sandbox").glob("oss.db*"):
            shutil.copy(file, folder / "sandbox")
    return other


def _everything(place: Provision) -> _Belongings:
    """Return what the cloud and the buckets of a sandbox hold."""
    sandbox = place.folder / "sandbox"
    found: dict[str, Resource | Stored] = {" ".join(key): held for key, held in read_resources(sandbox).items()}
    for bucket in (BUCKET, OTHER_BUCKET):
        found |= {f"oss://{bucket}/{key}": stored for key, stored in read_bucket(sandbox, bucket).items()}
    return found


def _changes_of(before: _Belongings, after: _Belongings) -> list[str]:
    changed = [f"it changed {key}" for key, old in before.items() if key in after and after[key] != old]
    gone = [f"it took {key} away" for key in sorted(before.keys() - after.keys())]
    made = [f"it made {key}" for key in sorted(after.keys() - before.keys())]
    return changed + gone + made
