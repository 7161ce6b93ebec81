"""`provision state unlock`: take the lease from a run that will not give it back."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.commands.state import chosen_roots
from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.workflows.state.unlock import Unlocked, unlock_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Free the leases, and say whose they were."""

    def work(context: Context, target: ShootInput) -> list[Unlocked]:
        return unlock_target(context, target, chosen_roots(arguments))

    results, exit_code = run_targets(arguments, console, process, work, _describe, checks=False)
    for unlocked in results:
        for one in unlocked:
            what = "is free: nobody holds it" if one.holder is None else f"is taken from run {one.holder.run} and free"
            console.line(f"the lease of the {one.root} state {what}")
    return exit_code


def _describe(unlocked: list[Unlocked]) -> dict[str, Any]:
    return {
        "leases": [
            {
                "root": one.root,
                "holder": None
                if one.holder is None
                else {
                    "run": one.holder.run,
                    "host": one.holder.host,
                    "operation": one.holder.operation,
                    "since": one.holder.since.isoformat(),
                    "expires": one.holder.expires.isoformat(),
                },
            }
            for one in unlocked
        ]
    }
