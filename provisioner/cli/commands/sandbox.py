"""`provision sandbox`: look into the simulated cloud, serve it, forget it."""

from __future__ import annotations

import argparse
import signal
from contextlib import ExitStack
from typing import Any

from provisioner.cli.clouds import cloud_error, open_sandbox, sandbox_of, serve_sandbox, serve_sandbox_provider
from provisioner.cli.console import Console, to_table
from provisioner.cli.process import Process
from provisioner.cli.sandbox_sections import render_sections
from provisioner.cli.sandbox_settings import REGION, SandboxSettings
from provisioner.cloud import Credentials
from provisioner.errors import ProvisionError
from provisioner.objectstore import OssStore
from provisioner.runner.interruption import SIGNALS

_CREDENTIALS = Credentials("LTAIsandbox0000000000", "sandbox-secret-for-loopback-use-only")
"""An account of its own in every sandbox; they open nothing else."""


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
    verbs = {"info": _info, "serve": _serve, "reset": _reset, "add-image": _add_image}
    return verbs[arguments.verb](arguments, console, process)


def _info(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    folder = sandbox_of(arguments, process)
    cloud = open_sandbox(folder, process.environ)
    try:
        sandbox_id, counts = cloud.id, cloud.counts()
    finally:
        cloud.close()
    document: dict[str, Any] = {
        "id": sandbox_id,
        "folder": str(folder),
        "resources": counts,
        "total": sum(counts.values()),
    }
    console.document(document)
    console.lines(to_table(("TYPE", "COUNT"), [(name, str(count)) for name, count in sorted(counts.items())]))
    console.line(f"{document['total']} resources in {folder} ({sandbox_id})")
    return 0


def _serve(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    folder = sandbox_of(arguments, process)
    # Before any thread is started, so that every thread has them blocked and only sigwait takes them: no default
    # handler ends the process without closing the database.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with ExitStack() as stack:
        cloud = open_sandbox(folder, process.environ)
        stack.callback(cloud.close)
        caller = cloud.enroll(_CREDENTIALS.access_key_id, _CREDENTIALS.access_key_secret)
        try:
            openapi, oss = serve_sandbox(cloud, folder, stack, arguments.port, arguments.oss_port)
        except (OSError, OverflowError) as error:
            raise ProvisionError(f"a port cannot be served: {error}", fix="name other ports, or none") from error
        settings = SandboxSettings(
            id=cloud.id,
            folder=folder,
            openapi_url=openapi.url,
            oss_url=oss.url,
            ca_path=openapi.ca_path,
            credentials=_CREDENTIALS,
            bucket=_ensure_bucket(oss.url, caller.account_id),
            reattach=serve_sandbox_provider(cloud, caller, stack),
            no_proxy=process.environ.get("NO_PROXY") or process.environ.get("no_proxy", ""),
        )
        console.document(settings.document)
        console.lines(render_sections(settings).removesuffix("\n").split("\n"))
        console.lines(("", f"# the sandbox in {folder}, until interrupted"))
        signal.sigwait(SIGNALS)
    return 0


def _ensure_bucket(oss_url: str, account_id: str) -> str:
    """Return the bucket for Terraform's own states, made when it is missing: `terraform init` does not make it."""
    # Names are shared by all accounts, and whoever uses this folder may have a bucket of any plain name.
    bucket = f"terraform-{account_id}"
    OssStore(oss_url, REGION, bucket, _CREDENTIALS.access_key_id, _CREDENTIALS.access_key_secret).ensure_bucket()
    return bucket


def _reset(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    folder = sandbox_of(arguments, process)
    cloud = open_sandbox(folder, process.environ, discards_older=True)
    try:
        cloud.reset()
        sandbox_id = cloud.id
    finally:
        cloud.close()
    from provisioner.sandbox.oss import clear_oss

    clear_oss(folder)
    console.document({"id": sandbox_id, "folder": str(folder), "resources": {}, "total": 0})
    console.line(f"the sandbox in {folder} is empty")
    return 0


def _add_image(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    from provisioner.sandbox.cloud import ActionError

    cloud = open_sandbox(sandbox_of(arguments, process), process.environ)
    try:
        cloud.add_image(arguments.image_id, arguments.region)
    except ActionError as error:
        raise cloud_error(error) from error
    finally:
        cloud.close()
    console.document({"image": arguments.image_id, "region": arguments.region})
    console.line(f"{arguments.image_id} exists in {arguments.region}")
    return 0
