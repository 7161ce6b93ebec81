"""`provision status`: InfrastructureStatus and WorkerStatus from the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.run.shoot_status import ShootStatus


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print what the newest states say; a shoot without state has no status."""
    from provisioner.cli.inputs import run_targets
    from provisioner.reports.documents import shoot_status_document, status_manifests
    from provisioner.reports.text import status_lines
    from provisioner.run.session import Session
    from provisioner.workflows.status import read_status

    def work(context: Context, target: ShootInput) -> ShootStatus:
        return read_status(Session.open(context, target, create_bucket=False))

    results, exit_code = run_targets(arguments, console, process, work, shoot_status_document, checks=False)
    for result in results:
        console.lines(status_lines(result))
        for manifest in status_manifests(result):
            console.manifest(manifest)
    return exit_code
