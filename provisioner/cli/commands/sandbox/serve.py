"""`provision sandbox serve`: serve the simulated cloud to other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_common, add_sandbox_dir

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process

_ACCESS_KEY = ("LTAIsandbox0000000000", "sandbox-secret-for-loopback-use-only")
"""Id and secret of an account of its own in every sandbox; they open nothing else."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_sandbox_dir(parser)
    add_common(parser)
    parser.add_argument("--port", type=int, default=0, help="port of the OpenAPI endpoint (default: any free one)")
    parser.add_argument("--oss-port", type=int, default=0, help="port of the OSS endpoint (default: any free one)")


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Serve the sandbox until a signal comes, and print the settings for its clients."""
    import signal

    from provisioner.api.text import is_printable
    from provisioner.cli.clouds import open_sandbox, sandbox_of
    from provisioner.errors import ProvisionError
    from provisioner.runner.interruption import SIGNALS

    folder = sandbox_of(arguments, process)
    # Before any thread is started, so that every thread has them blocked and only sigwait takes them: no default
    # handler ends the process without closing the database.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with open_sandbox(folder, process.environ) as sandbox:
        from provisioner.sandbox.sandbox import render_sections

        caller = sandbox.cloud.enroll(*_ACCESS_KEY)
        try:
            _, oss = sandbox.serve(arguments.port, arguments.oss_port)
        except (OSError, OverflowError) as error:
            raise ProvisionError(f"a port cannot be served: {error}", fix="name other ports, or none") from error
        settings = sandbox.client_settings(
            *_ACCESS_KEY,
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
    from provisioner.ids import RegionId
    from provisioner.objectstore import OssStore
    from provisioner.sandbox.sandbox import REGION

    # Names are shared by all accounts, and a user of this folder may have a bucket of any plain name.
    bucket = f"terraform-{account_id}"
    OssStore(oss_url, RegionId(REGION), bucket, *_ACCESS_KEY).ensure_bucket()
    return bucket
