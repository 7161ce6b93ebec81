"""`provision sandbox serve`, `info` and `reset` side by side, each in a process of its own on one folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import oss2
import psutil
import pytest

from tests.contract.test_sandbox_openapi import VPC, Sdk


class Served:
    """A running server."""

    def __init__(self, process, document):
        self.process = process
        self.document = document
        environment = document["environment"]
        key = environment["ALICLOUD_ACCESS_KEY"], environment["ALICLOUD_SECRET_KEY"]
        self.sdk = Sdk(document["openapi"], *key)
        self.bucket = oss2.Bucket(oss2.Auth(*key), environment["OSS_ENDPOINT"], "a-bucket", connect_timeout=10)

    def stop(self, signal_number):
        """Send a signal and return the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=10)


@pytest.fixture
def serve(provision):
    @contextmanager
    def started():
        command = [sys.executable, "-m", "provisioner", "sandbox", "serve", "-o", "json"]
        environment = {**os.environ, **provision.variables}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
            try:
                text = b""
                while not text.endswith(b"\n}\n"):
                    line = process.stdout.readline()
                    assert line, process.stderr.read()
                    text += line
                yield Served(process, json.loads(text))
            finally:
                process.kill()

    return started


def test_what_is_printed_is_enough_to_use_it(serve, provision):
    with serve() as server:
        server.sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")
        server.bucket.create_bucket()
        server.bucket.put_object("key", b"value")
        assert server.bucket.get_object("key").read() == b"value"
        info = provision.ok("sandbox", "info", "-o", "json").document
    served = {name: server.document[name] for name in ("id", "folder")}
    assert info == {**served, "resources": {"vpc": 1}, "total": 1}


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_at_once_and_cleanly(serve, signal_number):
    with serve() as server:
        server.sdk(VPC, "DescribeVpcs")  # leaves a connection open
        started = time.monotonic()
        assert server.stop(signal_number) == 0
        assert time.monotonic() - started < 3
        assert server.process.stderr.read() == b""


def test_it_listens_on_loopback_alone(serve):
    with serve() as server:
        sockets = psutil.Process(server.process.pid).net_connections("inet")
        listening = [connection.laddr.ip for connection in sockets if connection.status == psutil.CONN_LISTEN]
    assert len(listening) >= 2
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_two_servers_serve_one_cloud(serve):
    with serve() as first, serve() as second:
        vpc_id = first.sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
        assert second.sdk(VPC, "DescribeVpcAttribute", VpcId=vpc_id)["VpcId"] == vpc_id
        assert first.stop(signal.SIGTERM) == 0
        assert second.sdk(VPC, "DescribeVpcs")["TotalCount"] == 1


def test_what_was_made_outlives_the_server(serve):
    with serve() as server:
        server.sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")
        server.stop(signal.SIGTERM)
    with serve() as server:
        assert server.sdk(VPC, "DescribeVpcs")["TotalCount"] == 1


def test_a_reset_empties_the_cloud_under_a_running_server(serve, provision):
    with serve() as server:
        server.sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")
        server.bucket.create_bucket()
        reset = provision.ok("sandbox", "reset", "-o", "json").document
        assert (reset["resources"], reset["total"]) == ({}, 0)
        assert server.sdk(VPC, "DescribeVpcs")["TotalCount"] == 0
        with pytest.raises(oss2.exceptions.NoSuchBucket):
            server.bucket.get_bucket_info()
        server.sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")
        assert provision.counts() == {"vpc": 1}
