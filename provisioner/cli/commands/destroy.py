"""`provision destroy`: destroy everything the state holds of a shoot."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.inputs import ShootInput
from provisioner.run.context import Context
from provisioner.workflows.destroy import Destroyed, destroy_target


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Destroy every target and say how much is gone."""

    def work(context: Context, target: ShootInput) -> Destroyed:
        return destroy_target(context, target, waits=not arguments.no_wait)

    results, exit_code = run_targets(arguments, console, process, work, _describe, checks=False)
    for result in results:
        total = sum(result.destroyed.values())
        gone = sum(result.gone.values())
        nothing = f"all {gone} objects were gone already" if gone else "nothing left to destroy"
        what = f"{total} resources destroyed" if total else nothing
        console.line(f"{result.technical_id}: {what}; the history stays under {result.entry_name}/provisioner/")
    return exit_code


def _describe(result: Destroyed) -> dict[str, Any]:
    document = asdict(result)
    return {
        "technicalID": document["technical_id"],
        "entryName": document["entry_name"],
        "destroyed": document["destroyed"],
        "gone": document["gone"],
        "adopted": document["adopted"],
        "unproven": document["unproven"],
        "loadBalancers": document["load_balancers"],
    }
