"""How the provider is attached to and how it ends."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc
from tf.gen import tfplugin_pb2 as pb

from provisioner.sandbox.cloud import Caller
from provisioner.sandbox.provider import Reattach, serve_provider
from tests.unit.sandbox.provider.terraform_side import ADDRESS, REGION, Terraform, WatchedCloud


def test_importing_the_package_loads_neither_grpc_nor_tf() -> None:
    program = "import provisioner.sandbox.provider, sys; print({'grpc', 'tf', 'msgpack'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_terraform_and_tofu_are_told_of_a_running_protocol_6_server(served: Reattach) -> None:
    attach = json.loads(served.environment["TF_REATTACH_PROVIDERS"])
    assert set(attach) == {ADDRESS, "registry.opentofu.org/aliyun/alicloud"}
    expected = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True}
    assert {key: attach[ADDRESS][key] for key in expected} == expected


def test_the_socket_is_in_a_directory_that_no_other_user_can_enter(served: Reattach) -> None:
    socket = Path(json.loads(served.environment["TF_REATTACH_PROVIDERS"])[ADDRESS]["Addr"]["String"])
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_an_open_directory_gets_a_closed_one_inside(watched: WatchedCloud, caller: Caller, short_dir: Path) -> None:
    short_dir.chmod(0o755)
    with serve_provider(watched, caller, short_dir) as reattach:  # type: ignore[arg-type]  # speaks Cloud.call
        socket = Path(json.loads(reattach.environment["TF_REATTACH_PROVIDERS"])[ADDRESS]["Addr"]["String"])
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert list(short_dir.iterdir()) == []


def test_a_directory_too_long_for_a_socket_is_refused(watched: WatchedCloud, caller: Caller, short_dir: Path) -> None:
    with pytest.raises(ValueError, match="too long for a unix socket"):
        serve_provider(watched, caller, short_dir / ("d" * 100))  # type: ignore[arg-type]  # speaks Cloud.call


def test_closing_twice_is_closing_once(watched: WatchedCloud, caller: Caller, short_dir: Path) -> None:
    reattach = serve_provider(watched, caller, short_dir / "s")  # type: ignore[arg-type]  # speaks Cloud.call
    reattach.close()
    reattach.close()
    assert list((short_dir / "s").iterdir()) == []


def test_an_interrupted_terraform_does_not_end_the_server(terraform: Terraform) -> None:
    terraform.stub.StopProvider(pb.StopProvider.Request())
    grpc_controller_pb2_grpc.GRPCControllerStub(terraform.channel).Shutdown(grpc_controller_pb2.Empty())
    assert terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")["id"]


def test_another_access_key_than_the_served_one_is_refused(terraform: Terraform) -> None:
    config = {**terraform.empty(terraform.schema.provider), "region": REGION, "access_key": "LTAIother"}
    assert [shown.summary for shown in terraform.configure(config)] == [
        "The sandbox provider serves another access key"
    ]


def test_calls_go_to_the_configured_region(terraform: Terraform, watched: WatchedCloud) -> None:
    terraform.configure({**terraform.empty(terraform.schema.provider), "region": "cn-shanghai"})
    assert terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")["region_id"] == "cn-shanghai"
    assert {params["RegionId"] for _action, params in watched.calls} == {"cn-shanghai"}
