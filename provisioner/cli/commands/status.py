"""`provision status`: InfrastructureStatus and WorkerStatus from the state."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.reports.documents import shoot_status_document, status_manifests
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.run.shoot_status import ShootStatus
from provisioner.workflows.status import read_status


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print what the newest states say; a shoot without state has no status."""
    results, exit_code = run_targets(arguments, console, process, _read, shoot_status_document, checks=False)
    for result in results:
        if result.infrastructure is None and result.worker is None:
            console.line(f"{result.technical_id}: nothing is applied")
        for manifest in status_manifests(result):
            console.manifest(manifest)
    return exit_code


def _read(context: Context, target: ShootInput) -> ShootStatus:
    return read_status(Session.open(context, target, create_bucket=False))
