"""`provision state unlock`: take the lease from a run that will not give it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_consent, add_files, add_root

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.state.unlock import Unlocked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_root(parser)
    add_consent(parser)
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Free the leases, and name their holders."""
    from provisioner.cli.inputs import chosen_roots, report_targets
    from provisioner.reports.state import unlocked_document, unlocked_lines
    from provisioner.workflows.state.unlock import unlock_target

    def work(context: Context, target: ShootInput) -> list[Unlocked]:
        return unlock_target(context, target, chosen_roots(arguments))

    return report_targets(arguments, console, process, work, unlocked_document, lines=unlocked_lines)
