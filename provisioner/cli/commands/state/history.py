"""`provision state history`: every version of the states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.state.history import HistoryEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_root(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print each version: when, by whom, in which operation, its content and its changes."""
    from provisioner.cli.inputs import chosen_roots, report_targets
    from provisioner.reports.state import history_document, history_lines
    from provisioner.run.session import Session
    from provisioner.workflows.state.history import read_history

    def work(context: Context, target: ShootInput) -> list[HistoryEntry]:
        session = Session.open(context, target, create_bucket=False)
        return [entry for root in chosen_roots(arguments) for entry in read_history(session, root)]

    return report_targets(arguments, console, process, work, history_document, lines=history_lines)
