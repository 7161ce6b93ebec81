"""`provision apply`: create or change what the manifests ask for."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.reports.documents import applied_document, status_manifests
from provisioner.reports.text import applied_lines
from provisioner.run.context import Context
from provisioner.workflows.apply import Applied, apply_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Apply every target and print InfrastructureStatus and WorkerStatus."""
    agreed = arguments.yes or arguments.sandbox

    def work(context: Context, target: ShootInput) -> Applied:
        return apply_target(
            context,
            target,
            asks=not agreed,
            allows_replace=arguments.allow_replace,
            recreates=arguments.recreate,
            beside=arguments.beside,
        )

    results, exit_code = run_targets(arguments, console, process, work, applied_document, assumes_consent=agreed)
    for result in results:
        console.lines(applied_lines(result))
        for manifest in status_manifests(result.status):
            console.manifest(manifest)
    return exit_code
