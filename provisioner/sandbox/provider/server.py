"""The gRPC server terraform attaches to."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc, tfplugin_pb2_grpc

from provisioner.sandbox.provider.reattach import Reattach
from provisioner.sandbox.provider.schema import load_schema
from provisioner.sandbox.provider.servicer import ProviderServicer

if TYPE_CHECKING:
    from provisioner.sandbox.cloud import Caller, Cloud

ADDRESSES = ("registry.terraform.io/aliyun/alicloud", "registry.opentofu.org/aliyun/alicloud")
"""`aliyun/alicloud` as terraform and as tofu spell it out."""

_THREADS = 16  # terraform runs ten operations at a time, and asks other things beside them
_LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 108 with the final NUL
_UNLIMITED = -1


class _Controller:
    """go-plugin's controller: terraform may tell a provider to go away, this one stays."""

    def Shutdown(self, request: Any, context: Any) -> Any:
        """Do nothing."""
        return grpc_controller_pb2.Empty()


class _Stdio:
    """go-plugin's channel for what a provider prints: nothing."""

    def StreamStdio(self, request: Any, context: Any) -> Any:
        """Return an empty stream."""
        return iter(())


def start_server(cloud: Cloud, caller: Caller, socket_dir: Path) -> Reattach:
    """
    Start serving and return how to attach; see `serve_provider`.

    Raises:
        ValueError: `socket_dir` is too long for a unix socket.
    """
    socket_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = socket_dir
    if socket_dir.stat().st_mode & 0o077:
        private = Path(tempfile.mkdtemp(prefix="p", dir=socket_dir))  # others may look into socket_dir, not into this
    socket = private.absolute() / f"tf-{uuid.uuid4().hex[:8]}"
    if len(os.fsencode(socket)) >= _LONGEST_SOCKET_PATH:
        if private is not socket_dir:
            private.rmdir()
        raise ValueError(f"{socket}: too long for a unix socket, choose a shorter directory")

    pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="sandbox-provider")
    server = grpc.server(
        pool,
        options=[("grpc.max_receive_message_length", _UNLIMITED), ("grpc.max_send_message_length", _UNLIMITED)],
    )
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(ProviderServicer(cloud, caller, load_schema()), server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(_Controller(), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(_Stdio(), server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()

    stopping = threading.Lock()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        with stopping:
            if stopped:
                return
            stopped = True
        server.stop(grace=None).wait()
        pool.shutdown(wait=False)
        with contextlib.suppress(FileNotFoundError):
            socket.unlink()
        if private is not socket_dir:
            shutil.rmtree(private, ignore_errors=True)

    attach = {
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": {"Network": "unix", "String": str(socket)},
    }
    environment = {"TF_REATTACH_PROVIDERS": json.dumps(dict.fromkeys(ADDRESSES, attach))}
    return Reattach(environment, stop)
