"""`provision plan`: show what apply would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_engine, add_files

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process

_HAS_CHANGES = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    add_cloud(parser)
    add_engine(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the plans; exit 0 when nothing would change, 2 when something would."""
    from provisioner.cli.inputs import run_targets
    from provisioner.reports.documents import planned_document
    from provisioner.workflows.plan import plan_target

    results, exit_code = run_targets(arguments, console, process, plan_target, planned_document)
    if exit_code:
        return exit_code
    has_changes = any(result.has_changes for result in results)
    if not has_changes:
        console.line("No changes.")
    return _HAS_CHANGES if has_changes else 0
