"""`provision state move`: let the states go on in another bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_consent, add_files, add_lock, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.state.place import Placed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_root(parser)
    parser.add_argument("--from", dest="source", metavar="BUCKET", required=True, help="the bucket that the log is in")
    parser.add_argument("--from-region", metavar="REGION", help="the region of that bucket (default: the new one's)")
    add_consent(parser)
    add_lock(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Move the logs, and say where they lie now."""
    from provisioner.cli.inputs import chosen_roots, report_targets
    from provisioner.reports.state import placed_document, placed_lines
    from provisioner.workflows.state.place import move_target

    def work(context: Context, target: ShootInput) -> list[Placed]:
        roots = chosen_roots(arguments)
        return move_target(context, target, roots, arguments.source, arguments.from_region)

    return report_targets(arguments, console, process, work, placed_document, lines=placed_lines)
