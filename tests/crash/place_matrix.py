"""
Where a shoot is asked for that lies elsewhere: `python -m tests.crash.place_matrix [--match TEXT]`.

The example is applied. Then account, region, bucket, entry name, technical ID, uid and the cloud itself are changed in
its manifests, alone and in pairs, and every command that works with a state is given. What has to happen is a rule:

* Refused, by an error that names what is recorded and what is asked for, wherever the bucket that is asked for, or the
  account and region, hold something of this technical ID or this uid. Nothing at all is written or changed then.
* Else it is another shoot, and the command works. The first one's log and objects stay as they are, and when both are
  destroyed nothing is left.

The account is another access key in the shoot's Secret; the bucket has a Secret of its own, which stays. The cloud is
another sandbox that holds a copy of the bucket. Every command reaches the bucket at another port, so none of the cells
could work if that were part of a place.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import combinations, count
from pathlib import Path, PurePath

import yaml

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.resource import Resource
from tests.crash.advice import last_words, with_manifests
from tests.crash.bucket_contents import BUCKET, Stored, change_bucket, read_bucket
from tests.crash.kill_points import mix
from tests.crash.runs import UID, cpu_seconds
from tests.crash.sandbox_contents import read_resources
from tests.e2e.conftest import ENTRY, FORKS, Done, Provision, access_key
from tests.e2e.other_user import other_user
from tests.e2e.variants import EXTENSIONS, Documents, example, in_shanghai, only_zones

COMMANDS = {
    "plan": ("plan",),
    "apply": ("apply",),
    "destroy": ("destroy",),
    "adopt": ("adopt",),
    "status": ("status",),
    "rollback": ("state", "rollback", "--root", "infrastructure", "--to", "VERSION"),
}
CALLERS = ("RAM user", "assumed role")
_TECHNICAL_ID, _OTHER_TECHNICAL_ID = "shoot--demo--canary", "shoot--demo--elsewhere"
_OTHER_UID = "11111111-2222-3333-4444-555555555555"
_OTHER_ENTRY = "99999999-8888-7777-6666-555555555555"
"""What comes after the technical ID."""
_OTHER_BUCKET = "other-garden-backups"
_BUCKETS = (BUCKET, _OTHER_BUCKET)
_REGION, _OTHER_REGION = "eu-central-1", "cn-shanghai"
_OTHER_KEY = ("LTAIexampleexample02", "not-a-real-secret-either-only-an-example")
_CLOUD_ID = re.compile(r"(?<![\w-])sandbox-[0-9a-z]+")
_RAM, _STS = "2015-05-01", "2015-04-01"
_NEW_KEYS = frozenset(
    {
        "number",
        "place",
        "state_digest",
        "beside",
        "binds",
        "unsettled_since",
        "moved",
        "input_digest",
        "cloud_digest",
        "duration_seconds",
    }
)
_NEW_METADATA = ("x-oss-meta-number", "x-oss-meta-cloud-", "x-oss-meta-store-")
_MOST_LINES = 6

_Belongings = Mapping[str, Resource | Stored]
"""Resources and objects by what tells one from every other."""


def _in_account(documents: Documents) -> None:
    _put_credentials(documents, *_OTHER_KEY)


def _in_bucket(documents: Documents) -> None:
    documents["BackupBucket"]["metadata"]["name"] = _OTHER_BUCKET


def _with_technical_id(documents: Documents) -> None:
    documents["Shoot"]["status"]["technicalID"] = _OTHER_TECHNICAL_ID


def _with_uid(documents: Documents) -> None:
    documents["Shoot"]["status"]["uid"] = _OTHER_UID


def _with_entry(documents: Documents) -> None:
    bucket = documents["BackupBucket"]
    documents["BackupEntry"] = {
        "apiVersion": EXTENSIONS,
        "kind": "BackupEntry",
        "metadata": {"name": f"{documents['Shoot']['status']['technicalID']}--{_OTHER_ENTRY}"},
        "spec": {**bucket["spec"], "bucketName": bucket["metadata"]["name"]},
    }


def _in_other_cloud(documents: Documents) -> None:
    """Change nothing: it is the sandbox that is another one."""


_CHANGES: Mapping[str, Callable[[Documents], None]] = {
    "account": _in_account,
    "region": in_shanghai,
    "bucket": _in_bucket,
    "technical ID": _with_technical_id,
    "uid": _with_uid,
    "entry name": _with_entry,  # after what it is made of
    "cloud": _in_other_cloud,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What has to happen, and why."""

    is_refused: bool
    reason: str


def expect(changes: tuple[str, ...]) -> Expectation:
    """Return what has to happen to every command after these changes: the rule of this matrix."""
    changed = set(changes)
    if not changed:
        return Expectation(False, "it is the shoot that was applied")
    if {"technical ID", "uid"} <= changed:
        return Expectation(False, "another shoot: nothing anywhere has its technical ID or its uid")
    what = "technical ID" if "technical ID" not in changed else "uid"
    if "bucket" not in changed:
        return Expectation(True, f"the bucket holds an entry of this {what}")
    if not changed & {"account", "region", "cloud"}:
        return Expectation(True, f"account and region hold objects of this {what}, and the bucket nothing")
    return Expectation(False, "another shoot: the bucket is empty, and so are account and region")


@dataclass(frozen=True, slots=True)
class Cell:
    """A command, and what is different when it is given."""

    command: str
    changes: tuple[str, ...] = ()
    has_old_log: bool = False
    """Whether the log says as little as the version before wrote."""
    caller: str = ""
    """Who else of the same account gives it: one of CALLERS, or empty."""

    @property
    def expectation(self) -> Expectation:
        """What has to happen."""
        return expect(self.changes)

    def __str__(self) -> str:
        """Return it as a test's name."""
        different = [f"another {name}" for name in self.changes]
        different += ["an old log"] if self.has_old_log else []
        different += [f"as {self.caller}"] if self.caller else []
        return f"{self.command}: {', '.join(different) or 'unchanged'}"


@dataclass
class Outcome:
    """What a cell led to; `wrong` is empty when it is what was expected."""

    cell: Cell
    folder: Path
    wrong: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    """Each command with its exit code and all that it printed."""

    def __str__(self) -> str:
        """Return the cell, what was expected, what is wrong and what the commands printed."""
        expected = self.cell.expectation
        lines = [
            f"{self.cell}: {'refused' if expected.is_refused else 'works'} is expected: {expected.reason}",
            *(f"    wrong: {text}" for text in self.wrong[:_MOST_LINES]),
            *(f"    | {line}" for step in self.steps for line in step.splitlines()[-_MOST_LINES:]),
        ]
        return "\n".join([*lines, f"    kept: {self.folder}"])


def cells() -> list[Cell]:
    """Return all cells and controls."""
    changes = [(name,) for name in _CHANGES] + list(combinations(_CHANGES, 2))
    found = [Cell(command, changed) for changed in changes for command in COMMANDS]
    for command in COMMANDS:
        found += [Cell(command), *(Cell(command, caller=caller) for caller in CALLERS)]
        found.append(Cell(command, has_old_log=True))
        if command != "status":
            # Nothing says where an old log belongs. What it lists is not there, which proves nothing; a status only
            # repeats what is stored.
            found += [Cell(command, (name,), has_old_log=True) for name in ("account", "region", "cloud")]
    return found


class Places:
    """Cells in one folder, which all begin with a copy of the sandbox in which the example is applied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._lock = threading.Lock()
        self._others: dict[tuple[str, ...], Path] = {}
        self._start = self._new()
        self._start.ok("apply", write(self._start, ()))
        with closing(self._start.cloud()) as cloud:
            self.accounts = tuple(cloud.enroll(*key).account_id for key in (access_key(), _OTHER_KEY))
            """Ids of the account that the example is in and of the other one."""
        self.own = _everything(self._start)
        """What belongs to the example."""

    def run(self, cell: Cell) -> Outcome:
        """Give the command and compare what it does with the expectation. The folder stays unless all is good."""
        if cell.expectation.is_refused or not cell.changes or cell.command == "plan":
            place = self._copy(self._start.folder)
        else:
            place = self._copy(self._applied(cell.changes))
        outcome = Outcome(cell, place.folder)
        try:
            _Run(self, place, cell, outcome).run()
        except ActionError as error:
            outcome.wrong.append(f"the sandbox cannot do what this cell needs: {error}")
        if not outcome.wrong:
            shutil.rmtree(place.folder, ignore_errors=True)
        return outcome

    def _applied(self, changes: tuple[str, ...]) -> Path:
        """Return the folder in which the other shoot is applied, too."""
        with self._lock:
            if changes not in self._others:
                place = self._copy(self._start.folder)
                provision = elsewhere(place) if "cloud" in changes else place
                provision.ok("apply", write(place, changes))
                self._others[changes] = place.folder
        return self._others[changes]

    def _new(self) -> Provision:
        folder = self._folder / f"{next(self._numbers):04d}"
        folder.mkdir(parents=True)
        return Provision(folder)

    def _copy(self, folder: Path) -> Provision:
        place = self._new()
        shutil.copytree(folder, place.folder, dirs_exist_ok=True)
        return place


def _first_with_a_vpc(sandbox: Path) -> int:
    """Return the first version that proves where it belongs; which that is is a matter of time."""
    for key, stored in sorted(read_bucket(sandbox).items()):
        if f"{ENTRY}/provisioner/infrastructure/state/" in key and stored.body:
            resources = json.loads(stored.body)["resources"]
            if any(it["type"] == "alicloud_vpc" and it["instances"] for it in resources):
                return int(PurePath(key).stem)
    raise AssertionError("no version has a VPC")


class _Run:
    """One cell under way."""

    def __init__(self, places: Places, first: Provision, cell: Cell, outcome: Outcome) -> None:
        self._first = first
        self._cell = cell
        self._outcome = outcome
        self._accounts = places.accounts
        self._own = places.own
        self._file = write(first, cell.changes)
        self._version = _first_with_a_vpc(first.folder / "sandbox")
        if cell.has_old_log:
            _make_old(first.folder / "sandbox")
        self._place = elsewhere(first) if "cloud" in cell.changes else first
        if cell.caller:
            self._file = _write_for_caller(first, cell.caller)

    def run(self) -> None:
        """Check the command, and what it leaves."""
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
            # Whoever assumes a role has one.
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
            # The way on from a log that is lost: it shows what there is, and records nothing by itself.
            if done.code != 2 or self._vpc() not in done.out:
                self._outcome.wrong.append(f"it ends with {done.code}, and has to list what there is")
            return
        if done.code in (0, 2):
            self._outcome.wrong.append(f"it is not refused: it ends with {done.code}")
        elif not any(all(side in last_words(done) for side in sides) for sides in self._sides(done)):
            self._outcome.wrong.append(f"it does not name both sides: {last_words(done)}")

    def _sides(self, done: Done) -> Iterator[tuple[str, str]]:
        """Yield what is recorded and what is asked for, by each change; one of them has to be named."""
        unknown = "confirm-place"
        clouds = (*sorted(set(_CLOUD_ID.findall(last_words(done)))), "", "")
        pairs = {
            "account": self._accounts,
            "region": (_REGION, _OTHER_REGION),
            "bucket": (ENTRY, _OTHER_BUCKET),
            "technical ID": (_TECHNICAL_ID, _OTHER_TECHNICAL_ID),
            "uid": (UID, _OTHER_UID),
            "entry name": (ENTRY, _OTHER_ENTRY),
            "cloud": clouds[:2] if clouds[1] else ("(a sandbox)", "(another sandbox)"),
        }
        for name in self._cell.changes:
            recorded, asked = pairs[name]
            if self._cell.has_old_log:
                # What was never recorded cannot be named; how to record it can.
                yield (unknown, "" if name == "cloud" else asked)
            else:
                yield (recorded, asked)
            if name == "bucket":
                yield (self._vpc(), asked)

    def _vpc(self) -> str:
        return next(key[-1] for key in read_resources(self._first.folder / "sandbox") if key[0] == "vpc")


def manifests() -> Documents:
    """Return the example in two zones, as many as another region has, with a Secret of its own for the bucket."""
    documents = example()
    only_zones("ab")(documents)
    secret = copy.deepcopy(documents["cloudprovider"])
    secret["metadata"]["name"] = "backup"
    documents["backup"] = secret
    documents["BackupBucket"]["spec"]["secretRef"]["name"] = "backup"
    return documents


def write(place: Provision, changes: tuple[str, ...]) -> Path:
    """Write the manifests after these changes into the folder of a sandbox, and return the file."""
    documents = manifests()
    for name, change in _CHANGES.items():
        if name in changes:
            change(documents)
    return _dump(place, "-and-".join(changes).replace(" ", "-") or "unchanged", documents)


def _dump(place: Provision, name: str, documents: Documents) -> Path:
    file = place.folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
    return file


def elsewhere(place: Provision) -> Provision:
    """Return another sandbox in the same folder, made with a copy of all buckets the first time."""
    folder = place.folder / "elsewhere"
    other = replace(place, folder=folder)
    if not folder.exists():
        with closing(other.cloud()) as cloud:
            cloud.enroll(*access_key())
        for file in (place.folder / "sandbox").glob("oss.db*"):
            shutil.copy(file, folder / "sandbox")
    return other


def _put_credentials(documents: Documents, id: str, secret: str, token: str = "") -> None:
    given = {"accessKeyID": id, "accessKeySecret": secret, **({"securityToken": token} if token else {})}
    documents["cloudprovider"]["stringData"] = given


def _write_for_caller(place: Provision, caller: str) -> Path:
    """Write the manifests with the credentials of a RAM user, or of a role that this user has assumed."""
    documents = manifests()
    with other_user(place) as root:
        root.call(_RAM, "CreateUser", UserName="operator")
        key = root.call(_RAM, "CreateAccessKey", UserName="operator")["AccessKey"]
        user = replace(root, caller=root.cloud.enroll(key["AccessKeyId"], key["AccessKeySecret"]))
        _put_credentials(documents, key["AccessKeyId"], key["AccessKeySecret"])
        if caller == "assumed role":
            account = root.caller.account_id
            trust = {
                "Statement": [
                    {
                        "Action": "sts:AssumeRole",
                        "Effect": "Allow",
                        "Principal": {"RAM": [f"acs:ram::{account}:root"]},
                    }
                ],
                "Version": "1",
            }
            role = root.call(_RAM, "CreateRole", RoleName="gardener", AssumeRolePolicyDocument=json.dumps(trust))
            session = user.call(_STS, "AssumeRole", RoleArn=role["Role"]["Arn"], RoleSessionName="operator")
            given = session["Credentials"]
            _put_credentials(documents, given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])
    return _dump(place, caller.replace(" ", "-"), documents)


def _make_old(sandbox: Path) -> None:
    """Take everything out of the log that the version before does not write."""

    def old_body(stored: Stored) -> bytes:
        event = json.loads(stored.body)
        kept = {name: value for name, value in event.items() if name not in _NEW_KEYS}
        return json.dumps(kept, indent=2).encode() + b"\n"

    change_bucket(
        sandbox,
        {
            key: replace(
                stored,
                headers={name: value for name, value in stored.headers.items() if not name.startswith(_NEW_METADATA)},
                body=old_body(stored) if "/lock/" in key else stored.body,
            )
            for key, stored in read_bucket(sandbox).items()
        },
    )


def _everything(place: Provision) -> _Belongings:
    """Return what a sandbox holds, in its cloud and its buckets."""
    sandbox = place.folder / "sandbox"
    found: dict[str, Resource | Stored] = {" ".join(key): held for key, held in read_resources(sandbox).items()}
    for bucket in _BUCKETS:
        found |= {f"oss://{bucket}/{key}": stored for key, stored in read_bucket(sandbox, bucket).items()}
    return found


def _changes_of(before: _Belongings, after: _Belongings) -> list[str]:
    changed = [f"it changed {key}" for key, old in before.items() if key in after and after[key] != old]
    gone = [f"it took {key} away" for key in sorted(before.keys() - after.keys())]
    made = [f"it made {key}" for key in sorted(after.keys() - before.keys())]
    return changed + gone + made


def main() -> int:
    """Run what the command line asks for; return 1 unless all is as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spread", type=int, metavar="N", help="only N cells, evenly spread over all")
    parser.add_argument("--match", default="", metavar="TEXT", help="only cells that say TEXT when they are printed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cells at a time")
    parser.add_argument("--folder", type=Path, help="where it takes place; default: a new temporary one")
    arguments = parser.parse_args()
    folder = (arguments.folder or Path(tempfile.mkdtemp(prefix="places-"))).absolute()
    places = Places(folder)
    chosen = mix([cell for cell in cells() if arguments.match in str(cell)])[: arguments.spread]
    wrong = 0
    with ThreadPoolExecutor(arguments.jobs) as executor:
        for done in as_completed([executor.submit(places.run, cell) for cell in chosen]):
            outcome = done.result()
            if outcome.wrong:
                wrong += 1
                print(outcome, flush=True)
    FORKS.close()
    seconds = cpu_seconds()
    print(f"{seconds:.0f} s of CPU, {seconds / len(chosen):.1f} s a cell")
    print(f"cells {len(chosen)}, wrong {wrong}")
    if wrong:
        return 1
    if arguments.folder is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
