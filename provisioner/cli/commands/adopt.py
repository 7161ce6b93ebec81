"""`provision adopt`: show what the cloud holds of a shoot and no state lists, and record it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_engine, add_files, add_lock

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.inputs import ShootInput
    from provisioner.run.context import Context
    from provisioner.workflows.adopt import Found

_FOUND = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    parser.add_argument(
        "--yes", action="store_true", help="record the objects in the state; without it, nothing changes"
    )
    add_lock(parser)
    add_cloud(parser)
    add_engine(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print what was found; exit 2 if some of it is not recorded, or is left to the operator, else 0."""
    from provisioner.cli.inputs import run_targets
    from provisioner.reports.documents import found_document
    from provisioner.reports.text import found_lines
    from provisioner.workflows.adopt import adopt_target

    def work(context: Context, target: ShootInput) -> Found:
        return adopt_target(context, target, records=arguments.yes)

    results, exit_code = run_targets(arguments, console, process, work, found_document)
    for result in results:
        console.lines(found_lines(result))
    if exit_code:
        return exit_code
    is_open = any(_is_open(result) for result in results) and not arguments.yes
    return _FOUND if is_open or any(result.surplus for result in results) else 0


def _is_open(result: Found) -> bool:
    return bool(result.claims or result.strangers) and not result.is_recorded
