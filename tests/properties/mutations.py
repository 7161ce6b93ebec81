"""
Small mistakes in valid manifests: `python -m tests.properties.mutations [--count N] [--seed N] [--match TEXT]`.

Each mutation makes one mistake at one path of the schemas of all objects that are read. All paths have their turn, in
an order that the seed decides, and then again. What it must lead to:

* a name that is mistyped by one or two letters, a value of a wrong type, a key that is there twice: a new problem,
  warning or error, at that place or in the mapping around it;
* a required field that is missing: a new error;
* an optional field that is missing: the same problems, and the same rendered modules, as with its default written out,
  which is null where the documentation names none.

`EXCLUDED` says which mutations are not tried, and why.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final

from provisioner.cloud import real_access
from provisioner.errors import ManifestError, Problem
from provisioner.inputs.resolve import resolve_shoots
from provisioner.manifests import load_manifests
from provisioner.validation import validate
from provisioner.workflows.render import render_target
from tests.properties.full_objects import LEFT_OUT, config_objects, garden_objects, seed_objects
from tests.properties.schema_paths import Place, places

COUNT = 5_000
SETS: Final[Mapping[str, Callable[[], list[Any]]]] = {
    "garden": garden_objects,
    "seed": seed_objects,
    "configurations": config_objects,
}
KINDS = ("mistyped", "wrong type", "twice", "missing")
_STATUSES = frozenset({"status", "infrastructureProviderStatus"})
_TWICE = "@@twice@@"
_NUMBER = 5
_SOMETHING: Mapping[str, tuple[Any, ...]] = {
    "s": (True, ["x"], {"x": "y"}, _NUMBER),
    "i": ("x", "1", True, [1], {"x": 1}),
    "b": ("true", "x", 1, [True], {"x": True}),
    "q": (True, ["1"], {"x": "1"}),
    "r": ("x", 1, ["x"], True),
    "[": ("x", 1, {"x": 1}, True),
    "{": ("x", 1, ["x"], True),
    ".": ("x", 1, ["x"], True),
}
"""Values that have another type."""

DEFAULTS: Mapping[str, Any] = {
    "Worker.maxSurge": 1,
    "Worker.maxUnavailable": 0,
    "Worker.updateStrategy": "AutoRollingUpdate",
    "Worker.systemComponents": {"allow": True},
    "Worker.cri": {"name": "containerd"},
    "Machine.architecture": "amd64",
    "Networking.ipFamilies": ["IPv4"],
    "Provider.workersSettings": {"sshAccess": {"enabled": True}},
    "WorkersSettings.sshAccess": {"enabled": True},
    "Hibernation.enabled": False,
    "ShootSpec.purpose": "evaluation",
    "ShootSpec.schedulerName": "default-scheduler",
    "MachineType.usable": True,
    "VolumeType.usable": True,
    "MachineType.architecture": "amd64",
    "MachineImage.updateStrategy": "major",
    "MachineImageVersion.architectures": ["amd64"],
    "MachineImageVersion.cri": [{"name": "containerd"}],
    "KubeletConfig.failSwapOn": True,
    "ext.WorkerPool.architecture": "amd64",
    "ext.WorkerPool.updateStrategy": "AutoRollingUpdate",
    "ext.InfrastructureSpec.class": "shoot",
    "ext.WorkerSpec.class": "shoot",
    "ext.BackupBucketSpec.class": "shoot",
    "ext.BackupEntrySpec.class": "shoot",
    "Secret.type": "Opaque",
    "InternalSecret.type": "Opaque",
    "taint.value": "",
    # The provider's configurations.
    "dualStack": {"enabled": False},
    "enabled": False,
    "locked": False,
    "gardenerManagedNATGateway": False,
    "useCustomRouteTable": False,
    "zones": [],
}
"""Documented defaults of optional fields, by type and field."""

OPTIONAL_HERE: Mapping[str, tuple[Any, str]] = {
    "Worker.minimum": (0, "Go reads 0, which Gardener's validation takes"),
    "WorkerSystemComponents.allow": (False, "Go reads false"),
    "SSHAccess.enabled": (False, "Go reads false"),
    "MachineImage.versions": ([], "Go reads none, which Gardener's validation takes"),
    "MachineType.cpu": ("0", "Go reads 0, which Gardener's validation takes"),
    "MachineType.gpu": ("0", "the same"),
    "MachineType.memory": ("0", "the same"),
    "MachineTypeStorage.type": ("", "Go reads none, which Gardener's validation takes"),
    "VolumeType.class": (None, "nothing here uses it"),
    "CloudProfileSpec.kubernetes": ({}, "a hand-written CloudProfile may leave out the versions of Kubernetes"),
    "CloudProfileReference.kind": ("CloudProfile", "Gardener fills it in"),
    "ShootSpec.kubernetes": (None, "Gardener fills in the version"),
    "SecretBinding.provider": (None, "what a hand-written binding may leave out: the cloud is known"),
    "SecretBindingProvider.type": (None, "the same"),
    "sec.CredentialsBinding.provider": (None, "the same"),
    "sec.CredentialsBindingProvider.type": (None, "the same"),
    "ext.InfrastructureSpec.secretRef": (None, "without it the credentials are in Secret cloudprovider"),
    "ext.WorkerSpec.secretRef": (None, "the same"),
    "ext.BackupBucketSpec.secretRef": (None, "a hand-written bucket uses the credentials of the shoot"),
    "ext.BackupEntrySpec.secretRef": (None, "nothing here uses it"),
    "ext.WorkerPool.maxSurge": (1, "a hand-written Worker may leave it out, as a Shoot may"),
    "ext.WorkerPool.maxUnavailable": (0, "the same"),
    "ext.WorkerPool.userDataSecretRef": (None, "older Gardeners write user data into the pool"),
    "ext.NodeTemplate.capacity": ({}, "what a node offers is in the CloudProfile as well"),
}
"""Fields that Gardener's types must have and manifests here need not: what they are then, and why."""

_CONFIGURATIONS: Final = frozenset({"providerConfig", "infrastructureConfig", "controlPlaneConfig"})

NEEDED: Final = frozenset({("NamespacedCloudProfile", "CloudProfileReference.kind")})
"""Kinds with a field that is optional in others: Gardener fills in a Shoot's, and no parent's."""

NOT_NEEDED: Final = frozenset({("NamespacedCloudProfile", "MachineImage.versions")})
"""Kinds without a field that is required in others: an override may be about the parent's image alone."""

EXCLUDED: Mapping[str, str] = {
    **{f"any {field}": reason for field, reason in LEFT_OUT.items()},
    "mistyped keys of labels, annotations and other maps": "any key is possible",
    "anything in JSON that Gardener does not look into": "any field is possible",
    "a wrong type of such JSON as a whole": "any type is possible",
    "numbers for versions and quantities": "they may be written either way",
    "text for numbers with fractions": "the reader leaves fractions as text, so it cannot tell",
    "missing fields that Gardener requires and nothing here uses": "tried as optional ones",
    "missing fields of a status that Gardener requires": "tried as optional ones: a controller writes it",
    "missing fields of the objects in a Cluster": "tried as optional ones: partial objects are read (extension)",
    **{f"{field} as a required field": reason for field, (_, reason) in OPTIONAL_HERE.items()},
    "missing items of lists and keys of maps": "nothing requires them",
}
"""What is not tried, and why."""


@dataclass(frozen=True)
class Mutation:
    """One mistake."""

    of: str
    """The name of the set of objects."""
    index: int
    """Which of them."""
    place: Place
    kind: str
    value: Any = None
    """The mistyped name, or the value of a wrong type."""

    def __str__(self) -> str:
        """Return it as one line."""
        more = "" if self.value is None else f" {json.dumps(self.value)}"
        return f"{self.of}: {self.place.kind} {self.place.path} {self.kind}{more}"


@dataclass(frozen=True)
class Result:
    """What manifests led to."""

    errors: frozenset[Problem]
    warnings: frozenset[Problem]
    rendered: Any = None


@cache
def _objects(of: str) -> list[Any]:
    return SETS[of]()


@cache
def schema_paths() -> Mapping[str, Sequence[tuple[str, int, Place]]]:
    """Return the places of each path of the schemas."""
    found: dict[str, list[tuple[str, int, Place]]] = {}
    for of in SETS:
        for index, item in enumerate(_objects(of)):
            for place in places(item):
                found.setdefault(place.schema, []).append((of, index, place))
    return found


def mutations(rng: random.Random, match: str = "") -> Iterator[Mutation]:
    """Yield mutations for ever: one of each path that has `match` in it, in any order, and then again."""
    paths = schema_paths()
    names = sorted(name for name in paths if match in name)
    while names:
        rng.shuffle(names)
        for name in names:
            of, index, place = rng.choice(paths[name])
            kinds = list(_kinds(place))
            if kinds:
                kind = rng.choice(kinds)
                value = _mistype(rng, place) if kind == "mistyped" else None
                if kind == "wrong type":
                    value = rng.choice(_wrong_values(place))
                yield Mutation(of, index, place, kind, value)


def _kinds(place: Place) -> Iterator[str]:
    """Yield the kinds of mistakes that can be made at a place."""
    if place.is_named:
        yield from ("mistyped", "missing")
    if isinstance(place.location[-1], str):
        yield "twice"
    if not place.takes_anything:
        yield "wrong type"


def _wrong_values(place: Place) -> list[Any]:
    return [value for value in _SOMETHING[place.expected] if not (value == _NUMBER and place.takes_numbers)]


def _mistype(rng: random.Random, place: Place) -> str:
    """Return a name with one or two wrong letters that is not another field's."""
    while True:
        name = str(place.location[-1])
        letters = rng.choice((1, 1, 2))
        if letters == 2 and rng.random() < 0.3:
            position = rng.randrange(len(name))
            name = name[:position] + name[position : position + 2][::-1] + name[position + 2 :]
            letters = 0
        for _ in range(letters):
            position = rng.randrange(len(name)) if name else 0
            letter = rng.choice(string.ascii_letters)
            name = rng.choice(
                (
                    name[:position] + letter + name[position + 1 :],
                    name[:position] + letter + name[position:],
                    name[:position] + name[position + 1 :],
                    name[:position] + name[position : position + 1].swapcase() + name[position + 1 :],
                )
            )
        if name and name not in place.known:
            return name


def run(mutation: Mutation) -> str:
    """Return why a mutation goes unnoticed; empty when it does not."""
    before = _judge_unchanged(mutation.of)
    if mutation.kind != "missing":
        after = judge(mutation)
        new = (after.errors | after.warnings) - (before.errors | before.warnings)
        return "" if any(_is_near(problem, mutation) for problem in new) else "no new problem near it"
    place = mutation.place
    if _must_be_there(place):
        return "" if judge(mutation).errors - before.errors else "no error"
    default, _ = OPTIONAL_HERE.get(place.type, (DEFAULTS.get(place.type), ""))
    written = judge(Mutation(mutation.of, mutation.index, place, "wrong type", default), renders=True)
    missing = judge(mutation, renders=True)
    return "" if missing == written else f"not the same as with {json.dumps(default)}: {_differ(missing, written)}"


def _must_be_there(place: Place) -> bool:
    """Return whether something has to be at a place."""
    is_in_cluster = place.kind == "Cluster" and len(place.location) > len(("spec", "shoot"))
    # The provider's configurations in it are as strict as anywhere.
    is_in_cluster &= _CONFIGURATIONS.isdisjoint(place.location[:-1])
    if place.is_required_by_model and not is_in_cluster:
        return True
    is_status = place.kind in ("InfrastructureStatus", "WorkerStatus") or not _STATUSES.isdisjoint(place.location)
    is_partial = is_status or place.kind == "Cluster"
    here = (place.kind, place.type)
    is_optional = here in NOT_NEEDED or (place.type in OPTIONAL_HERE and here not in NEEDED)
    return place.is_required_by_gardener and place.is_used and not is_partial and not is_optional


def _differ(one: Result, other: Result) -> str:
    problems = (one.errors | one.warnings) ^ (other.errors | other.warnings)
    return "; ".join(map(str, problems)) or f"rendered: {str(one.rendered)[:200]} and {str(other.rendered)[:200]}"


def judge(mutation: Mutation, *, renders: bool = False) -> Result:
    """Return what the manifests with a mutation lead to."""
    objects = list(_objects(mutation.of))
    item = objects[mutation.index] = copy.deepcopy(objects[mutation.index])
    *parents, last = mutation.place.location
    parent = item
    for part in parents:
        parent = parent[part]
    if mutation.kind == "mistyped":
        parent[mutation.value] = parent.pop(last)
    elif mutation.kind == "missing":
        del parent[last]
    elif mutation.kind == "twice":
        parent[_TWICE] = copy.deepcopy(parent[last])
    else:
        parent[last] = mutation.value
    as_yaml = mutation.kind == "twice" and len(mutation.place.path) % 2 == 0
    text = "\n---\n".join(map(json.dumps, objects)) if as_yaml else json.dumps(_list(objects))
    return _examine(text.replace(json.dumps(_TWICE), json.dumps(last)), renders=renders)


@cache
def _judge_unchanged(of: str) -> Result:
    """Return what the manifests lead to as they are."""
    result = _examine(json.dumps(_list(_objects(of))), renders=of != "configurations")
    assert not result.errors, result.errors
    return result


def _list(objects: list[Any]) -> Any:
    return {"apiVersion": "v1", "kind": "List", "items": objects}


def _examine(text: str, *, renders: bool) -> Result:
    try:
        manifests = load_manifests(["-"], io.BytesIO(text.encode()))
    except ManifestError as error:
        return Result(frozenset(error.problems), frozenset())
    findings = validate(manifests)
    rendered = None
    if renders and findings.is_valid and (manifests.shoots or manifests.workers):
        try:
            rendered = [
                (
                    target.warnings,
                    render_target(
                        target, real_access(target.credentials, target.credentials, target.region), with_secrets=True
                    ),
                )
                for target in resolve_shoots(manifests, {})
            ]
        except ManifestError as error:
            rendered = error.problems
    return Result(frozenset(findings.errors), frozenset(findings.warnings), rendered)


def _is_near(problem: Problem, mutation: Mutation) -> bool:
    """Return whether a problem is at the place of a mutation, in the mapping around it, or on the way to it."""
    place = mutation.place
    if not problem.path:
        return mutation.kind == "twice" and f'key "{place.location[-1]}" occurs twice' in problem.detail
    name = _objects(mutation.of)[mutation.index].get("metadata", {}).get("name")
    # An object without a usable name is called by its place, a provider's configuration by its kind.
    if problem.object not in (f"{place.kind}/{name}", place.kind) and not problem.object.endswith(
        f"items[{mutation.index}]"
    ):
        return False
    around = place.path[: -len(str(place.location[-1])) - 1] if len(place.location) > 1 else ""
    return problem.path.startswith(around) or place.path.startswith(problem.path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutations, print those that go unnoticed, and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help="how many mutations (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (default %(default)s)")
    parser.add_argument("--match", default="", metavar="TEXT", help="only of paths that have this in them")
    options = parser.parse_args(arguments)
    rng = random.Random(options.seed)
    started = time.monotonic()
    tried: Counter[str] = Counter()
    unnoticed = 0
    seen: set[str] = set()
    for mutation in islice(mutations(rng, options.match), options.count):
        tried[mutation.kind] += 1
        seen.add(mutation.place.schema)
        why = run(mutation)
        if why:
            unnoticed += 1
            print(f"{mutation}: {why}")
    print("excluded:", *(f"  {what}: {why}" for what, why in EXCLUDED.items()), sep="\n")
    print(
        f"{len(seen)} of {len(schema_paths())} paths; "
        + ", ".join(f"{kind} {tried[kind]}" for kind in KINDS)
        + f"; {time.monotonic() - started:.0f} s"
    )
    print(f"mutations {tried.total()}, unnoticed {unnoticed}")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
