"""`provision sandbox`: look into the simulated cloud, serve it, forget it."""

from __future__ import annotations

import argparse
import signal
from typing import Any

from provisioner.api.text import is_printable
from provisioner.cli.clouds import cloud_error, open_sandbox, sandbox_of
from provisioner.cli.console import Console
from provisioner.cli.process import Process
from provisioner.cloud import Credentials
from provisioner.errors import ProvisionError
from provisioner.ids import RegionId
from provisioner.objectstore import OssStore
from provisioner.reports.text import to_table
from provisioner.runner.interruption import SIGNALS

_CREDENTIALS = Credentials("LTAIsandbox0000000000", "sandbox-secret-for-loopback-use-only")
"""An account of its own in every sandbox; they open nothing else."""


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
    verbs = {"info": _info, "serve": _serve, "reset": _reset, "add-image": _add_image}
    return verbs[arguments.verb](arguments, console, process)


def _info(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    folder = sandbox_of(arguments, process)
    with open_sandbox(folder, process.environ) as sandbox:
        sandbox_id, counts = sandbox.cloud.id, sandbox.cloud.counts()
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
    with open_sandbox(folder, process.environ) as sandbox:
        from provisioner.sandbox.sandbox import render_sections

        caller = sandbox.cloud.enroll(_CREDENTIALS.access_key_id, _CREDENTIALS.access_key_secret)
        try:
            _, oss = sandbox.serve(arguments.port, arguments.oss_port)
        except (OSError, OverflowError) as error:
            raise ProvisionError(f"a port cannot be served: {error}", fix="name other ports, or none") from error
        settings = sandbox.client_settings(
            _CREDENTIALS.access_key_id,
            _CREDENTIALS.access_key_secret,
            bucket=_ensure_bucket(oss.url, caller.account_id),
            reattach=sandbox.serve_provider(caller),
            no_proxy=process.environ.get("NO_PROXY") or process.environ.get("no_proxy", ""),
        )
        console.document(settings.document)
        console.lines(render_sections(settings, is_printable).removesuffix("\n").split("\n"))
        console.lines(("", f"# the sandbox in {folder}, until interrupted"))
        signal.sigwait(SIGNALS)
    return 0


def _ensure_bucket(oss_url: str, account_id: str) -> str:
    """Return the bucket for Terraform's own states, made when it is missing: `terraform init` does not make it."""
    from provisioner.sandbox.sandbox import REGION

    # Names are shared by all accounts, and whoever uses this folder may have a bucket of any plain name.
    bucket = f"terraform-{account_id}"
    keys = (_CREDENTIALS.access_key_id, _CREDENTIALS.access_key_secret)
    OssStore(oss_url, RegionId(REGION), bucket, *keys).ensure_bucket()
    return bucket


def _reset(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    folder = sandbox_of(arguments, process)
    with open_sandbox(folder, process.environ, discards_older=True) as sandbox:
        sandbox.reset()
        sandbox_id = sandbox.cloud.id
    console.document({"id": sandbox_id, "folder": str(folder), "resources": {}, "total": 0})
    console.line(f"the sandbox in {folder} is empty")
    return 0


def _add_image(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    with open_sandbox(sandbox_of(arguments, process), process.environ) as sandbox:
        from provisioner.sandbox.sandbox import ActionError

        try:
            sandbox.cloud.add_image(arguments.image_id, arguments.region)
        except ActionError as error:
            raise cloud_error(error) from error
    console.document({"image": arguments.image_id, "region": arguments.region})
    console.line(f"{arguments.image_id} exists in {arguments.region}")
    return 0
