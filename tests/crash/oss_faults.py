"""
Every fault of an object store at every call of a run: `python -m tests.crash.oss_faults [--every N]`.

After each fault, everything in the sandbox has to be in the newest stored state or in a journal. The same run without
the fault then has to make the same network and machines as an undisturbed one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.sandbox.cloud.resource import COUNTED_KINDS, INHERENT, Resource
from provisioner.sandbox.sandbox import open_cloud
from provisioner.state import StateLog
from tests.crash.faulty_oss import KINDS as ALL_KINDS
from tests.crash.faulty_oss import set_versioning
from tests.crash.matrix_runner import Folders, Matrix, Outcome, Trial, column
from tests.crash.sandbox_contents import Contents, read_contents
from tests.e2e.conftest import ENTRY, EXAMPLE, Done, Provision, open_bucket

KINDS = [kind for kind in ALL_KINDS if kind != "silent"]
"""All but silence, which is a timeout that takes longer."""
_ROOT = Path(__file__).resolve().parents[2]
_ROOTS = ("infrastructure", "worker")
_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault at the call with this number, from 1; a fault that lasts makes every later call fail, too."""

    kind: str
    at: int
    lasts: bool

    def __str__(self) -> str:
        """Return it as a test's name."""
        return f"{self.kind}-{'from' if self.lasts else 'at'}-{self.at}"


@dataclass
class FaultOutcome(Outcome):
    """What an injection led to."""

    losses: list[str] = field(default_factory=list, metadata=column("losses"))
    """Objects that exist and are neither in a stored state nor in a journal."""
    complaints: list[str] = field(default_factory=list, metadata=column("not converged"))
    """Everything else that is wrong."""

    # A faster run makes fewer calls.
    must_be_reached = False


class Faults:
    """Injections in one folder, each with a sandbox of its own."""

    def __init__(self, folder: Path) -> None:
        self._folders = Folders(folder)
        undisturbed = self._new()
        order = undisturbed.folder / "fault.json"
        order.write_text("{}")
        done = _apply(undisturbed, order)
        assert done.code == 0, done.err
        self.calls: int = json.loads(order.read_text())["count"]
        """The number of calls that an undisturbed run makes."""
        self._expected: Contents = read_contents(undisturbed.folder / "sandbox")

    def run(self, injection: Injection) -> FaultOutcome:
        """Inject the fault, look for losses, and run again; keep the folder unless all is good."""
        provision = self._new()
        outcome = FaultOutcome(injection, provision.folder)
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
        outcome.tidy()
        return outcome

    def _new(self) -> Provision:
        return Provision(self._folders.new())


def injections(calls: int, every: int = 1) -> Iterator[Injection]:
    """Yield every kind at every call, or at every Nth call, once and lasting."""
    for at in range(1, calls + 1, every):
        for kind in KINDS:
            yield Injection(kind, at, lasts=False)
            if kind not in ("slow", "versioned"):
                yield Injection(kind, at, lasts=True)


def once_each(calls: int) -> list[Injection]:
    """Return every kind once and lasting, each at one call, spread over the run."""
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
    """Yield a complaint unless the next run refuses a bucket with versioning; disable versioning afterwards."""
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
    """Return objects that exist and are neither in a stored state nor in a working copy that a run left."""
    known = [path.read_text() for path in (provision.folder / "work").glob("*/*/terraform.tfstate")]
    with open_bucket(provision) as store:
        try:
            known += [version.body.decode() for root in _ROOTS if (version := StateLog(store, ENTRY, root).newest())]
        except Exception as error:
            if "NoSuchBucket" not in str(error):  # no run has created it
                raise
    text = "\n".join(known)
    return [
        f"{resource.kind} {resource.id} {resource.name}"
        for resource in _resources(provision)
        if _id(resource) not in text
    ]


def _resources(provision: Provision) -> list[Resource]:
    """Return what terraform has created: not what the cloud adds by itself, nor the machines, which ESS creates."""
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
    """Return the id as a state has it."""
    document = resource.document
    if resource.kind == "security_group_rule":
        # provider: resource_alicloud_security_group_rule's id begins like this.
        return f"{resource.parent}:ingress:{document['IpProtocol'].lower()}:{document['PortRange']}:"
    return resource.name if resource.kind == "key_pair" else resource.id


def _prepare(folder: Path, arguments: argparse.Namespace) -> Trial[Injection]:
    faults = Faults(folder)
    return Trial(list(injections(faults.calls, arguments.every)), faults.run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only at every Nth call")


MATRIX = Matrix(
    "oss-faults",
    __doc__,
    "injections",
    FaultOutcome,
    _prepare,
    add_options=_add_options,
    jobs=2 * (os.cpu_count() or 1),
)

if __name__ == "__main__":
    sys.exit(MATRIX.main())
