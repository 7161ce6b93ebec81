"""`provision state confirm-place` and `provision state move`: where a state belongs."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.commands.state import chosen_roots
from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.workflows.state.place import Placed, confirm_place_target, move_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Record the place, and say which it is."""

    def work(context: Context, target: ShootInput) -> list[Placed]:
        roots = chosen_roots(arguments)
        if arguments.verb == "move":
            return move_target(context, target, roots, arguments.source, arguments.from_region)
        return confirm_place_target(context, target, roots, arguments.account, arguments.region)

    results, exit_code = run_targets(arguments, console, process, work, _describe, checks=False)
    for placed in results:
        for one in placed:
            console.line(f"the {one.root} state belongs to {one.after.cloud}, and lies in {one.after.store}")
    return exit_code


def _describe(placed: list[Placed]) -> dict[str, Any]:
    return {
        "states": [
            {"root": one.root, "before": one.before.to_document(), "after": one.after.to_document()} for one in placed
        ]
    }
