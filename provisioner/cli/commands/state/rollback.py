"""`provision state rollback`: make a former version the newest again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_consent, add_files, add_lock, add_reveal, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.state.diff import StateDiff
    from provisioner.workflows.state.rollback import RolledBack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_root(parser, default="")
    parser.add_argument("--to", type=int, metavar="N", required=True, help="the version to return to")
    add_consent(parser)
    add_reveal(parser)
    add_lock(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Roll one root module's state back, and print what the cloud holds beyond it."""
    from provisioner.cli.inputs import report_targets
    from provisioner.reports.state import diff_lines, rolled_back_document, rolled_back_lines
    from provisioner.workflows.state.rollback import roll_back_target

    def show(diff: StateDiff) -> None:
        for line in diff_lines(diff):
            console.note(line)

    def work(context: Context, target: ShootInput) -> RolledBack:
        return roll_back_target(context, target, arguments.root, arguments.to, reveal=arguments.reveal, show=show)

    return report_targets(arguments, console, process, work, rolled_back_document, lines=rolled_back_lines)
