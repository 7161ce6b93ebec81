"""
Shoots of several owners in one input folder: `python -m tests.crash.two_tenants [--match TEXT]`.

Five shoots share a bucket. Four of them share an account, and three of these a VPC of their user; the fifth shoot has
another account. A cell points one reference in the manifests of a shoot, new or running, at what another shoot owns,
and runs one verb. Other tests check whether the verb works or is refused. Here, in every cell, the verb may leave
nothing of the other shoots

* changed: what they have in the cloud and in the bucket stays the same;
* used: the verb makes nothing in or behind what one of them has made for itself;
* taken: no state of the shoot lists what they have;
* read: what the verb makes contains neither their user data nor their access keys, and is not in their account;
* printed: the output contains neither of these.

All shoots have the name `canary`, so their Secrets have the same names in different namespaces.
"""

from __future__ import annotations

import argparse
import base64
import copy
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from provisioner.sandbox.cloud.resource import Resource
from tests.crash.advice import with_manifests
from tests.crash.bucket_contents import OTHER_BUCKET, Stored, read_bucket
from tests.crash.matrix_runner import Folders, Matrix, Outcome, Trial, column
from tests.crash.sandbox_contents import Key, read_resources
from tests.crash.tenants import (
    ALPHA,
    BETA,
    GAMMA,
    GUEST,
    IMAGE,
    LODGER,
    OTHER_KEY,
    REFERENCES,
    SENTINEL,
    UNTAGGED,
    manifests,
    technical_id,
)
from tests.e2e.conftest import Done, Provision, access_key
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
_GROUND = ("vswitch", "security_group", "nat_gateway", "route_table")
"""Kinds that a shoot makes for itself and that another shoot could use."""


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
    """Return all cells; validation is the same for a new and a running shoot."""
    return [
        Cell(reference, verb, runs)
        for reference in REFERENCES
        for runs in (False, True)
        for verb in VERBS
        if not (runs and verb == "validate")
    ]


@dataclass
class TenantOutcome(Outcome):
    """What a cell led to; its step is the verb, with its exit code and output."""

    crossed: list[str] = field(default_factory=list, metadata=column("crossed"))
    """What the verb did to the other shoots."""


@dataclass(frozen=True)
class _Holdings:
    """What the cloud of a sandbox and the bucket that all shoots share hold."""

    resources: Mapping[Key, Resource]
    stored: Mapping[str, Stored]


class Tenants:
    """Cells in one folder, each of which begins with a copy of the sandbox in which the other shoots are applied."""

    def __init__(self, folder: Path) -> None:
        self._folders = Folders(folder)
        self._inputs = count()
        self._start = self._new()
        self.ids = dict(self._make_network())
        for name in (ALPHA, GUEST, LODGER):
            self._start.ok("apply", self._write(self._start, name, manifests(name, self.ids)), "--yes")
        self.others = read_resources(self._start.folder / "sandbox")
        self.ids |= dict(self._found())
        self._running: dict[str, Path] = {}
        for name in (BETA, GAMMA):
            place = self._copy(self._start.folder)
            place.ok("apply", self._write(place, name, manifests(name, self.ids)), "--yes")
            self._running[name] = place.folder

    def run(self, cell: Cell) -> TenantOutcome:
        """Run the verb and look for what it did to the other shoots; keep the folder if that is anything."""
        name, refer = REFERENCES[cell.reference]
        place = self._copy(self._running[name] if cell.runs else self._start.folder)
        outcome = TenantOutcome(cell, place.folder)
        documents = manifests(name, self.ids)
        refer(documents, self.ids)
        file = self._write(place, name, documents)
        if cell.reference == UNTAGGED:
            self._take_tags(place)
        before = _read(place)
        if cell.verb == "destroy" and not cell.runs:
            # Destroy what an apply leaves that is refused or ends half-way.
            place(*with_manifests(VERBS["apply"], file))
        done = place(*with_manifests(VERBS[cell.verb], file))
        outcome.steps.append(f"{cell.verb}: {done.code}\n{done.out}{done.err}")
        other_bucket = read_bucket(place.folder / "sandbox", OTHER_BUCKET)
        outcome.crossed += self._crossings(name, before, _read(place), done, other_bucket)
        outcome.tidy()
        return outcome

    def _crossings(
        self, name: str, before: _Holdings, after: _Holdings, done: Done, other_bucket: Mapping[str, Stored]
    ) -> Iterator[str]:
        """Yield what a command of the shoot `name` did to the other shoots."""
        made = {key: resource for key, resource in after.resources.items() if key not in before.resources}
        added = {key: stored for key, stored in after.stored.items() if key not in before.stored}
        yield from self._changed(name, before, after)
        for key, stored in added.items():
            if key.endswith(".tfstate"):
                yield from (f"taken: {id} is in {key}" for id in self._taken(stored))
        yield from self._used(made)
        if name == GAMMA:
            foreign = {account for _, account, _, _ in self.others if account}
            yield from (f"read: {' '.join(key)} was made in another account" for key in made if key[1] in foreign)
        bodies = [stored.body.decode(errors="replace") for stored in (*added.values(), *other_bucket.values())]
        written = "\n".join([*map(str, made.values()), *bodies])
        printed = f"{done.out}\n{done.err}"
        for secret in self._secrets(name):
            if secret in printed:
                yield f"printed: {secret}"
            if secret in written:
                yield f"read: {secret}"
        if re.search(r"Traceback|internal error", printed):
            yield "it broke down"

    def _changed(self, name: str, before: _Holdings, after: _Holdings) -> Iterator[str]:
        for key in self.others:
            if name == BETA and key[-1] == self.ids["$eip2"]:
                continue  # beta has brought this EIP itself
            if key not in after.resources:
                yield f"changed: {' '.join(key)} is gone"
            elif after.resources[key] != before.resources[key]:
                yield f"changed: {before.resources[key]} is {after.resources[key]}"
        for object_key in sorted(before.stored.keys() | after.stored.keys()):
            is_own = object_key.startswith(technical_id(name))
            if not is_own and after.stored.get(object_key) != before.stored.get(object_key):
                yield f"changed: {object_key}"

    def _used(self, made: Mapping[Key, Resource]) -> Iterator[str]:
        for ground, id in self.ids.items():
            if ground.partition("/")[2] in _GROUND:
                for key, resource in made.items():
                    if id in str(resource):
                        yield f"used: {' '.join(key)} is in or behind {ground} {id}"

    def _taken(self, state: Stored) -> Iterator[str]:
        """Yield the ids in a state that belong to other shoots; the id of an association consists of two such ids."""
        theirs = {key[-1] for key in self.others} - {self.ids["$eip2"]}
        for resource in json.loads(state.body or b"{}").get("resources", ()):
            for instance in resource["instances"]:
                id = str(instance["attributes"].get("id"))
                if id in theirs or set(id.split(":")) <= theirs:
                    yield id

    def _secrets(self, name: str) -> Iterator[str]:
        """Yield what only the other shoots may know, in each form in which it may appear."""
        for other in (ALPHA, GUEST, LODGER, BETA, GAMMA):
            if other != name:
                sentinel = SENTINEL.format(other)
                yield sentinel
                body = manifests(other, self.ids)["general-user-data"]["stringData"]["cloud_config"].encode()
                yield base64.b64encode(body).decode()
        for key in (access_key(), OTHER_KEY):
            # Beta and alpha share an account, but no output or object may contain an access key secret.
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
        """Yield the ids of what the other shoots have, by shoot and kind."""
        for (kind, _, _, id), resource in self.others.items():
            owner = str(resource.document.get("Tags", {}).get("provisioner/owner", ""))
            for name in (ALPHA, GUEST, LODGER):
                if owner.startswith(technical_id(name)):
                    yield f"{name}/{kind}", id
        for name in (GUEST, LODGER):
            yield f"{name}/vpc", self.ids["$vpc"]

    def _write(self, place: Provision, name: str, documents: Documents) -> Path:
        """Write the input folder: the manifests, and all documents of the other shoots except the Shoots themselves."""
        folder = place.folder / f"input-{next(self._inputs)}"
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
        return Provision(self._folders.new())

    def _copy(self, folder: Path) -> Provision:
        place = self._new()
        for name in ("sandbox", "cache"):
            if (folder / name).exists():
                shutil.copytree(folder / name, place.folder / name)
        return place


def _more_bait(documents: Documents) -> Iterator[dict[str, Any]]:
    """Yield copies of the Secrets: in the namespace on the seed, and under names that no other Secret has."""
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


def _read(place: Provision) -> _Holdings:
    sandbox = place.folder / "sandbox"
    return _Holdings(read_resources(sandbox), read_bucket(sandbox))


def _prepare(folder: Path, arguments: argparse.Namespace) -> Trial[Cell]:
    return Trial(cells(), Tenants(folder).run)


MATRIX = Matrix("tenants", __doc__, "cells", TenantOutcome, _prepare)

if __name__ == "__main__":
    sys.exit(MATRIX.main())
