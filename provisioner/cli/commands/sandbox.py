"""`provision sandbox`: look into the simulated cloud, serve it, forget it."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
from contextlib import ExitStack
from typing import Any

from provisioner.cli.clouds import cloud_error, open_sandbox, sandbox_dir, serve_sandbox, serve_sandbox_provider
from provisioner.cli.console import Console, to_table
from provisioner.errors import ProvisionError
from provisioner.runner.interruption import SIGNALS
from provisioner.settings import Settings

_ACCESS_KEY_ID = "LTAIsandbox0000000000"
_ACCESS_KEY_SECRET = "sandbox-secret-for-loopback-use-only"  # noqa: S105 - opens nothing but a simulated cloud


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Run the verb that the command line names."""
    verbs = {"info": _info, "serve": _serve, "reset": _reset, "add-image": _add_image}
    return verbs[arguments.verb](arguments, console)


def _info(arguments: argparse.Namespace, console: Console) -> int:
    folder = sandbox_dir(arguments, Settings.from_environment(os.environ))
    cloud = open_sandbox(folder)
    try:
        counts = cloud.counts()
    finally:
        cloud.close()
    document: dict[str, Any] = {"folder": str(folder), "resources": counts, "total": sum(counts.values())}
    console.document(document)
    console.text(to_table(("TYPE", "COUNT"), [(name, str(count)) for name, count in sorted(counts.items())]))
    console.text(f"{document['total']} resources in {folder}\n")
    return 0


def _serve(arguments: argparse.Namespace, console: Console) -> int:
    folder = sandbox_dir(arguments, Settings.from_environment(os.environ))
    # Before any thread is started, so that every thread has them blocked and only sigwait takes them: no default
    # handler ends the process without closing the database.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with ExitStack() as stack:
        cloud = open_sandbox(folder)
        stack.callback(cloud.close)
        caller = cloud.enroll(_ACCESS_KEY_ID, _ACCESS_KEY_SECRET)
        try:
            openapi, oss = serve_sandbox(cloud, folder, stack, arguments.port, arguments.oss_port)
        except (OSError, OverflowError) as error:
            raise ProvisionError(f"a port cannot be served: {error}", fix="name other ports, or none") from error
        host = openapi.url.partition("://")[2].rstrip("/")
        environment = {
            "ALICLOUD_ACCESS_KEY": _ACCESS_KEY_ID,
            "ALICLOUD_SECRET_KEY": _ACCESS_KEY_SECRET,
            "ALIBABA_CLOUD_ENDPOINT_VPC": host,
            "ALIBABA_CLOUD_ENDPOINT_ECS": host,
            "ALIBABA_CLOUD_ENDPOINT_ESS": host,
            "OSS_ENDPOINT": oss.url,
            # The OpenAPI port takes TLS as well, which the provider insists on for some calls; this is its authority.
            "SSL_CERT_FILE": str(openapi.ca_path),
            # terraform uses the provider of this process then; one terraform at a time.
            **serve_sandbox_provider(cloud, caller, stack),
        }
        console.document({"openapi": openapi.url, "oss": oss.url, "folder": str(folder), "environment": environment})
        console.text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()))
        console.text(f"# the sandbox in {folder}, until interrupted\n")
        signal.sigwait(SIGNALS)
    return 0


def _reset(arguments: argparse.Namespace, console: Console) -> int:
    folder = sandbox_dir(arguments, Settings.from_environment(os.environ))
    cloud = open_sandbox(folder)
    try:
        cloud.reset()
    finally:
        cloud.close()
    from provisioner.sandbox.oss import clear_oss

    clear_oss(folder)
    console.document({"folder": str(folder), "resources": {}, "total": 0})
    console.text(f"the sandbox in {folder} is empty\n")
    return 0


def _add_image(arguments: argparse.Namespace, console: Console) -> int:
    from provisioner.sandbox.cloud import ActionError

    cloud = open_sandbox(sandbox_dir(arguments, Settings.from_environment(os.environ)))
    try:
        cloud.add_image(arguments.image_id, arguments.region)
    except ActionError as error:
        raise cloud_error(error) from error
    finally:
        cloud.close()
    console.document({"image": arguments.image_id, "region": arguments.region})
    console.text(f"{arguments.image_id} exists in {arguments.region}\n")
    return 0
