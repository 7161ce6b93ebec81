"""
Walks through sixty commands with one version of the program, and writes down everything that can be seen of them.

    python -m tests.walk.record --program CHECKOUT --out FILE

Of each command: its exit code, what it printed on standard output, what it asked of the cloud and of the object store.
At the end: every object in the buckets. What differs from run to run anyway (ids, times, ports) is written alike, so
that two versions can be compared (`tests.walk.compare`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import oss2

from tests.e2e.conftest import access_key
from tests.walk.steps import STEPS, Step, write_manifests

_WATCHED = Path(__file__).with_name("watched.py")
_BUCKETS = ("demo-garden-backups", "demo-garden-other")
_PUBLIC = ("plan", "apply", "destroy", "adopt", "status", "state", "render")
_FOREIGN = ("ALICLOUD_", "ALIBABA_CLOUD_", "TF_", "OSS_", "PROVISION_")
_ALIKE = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+\d\d:\d\d)", "<time>"),
    (r"\brun-[0-9a-f]{12}\b", "<run>"),
    (
        r"\b(vpc|vsw|ngw|eip|sg|sgr|asg|asc|rtb|vrt|vtb|snat|stb|ftb|i|d|eni|ipv6gw|asa|ir|iri|m|as)-[0-9a-z]{16,}\b",
        r"<\1>",
    ),
    (r"\b(ngw|vpc|vsw|stb|snat|asg|asc|sg|i|d|eni|rtb|vtb|eip)-gw8[0-9a-z]+", r"<\1>"),
    (r"\b47\.\d+\.\d+\.\d+\b", "<address>"),
    (r"127\.0\.0\.1:\d+", "<server>"),
    (r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}", "<request>"),
    (r'("lineage": )"[0-9a-f-]{36}"', r'\1"<lineage>"'),
    (r'("(?:token|nonce)": )"[^"]*"', r'\1"<token>"'),
    (r"TF-[A-Za-z0-9-]+", "<token>"),
    (r"sandbox-[0-9a-f]{12}", "<sandbox>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!-)", "<uuid>"),
)
_UNSTABLE = frozenset(
    (
        *("boot_id", "expires", "at", "since", "unclean_since", "host", "lineage", "elapsed_seconds"),
        *("number", "serial", "size", "state", "state_digest", "lease", "added", "removed", "changed", "resources"),
    )
)
"""Keys whose value depends on the moment: how many versions a run stores in passing is a matter of seconds."""
_METADATA = ("x-oss-meta-run", "x-oss-meta-operation", "x-oss-meta-fence")
_UNORDERED = frozenset(("check_results", "objects", "dependencies", "found", "adopted", "beyond"))


def main() -> int:
    """Record one walk."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=Path.cwd(), help="checkout whose program walks")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="walk-") as name:
        folder = Path(name)
        write_manifests(folder)
        environment = _environment(folder, options.program.resolve())
        steps = [_walk(step, folder, environment) for step in STEPS]
        objects = _read_objects(folder, environment)
    options.out.write_text(json.dumps({"steps": steps, "objects": objects}, indent=1, sort_keys=True))
    print(f"{len(steps)} commands, {sum(len(step['requests']) for step in steps)} requests, {len(objects)} objects")
    return 0


def _environment(folder: Path, program: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {
        **kept,
        "PYTHONPATH": str(program),
        "PROVISION_SANDBOX_DIR": str(folder / "sandbox"),
        "PROVISION_WORK_DIR": str(folder / "work"),
        "PROVISION_CACHE_DIR": str(folder / "cache"),
        "PROVISION_PARALLELISM": "1",
        "PROVISION_SANDBOX_SETTLE_MS": "0",
        "PROVISION_RETRY_WAIT": "0.01",
        "PROVISION_RETRY_BUDGET": "2",
    }


def _walk(step: Step, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    record = folder / "record.jsonl"
    record.unlink(missing_ok=True)
    arguments = [word.removeprefix("@") for word in step.arguments]
    if arguments[0] in _PUBLIC:
        arguments.append("--sandbox")
    done = subprocess.run(
        [sys.executable, _WATCHED, record, *arguments],
        cwd=folder,
        env={**environment, **step.environment},
        input=(folder / step.stdin).read_text() if step.stdin else None,
        stdin=None if step.stdin else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    requests = record.read_text().splitlines() if record.exists() else []
    print(f"{done.returncode:3}  {step.line}", file=sys.stderr)
    return {
        "command": step.line,
        "exit": done.returncode,
        "output": _output(done.stdout, folder),
        "notes": _alike(done.stderr, folder).splitlines(),
        "requests": [_request(json.loads(line), folder) for line in requests],
    }


def _request(line: dict[str, Any], folder: Path) -> str:
    if line["kind"] == "cloud":
        parameters = " ".join(f"{name}={value}" for name, value in line["parameters"] if name != "ClientToken")
        return _alike(f"cloud {line['action']} {parameters}", folder)
    given = " ".join(f"{name}={value}" for name, value in line["query"])
    headers = " ".join(f"{name}:{value}" for name, value in sorted(line["headers"].items()))
    return _alike(f"client {line['method']} {line['path']} {given} {headers}".strip(), folder)


def _output(text: str, folder: Path) -> Any:
    """Return a JSON document with its values alike, or the lines of any other text."""
    try:
        document = json.loads(text)
    except ValueError:
        return sorted(_alike(text, folder).splitlines()) if "module." in text else _alike(text, folder).splitlines()
    return _stable(document, folder)


def _stable(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {_alike(name, folder): _stable_item(name, item, folder) for name, item in value.items()}
    if isinstance(value, list):
        stable = [_stable(item, folder) for item in value]
        # Entries of a history that say the same now are versions that one run stored in passing.
        return [item for number, item in enumerate(stable) if number == 0 or item != stable[number - 1]]
    return _alike(value, folder) if isinstance(value, str) else value


def _stable_item(name: str, item: Any, folder: Path) -> Any:
    if name in _UNSTABLE and isinstance(item, str | int | float):
        return f"<{name}>"
    stable = _stable(item, folder)
    return sorted(stable, key=json.dumps) if name in _UNORDERED and isinstance(stable, list) else stable


def _alike(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "<folder>")
    for pattern, name in _ALIKE:
        text = re.sub(pattern, name, text)
    return text


def _read_objects(folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return every object of the buckets: its metadata, and its content alike."""
    found: dict[str, Any] = {}
    runs: dict[tuple[str, str], int] = {}
    with _served(environment) as settings:
        access = oss2.Auth(*access_key())
        for name in _BUCKETS:
            bucket = oss2.Bucket(access, settings["oss"], name)
            try:
                keys_of_bucket = [found.key for found in oss2.ObjectIterator(bucket)]
            except oss2.exceptions.OssError as error:
                found[f"{name}/"] = error.code
                continue
            for key in keys_of_bucket:
                answer = bucket.get_object(key)
                place = key
                if "/state/" in key:
                    # Of the versions that one run stored, the last one: the others depend on seconds.
                    run = answer.headers["x-oss-meta-run"]
                    folder_of_root = key.rpartition("/")[0]
                    place = f"{folder_of_root}/run {runs.setdefault((folder_of_root, run), len(runs) + 1)}"
                metadata = {
                    header: _alike(value, folder)
                    for header, value in sorted(answer.headers.items())
                    if header.lower().startswith("x-oss-meta-")
                    and not header.lower().endswith(("lineage", "serial", "lease", "number"))
                }
                found[_alike(f"{name}/{place}", folder)] = {
                    "metadata": metadata,
                    "content": _output(answer.read().decode(), folder),
                }
    return found


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "sandbox", "serve", "-o", "json"],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(environment),
    )
    assert process.stdout is not None
    try:
        text = ""
        while not text.endswith("\n}\n"):
            text += process.stdout.readline()
        yield json.loads(text)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


if __name__ == "__main__":
    sys.exit(main())
