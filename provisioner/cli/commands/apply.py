"""`provision apply`: create or change what the manifests ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_changing

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.apply import Applied


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_changing(parser)
    parser.add_argument(
        "--allow-replace",
        action="store_true",
        help="let a VPC, vSwitch, NAT gateway, EIP or whole worker pool be replaced or deleted (plan names them)",
    )
    parser.add_argument(
        "--recreate",
        action="store_true",
        help="create a shoot again after all of it was deleted outside of provision",
    )
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="ENTRY",
        help="create the shoot beside objects of its name whose owner tag is this entry; recorded once; repeatable",
    )


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Apply every target and print InfrastructureStatus and WorkerStatus."""
    from provisioner.cli.inputs import run_targets
    from provisioner.reports.documents import applied_document, status_manifests
    from provisioner.reports.text import applied_lines
    from provisioner.workflows.apply import apply_target

    def work(context: Context, target: ShootInput) -> Applied:
        return apply_target(context, target, beside=arguments.beside)

    results, exit_code = run_targets(arguments, console, process, work, applied_document)
    for result in results:
        console.lines(applied_lines(result))
        for manifest in status_manifests(result.status):
            console.manifest(manifest)
    return exit_code
