"""
Whatever a manifest says its region is, no request goes to a host that the manifest has chosen.

Hosts of Alibaba Cloud are called after regions: `spec.region: x@host/` would make `https://oss-x@host/.aliyuncs.com`.
"""

from __future__ import annotations

import copy
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st

from tests.e2e.variants import example, put, seed_objects
from tests.properties.command import provision
from tests.properties.scale import examine, share
from tests.properties.texts import hostile_texts

EXAMPLES = 60
"""Of each object."""
COMMANDS = [
    "validate @",
    "plan @",
    "apply @ --yes",
    "destroy @ --yes",
    "adopt @",
    "adopt @ --yes",
    "status @",
    "render @ --out rendered",
    "state list @",
    "state show @",
    "state history @",
    "state pull @",
    "state diff @ 1",
    "state unlock @ --yes",
    "state rollback @ --root worker --to 1 --yes",
]
"""Every command that takes manifests; `@` stands for them."""
OBJECTS = ["Shoot", "BackupBucket", "Infrastructure", "Worker"]
"""Those that have a region which hosts are called after."""
Connections = list[Any]
Write = Callable[[str, str], Path]


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    """Return what the commands of this test look up or connect to; each time it fails."""
    found: Connections = []
    # A lease that another test has left in this process may still be trying to renew itself.
    others = set(threading.enumerate()) - {threading.current_thread()}

    def refuse(*address: Any) -> None:
        if threading.current_thread() not in others:
            found.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return found


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes manifests with a value where a path such as `Shoot/spec/region` leads to."""
    monkeypatch.chdir(tmp_path)
    shoot = example()
    shoot["Shoot"]["status"] = {}
    seed = copy.deepcopy(shoot)
    seed_objects(seed)

    def write_manifests(path: str, value: str) -> Path:
        documents = copy.deepcopy(shoot if path.partition("/")[0] in shoot else seed)
        put(path, value)(documents)
        file = tmp_path / "manifests.yaml"
        file.write_text(yaml.safe_dump_all(documents.values()))
        return file

    return write_manifests


def check(command: str, name: str, file: Path, connections: Connections, *options: str) -> None:
    """Expect an error that names the region's field, and no connection."""
    done = provision(*(str(file) if word == "@" else word for word in command.split()), *options)
    problems = done.document.get("errors") or done.document["error"]["problems"]
    assert done.code == 3
    assert f"{name} spec.region" in [f"{found['object'].partition('/')[0]} {found['path']}" for found in problems]
    assert connections == []


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_asks_a_host_that_a_manifest_chose(
    write: Write, connections: Connections, command: str, name: str
) -> None:
    file = write(f"{name}/spec/region", "x@host.example/")
    check(command, name, file, connections)
    if command != "validate @":
        check(command, name, file, connections, "--sandbox")


SYNTAX = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
parts = st.sampled_from(["eu-central-1", "x", "@", "/", "#", ":", "?", "%", "%40", "host.example", "\\", " ", "-", "."])
regions = st.one_of(
    st.lists(parts, max_size=6).map("".join),
    hostile_texts(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(
        ["", "EU-CENTRAL-1", "eu-central-1\n", "eu", "eu-", "eu-central-1-", "\uff45u-central-1", "eu-centra\u0131-1"]
    ),
    st.just(f"eu{'-central' * 9}-1"),
).filter(lambda region: not SYNTAX.fullmatch(region) or len(region) > 63)


@pytest.mark.parametrize("name", OBJECTS)
def test_whatever_is_no_region_is_refused_by_its_field(write: Write, connections: Connections, name: str) -> None:
    def examine_one(drawn: tuple[str, str]) -> None:
        region, command = drawn
        check(command, name, write(f"{name}/spec/region", region), connections)

    examine(st.tuples(regions, st.sampled_from(COMMANDS)), examine_one, chunk=0, count=share(EXAMPLES, 1))


NAMES = ["x@host.example/", "x/../y", "../y", "..", "x?", "x#", "x:1", "x\\y", "x\ny", "x%2fy", "x y", "ü"]


@pytest.mark.parametrize("path", ["BackupBucket/metadata/name", "Shoot/status/technicalID", "Shoot/status/uid"])
@pytest.mark.parametrize("command", ["destroy @ --yes", "status @", "state list @"])
def test_no_other_name_leads_elsewhere(write: Write, connections: Connections, command: str, path: str) -> None:
    """These commands check no more of the manifests than they need."""
    for name in NAMES:
        file = write(path, name)
        done = provision(*(str(file) if word == "@" else word for word in command.split()))
        assert done.code != 0
        assert "fault of provision" not in done.err
        assert connections == []


def test_a_new_region_needs_no_new_version(write: Write, connections: Connections) -> None:
    """There is no list of regions: what looks like one is asked."""
    done = provision("status", write("BackupBucket/spec/region", "na-south-1"))
    assert (done.code, "OSS cannot be reached" in done.err) == (1, True)
    assert {address[0] for address in connections} == {"demo-garden-backups.oss-na-south-1.aliyuncs.com"}
