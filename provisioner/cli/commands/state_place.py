"""`provision state confirm-place` and `provision state move`: where a state belongs."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import chosen_roots, run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.reports.state import placed_document, placed_lines
from provisioner.run.context import Context
from provisioner.workflows.state.place import Placed, confirm_place_target, move_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Record the place, and say which it is."""
    agreed = arguments.yes or arguments.sandbox

    def work(context: Context, target: ShootInput) -> list[Placed]:
        roots = chosen_roots(arguments)
        if arguments.verb == "move":
            return move_target(context, target, roots, arguments.source, arguments.from_region, asks=not agreed)
        return confirm_place_target(context, target, roots, arguments.account, arguments.region, asks=not agreed)

    results, exit_code = run_targets(
        arguments, console, process, work, placed_document, assumes_consent=agreed, checks=False
    )
    for placed in results:
        console.lines(placed_lines(placed))
    return exit_code
