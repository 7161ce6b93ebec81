"""
Every fault of an object store at every call of a run: `python -m tests.crash.oss_faults [--every N]`.

After each one, whatever exists in the sandbox has to be in the newest stored state or in a journal, and the same run
without the fault has to come to the same end as one that was never disturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from provisioner.sandbox.cloud.resource import COUNTED_KINDS, INHERENT, Resource
from provisioner.sandbox.sandbox import open_cloud
from provisioner.state import StateLog
from tests.crash.faulty_oss import KINDS as ALL_KINDS
from tests.crash.faulty_oss import set_versioning
from tests.crash.sandbox_contents import Contents, read_contents
from tests.e2e.conftest import ENTRY, EXAMPLE, Done, Provision, open_bucket

KINDS = [kind for kind in ALL_KINDS if kind != "silent"]
"""Silence is a timeout that takes longer."""
_ROOT = Path(__file__).resolve().parents[2]
_ROOTS = ("infrastructure", "worker")
_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault at the call with this number, from 1; one that lasts spoils every later call, too."""

    kind: str
    at: int
    lasts: bool

    def __str__(self) -> str:
        """Return it as a test's name."""
        return f"{self.kind}-{'from' if self.lasts else 'at'}-{self.at}"


@dataclass
class Outcome:
    """What an injection led to."""

    injection: Injection
    is_reached: bool = True
    losses: list[str] = field(default_factory=list)
    """What exists and is neither in a stored state nor in a journal."""
    complaints: list[str] = field(default_factory=list)
    """What else is not as it should be."""

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.injection}: " + "; ".join([*(f"lost {loss}" for loss in self.losses), *self.complaints])


class Faults:
    """Injections, each in a folder of its own below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        undisturbed = self._new()
        order = undisturbed.folder / "fault.json"
        order.write_text("{}")
        done = _apply(undisturbed, order)
        assert done.code == 0, done.err
        self.calls: int = json.loads(order.read_text())["count"]
        """How many an undisturbed run makes."""
        self._expected: Contents = read_contents(undisturbed.folder / "sandbox")

    def run(self, injection: Injection) -> Outcome:
        """Inject, look, and run again."""
        outcome = Outcome(injection)
        provision = self._new()
        order = provision.folder / "fault.json"
        order.write_text(json.dumps({"at": injection.at, "kind": injection.kind, "lasts": injection.lasts}))
        done = _apply(provision, order)
        outcome.is_reached = json.loads(order.read_text()).get("count", 0) >= injection.at
        if done.code not in (0, 1, 5) or "fault of provision" in done.err:
            outcome.complaints.append(f"exit {done.code}: {done.err[-500:]}")
        outcome.losses = losses(provision)
        if set_versioning(provision.folder / "sandbox", None):
            outcome.complaints += _unrefused(provision)
        again = provision("apply", EXAMPLE)
        if again.code != 0:
            outcome.complaints.append(f"the next run failed: {again.err[-500:]} after {done.err[-500:]}")
        elif (plan := provision("plan", EXAMPLE)).code != 0:
            outcome.complaints.append(f"not converged: {plan.out[-500:]}{plan.err[-300:]}")
        found = read_contents(provision.folder / "sandbox")
        outcome.complaints += found.surplus(self._expected) + found.doubles(self._expected) + found.unowned
        outcome.complaints += [f"missing {what}" for what in found.missing(self._expected)]
        outcome.complaints += [f"left {path.name}" for path in (provision.folder / "work").iterdir()]
        if not outcome.losses and not outcome.complaints:
            # Connections to its databases may be closing still, and take files away by themselves.
            shutil.rmtree(provision.folder, ignore_errors=True)
        return outcome

    def _new(self) -> Provision:
        folder = self._folder / f"{next(self._numbers):04d}"
        folder.mkdir()
        return Provision(folder)


def injections(calls: int, every: int = 1) -> Iterator[Injection]:
    """Yield every kind at every call, or every so many calls, once and lasting."""
    for at in range(1, calls + 1, every):
        for kind in KINDS:
            yield Injection(kind, at, lasts=False)
            if kind not in ("slow", "versioned"):
                yield Injection(kind, at, lasts=True)


def once_each(calls: int) -> list[Injection]:
    """Return every kind once, both ways, at calls that are spread over the run."""
    each = list(injections(1))
    return [Injection(one.kind, 1 + (number * 7) % calls, one.lasts) for number, one in enumerate(each)]


def start_command(
    provision: Provision, order: Path, command: str = "apply", **environment: str
) -> subprocess.Popen[str]:
    """Start a command whose object store fails as the file `order` says."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.crash.faulty_oss", str(order), command, str(EXAMPLE), "--sandbox"],
        cwd=_ROOT,
        env={**os.environ, **provision.variables, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _apply(provision: Provision, order: Path) -> Done:
    with start_command(provision, order) as run:
        out, err = run.communicate(timeout=_SECONDS)
    return Done(run.returncode, out, err)


def _unrefused(provision: Provision) -> Iterator[str]:
    """Say so if the next run does not refuse a bucket in which versioning was enabled; it is left as it should be."""
    sandbox = provision.folder / "sandbox"
    set_versioning(sandbox, "Enabled")
    before = provision.counts()
    refused = provision("apply", EXAMPLE)
    if refused.code != 1 or "versioning" not in refused.err:
        yield f"a bucket with versioning is not refused: exit {refused.code}: {refused.err[-500:]}"
    if provision.counts() != before:
        yield "a run that a bucket with versioning ended changed something"
    set_versioning(sandbox, None)


def losses(provision: Provision) -> list[str]:
    """Return what exists and is neither in a stored state nor in a working copy that was left."""
    known = [path.read_text() for path in (provision.folder / "work").glob("*/*/terraform.tfstate")]
    with open_bucket(provision) as store:
        try:
            known += [version.body.decode() for root in _ROOTS if (version := StateLog(store, ENTRY, root).newest())]
        except Exception as error:
            if "NoSuchBucket" not in str(error):  # it was never created
                raise
    text = "\n".join(known)
    return [
        f"{resource.kind} {resource.id} {resource.name}"
        for resource in _resources(provision)
        if _id(resource) not in text
    ]


def _resources(provision: Provision) -> list[Resource]:
    """Return what terraform creates: not what comes with something else, nor the machines, which are ESS's own."""
    cloud = open_cloud(provision.folder / "sandbox", environment={})
    try:
        return [
            resource
            for kind in COUNTED_KINDS
            if kind != "instance"
            for resource in cloud.resources(kind)
            if not resource.document.get(INHERENT)
        ]
    finally:
        cloud.close()


def _id(resource: Resource) -> str:
    """Return the id as it stands in a state."""
    document = resource.document
    if resource.kind == "security_group_rule":
        # provider: resource_alicloud_security_group_rule's id begins like this.
        return f"{resource.parent}:ingress:{document['IpProtocol'].lower()}:{document['PortRange']}:"
    return resource.name if resource.kind == "key_pair" else resource.id


def main() -> int:
    """Inject what the command line asks for; return 1 unless all is good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only at every Nth call")
    parser.add_argument("--match", default="", metavar="TEXT", help="only injections that say TEXT")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--folder", type=Path, help="where it takes place; default: a new temporary one")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="oss-faults-"))
    faults = Faults(folder.absolute())
    chosen = [one for one in injections(faults.calls, arguments.every) if arguments.match in str(one)]
    reached = lost = bad = 0
    with ThreadPoolExecutor(arguments.jobs) as executor:
        for done in as_completed([executor.submit(faults.run, one) for one in chosen]):
            outcome = done.result()
            reached += outcome.is_reached
            lost += len(outcome.losses)
            if outcome.losses or outcome.complaints:
                bad += 1
                print(outcome, flush=True)
            if reached % 20 == 0 and outcome.is_reached:
                print(f"injections {reached} of {len(chosen)}, losses {lost}, not converged {bad}", flush=True)
    print(f"injections {reached}, losses {lost}, not converged {bad}")
    if bad:
        return 1
    if arguments.folder is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
