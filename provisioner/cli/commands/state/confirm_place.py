"""`provision state confirm-place`: record the place of a state that does not name one."""

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
    parser.add_argument(
        "--account", metavar="ID", required=True, help="the id of the account (GetCallerIdentity returns it)"
    )
    parser.add_argument("--region", metavar="REGION", required=True, help="the region of the shoot")
    add_consent(parser)
    add_lock(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Record the place, and say which it is."""
    from provisioner.cli.inputs import chosen_roots, report_targets
    from provisioner.reports.state import placed_document, placed_lines
    from provisioner.workflows.state.place import confirm_place_target

    def work(context: Context, target: ShootInput) -> list[Placed]:
        roots = chosen_roots(arguments)
        return confirm_place_target(context, target, roots, arguments.account, arguments.region)

    return report_targets(arguments, console, process, work, placed_document, lines=placed_lines)
