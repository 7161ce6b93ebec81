"""The sixty commands of the walk, in their order: one sandbox, from nothing through all that happens to a shoot."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.variants import Documents, example, seed_objects

_POOLS = ("spec", "provider", "workers")
_ADDRESS = 'module.infrastructure.alicloud_vswitch.nodes["eu-central-1a"]'
_POOL = 'module.worker_pool["general"].alicloud_ess_scaling_configuration.nodes["eu-central-1a"]'


@dataclass(frozen=True)
class Step:
    """A command; words that begin with `@` are manifests of `write_manifests`."""

    line: str
    stdin: str = ""
    """The manifest that the command reads from standard input."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> list[str]:
        """The command line, word by word; a blank in a word is written as `·`."""
        return [word.replace("·", " ") for word in self.line.split()]


def write_manifests(folder: Path) -> None:
    """Write every manifest that the steps name; a name without a suffix is a folder of them."""
    shoot = example()
    _write(folder / "shoot.yaml", shoot)
    _write(folder / "update.yaml", _updated(shoot))
    _write(folder / "fewer.yaml", _without_database(shoot))
    _write(folder / "invalid.yaml", _overlapping(shoot))
    _write(folder / "no-bucket.yaml", _without(shoot, "BackupBucket"))
    _write(folder / "no-credentials.yaml", _without(shoot, "cloudprovider"))
    _write(folder / "no-profile.yaml", _without(shoot, "CloudProfile"))
    _write(folder / "other-bucket.yaml", _in_other_bucket(shoot))
    _write(folder / "missing-vpc.yaml", _in_missing_vpc(shoot))
    _write(folder / "no-uid.yaml", _without_uid(shoot))
    seed = copy.deepcopy(shoot)
    seed_objects(seed)
    _write(folder / "seed.yaml", seed)
    _write(folder / "infrastructure.yaml", _without(seed, "Worker"))
    _write(folder / "worker.yaml", _without(seed, "Infrastructure"))
    (folder / "broken.yaml").write_text("apiVersion: core.gardener.cloud/v1beta1\nkind: Shoot\n  metadata: {\n")
    both = folder / "two"
    both.mkdir()
    first = _renamed(shoot, 1)
    second = {name: document for name, document in _renamed(shoot, 2).items() if name == "Shoot" or "canary" in name}
    _write(both / "1.yaml", first)
    _write(both / "2.yaml", second)


STEPS = [
    # Without any cloud.
    Step("validate @shoot.yaml"),
    Step("validate @shoot.yaml -o json"),
    Step("validate @invalid.yaml -o json"),
    Step("validate @invalid.yaml -o yaml"),
    Step("validate @broken.yaml -o json"),
    Step("validate @update.yaml --old @shoot.yaml -o json"),
    Step("validate @two -o json"),
    Step("validate - -o json", stdin="shoot.yaml"),
    Step("validate @seed.yaml -o json"),
    Step("validate @nothing.yaml -o json"),
    Step("render @shoot.yaml --out rendered --with-secrets -o json"),
    Step("render @seed.yaml --out rendered-seed -o yaml"),
    Step("render @two --out rendered-two -o json"),
    # Nothing is there yet.
    Step("plan @shoot.yaml -o json"),
    Step("status @shoot.yaml -o json"),
    Step("state list @shoot.yaml -o json"),
    Step("destroy @shoot.yaml -o json"),
    Step("adopt @shoot.yaml -o json"),
    Step("plan @no-bucket.yaml -o json"),
    Step("plan @no-credentials.yaml -o json"),
    Step("plan @no-profile.yaml -o json"),
    Step("apply @missing-vpc.yaml -o json"),
    # A shoot is made, looked at, changed.
    Step("apply @shoot.yaml -o json"),
    Step("plan @shoot.yaml -o json"),
    Step("apply @shoot.yaml -o json"),
    Step("apply @shoot.yaml"),
    Step("status @shoot.yaml -o json"),
    Step("status @shoot.yaml -o yaml"),
    Step("status @no-uid.yaml"),
    Step("state list @shoot.yaml -o json"),
    Step("state list @shoot.yaml --root worker -o yaml"),
    Step("state show @shoot.yaml -o json"),
    Step(f"state show @shoot.yaml {_ADDRESS} -o yaml"),
    Step(f"state show @shoot.yaml --address {_POOL} --reveal -o json"),
    Step("state pull @shoot.yaml"),
    Step("state pull @shoot.yaml --root worker --reveal -o json"),
    Step("state history @shoot.yaml -o json"),
    Step("plan @update.yaml -o json"),
    Step("apply @update.yaml -o json"),
    Step("state diff @shoot.yaml 2 --root worker -o json"),
    Step("state rollback @shoot.yaml --root worker --to 2 -o json"),
    Step("adopt @shoot.yaml -o json"),
    Step("apply @update.yaml -o json"),
    Step("apply @fewer.yaml -o json"),
    Step("apply @fewer.yaml --allow-replace -o json"),
    # The state is lost, and found again.
    Step("adopt @other-bucket.yaml -o json"),
    Step("adopt @other-bucket.yaml --yes -o json"),
    Step("destroy @infrastructure.yaml -o json"),
    Step("state unlock @shoot.yaml -o json"),
    Step("destroy @shoot.yaml -o json"),
    Step("sandbox info -o json"),
    # Faults and refusals.
    Step("sandbox fault add CreateSecurityGroup --kind unavailable --times 1 -o json"),
    Step("apply @seed.yaml -o json"),
    Step("destroy @seed.yaml -o json"),
    Step("sandbox fault clear -o json"),
    Step("sandbox quota set vpc 0 -o json"),
    Step("apply @shoot.yaml -o json"),
    Step("sandbox quota set vpc 10 -o json"),
    # Several at once.
    Step("apply @two -o json"),
    Step("destroy @two -o json"),
]


def _write(path: Path, documents: Documents) -> None:
    path.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))


def _pools(documents: Documents) -> list[dict[str, Any]]:
    place: Any = documents["Shoot"]
    for name in _POOLS:
        place = place[name]
    pools: list[dict[str, Any]] = place
    return pools


def _updated(documents: Documents) -> Documents:
    changed = copy.deepcopy(documents)
    _pools(changed)[0] |= {"maximum": 9, "labels": {"team": "a"}}
    _pools(changed)[1]["machine"]["type"] = "ecs.g7.xlarge"
    return changed


def _without_database(documents: Documents) -> Documents:
    changed = _updated(documents)
    del _pools(changed)[1]
    return changed


def _overlapping(documents: Documents) -> Documents:
    changed = copy.deepcopy(documents)
    networks = changed["Shoot"]["spec"]["provider"]["infrastructureConfig"]["networks"]
    networks["zones"][1]["workers"] = "10.250.0.0/20"
    _pools(changed)[0]["minimum"] = 7
    return changed


def _without(documents: Documents, name: str) -> Documents:
    return {key: document for key, document in documents.items() if key != name}


def _in_other_bucket(documents: Documents) -> Documents:
    changed = copy.deepcopy(documents)
    changed["BackupBucket"]["metadata"]["name"] = "demo-garden-other"
    return changed


def _in_missing_vpc(documents: Documents) -> Documents:
    changed = copy.deepcopy(documents)
    changed["Shoot"]["spec"]["provider"]["infrastructureConfig"]["networks"]["vpc"] = {"id": "vpc-nowhere"}
    return changed


def _without_uid(documents: Documents) -> Documents:
    changed = copy.deepcopy(documents)
    del changed["Shoot"]["status"]["uid"]
    return changed


def _renamed(documents: Documents, number: int) -> Documents:
    text = yaml.safe_dump_all(documents.values(), sort_keys=False)
    text = text.replace("canary", f"canary{number}").replace("6f1f6c1b2a90", f"6f1f6c1b2a9{number}")
    return dict(zip(documents, yaml.safe_load_all(text), strict=True))
