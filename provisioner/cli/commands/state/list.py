"""`provision state list`: the resources in one version of the states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files, add_number, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.state.show import StateResource


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_root(parser)
    add_number(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print where each resource is, and its id."""
    from provisioner.cli.inputs import chosen_roots, report_targets
    from provisioner.reports.state import listed_document, listed_lines
    from provisioner.run.session import Session
    from provisioner.workflows.state.show import list_resources

    def work(context: Context, target: ShootInput) -> list[StateResource]:
        session = Session.open(context, target, create_bucket=False)
        return list_resources(session, chosen_roots(arguments), number=arguments.number)

    return report_targets(arguments, console, process, work, listed_document, lines=listed_lines)
