"""The front door: one folder, the cloud in it, and doors that are opened on demand."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import oss2
import pytest

from provisioner.sandbox.sandbox import OutdatedError, Sandbox

KEY, SECRET = "LTAIone", "secret-one"


def bucket_of(url: str) -> oss2.Bucket:
    return oss2.Bucket(oss2.Auth(KEY, SECRET), url, "bucket")


def test_what_is_made_through_one_door_is_there_when_the_folder_is_opened_again(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path) as sandbox:
        sandbox.cloud.enroll(KEY, SECRET)
        bucket_of(sandbox.serve()[1].url).create_bucket()
        cloud_id = sandbox.cloud.id
    with Sandbox.open(tmp_path) as again:
        assert again.cloud.id == cloud_id
        assert bucket_of(again.serve()[1].url).get_bucket_info().name == "bucket"


def test_servers_are_begun_once(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path) as sandbox:
        assert sandbox.serve() is sandbox.serve()


def test_both_servers_have_the_ports_that_are_asked_for(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path / "one") as sandbox:
        ports = [int(server.url.rpartition(":")[2]) for server in sandbox.serve()]
    with Sandbox.open(tmp_path / "two") as another:
        assert [int(server.url.rpartition(":")[2]) for server in another.serve(*ports)] == ports


def test_a_port_that_is_taken_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with Sandbox.open(tmp_path / "one") as sandbox:
        taken = int(sandbox.serve()[1].url.rpartition(":")[2])
        with Sandbox.open(tmp_path / "two") as another, pytest.raises(OSError, match="in use"):
            another.serve(oss_port=taken)
    assert set(threading.enumerate()) == before


def test_terraform_finds_the_provider_until_the_sandbox_is_closed(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path) as sandbox:
        environment = sandbox.serve_provider(sandbox.cloud.enroll(KEY, SECRET))
        sockets = Path(environment["TF_REATTACH_PROVIDERS"].partition('"String": "')[2].partition('"')[0])
        assert sockets.is_socket()
    assert not sockets.parent.exists()


def test_settings_name_what_is_served(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path) as sandbox:
        settings = sandbox.client_settings(KEY, SECRET, bucket="states", reattach={}, no_proxy="")
        openapi, oss = sandbox.serve()
        assert (
            settings.document
            | {
                "id": sandbox.cloud.id,
                "folder": str(tmp_path),
                "openapi": openapi.url,
                "oss": oss.url,
            }
            == settings.document
        )


def test_a_reset_empties_the_cloud_and_its_buckets(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path) as sandbox:
        caller = sandbox.cloud.enroll(KEY, SECRET)
        sandbox.cloud.call(caller, "2016-04-28", "CreateVpc", {"RegionId": "eu-central-1", "CidrBlock": "10.0.0.0/8"})
        _, oss = sandbox.serve()
        bucket_of(oss.url).create_bucket()
        sandbox.reset()
        sandbox.cloud.enroll(KEY, SECRET)
        assert sandbox.cloud.counts() == {}
        with pytest.raises(oss2.exceptions.NoSuchBucket):
            bucket_of(oss.url).get_bucket_info()


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    sandbox = Sandbox.open(tmp_path)
    sandbox.serve()
    sandbox.close()
    sandbox.close()


def test_what_an_earlier_version_made_is_refused_or_discarded(tmp_path: Path) -> None:
    with Sandbox.open(tmp_path) as sandbox:
        caller = sandbox.cloud.enroll(KEY, SECRET)
        sandbox.cloud.call(caller, "2016-04-28", "CreateVpc", {"RegionId": "eu-central-1", "CidrBlock": "10.0.0.0/8"})
    with closing(sqlite3.connect(tmp_path / "cloud.db")) as database:
        database.execute("PRAGMA user_version = 0")
    with pytest.raises(OutdatedError):
        Sandbox.open(tmp_path)
    with Sandbox.open(tmp_path, discards_older=True) as sandbox:
        assert sandbox.cloud.counts() == {}


def test_opening_imports_nothing_of_a_door() -> None:
    program = """
import sys
from provisioner.sandbox.sandbox import Sandbox
doors = ("oss", "wire", "provider", "http")
print([name for name in sys.modules if name.startswith(tuple(f"provisioner.sandbox.{door}" for door in doors))])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
