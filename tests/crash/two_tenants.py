"""
Shoots of several owners in one input folder: `python -m tests.crash.two_tenants [--match TEXT]`.

Five shoots share a bucket, four of them an account, three of these the VPC of its user; the fifth has an account of its
own. Every reference that manifests can have is pointed at what is another one's, in those of a shoot that is new or one
that runs, and every verb is given. Whether it works or is refused is told in other tests; here it has to be true of
every cell that nothing of the others is

* changed: what they have in the cloud and in the bucket is there afterwards, and the same;
* used: nothing is made in or behind what one of them has made for itself;
* taken: no state of the shoot lists what they have;
* read: neither their user data nor their access keys get into what is made, and nothing is made in their account;
* printed: nor do these get into the output.

All shoots are called `canary`, so that the Secrets that belong to them have the same names in different namespaces.
"""

from __future__ import annotations

import argparse
import base64
import copy
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from provisioner.sandbox.cloud.resource import Resource
from tests.crash.advice import with_manifests
from tests.crash.bucket_contents import Stored, read_bucket
from tests.crash.kill_points import mix
from tests.crash.runs import cpu_seconds
from tests.crash.sandbox_contents import Key, read_resources
from tests.crash.tenants import (
    ALPHA,
    BETA,
    GAMMA,
    GUEST,
    IMAGE,
    LODGER,
    OTHER_BUCKET,
    OTHER_KEY,
    REFERENCES,
    SENTINEL,
    UNTAGGED,
    manifests,
    technical_id,
)
from tests.e2e.conftest import FORKS, Done, Provision, access_key
from tests.e2e.other_user import VPC, other_user
from tests.e2e.user_network import UserNetwork
from tests.e2e.variants import Documents

VERBS = {
    "validate": ("validate",),
    "plan": ("plan",),
    "apply": ("apply", "--yes"),
    "destroy": ("destroy", "--yes"),
    "adopt": ("adopt", "--yes"),
}
_MOST_LINES = 8
_GROUND = ("vswitch", "security_group", "nat_gateway", "route_table")
"""Kinds of what others could use, and which a shoot makes for itself."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A reference, whether the shoot that has it runs already, and a verb."""

    reference: str
    verb: str
    runs: bool

    def __str__(self) -> str:
        """Return it as a test's name."""
        return f"{self.verb} of a shoot that {'runs' if self.runs else 'is new'} with {self.reference}"


def cells() -> list[Cell]:
    """Return all cells; whether a shoot runs makes no difference to its validation."""
    return [
        Cell(reference, verb, runs)
        for reference in REFERENCES
        for runs in (False, True)
        for verb in VERBS
        if not (runs and verb == "validate")
    ]


@dataclass
class Outcome:
    """What a cell led to; `crossed` is empty when nothing of the others was touched."""

    cell: Cell
    folder: Path
    crossed: list[str] = field(default_factory=list)
    done: Done | None = None

    def __str__(self) -> str:
        """Return the cell, what was crossed and what was printed last."""
        said = "" if self.done is None else f"{self.done.out}{self.done.err}"
        lines = [
            f"{self.cell}: ends with {None if self.done is None else self.done.code}",
            *(f"    crossed: {text}" for text in self.crossed[:_MOST_LINES]),
            *(f"    | {line}" for line in said.splitlines()[-_MOST_LINES:]),
        ]
        return "\n".join([*lines, f"    kept: {self.folder}"])


class Tenants:
    """Cells in one folder, which all begin with a copy of the sandbox in which the others are applied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._start = self._new()
        self.ids = dict(self._make_network())
        for name in (ALPHA, GUEST, LODGER):
            self._start.ok("apply", self._write(self._start, name, manifests(name, self.ids)), "--yes")
        self.others = _resources(self._start)
        self.ids |= dict(self._found())
        self._running: dict[str, Path] = {}
        for name in (BETA, GAMMA):
            place = self._copy(self._start.folder)
            place.ok("apply", self._write(place, name, manifests(name, self.ids)), "--yes")
            self._running[name] = place.folder

    def run(self, cell: Cell) -> Outcome:
        """Give the verb and look for what it did to the others. The folder stays if that is anything."""
        name, refer = REFERENCES[cell.reference]
        place = self._copy(self._running[name] if cell.runs else self._start.folder)
        outcome = Outcome(cell, place.folder)
        documents = manifests(name, self.ids)
        refer(documents, self.ids)
        file = self._write(place, name, documents)
        if cell.reference == UNTAGGED:
            self._take_tags(place)
        before, log = _resources(place), read_bucket(place.folder / "sandbox")
        if cell.verb == "destroy" and not cell.runs:
            # What an apply left that was refused, or came half-way.
            place(*with_manifests(VERBS["apply"], file))
        outcome.done = place(*with_manifests(VERBS[cell.verb], file))
        self._compare(outcome, name, before, log, place)
        if not outcome.crossed:
            shutil.rmtree(place.folder, ignore_errors=True)
        return outcome

    def _compare(
        self, outcome: Outcome, name: str, before: Mapping[Key, Resource], log: Mapping[str, Stored], place: Provision
    ) -> None:
        after, log_after = _resources(place), read_bucket(place.folder / "sandbox")
        crossed, done = outcome.crossed, outcome.done
        assert done is not None
        for key in self.others:
            if name == BETA and key[-1] == self.ids["$eip2"]:
                continue  # it has brought this one itself
            if key not in after:
                crossed.append(f"changed: {' '.join(key)} is gone")
            elif after[key] != before[key]:
                crossed.append(f"changed: {before[key]} is {after[key]}")
        own = technical_id(name)
        for object_key, stored in log.items():
            if not object_key.startswith(own) and log_after.get(object_key) != stored:
                crossed.append(f"changed: {object_key}")
        added = {key: stored for key, stored in log_after.items() if key not in log}
        crossed += [f"changed: {key} was written" for key in added if not key.startswith(own)]
        crossed += [
            f"taken: {id} is in {key}" for key in added if key.endswith(".tfstate") for id in self._taken(added[key])
        ]
        made = {key: resource for key, resource in after.items() if key not in before}
        for ground, id in self.ids.items():
            if ground.partition("/")[2] in _GROUND:
                crossed += [
                    f"used: {' '.join(key)} is in or behind {ground} {id}" for key, it in made.items() if id in str(it)
                ]
        if name == GAMMA:
            foreign = {key[1] for key in self.others if key[1]}
            crossed += [f"read: {' '.join(key)} was made in another account" for key in made if key[1] in foreign]
        printed = f"{done.out}\n{done.err}"
        texts = [*added.values(), *read_bucket(place.folder / "sandbox", OTHER_BUCKET).values()]
        written = "\n".join([*map(str, made.values()), *(it.body.decode(errors="replace") for it in texts)])
        for secret in self._secrets(name):
            crossed += [
                f"{what}: {secret}" for what, text in (("printed", printed), ("read", written)) if secret in text
            ]
        if re.search(r"Traceback|internal error", printed):
            crossed.append("it broke down")

    def _taken(self, state: Stored) -> Iterator[str]:
        """Yield the ids of what a state lists and the others have; a binding's id has two, both of theirs."""
        theirs = {key[-1] for key in self.others} - {self.ids["$eip2"]}
        for resource in json.loads(state.body or b"{}").get("resources", ()):
            for instance in resource["instances"]:
                id = str(instance["attributes"].get("id"))
                if id in theirs or set(id.split(":")) <= theirs:
                    yield id

    def _secrets(self, name: str) -> Iterator[str]:
        """Yield what only the others may know, as it may be written down."""
        for other in (ALPHA, GUEST, LODGER, BETA, GAMMA):
            if other != name:
                sentinel = SENTINEL.format(other)
                yield sentinel
                body = manifests(other, self.ids)["general-user-data"]["stringData"]["cloud_config"].encode()
                yield base64.b64encode(body).decode()
        for key in (access_key(), OTHER_KEY):
            # Beta's account is alpha's, too; a secret is nowhere to be seen in any case.
            yield key[1]
        if name == GAMMA:
            yield access_key()[0]

    def _take_tags(self, place: Provision) -> None:
        with other_user(place) as user:
            for kind, name in (("VSWITCH", "vswitch"), ("NATGATEWAY", "nat_gateway"), ("EIP", "eip")):
                given = {"ResourceType": kind, "ResourceId__1": self.ids[f"{ALPHA}/{name}"]}
                user.call(VPC, "UnTagResources", All="true", **given)

    def _make_network(self) -> Iterator[tuple[str, str]]:
        with closing(self._start.cloud()) as cloud:
            caller = cloud.enroll(*access_key())
            yield from UserNetwork(gateways=1, eips=3).make(cloud, caller).items()
            cloud.add_image(IMAGE, "eu-central-1", owner=caller.account_id)

    def _found(self) -> Iterator[tuple[str, str]]:
        """Yield the ids of what the others have, by shoot and kind."""
        for (kind, _, _, id), resource in self.others.items():
            owner = str(resource.document.get("Tags", {}).get("provisioner/owner", ""))
            for name in (ALPHA, GUEST, LODGER):
                if owner.startswith(technical_id(name)):
                    yield f"{name}/{kind}", id
        for name in (GUEST, LODGER):
            yield f"{name}/vpc", self.ids["$vpc"]

    def _write(self, place: Provision, name: str, documents: Documents) -> Path:
        """Write the input folder: the manifests, and everything of the others but their Shoots."""
        folder = place.folder / f"input-{next(self._numbers)}"
        folder.mkdir()
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
        shared = ("CloudProfile", "BackupBucket", "backup")
        for other in (ALPHA, GUEST, LODGER):
            if other == name:
                continue
            bait = manifests(other, self.ids)
            kept = [bait[kind] for kind in bait if kind not in ("Shoot", *shared)]
            if other == ALPHA:
                kept += list(_more_bait(bait))
                if "Project" not in documents:
                    kept = [item for item in kept if item["kind"] != "Project"]
            (folder / f"{other}.yaml").write_text(yaml.safe_dump_all(kept, sort_keys=False))
        return folder

    def _new(self) -> Provision:
        folder = self._folder / f"{next(self._numbers):04d}"
        folder.mkdir(parents=True)
        return Provision(folder)

    def _copy(self, folder: Path) -> Provision:
        place = self._new()
        for name in ("sandbox", "cache"):
            if (folder / name).exists():
                shutil.copytree(folder / name, place.folder / name)
        return place


def _more_bait(documents: Documents) -> Iterator[dict[str, Any]]:
    """Yield the Secrets once more: in the namespace on the seed, and under names that nobody else has."""
    for name in ("cloudprovider", "general-user-data", "canary.ssh-keypair"):
        on_seed = copy.deepcopy(documents[name])
        on_seed["metadata"]["namespace"] = technical_id(ALPHA)
        yield on_seed
    for name in ("cloudprovider", "general-user-data"):
        for namespace in (f"garden-{ALPHA}", technical_id(ALPHA)):
            alone = copy.deepcopy(documents[name])
            alone["metadata"] = {"name": f"{ALPHA}-only", "namespace": namespace}
            alone["stringData"] |= documents["general-user-data"]["stringData"]
            if name == "cloudprovider":
                alone["metadata"]["name"] += "-key"
            yield alone


def _resources(place: Provision) -> dict[Key, Resource]:
    return read_resources(place.folder / "sandbox")


def main() -> int:
    """Run what the command line asks for; return 1 unless nothing was crossed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spread", type=int, metavar="N", help="only N cells, evenly spread over all")
    parser.add_argument("--match", default="", metavar="TEXT", help="only cells that say TEXT when they are printed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cells at a time")
    parser.add_argument("--folder", type=Path, help="where it takes place; default: a new temporary one")
    parser.add_argument("--verbose", action="store_true", help="print every cell with its end")
    arguments = parser.parse_args()
    folder = (arguments.folder or Path(tempfile.mkdtemp(prefix="tenants-"))).absolute()
    tenants = Tenants(folder)
    chosen = mix([cell for cell in cells() if arguments.match in str(cell)])[: arguments.spread]
    crossed = 0
    with ThreadPoolExecutor(arguments.jobs) as executor:
        for done in as_completed([executor.submit(tenants.run, cell) for cell in chosen]):
            outcome = done.result()
            crossed += bool(outcome.crossed)
            if outcome.crossed or arguments.verbose:
                print(outcome, flush=True)
    FORKS.close()
    seconds = cpu_seconds()
    print(f"{seconds:.0f} s of CPU, {seconds / len(chosen):.1f} s a cell")
    print(f"cells {len(chosen)}, crossed {crossed}")
    if crossed:
        return 1
    if arguments.folder is None:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
