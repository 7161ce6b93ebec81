"""`provision destroy`: destroy everything the state holds of a shoot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_changing

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.destroy import Destroyed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_changing(parser)
    parser.add_argument(
        "--no-wait",
        action="store_true",
        help="if an earlier run was cut off, end with an error instead of waiting until none of its objects can appear",
    )


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Destroy every target and say how much is gone."""
    from provisioner.cli.inputs import run_targets
    from provisioner.reports.documents import destroyed_document
    from provisioner.reports.text import destroyed_line
    from provisioner.workflows.destroy import destroy_target

    def work(context: Context, target: ShootInput) -> Destroyed:
        return destroy_target(context, target, waits=not arguments.no_wait)

    results, exit_code = run_targets(arguments, console, process, work, destroyed_document, checks=False)
    for result in results:
        console.line(destroyed_line(result))
    return exit_code
