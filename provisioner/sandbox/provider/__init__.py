"""
A Terraform provider for the simulated cloud, served from the running process.

What lives here: the resource types our modules use, with the schema of aliyun/alicloud (`schema.json`), its plan rules,
and for each type the OpenAPI actions the real provider calls, in its order, with its parameters, its retries and its
error texts. Everything a resource does goes through `Cloud.call`.

What does not: what an action checks or answers (`provisioner.sandbox.actions`), and anything that only the sandbox
could know. The product must not be able to tell this provider from the real one.

grpc, protobuf and `tf` are loaded by `serve_provider`, not by importing this package.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.sandbox.provider.reattach import Reattach

if TYPE_CHECKING:
    from provisioner.sandbox.cloud import Caller, Cloud

__all__ = ["Reattach", "serve_provider"]


def serve_provider(cloud: Cloud, caller: Caller, socket_dir: Path) -> Reattach:
    """
    Serve the provider to terraform over a unix socket in `socket_dir`, which is created when missing (mode 0700).

    One server is for one terraform run at a time, because terraform configures the provider (its region) per run. A
    terraform that is interrupted or killed leaves the server running.

    Raises:
        ValueError: `socket_dir` is too long for a unix socket.
    """
    from provisioner.sandbox.provider.server import start_server  # grpc takes a tenth of a second to import

    return start_server(cloud, caller, socket_dir)
